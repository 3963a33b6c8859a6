"""A change in chips: one difference in a few words each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import ngettext

from entitlements.history.words import floor_in_words, override_value, shown, until_in_words
from entitlements.operations import Activate, Disable, Effect, Enable
from entitlements.operations.effect_words import EMPTY, YES
from entitlements.operations.effects import DiffMemo, effects_of
from entitlements.state import Delta, OverrideValue, SeatRecord, State
from entitlements.state.fields import ACTIVATED, DISABLED, GRACE, OFFERING
from offerings.change_words import CHANGED
from offerings.rights import Direction, Kind, Right, Value
from offerings.tables import SIGNS as CATALOG_SIGNS

SIGNS = {**CATALOG_SIGNS, Direction.CHANGED: "~"}  # a chip has an arrow between its two values already
SEATS_NAMED = 3
SAID_BY_TITLE = {Disable.name: DISABLED.key, Enable.name: DISABLED.key, Activate.name: ACTIVATED.key}


@dataclass(frozen=True, slots=True)
class Chip:
    """One difference in a few words. ``tone`` colours it; ``sign`` and ``word`` say the same without colour."""

    tone: str
    sign: str
    word: str
    label: str
    before: str = ""
    after: str = ""
    is_flag: bool = False  # on or off: the sign and the label say it all


def _plain_chip(direction: Direction, label: str, before: str = "", after: str = "") -> Chip:
    return Chip(direction, SIGNS[direction], str(direction), label, before, after)


def chips_of(delta: Delta, before: State | None, after: State, *, operation: str, memo: DiffMemo) -> Iterator[Chip]:
    """Yield the chips of a change with its ``delta``; ``before`` is ``None`` where it created the entitlement.

    ``operation`` is the one that the title names; empty for an undo or a redo.
    """
    said = SAID_BY_TITLE.get(operation)
    effects = [each for each in effects_of(before, after, memo=memo) if _is_worth_a_chip(each, before, said=said)]
    yield from (chip_in_force(effect, after) for effect in effects)
    moved = {effect.right.key for effect in effects}
    yield from _override_chips(delta.overrides, after, moved)
    yield from _seat_chips(delta.released, Direction.REMOVED)
    yield from _seat_chips(delta.restored, Direction.ADDED)
    yield from (_plain_chip(Direction.CHANGED, words) for words in side_notes(delta))
    for key, (was, now) in delta.counters_moved.items():
        yield _plain_chip(Direction.CHANGED, f"{after.right(key).label} used", f"{was:,}", f"{now:,}")


def _is_worth_a_chip(effect: Effect, before: State | None, *, said: str | None) -> bool:
    """Tell whether an effect adds to the title, which says the right ``said``, and to the page around it.

    The grace period follows from the expiry, and the activation of a new entitlement from its start.
    """
    if before is None and (effect.right.group == "Order" or effect.right.key == ACTIVATED.key):
        return False
    return effect.right.key not in (GRACE.key, said)


def side_notes(delta: Delta) -> Iterator[str]:
    """Yield what no effect says: the change group of a move, and the seats that went over."""
    if path := path_in_words(delta.path):
        yield path
    if delta.handed_over:
        count = len(delta.handed_over.seats)
        yield ngettext("%(n)s seat handed over", "%(n)s seats handed over", count) % {"n": f"{count:,}"}
    if delta.took_over and delta.took_over.seats:
        count = len(delta.took_over.seats)
        yield ngettext("%(n)s seat taken over", "%(n)s seats taken over", count) % {"n": f"{count:,}"}


def path_in_words(path: Mapping[str, Any]) -> str:
    """Return the change group that opened a move, in words; empty where no group decides."""
    if path.get("outside"):
        return "outside change groups"
    return f"through {path['name']}" if path else ""


def chip_of(effect: Effect) -> Chip:
    """Return one value that moved as a chip, in the words and the tone of its field."""
    said, right = effect.words, effect.right
    sign = "~" if said == CHANGED else said.sign  # a chip has an arrow between its two values already
    if right.key == OFFERING.key:
        return Chip(said.tone, sign, said.word, "", effect.shown_before, effect.shown_after)
    is_flag = right.kind is Kind.FLAG and effect.direction in (Direction.ADDED, Direction.REMOVED)
    before = "" if effect.before is None and not is_flag else _side(right, effect.before, effect.shown_before)
    label = said.word.capitalize() if right.key in YES else right.label
    after = _side(right, effect.after, effect.shown_after)
    return Chip(said.tone, sign, said.word, label, before, after, is_flag)


def _side(right: Right, value: Value | None, words: str) -> str:
    """Return one side of an effect in words; ``EMPTY`` says what the empty value of a field means."""
    if right.key in YES:
        return YES[right.key] if value else EMPTY[right.key]
    return words or EMPTY.get(right.key, "off" if right.kind is Kind.FLAG else "none")


def chip_in_force(effect: Effect, after: State) -> Chip:
    """Return one value that moved as a chip; a floor stands beside the value that the offering grants."""
    chip, override = chip_of(effect), after.overrides.get(effect.right.key)
    if override is None:
        return chip
    words = floor_in_words(after, effect.right.key) if override.is_floor else chip.after
    return replace(chip, after=words + until_in_words(override.until))


def _override_chips(
    overrides: Mapping[str, tuple[OverrideValue | None, OverrideValue | None]], after: State, moved: set[str]
) -> Iterator[Chip]:
    """Yield overrides that came or went without moving the value in force."""
    for key, (_was, now) in overrides.items():
        if key in moved:
            continue
        right = after.right(key)
        if now is None:
            words = f"{shown(right, after.in_force(key))}, standard"
        elif now.is_floor:
            words = floor_in_words(after, key) + until_in_words(now.until)
        else:
            words = f"{override_value(right, now)}, set by hand"
        yield Chip("kept", "=", "kept", right.label, "", words)


def _seat_chips(seats: Sequence[SeatRecord], direction: Direction) -> Iterator[Chip]:
    for seat in seats[:SEATS_NAMED]:
        yield _plain_chip(direction, f"Seat {seat}")
    if more := len(seats[SEATS_NAMED:]):
        yield _plain_chip(direction, ngettext("%(n)s more seat", "%(n)s more seats", more) % {"n": f"{more:,}"})
