"""The relations of a revision as a value: its edition, and of an add-on the editions it goes with.

Editions are named by their key, which never changes, beside the name they were published under.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

NOBODY: Mapping[str, str] = MappingProxyType({})
LABELS = {
    "edition": "Edition",
    "available_for": "Available for",
    "depends_on": "Depends on",
    "excludes": "Excludes",
    "bought": "How many can be bought",
}
BETWEEN_EDITIONS = ("available_for", "depends_on", "excludes")
LIMITS, COPIED_LIMITS = "constraints", "copied_constraints"  # in the stored head of a price catalog
NO_LIMIT = (None, "", "unlimited", ".inf", "inf")


@dataclass(frozen=True, slots=True)
class Bought:
    """How many of an add-on can be bought: ``least`` to ``most`` (``None`` is any number), in steps of ``step``."""

    least: int = 1
    most: int | None = None
    step: int = 1

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the limits that a revision or a price catalog says; a number that cannot be read is no limit."""
        most = stored.get("maxQuantity")
        return cls(
            least=_whole(stored.get("minQuantity")) or 1,
            most=None if most in NO_LIMIT else _whole(most),
            step=_whole(stored.get("quantityStep")) or 1,
        )

    def to_json(self) -> dict[str, int]:
        """Return the limits as a revision stores them: only those that limit."""
        found = {"minQuantity": self.least} if self.least > 1 else {}
        found |= {"maxQuantity": self.most} if self.most is not None else {}
        return found | ({"quantityStep": self.step} if self.step > 1 else {})

    def allows(self, quantity: int) -> bool:
        """Tell whether so many can be bought; steps count from the least."""
        is_inside = self.least <= quantity and (self.most is None or quantity <= self.most)
        return is_inside and (quantity - self.least) % self.step == 0

    def __str__(self) -> str:
        if self.most == self.least:
            return f"{self.least:,}"
        words = f"{self.least:,} or more" if self.most is None else f"{self.least:,} to {self.most:,}"
        return words if self.step == 1 else f"{words}, in steps of {self.step:,}"


def limits_of(catalog: Mapping[str, Any], *, key: str, source_name: str) -> Mapping[str, Any]:
    """Return the limits on the number bought of an edition, from the stored head of the price catalog of its product.

    The file names an edition by its ``source_name``. A copy has none: its limits are kept beside those of the file.
    """
    limits: Mapping[str, Any] = catalog.get(LIMITS, {}).get(source_name, {}) if source_name else {}
    return limits or catalog.get(COPIED_LIMITS, {}).get(key, {})


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


ANY_NUMBER = Bought()


@dataclass(frozen=True, slots=True)
class Relations:
    """The ``relations`` of a revision: names of editions by key. An add-on available for none is so for every plan."""

    edition: str = ""
    available_for: Mapping[str, str] = field(default_factory=dict)
    depends_on: Mapping[str, str] = field(default_factory=dict)
    excludes: Mapping[str, str] = field(default_factory=dict)
    bought: Bought = ANY_NUMBER

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the stored relations of a revision; what is not stored is empty."""
        named = {name: stored.get(name, NOBODY) for name in BETWEEN_EDITIONS}
        return cls(edition=stored.get("edition", ""), bought=Bought.from_json(stored.get("bought", {})), **named)

    def to_json(self) -> dict[str, Any]:
        """Return the relations as a revision stores them: what is empty is left out."""
        named = {name: dict(getattr(self, name)) for name in BETWEEN_EDITIONS}
        stored: dict[str, Any] = {"edition": self.edition, **named, "bought": self.bought.to_json()}
        return {name: value for name, value in stored.items() if value}


def show_relation(name: str, stored: Any) -> str:
    """Return one stored relation in words; empty where there is none."""
    if not stored:
        return ""
    if name == "bought":
        return str(Bought.from_json(stored))
    return ", ".join(sorted(stored.values())) if isinstance(stored, Mapping) else str(stored)
