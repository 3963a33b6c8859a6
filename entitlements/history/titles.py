"""Titles of acts and changes: something done, undone or redone, with icon and tone. Pure."""

from dataclasses import dataclass, replace
from typing import Self

from entitlements.operations import BY_NAME, words_of
from entitlements.state import Delta, State


@dataclass(frozen=True, slots=True)
class Title:
    """Something done (``depth`` 0), undone (1), redone (2), undone again (3) and so on.

    ``done``, ``done_icon`` and ``done_tone`` are those of the act at the root.
    """

    done: str
    done_icon: str
    done_tone: str
    depth: int = 0

    @property
    def is_undo(self) -> bool:
        """Tell whether the act is an undo; to undo it is a redo."""
        return self.depth % 2 == 1

    @property
    def text(self) -> str:
        """Return the whole title."""
        return f"{self.verb_done}: {self.done}" if self.depth else self.done

    @property
    def icon(self) -> str:
        """Return the icon."""
        if not self.depth:
            return self.done_icon
        return "undo" if self.is_undo else "redo"

    @property
    def tone(self) -> str:
        """Return the tone: that of an undo or a redo is quiet."""
        return "quiet" if self.depth else self.done_tone

    @property
    def verb_done(self) -> str:
        """Return "Undid" or "Redid"."""
        return "Undid" if self.is_undo else "Redid"

    @property
    def way_back(self) -> str:
        """Return the verb for taking it back: "Undo", or "Redo" for an undo."""
        return "Redo" if self.is_undo else "Undo"

    @property
    def undone_word(self) -> str:
        """Return the word for it once it is taken back: "undone", or "redone" for an undo."""
        return "redone" if self.is_undo else "undone"

    @property
    def taken_back(self) -> Self:
        """Return the title of the act that takes it back."""
        return replace(self, depth=self.depth + 1)


def title_of(operation: str, *, depth: int = 0) -> Title:
    """Return the title of an act ``depth`` undos away from the act that made an operation."""
    words = words_of(operation)
    return Title(words.done, words.icon, words.tone, depth)


def title_of_change(operation: str, before: State | None, after: State, delta: Delta, *, depth: int) -> Title:
    """Return the title of one change; where nothing is undone, in the words of its operation for this change."""
    title, known = title_of(operation, depth=depth), BY_NAME.get(operation)
    return replace(title, done=known.title_of(before, after, delta)) if known and not depth else title
