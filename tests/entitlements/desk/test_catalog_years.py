"""A newer catalog changes drafts, never what anybody holds; staff then move holders with a preview."""

from dataclasses import replace

import pytest

from config.actors import System
from entitlements import engine
from entitlements.models import Entitlement, Source
from entitlements.operations import ChangeOffering, CreateEntitlement, SetOverrides
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog
from offerings.models import Offering, Revision
from offerings.revisions import newest_revisions, publish
from offerings.rights import Value
from tests.cast import KEEP, NOW, START, TODAY, Cast, is_done
from tests.offerings.catalogs.dumps import dump, written
from tests.offerings.catalogs.real import FILES

pytestmark = pytest.mark.django_db

# The edition somebody holds, and what was agreed by hand with them: rights that change, stay, and leave the next year.
HELD: dict[str, tuple[str, dict[str, Value]]] = {
    "github": ("TEAM", {"feature.pullRequests": False, "lease_period": "P3D"}),
    "jira": ("STANDARD", {"feature.goals": False, "lease_period": "P3D"}),
    "overleaf": ("STANDARD", {"feature.projects": False, "feature.maxCollaboratorsPerProject": 40, "seat_limit": 250}),
}


@pytest.fixture(params=HELD)
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def bring_in(product: str, year: int) -> None:
    import_catalog(read_catalog(FILES[f"{product}-{year}"]), product_code=product, made_by=System("tests"))


def publish_all(product: str) -> None:
    offerings = Offering.objects.on_sale().filter(product__code=product)
    publish(offerings, published_by=None, published_by_name="tests")


def newest(product: str) -> Revision:
    offering = Offering.objects.get(product__code=product, edition__key=HELD[product][0], plan__code="monthly")
    return newest_revisions([offering.pk])[offering.pk]


def hold(cast: Cast, product: str) -> Entitlement:
    """Import and publish the first year, and give a customer an entitlement with overrides."""
    bring_in(product, 2024)
    publish_all(product)
    revision = newest(product)
    per_seat = revision.terms["seats_sold"] == "per_quantity"
    created = cast.do(
        CreateEntitlement(
            as_of=START.date(),
            revision_id=revision.pk,
            quantity=20 if per_seat else None,
            customer_name="Halden Robotics",
            order_reference="SO-1",
        ),
        at=START,
    )
    held = Entitlement.objects.get(pk=created.outcomes[0].preview.id)
    cast.occupy(held, 7)
    wanted = {key: value for key, value in HELD[product][1].items() if key in revision.definitions}
    cast.do(SetOverrides(as_of=START.date(), values=wanted, seats=KEEP), [held.pk], at=START, reason="Agreed")
    return held


def test_holders_and_their_overrides_are_byte_identical_after_import_and_publish(cast: Cast, product: str) -> None:
    hold(cast, product)
    before, revisions = dump("entitlements"), dump("offerings")["Revision"]
    bring_in(product, 2025)
    publish_all(product)
    assert written(before, dump("entitlements")) == {}
    after = dump("offerings")["Revision"]
    assert {pk: after[pk] for pk in revisions} == revisions
    assert len(after) > len(revisions)


def test_the_import_alone_writes_no_revision_and_no_act(cast: Cast, product: str) -> None:
    hold(cast, product)
    before, revisions = dump("entitlements"), dump("offerings")["Revision"]
    bring_in(product, 2025)
    assert (written(before, dump("entitlements")), dump("offerings")["Revision"]) == ({}, revisions)


def test_an_override_of_the_old_kind_is_a_problem_until_it_is_dropped(cast: Cast) -> None:
    held = hold(cast, "overleaf")
    bring_in("overleaf", 2025)
    publish_all("overleaf")
    move = ChangeOffering(as_of=TODAY, revision_id=newest("overleaf").pk)
    [blocked] = engine.preview(move, [held.pk], at=NOW)
    assert [(problem.field, "projects" in problem.message) for problem in blocked.problems] == [
        ("feature.projects", True)
    ]
    [opened] = engine.preview(replace(move, drop_overrides=("feature.projects",)), [held.pk], at=NOW)
    assert opened.problems == ()


def test_once_it_is_dropped_the_new_kind_is_in_force_and_the_other_overrides_stay(cast: Cast) -> None:
    held = hold(cast, "overleaf")
    bring_in("overleaf", 2025)
    publish_all("overleaf")
    move = ChangeOffering(
        as_of=TODAY, revision_id=newest("overleaf").pk, drop_overrides=("feature.projects",), seats=KEEP
    )
    result = engine.apply(move, [held.pk], made_by=cast.operations, source=Source.PAGE, reason="New year", at=NOW)
    assert is_done(result)
    state = result.outcomes[0].preview.lead.after
    assert (state.in_force("feature.projects"), state.in_force("feature.maxCollaboratorsPerProject")) == (1, 40)
    assert state.in_force("seat_limit") == 250
