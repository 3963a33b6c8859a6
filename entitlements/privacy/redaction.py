"""How texts are made unreadable. Pure.

What is the customer's alone is replaced whole. Where others are concerned too (an act on entitlements of several
customers, an entitlement that another customer holds by now), the names of the customer are replaced in it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entitlements.models.privacy import ERASED

SHORTEST = 3  # letters of a name that is looked for in other texts


@dataclass(frozen=True, slots=True)
class Redaction:
    """The names to replace in texts; ``is_whole`` replaces whole texts."""

    names: "re.Pattern[str]"
    is_whole: bool

    @classmethod
    def of(cls, names: Iterable[str], *, is_whole: bool) -> "Redaction":
        """Return the redaction of names; those too short to be looked for are left out."""
        wanted = sorted({name for name in names if len(name) >= SHORTEST}, key=len, reverse=True)
        return cls(re.compile("|".join(map(re.escape, wanted)) or r"(?!)", re.IGNORECASE), is_whole)

    def text(self, text: str) -> str:
        """Return a text made unreadable; an empty one stays empty."""
        if self.is_whole:
            return ERASED if text else ""
        return self.names.sub(ERASED, text)

    def lines(self, text: str) -> str:
        """Return a text of several lines with as many lines."""
        return "\n".join(self.text(line) for line in text.split("\n"))

    def asked(self, stored: Any) -> Any:
        """Return what an act was asked for, without the names of new customers and without names in its texts."""
        if isinstance(stored, Mapping):
            return {
                key: ERASED if key == "customer_name" and each else self.asked(each) for key, each in stored.items()
            }
        if isinstance(stored, list):
            return [self.asked(each) for each in stored]
        return stored

    def delta(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the delta of a change, without the reasons of overrides and the names of seats. Numbers stay."""
        found = dict(stored)
        if "overrides" in found:
            found["overrides"] = {
                key: [each and {**each, "reason": self.text(each["reason"])} for each in pair]
                for key, pair in found["overrides"].items()
            }
        for side in ("released", "restored"):
            if side in found:
                found[side] = [self._seat(seat) for seat in found[side]]
        return found

    def _seat(self, seat: Mapping[str, Any]) -> dict[str, Any]:
        seat_id = alias_of(UUID(seat["id"])) if self.is_whole else seat["seat_id"]
        return {**seat, "name": self.text(seat["name"]), "seat_id": seat_id}

    def warnings(self, stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the warnings accepted with a change, with names replaced in their sentences."""
        names = Redaction(self.names, is_whole=False)
        return [{**each, "message": names.text(each["message"])} for each in stored]


def alias_of(seat: UUID) -> str:
    """Return what stands for the id of a seat, in its row and in the log: the same seat keeps the same alias."""
    return f"erased-{seat.hex[-12:]}"
