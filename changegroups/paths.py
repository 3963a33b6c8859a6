"""The change paths of an offering: which targets are open, on which terms, and why the others are closed.

``load`` reads in a constant number of queries, for one offering or many; the rules after it are pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, Q

from changegroups.models import MODES, ChangeDefaults, ChangeGroup, ChangeMode, Membership, TermChanges
from offerings.models import AllowedChanges, Offering, Revision
from offerings.revisions import newest_revisions


class Rank(StrEnum):
    """Where a target stands, seen from the offering held."""

    UPGRADE = "upgrade"
    SAME_LEVEL = "same level"
    DOWNGRADE = "downgrade"
    UNRANKED = "unranked"


@dataclass(frozen=True, slots=True)
class OfferingValue:
    """One offering, as change paths know it. ``revision_id`` is the newest, ``None`` where unpublished."""

    id: int
    sku: str
    name: str
    kind: str
    product_id: int
    product_name: str
    allowed_changes: str = AllowedChanges.BOTH
    is_retired: bool = False
    revision_id: int | None = None
    license_type: str = ""
    duration: str = ""


class Mode(NamedTuple):
    """The value of one mode, and whether it is the global default."""

    value: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class ChangeGroupValue:
    """A change group with its modes resolved and the priority of each member by offering."""

    id: int
    name: str
    change_mode: Mode
    subscribe_mode: Mode
    quantity_mode: Mode
    term_changes: Mode
    is_self_service: bool = False
    priorities: Mapping[int, int] = field(default_factory=dict)


class Reason(NamedTuple):
    """Why a change path is closed: a stable code and a sentence. ``group`` is empty where no group is to blame."""

    code: str
    sentence: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One route to a target: through a group, or without any (``group`` is ``None``)."""

    rank: Rank
    group: ChangeGroupValue | None = None


