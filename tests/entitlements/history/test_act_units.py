"""Entitlements that moved together, on the page of their act: side by side, with the seats between them."""

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.models import Act, Change, Entitlement, Source
from entitlements.operations import ChangeOffering, Renew, UndoAct
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown


@pytest.fixture
def viewer(cast: Cast) -> Client:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    return client_of(cast.people["viewer"])


def split(cast: Cast, *entitlements: Entitlement, count: int = 4) -> Act:
    """Move a part of each entitlement to another offering, and return the act."""
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_seats").pk, count=count)
    act = cast.do(operation, [row.pk for row in entitlements]).act
    assert act is not None
    return act


def address(act: Act) -> str:
    return reverse("entitlements:act", args=[act.pk])


def units(client: Client, url: str) -> list[UUID]:
    return [card.unit for card in client.get(url).context["cards"]]


def test_seats_that_went_over_are_named_on_both_sides(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("gold_seats", quantity=10, seats=6)
    page = shown(viewer.get(address(split(cast, entitlement))))
    new = Entitlement.objects.latest("created_at")
    for words, other in (("handed over to", new), ("taken over from", entitlement)):
        link = f'<a href="{other.get_absolute_url()}">Customer 0, Gold per seat</a>'
        assert f"4 seats {words} {link}: device-0, device-1, device-2, device-3</span>" in page


def test_one_seat_is_one_seat(cast: Cast, viewer: Client) -> None:
    act = split(cast, cast.entitle("gold_seats", quantity=10, seats=1))
    page = shown(viewer.get(address(act)))
    assert "1 seat handed over to" in page
    assert "1 seat taken over from" in page


def test_more_seats_than_ten_are_counted(cast: Cast, viewer: Client) -> None:
    act = split(cast, cast.entitle("gold_seats", quantity=20, seats=12), count=12)
    [moved] = [each for card in viewer.get(address(act)).context["cards"] for each in card.seats_moved][:1]
    assert (len(moved.names), moved.more) == (10, 2)
    assert "device-9 and 2 more" in shown(viewer.get(address(act)))


def test_the_undo_names_the_seats_that_went_back(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("gold_seats", quantity=10, seats=2)
    act = split(cast, entitlement)
    undo = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk]).act
    assert undo is not None
    cards = viewer.get(address(undo)).context["cards"]
    words = {card.replayed.after.id == entitlement.pk: [each.words for each in card.seats_moved] for card in cards}
    assert words == {True: ["2 seats taken over from"], False: ["2 seats handed over to"]}


def test_no_seat_that_moved_is_no_word(cast: Cast, viewer: Client) -> None:
    act = split(cast, cast.entitle("gold_seats", quantity=10))
    page = shown(viewer.get(address(act)))
    assert "handed over" not in page
    assert "taken over" not in page


def test_those_that_moved_together_stand_together(cast: Cast, viewer: Client) -> None:
    act = split(cast, *(cast.entitle("gold_seats", quantity=10) for _ in range(3)))
    first, second, *rest = units(viewer, address(act))
    assert first == second
    assert rest[0] == rest[1] != first
    assert rest[2] == rest[3] != rest[0]
    assert shown(viewer.get(address(act))).count("These 2 entitlements moved together.") == 3


def test_the_one_that_names_the_unit_comes_first(cast: Cast, viewer: Client) -> None:
    act = split(cast, *(cast.entitle("gold_seats", quantity=10) for _ in range(2)))
    cards = viewer.get(address(act)).context["cards"]
    assert [card.replayed.after.id == card.unit for card in cards] == [True, False, True, False]


def test_an_entitlement_alone_is_not_said_to_move_together(cast: Cast, viewer: Client) -> None:
    act = cast.do(Renew(as_of=TODAY), [cast.entitle().pk, cast.entitle().pk]).act
    assert act is not None
    assert "moved together" not in shown(viewer.get(address(act)))


def test_a_unit_at_the_end_of_a_page_is_whole_on_both_pages(cast: Cast, viewer: Client) -> None:
    *alone, one, other = Entitlement.objects.filter(pk__in=[cast.entitle().pk for _ in range(51)]).order_by("pk")
    act = Act.objects.create(
        made_at=NOW,
        made_by_name="import",
        source=Source.COMMAND,
        operation=Renew.name,
        asked=Renew(as_of=TODAY).asked(),
    )
    Change.objects.bulk_create(
        Change(
            act=act,
            entitlement=each,
            unit=one.pk if each == other else each.pk,
            order_id=each.order_id,
            customer_id=each.order.customer_id,
            sequence=each.sequence + 1,
            from_version=each.version,
            to_version=each.version,
            from_revision_id=each.revision_id,
            to_revision_id=each.revision_id,
            delta={},
        )
        for each in (*alone, one, other)
    )
    first = viewer.get(address(act))
    second = viewer.get(first.context["page"].older)
    assert [card.replayed.after.id for card in first.context["cards"]] == [each.pk for each in (*alone, one, other)]
    assert [card.replayed.after.id for card in second.context["cards"]] == [one.pk, other.pk]


def test_more_units_take_no_more_queries(cast: Cast, viewer: Client) -> None:
    def queries(count: int) -> int:
        act = split(cast, *(cast.entitle("gold_seats", quantity=10, seats=5) for _ in range(count)))
        viewer.get(address(act))
        with CaptureQueriesContext(connection) as seen:
            viewer.get(address(act))
        return len(seen)

    assert queries(2) == queries(5)
