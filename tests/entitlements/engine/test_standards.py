"""The standard days that operations can give: what the checks accept, and what they do not."""

from datetime import timedelta

import pytest

from entitlements.engine.recount import differences
from entitlements.models import Entitlement
from entitlements.operations import ChangeOffering, ChangeTerms, Operation, Renew, TermChoice, TermMode, UndoAct
from tests.cast import NOW, TODAY, Cast, day
from tests.factories import PlanFactory

pytestmark = pytest.mark.django_db

LATE = NOW + timedelta(days=600)


def change(cast: Cast, name: str, mode: TermMode = TermMode.DEFAULT, **choices: int) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, term=TermChoice(mode), **choices)


STORIES = {
    "a term that restarts": lambda cast: [change(cast, "gold_monthly")],
    "what is left is added": lambda cast: [change(cast, "gold_monthly", TermMode.RESTART_AND_ADD)],
    "created anew": lambda cast: [change(cast, "gold_annual", TermMode.CREATE_NEW)],
    "created anew, and what is left is added": lambda cast: [change(cast, "gold_annual", TermMode.CREATE_NEW_AND_ADD)],
    "perpetual": lambda cast: [change(cast, "silver_perpetual")],
    "perpetual with maintenance": lambda cast: [change(cast, "gold_upkeep")],
    "renewed": lambda cast: [Renew(as_of=TODAY), Renew(as_of=TODAY)],
    "renewed after a day set by hand": lambda cast: [
        ChangeTerms(as_of=TODAY, expires_on=day("2027-05-31")),
        Renew(as_of=TODAY),
    ],
    "a start that is moved": lambda cast: [ChangeTerms(as_of=TODAY, starts_on=day("2026-04-30")), Renew(as_of=TODAY)],
    "renewed too late": lambda cast: [Renew(as_of=LATE.date())],
}


@pytest.mark.parametrize("name", STORIES)
def test_what_operations_give_is_accepted_and_so_is_its_undo(cast: Cast, name: str) -> None:
    cast.plans["upkeep"] = PlanFactory(
        code="upkeep", name="Upkeep", license_type="perpetual", duration="", maintenance_duration="P1Y"
    )
    cast.offer("gold", "upkeep", seat_limit=25)
    entitlement = cast.entitle("silver_annual")
    operations: list[Operation] = STORIES[name](cast)
    for operation in operations:
        at = LATE if operation.as_of == LATE.date() else NOW
        act = cast.do(operation, [entitlement.pk], at=at, reason="Agreed").act
        assert list(differences()) == []
    assert act is not None
    cast.do(UndoAct(as_of=operations[-1].as_of, act_id=act.pk), [entitlement.pk], at=at)
    assert list(differences()) == []


@pytest.mark.parametrize("mode", [TermMode.KEEP, TermMode.RESTART])
@pytest.mark.parametrize("term_starts", ["today", "earlier"])
def test_the_term_of_a_part_is_accepted(cast: Cast, mode: TermMode, term_starts: str) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    started = {"at": NOW} if term_starts == "today" else {}
    entitlement = cast.entitle("gold_seats", quantity=9, **started)
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    cast.do(change(cast, "silver_seats", mode, count=2), [entitlement.pk])
    assert Entitlement.objects.count() == 2
    assert list(differences()) == []
