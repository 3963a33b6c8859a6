"""What a request for an amendment does, to itself and to what else is scheduled, as a person sees it. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from config.digests import digest_of_seen
from entitlements.models import Amendment
from entitlements.operations import Preview, PreviewWarning, Problem
from entitlements.operations.approval import FIELD
from entitlements.schedule.last_seen import money_in_words, money_of
from entitlements.schedule.planned import Folded, Planned
from entitlements.schedule.words import effects_in_words
from offerings.rights import show_day


class Verdict(StrEnum):
    """What becomes of a scheduled operation by something that comes before it."""

    FITS = "fits"
    CHANGES = "changes"
    NO_LONGER_FITS = "no longer fits"
    DOES_NOT_FIT = "does not fit, as before"
    CANCELLED = "is cancelled"


WORDS = {
    Verdict.FITS: ("ok", "stays as it is"),
    Verdict.CHANGES: ("warn", "does something else"),
    Verdict.NO_LONGER_FITS: ("stop", "no longer fits"),
    Verdict.DOES_NOT_FIT: ("warn", "does not fit, as before"),
    Verdict.CANCELLED: ("quiet", "is cancelled along"),
}
"""The tone and the words of each verdict, for pages."""


@dataclass(frozen=True, slots=True)
class Later:
    """One scheduled operation, as it was and as it would be; ``after`` is ``None`` where it is cancelled along.

    ``is_touched`` says that it removes what is to change before, ``is_kept`` that the person keeps it all the same.
    """

    order: UUID
    before: Folded
    after: Folded | None
    is_touched: bool = False
    is_kept: bool = False

    @property
    def planned(self) -> Planned:
        """Return what waits."""
        return self.before.planned

    @property
    def key(self) -> UUID:
        """Return the key of the amendment."""
        return self.planned.key

    @property
    def verdict(self) -> Verdict:
        """Tell what becomes of it. What did not fit before either is no fault of the change."""
        if self.after is None:
            return Verdict.CANCELLED
        if self.after.fits:
            is_same = self.after.outcome == self.before.outcome and not self.is_other_sum
            return Verdict.FITS if is_same else Verdict.CHANGES
        return Verdict.NO_LONGER_FITS if self.before.fits else Verdict.DOES_NOT_FIT

    @property
    def is_other_sum(self) -> bool:
        """Tell whether it makes another sum due than before."""
        return self.after is not None and money_of(self.after.previews) != money_of(self.before.previews)

    @property
    def tone(self) -> str:
        """Return the tone of what becomes of it."""
        return WORDS[self.verdict][0]

    @property
    def words(self) -> str:
        """Return what becomes of it, in words."""
        return WORDS[self.verdict][1]

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it is cancelled in the same step."""
        return self.verdict is Verdict.CANCELLED

    @property
    def can_be_cancelled(self) -> bool:
        """Tell whether the person may, or must, cancel it along."""
        return self.verdict is not Verdict.FITS or self.is_touched

    @property
    def asks_to_be_kept(self) -> bool:
        """Tell whether the person has to say that it stays: it removes what is to change before."""
        return self.is_touched and self.verdict in (Verdict.FITS, Verdict.CHANGES)

    @property
    def effects(self) -> list[str]:
        """Return what it would do, in words; what it makes due, where that is another sum than before."""
        if self.after is None:
            return []
        due = [f"Due: {money_in_words(self.after.previews)}"] if self.is_other_sum else []
        return [*effects_in_words(self.after.previews), *due]

    @property
    def lines(self) -> list[str]:
        """Return what it would do, or why it cannot, where that is not what it did before."""
        if self.verdict is Verdict.CHANGES:
            return self.effects
        return [problem.message for problem in self.after.problems] if self.after else []


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and what it does: ``own`` is the operation on its day, ``later`` are the others of the order.

    ``amendment`` is the row that was written; ``None`` for a preview, and where something stands against it. ``was`` is
    the day of the amendment that is moved or cancelled. ``words`` is a digest of what is written about one, where that
    is agreed to as well.
    """

    own: Folded | None = None
    later: tuple[Later, ...] = ()
    refused: tuple[Problem, ...] = ()
    amendment: Amendment | None = None
    is_stale: bool = False
    was: date | None = None
    words: str = ""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return everything that stands against it."""
        own = self.own.problems if self.own else ()
        return tuple(dict.fromkeys((*self.refused, *own, *blocking(self.later))))

    @property
    def fingerprint(self) -> str:
        """Return a digest of all that a person sees of it."""
        previews = [preview.fingerprint for preview in self.own.previews] if self.own else []
        codes = sorted(problem.code for problem in self.problems if problem.field != FIELD)
        return digest_of_seen(
            [previews, codes, seen_of(self.later), str(self.was), *([self.words] if self.words else [])]
        )


