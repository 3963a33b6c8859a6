"""Mend the numbers that follow from the rest of an entitlement and from its rows. Never touches the log."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.actors import System
from config.edit_log import EditLine, write_lines
from entitlements.engine import rows
from entitlements.engine.checks.findings import LEAVE_TO_PEOPLE, Code, Difference
from entitlements.engine.recount import COUNTED
from entitlements.models import Entitlement
from entitlements.state import State, columns_of


@dataclass(slots=True)
class Repair:
    """The repair of one run: who asks for it, how many entitlements were mended by column, and how many were left."""

    made_by: User | System
    mended: int = 0
    left: int = 0
    columns: Counter[str] = field(default_factory=Counter)

    def mend(self, states: Sequence[State], found: Sequence[Difference]) -> Collection[UUID]:
        """Write the recounted numbers of a batch whose rows are locked, and a line in History for each; two statements.

        An entitlement of which anything else must be settled first stays as it is. Returns those that are mended.
        """
        open_questions = {each.entitlement_id for each in found if each.code in LEAVE_TO_PEOPLE}
        wrong: dict[UUID, list[Difference]] = {}
        for each in found:
            if each.code is Code.COUNTED_NUMBER and each.entitlement_id:
                wrong.setdefault(each.entitlement_id, []).append(each)
        mendable = [state for state in states if state.id in wrong and state.id not in open_questions]
        written = self._write(mendable, wrong)
        self.mended += len(written)
        self.left += len(wrong) - len(written)
        self.columns.update(each.name for key in written for each in wrong[key])
        return written

    def _write(self, states: Sequence[State], wrong: dict[UUID, list[Difference]]) -> list[UUID]:
        """Write the numbers of entitlements; one after the other where the database refuses one of them."""
        if not states:
            return []
        try:
            with transaction.atomic():
                rows.update(Entitlement, [_counted(state) for state in states])
                write_lines([_line(state, wrong[state.id]) for state in states], made_by=self.made_by)
        except IntegrityError:
            if len(states) == 1:
                return []
            return [key for state in states for key in self._write([state], wrong)]
        return [state.id for state in states]


def _line(state: State, wrong: Sequence[Difference]) -> EditLine:
    said = ", ".join(f"{each.name} {_word(each.stored)} → {_word(each.recounted)}" for each in wrong)
    message = f"Recounted what was stored wrong: {said}."
    return EditLine(Entitlement, state.id, f"Entitlement {state.id}", CHANGE, message)


def _counted(state: State) -> dict[str, object]:
    columns = columns_of(state)
    return {"pk": state.id, **{name: columns[name] for name in COUNTED}}


def _word(value: object) -> str:
    return "none" if value is None else str(value)
