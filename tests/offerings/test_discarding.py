"""Putting a draft back to the newest revision: what is undone, what stays, and the page that asks first."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from offerings.discarding import Discard, NotDiscarded, discard, plan_discard
from offerings.models import Charge, EditionValue, Feature, Offering
from offerings.revisions import StaleReview, unpublished
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)
from tests.offerings.admin_pages import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def silver() -> Offering:
    """Return a published offering with a price, a feature with a value, and one with its default."""
    offering = OfferingFactory(sku="SILVER", name="Silver annual", product=ProductFactory(name="Atlas"))
    EditionValueFactory(
        edition=offering.edition, feature=FeatureFactory(product=offering.product, key="api", kind="pool"), value=10
    )
    FeatureFactory(product=offering.product, key="sso", name="Single sign-on")
    ChargeFactory(offering=offering, amount="829.50")
    published(offering)
    return offering


def planned(offering: Offering) -> Discard:
    found = plan_discard(offering.pk)
    assert found is not None
    return found


def put_back(offering: Offering, *, with_edition: bool = True) -> Discard:
    user = UserFactory()
    return discard(offering, with_edition=with_edition, expected=planned(offering).seen, made_by=user)


def change(row: object, **values: object) -> None:
    type(row).objects.filter(pk=row.pk).update(**values)


def rename(offering: Offering) -> None:
    change(offering, name="Sterling")


def sell_per_quantity(offering: Offering) -> None:
    change(offering, seats_sold="per_quantity", seat_limit=None)


def lift_the_limit(offering: Offering) -> None:
    change(offering, seat_limit="unlimited", overdraft="10%", maintenance=False, concurrency_mode="concurrent")


def shorten_the_periods(offering: Offering) -> None:
    change(offering, lease_period="PT12H", grace_period="P1D", usage_reset_schedule="never")


def change_the_price(offering: Offering) -> None:
    Charge.objects.filter(offering=offering).update(amount=999, currency="USD")


def start_the_price_later(offering: Offering) -> None:
    Charge.objects.filter(offering=offering).update(trigger=Charge.Trigger.ACCEPTANCE)


def add_a_price(offering: Offering) -> None:
    ChargeFactory(offering=offering, key="setup", kind="one_time")


def remove_the_price(offering: Offering) -> None:
    Charge.objects.filter(offering=offering).delete()


def choose_another_edition(offering: Offering) -> None:
    change(offering, edition=EditionFactory(product=offering.product))


def choose_another_plan(offering: Offering) -> None:
    change(offering, plan=PlanFactory(duration="P3M"))


def change_the_products_period(offering: Offering) -> None:
    change(offering.product, grace_period="P99D")


@pytest.mark.parametrize(
    "edit",
    [
        rename,
        sell_per_quantity,
        lift_the_limit,
        shorten_the_periods,
        change_the_price,
        start_the_price_later,
        add_a_price,
        remove_the_price,
        choose_another_edition,
        choose_another_plan,
        change_the_products_period,
    ],
)
def test_what_is_the_offerings_own_is_put_back(silver: Offering, edit: Callable[[Offering], None]) -> None:
    edit(silver)
    assert unpublished([silver])
    found = put_back(silver, with_edition=False)
    assert found.own
    assert (found.shared, found.staying) == ((), ())
    assert not unpublished([silver])


def test_values_of_the_edition_are_put_back_if_wanted(silver: Offering) -> None:
    EditionValue.objects.filter(edition=silver.edition).update(value=99)
    EditionValue.objects.create(edition=silver.edition, feature=Feature.objects.get(key="sso"), value=True)
    found = put_back(silver, with_edition=False)
    assert (found.own, [row.label for row in found.shared]) == ((), [row.label for row in planned(silver).shared])
    assert unpublished([silver])
    put_back(silver)
    assert not unpublished([silver])
    assert [value.value for value in silver.edition.values.all()] == [10, False]


def test_relations_and_amounts_of_an_add_on_are_put_back() -> None:
    product = ProductFactory()
    plan, other = EditionFactory(product=product), EditionFactory(product=product, kind="add_on")
    extra = OfferingFactory(product=product, kind="add_on", seats_sold="not_sold", extra_seats=10)
    storage = FeatureFactory(product=product, key="storage", kind="pool")
    extra.edition.available_for.set([plan])
    EditionValueFactory(edition=extra.edition, feature=storage, effect="extends", value=50)
    published(extra)
    extra.edition.available_for.set([])
    extra.edition.depends_on.set([other])
    EditionValue.objects.update(effect="replaces", value=7)
    change(extra, extra_seats=None)
    put_back(extra)
    assert not unpublished([extra])
    assert (list(extra.edition.available_for.all()), extra.edition.depends_on.count()) == ([plan], 0)


def test_what_belongs_to_others_stays_and_is_said(silver: Offering) -> None:
    change(silver.plan, duration="P2Y")
    FeatureFactory(product=silver.product, name="Brand new")
    Feature.objects.get(key="sso").retire()
    rename(silver)
    found = put_back(silver)
    assert [row.label for row in found.own] == ["Name of the offering"]
    assert {"Duration", "Brand new", "Single sign-on"} <= {row.label for row in found.staying}
    [left] = unpublished([silver])
    assert left.diff.terms


def test_a_plan_that_several_have_the_terms_of_is_not_guessed(silver: Offering) -> None:
    PlanFactory()
    choose_another_plan(silver)
    found = put_back(silver)
    assert {row.section for row in found.staying} == {"Terms"}


def test_an_edition_that_is_sold_under_the_plan_by_now_is_left_to_that_offering(silver: Offering) -> None:
    edition, plan = silver.edition, silver.plan
    choose_another_edition(silver)
    OfferingFactory(product=silver.product, edition=edition, plan=plan)
    found = put_back(silver)
    assert [row.section for row in found.staying] == ["Editions"]


def test_every_row_keeps_its_key_and_the_log_says_what_was_and_what_is(silver: Offering) -> None:
    charge = silver.charges.get()
    change_the_price(silver)
    lift_the_limit(silver)
    put_back(silver)
    charge.refresh_from_db()
    assert (charge.amount, charge.currency) == (Decimal("829.50"), "EUR")
    entry = LogEntry.objects.latest("pk")
    lines = entry.get_change_message().splitlines()
    assert lines[0] == "Draft discarded: back to revision 1."
    assert "Seat limit: unlimited → 5." in lines
    assert [line for line in lines if line.startswith("Currency of charge price: USD → EUR")]


def test_a_draft_that_changed_after_the_preview_is_not_put_back(silver: Offering) -> None:
    rename(silver)
    seen = planned(silver).seen
    change(silver, seat_limit=77)
    with pytest.raises(StaleReview):
        discard(silver, with_edition=True, expected=seen, made_by=UserFactory())
    silver.refresh_from_db()
    assert (silver.name, silver.seat_limit) == ("Sterling", 77)
    assert not LogEntry.objects.filter(change_message__contains="discarded").exists()


@pytest.fixture
def taken(silver: Offering, monkeypatch: pytest.MonkeyPatch) -> Offering:
    """Return an offering that takes edition and plan of the revision after the preview is made."""
    edition, plan = silver.edition, silver.plan
    choose_another_edition(silver)
    found = plan_discard(silver.pk)
    monkeypatch.setattr("offerings.discarding.plan_discard", lambda _key: found)
    return OfferingFactory(product=silver.product, edition=edition, plan=plan)


@pytest.mark.usefixtures("taken")
def test_rows_that_the_database_refuses_are_not_put_back(silver: Offering) -> None:
    before = Offering.objects.values().get(pk=silver.pk)
    with pytest.raises(NotDiscarded):
        discard(silver, with_edition=True, expected=planned(silver).seen, made_by=UserFactory())
    assert Offering.objects.values().get(pk=silver.pk) == before


@pytest.mark.usefixtures("taken")
def test_the_page_says_what_the_database_refused_and_shows_the_draft_again(admin: Client, silver: Offering) -> None:
    url = address(silver, "discard")
    answer = admin.post(url, {"expected": planned(silver).seen})
    assert (answer.status_code, "The draft was not put back" in answer.content.decode()) == (409, True)
    assert "Editions" in {row.section for row in answer.context["discard"].staying}


def test_an_offering_without_a_revision_has_nothing_to_go_back_to() -> None:
    assert plan_discard(OfferingFactory().pk) is None


def test_the_page_shows_what_is_lost_and_posting_it_puts_the_draft_back(admin: Client, silver: Offering) -> None:
    rename(silver)
    EditionValue.objects.filter(edition=silver.edition).update(value=99)
    url = address(silver, "discard")
    assert f'href="{url}"' in admin.get(address(silver)).content.decode()
    page = admin.get(url)
    text = page.content.decode()
    assert "Discard the draft of Sterling?" in text
    for word in ("Sterling", "Silver annual", "99", "10"):
        assert f">{word}</td>" in text
    answer = admin.post(url, {"expected": page.context["discard"].seen, "with_edition": "on"})
    assert answer.url == address(silver)
    assert not unpublished([silver])


def test_the_edition_stays_unless_its_box_is_ticked(admin: Client, silver: Offering) -> None:
    rename(silver)
    EditionValue.objects.filter(edition=silver.edition).update(value=99)
    url = address(silver, "discard")
    admin.post(url, {"expected": planned(silver).seen})
    silver.refresh_from_db()
    assert (silver.name, silver.edition.values.get().value) == ("Silver annual", 99)


def test_an_edition_that_others_sell_is_named_with_them_and_not_ticked(admin: Client, silver: Offering) -> None:
    OfferingFactory(product=silver.product, edition=silver.edition, plan=PlanFactory(), name="Silver monthly")
    EditionValue.objects.filter(edition=silver.edition).update(value=99)
    text = admin.get(address(silver, "discard")).content.decode()
    assert "Silver monthly" in text
    assert 'name="with_edition"' in text
    assert 'name="with_edition" checked' not in text


def test_the_page_of_a_draft_that_changed_since_shows_it_again(admin: Client, silver: Offering) -> None:
    rename(silver)
    url = address(silver, "discard")
    answer = admin.post(url, {"expected": "old", "with_edition": "on"})
    assert answer.status_code == 409
    assert "has changed since" in answer.content.decode()
    silver.refresh_from_db()
    assert silver.name == "Sterling"


def test_without_changes_and_without_a_revision_there_is_nothing_to_discard(admin: Client, silver: Offering) -> None:
    never = OfferingFactory()
    for offering in (silver, never):
        assert address(offering, "discard") not in admin.get(address(offering)).content.decode()
        answer = admin.get(address(offering, "discard"))
        assert answer.url == address(offering)
        assert admin.post(address(offering, "discard"), {"expected": "x"}).url == address(offering)


def colleague(*codenames: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_discarding_needs_the_permission_to_change_offerings(silver: Offering) -> None:
    rename(silver)
    client = colleague("view_offering", "change_edition")
    url = address(silver, "discard")
    assert client.get(url).status_code == 403
    assert client.post(url, {"expected": planned(silver).seen}).status_code == 403
    assert url not in client.get(address(silver)).content.decode()
    silver.refresh_from_db()
    assert silver.name == "Sterling"


def test_putting_the_edition_back_needs_the_permission_to_change_editions(silver: Offering) -> None:
    rename(silver)
    EditionValue.objects.filter(edition=silver.edition).update(value=99)
    client = colleague("view_offering", "change_offering")
    url = address(silver, "discard")
    assert 'name="with_edition"' not in client.get(url).content.decode()
    assert client.post(url, {"expected": planned(silver).seen, "with_edition": "on"}).status_code == 403
    silver.refresh_from_db()
    assert silver.name == "Sterling"
