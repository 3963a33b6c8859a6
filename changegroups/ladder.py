"""The picture of a change group: priorities as rungs, offerings as boxes, change paths as arrows. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from changegroups.models import ChangeMode
from changegroups.paths import ChangeGroupValue, ChangePath, Ladder, OfferingValue, Rank, rank_of

# Lengths are in units of the drawing: 690 units fit a card on a screen of 1280 pixels.
LEFT, NODE_WIDTH, NODE_HEIGHT = 120, 190, 46
RUNG_HEIGHT, PITCH, TOP = 70, 118, 14
NARROWEST = 690
HEAD = 2  # the gap before a box, for the head of an arrow
BULGE = 44  # the largest distance of a line beside the boxes
LONGEST_NAME = 24

Subtitles: TypeAlias = Mapping[int, str]

TONES = {Rank.UPGRADE: "ok", Rank.SAME_LEVEL: "info", Rank.DOWNGRADE: "warn"}


@dataclass(frozen=True, slots=True)
class Rung:
    """One priority and its place in the drawing."""

    priority: int
    y: int

    @property
    def number_y(self) -> int:
        """Return the baseline of the number."""
        return self.y + 33

    @property
    def word_y(self) -> int:
        """Return the baseline of the word below the number."""
        return self.y + 50


@dataclass(frozen=True, slots=True)
class Node:
    """The box of one offering. ``look`` is ``from``, ``closed`` or empty; ``subtitle`` is the second line."""

    offering: OfferingValue
    priority: int
    x: int
    y: int
    subtitle: str
    look: str = ""

    @property
    def name(self) -> str:
        """Return the name, shortened to fit the box."""
        name = self.offering.name
        return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"

    @property
    def text_x(self) -> int:
        """Return the left edge of both lines."""
        return self.x + 14

    @property
    def name_y(self) -> int:
        """Return the baseline of the name."""
        return self.y + 20

    @property
    def subtitle_y(self) -> int:
        """Return the baseline of the second line."""
        return self.y + 36

    @property
    def middle(self) -> int:
        """Return the middle of the box, from the left."""
        return self.x + NODE_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """One change path in the drawing. ``line`` is an SVG path."""

    tone: str
    line: str
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class OpenPaths:
    """The names of the targets that are open from one offering of the group."""

    offering: OfferingValue
    priority: int
    upgrades: tuple[str, ...]
    same: tuple[str, ...]
    downgrades: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return the number of open change paths."""
        return len(self.upgrades) + len(self.same) + len(self.downgrades)

    @property
    def words(self) -> str:
        """Return the targets by rank: ``up to Gold; down to Bronze``; empty where nothing is open."""
        parts = (("up to", self.upgrades), ("sideways to", self.same), ("down to", self.downgrades))
        return "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)

    @property
    def sentence(self) -> str:
        """Return the open targets as a sentence."""
        return f"From {self.offering.name}: {self.words or 'nothing is open'}."


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole ladder, ready for the template. ``words`` describe the drawing to people who do not see it."""

    width: int
    height: int
    rungs: tuple[Rung, ...]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    open_paths: tuple[OpenPaths, ...]
    words: str

    @property
    def rung_width(self) -> int:
        """Return the width of a rung without its border."""
        return self.width - 1

    @property
    def rail_right(self) -> int:
        """Return the place of the right rail."""
        return self.width - 36

    @property
    def rail_top(self) -> int:
        """Return the top of both rails."""
        return TOP + RUNG_HEIGHT // 2

    @property
    def rail_bottom(self) -> int:
        """Return the bottom of both rails."""
        return self.height - TOP - RUNG_HEIGHT // 2

    @property
    def tones(self) -> tuple[tuple[str, str], ...]:
        """Return the tone and the name of each rank with an open arrow, for the legend."""
        drawn = {arrow.tone for arrow in self.arrows if not arrow.is_closed}
        return tuple((tone, rank.value) for rank, tone in TONES.items() if tone in drawn)

    @property
    def has_closed(self) -> bool:
        """Tell whether an arrow is drawn for a closed path."""
        return any(arrow.is_closed for arrow in self.arrows)


def draw(
    group: ChangeGroupValue, offerings: Mapping[int, OfferingValue], *, current_id: int | None, subtitles: Subtitles
) -> Picture:
    """Return the picture of a group with the change paths of one member, of all where ``current_id`` is ``None``.

    ``subtitles`` are the second lines of the boxes by offering. Members missing from ``offerings`` are left out.
    """
    members = {key: offerings[key] for key in group.priorities if key in offerings}
    ladder = Ladder(members, (group,))
    paths = {key: ladder.paths(key) for key in members}
    nodes = _nodes(group, members, subtitles, _looks(current_id, paths))
    rungs = {node.priority: Rung(node.priority, node.y - (RUNG_HEIGHT - NODE_HEIGHT) // 2) for node in nodes}
    shown = [current_id] if current_id is not None and current_id in members else list(members)
    arrows = [arrow for key in shown for arrow in _arrows(nodes, key, paths[key], alone=len(shown) == 1)]
    open_paths = tuple(_open_paths(group, members[node.offering.id], paths[node.offering.id]) for node in nodes)
    return Picture(
        width=max(NARROWEST, max((node.x for node in nodes), default=0) + NODE_WIDTH + BULGE + HEAD),
        height=TOP * 2 + RUNG_HEIGHT + PITCH * max(len(rungs) - 1, 0),
        rungs=tuple(rungs.values()),
        nodes=nodes,
        arrows=tuple(arrows),
        open_paths=open_paths,
        words=_words(nodes, [each for each in open_paths if each.offering.id in shown]),
    )


def _looks(current_id: int | None, paths: Mapping[int, tuple[ChangePath, ...]]) -> dict[int, tuple[str, str]]:
    """Return the look of the current offering and of each closed target, with the code of its first reason."""
    if current_id is None:
        return {}
    closed = [path for path in paths.get(current_id, ()) if not path.is_open]
    return {current_id: ("from", ""), **{path.target.id: ("closed", path.reasons[0].code) for path in closed}}


SHORT_REASONS = {
    "retired": "retired",
    "unpublished": "not published yet",
    "other_kind": "of another kind",
    "held_is_fixed": "closed by the offering held",
    "term_changes_refused": "other license type or duration",
}


def _nodes(
    group: ChangeGroupValue,
    members: Mapping[int, OfferingValue],
    subtitles: Subtitles,
    looks: Mapping[int, tuple[str, str]],
) -> tuple[Node, ...]:
    rungs: defaultdict[int, list[OfferingValue]] = defaultdict(list)
    for key, offering in members.items():
        rungs[group.priorities[key]].append(offering)
    widest = max((len(rung) for rung in rungs.values()), default=0)
    step = 300 if widest <= 2 else NODE_WIDTH + 60  # two boxes have room to spare
    short_reasons = {**SHORT_REASONS, "wrong_direction": ChangeMode(group.change_mode).label}
    nodes = []
    for row, priority in enumerate(sorted(rungs, reverse=True)):
        for column, offering in enumerate(rungs[priority]):
            look, code = looks.get(offering.id, ("", ""))
            x, y = LEFT + step * column, TOP + (RUNG_HEIGHT - NODE_HEIGHT) // 2 + PITCH * row
            subtitle = short_reasons.get(code, subtitles.get(offering.id, ""))
            nodes.append(Node(offering, priority, x, y, subtitle, look))
    return tuple(nodes)


def _arrows(nodes: tuple[Node, ...], current_id: int, paths: tuple[ChangePath, ...], *, alone: bool) -> Iterator[Arrow]:
    """Yield the open paths from one offering, and the closed ones where the offering is shown alone."""
    by_id = {node.offering.id: node for node in nodes}
    current = by_id[current_id]
    for path in paths:
        target = by_id[path.target.id]
        if path.is_open:
            yield Arrow(TONES[path.routes[0].rank], _arrow_line(current, target))
        elif alone:
            yield Arrow("quiet", _arrow_line(current, target), is_closed=True)


def _arrow_line(current: Node, target: Node) -> str:
    """Return the SVG path of an arrow, which goes around the boxes in between."""
    rows = (target.y - current.y) // PITCH
    if rows == 0:
        return _line_on_rung(current, target)
    if abs(rows) > 1:
        return _line_around_boxes(current, target)
    # Up on the left of the middle, down on the right, so that two arrows between two boxes stay apart.
    side = -16 if rows < 0 else 16
    if rows < 0:
        start, end = current.y, target.y + NODE_HEIGHT + HEAD
    else:
        start, end = current.y + NODE_HEIGHT, target.y - HEAD
    if current.x == target.x:
        return f"M{current.middle + side} {start}V{end}"
    lean = 70 if target.x > current.x else -70
    from_x, to_x, half = current.middle + lean, target.middle - lean + side, (start + end) // 2
    return f"M{from_x} {start}C{from_x} {half} {to_x} {half} {to_x} {end}"


def _line_on_rung(current: Node, target: Node) -> str:
    is_right = target.x > current.x
    start, end = (current.x + NODE_WIDTH, target.x - HEAD) if is_right else (current.x, target.x + NODE_WIDTH + HEAD)
    if abs(end - start) <= 300 - NODE_WIDTH:
        y = current.y + NODE_HEIGHT // 2 + (-7 if is_right else 7)
        return f"M{start} {y}H{end}"
    y, high = current.y, current.y - 24
    return f"M{current.middle} {y}C{current.middle} {high} {target.middle} {high} {target.middle} {y - HEAD}"


def _line_around_boxes(current: Node, target: Node) -> str:
    """Return a line beside the boxes of the rungs in between: on their right going up, on their left going down."""
    is_up = target.y < current.y
    start, end = current.y + NODE_HEIGHT // 2, target.y + NODE_HEIGHT // 2
    if current.x == target.x:
        bulge = min(22 + 6 * abs(target.y - current.y) // PITCH, BULGE)
        from_x, to_x = (
            (current.x + NODE_WIDTH, current.x + NODE_WIDTH + HEAD) if is_up else (current.x, current.x - HEAD)
        )
        turn = from_x + bulge if is_up else from_x - bulge
        return f"M{from_x} {start}C{turn} {start} {turn} {end} {to_x} {end}"
    is_right = target.x > current.x
    from_x, to_x = (current.x + NODE_WIDTH, target.x - HEAD) if is_right else (current.x, target.x + NODE_WIDTH + HEAD)
    half = (from_x + to_x) // 2
    return f"M{from_x} {start}C{half} {start} {half} {end} {to_x} {end}"


def _open_paths(group: ChangeGroupValue, current: OfferingValue, paths: tuple[ChangePath, ...]) -> OpenPaths:
    names: defaultdict[Rank, list[str]] = defaultdict(list)
    for path in paths:
        if path.is_open:
            names[rank_of(group.priorities[current.id], group.priorities[path.target.id])].append(path.target.name)
    ranks = (Rank.UPGRADE, Rank.SAME_LEVEL, Rank.DOWNGRADE)
    return OpenPaths(current, group.priorities[current.id], *(tuple(names[rank]) for rank in ranks))


def _words(nodes: tuple[Node, ...], open_paths: list[OpenPaths]) -> str:
    rungs: defaultdict[int, list[str]] = defaultdict(list)
    for node in nodes:
        rungs[node.priority].append(node.offering.name)
    sentences = [f"Priority {priority}: {', '.join(names)}." for priority, names in rungs.items()]
    return " ".join(["Ladder.", *sentences, *(each.sentence for each in open_paths)])
