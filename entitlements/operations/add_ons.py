"""Add-ons in an order: what they need of its plan and of each other, and the plans that they extend. Pure.

One rule for every operation: what is open in an order after a preview keeps the relations that the revisions publish.
Relations that an order does not keep before it either block nothing. Source: design, section 3, "Add-ons".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import product
from uuid import UUID

from entitlements.operations.preview import Move, Preview, Problem
from entitlements.state import Held, Place, State, added_by
from offerings.models import OfferingKind
from offerings.relations import Relations

Open = Mapping[UUID, State]
"""The open entitlements in a place, by key."""


class Relation(StrEnum):
    """A relation of an add-on that an order may fail to keep; the code of its problem."""

    WITHOUT_PLAN = "add_on_without_plan"
    NOT_AVAILABLE = "add_on_not_available"
    MISSING = "add_on_missing"
    EXCLUDED = "add_on_excluded"
    TOO_MANY = "add_on_too_many"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A relation that an add-on has and its order does not keep.

    ``other`` is the edition of the plan or of the missing add-on, or the key of the one excluded. ``name`` names it, or
    says how many can be bought.
    """

    relation: Relation
    add_on: State
    other: str
    name: str

    @property
    def key(self) -> tuple[Relation, UUID, str]:
        """Return what tells this conflict from others, before and after a change."""
        return self.relation, self.add_on.id, self.other


def is_add_on(state: State) -> bool:
    """Tell whether an entitlement is sold beside a plan."""
    return state.revision.kind == OfferingKind.ADD_ON


def conflicts(members: Iterable[State]) -> Iterator[Conflict]:
    """Yield each relation that the open entitlements in one place do not keep."""
    states = list(members)
    add_ons = [state for state in states if is_add_on(state)]
    plan = next((state for state in states if not is_add_on(state)), None)
    editions = {state.revision.relations.edition for state in add_ons}
    for add_on in add_ons:
        relations = add_on.revision.relations
        if plan is None:
            yield Conflict(Relation.WITHOUT_PLAN, add_on, "", add_on.revision.product_name)
        elif relations.available_for and plan.revision.relations.edition not in relations.available_for:
            edition, name = plan.revision.relations.edition, plan.revision.offering_name
            yield Conflict(Relation.NOT_AVAILABLE, add_on, edition, name)
        for edition, name in relations.depends_on.items():
            if edition not in editions:
                yield Conflict(Relation.MISSING, add_on, edition, name)
        for other in add_ons:
            if other is not add_on and other.revision.relations.edition in relations.excludes:
                yield Conflict(Relation.EXCLUDED, add_on, str(other.id), other.revision.offering_name)
    yield from _too_many(add_ons)


def _too_many(add_ons: Sequence[State]) -> Iterator[Conflict]:
    """Yield the last bought add-on of each edition of which the order has more than can be bought."""
    by_edition: dict[str, list[State]] = {}
    for add_on in sorted(add_ons, key=lambda each: each.id):
        by_edition.setdefault(add_on.revision.relations.edition, []).append(add_on)
    for members in by_edition.values():
        last = members[-1]
        most, count = last.revision.relations.bought.most, sum(each.quantity or 1 for each in members)
        if most is not None and len(members) > 1 and count > most:
            yield Conflict(Relation.TOO_MANY, last, "", f"{most:,}")


def unfitting(plan: State, add_ons: Sequence[State]) -> list[State]:
    """Return the add-ons that cannot stay beside a plan, with those that depend on them."""
    staying = list(add_ons)
    while True:
        reasons = (Relation.NOT_AVAILABLE, Relation.MISSING)
        gone = {each.add_on.id for each in conflicts([plan, *staying]) if each.relation in reasons}
        if not gone:
            kept = {each.id for each in staying}
            return [each for each in add_ons if each.id not in kept]
        staying = [each for each in staying if each.id not in gone]


def units_among(
    ids: Sequence[UUID], states: Sequence[State], *, wanted: Collection[UUID] | None = None
) -> list[tuple[UUID, ...]]:
    """Return each plan with the add-ons open beside it among the states (only those ``wanted``), and all else alone."""
    add_ons = sorted((state for state in states if is_add_on(state) and place_in(state)), key=lambda each: each.id)
    beside: dict[UUID, list[UUID]] = {}
    for plan in states:
        if plan.id in ids and not is_add_on(plan) and place_in(plan):
            members = [each.id for each in add_ons if place_in(each) == place_in(plan)]
            beside[plan.id] = [key for key in members if wanted is None or key in wanted]
    with_their_plan = {key for members in beside.values() for key in members}
    return [(key, *beside.get(key, ())) for key in ids if key not in with_their_plan]


