"""The search finds entitlements first: by whatever names them, the surest first, with what can be done at once."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.desk.search import Hit, search
from entitlements.desk.search_words import Reading, read_words
from entitlements.models import ActivationCode, Contact, Customer, Entitlement, Order, Seat
from entitlements.operations import Disable
from entitlements.state import Status
from tests.cast import NOW, Cast, order_of
from tests.entitlements.pages import HTMX, shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SEARCH = "/search/"


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    """Return the entitlement that every text leads to, beside one of another customer."""
    cast.entitle("gold_seats", quantity=5)
    held = cast.entitle("silver_annual")
    Customer.objects.filter(name="Customer 1").update(name="Halden Robotics", account_reference="ACC-77")
    Order.objects.filter(pk=held.order_id).update(order_reference="SO-48213")
    ActivationCode.objects.create(order=order_of(held), code="ZZTOP-1")
    [seat, _other] = cast.occupy(held, 2)
    Seat.objects.filter(pk=seat.pk).update(name="CAD-07 Hall", seat_id="3f2a")
    return held


def hits(cast: Cast, text: str, person: User | None = None) -> list[Hit]:
    groups = search(text, person or cast.people["viewer"])
    return [hit for group in groups if group.key == "entitlements" for hit in group.hits]


TEXTS = {
    "SO-48213": "the order reference",
    "so 482": "its start, in another spelling",
    "zztop": "the start of a code",
    "robotics": "a part of the customer's name",
    "acc-7": "the start of the account reference",
    "cad-07": "the start of a seat's name",
    "ＣＡＤ 07": "a seat's name in another width",
    "3f2a": "the id of a seat",
    "SILVER-A": "the start of the SKU",
    "silver ann": "a part of the offering's name",
    "halden silver": "customer and offering",
    "silver annual halden": "offering and customer",
    "so-48213 silver": "order reference and offering",
    "halden active": "customer and status",
    "active silver": "status and offering",
}


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS.values())
def test_an_entitlement_is_the_first_hit(cast: Cast, held: Entitlement, text: str) -> None:
    groups = search(text, cast.people["viewer"])
    assert (groups[0].key, groups[0].hits[0].url) == ("entitlements", held.get_absolute_url())


def test_a_hit_says_customer_offering_order_status_and_the_seat_it_was_found_by(cast: Cast, held: Entitlement) -> None:
    [hit] = hits(cast, "cad-07")
    assert (hit.title, hit.status) == ("Halden Robotics", "active")
    assert hit.detail == "Silver annual · SO-48213 · seat CAD-07 Hall"


@pytest.mark.parametrize(
    ("text", "others"),
    [("halden gold", 0), ("halden expired", 0), ("ca", 0), ("gold", 1), ("active", 2), ("nobody silver", 0)],
)
def test_words_narrow_what_is_found(cast: Cast, held: Entitlement, text: str, others: int) -> None:
    assert len(hits(cast, text)) == others


def test_a_released_seat_leads_nowhere(cast: Cast, held: Entitlement) -> None:
    Seat.objects.update(released_at=timezone.now())
    assert (hits(cast, "cad-07"), hits(cast, "3f2a")) == ([], [])


def test_statuses_of_one_and_of_two_words_are_read(cast: Cast, held: Entitlement) -> None:
    cast.do(Disable(as_of=NOW.date()), [held.pk], reason="Unpaid")
    assert [hit.url for hit in hits(cast, "disabled")] == [held.get_absolute_url()]
    assert read_words("grace period") == Reading((Status.GRACE_PERIOD,))
    assert read_words("customer disabled halden") == Reading((Status.CUSTOMER_DISABLED,), (), "halden")


def test_the_most_words_that_name_an_offering_are_its_name(cast: Cast, held: Entitlement) -> None:
    reading = read_words("halden silver annual")
    assert (reading.whose, reading.offerings) == ("halden", (held.offering_id,))


def test_the_exact_reference_comes_before_longer_ones_and_plans_before_add_ons(cast: Cast, held: Entitlement) -> None:
    add_on = cast.entitle(cast.add_on(), order=held.order_id)
    longer = cast.entitle()
    Order.objects.filter(pk=longer.order_id).update(order_reference="SO-482131")
    urls = [hit.url for hit in hits(cast, "so-48213")]
    assert urls == [row.get_absolute_url() for row in (held, add_on, longer)]


def test_what_has_ended_comes_last_and_is_not_found_by_its_offering(cast: Cast, held: Entitlement) -> None:
    ended = cast.entitle("gold_seats", quantity=1)
    Entitlement.objects.filter(pk=ended.pk).update(ended_on=date(2026, 1, 1), order=held.order_id)
    assert [hit.status for hit in hits(cast, "so-48213")] == ["active", "ended"]
    assert ended.get_absolute_url() not in [hit.url for hit in hits(cast, "gold")]
    assert [hit.url for hit in hits(cast, "gold ended")] == [ended.get_absolute_url()]


# --- who finds what --------------------------------------------------------------------------------------------------


def allowed(*codenames: str) -> User:
    """Return somebody who may see entitlements, and what the permissions say."""
    person = UserFactory()
    person.user_permissions.add(*Permission.objects.filter(codename__in=("view_entitlement", *codenames)))
    return person


NEEDS = {
    "acc-7": ("view_customer", "customers"),
    "robotics": ("view_customer", "customers"),
    "grace@halden": ("view_customer", "customers"),
    "halden silver": ("view_customer", ""),
    "so-48213": ("view_order", "orders"),
    "so-48213 silver": ("view_order", ""),
    "zztop": ("view_activationcode", "codes"),
    "qqtop7 silver": ("view_activationcode", ""),
    "gold-se": ("view_offering", "offerings"),
}
EVERY = frozenset(need for need, _group in NEEDS.values())


@pytest.mark.parametrize("text", NEEDS)
def test_what_a_person_may_not_see_finds_nothing_not_even_its_entitlement(
    cast: Cast, held: Entitlement, text: str
) -> None:
    Contact.objects.create(customer=order_of(held).customer, name="Grace", email="grace@halden.example")
    ActivationCode.objects.create(order=order_of(held), code="QQTOP7")
    need, group = NEEDS[text]
    found = [each.key for each in search(text, allowed(need))]
    assert found == ["entitlements", *filter(None, [group])]
    without = [each.key for each in search(text, allowed(*EVERY - {need}))]
    assert without == (["entitlements"] if need == "view_offering" else [])  # each hit says its offering


@pytest.mark.parametrize("text", ["cad-07", "3f2a", "silver ann", "active silver"])
def test_seats_offerings_and_statuses_find_for_everybody_who_sees_entitlements(
    cast: Cast, held: Entitlement, text: str
) -> None:
    assert [hit.url for hit in hits(cast, text, allowed())] == [held.get_absolute_url()]
    assert search(text, UserFactory()) == []


def test_the_list_finds_by_a_code_for_those_who_see_codes(cast: Cast, held: Entitlement, client: Client) -> None:
    def found(person: User, text: str) -> tuple[int, int]:
        client.force_login(person)
        listed = client.get(reverse("entitlements:entitlements"), {"q": text}).context["rows"]
        file = b"".join(client.get(reverse("entitlements:entitlements_csv"), {"q": text}))  # type: ignore[arg-type]
        return len(listed), file.count(b"\r\n") - 1

    assert found(allowed("view_activationcode"), "zztop-1") == (1, 1)
    assert found(allowed(), "zztop-1") == (0, 0)
    assert found(allowed(), "so-48213") == found(allowed(), "halden") == (1, 1)


# --- actions ---------------------------------------------------------------------------------------------------------


def actions(cast: Cast, role: str) -> list[str]:
    [hit] = hits(cast, "so-48213", cast.people[role])
    return [action.words for action in hit.actions]


def test_a_hit_has_the_actions_that_the_person_may_take(cast: Cast, held: Entitlement) -> None:
    assert actions(cast, "operations") == ["Change offering…", "Open order", "Open customer"]
    assert actions(cast, "viewer") == ["Open order", "Open customer"]


def test_what_has_ended_has_no_change(cast: Cast, held: Entitlement) -> None:
    Entitlement.objects.filter(pk=held.pk).update(ended_on=date(2026, 1, 1))
    assert actions(cast, "operations") == ["Open order", "Open customer"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "list"])
def test_actions_are_links_named_after_their_entitlement(
    cast: Cast, held: Entitlement, client: Client, headers: dict[str, str]
) -> None:
    client.force_login(cast.people["operations"])
    page = shown(client.get(SEARCH, {"q": "so-48213"}, headers=headers))
    assert f'href="/entitlements/{held.pk}/change-offering/"' in page
    assert "Change offering…" in page
    assert "Halden Robotics, Silver annual · SO-48213" in page


def test_every_option_has_an_id_of_its_own(cast: Cast, held: Entitlement, client: Client) -> None:
    cast.entitle()
    client.force_login(cast.people["operations"])
    part = client.get(SEARCH, {"q": "so-"}, headers=HTMX).content.decode()
    ids = [piece.split('"')[0] for piece in part.split(' id="')[1:]]
    assert len(ids) == len(set(ids)) > 8


# --- queries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["so-", "customer", "silver", "device", "active", "customer silver active"])
def test_the_search_takes_as_many_queries_for_20_as_for_10(cast: Cast, client: Client, text: str) -> None:
    client.force_login(cast.people["operations"])

    def queries() -> int:
        for _ in range(10):
            cast.entitle(seats=1)
        with CaptureQueriesContext(connection) as seen:
            client.get(SEARCH, {"q": text})
        return len(seen)

    few = queries()
    assert queries() == few <= 25


def test_the_name_of_a_seat_is_read_from_its_index(cast: Cast) -> None:
    rows = Seat.objects.filter(name_folded__startswith="cad", released_at=None).order_by("name_folded")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "seat_by_folded_name" in rows[:7].explain()
