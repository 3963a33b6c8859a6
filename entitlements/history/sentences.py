"""Titles of acts and changes: what was done, undone or redone, with its icon and tone. Pure."""

from dataclasses import dataclass

from entitlements.models import Act
from entitlements.operations import BY_NAME, UndoAct, words_of
from entitlements.state import Delta, State

DEEPEST_UNDO = 3
"""How far a chain of undos is followed in one query: an undo, its redo, and the undo of that."""


@dataclass(frozen=True, slots=True)
class Title:
    """The title of an act or a change. ``verb`` names what would take it back."""

    text: str
    icon: str
    tone: str
    depth: int = 0

    @property
    def verb(self) -> str:
        """Return what taking it back is called: taking back an undo is a redo."""
        return "Redo" if self.depth % 2 else "Undo"


def titled(done: str, *, icon: str, tone: str, depth: int) -> Title:
    """Return the title of something done (depth 0), undone (1), redone (2) and so on."""
    if not depth:
        return Title(done, icon, tone)
    if depth % 2:
        return Title(f"Undid: {done}", "undo", "quiet", depth)
    return Title(f"Redid: {done}", "redo", "quiet", depth)


def title_of_act(act: Act) -> Title:
    """Return the title of an act; ``act.undoes`` and what that undoes are read before, to the deepest undo."""
    depth, root = 0, act
    while root.undoes_id is not None and depth < DEEPEST_UNDO and root.undoes is not None:
        depth, root = depth + 1, root.undoes
    words = words_of(root.operation)
    done = "an earlier change" if root.operation == UndoAct.name else words.done
    return titled(done, icon=words.icon, tone=words.tone, depth=depth)


def title_of_change(operation: str, before: State | None, after: State, delta: Delta, *, depth: int) -> Title:
    """Return the title of one change, made by an operation or taking back, in the end, one made by it."""
    words = words_of(operation)
    known = BY_NAME.get(operation)
    done = known.title_of(before, after, delta) if known and not depth else words.done
    return titled(done, icon=words.icon, tone=words.tone, depth=depth)
