"""Publishing: the differences between drafts and newest revisions, and the writing of new revisions."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from config.actors import System
from config.edit_log import EditLine, write_lines
from offerings import rights
from offerings.drafts import Draft, drafts
from offerings.models import NOTE_LENGTH, LicenseType, Offering, PlanType, Revision, SeatsSold, StartType
from offerings.periods import parse_period
from offerings.prices import PriceChange, diff_prices
from offerings.relations import LABELS, show_relation
from offerings.rights import Direction, Right, RightChange, Sheet
from offerings.tables import diff_rows

__all__ = [
    "Draft",
    "NotPublishable",
    "Review",
    "RevisionDiff",
    "StaleReview",
    "TermChange",
    "compare",
    "diff_of",
    "drafts",
    "fingerprint",
    "newest_revisions",
    "publish",
    "reviews",
    "show_term",
    "unpublished",
]

PUBLISHED = 4  # what was done in a line of the log, beside Django's additions, changes and deletions
TERMS = {
    "license_type": "License type",
    "start_type": "Start",
    "plan_type": "Plan type",
    "duration": "Duration",
    "billing_period": "Billing period",
    "maintenance_duration": "Maintenance runs",
    "seats_sold": "Seats are sold",
}
_WORDS: dict[str, str] = {
    str(value): str(label)
    for choices in (LicenseType, StartType, PlanType, SeatsSold)
    for value, label in choices.choices
}


@dataclass(frozen=True, slots=True)
class TermChange:
    """One term, or the name of the offering, or a word about a right, that differs; both sides in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    """The differences between two revisions, or between a revision and a draft."""

    rights: tuple[RightChange, ...] = ()
    extensions: tuple[RightChange, ...] = ()
    prices: tuple[PriceChange, ...] = ()
    terms: tuple[TermChange, ...] = ()
    names: tuple[TermChange, ...] = ()
    relations: tuple[TermChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.count())

    def count(self) -> int:
        """Return the number of differences."""
        parts = (self.rights, self.extensions, self.prices, self.terms, self.names, self.relations)
        return sum(map(len, parts))


def compare(before: Draft | Revision | None, after: Draft | Revision) -> RevisionDiff:
    """Return the differences; ``before`` is ``None`` where the offering was never published. Pure."""
    nothing = Sheet({}, {})
    return RevisionDiff(
        rights=rights.diff(before.sheet if before else nothing, after.sheet),
        extensions=rights.diff(before.extension_sheet if before else nothing, after.extension_sheet),
        prices=diff_prices(before.prices if before else (), after.prices),
        terms=_diff_terms(before.terms if before else {}, after.terms),
        names=(*_diff_name(before, after), *_diff_names(before.sheet, after.sheet)) if before else (),
        relations=_diff_relations(before.relations if before else {}, after.relations),
    )


