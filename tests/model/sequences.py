"""Random sequences of steps, each from a seed alone, over the five offerings of the catalog.

A sequence is made of scenes: single steps of every kind, and longer ones for the places where rules meet (undo after a
change, there and back again, floors under and over the standard, undo after seats moved). The generator plays the model
along, so that a scene can look at who holds what. Some steps are meant to be refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from tests.model.catalog import OFFERINGS, ORDERED
from tests.model.steps import (
    Create,
    ReleaseSeats,
    RevertOverrides,
    Step,
    TermMode,
)
from tests.model.world import World
from tests.model.writing import (
    Writer,
    activate,
    change,
    change_part,
    create,
    disable_and_enable,
    override,
    publish,
    reactivate,
    release,
    remove,
    renew,
    revert,
    set_quantity,
    traffic,
    transfer,
    undo,
    use,
)

SHORTEST, LONGEST = 5, 25
# Days on which months are short, years leap, and nothing special happens.
FIRST_DAYS = (date(2026, 1, 31), date(2026, 3, 1), date(2026, 8, 15), date(2026, 11, 30), date(2028, 2, 29))


@dataclass(frozen=True, slots=True)
class Script:
    """A sequence: the day it starts, and its steps."""

    seed: int
    today: date
    steps: tuple[Step, ...]


def undo_and_redo(writer: Writer) -> None:
    """Undo an act, and mostly undo the undo; then perhaps the first again."""
    outcome = undo(writer)
    while outcome and outcome.act is not None and writer.chance(0.6):
        if writer.chance(0.3):
            traffic(writer)
        outcome = undo(writer, outcome.act if writer.chance(0.8) else None)


def undo_after_change(writer: Writer) -> None:
    """Change an offering with seats in use, let clients go on, and undo."""
    key = writer.open_key()
    activate(writer, key)
    use(writer, key)
    outcome = change(writer, key)
    if writer.chance(0.6):
        activate(writer, writer.open_key())
        use(writer, writer.open_key())
    undo(writer, outcome.act)


def there_and_back(writer: Writer) -> None:
    """Go to another offering and back by two changes, then try to undo the first; undo the second, then the first."""
    key = writer.open_key()
    home = writer.of(key).state.offering
    first = change(writer, key, offering=writer.random.choice([name for name in OFFERINGS if name != home]))
    second = change(writer, key, offering=home)
    undo(writer, first.act)
    if writer.chance(0.6):
        undo(writer, second.act)
        undo(writer, first.act)


def part_and_join(writer: Writer) -> None:
    """Move a part, let its seats move on, and join it again; perhaps part it once more."""
    activate(writer, writer.per_quantity_key())
    outcome = change_part(writer)
    if outcome.act is None:
        return
    part = len(writer.world.entitlements) - 1
    for key in writer.random.sample([part, writer.open_key()], writer.random.randint(0, 2)):
        activate(writer, key)
        use(writer, key)
    if writer.chance(0.3) and writer.of(part).seats:
        writer.do(ReleaseSeats(part, (writer.of(part).seats[0].seat_id,)))
    if writer.chance(0.15):
        override(writer, part)
    joined = undo(writer, outcome.act)
    if joined and joined.act is not None and writer.chance(0.5):
        undo(writer, joined.act)


def transfer_and_undo(writer: Writer) -> None:
    """Transfer, perhaps fill the order it came from, and undo."""
    key = writer.open_key()
    source = writer.of(key).state.order
    activate(writer, key)
    use(writer, key)
    outcome = transfer(writer, key)
    if writer.chance(0.25):
        offering = writer.random.choice(("fixed", "monthly", "perpetual"))
        writer.do(Create(source, offering))
    elif writer.chance(0.3):
        override(writer, key)
    undo(writer, outcome.act)


def create_new_and_undo(writer: Writer) -> None:
    """Replace an entitlement by a new one, let clients go on, and undo; perhaps redo."""
    key = writer.open_key()
    activate(writer, key)
    use(writer, key)
    home = writer.of(key).state.offering
    target = writer.random.choice([name for name in OFFERINGS if name != home])
    outcome = change(writer, key, offering=target, term=TermMode.CREATE_NEW)
    new = len(writer.world.entitlements) - 1
    if outcome.act is not None and writer.chance(0.6):
        activate(writer, new)
        use(writer, new)
    if writer.chance(0.2):
        override(writer, new)
    undone = undo(writer, outcome.act)
    if undone and undone.act is not None and writer.chance(0.5):
        traffic(writer)
        undo(writer, undone.act)


def floor_and_change(writer: Writer) -> None:
    """Set a floor, under or over the standard, change the standard, and revert or undo."""
    key = writer.open_key()
    name = writer.random.choice(ORDERED)
    activate(writer, key)
    override(writer, key, keys=(name,), floor_share=0.85)
    outcome = change(writer, key)
    if writer.chance(0.4):
        writer.do(RevertOverrides(key, (name,), writer.seats(key)))
    if writer.chance(0.6):
        undo(writer, outcome.act)


SCENES: tuple[tuple[int, Callable[[Writer], object]], ...] = (
    (3, create),
    (8, traffic),
    (4, reactivate),
    (3, release),
    (5, lambda writer: override(writer, writer.open_key())),
    (4, revert),
    (6, lambda writer: change(writer, writer.open_key())),
    (4, change_part),
    (4, set_quantity),
    (3, lambda writer: transfer(writer, writer.open_key())),
    (4, renew),
    (3, disable_and_enable),
    (4, remove),
    (5, publish),
    (8, undo_and_redo),
    (8, undo_after_change),
    (6, there_and_back),
    (8, part_and_join),
    (6, transfer_and_undo),
    (6, create_new_and_undo),
    (8, floor_and_change),
)


def write_script(seed: int) -> Script:
    """Return the sequence of a seed: 5 to 25 steps, the first of which creates an entitlement."""
    random = Random(seed)
    today = random.choice(FIRST_DAYS)
    writer = Writer(random, World(today))
    length = random.randint(SHORTEST, LONGEST)
    weights, scenes = zip(*SCENES, strict=True)
    create(writer)
    while len(writer.steps) < length:
        random.choices(scenes, weights)[0](writer)
    return Script(seed, today, tuple(writer.steps[:length]))