def seen_of(later: Iterable[Later]) -> list[list[str]]:
    """Return what a person sees of the others, as JSON."""
    return [
        [
            str(each.key),
            each.verdict,
            digest_of_seen([each.after.outcome, money_of(each.after.previews)]) if each.after else "",
            *(["removes"] if each.is_touched else []),
        ]
        for each in later
    ]


def blocking(later: Iterable[Later]) -> list[Problem]:
    """Return a problem for each scheduled operation that would no longer fit, and for each removal to decide about."""
    found = []
    for each in later:
        if each.asks_to_be_kept and not each.is_kept:
            found.append(_undecided(each.planned))
        if each.verdict is Verdict.NO_LONGER_FITS and each.after:
            day = each.planned.effective_on
            why = each.after.problems[0].message
            name = each.planned.name
            message = f"“{name}”, scheduled for {show_day(day)}, would no longer fit: {why} Cancel it in the same step."
            found.append(Problem("later_no_longer_fits", message, "cancels"))
    return found


def changing(later: Iterable[Later]) -> list[PreviewWarning]:
    """Return a warning for each scheduled operation that would do something else than was seen."""
    found = []
    for each in later:
        if each.verdict is Verdict.CHANGES:
            name, day = each.planned.name, show_day(each.planned.effective_on)
            does = "; ".join(each.effects) or "nothing that can be seen"
            message = f"“{name}”, scheduled for {day}, does something else with this: {does}."
            found.append(PreviewWarning("later_changes", message, "cancels"))
    return found


def _undecided(planned: Planned) -> Problem:
    day = show_day(planned.effective_on)
    message = f"“{planned.name}”, scheduled for {day}, removes what this changes. Keep it, move it or cancel it first."
    return Problem("removal_pending", message, "keeps")


def compared(
    order: UUID,
    before: Sequence[Folded],
    after: Sequence[Folded],
    *,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    touched: Collection[UUID] = (),
    known: Collection[UUID] = (),
) -> tuple[Later, ...]:
    """Return each operation of ``before`` with what becomes of it; ``touched`` are the entitlements that change.

    ``known`` are the removals about which was decided before.
    """
    left = {each.planned.key: each for each in after if each.planned.key not in cancels}
    return tuple(
        Later(
            order,
            each,
            left.get(each.planned.key),
            is_touched=each.planned.key not in known and bool(each.removes & set(touched)),
            is_kept=each.planned.key in keeps,
        )
        for each in before
    )


def removals_after(key: UUID, folded: Sequence[Folded]) -> set[UUID]:
    """Return those that remove what an operation before them changes; none of one that is not there, or does not fit.

    Who scheduled the later of the two has decided about that.
    """
    own = next((each for each in folded if each.planned.key == key and each.fits), None)
    touched = touched_by(own.previews) if own else set()
    later = [each for each in folded if own and each.planned.place > own.planned.place]
    return {each.planned.key for each in later if each.removes & touched}


def touched_by(previews: Iterable[Preview]) -> set[UUID]:
    """Return the entitlements that previews change, but for their seats and use."""
    return {move.id for preview in previews for move in preview.moves if move.changes_version()}