def _diff_relations(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[TermChange, ...]:
    """Return each relation that differs: by key, so that another edition of the same name is a difference."""
    return tuple(
        TermChange(label, show_relation(name, before.get(name)), show_relation(name, after.get(name)))
        for name, label in LABELS.items()
        if before.get(name) != after.get(name)
    )


def _diff_terms(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[TermChange, ...]:
    return tuple(
        TermChange(label, show_term(key, before.get(key, "")), show_term(key, after.get(key, "")))
        for key, label in TERMS.items()
        if before.get(key, "") != after.get(key, "")
    )


def show_term(key: str, value: str) -> str:
    """Return a term of a revision in words: ``1 year``, ``per quantity``."""
    if key in ("duration", "billing_period", "maintenance_duration") and value:
        return parse_period(value).words
    return _WORDS.get(value, value).partition(":")[0]


def _diff_name(before: Draft | Revision, after: Draft | Revision) -> tuple[TermChange, ...]:
    if before.offering_name == after.offering_name:
        return ()
    return (TermChange("Name of the offering", before.offering_name, after.offering_name),)


def _diff_names(before: Sheet, after: Sheet) -> tuple[TermChange, ...]:
    """Return new labels, units, groups and kinds, and rights that come or go without a change of value."""
    changes = []
    for key in dict.fromkeys([*after.definitions, *before.definitions]):
        was, now = before.definitions.get(key), after.definitions.get(key)
        if was and now:
            if was.label != now.label:
                changes.append(TermChange("Name of a right", was.label, now.label))
            if was.unit != now.unit:
                changes.append(TermChange(f"Unit of {now.label}", was.unit, now.unit))
            if was.group != now.group:
                changes.append(TermChange(f"Group of {now.label}", was.group, now.group))
            if was.kind != now.kind:
                changes.append(TermChange(f"Kind of {now.label}", was.kind, now.kind))
        elif change := _listing_change(key, before, after):
            changes.append(change)
    return tuple(changes)


def _listing_change(key: str, before: Sheet, after: Sheet) -> TermChange | None:
    """Return the change of a right that only one sheet lists, unless its value differs too."""
    right = after.definitions.get(key) or before.definitions[key]
    was, now = before.values.get(key), after.values.get(key)
    if rights.compare(right, was, now) is not Direction.SAME:
        return None
    return TermChange(right.label, _listed(right, before), _listed(right, after))


def _listed(right: Right, sheet: Sheet) -> str:
    if right.key not in sheet.definitions:
        return "not listed"
    return rights.show(right, sheet.values.get(right.key)) or "listed"


@dataclass(frozen=True, slots=True)
class _CacheKey:
    """A revision as a key of the cache of diffs. Equal ids are equal revisions, because revisions never change."""

    pk: int
    published_at: datetime
    revision: Revision = field(compare=False)


def diff_of(before: Revision, after: Revision) -> RevisionDiff:
    """Return the differences between two revisions, from a cache of the process. Queries nothing."""
    return _cached_diff(
        _CacheKey(before.pk, before.published_at, before), _CacheKey(after.pk, after.published_at, after)
    )


@lru_cache(maxsize=1024)
def _cached_diff(before: _CacheKey, after: _CacheKey) -> RevisionDiff:
    return compare(before.revision, after.revision)


def newest_revisions(offering_ids: Iterable[int]) -> dict[int, Revision]:
    """Return the newest revision by offering id, without offerings that were never published; one query."""
    newest = Revision.objects.filter(offering__in=list(offering_ids)).newest()
    return {revision.offering_id: revision for revision in newest}


@dataclass(frozen=True)
class Review:
    """The draft of one offering, its newest revision, and the differences."""

    draft: Draft
    newest: Revision | None
    diff: RevisionDiff

    @property
    def offering_id(self) -> int:
        """Return the id of the offering."""
        return self.draft.offering_id

    @property
    def is_unpublished(self) -> bool:
        """Tell whether publishing would write a revision."""
        return self.newest is None or bool(self.diff)

    @property
    def next_number(self) -> int:
        """Return the number the next revision gets."""
        return self.newest.number + 1 if self.newest else 1

    @cached_property
    def digest(self) -> str:
        """Return a text that changes with the draft and with the newest revision."""
        return f"{self.draft.sku}:{self.next_number}:{self.draft.digest}"


def reviews(offerings: Iterable[Offering]) -> list[Review]:
    """Compare saved offerings with their newest revisions, in the same order; 8 queries at most for any number."""
    compiled = drafts(offerings)
    newest = newest_revisions(draft.offering_id for draft in compiled)
    found = [(draft, newest.get(draft.offering_id)) for draft in compiled]
    return [Review(draft, revision, compare(revision, draft)) for draft, revision in found]


def unpublished(offerings: Iterable[Offering]) -> list[Review]:
    """Return the reviews of the saved offerings with unpublished changes; 8 queries at most for any number."""
    return [review for review in reviews(offerings) if review.is_unpublished]


def fingerprint(changes: Iterable[Review]) -> str:
    """Return a text that identifies reviewed changes; another draft or newest revision gives another text.

    The order of the changes does not count, because pages sort them and locks take them by id.
    """
    return hashlib.sha256(" ".join(sorted(change.digest for change in changes)).encode()).hexdigest()[:32]


class NotPublishable(Exception):
    """Drafts have invalid values; nothing was written. ``problems`` are sentences by SKU."""

    def __init__(self, problems: Mapping[str, tuple[str, ...]]) -> None:
        self.problems = dict(problems)
        lines = [f"{sku}: {problem}" for sku, found in self.problems.items() for problem in found]
        super().__init__("\n".join(lines))


class StaleReview(Exception):
    """The catalog changed between review and publish; nothing was written."""

    def __init__(self) -> None:
        super().__init__("The catalog has changed since you reviewed it. Look at the changes again.")


def publish(
    offerings: Iterable[Offering],
    *,
    published_by: User | System | None,
    published_by_name: str,
    note: str = "",
    at: datetime | None = None,
    expected: str | None = None,
) -> list[Revision]:
    """Write a new revision of every offering with unpublished changes, and return the revisions.

    A ``published_by`` of ``None`` is the process of that name. Each offering gets a line in the log.
    One transaction and a constant number of statements; locks the offerings in order of id. Raises ``ValidationError``
    for a note that is too long, ``NotPublishable`` where a draft is invalid, and ``StaleReview`` where the changes no
    longer have the ``fingerprint`` that is ``expected``. Nothing is written then.
    """
    if len(note) > NOTE_LENGTH:
        raise ValidationError({"note": f"Write at most {NOTE_LENGTH:,} characters; this has {len(note):,}."})
    with transaction.atomic():
        changes = _lock_changes(offerings, expected)
        moment, made_by = at or timezone.now(), published_by or System(published_by_name)
        stamp: dict[str, Any] = {"note": note, "published_at": moment}
        stamp["published_by"] = None if isinstance(made_by, System) else made_by
        stamp["published_by_name"] = published_by_name[:150]
        revisions = Revision.objects.bulk_create([_revision(change, stamp) for change in changes])
        write_lines(_lines(changes, note), made_by=made_by, at=moment)
        return revisions


def _lines(changes: Sequence[Review], note: str) -> Iterator[EditLine]:
    """Yield the line of each published offering: the number, the note and every difference."""
    names = Offering.objects.select_related("product").in_bulk([change.offering_id for change in changes])
    for change in changes:
        number = change.newest.number if change.newest else "none"
        sentences = [f"Revision: {number} → {change.next_number}."]
        if note:
            sentences.append(f"Note: {note}")
        rows = diff_rows(change.diff)
        sentences += [f"{row.label}: {row.before or 'none'} → {row.after or 'none'}." for row in rows]
        title = str(names[change.offering_id])
        yield EditLine(Offering, change.offering_id, title, PUBLISHED, "\n".join(sentences))


def _lock_changes(offerings: Iterable[Offering], expected: str | None) -> list[Review]:
    """Lock the offerings, and return their unpublished changes if all can be published."""
    ids = {offering.pk for offering in offerings}
    changes = unpublished(list(Offering.objects.select_for_update().filter(pk__in=ids).order_by("pk")))
    if expected is not None and fingerprint(changes) != expected:
        raise StaleReview
    problems = {change.draft.sku: change.draft.problems for change in changes if change.draft.problems}
    if problems:
        raise NotPublishable(problems)
    return changes


def _revision(change: Review, stamp: Mapping[str, Any]) -> Revision:
    draft = change.draft
    return Revision(
        offering_id=draft.offering_id,
        number=change.next_number,
        offering_name=draft.offering_name,
        rights=draft.rights,
        definitions=draft.definitions,
        extensions=draft.extensions,
        prices=draft.prices,
        terms=draft.terms,
        relations=draft.relations,
        **stamp,
    )


def is_published(key: int) -> bool:
    """Tell whether there is a revision with this key; one query at most, as a revision once there is there for good."""
    try:
        return _found(key)
    except Revision.DoesNotExist:
        return False


@lru_cache(maxsize=10_000)
def _found(key: int) -> bool:
    Revision.objects.only("pk").get(pk=key)
    return True
