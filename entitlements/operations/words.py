"""How an operation describes itself to people: its words, icon, tone and kind of work."""

from dataclasses import dataclass
from enum import StrEnum


class Work(StrEnum):
    """What kind of work a change is. A change of offering without a direction is other."""

    UPGRADE = "Upgrades"
    DOWNGRADE = "Downgrades"
    OVERRIDES = "Overrides"
    TERM = "Term"
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one operation.

    ``title`` heads its page and menu entry, ``submit`` is on its button, ``done`` is its title in the log, ``verb``
    stands between a person and an entitlement in a sentence. ``changed`` begins the message about several
    entitlements; ``intro`` explains the operation on its page.
    """

    title: str
    submit: str
    done: str
    verb: str
    icon: str
    tone: str
    intro: str = ""
    is_dangerous: bool = False

    @property
    def menu(self) -> str:
        """Return the entry of the menu: an ellipsis says that more is asked."""
        return f"{self.title}…"

    @property
    def changed(self) -> str:
        """Return the beginning of the sentence about several entitlements."""
        return self.verb[0].upper() + self.verb[1:]


EARLIER_CHANGE = Words("Another change", "Change", "Another change", "changed", "log", "quiet")
"""Stands for an operation that this version does not know."""
