"""Requests for amendments in few words."""

from datetime import date
from uuid import UUID

from entitlements.models import Amendment, Entitlement
from entitlements.operations import ChangeOffering, Operation, SeatChoice, SeatMode, SetOverrides, SetQuantity
from entitlements.schedule import Answer, schedule
from tests.cast import TODAY, Cast

MARCH, APRIL, MAY = date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)


def change_to(cast: Cast, name: str) -> ChangeOffering:
    """Return a change to an offering that trims seats."""
    seats = SeatChoice(SeatMode.RELEASE_OLDEST)
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, seats=seats)


def override(**values: object) -> SetOverrides:
    """Return overrides of built-in rights."""
    return SetOverrides(as_of=TODAY, values=values)  # type: ignore[arg-type]


def quantity(count: int) -> SetQuantity:
    """Return another quantity."""
    return SetQuantity(as_of=TODAY, quantity=count)


def ask(cast: Cast, operation: Operation, entitlement: Entitlement, on: date, **options: object) -> Answer:
    """Schedule an operation on one entitlement as the operations person."""
    options = {"seen": None, "reason": "as agreed", **options}
    return schedule(operation, [entitlement.pk], on=on, made_by=cast.operations, **options)  # type: ignore[arg-type]


def scheduled(cast: Cast, operation: Operation, entitlement: Entitlement, on: date, **options: object) -> Amendment:
    """Schedule what must be possible, and return the amendment."""
    answer = ask(cast, operation, entitlement, on, **options)
    assert answer.amendment, answer.problems
    return answer.amendment


def codes(answer: Answer) -> list[str]:
    """Return the codes of the problems of an answer."""
    return [problem.code for problem in answer.problems]


def keys(*rows: Amendment) -> set[UUID]:
    """Return the keys of amendments."""
    return {row.pk for row in rows}