def joined_by_dependence(
    units: Sequence[tuple[UUID, ...]], add_ons: Iterable[tuple[UUID, Place, Relations]]
) -> list[tuple[UUID, ...]]:
    """Return units with add-ons of one place, of which one depends on the other, in one: neither ends without it.

    ``add_ons`` are those that are open and make a unit alone, with what their revisions publish.
    """
    places: dict[Place, list[tuple[UUID, Relations]]] = {}
    for key, place, relations in add_ons:
        places.setdefault(place, []).append((key, relations))
    group = {key: {key} for members in places.values() for key, _relations in members}
    for members in places.values():
        for (key, own), (other, theirs) in product(members, members):
            if theirs.edition in own.depends_on and group[key] is not group[other]:
                group[key] |= group[other]
                group.update(dict.fromkeys(group[key], group[key]))
    found = {unit: (*unit, *sorted(group.get(unit[0], set()) - {unit[0]})) for unit in units}
    first = {key: min(found[unit]) for unit in units for key in unit if unit[0] in group}
    return [found[unit] for unit in units if first.get(unit[0], unit[0]) == unit[0]]


# --- what a preview leaves in an order -------------------------------------------------------------------------------


def place_in(state: State | None) -> Place | None:
    """Return the order and product that an entitlement is open in; ``None`` where it has ended, or is not there."""
    if state is None or state.ended_on is not None:
        return None
    return state.order.id, state.revision.product_id


def still_beside(plan: State, others: Iterable[State]) -> list[State]:
    """Return those of a unit that are open in the place of its plan: others have ended or left since it was read."""
    return [each for each in others if each.ended_on is None and place_in(each) == place_in(plan)]


def places(moves: Sequence[Move]) -> list[Place]:
    """Return the places that moves leave, stay in or come into, each once."""
    found = [place_in(state) for move in moves for state in (move.before, move.after)]
    return [place for place in dict.fromkeys(found) if place is not None]


def open_before(place: Place, moves: Sequence[Move], held: Held) -> dict[UUID, State]:
    """Return what is open in a place before the moves, by key."""
    own = {move.id: move.before for move in moves if move.before is not None and place_in(move.before) == place}
    return {**{state.id: state for state in held.get(place, ())}, **own}


def open_after(place: Place, moves: Sequence[Move], held: Held) -> dict[UUID, State]:
    """Return what is open in a place after the moves, by key."""
    moved = {move.id for move in moves}
    stay = {state.id: state for state in held.get(place, ()) if state.id not in moved}
    return {**stay, **{move.id: move.after for move in moves if place_in(move.after) == place}}


def add_on_problems(moves: Sequence[Move], held: Held, *, field: str = "") -> list[Problem]:
    """Return a problem for each relation that an order keeps before the moves and not after them."""
    if all(_stays_put(move) for move in moves):
        return []
    found = []
    for place in places(moves):
        after = open_after(place, moves, held)
        if not any(map(is_add_on, after.values())):
            continue
        before = open_before(place, moves, held)
        known = {each.key for each in conflicts(before.values())}
        new = [each for each in conflicts(after.values()) if each.key not in known]
        found += [_problem(each, before, field=field) for each in new if not _was_plan(each, before)]
    return list(dict.fromkeys(found))


def _was_plan(conflict: Conflict, before: Open) -> bool:
    """Tell whether the add-on was a plan before: that is refused as such, and all else is beside the point."""
    earlier = before.get(conflict.add_on.id)
    return earlier is not None and not is_add_on(earlier)


def _stays_put(move: Move) -> bool:
    before, after = move.before, move.after
    if before is None or place_in(before) != place_in(after):
        return False
    return before.revision.id == after.revision.id and before.quantity == after.quantity


def _problem(conflict: Conflict, before: Open, *, field: str) -> Problem:
    """Return the problem of a relation that breaks: in other words where the add-on comes than where it stays."""
    add_on = conflict.add_on
    earlier = before.get(add_on.id)
    stays = earlier is not None and earlier.revision.id == add_on.revision.id
    message = sentence(conflict, _SENTENCES_STAYING if stays else _SENTENCES_COMING)
    return Problem(conflict.relation.value, message, "add_ons" if stays and field == "target" else field)


