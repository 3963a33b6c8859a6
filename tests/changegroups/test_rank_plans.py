"""The command that ranks the plans of a product in a change group."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from changegroups.models import ChangeGroup
from offerings.models import Offering
from tests.factories import EditionFactory, OfferingFactory, ProductFactory
from tests.offerings.catalogs.real import FILES

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: object) -> str:
    output = StringIO()
    call_command(command, *map(str, arguments), stdout=output)
    return output.getvalue()


def import_planable() -> None:
    run("import_catalog", FILES["planable-2019"], "--product", "planable")


def test_the_plans_of_a_catalog_are_ranked_in_the_order_of_the_file() -> None:
    import_planable()
    assert "Change group Planable: 3 plans, 3 changes." in run("rank_plans", "--product", "planable")
    group = ChangeGroup.objects.get(name="Planable")
    names = group.memberships.order_by("priority").values_list("offering__name", "priority")
    catalog = Offering.objects.filter(product__code="planable", kind="plan").order_by("position")
    assert list(names) == [(offering.name, 10 * number) for number, offering in enumerate(catalog, 1)]


def test_plans_of_one_edition_share_a_priority_and_retired_ones_and_add_ons_are_left_out() -> None:
    edition = EditionFactory()
    for position, sku in enumerate(["MONTHLY", "YEARLY"]):
        OfferingFactory(product=edition.product, edition=edition, sku=sku, position=position)
    OfferingFactory(product=edition.product, sku="TOP", position=2)
    OfferingFactory(product=edition.product, sku="OLD", position=3).retire()
    OfferingFactory(product=edition.product, sku="EXTRA", kind="add_on")
    output = run("rank_plans", "--product", edition.product.code, "--change-group", "Ladder")
    assert output.splitlines() == [
        "Change group Ladder: 3 plans, 3 changes.",
        "  Added MONTHLY (priority 10).",
        "  Added YEARLY (priority 10).",
        "  Added TOP (priority 20).",
    ]


def test_ranking_again_keeps_modes_and_other_products() -> None:
    import_planable()
    run("rank_plans", "--product", "planable")
    group = ChangeGroup.objects.get()
    group.memberships.create(offering=OfferingFactory(sku="OTHER"), priority=99)
    ChangeGroup.objects.update(change_mode="upgrade")
    assert "0 changes" in run("rank_plans", "--product", "planable", "--change-group", "PLANABLE")
    group.refresh_from_db()
    assert (group.change_mode, group.memberships.count()) == ("upgrade", 4)


def test_a_dry_run_makes_no_group() -> None:
    import_planable()
    assert "Dry run: nothing was written." in run("rank_plans", "--product", "planable", "--dry-run")
    assert not ChangeGroup.objects.exists()


def test_a_catalog_alone_makes_no_group() -> None:
    import_planable()
    assert not ChangeGroup.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--product", "nothing"], "There is no product nothing. Correct the code, or import its catalog first."),
        (["--product", "empty"], "Empty has no plan on sale, so there is nothing to rank."),
        (["--product", "atlas", "--change-group", "x" * 101], "Give the group a name of 100 characters at most."),
    ],
)
def test_what_cannot_be_ranked_is_refused(arguments: list[str], reason: str) -> None:
    ProductFactory(code="empty", name="Empty")
    OfferingFactory(product=ProductFactory(code="atlas"))
    with pytest.raises(CommandError) as error:
        run("rank_plans", *arguments)
    assert str(error.value) == reason
    assert not ChangeGroup.objects.exists()


def test_a_name_of_100_characters_is_taken() -> None:
    OfferingFactory(product=ProductFactory(code="atlas"))
    run("rank_plans", "--product", "atlas", "--change-group", "x" * 100)
    assert ChangeGroup.objects.get().name == "x" * 100
