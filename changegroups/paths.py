"""The change paths of an offering: which targets are open, on which terms, and why the others are closed.

``load`` reads the offerings and groups in a constant number of queries; the rules of ``Ladder`` are pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, Q

from changegroups.models import MODES, ChangeDefaults, ChangeGroup, ChangeMode, Effective, Membership, TermChanges
from offerings.models import AllowedChanges, Offering, Revision
from offerings.revisions import newest_revisions


class Rank(StrEnum):
    """The place of a target, seen from the current offering."""

    UPGRADE = "upgrade"
    SAME_LEVEL = "same level"
    DOWNGRADE = "downgrade"
    UNRANKED = "unranked"


RANK_NOUNS = {
    Rank.UPGRADE: "an upgrade",
    Rank.DOWNGRADE: "a downgrade",
    Rank.SAME_LEVEL: "a move on the same level",
}
DAYS_BY_RANK = {
    Rank.UPGRADE: "effective_for_upgrades",
    Rank.DOWNGRADE: "effective_for_downgrades",
    Rank.SAME_LEVEL: "effective_at_same_level",
}
ALLOWED_RANKS = {
    AllowedChanges.BOTH: frozenset(Rank),
    AllowedChanges.UPGRADE: frozenset({Rank.UPGRADE}),
    AllowedChanges.DOWNGRADE: frozenset({Rank.DOWNGRADE}),
    AllowedChanges.NONE: frozenset[Rank](),
}


@dataclass(frozen=True, slots=True)
class OfferingValue:
    """What the rules know of one offering. ``revision_id`` is that of the newest revision, ``None`` if unpublished."""

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


@dataclass(frozen=True, slots=True)
class ChangeGroupValue:
    """A change group with its modes resolved and the priority of each member by offering.

    ``own_days`` names the modes of when a change takes effect that the group says itself.
    """

    id: int
    name: str
    change_mode: str
    subscribe_mode: str
    quantity_mode: str
    term_changes: str
    effective_for_upgrades: str = Effective.IMMEDIATELY
    effective_for_downgrades: str = Effective.IMMEDIATELY
    effective_at_same_level: str = Effective.IMMEDIATELY
    is_self_service: bool = False
    priorities: Mapping[int, int] = field(default_factory=dict)
    own_days: frozenset[str] = frozenset()


class Reason(NamedTuple):
    """Why a change path is closed: a stable code and a sentence. ``group`` is empty unless a group closes the path."""

    code: str
    sentence: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One route to a target, through a group or, where ``group`` is ``None``, without one."""

    rank: Rank
    group: ChangeGroupValue | None = None

    @property
    def effective(self) -> str:
        """Return when the group lets a change of this rank take effect; empty without a group."""
        if self.group is None:
            return ""
        name = DAYS_BY_RANK.get(self.rank)
        return getattr(self.group, name) if name else Effective.IMMEDIATELY

    @property
    def binds(self) -> bool:
        """Tell whether the change may not take effect later: where the group says so itself, or at the end of the term.

        A global default of "immediately" only preselects it: nobody has made a rule for the group.
        """
        is_own = self.group is not None and DAYS_BY_RANK.get(self.rank, "") in self.group.own_days
        return is_own or self.effective == Effective.END_OF_TERM

    @property
    def terms(self) -> tuple[str, ...]:
        """Return the terms of the group; its other modes only decide whether the route is open."""
        return (self.group.subscribe_mode, self.group.quantity_mode, self.effective) if self.group else ()


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
        """Tell whether the routes differ in rank or terms, so that the person must choose a group."""
        return len({(route.rank, *route.terms) for route in self.routes}) > 1

    @property
    def default(self) -> Route | None:
        """Return the route that is used without a chosen group; ``None`` where the person must choose one."""
        return None if self.needs_choice or not self.routes else self.routes[0]

    def route(self, group_id: int | None) -> Route | None:
        """Return the open route through a group, or the default where ``group_id`` is ``None``."""
        if group_id is None:
            return self.default
        return next((route for route in self.routes if route.group and route.group.id == group_id), None)