def why_not_carried(conflict: Conflict) -> str:
    """Return the sentence about an add-on that cannot stay beside its plan."""
    return sentence(conflict, _SENTENCES_STAYING)


def sentence(conflict: Conflict, sentences: Mapping[Relation, str]) -> str:
    """Return the sentence of a conflict, with its names."""
    add_on = conflict.add_on
    facts = {
        "add_on": add_on.revision.offering_name,
        "other": conflict.name,
        "plans": _names(add_on.revision.relations.available_for),
        "product": add_on.revision.product_name,
    }
    return sentences[conflict.relation].format_map(facts)


_SENTENCES_COMING = {
    Relation.WITHOUT_PLAN: (
        "{add_on} is sold beside a plan, and this order has no open plan of {product}. Choose an order that has one."
    ),
    Relation.NOT_AVAILABLE: (
        "{add_on} is available for {plans}, and this order has {other}. "
        "Choose another add-on, or change the plan first."
    ),
    Relation.MISSING: "{add_on} depends on {other}, which this order does not have. Add {other} first.",
    Relation.EXCLUDED: "{add_on} and {other} exclude each other, and this order would have both. Choose one of them.",
    Relation.TOO_MANY: "{add_on} can be bought at most {other} times in one order. Change the quantity instead.",
}
_SENTENCES_STAYING = {
    **_SENTENCES_COMING,
    Relation.WITHOUT_PLAN: "{add_on} is open beside this plan and would stay without one. Drop or end it first.",
    Relation.NOT_AVAILABLE: (
        "{add_on} does not go with {other}: it is available for {plans}. Drop it along with the change."
    ),
    Relation.MISSING: "{add_on} depends on {other}, which would go. End {add_on} first, or both together.",
}


def _names(editions: Mapping[str, str]) -> str:
    return ", ".join(sorted(editions.values()))


def jointly_problems(previews: Sequence[Preview], held: Held) -> list[Preview]:
    """Return the previews of one act, with problems where several of them together leave an order wrong.

    Each is previewed alone, so that two add-ons that exclude each other could come into one order in one act.
    """
    moving = [move for preview in previews for move in preview.moves if is_add_on(move.after)]
    concerned = set(places([move for move in moving if not _stays_put(move)]))
    by_place: dict[Place, list[int]] = {}
    for number, preview in enumerate(previews if concerned else ()):
        for place in concerned.intersection(() if preview.is_blocked else places(preview.moves)):
            by_place.setdefault(place, []).append(number)
    found: dict[int, list[Problem]] = {}
    for numbers in by_place.values():
        moves = [move for number in numbers for move in previews[number].moves] if len(numbers) > 1 else []
        problems = add_on_problems(moves, held)
        for number in numbers:
            found.setdefault(number, []).extend(problems)
    return [preview.with_problems(dict.fromkeys(found.get(number, ()))) for number, preview in enumerate(previews)]


# --- the plans that add-ons extend -----------------------------------------------------------------------------------


def extended_plans(moves: Sequence[Move], held: Held, *, today: date) -> list[tuple[State, State]]:
    """Return the plans whose add-ons move, before and after, each with what its add-ons add on ``today``.

    A plan that moves too, and knows already what its add-ons then add, is left out: its own operation settles it.
    """
    found = []
    settled = {move.id: move.after.added for move in moves if not is_add_on(move.after)}
    for place in places([move for move in moves if is_add_on(move.after)]):
        before, after = open_before(place, moves, held), open_after(place, moves, held)
        added = added_by(after.values(), today)
        for key, state in after.items():
            if not is_add_on(state) and key in before and settled.get(key) != added:
                found.append(
                    (replace(before[key], added=added_by(before.values(), today)), replace(state, added=added))
                )
    return found


def with_added(states: Mapping[UUID, State], held: Held, *, today: date) -> dict[UUID, State]:
    """Return the states of one unit after a change, the plans with what the add-ons then beside them add."""
    if not held and not any(map(is_add_on, states.values())):
        return dict(states)
    found = {}
    for key, state in states.items():
        place = place_in(state)
        if place is None or is_add_on(state):
            found[key] = state
            continue
        others = [other for other in held.get(place, ()) if other.id not in states]
        own = [other for other in states.values() if place_in(other) == place]
        found[key] = replace(state, added=added_by([*others, *own], today))
    return found
