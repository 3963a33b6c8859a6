"""What the database refuses after the preview is a problem of every outcome, never an exception."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from entitlements import engine
from entitlements.models import Act, Entitlement, Source
from entitlements.operations import TransferEntitlement
from entitlements.operations.one_plan import NO_PLANS
from entitlements.operations.transfer_entitlement import TransferWorld
from entitlements.state import Revisions, State
from tests.cast import NOW, TODAY, Cast

UNKNOWN = UUID(int=7)


class LateTransfer(TransferEntitlement):
    """Reads the plans of the order a moment before somebody else creates one."""

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> TransferWorld:
        return replace(TransferEntitlement.load(self, states, at=at, revisions=revisions), plans=NO_PLANS)


def test_a_conflict_that_stays_is_a_problem_of_every_outcome(cast: Cast) -> None:
    order, ids = cast.entitle().order_id, [cast.entitle().pk, cast.entitle().pk]
    operation, before = LateTransfer(as_of=TODAY, order_id=order), Act.objects.count()
    result = engine.apply(operation, [*ids, UNKNOWN], made_by=cast.operations, source=Source.PAGE, at=NOW)
    found = [(each.code, each.message, each.field) for out in result.outcomes for each in out.preview.problems]
    message = "Somebody changed this at the same moment, so nothing is written. Look again."
    assert found == [("conflict", message, "")] * 2
    assert [(each.preview.id, each.status) for each in result.outcomes] == [(key, "refused") for key in sorted(ids)]
    assert (result.act, result.missing, Act.objects.count()) == (None, (UNKNOWN,), before)
    assert Entitlement.objects.filter(order=order).count() == 1
