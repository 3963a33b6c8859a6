"""A part of a quantity in the log: where it came from, and which seats went along."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.history.request_words import Names, choices_of
from entitlements.history.timeline import history_page
from entitlements.models import Entitlement, Seat
from entitlements.operations import ChangeOffering, SeatChoice, SeatMode, TermChoice, TermMode
from entitlements.state import load
from tests.cast import TODAY, Cast
from tests.entitlements.values import KEY, OTHER_KEY

CHOSEN = SeatMode.RELEASE_CHOSEN


def titles(entitlement: Entitlement) -> list[str]:
    return [entry.title for entry in history_page(load([entitlement.pk])[0]).entries]


def moved(cast: Cast, **choices: object) -> tuple[Entitlement, Entitlement]:
    """Move an entitlement or a part of it, and return it with the one that was created."""
    entitlement = cast.entitle("gold_seats", quantity=9, seats=3)
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    target = cast.revision("silver_seats").pk
    cast.do(ChangeOffering(as_of=TODAY, revision_id=target, **choices), [entitlement.pk])  # type: ignore[arg-type]
    return entitlement, Entitlement.objects.exclude(pk=entitlement.pk).get()


def test_a_part_is_split_off(cast: Cast) -> None:
    rest, part = moved(cast, count=4)
    assert (titles(part), titles(rest)[0]) == (["Split off from another"], "Moved a part into a new entitlement")


def test_a_part_without_seats_is_split_off_too(cast: Cast) -> None:
    _rest, part = moved(cast, count=4, seats=SeatChoice(CHOSEN))
    assert Seat.objects.filter(entitlement=part).count() == 0
    assert titles(part) == ["Split off from another"]


def test_what_takes_the_place_of_another_is_not_split_off(cast: Cast) -> None:
    old, new = moved(cast, term=TermChoice(TermMode.CREATE_NEW))
    assert (titles(new), titles(old)[0]) == (["Created in place of another"], "Ended for a new entitlement")


def test_a_history_without_a_part_asks_for_no_other_entitlement(cast: Cast) -> None:
    rest, part = moved(cast, count=4)
    counts = []
    for state in load([rest.pk, part.pk]):
        with CaptureQueriesContext(connection) as seen:
            history_page(state)
        counts.append((state.id == part.pk, len(seen)))
    assert dict(counts)[True] <= dict(counts)[False] + 1


@pytest.mark.parametrize(
    ("count", "mode", "chosen", "words"),
    [
        (4, CHOSEN, (KEY,), "1 chosen goes along"),
        (4, CHOSEN, (KEY, OTHER_KEY), "2 chosen go along"),
        (4, CHOSEN, (), "0 chosen go along"),
        (4, SeatMode.KEEP, (), "Keep over the limit"),
        (None, CHOSEN, (KEY,), "Release chosen: 1"),
        (None, SeatMode.KEEP, (), "Keep over the limit"),
    ],
)
def test_seats_chosen_for_a_part_go_along(
    count: int | None, mode: SeatMode, chosen: tuple[UUID, ...], words: str
) -> None:
    operation = ChangeOffering(as_of=TODAY, revision_id=1, count=count, seats=SeatChoice(mode, chosen))
    assert dict(choices_of(operation, Names({}, {})))["Seats in use"] == words
