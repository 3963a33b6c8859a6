"""The picture of a change group: offerings as rungs by priority, change paths as arrows. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from changegroups.models import ChangeMode
from changegroups.paths import ChangeGroupValue, ChangePath, Ladder, OfferingValue, Rank, rank_of

# Everything in the units of the drawing, of which 690 fit a card on a screen of 1280 pixels.
LEFT, NODE_WIDTH, NODE_HEIGHT = 120, 190, 46
RUNG_HEIGHT, PITCH, TOP = 70, 118, 14
NARROWEST = 690
HEAD = 2  # left free for the head of an arrow
BULGE = 44  # how far a line beside the boxes goes at most
LONGEST_NAME = 24

TONES = {Rank.UPGRADE: "ok", Rank.SAME_LEVEL: "info", Rank.DOWNGRADE: "warn"}


@dataclass(frozen=True, slots=True)
class Rung:
    """One priority: where it is drawn."""

    priority: int
    y: int

    @property
    def number_y(self) -> int:
        """Return where the priority stands."""
        return self.y + 33

    @property
    def word_y(self) -> int:
        """Return where the word below it stands."""
        return self.y + 50


@dataclass(frozen=True, slots=True)
class Node:
    """One offering: where it is drawn, ``look`` is ``from``, ``closed`` or empty."""

    offering: OfferingValue
    priority: int
    x: int
    y: int
    small: str
    look: str = ""

    @property
    def name(self) -> str:
        """Return the name, shortened to what fits the box."""
        name = self.offering.name
        return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"

    @property
    def text_x(self) -> int:
        """Return where both lines begin."""
        return self.x + 14

    @property
    def name_y(self) -> int:
        """Return where the name stands."""
        return self.y + 20

    @property
    def small_y(self) -> int:
        """Return where the second line stands."""
        return self.y + 36

    @property
    def middle(self) -> int:
        """Return where the middle of the box is, from the left."""
        return self.x + NODE_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """One change path as it is drawn: its tone, its line in the language of SVG, and whether it is closed."""

    tone: str
    line: str
    is_shut: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What is open from one offering of the group, in words."""

    offering: OfferingValue
    priority: int
    upgrades: tuple[str, ...]
    same: tuple[str, ...]
    downgrades: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return how many change paths are open."""
        return len(self.upgrades) + len(self.same) + len(self.downgrades)


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole ladder, ready to be drawn, and what it says in words."""

    width: int
    height: int
    rungs: tuple[Rung, ...]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    levels: tuple[Level, ...]
    words: str

    @property
    def rung_width(self) -> int:
        """Return how wide a rung is, less the line round it."""
        return self.width - 1

    @property
    def rail_right(self) -> int:
        """Return where the right rail stands."""
        return self.width - 36

    @property
    def rail_top(self) -> int:
        """Return where the rails begin."""
        return TOP + RUNG_HEIGHT // 2

    @property
    def rail_bottom(self) -> int:
        """Return where the rails end."""
        return self.height - TOP - RUNG_HEIGHT // 2

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what is open from each offering, one sentence each."""
        return tuple(said(level) for level in self.levels)

    @property
    def tones(self) -> tuple[tuple[str, str], ...]:
        """Return the tone and the word of each direction that has an open arrow, for the legend."""
        drawn = {arrow.tone for arrow in self.arrows if not arrow.is_shut}
        return tuple((tone, rank.value) for rank, tone in TONES.items() if tone in drawn)

    @property
    def has_shut(self) -> bool:
        """Tell whether an arrow is drawn for a closed path."""
        return any(arrow.is_shut for arrow in self.arrows)


def draw(
    group: ChangeGroupValue, offerings: Mapping[int, OfferingValue], *, held_id: int | None, small: Mapping[int, str]
) -> Picture:
    """Draw a group: all members, and the change paths from one of them, or from all where ``held_id`` is ``None``.

    ``small`` is the second line of each box by offering. Members missing from ``offerings`` are left out.
    """
    members = {key: offerings[key] for key in group.priorities if key in offerings}
    ladder = Ladder(members, (group,))
    paths = {key: ladder.paths(key) for key in members}
    nodes = _nodes(group, members, small, {} if held_id is None else _looks(held_id, paths.get(held_id, ())))
    rungs = {node.priority: Rung(node.priority, node.y - (RUNG_HEIGHT - NODE_HEIGHT) // 2) for node in nodes}
    shown = [held_id] if held_id is not None and held_id in members else list(members)
    arrows = [arrow for key in shown for arrow in _arrows(nodes, key, paths[key], alone=len(shown) == 1)]
    levels = tuple(_level(group, members[node.offering.id], paths[node.offering.id]) for node in nodes)
    return Picture(
        width=max(NARROWEST, max((node.x for node in nodes), default=0) + NODE_WIDTH + BULGE + HEAD),
        height=TOP * 2 + RUNG_HEIGHT + PITCH * max(len(rungs) - 1, 0),
        rungs=tuple(rungs.values()),
        nodes=nodes,
        arrows=tuple(arrows),
        levels=levels,
        words=_words(nodes, [level for level in levels if level.offering.id in shown]),
    )


def _looks(held_id: int, paths: tuple[ChangePath, ...]) -> dict[int, tuple[str, str]]:
    closed = {path.target.id: ("closed", path.reasons[0].code) for path in paths if not path.is_open}
    return {held_id: ("from", ""), **closed}


SHORT = {
    "retired": "retired",
    "unpublished": "not published yet",
    "other_kind": "of another kind",
    "held_is_fixed": "closed by the offering held",
    "term_changes_refused": "other license type or duration",
}


def _nodes(
    group: ChangeGroupValue,
    members: Mapping[int, OfferingValue],
    small: Mapping[int, str],
    looks: Mapping[int, tuple[str, str]],
) -> tuple[Node, ...]:
    rungs: defaultdict[int, list[OfferingValue]] = defaultdict(list)
    for key, offering in members.items():
        rungs[group.priorities[key]].append(offering)
    widest = max((len(rung) for rung in rungs.values()), default=0)
    step = 300 if widest <= 2 else NODE_WIDTH + 60  # two boxes have room to spare
    short = {**SHORT, "wrong_direction": ChangeMode(group.change_mode.value).label}
    nodes = []
    for row, priority in enumerate(sorted(rungs, reverse=True)):
        for column, offering in enumerate(rungs[priority]):
            look, code = looks.get(offering.id, ("", ""))
            x, y = LEFT + step * column, TOP + (RUNG_HEIGHT - NODE_HEIGHT) // 2 + PITCH * row
            nodes.append(Node(offering, priority, x, y, short.get(code, small.get(offering.id, "")), look))
    return tuple(nodes)


def _arrows(nodes: tuple[Node, ...], held_id: int, paths: tuple[ChangePath, ...], *, alone: bool) -> Iterator[Arrow]:
    """Yield the open paths from one offering; the closed ones too where it is shown alone."""
    by_id = {node.offering.id: node for node in nodes}
    held = by_id[held_id]
    for path in paths:
        target = by_id[path.target.id]
        if path.is_open:
            yield Arrow(TONES[path.routes[0].rank], _line(held, target))
        elif alone:
            yield Arrow("quiet", _line(held, target), is_shut=True)


def _line(held: Node, target: Node) -> str:
    """Return the line of an arrow; it goes round the boxes between."""
    rows = (target.y - held.y) // PITCH
    if rows == 0:
        return _sideways(held, target)
    if abs(rows) > 1:
        return _round(held, target)
    # Up on the left of the middle, down on the right, so that two arrows between two boxes stay apart.
    side = -16 if rows < 0 else 16
    start, end = _edge(held, up=rows < 0), _edge(target, up=rows > 0)
    end += HEAD if rows < 0 else -HEAD
    if held.x == target.x:
        return f"M{held.middle + side} {start}V{end}"
    lean = 70 if target.x > held.x else -70
    from_x, to_x, half = held.middle + lean, target.middle - lean + side, (start + end) // 2
    return f"M{from_x} {start}C{from_x} {half} {to_x} {half} {to_x} {end}"


def _edge(node: Node, *, up: bool) -> int:
    return node.y if up else node.y + NODE_HEIGHT


def _sideways(held: Node, target: Node) -> str:
    is_right = target.x > held.x
    start, end = (held.x + NODE_WIDTH, target.x - HEAD) if is_right else (held.x, target.x + NODE_WIDTH + HEAD)
    if abs(end - start) <= 300 - NODE_WIDTH:
        y = held.y + NODE_HEIGHT // 2 + (-7 if is_right else 7)
        return f"M{start} {y}H{end}"
    y, high = held.y, held.y - 24
    return f"M{held.middle} {y}C{held.middle} {high} {target.middle} {high} {target.middle} {y - HEAD}"


def _round(held: Node, target: Node) -> str:
    """Return a line beside the boxes between two rungs: right of them going up, left going down."""
    is_up = target.y < held.y
    start, end = held.y + NODE_HEIGHT // 2, target.y + NODE_HEIGHT // 2
    if held.x == target.x:
        bulge = min(22 + 6 * abs(target.y - held.y) // PITCH, BULGE)
        from_x, to_x = (held.x + NODE_WIDTH, held.x + NODE_WIDTH + HEAD) if is_up else (held.x, held.x - HEAD)
        turn = from_x + bulge if is_up else from_x - bulge
        return f"M{from_x} {start}C{turn} {start} {turn} {end} {to_x} {end}"
    is_right = target.x > held.x
    from_x, to_x = (held.x + NODE_WIDTH, target.x - HEAD) if is_right else (held.x, target.x + NODE_WIDTH + HEAD)
    half = (from_x + to_x) // 2
    return f"M{from_x} {start}C{half} {start} {half} {end} {to_x} {end}"


def _level(group: ChangeGroupValue, held: OfferingValue, paths: tuple[ChangePath, ...]) -> Level:
    names: defaultdict[Rank, list[str]] = defaultdict(list)
    for path in paths:
        if path.is_open:
            names[rank_of(group.priorities[held.id], group.priorities[path.target.id])].append(path.target.name)
    ranks = (Rank.UPGRADE, Rank.SAME_LEVEL, Rank.DOWNGRADE)
    return Level(held, group.priorities[held.id], *(tuple(names[rank]) for rank in ranks))


def _words(nodes: tuple[Node, ...], levels: list[Level]) -> str:
    rungs: defaultdict[int, list[str]] = defaultdict(list)
    for node in nodes:
        rungs[node.priority].append(node.offering.name)
    sentences = [f"Priority {priority}: {', '.join(names)}." for priority, names in rungs.items()]
    return " ".join(["Ladder.", *sentences, *(said(level) for level in levels)])


def said(level: Level) -> str:
    """Return what is open from one offering as a sentence."""
    parts = (("up to", level.upgrades), ("sideways to", level.same), ("down to", level.downgrades))
    parts_said = [f"{word} {', '.join(names)}" for word, names in parts if names]
    return f"From {level.offering.name}: {'; '.join(parts_said) or 'nothing is open'}."
