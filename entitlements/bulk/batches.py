"""Carry out one operation on many entitlements, batch by batch as one act, and count the outcomes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from config.actors import System
from entitlements.engine.approval import approval_problems
from entitlements.engine.recount import batches_of_ids
from entitlements.engine.scopes import Scope
from entitlements.models import Act, Change, Entitlement, Source
from entitlements.operations import Operation, Preview, PreviewWarning, Problem
from entitlements.schedule import carry_out_many, preview_many

BATCH_SIZE = 2000
Actor = User | System
Progress = Callable[["Tally"], None]
"""What is called after each batch, with the counts so far."""


@dataclass(frozen=True, slots=True)
class MessageCount:
    """The number of problems or warnings of one code, and the first sentence; the others differ where it ``varies``."""

    code: str
    count: int
    sentence: str
    varies: bool


@dataclass
class MessageCounts:
    """The number of problems or warnings by code. ``varied`` are the codes with more than one sentence."""

    counts: Counter[str] = field(default_factory=Counter)
    first_sentences: dict[str, str] = field(default_factory=dict)
    varied: set[str] = field(default_factory=set)

    def add(self, messages: Iterable[Problem | PreviewWarning]) -> None:
        """Count the problems or warnings of one preview."""
        for message in messages:
            self.counts[message.code] += 1
            if self.first_sentences.setdefault(message.code, message.message) != message.message:
                self.varied.add(message.code)

    def rows(self) -> list[MessageCount]:
        """Return the number for each code, the most frequent first."""
        return [
            MessageCount(code, count, self.first_sentences[code], varies=code in self.varied)
            for code, count in self.counts.most_common()
        ]


@dataclass
class Tally:
    """The counts of outcomes, done or previewed. A tally has the same size for any number of entitlements.

    ``to_propose`` counts those of the refused that would be changed once somebody agrees, ``outside`` those that
    another act took out of the queryset before they were locked.
    """

    changed: int = 0
    refused: int = 0
    released: int = 0
    outside: int = 0
    to_propose: int = 0
    problems: MessageCounts = field(default_factory=MessageCounts)
    warnings: MessageCounts = field(default_factory=MessageCounts)
    act: Act | None = None

    @property
    def total(self) -> int:
        """Return the number of previews, changed and refused."""
        return self.changed + self.refused

    def add(self, preview: Preview) -> None:
        """Count one preview."""
        if preview.is_blocked:
            self.refused += 1
            self.problems.add(preview.problems)
            self.to_propose += len(approval_problems(preview.problems)) == len(preview.problems)
        else:
            self.changed += 1
            self.released += len(preview.released)
            self.warnings.add(preview.warnings)


@dataclass(frozen=True, slots=True)
class Log:
    """What the log says of an act beside its operation: who, why, the key in another system."""

    made_by: Actor
    source: Source
    reason: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Batches:
    """One operation on the entitlements of a scope, as one act.

    Changed entitlements may leave the scope. ``part_of`` is an act to go on with: what it has changed is left out.
    ``act_id`` is the key of the act to begin, where it was chosen before.
    """

    operation: Operation
    scope: Scope
    size: int = BATCH_SIZE
    part_of: Act | None = None
    act_id: UUID | None = None

    def rows(self) -> "QuerySet[Entitlement]":
        """Return the entitlements that are still to do."""
        if self.part_of is None:
            return self.scope.rows()
        done = Change.objects.filter(act=self.part_of, entitlement=OuterRef("pk"))
        return self.scope.rows().filter(~Exists(done))  # NOT IN would read all of the act for each row

    def preview(self, *, made_by: Actor, progress: Progress) -> Tally:
        """Count the outcomes of previews, with what ``made_by`` may not do. Writes nothing."""
        tally = Tally()
        for _last in self.previewed(tally, made_by=made_by):
            progress(tally)
        return tally

    def previewed(self, tally: Tally, *, made_by: Actor, after: UUID | None = None) -> Iterator[UUID]:
        """Preview batch after batch, with keys above ``after``; yield the last key of each that ``tally`` counts."""
        for ids in batches_of_ids(self.rows(), size=self.size, after=after):
            for preview in preview_many(self.operation, ids, made_by=made_by, scope=self.scope):
                tally.add(preview)
            yield ids[-1]

    def apply(self, log: Log, *, progress: Progress) -> Tally:
        """Carry the operation out and count the outcomes: a transaction for each batch, one act for all batches.

        Raises ``PermissionDenied``. After an interruption the finished batches stay written and logged, and
        ``part_of`` goes on with the rest.
        """
        tally = Tally(act=self.part_of)
        for _last in self.applied(tally, log):
            progress(tally)
        return tally

    def applied(self, tally: Tally, log: Log, *, after: UUID | None = None) -> Iterator[UUID]:
        """Carry out batch after batch, with keys above ``after``; yield the last key of each that ``tally`` counts."""
        for ids in batches_of_ids(self.rows(), size=self.size, after=after):
            result = carry_out_many(
                self.operation,
                ids,
                made_by=log.made_by,
                source=log.source,
                reason=log.reason,
                reference=log.reference,
                part_of=tally.act,
                scope=self.scope,
                act_id=self.act_id,
            )
            tally.act = result.act or tally.act
            tally.outside += len(result.outside)
            for outcome in result.outcomes:
                tally.add(outcome.preview)
            yield ids[-1]
