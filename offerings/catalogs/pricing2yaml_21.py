"""Pricing2Yaml, syntax 2.1: plans and add-ons are maps, a price is that of one month, ``billing`` holds the factors.

Nothing in a file is evaluated: prices that are expressions are refused, ``expression`` and the like are kept as text.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from offerings.catalogs.billing import BILLING_PERIODS, MONTHLY
from offerings.catalogs.fields import Fields, Notes, as_list, as_map, as_text, as_value
from offerings.catalogs.naming import readable, shorten
from offerings.catalogs.values import (
    Catalog,
    CatalogAddOn,
    CatalogBilling,
    CatalogFeature,
    CatalogHead,
    CatalogLimit,
    CatalogPlan,
    CatalogPrice,
    Values,
    ValueType,
)
from offerings.catalogs.yaml_source import Node

SYNTAX_VERSION = "2.1"
LARGEST_PRICE = 10**9
PRICE_WORDS = 100  # characters kept of a price in words
UNIT_LENGTH = 50
EXPRESSION = re.compile(r"#\s*\w|[{}]")
QUOTED_NUMBER = re.compile(r"\d+(\.\d+)?")
CURRENCY = re.compile(r"[A-Z]{3}")
FEATURE_FACTS = ("valueType", "type", "integrationType", "automationType", "pricingUrls", "docUrl", "tag", "render",
                 "expression", "serverExpression")  # fmt: skip
LIMIT_FACTS = ("valueType", "type", "linkedFeatures", "trackable", "period", "render", "expression", "serverExpression")
RENEWABLE = {"RENEWABLE", "TIME_DRIVEN", "RESPONSE_DRIVEN"}
LIMIT_TYPES = {"NON_RENEWABLE", *RENEWABLE, ""}

Types = Mapping[str, ValueType]


def read(root: Node, *, sha256: str) -> Catalog:
    """Return the catalog a file holds; raise ``CatalogError`` at the first thing that is wrong."""
    notes = Notes()
    fields = Fields(root, notes)
    head = _head(fields, sha256=sha256)
    features = tuple(_feature(name, node, notes) for name, node in as_map(fields.need("features")).items())
    feature_names = {feature.name for feature in features}
    limits = tuple(_limit(name, node, notes, feature_names) for name, node in fields.maps("usageLimits"))
    types = _Types({item.name: item.value_type for item in features}, {item.name: item.value_type for item in limits})
    plans = tuple(types.plan(name, node, notes) for name, node in fields.maps("plans"))
    add_ons = _add_ons(dict(fields.maps("addOns")), types, {plan.name for plan in plans}, notes)
    if not plans and not add_ons:
        raise root.error('The catalog has neither "plans" nor "addOns", so there is nothing to sell. Add one of them.')
    billing = _billing(fields)
    fields.close()
    warnings = tuple(notes.warnings)
    return Catalog(head, features, limits, plans, add_ons, billing, notes.unknown, warnings)


def _head(fields: Fields, *, sha256: str) -> CatalogHead:
    fields.get("syntaxVersion")
    created_at = fields.need("createdAt")
    try:
        day = date.fromisoformat(as_text(created_at)[:10]).isoformat()
    except ValueError as error:
        raise created_at.error("This is no date. Write it as 2025-03-07.") from error
    currency = fields.need("currency")
    if not CURRENCY.fullmatch(as_text(currency)):
        raise currency.error("This is no currency code. Write three capital letters, such as EUR.")
    name = fields.need("saasName")
    if not as_text(name).strip():
        raise name.error("The name is empty. Write what the service is called.")
    fields.get("variables")
    return CatalogHead(
        name=as_text(name).strip(),
        syntax_version=SYNTAX_VERSION,
        created_at=day,
        version=fields.text("version") or day,
        currency=as_text(currency),
        url=fields.text("url"),
        tags=fields.names("tags"),
        file=fields.node.file,
        sha256=sha256,
    )


def _billing(fields: Fields) -> tuple[CatalogBilling, ...]:
    found: dict[str, CatalogBilling] = {}
    for name, node in fields.maps("billing"):
        period = BILLING_PERIODS.get(name.lower())
        if period is None:
            raise node.error(f"This billing period is not known. Known are {', '.join(BILLING_PERIODS)}.")
        if period.code in found:
            raise node.error(f'This is the same period as "{found[period.code].name}". Keep one of them.')
        factor = node.value
        if isinstance(factor, bool) or not isinstance(factor, int | Decimal) or not 0 < factor <= 1:
            raise node.error("Write what a month costs when paid so: a number above 0 and up to 1, such as 0.83.")
        found[period.code] = CatalogBilling(name, period, Decimal(factor))
    return tuple(found.values()) or (CatalogBilling(MONTHLY.code, MONTHLY, Decimal(1)),)


def _feature(name: str, node: Node, notes: Notes) -> CatalogFeature:
    fields = Fields(node, notes)
    value_type = _value_type(fields)
    default = fields.need("defaultValue")
    feature = CatalogFeature(
        name=name,
        value_type=value_type,
        default=as_value(default, value_type),
        description=fields.text("description"),
        group=shorten(fields.text("tag") or readable(fields.text("type") or "Features")),
        source={"section": "features", **_list_kept(default), **fields.keep(*FEATURE_FACTS)},
    )
    fields.close()
    return feature


def _limit(name: str, node: Node, notes: Notes, features: Collection[str]) -> CatalogLimit:
    fields = Fields(node, notes)
    value_type, default = _value_type(fields), fields.need("defaultValue")
    limit_type, linked = fields.text("type"), fields.names("linkedFeatures")
    if limit_type not in LIMIT_TYPES:
        notes.warn(node, f"The type {limit_type} is not known; the limit is read as one that is not renewed.")
    if unknown := [feature for feature in linked if feature not in features]:
        notes.warn(node, f"The limit is linked to {', '.join(unknown)}, which the catalog does not define.")
    limit = CatalogLimit(
        name=name,
        value_type=value_type,
        default=as_value(default, value_type),
        description=fields.text("description"),
        unit=_unit(fields),
        group="Usage limits",
        source={"section": "usageLimits", **_list_kept(default), **fields.keep(*LIMIT_FACTS)},
        is_renewable=limit_type in RENEWABLE,
        is_trackable=fields.flag("trackable"),
        linked_features=linked,
    )
    fields.close()
    return limit


def _value_type(fields: Fields) -> ValueType:
    node = fields.need("valueType")
    if node.raw not in set(ValueType):
        raise node.error("This value type is not known. Write BOOLEAN, NUMERIC or TEXT.")
    return ValueType(node.raw)


def _list_kept(default: Node) -> dict[str, Any]:
    return {"defaultValue": [as_text(item) for item in as_list(default)]} if isinstance(default.value, list) else {}


def _unit(fields: Fields) -> str:
    unit = fields.text("unit").strip()
    if len(unit) > UNIT_LENGTH:
        fields.notes.warn(fields.node, f"The unit is cut to {UNIT_LENGTH} characters.")
    return shorten(unit, UNIT_LENGTH)


class _Types:
    """The value types of a catalog's features and limits, which the values of plans and add-ons must have."""

    def __init__(self, features: Types, limits: Types) -> None:
        self.features, self.limits = features, limits

    def plan(self, name: str, node: Node, notes: Notes) -> CatalogPlan:
        fields = Fields(node, notes)
        plan = CatalogPlan(**self.common(name, fields))
        fields.close()
        return plan

    def add_on(self, name: str, node: Node, notes: Notes) -> CatalogAddOn:
        fields = Fields(node, notes)
        add_on = CatalogAddOn(
            **self.common(name, fields),
            available_for=fields.names("availableFor"),
            depends_on=fields.names("dependsOn"),
            excludes=fields.names("excludes"),
            extensions=_values(fields, "usageLimitsExtensions", self.limits),
        )
        _check_extensions(fields, self.limits)
        fields.close()
        return add_on

    def common(self, name: str, fields: Fields) -> dict[str, Any]:
        return {
            "name": name,
            "description": fields.text("description"),
            "price": _price(fields),
            "unit": _unit(fields),
            "is_private": fields.flag("private"),
            "features": _values(fields, "features", self.features),
            "limits": _values(fields, "usageLimits", self.limits),
        }


