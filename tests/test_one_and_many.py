"""One and many: pages about exactly one of each thing never say "1 seats", "1 are" or "2 seat"."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import strip_tags

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Customer, Entitlement, Seat
from entitlements.operations.consequences import _over_limit
from entitlements.operations.seats import count_are
from offerings.rights import Kind
from tests.addresses import every_address, make_things, values_of
from tests.cast import Cast
from tests.entitlements.pages import HTMX

pytestmark = pytest.mark.django_db

# Words of pages that are counted, and verbs that follow a number.
NOUNS = (
    "act|activation code|add-on|change|change group|code|customer|day|difference|edit|edition|entitlement|feature|"
    "group|limit|line|month|move|note|offering|order|override|person|problem|product|revision|right|row|seat|unit|use|"
    "warning|week|year"
)
WRONG = re.compile(
    rf"(?<![\w.,:/-])(?:1 (?:of 1 )?(?:more |other |active |new |earlier )?(?:(?:{NOUNS})s|people|are|were|have)"
    rf"|(?:[02-9]|\d\d+) (?:more |other )?(?:{NOUNS}))\b(?!-)",
)


def mistakes(html: str) -> list[str]:
    """Return the phrases of a page in which number and word do not fit."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return WRONG.findall(" ".join(strip_tags(text.replace("<", " <")).split()))


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def things(cast: Cast) -> dict[str, object]:
    """Return what stands for the variables of addresses, where there is one of each thing."""
    things = make_things(cast)
    Seat.objects.filter(name="device-1").delete()
    Entitlement.objects.update(seats_used=1)
    Customer.objects.update(name="Halden")  # the cast's names end in a number
    return things


def answers(client: Client, things: dict[str, object], headers: dict[str, str]) -> Iterator[tuple[str, str]]:
    for each in every_address():
        if not each.is_admin and each.name != "logout":
            page = client.get(each.filled(values_of(each, things)), headers=headers)
            if not page.streaming:
                yield each.name, page.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_pages_about_one_thing_speak_of_one(client: Client, things: dict[str, object], headers: dict[str, str]) -> None:
    found = {name: mistakes(page) for name, page in answers(client, things, headers)}
    assert len(found) > 40
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_group_of_one_and_of_two_offerings_counts_them(client: Client, cast: Cast) -> None:
    group = ChangeGroup.objects.create(name="Atlas")
    for name in ("silver_annual", "gold_annual"):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=10)
        for address in (group.get_absolute_url(), "/change-groups/"):
            assert mistakes(client.get(address).content.decode()) == []


def test_a_change_that_releases_one_seat_speaks_of_one(client: Client, cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=4)
    bronze = cast.revision("bronze_annual").pk
    for seats in ("refuse", "oldest", "chosen", "keep"):
        asked = {"target": bronze, "seats": seats, "preview": "1"}
        page = client.get(f"/entitlements/{held.pk}/change-offering/", asked).content.decode()
        assert mistakes(page) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 seats", ["1 seats"]),
        ("<b>1</b> seats", ["1 seats"]),
        ("There are 1 are", ["1 are"]),
        ("2 seat", ["2 seat"]),
        ("12 entitlement now", ["12 entitlement"]),
        ("1 seat, 2 seats, 0 seats, 1 is, 21 days, version 1 are", ["1 are"]),
        ("2 change-groups; 1.1 seats; SO-1 seats", []),
    ],
)
def test_what_is_looked_for_is_found(text: str, expected: list[str]) -> None:
    assert mistakes(text) == expected


def test_sentences_of_operations_fit_their_numbers() -> None:
    assert (count_are(0), count_are(1), count_are(2_000)) == ("0 are", "1 is", "2,000 are")
    assert _over_limit("Boards", 1, 0, Kind.COUNT).startswith("Boards: 1 is used, 0 allowed.")
    assert _over_limit("Boards", 2, 1, Kind.POOL) == (
        "Boards: 2 are checked out, 1 allowed. Only returns are possible until 1 is left."
    )
