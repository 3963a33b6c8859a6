"""How texts are made unreadable. Pure.

What is the customer's alone is replaced whole. Where others are concerned too (an act on entitlements of several
customers, an entitlement that another customer holds by now), the names of the customer are replaced in it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.models.privacy import ERASED

Quotes = Mapping[tuple[datetime | None, str], str]
"""What replaces the reason of an act, by its moment and reason."""
NOTHING = re.compile(r"(?!)")
WORDS_ASKED = ("customer_name", "conditions")  # the words among what an operation is asked for
SHORTEST = 3  # letters of a name that is looked for in other texts


@dataclass(frozen=True, slots=True)
class Redaction:
    """The names to replace in texts; ``is_whole`` replaces whole texts.

    With ``quotes``, the reasons of overrides are replaced only where they quote one of these acts.
    """

    names: "re.Pattern[str]"
    is_whole: bool
    quotes: Quotes | None = None

    @classmethod
    def of(cls, names: Iterable[str], *, is_whole: bool) -> "Redaction":
        """Return the redaction of names; those too short to be looked for are left out."""
        wanted = sorted({name for name in names if len(name) >= SHORTEST}, key=len, reverse=True)
        return cls(re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE) if wanted else NOTHING, is_whole)

    def quoting(self, quotes: Quotes) -> "Redaction":
        """Return the redaction for entitlements of others, whose overrides have reasons of their own, too."""
        return Redaction(self.names, self.is_whole, quotes)

    def in_part(self) -> "Redaction":
        """Return the redaction that replaces the names alone."""
        return Redaction(self.names, is_whole=False)

    def without_names(self) -> "Redaction":
        """Return the redaction that replaces quotes alone."""
        return Redaction(NOTHING, is_whole=False, quotes=self.quotes)

    def text(self, text: str) -> str:
        """Return a text made unreadable; an empty one stays empty."""
        if self.is_whole:
            return ERASED if text else ""
        return self.names.sub(ERASED, text)

    def lines(self, text: str) -> str:
        """Return a text of several lines with as many lines."""
        return "\n".join(self.text(line) for line in text.split("\n"))

    def asked(self, stored: Any) -> Any:
        """Return what an act was asked for, without the names of new customers and without terms and conditions."""
        if isinstance(stored, Mapping):
            return {
                key: self.text(each) if key in WORDS_ASKED and isinstance(each, str) else self.asked(each)
                for key, each in stored.items()
            }
        if isinstance(stored, list):
            return [self.asked(each) for each in stored]
        return stored

    def delta(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the delta of a change, without reasons of overrides, names of seats, and terms and conditions."""
        found = dict(stored)
        if "conditions" in found.get("fields", {}):
            pair = [each and self.text(each) for each in found["fields"]["conditions"]]
            found["fields"] = {**found["fields"], "conditions": pair}
        if "overrides" in found:
            found["overrides"] = {
                key: [each and {**each, "reason": self._stored_reason(each)} for each in pair]
                for key, pair in found["overrides"].items()
            }
        for side in ("released", "restored"):
            if side in found:
                found[side] = [self._seat(seat) for seat in found[side]]
        return found

    def _stored_reason(self, override: Mapping[str, Any]) -> str:
        set_at = override["set_at"]
        return self.reason(override["reason"], set_at=datetime.fromisoformat(set_at) if set_at else None)

    def reason(self, text: str, *, set_at: datetime | None) -> str:
        """Return the reason of an override that was set at a moment."""
        return self.text(text) if self.quotes is None else self.quotes.get((set_at, text), text)

    def _seat(self, seat: Mapping[str, Any]) -> dict[str, Any]:
        seat_id = alias_of(UUID(seat["id"])) if self.is_whole else seat["seat_id"]
        return {**seat, "name": self.text(seat["name"]), "seat_id": seat_id}

    def warnings(self, stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the warnings accepted with a change, with names replaced in their sentences."""
        return [{**each, "message": self.names.sub(ERASED, each["message"])} for each in stored]


def alias_of(seat: UUID) -> str:
    """Return what stands for the id of a seat, in its row and in the log: the same seat keeps the same alias."""
    return f"erased-{seat.hex[-12:]}"