@dataclass(frozen=True, slots=True)
class Ladder:
    """What the rules need: offerings by id, the groups they are in, and the products that have groups."""

    offerings: Mapping[int, OfferingValue]
    groups: tuple[ChangeGroupValue, ...]
    grouped_products: frozenset[int] = frozenset()

    def paths(self, offering_id: int, *, by_customer: bool = False) -> tuple[ChangePath, ...]:
        """Return every target of an offering once, open or closed with all reasons. Pure.

        Targets are the offerings of the same product, and the members of the offering's groups. ``by_customer``
        counts only the groups that are open to self-service.
        """
        current = self.offerings[offering_id]
        groups = [group for group in self.groups if offering_id in group.priorities]
        in_groups = {key for group in groups for key in group.priorities}
        return tuple(
            self._path(current, target, groups, by_customer=by_customer)
            for target in self.offerings.values()
            if target.id != current.id and (target.product_id == current.product_id or target.id in in_groups)
        )

    def path(self, offering_id: int, target_id: int, *, by_customer: bool = False) -> ChangePath | None:
        """Return the change path to one target; ``None`` where the offering has no path to it, open or closed. Pure."""
        paths = self.paths(offering_id, by_customer=by_customer)
        return next((path for path in paths if path.target.id == target_id), None)

    def has_groups(self, product_id: int) -> bool:
        """Tell whether any offering of a product is in a change group."""
        return product_id in self.grouped_products

    def _path(
        self, current: OfferingValue, target: OfferingValue, groups: list[ChangeGroupValue], *, by_customer: bool
    ) -> ChangePath:
        target_reasons = list(_target_reasons(current, target))
        shared = [group for group in groups if target.id in group.priorities]
        if not shared:
            return self._without_group(current, target, target_reasons, by_customer=by_customer)
        routes: list[Route] = []
        group_reasons: list[Reason] = []
        for group in shared:
            rank = rank_of(group.priorities[current.id], group.priorities[target.id])
            reasons = list(_group_reasons(group, rank, current, target, by_customer=by_customer))
            group_reasons += reasons
            if not reasons:
                routes.append(Route(rank, group))
        if target_reasons or not routes:
            return ChangePath(target, (), (*target_reasons, *group_reasons))
        return ChangePath(target, tuple(routes))

    def _without_group(
        self, current: OfferingValue, target: OfferingValue, reasons: list[Reason], *, by_customer: bool
    ) -> ChangePath:
        if by_customer:
            reasons.append(Reason("not_self_service", "No change group opens this move to customers."))
        elif self.has_groups(current.product_id):
            reasons.append(Reason("no_shared_group", f"No change group holds both {current.name} and {target.name}."))
        elif current.allowed_changes == AllowedChanges.NONE:
            reasons.append(Reason("held_is_fixed", f"{current.name} allows no changes."))
        return ChangePath(target, (), tuple(reasons)) if reasons else ChangePath(target, (Route(Rank.UNRANKED),))


def rank_of(current: int, target: int) -> Rank:
    """Return the rank of a target by the two priorities; prices never count."""
    if target == current:
        return Rank.SAME_LEVEL
    return Rank.UPGRADE if target > current else Rank.DOWNGRADE


def _target_reasons(current: OfferingValue, target: OfferingValue) -> Iterable[Reason]:
    """Yield the reasons that close a target in every group."""
    if target.is_retired:
        yield Reason("retired", f"{target.name} is retired.")
    if target.revision_id is None:
        yield Reason("unpublished", f"{target.name} has never been published.")
    if target.kind != current.kind:
        yield Reason("other_kind", "A plan can only become a plan, an add-on an add-on.")