@dataclass(frozen=True, slots=True)
class ChangePath:
    """One target of an offering: the routes that are open, or all reasons why none is."""

    target: OfferingValue
    routes: tuple[Route, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether a route leads to the target."""
        return bool(self.routes)

    @property
    def needs_choice(self) -> bool:
        """Tell whether the routes differ in rank or terms, so that the person must name a group."""
        return len({(route.rank, *_terms(route.group)) for route in self.routes}) > 1

    @property
    def default(self) -> Route | None:
        """Return the route taken where nobody names a group; ``None`` where the person must."""
        return None if self.needs_choice or not self.routes else self.routes[0]

    def route(self, group_id: int | None) -> Route | None:
        """Return the route through a group, or the default where no group is named."""
        if group_id is None:
            return self.default
        return next((route for route in self.routes if route.group and route.group.id == group_id), None)


def _terms(group: ChangeGroupValue | None) -> tuple[str, ...]:
    """Return the terms of a group for the routes it opens; its other modes only decide whether it opens them."""
    return (group.subscribe_mode.value, group.quantity_mode.value) if group else ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Everything the rules ask about: offerings by key, the groups they are in, and the products that have any."""

    offerings: Mapping[int, OfferingValue]
    groups: tuple[ChangeGroupValue, ...]
    grouped_products: frozenset[int] = frozenset()

    def paths(self, offering_id: int, *, by_customer: bool = False) -> tuple[ChangePath, ...]:
        """Return every target of an offering once, open or closed with all reasons. Pure.

        Targets are the offerings of the same product, and members of its groups. ``by_customer`` asks for what
        customers may do themselves: only groups open to self-service count.
        """
        held = self.offerings[offering_id]
        mine = [group for group in self.groups if offering_id in group.priorities]
        in_groups = {key for group in mine for key in group.priorities}
        return tuple(
            self._path(held, target, mine, by_customer=by_customer)
            for target in self.offerings.values()
            if target.id != held.id and (target.product_id == held.product_id or target.id in in_groups)
        )

    def path(self, offering_id: int, target_id: int, *, by_customer: bool = False) -> ChangePath | None:
        """Return the change path to one target; ``None`` where the target is out of reach altogether. Pure."""
        every = self.paths(offering_id, by_customer=by_customer)
        return next((path for path in every if path.target.id == target_id), None)

    def has_groups(self, product_id: int) -> bool:
        """Tell whether any offering of a product is in a change group."""
        return product_id in self.grouped_products

    def _path(
        self, held: OfferingValue, target: OfferingValue, mine: list[ChangeGroupValue], *, by_customer: bool
    ) -> ChangePath:
        barred = list(_closed_anyway(held, target))
        shared = [group for group in mine if target.id in group.priorities]
        if not shared:
            return self._without_group(held, target, barred, by_customer=by_customer)
        routes: list[Route] = []
        against: list[Reason] = []
        for group in shared:
            rank = rank_of(group.priorities[held.id], group.priorities[target.id])
            reasons = list(_closed_by(group, rank, held, target, by_customer=by_customer))
            against += reasons
            if not reasons:
                routes.append(Route(rank, group))
        if barred or not routes:
            return ChangePath(target, (), (*barred, *against))
        return ChangePath(target, tuple(routes))

    def _without_group(
        self, held: OfferingValue, target: OfferingValue, closed: list[Reason], *, by_customer: bool
    ) -> ChangePath:
        if by_customer:
            closed.append(Reason("not_self_service", "No change group opens this move to customers."))
        elif self.has_groups(held.product_id):
            closed.append(Reason("no_shared_group", f"No change group holds both {held.name} and {target.name}."))
        elif held.allowed_changes == AllowedChanges.NONE:
            closed.append(Reason("held_is_fixed", f"{held.name} allows no changes."))
        return ChangePath(target, (), tuple(closed)) if closed else ChangePath(target, (Route(Rank.UNRANKED),))


def rank_of(held: int, target: int) -> Rank:
    """Return the direction from one priority to another; never derived from prices."""
    if target == held:
        return Rank.SAME_LEVEL
    return Rank.UPGRADE if target > held else Rank.DOWNGRADE


def _closed_anyway(held: OfferingValue, target: OfferingValue) -> Iterable[Reason]:
    """Say why a target is closed whatever the groups say."""
    if target.is_retired:
        yield Reason("retired", f"{target.name} is retired.")
    if target.revision_id is None:
        yield Reason("unpublished", f"{target.name} has never been published.")
    if target.kind != held.kind:
        yield Reason("other_kind", "A plan can only become a plan, an add-on an add-on.")


def _closed_by(
    group: ChangeGroupValue, rank: Rank, held: OfferingValue, target: OfferingValue, *, by_customer: bool
) -> Iterable[Reason]:
    """Say all reasons why one group does not open a change path."""
    only = {ChangeMode.UPGRADE: Rank.UPGRADE, ChangeMode.DOWNGRADE: Rank.DOWNGRADE}.get(
        ChangeMode(group.change_mode.value)
    )
    if only and rank is not only:
        yield Reason("wrong_direction", f"{group.name} is {only} only; this is {_a(rank)}.", group.name)
    gate = _gate(held)
    if gate is not None and rank not in gate:
        yield Reason("held_is_fixed", f"{held.name} does not allow {_a(rank)}.", group.name)
    terms = (held.license_type, held.duration) != (target.license_type, target.duration)
    if terms and group.term_changes.value == TermChanges.REFUSED:
        sentence = f"{group.name} refuses another license type or duration."
        yield Reason("term_changes_refused", sentence, group.name)
    if by_customer and not group.is_self_service:
        yield Reason("not_self_service", f"{group.name} is not open to customers.", group.name)


def _gate(held: OfferingValue) -> set[Rank] | None:
    """Return the directions an offering lets its holders go; ``None`` is any."""
    return {
        AllowedChanges.BOTH: None,
        AllowedChanges.UPGRADE: {Rank.UPGRADE},
        AllowedChanges.DOWNGRADE: {Rank.DOWNGRADE},
        AllowedChanges.NONE: set(),
    }[AllowedChanges(held.allowed_changes)]


def _a(rank: Rank) -> str:
    return {Rank.UPGRADE: "an upgrade", Rank.DOWNGRADE: "a downgrade", Rank.SAME_LEVEL: "a move on the same level"}[
        rank
    ]


# --- reading ---------------------------------------------------------------------------------------------------------


def load(offering_ids: Iterable[int]) -> Ladder:
    """Return what the rules need to know about every change path from these offerings; four queries for any number."""
    held = Offering.objects.filter(pk__in=set(offering_ids)).values("pk", "product")
    found = _memberships(held.values("product"))
    members = {key for group in found.groups for key in group.priorities}
    rows = Offering.objects.filter(Q(pk__in=members) | Q(product__in=held.values("product"))).select_related("product")
    every = list(rows.order_by("product", "position", "name", "pk"))
    revisions = newest_revisions([row.pk for row in every])
    values = {row.pk: offering_value(row, revisions.get(row.pk)) for row in every}
    return Ladder(values, found.groups, found.products)


def ladder_of(offerings: Iterable[OfferingValue]) -> Ladder:
    """Return what the rules need to know about change paths among offerings that are known already; two queries."""
    known = {offering.id: offering for offering in offerings}
    found = _memberships([offering.product_id for offering in known.values()])
    return Ladder(known, found.groups, found.products)


class _Found(NamedTuple):
    groups: tuple[ChangeGroupValue, ...]
    products: frozenset[int]


def _memberships(products: Any) -> _Found:
    """Return the groups with a member among ``products``, with all their members; two queries, one without groups."""
    concerned = Membership.objects.filter(offering__product__in=products).values("group")
    priorities: defaultdict[int, dict[int, int]] = defaultdict(dict)
    groups: dict[int, ChangeGroup] = {}
    found_products = set()
    rows = Membership.objects.filter(group__in=concerned).order_by("group__name", "pk")
    for row in rows.select_related("group").annotate(product_id=F("offering__product")):
        groups[row.group_id] = row.group
        priorities[row.group_id][row.offering_id] = row.priority
        found_products.add(row.product_id)
    if not groups:
        return _Found((), frozenset())
    defaults = ChangeDefaults.current()
    values = tuple(group_value(group, defaults, priorities[key]) for key, group in groups.items())
    return _Found(values, frozenset(found_products))


def group_value(row: ChangeGroup, defaults: ChangeDefaults, priorities: Mapping[int, int]) -> ChangeGroupValue:
    """Return a group as a value, each mode resolved from the group or from the global defaults."""
    modes = {name: Mode(getattr(row, name) or getattr(defaults, name), not getattr(row, name)) for name in MODES}
    return ChangeGroupValue(
        id=row.pk, name=row.name, is_self_service=row.is_self_service, priorities=dict(priorities), **modes
    )


def offering_value(row: Offering, newest: Revision | None) -> OfferingValue:
    """Return an offering as a value; its license type and duration are those of its newest revision."""
    return OfferingValue(
        id=row.pk,
        sku=row.sku,
        name=row.name,
        kind=row.kind,
        product_id=row.product_id,
        product_name=row.product.name,
        allowed_changes=row.allowed_changes,
        is_retired=row.is_retired,
        revision_id=newest.pk if newest else None,
        license_type=newest.terms["license_type"] if newest else "",
        duration=newest.terms["duration"] if newest else "",
    )
