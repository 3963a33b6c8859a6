"""The differences of a row before and after an edit, in sentences. Pure.

A sentence names the field and both values: ``Amount of charge price: 20 → 25.``
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a row. ``stored`` is compared, ``words`` are shown; the words of a secret never show its value."""

    label: str
    stored: Any
    words: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """The rows that a row refers to, by key: the roles of a person, the permissions of a role."""

    label: str
    by_key: Mapping[Any, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A row that is edited as a part of another row, such as a charge of an offering. ``noun`` may be empty."""

    noun: str
    plural: str
    name: str
    values: Mapping[str, Value]

    @property
    def label(self) -> str:
        """Return the noun and the name."""
        return f"{self.noun} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A row at one moment. ``title`` names the row; ``parts`` are by relation and key."""

    title: str
    values: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, Names] = field(default_factory=dict)
    parts: Mapping[tuple[str, Any], Part] = field(default_factory=dict)


def differences(before: Snapshot | None, after: Snapshot | None) -> tuple[str, ...]:
    """Return a sentence for each difference; all values of a row that was added or deleted (``None``)."""
    if before and after:
        return (*_values(before, after), *_names(before, after), *_parts(before.parts, after.parts))
    row = before or after
    return tuple(_content(row)) if row else ()


def _content(row: Snapshot) -> Iterator[str]:
    """Yield a sentence for each value of a row that was added or deleted."""
    for value in row.values.values():
        if value.words:
            yield f"{_capital(value.label)}: {value.words}."
    for names in row.names.values():
        if names.by_key:
            yield f"{_capital(names.label)}: {_listed(names.by_key.values())}."
    for part in row.parts.values():
        yield f"{_capital(part.label)}{_details(part)}."


def _values(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for label, was, now in _changed(before.values, after.values):
        yield f"{_capital(label)}: {_from_to(was, now)}."


def _changed(
    before: Mapping[str, Value], after: Mapping[str, Value]
) -> Iterator[tuple[str, Value | None, Value | None]]:
    """Yield the label and both values where they differ."""
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        either = now or was
        if either and (was.stored if was else None) != (now.stored if now else None):
            yield either.label, was, now


def _from_to(was: Value | None, now: Value | None) -> str:
    """Return both values in words. Equal words of unequal values are told apart by what is stored."""
    before, after = (was.words if was else ""), (now.words if now else "")
    if (was and was.is_secret) or (now and now.is_secret):
        return "changed" if before == after else f"{before or NOTHING} → {after or NOTHING}"
    if before == after:
        before = f"{before} ({was.stored if was else NOTHING})".strip()
        after = f"{after} ({now.stored if now else NOTHING})".strip()
    return f"{before or NOTHING} → {after or NOTHING}"


def _names(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for relation, now in after.names.items():
        was = before.names.get(relation, Names(now.label, {}))
        for word, names, others in (("added", now, was), ("removed", was, now)):
            if only := [name for key, name in names.by_key.items() if key not in others.by_key]:
                yield f"{_capital(now.label)} {word}: {_listed(only)}."


def _parts(before: Mapping[tuple[str, Any], Part], after: Mapping[tuple[str, Any], Part]) -> Iterator[str]:
    yield from _listed_parts("Added", [part for key, part in after.items() if key not in before])
    for key, now in after.items():
        if was := before.get(key):
            if was.name != now.name:
                yield f"{_capital(was.label)} → {now.name}."
            for label, old, new in _changed(was.values, now.values):
                yield f"{_capital(label)} of {now.label}: {_from_to(old, new)}."
    yield from _listed_parts("Removed", [part for key, part in before.items() if key not in after])


def _listed_parts(verb: str, parts: Sequence[Part]) -> Iterator[str]:
    """Yield a sentence for each part with its values; parts without values share one sentence."""
    for (noun, plural, is_bare), group in groupby(parts, lambda part: (part.noun, part.plural, not part.values)):
        found = list(group)
        if not is_bare:
            yield from (f"{verb} {part.label}{_details(part)}." for part in found)
            continue
        words = noun if len(found) == 1 else f"{len(found)} {plural}"
        yield f"{verb} {words}: {', '.join(part.name for part in found)}."


def _details(part: Part) -> str:
    found = ", ".join(f"{value.label} {value.words}" for value in part.values.values() if value.words)
    return f" ({found})" if found else ""


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
