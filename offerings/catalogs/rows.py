"""The draft rows a catalog stands for, unsaved and in the order of the file. Queries nothing, writes nothing.

Source names are the identity of everything in a catalog, so each row keeps its own in ``source_name``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from offerings.catalogs.billing import amount_due, is_usage
from offerings.catalogs.kinds import feature_kind, values_of_features, values_of_limits, wanted_kind
from offerings.catalogs.naming import make_sku, readable, safe_key, shorten
from offerings.catalogs.seats import Seats, is_per_seat
from offerings.catalogs.units import parse_unit
from offerings.catalogs.values import (
    Catalog,
    CatalogAddOn,
    CatalogBilling,
    CatalogFeature,
    CatalogPlan,
    CatalogWarning,
    Values,
)
from offerings.models import (
    NAME_LENGTH,
    Charge,
    Edition,
    EditionValue,
    Feature,
    Offering,
    OfferingKind,
    Plan,
    PlanType,
    Product,
    SeatsSold,
)
from offerings.periods import Period
from offerings.rights import Kind, Value

REPLACES, EXTENDS = EditionValue.Effect.REPLACES, EditionValue.Effect.EXTENDS
RELATIONS = ("available_for", "depends_on", "excludes")


class Rows:
    """Everything a catalog stands for; each list holds unsaved rows that refer to each other.

    ``relations`` holds pairs of an add-on's edition and another, by the name of the field.
    """

    def __init__(self, catalog: Catalog, *, product: Product, seats: Seats) -> None:
        self.catalog, self.product, self.seats = catalog, product, seats
        self.warnings: list[CatalogWarning] = []
        self._keys: set[str] = set()
        flags = self._features(catalog.features, values_of_features(catalog))
        kept_limits = [limit for limit in catalog.limits if not seats.is_stored_as_seats(limit.name)]
        limits = self._features(kept_limits, values_of_limits(catalog))
        self.features = [*flags.values(), *limits.values()]
        self.plan_editions = self._editions(catalog.plans, OfferingKind.PLAN)
        self.add_on_editions = self._editions(catalog.add_ons, OfferingKind.ADD_ON)
        self.editions = [*self.plan_editions.values(), *self.add_on_editions.values()]
        self.values: list[EditionValue] = []
        for sold, edition in self._sold():
            self.values += _values(edition, sold.features, flags)
            self.values += _values(edition, sold.limits, limits)
            if isinstance(sold, CatalogAddOn):
                self.values += _values(edition, sold.extensions, limits, effect=EXTENDS)
        self.relations = {name: list(self._related(name)) for name in RELATIONS}
        self.offerings: list[Offering] = []
        self.charges: list[Charge] = []

    def sell(self, plans: Mapping[str, Plan], *, is_sku_taken: Callable[[str], bool]) -> None:
        """Add the offerings and their charges: each edition under each billing period. ``plans`` by code."""
        used: set[str] = set()
        for sold, edition in self._sold():
            for billing in self.catalog.billing:
                sku = make_sku(
                    product_code=self.product.code,
                    name=sold.name,
                    period=billing.period.code,
                    letter=billing.period.letter,
                    is_taken=lambda sku: sku in used or is_sku_taken(sku),
                )
                used.add(sku)
                offering = self._offering(sold, edition, billing)
                offering.sku, offering.plan, offering.position = sku, plans[plan_code(sold, billing)], len(used)
                self.offerings.append(offering)
                self.charges.append(self._charge(sold, offering, billing))

    def _sold(self) -> Iterator[tuple[CatalogPlan, Edition]]:
        yield from zip(self.catalog.plans, self.plan_editions.values(), strict=True)
        yield from zip(self.catalog.add_ons, self.add_on_editions.values(), strict=True)

    def _features(self, items: Iterable[CatalogFeature], values: Mapping[str, Sequence[Value]]) -> dict[str, Feature]:
        return {item.name: self._feature(item, values.get(item.name, ())) for item in items}

    def _feature(self, item: CatalogFeature, values: Iterable[Value]) -> Feature:
        kind = feature_kind(item, [item.default, *values])
        key = safe_key(item.name, taken=self._keys)
        place = f"{item.source['section']}.{item.name}"
        if key != item.name:
            self.warnings.append(CatalogWarning(place, f"Its key is {key}."))
        if kind is Kind.NUMBER and kind is not wanted_kind(item):
            self.warnings.append(CatalogWarning(place, "It has values that are not whole, so it is a plain number."))
        return Feature(
            product=self.product,
            key=key,
            name=readable(item.name),
            source_name=item.name,
            kind=kind.value,
            default=item.default,
            unit=item.unit,
            group=item.group,
            description=item.description,
            position=len(self._keys),
            source=dict(item.source),
        )

    def _editions(self, sold: Iterable[CatalogPlan], kind: OfferingKind) -> dict[str, Edition]:
        keys: set[str] = set()
        return {
            item.name: Edition(
                product=self.product,
                key=safe_key(item.name, taken=keys),
                name=readable(item.name),
                kind=kind,
                description=item.description,
                position=len(keys),
                source_name=item.name,
            )
            for item in sold
        }

    def _related(self, field: str) -> Iterator[tuple[Edition, Edition]]:
        others = self.plan_editions if field == "available_for" else self.add_on_editions
        for add_on in self.catalog.add_ons:
            for name in dict.fromkeys(getattr(add_on, field)):
                yield self.add_on_editions[add_on.name], others[name]

    def _offering(self, sold: CatalogPlan, edition: Edition, billing: CatalogBilling) -> Offering:
        offering = Offering(
            name=f"{shorten(edition.name, NAME_LENGTH - len(billing.period.code) - 1)} {billing.period.code}",
            kind=edition.kind,
            product=self.product,
            edition=edition,
            is_private=sold.is_private,
        )
        if not isinstance(sold, CatalogAddOn):
            offering.seats_sold, offering.seat_limit = self.seats.of_plan(sold)
            return offering
        limit = self.seats.limit
        if limit and self.seats.is_stored_as_seats(limit.name) and limit.name in sold.extensions:
            offering.extra_seats = int(sold.extensions[limit.name])
        is_own = is_per_seat(sold) and not offering.extra_seats
        offering.seats_sold = SeatsSold.PER_QUANTITY if is_own else SeatsSold.NOT_SOLD
        return offering

    def _charge(self, sold: CatalogPlan, offering: Offering, billing: CatalogBilling) -> Charge:
        unit, currency, price = parse_unit(sold.unit), self.catalog.head.currency, sold.price.amount
        return Charge(
            offering=offering,
            kind=Charge.Kind.USAGE if is_usage(unit) else Charge.Kind.RECURRING,
            per=Charge.Per.SEAT if unit.is_seats else Charge.Per.FLAT,
            amount=None if price is None else amount_due(price, unit=unit, billing=billing, currency=currency),
            currency=currency,
            unit="" if unit.is_seats else unit.noun,
            text=sold.price.text,
        )


def _values(
    edition: Edition, written: Values, features: Mapping[str, Feature], *, effect: EditionValue.Effect = REPLACES
) -> list[EditionValue]:
    """Return the values of an edition: of a plan those that differ from the default, of an add-on all it lists."""
    return [
        EditionValue(edition=edition, feature=features[name], value=value, effect=effect)
        for name, value in written.items()
        if name in features and (edition.kind == OfferingKind.ADD_ON or value != features[name].default)
    ]


def plan_code(sold: CatalogPlan, billing: CatalogBilling) -> str:
    """Return the code of the plan a pricing plan or add-on is sold under; what costs nothing has plans of its own."""
    return f"free-{billing.period.code}" if sold.price.amount == 0 else billing.period.code


def plans_needed(catalog: Catalog) -> dict[str, Plan]:
    """Return unsaved plans by code, as they must be for the catalog's offerings."""
    found = {}
    for sold in (*catalog.plans, *catalog.add_ons):
        for billing in catalog.billing:
            code = plan_code(sold, billing)
            is_free = code.startswith("free-")
            name = f"Free, {billing.period.code}" if is_free else billing.period.code.capitalize()
            found[code] = Plan(
                code=code,
                name=name,
                plan_type=PlanType.FREE if is_free else PlanType.PAID,
                duration=str(Period(months=billing.period.months)),
            )
    return found
