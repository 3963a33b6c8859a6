"""What scheduled operations do, in words."""

from collections.abc import Iterable, Iterator

from django.utils.translation import ngettext

from entitlements.history.chips import Chip, chip_of
from entitlements.operations import Preview

LINES = 12


def effects_in_words(previews: Iterable[Preview]) -> list[str]:
    """Return what previews do as short lines, at most ``LINES`` and how many more: ``Seats: 25 → 10``."""
    lines = list(_lines(previews))
    return lines if len(lines) <= LINES else [*lines[:LINES], f"and {len(lines) - LINES} more"]


def _lines(previews: Iterable[Preview]) -> Iterator[str]:
    for preview in previews:
        for move in preview.moves:
            for effect in move.effects:
                yield _line(chip_of(effect))
        if preview.released:
            count = len(preview.released)
            yield ngettext("%(count)s seat released", "%(count)s seats released", count) % {"count": f"{count:,}"}


def _line(chip: Chip) -> str:
    sides = f"{chip.before} → {chip.after}" if chip.before and not chip.is_flag else f"{chip.after or chip.word}"
    return f"{chip.label}: {sides}" if chip.label else sides