def _group_reasons(
    group: ChangeGroupValue, rank: Rank, current: OfferingValue, target: OfferingValue, *, by_customer: bool
) -> Iterable[Reason]:
    """Yield the reasons why one group does not open a change path."""
    only = {ChangeMode.UPGRADE: Rank.UPGRADE, ChangeMode.DOWNGRADE: Rank.DOWNGRADE}.get(ChangeMode(group.change_mode))
    if only and rank is not only:
        yield Reason("wrong_direction", f"{group.name} is {only} only; this is {RANK_NOUNS[rank]}.", group.name)
    if rank not in ALLOWED_RANKS[AllowedChanges(current.allowed_changes)]:
        yield Reason("held_is_fixed", f"{current.name} does not allow {RANK_NOUNS[rank]}.", group.name)
    is_other_term = (current.license_type, current.duration) != (target.license_type, target.duration)
    if is_other_term and group.term_changes == TermChanges.REFUSED:
        sentence = f"{group.name} refuses another license type or duration."
        yield Reason("term_changes_refused", sentence, group.name)
    if by_customer and not group.is_self_service:
        yield Reason("not_self_service", f"{group.name} is not open to customers.", group.name)


# --- reading ---------------------------------------------------------------------------------------------------------


def load(offering_ids: Iterable[int]) -> Ladder:
    """Return the ladder of every change path from these offerings; four queries for any number."""
    current = Offering.objects.filter(pk__in=set(offering_ids)).values("pk", "product")
    grouped = _load_groups(current.values("product"))
    members = {key for group in grouped.groups for key in group.priorities}
    rows = Offering.objects.filter(Q(pk__in=members) | Q(product__in=current.values("product"))).select_related(
        "product"
    )
    offerings = list(rows.order_by("product", "position", "name", "pk"))
    revisions = newest_revisions([row.pk for row in offerings])
    values = {row.pk: offering_value(row, revisions.get(row.pk)) for row in offerings}
    return Ladder(values, grouped.groups, grouped.products)


def ladder_of(offerings: Iterable[OfferingValue]) -> Ladder:
    """Return the ladder of change paths among loaded offerings; two queries."""
    by_id = {offering.id: offering for offering in offerings}
    grouped = _load_groups([offering.product_id for offering in by_id.values()])
    return Ladder(by_id, grouped.groups, grouped.products)


class _Grouped(NamedTuple):
    """Change groups with their members, and the products of those members."""

    groups: tuple[ChangeGroupValue, ...]
    products: frozenset[int]


def _load_groups(products: Any) -> _Grouped:
    """Return the groups with a member of ``products``, with all their members; two queries, one without groups."""
    concerned = Membership.objects.filter(offering__product__in=products).values("group")
    priorities: defaultdict[int, dict[int, int]] = defaultdict(dict)
    groups: dict[int, ChangeGroup] = {}
    member_products = set()
    rows = Membership.objects.filter(group__in=concerned).order_by("group__name", "pk")
    for row in rows.select_related("group").annotate(product_id=F("offering__product")):
        groups[row.group_id] = row.group
        priorities[row.group_id][row.offering_id] = row.priority
        member_products.add(row.product_id)
    if not groups:
        return _Grouped((), frozenset())
    defaults = ChangeDefaults.current()
    values = tuple(group_value(group, defaults, priorities[key]) for key, group in groups.items())
    return _Grouped(values, frozenset(member_products))


def group_value(row: ChangeGroup, defaults: ChangeDefaults, priorities: Mapping[int, int]) -> ChangeGroupValue:
    """Return a group as a value; a mode that the group leaves empty is the global default."""
    modes = {name: getattr(row, name) or getattr(defaults, name) for name in MODES}
    return ChangeGroupValue(
        id=row.pk,
        name=row.name,
        is_self_service=row.is_self_service,
        priorities=dict(priorities),
        own_days=frozenset(name for name in DAYS_BY_RANK.values() if getattr(row, name)),
        **modes,
    )


def offering_value(row: Offering, newest: Revision | None) -> OfferingValue:
    """Return an offering as a value; name, license type and duration are those of its newest revision."""
    return OfferingValue(
        id=row.pk,
        sku=row.sku,
        name=newest.offering_name if newest else row.name,
        kind=row.kind,
        product_id=row.product_id,
        product_name=row.product.name,
        allowed_changes=row.allowed_changes,
        is_retired=row.is_retired,
        revision_id=newest.pk if newest else None,
        license_type=newest.terms["license_type"] if newest else "",
        duration=newest.terms["duration"] if newest else "",
    )
