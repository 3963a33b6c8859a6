"""Several operations as one where seats go: a seat is released, or goes over, once."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Entitlement, FeatureUse, Seat
from entitlements.models.ids import derived_id
from entitlements.operations import (
    ChangeOffering,
    Operation,
    Preview,
    ReleaseSeats,
    SeatChoice,
    SeatMode,
    SetQuantity,
    Step,
    TermChoice,
    TermMode,
    Together,
    UndoAct,
)
from tests.cast import NOW, OLDEST, TODAY, Cast

NEW = TermChoice(TermMode.CREATE_NEW)
MESSAGE = "Two steps hand over seats of the same entitlement. Carry them out as two acts, one after the other."


def together(*steps: tuple[Operation, UUID]) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=(key,)) for each, key in steps))


def look(operation: Together) -> Preview:
    return engine.preview(operation, at=NOW)[0]


def told(preview: Preview) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in preview.problems]


def stored_and_active(key: UUID) -> tuple[int, int]:
    stored = Entitlement.objects.get(pk=key).seats_used
    return stored, Seat.objects.filter(entitlement=key, released_at=None).count()


def quantity(number: int) -> SetQuantity:
    return SetQuantity(as_of=TODAY, quantity=number, seats=OLDEST)


@pytest.fixture
def held(cast: Cast) -> UUID:
    return cast.entitle("gold_seats", quantity=9, seats=7).pk


@pytest.fixture
def part(cast: Cast) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_seats").pk, count=2, seats=OLDEST)


def test_two_steps_release_different_seats(cast: Cast, held: UUID) -> None:
    operation = together((quantity(5), held), (quantity(3), held))
    oldest = list(Seat.objects.order_by("activated_at").values_list("pk", flat=True)[:4])
    assert [seat.id for seat in look(operation).released] == oldest
    cast.do(operation)
    assert (stored_and_active(held), list(differences())) == ((3, 3), [])


def test_the_undo_brings_back_what_all_steps_released(cast: Cast, held: UUID) -> None:
    act = cast.do(together((quantity(5), held), (quantity(3), held))).act
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held])
    assert (stored_and_active(held), list(differences())) == ((7, 7), [])


def test_a_seat_that_a_step_released_cannot_be_chosen_by_a_later_one(held: UUID) -> None:
    oldest = Seat.objects.earliest("activated_at").pk
    chosen = ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (oldest,)))
    [(code, _message)] = told(look(together((quantity(5), held), (chosen, held))))
    assert code == "seat_unknown"


def test_a_seat_that_a_step_released_does_not_go_over(cast: Cast, held: UUID, part: ChangeOffering) -> None:
    new = derived_id(part.key, held)
    cast.do(together((quantity(5), held), (part, held)))
    assert (stored_and_active(held), stored_and_active(new), list(differences())) == ((3, 3), (2, 2), [])
    first = Seat.objects.filter(entitlement=new).earliest("activated_at")
    assert Seat.objects.filter(activated_at__lt=first.activated_at, released_at=None).count() == 0


def test_what_goes_over_can_be_released_by_a_later_step(cast: Cast, held: UUID, part: ChangeOffering) -> None:
    new = derived_id(part.key, held)
    seat = Seat.objects.filter(entitlement=held).earliest("activated_at")
    cast.use(Entitlement.objects.get(pk=held), "dashboards", 2, seat=seat)
    one = ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (seat.pk,)))
    act = cast.do(together((part, held), (one, new))).act
    assert (stored_and_active(held), stored_and_active(new), list(differences())) == ((5, 5), (1, 1), [])
    assert not FeatureUse.objects.exists()
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held])
    assert (stored_and_active(held), stored_and_active(new), list(differences())) == ((7, 7), (0, 0), [])


def test_two_parts_of_one_entitlement_are_two_acts(held: UUID, part: ChangeOffering) -> None:
    other = ChangeOffering(as_of=TODAY, revision_id=part.revision_id, count=2, seats=OLDEST)
    assert told(look(together((part, held), (other, held)))) == [("seats_twice", MESSAGE)]


def test_seats_do_not_go_over_twice(cast: Cast, held: UUID, part: ChangeOffering) -> None:
    later = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, term=NEW)
    assert told(look(together((part, held), (later, derived_id(part.key, held))))) == [("seats_twice", MESSAGE)]


def test_two_parts_of_two_entitlements_are_one_act(cast: Cast, held: UUID, part: ChangeOffering) -> None:
    other = cast.entitle("gold_seats", quantity=4, seats=3).pk
    cast.do(Together(as_of=TODAY, steps=(Step(operation=part, ids=(held, other)),)))
    assert (stored_and_active(held), stored_and_active(other), list(differences())) == ((5, 5), (1, 1), [])


def test_queries_do_not_grow_with_the_entitlements_of_the_steps(cast: Cast) -> None:
    def queries(count: int) -> int:
        ids = tuple(cast.entitle("gold_seats", quantity=9, seats=7).pk for _ in range(count))
        part = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_seats").pk, count=2, seats=OLDEST)
        created = tuple(derived_id(part.key, key) for key in ids)
        steps = [(quantity(5), ids), (part, ids), (quantity(1), created)]
        operation = Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=keys) for each, keys in steps))
        with CaptureQueriesContext(connection) as captured:
            cast.do(operation)
        assert list(differences()) == []
        return len(captured)

    assert queries(1) == queries(4)
