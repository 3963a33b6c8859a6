"""An act of many for a page: in steps of a few seconds, with what is known between two of them signed in the form."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from entitlements.bulk.batches import Batches, Log, MessageCounts, Tally
from entitlements.engine.scopes import Scope, read_scope
from entitlements.models import Act, Source, new_id
from entitlements.operations import Operation, read

BATCH_SIZE = 500
STEP_SECONDS = 3.0
REMEMBERED = timedelta(days=1)
SALT = "entitlements.bulk.steps.with-proposals"  # a text of another shape needs another


class Phase(StrEnum):
    """How far a run is. A ready one waits for the person; previewing and running ones go on by themselves."""

    PREVIEWING = "previewing"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Run:
    """One operation on a scope, and the counts so far. ``after`` is the last key that is counted.

    The key of the act is chosen with the run: a form that confirms it twice begins one act.
    """

    phase: Phase
    operation: Operation
    scope: Scope
    total: int
    reason: str
    reference: str
    tally: Tally
    after: UUID | None = None
    act_id: UUID = field(default_factory=new_id)

    @property
    def goes_on(self) -> bool:
        """Tell whether the next step needs nobody."""
        return self.phase in (Phase.PREVIEWING, Phase.RUNNING)

    def confirmed(self) -> "Run":
        """Return the run as it begins to write."""
        return replace(self, phase=Phase.RUNNING, tally=Tally(act=self.tally.act), after=None)


def start(operation: Operation, scope: Scope, *, made_by: User, reason: str, reference: str) -> Run:
    """Return a run before its first step; three queries at most.

    The same request again on the same day goes on with the act that an interruption left, unless somebody undid it.
    """
    same = {"asked": operation.asked(), "scope": scope.to_json(), "reason": reason, "reference": reference}
    lately = Act.objects.filter(made_at__gte=timezone.now() - REMEMBERED)  # the index of the newest acts finds them
    begun = lately.filter(made_by=made_by, source=Source.PAGE, undone_by=None, **same).first()
    total = Batches(operation, scope, part_of=begun).rows().count()
    return Run(Phase.PREVIEWING, operation, scope, total, reason, reference, Tally(act=begun))


def step(run: Run, *, made_by: User) -> Run:
    """Preview or write batches for a few seconds, at least one, and return the run after them."""
    batches = Batches(run.operation, run.scope, BATCH_SIZE, part_of=run.tally.act, act_id=run.act_id)
    log = Log(made_by, Source.PAGE, run.reason, run.reference)
    if run.phase is Phase.PREVIEWING:
        done, following = batches.previewed(run.tally, made_by=made_by, after=run.after), Phase.READY
    else:
        done, following = batches.applied(run.tally, log, after=run.after), Phase.DONE
    after = _last_in_time(done)
    return replace(run, phase=following) if after is None else replace(run, after=after)


def _last_in_time(done: Iterator[UUID]) -> UUID | None:
    """Return the last key counted within the time of a step; ``None`` where all are."""
    deadline = monotonic() + STEP_SECONDS
    for last in done:
        if monotonic() >= deadline:
            return last
    return None


def signed(run: Run, *, user: User) -> str:
    """Return the run as a text that only this person can bring back, and nobody can change."""
    tally = run.tally
    kept = {
        "user": user.pk,
        "phase": run.phase.value,
        "asked": run.operation.asked(),
        "scope": run.scope.to_json(),
        "total": run.total,
        "reason": run.reason,
        "reference": run.reference,
        "after": str(run.after) if run.after else None,
        "act": str(tally.act.pk) if tally.act else None,
        "act_id": str(run.act_id),
        "counts": [tally.changed, tally.refused, tally.released, tally.outside, tally.to_propose],
        "messages": [_plain_counts(each) for each in (tally.problems, tally.warnings)],
    }
    return signing.dumps(kept, salt=SALT, compress=True)


def read_signed(text: str, *, user: User) -> Run | None:
    """Return the run of a signed text; ``None`` where it is another person's, too old or changed. One query."""
    try:
        kept = signing.loads(text, salt=SALT, max_age=REMEMBERED)
    except signing.BadSignature:
        return None
    operation, scope = read(kept["asked"]), read_scope(kept["scope"])
    if kept["user"] != user.pk or operation is None or scope is None:
        return None
    changed, refused, released, outside, to_propose = kept["counts"]
    problems, warnings = (_counts_of(each) for each in kept["messages"])
    act = Act.objects.filter(pk=kept["act"]).first() if kept["act"] else None
    return Run(
        Phase(kept["phase"]),
        operation,
        scope,
        kept["total"],
        kept["reason"],
        kept["reference"],
        Tally(changed, refused, released, outside, to_propose, problems, warnings, act),
        UUID(kept["after"]) if kept["after"] else None,
        UUID(kept["act_id"]),
    )


def _plain_counts(messages: MessageCounts) -> dict[str, Any]:
    return {
        "counts": dict(messages.counts),
        "first_sentences": messages.first_sentences,
        "varied": sorted(messages.varied),
    }


def _counts_of(kept: dict[str, Any]) -> MessageCounts:
    found = MessageCounts(first_sentences=kept["first_sentences"], varied=set(kept["varied"]))
    found.counts.update(kept["counts"])
    return found