def _values(fields: Fields, section: str, types: Types) -> Values:
    found = {}
    for name, node in fields.maps(section):
        if name not in types:
            raise node.error("The catalog does not define this name. Define it at the top, or leave it out here.")
        written = Fields(node, fields.notes)
        value = written.get("value")
        if value is None and "value" not in written.entries:
            raise node.error('"value" is missing here. Add it.')
        if value is None:
            fields.notes.warn(node, "The value is empty, so nothing is changed here.")
        else:
            found[name] = as_value(value, types[name])
        written.close()
    return found


def _check_extensions(fields: Fields, types: Types) -> None:
    for name, node in fields.maps("usageLimitsExtensions"):
        if types[name] is not ValueType.NUMERIC:
            raise node.error(f"{name} is no number, so nothing can be added to it.")


def _price(fields: Fields) -> CatalogPrice:
    node = fields.get("price")
    if node is None or node.value == "":
        fields.notes.warn(fields.node, "There is no price here; it is taken as on request.")
        return CatalogPrice(None)
    if isinstance(node.value, str):
        return _price_in_words(node, node.value.strip(), fields.notes)
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return _amount(node, Decimal(node.value))
    raise node.error(f"This is {node.type_name}. Write a number, or words such as Contact Sales.")


def _amount(node: Node, amount: Decimal) -> CatalogPrice:
    if not 0 <= amount < LARGEST_PRICE:
        raise node.error(f"Write a price from 0 to below {LARGEST_PRICE:,}.")
    return CatalogPrice(amount)


def _price_in_words(node: Node, words: str, notes: Notes) -> CatalogPrice:
    if QUOTED_NUMBER.fullmatch(words):
        notes.warn(node, "The price is a number in quotes; it is taken as the number.")
        return _amount(node, Decimal(words))
    if EXPRESSION.search(words):
        raise node.error("This price is an expression, which is never computed. Write the number.")
    if len(words) > PRICE_WORDS:
        notes.warn(node, f"The words of the price are cut to {PRICE_WORDS} characters.")
    return CatalogPrice(None, shorten(words, PRICE_WORDS))


def _add_ons(
    nodes: Mapping[str, Node], types: _Types, plans: Collection[str], notes: Notes
) -> tuple[CatalogAddOn, ...]:
    found = tuple(types.add_on(name, node, notes) for name, node in nodes.items())
    for add_on in found:
        fields = as_map(nodes[add_on.name])
        for key, known in (("availableFor", plans), ("dependsOn", nodes), ("excludes", nodes)):
            if key in fields:
                _check_names(fields[key], known, notes)
    return found


def _check_names(node: Node, known: Collection[str], notes: Notes) -> None:
    if node.value == []:
        notes.warn(node, "The list is empty, which is read as if it were not there.")
    for item in as_list(node) if node.value is not None else ():
        if item.raw not in known:
            raise item.error(f"{item.raw[:60]} is not defined in this catalog. Correct the name, or leave it out.")
