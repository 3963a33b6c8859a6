"""Writing a product as a price catalog in Pricing2Yaml 2.1 that imports again without a change.

What the format cannot express is left out and reported: the exporter reads its own file again, and reports every row
that an import of the file would change. Reads the database, writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from offerings.catalogs.differences import FEATURE_COLUMNS
from offerings.catalogs.export_prices import Sale, sales_of
from offerings.catalogs.import_plan import Item
from offerings.catalogs.importer import preview_import
from offerings.catalogs.kinds import feature_kind
from offerings.catalogs.product_rows import PRICE, ProductRows, load_product_rows
from offerings.catalogs.reader import read_catalog_bytes
from offerings.catalogs.values import CatalogLimit, ValueType
from offerings.catalogs.yaml_writer import dump
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, OfferingKind, Product, SeatsSold
from offerings.relations import limits_of
from offerings.rights import NUMERIC_KINDS, UNLIMITED, Kind, Value

SYNTAX_VERSION = "2.1"
RELATIONS = {"available_for": "availableFor", "depends_on": "dependsOn", "excludes": "excludes"}
SECTIONS = ("features", "usageLimits")
# Columns of an offering that the format cannot express, with their usual values.
INEXPRESSIBLE_COLUMNS = {
    "overdraft": "none",
    "concurrency_mode": "node_lock",
    "lease_period": "",
    "offline_lease_period": "",
    "grace_period": "",
    "usage_reset_schedule": "",
    "maintenance": True,
    "allowed_changes": "both",
}


@dataclass(frozen=True, slots=True)
class ExportedCatalog:
    """The text of a file, and a sentence about each fact that the file leaves out."""

    text: str
    omissions: tuple[str, ...]


def export_catalog(product: Product, *, day: date) -> ExportedCatalog:
    """Return the draft of a product as a catalog, dated ``day`` where no import gave a date. Constant queries."""
    existing = load_product_rows(product.code, is_locked=False)
    export = _Export(existing, product)
    text = dump(export.document(day))
    catalog = read_catalog_bytes(text.encode(), file=f"{product.code}.yml")
    again = preview_import(catalog, product_code=product.code, into_existing=True)
    return ExportedCatalog(text, (*export.omissions, *_other_charges(product), *_changed(again.items)))


def _changed(items: Iterable[Item]) -> Iterator[str]:
    """Yield a sentence about each row that an import of the file would change, except for stored facts of no effect."""
    for item in items:
        differences = [each for each in item.differences if not each.label.startswith(FEATURE_COLUMNS["source"])]
        if differences or not item.differences:
            words = "; ".join(
                f"{each.label}: {each.before or 'nothing'} -> {each.after or 'nothing'}" for each in differences
            )
            noun = item.section[:-1].capitalize()
            yield f"{noun} {item.key}: an import of this file finds it {item.action}. {words}".strip()


def _other_charges(product: Product) -> Iterator[str]:
    charges = Charge.objects.filter(offering__product=product, offering__retired_at=None).exclude(key=PRICE)
    for charge in charges.select_related("offering"):
        yield f"Offering {charge.offering.sku}: the charge {charge.key} is left out."


class _Export:
    """Builds the maps of the file from loaded rows."""

    def __init__(self, existing: ProductRows, product: Product) -> None:
        self.existing, self.product, self.head = existing, product, product.catalog
        self.omissions: list[str] = []
        self.features = [
            feature for feature in existing.features if not feature.is_retired and self.is_expressible(feature)
        ]
        self.names = {feature.pk: feature.source_name or feature.key for feature in self.features}
        self.sections = {feature.pk: _section(feature) for feature in self.features}
        self.sales = sales_of(existing, self.head)
        self.seats = self.find_seats()
        self.editions = [edition for edition in existing.editions if edition.pk in self.sales.sold]
        self.edition_names = {edition.pk: edition.source_name or edition.key for edition in self.editions}
        self.omissions += self.sales.omissions
        self.omissions += self.inexpressible_columns()

    def is_expressible(self, feature: Feature) -> bool:
        if feature.kind == Kind.DATE:
            self.omissions.append(f"Feature {feature.key}: the format has no dates, so it is left out.")
        return feature.kind != Kind.DATE

    def inexpressible_columns(self) -> Iterator[str]:
        for offering in self.existing.offerings:
            names = [name for name, usual in INEXPRESSIBLE_COLUMNS.items() if getattr(offering, name) != usual]
            if names and not offering.is_retired:
                words = ", ".join(name.replace("_", " ") for name in names)
                yield f"Offering {offering.sku}: the format has no words for its {words}."

    def document(self, day: date) -> dict[str, Any]:
        head, tags = self.head, dict.fromkeys([*self.head.get("tags", ()), *self.tags_by_hand()])
        found: dict[str, Any] = {
            "syntaxVersion": SYNTAX_VERSION,
            "saasName": head.get("name", self.product.name),
            "createdAt": head.get("created_at", day.isoformat()),
            "version": head.get("version", day.isoformat()),
            "url": head.get("url", ""),
            "tags": list(tags),
            "currency": self.sales.currency,
            "billing": dict(self.sales.billing),
            "custom": head.get("facts", {}).get("custom"),
            "variables": _numbers(head.get("facts", {}).get("variables")),
            "features": dict(self.defined("features")),
            "usageLimits": dict(self.seat_limit()) | dict(self.defined("usageLimits")),
            "plans": dict(self.sold(OfferingKind.PLAN)),
            "addOns": dict(self.sold(OfferingKind.ADD_ON)),
        }
        return {key: value for key, value in found.items() if value or key == "features"}

    def tags_by_hand(self) -> Iterator[str]:
        for feature in self.features:
            if feature.group and not feature.source_name and self.sections[feature.pk] == "features":
                yield feature.group

    def defined(self, section: str) -> Iterator[tuple[str, Any]]:
        for feature in self.features:
            if self.sections[feature.pk] == section:
                yield self.names[feature.pk], self.feature(feature, section)

    def feature(self, feature: Feature, section: str) -> dict[str, Any]:
        kept = {key: value for key, value in feature.source.items() if key not in ("section", "defaultValue")}
        listed = feature.source.get("defaultValue")
        is_listed = listed is not None and ", ".join(map(str, listed)) == feature.default
        default = listed if is_listed else _value(feature, feature.default_value)
        facts = {"description": feature.description, "defaultValue": default, "valueType": _value_type(feature).value}
        if section == "usageLimits":
            facts |= {"unit": feature.unit} | self.limit_type(feature)
        elif feature.group and not feature.source_name:
            facts["tag"] = feature.group
        return kept | {key: value for key, value in facts.items() if value != "" or key == "defaultValue"}

    def limit_type(self, feature: Feature) -> dict[str, Any]:
        """Return the facts from which an import reads the present kind of the limit, unless the source has them."""
        source = feature.source
        values = [value.value for value in self.existing.values if value.feature_id == feature.pk]
        limit = CatalogLimit(
            feature.key,
            _value_type(feature),
            feature.default_value,
            is_renewable=source.get("type") in ("RENEWABLE", "TIME_DRIVEN", "RESPONSE_DRIVEN"),
            is_trackable=source.get("trackable") is True,
        )
        if feature_kind(limit, [feature.default_value, *values]) == feature.kind and source.get("type"):
            return {}
        if feature.kind == Kind.COUNT:
            return {"type": "RENEWABLE"}
        return {"type": "NON_RENEWABLE"} | ({"trackable": True} if feature.kind == Kind.POOL else {})

    def find_seats(self) -> dict[str, Any]:
        """Return the limit that counts seats and is not a feature; empty where there is none."""
        used = {name for pk, name in self.names.items() if self.sections[pk] == "usageLimits"}
        stored: dict[str, Any] = self.head.get("seats", {})
        if stored and stored["name"] not in used:
            return stored
        plans = [row for row in self.existing.offerings if row.kind == OfferingKind.PLAN and not row.is_retired]
        numbers = [row.seat_limit for row in plans if row.seats_sold == SeatsSold.FIXED]
        if stored or len(numbers) < len(plans) or set(numbers) <= {UNLIMITED}:
            return {}
        name = next(name for name in ("seats", "seatLimit", "seatsSold") if name not in used)
        return {"name": name, "default": numbers[0], "unit": "seat", "valueType": "NUMERIC", "type": "NON_RENEWABLE"}

    def seat_limit(self) -> Iterator[tuple[str, Any]]:
        if self.seats:
            left_out = ("name", "default", "section", "defaultValue")
            facts = {key: value for key, value in self.seats.items() if key not in left_out and value != ""}
            yield self.seats["name"], facts | {"defaultValue": _number(self.seats["default"])}

    def sold(self, kind: str) -> Iterator[tuple[str, Any]]:
        for edition in self.editions:
            if edition.kind == kind:
                entry = self.edition(edition, self.sales.sold[edition.pk])
                yield self.edition_names[edition.pk], {key: value for key, value in entry.items() if value != {}}

    def edition(self, edition: Edition, sale: Sale) -> dict[str, Any]:
        replaced = {section: dict(self.values(edition, section)) for section in SECTIONS}
        extended = dict(self.values(edition, "usageLimits", effect=EditionValue.Effect.EXTENDS))
        self.add_seats(sale.offerings[0], replaced, extended)
        entry: dict[str, Any] = {"price": sale.price, "unit": sale.unit, **replaced, "usageLimitsExtensions": extended}
        if edition.description:
            entry["description"] = edition.description
        if sale.offerings[0].is_private:
            entry["private"] = True
        constraints = limits_of(self.head, key=edition.key, source_name=edition.source_name)
        if constraints and edition.kind == OfferingKind.ADD_ON:
            entry["subscriptionConstraints"] = constraints
        return entry | dict(self.relations(edition))

    def add_seats(self, offering: Offering, replaced: dict[str, Any], extended: dict[str, Any]) -> None:
        if not self.seats:
            return
        name, limit = self.seats["name"], offering.seat_limit
        if offering.seats_sold == SeatsSold.FIXED and limit is not None and limit != self.seats["default"]:
            replaced["usageLimits"][name] = {"value": _number(limit)}
        if offering.extra_seats:
            extended[name] = {"value": offering.extra_seats}

    def values(
        self, edition: Edition, section: str, *, effect: EditionValue.Effect = EditionValue.Effect.REPLACES
    ) -> Iterator[tuple[str, Any]]:
        for value in self.existing.values:
            is_in_section = self.sections.get(value.feature_id) == section
            if is_in_section and value.edition_id == edition.pk and value.effect == effect:
                yield self.names[value.feature_id], {"value": _value(value.feature, value.value)}

    def relations(self, edition: Edition) -> Iterator[tuple[str, list[str]]]:
        for field, word in RELATIONS.items():
            pairs: Iterable[tuple[int, int]] = self.existing.relations.get(field, ())
            targets = {there for here, there in pairs if here == edition.pk}
            others = [name for pk, name in self.edition_names.items() if pk in targets]
            if others:
                yield word, sorted(others)


def _numbers(variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the variables of prices as numbers; a fraction is stored as it was written."""
    return {name: Decimal(value) if isinstance(value, str) else value for name, value in (variables or {}).items()}


def _section(feature: Feature) -> str:
    if "section" in feature.source:
        return str(feature.source["section"])
    return "usageLimits" if feature.unit or feature.kind in NUMERIC_KINDS else "features"


def _value_type(feature: Feature) -> ValueType:
    kinds: Mapping[str, ValueType] = {Kind.FLAG: ValueType.BOOLEAN, Kind.TEXT: ValueType.TEXT}
    return kinds.get(feature.kind, ValueType.NUMERIC)


def _value(feature: Feature, value: Value) -> Any:
    return _number(value) if feature.kind in NUMERIC_KINDS else value


def _number(value: Value) -> Any:
    return float("inf") if value == UNLIMITED else value
