"""The present rows of a product, loaded before an import, and their matching with the names of a catalog.

A row made by an import keeps its name in the catalog. A row made by hand has no such name, and matches by its key.
An import never changes rows made by hand that match no name.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from offerings.catalogs.billing import PERIODS, billing_period
from offerings.catalogs.naming import sku_prefix
from offerings.catalogs.values import BillingPeriod, CatalogPrice
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, Plan, PlanType, Product
from offerings.periods import Period

RELATIONS = ("available_for", "depends_on", "excludes")
PRICE = "price"  # the key of the one charge that an import writes; staff make the others by hand

Relations = Mapping[str, frozenset[tuple[int, int]]]


@dataclass(frozen=True)
class ProductRows:
    """The rows of a product, retired ones too. ``product`` is ``None`` where the product does not exist yet."""

    product: Product | None = None
    features: tuple[Feature, ...] = ()
    editions: tuple[Edition, ...] = ()
    values: tuple[EditionValue, ...] = ()
    relations: Relations = field(default_factory=dict)
    offerings: tuple[Offering, ...] = ()
    charges: tuple[Charge, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    used_skus: frozenset[str] = frozenset()

    def feature_key(self, section: str, name: str) -> str | None:
        """Return the key of the feature that matches a name in a section of a catalog."""
        found = self._imported_features.get((section, name))
        return found.key if found else self._features_by_hand.get(name)

    def edition_key(self, kind: str, name: str) -> str | None:
        """Return the key of the edition that matches the name of a plan or add-on."""
        return self._edition_keys.get((kind, name))

    def offering(self, kind: str, key: str, period: BillingPeriod, *, is_free: bool) -> Offering | None:
        """Return the offering that sells an edition for a billing period, on the usual terms of catalogs.

        Of several, the one under the plan of the usual code comes first, then those on sale.
        """
        found = self._sold.get((kind, key, period.code), [])
        code = plan_for(period, is_free=is_free).code
        return min(found, key=lambda offering: (offering.plan.code != code, offering.is_retired), default=None)

    def imported_offerings(self) -> Iterator[Offering]:
        """Yield the offerings of the last imported catalog: its editions for its billing periods."""
        names = self.product.catalog.get("billing", {}) if self.product else {}
        periods = {period.code for name in names if (period := billing_period(name))}
        for (_kind, _key, code), found in self._sold.items():
            if code in periods and found[0].edition.source_name:
                usual = [offering for offering in found if offering.plan.code in (code, f"free-{code}")]
                yield from (usual or found)[:1]

    @cached_property
    def _imported_features(self) -> dict[tuple[str, str], Feature]:
        return {(str(row.source.get("section")), row.source_name): row for row in self.features if row.source_name}

    @cached_property
    def _features_by_hand(self) -> dict[str, str]:
        return {row.key: row.key for row in self.features if not row.source_name}

    @cached_property
    def _edition_keys(self) -> dict[tuple[str, str], str]:
        by_hand = {(row.kind, row.key): row.key for row in self.editions if not row.source_name}
        return by_hand | {(row.kind, row.source_name): row.key for row in self.editions if row.source_name}

    @cached_property
    def _sold(self) -> dict[tuple[str, str, str], list[Offering]]:
        found: dict[tuple[str, str, str], list[Offering]] = {}
        for offering in self.offerings:
            if period := billing_period_of(offering.plan):
                found.setdefault((offering.edition.kind, offering.edition.key, period.code), []).append(offering)
        return found


def load_product_rows(code: str, *, is_locked: bool) -> ProductRows:
    """Return the rows of the product with a code; a constant number of queries.

    ``is_locked`` makes other imports into the product wait until the transaction ends.
    """
    plans = {plan.code: plan for plan in Plan.objects.all()}
    used_skus = frozenset(Offering.objects.filter(sku__startswith=sku_prefix(code)).values_list("sku", flat=True))
    products = Product.objects.select_for_update() if is_locked else Product.objects.all()
    product = products.filter(code=code).first()
    if product is None:
        return ProductRows(plans=plans, used_skus=used_skus)
    return ProductRows(
        product=product,
        features=tuple(Feature.objects.filter(product=product)),
        editions=tuple(Edition.objects.filter(product=product)),
        values=tuple(EditionValue.objects.filter(edition__product=product).select_related("edition", "feature")),
        relations={name: _related(product, name) for name in RELATIONS},
        offerings=tuple(Offering.objects.filter(product=product).select_related("plan", "edition")),
        charges=tuple(Charge.objects.filter(offering__product=product, key=PRICE).select_related("offering")),
        plans=plans,
        used_skus=used_skus,
    )


def _related(product: Product, name: str) -> frozenset[tuple[int, int]]:
    through = getattr(Edition, name).through
    rows = through.objects.filter(from_edition__product=product)
    return frozenset(rows.values_list("from_edition_id", "to_edition_id"))


def plan_for(period: BillingPeriod, *, is_free: bool) -> Plan:
    """Return the unsaved usual plan of a billing period; free offerings have plans of their own."""
    return Plan(
        code=f"free-{period.code}" if is_free else period.code,
        name=f"Free, {period.code}" if is_free else period.code.capitalize(),
        plan_type=PlanType.FREE if is_free else PlanType.PAID,
        duration=str(Period(months=period.months)),
    )


_TERMS = tuple((plan_for(period, is_free=free).terms, period) for period in PERIODS for free in (False, True))


def billing_period_of(plan: Plan) -> BillingPeriod | None:
    """Return the billing period of a plan; ``None`` where no catalog can describe the terms of the plan."""
    return next((period for terms, period in _TERMS if terms == plan.terms), None)


def is_free(price: CatalogPrice) -> bool:
    """Tell whether a price is 0; a price on request is not free."""
    return price.amount == 0


def same_json(before: Any, after: Any) -> bool:
    """Tell whether two stored JSON values are equal; ``true`` and 1 are not."""
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
