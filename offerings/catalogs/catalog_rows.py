"""The draft rows that a catalog describes, unsaved and in the order of the file. Queries nothing, writes nothing.

The source name identifies everything in a catalog, so each row keeps its source name in ``source_name``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from offerings import rights
from offerings.catalogs.billing import is_usage, price_due
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.kinds import feature_kind, values_of_features, values_of_limits, wanted_kind
from offerings.catalogs.naming import make_sku, readable, safe_key, shorten
from offerings.catalogs.product_rows import PRICE, RELATIONS, ProductRows, is_free, plan_for, same_json
from offerings.catalogs.seats import Seats, is_per_seat
from offerings.catalogs.units import parse_unit
from offerings.catalogs.values import (
    Catalog,
    CatalogAddOn,
    CatalogBilling,
    CatalogFeature,
    CatalogPlan,
    CatalogPrice,
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
    Product,
    SeatsSold,
)
from offerings.rights import Kind, Value

REPLACES, EXTENDS = EditionValue.Effect.REPLACES, EditionValue.Effect.EXTENDS


class CatalogRows:
    """All rows of a catalog: lists of unsaved rows that refer to each other.

    Keys and SKUs are those of the ``existing`` rows of the same name, so that they never change.
    ``relations`` are pairs of an add-on's edition and another edition, by the name of the field.
    """

    def __init__(self, catalog: Catalog, *, product: Product, seats: Seats, existing: ProductRows) -> None:
        self.catalog, self.product, self.seats, self.existing = catalog, product, seats, existing
        self.warnings: list[CatalogWarning] = []
        self._assigned_keys: set[str] = set()
        self._used_keys = {feature.key for feature in existing.features}
        self._keys_on_sale = _keys_on_sale(existing.features, [*catalog.features, *catalog.limits])
        flags = self._features(catalog.features, values_of_features(catalog))
        kept_limits = [limit for limit in catalog.limits if not seats.is_stored_as_seats(limit.name)]
        limits = self._features(kept_limits, values_of_limits(catalog))
        self.features = [*flags.values(), *limits.values()]
        for position, feature in enumerate(self.features):
            feature.position = position
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
        self.plans: dict[str, Plan] = {}
        self._add_offerings()

    def _add_offerings(self) -> None:
        """Add the offerings and their charges: each edition for each of its billing periods."""
        used: set[str] = set()
        for sold, edition in self._sold():
            for billing in self.catalog.billing:
                price = price_due(sold, billing, currency=self.catalog.head.currency)
                if price is None:
                    continue
                found = self.existing.offering(edition.kind, edition.key, billing.period, is_free=is_free(price))
                offering = self._offering(sold, edition, billing)
                offering.sku = found.sku if found else self._new_sku(sold, billing, used)
                offering.plan = self._plan(found, billing, price)
                used.add(offering.sku)
                offering.position = len(used)
                self.offerings.append(offering)
                self.charges.append(self._charge(sold, offering, price))

    def _new_sku(self, sold: CatalogPlan, billing: CatalogBilling, used: Collection[str]) -> str:
        return make_sku(
            product_code=self.product.code,
            name=sold.name,
            period=billing.period.code,
            letter=billing.period.letter,
            is_used=lambda sku: sku in used or sku in self.existing.used_skus,
        )

    def _plan(self, found: Offering | None, billing: CatalogBilling, price: CatalogPrice) -> Plan:
        """Return the plan of an offering: its present one if the terms are the same, else the one of the usual code."""
        needed = plan_for(billing.period, is_free=is_free(price))
        if found and found.plan.terms == needed.terms:
            return found.plan
        plan = self.plans.setdefault(needed.code, self.existing.plans.get(needed.code, needed))
        if plan.is_retired or plan.terms != needed.terms:
            reason = f'The plan "{plan.code}" is retired or has other terms than the catalog means.'
            raise CatalogError(self.catalog.head.file, "billing", f"{reason} Give that plan another code.")
        return plan

    def _sold(self) -> Iterator[tuple[CatalogPlan, Edition]]:
        yield from zip(self.catalog.plans, self.plan_editions.values(), strict=True)
        yield from zip(self.catalog.add_ons, self.add_on_editions.values(), strict=True)

    def _features(self, items: Iterable[CatalogFeature], values: Mapping[str, Sequence[Value]]) -> dict[str, Feature]:
        return {item.name: self._feature(item, values.get(item.name, ())) for item in items}

    def _feature(self, item: CatalogFeature, values: Iterable[Value]) -> Feature:
        values = [item.default, *values]
        kind, section = feature_kind(item, values), item.source["section"]
        key = self.existing.feature_key(section, item.name)
        if key is None or key in self._assigned_keys:
            key = safe_key(item.name, used=self._used_keys, beside=self._keys_on_sale)
        self._assigned_keys.add(key)
        place = f"{section}.{item.name}"
        if key != item.name:
            self.warnings.append(CatalogWarning(place, f"Its key is {key}."))
        if kind is Kind.NUMBER and kind is not wanted_kind(item):
            self.warnings.append(CatalogWarning(place, "It has values that are not whole, so it is a plain number."))
        feature = Feature(
            product=self.product,
            key=key,
            name=readable(item.name),
            source_name=item.name,
            kind=kind.value,
            default=item.default,
            unit=item.unit,
            group=item.group,
            description=item.description,
            source=dict(item.source),
        )
        if written := [each for each in values if rights.meant(feature.right, each) != each]:
            self.warnings.append(CatalogWarning(place, f"It says {written[0]}, which is read as unlimited."))
        feature.default = rights.meant(feature.right, item.default)
        return feature

    def _editions(self, sold: Iterable[CatalogPlan], kind: OfferingKind) -> dict[str, Edition]:
        editions = [edition for edition in self.existing.editions if edition.kind == kind]
        keys, on_sale = {edition.key for edition in editions}, _keys_on_sale(editions, sold)
        return {
            item.name: Edition(
                product=self.product,
                key=self.existing.edition_key(kind, item.name) or safe_key(item.name, used=keys, beside=on_sale),
                name=readable(item.name),
                kind=kind,
                description=item.description,
                position=position,
                source_name=item.name,
            )
            for position, item in enumerate(sold, 1)
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
        is_per_one = bool(sold.extensions) or is_per_seat(sold)
        offering.seats_sold = SeatsSold.PER_QUANTITY if is_per_one else SeatsSold.NOT_SOLD
        return offering

    def _charge(self, sold: CatalogPlan, offering: Offering, price: CatalogPrice) -> Charge:
        unit = parse_unit(sold.unit)
        return Charge(
            offering=offering,
            key=PRICE,
            kind=Charge.Kind.USAGE if is_usage(unit) else Charge.Kind.RECURRING,
            per=Charge.Per.SEAT if unit.is_seats else Charge.Per.FLAT,
            amount=price.amount,
            currency=self.catalog.head.currency,
            unit="" if unit.is_seats else unit.noun,
            text=price.text,
        )


def _keys_on_sale(rows: Iterable[Feature | Edition], items: Iterable[CatalogFeature | CatalogPlan]) -> set[str]:
    """Return the keys of the rows that are on sale once the items are imported: a row of no item is retired."""
    names = {item.name for item in items}
    by_hand = (row.key for row in rows if not row.source_name and not row.is_retired)
    return {*by_hand, *(row.key for row in rows if row.source_name in names)}


def _values(
    edition: Edition, written: Values, features: Mapping[str, Feature], *, effect: EditionValue.Effect = REPLACES
) -> list[EditionValue]:
    """Return the values of an edition: of a plan those that differ from the default, of an add-on all listed ones."""
    meant = {name: rights.meant(features[name].right, value) for name, value in written.items() if name in features}
    return [
        EditionValue(edition=edition, feature=features[name], value=value, effect=effect)
        for name, value in meant.items()
        if edition.kind == OfferingKind.ADD_ON or not same_json(value, features[name].default)
    ]
