"""Carry out one operation on many entitlements, batch by batch as one act, and add up what became of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from entitlements import engine
from entitlements.engine.recount import batches_of_ids
from entitlements.models import Act, Entitlement, Source
from entitlements.operations import Operation, Preview, PreviewWarning, Problem

BATCH_SIZE = 2000


@dataclass
class Remarks:
    """How often each remark was made, by its code, with the sentence said first."""

    counts: Counter[str] = field(default_factory=Counter)
    sentences: dict[str, str] = field(default_factory=dict)
    varied: set[str] = field(default_factory=set)

    def add(self, remarks: Iterable[Problem | PreviewWarning]) -> None:
        """Count the remarks of one entitlement."""
        for remark in remarks:
            self.counts[remark.code] += 1
            if self.sentences.setdefault(remark.code, remark.message) != remark.message:
                self.varied.add(remark.code)

    def lines(self) -> list[str]:
        """Return a line for each code, the most frequent first."""
        return [
            f"{count:>9,}  {code}: {'for example, ' if code in self.varied else ''}{self.sentences[code]}"
            for code, count in self.counts.most_common()
        ]


@dataclass
class Tally:
    """What became, or would become, of the entitlements met; of the same size for any number of them."""

    changed: int = 0
    refused: int = 0
    released: int = 0
    problems: Remarks = field(default_factory=Remarks)
    warnings: Remarks = field(default_factory=Remarks)
    act: Act | None = None

    @property
    def met(self) -> int:
        """Return how many entitlements were looked at."""
        return self.changed + self.refused

    def add(self, preview: Preview) -> None:
        """Count one entitlement."""
        if preview.is_blocked:
            self.refused += 1
            self.problems.add(preview.problems)
        else:
            self.changed += 1
            self.released += len(preview.released)
            self.warnings.add(preview.warnings)


@dataclass(frozen=True, slots=True)
class Batches:
    """One operation and the entitlements it is meant for, a queryset whose rows may leave it as they are changed."""

    operation: Operation
    rows: "QuerySet[Entitlement]"
    size: int = BATCH_SIZE

    def preview(self, *, progress: Callable[[int], None]) -> Tally:
        """Add up what would happen. Writes nothing."""
        tally = Tally()
        for ids in batches_of_ids(self.rows, size=self.size):
            for each in engine.preview(self.operation, ids):
                tally.add(each)
            progress(tally.met)
        return tally

    def apply(
        self, *, made_by: User | engine.System, reason: str, reference: str, progress: Callable[[int], None]
    ) -> Tally:
        """Carry it out and add up what happened: a transaction for each batch, one act for all of them.

        Raises ``PermissionDenied``. Stopped halfway, what was changed stays changed and is in the log.
        """
        tally = Tally()
        write = partial(engine.apply, made_by=made_by, source=Source.COMMAND, reason=reason, reference=reference)
        for ids in batches_of_ids(self.rows, size=self.size):
            self._apply_batch(ids, tally, write)
            progress(tally.met)
        return tally

    def _apply_batch(self, ids: list[UUID], tally: Tally, write: Callable[..., engine.Result]) -> None:
        result = write(self.operation, ids, part_of=tally.act)
        tally.act = result.act or tally.act
        for outcome in result.outcomes:
            tally.add(outcome.preview)
