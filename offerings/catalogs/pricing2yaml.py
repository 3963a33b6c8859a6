"""The common parts of all dialects of Pricing2Yaml: features, usage limits, plans and add-ons.

Nothing in a file is evaluated but the arithmetic of prices (``expressions``); ``expression`` and the like stay text.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from offerings.catalogs.fields import Fields, Notes, as_list, as_map, as_named, as_text, as_value, as_whole, plain
from offerings.catalogs.leaves import (
    check_constraints,
    check_feature,
    check_head,
    check_limit,
    check_name,
    day_of,
    read_variables,
)
from offerings.catalogs.naming import heading, shorten
from offerings.catalogs.prices import PriceRules, Prices
from offerings.catalogs.units import currency_of
from offerings.catalogs.values import (
    Catalog,
    CatalogAddOn,
    CatalogBilling,
    CatalogFeature,
    CatalogHead,
    CatalogLimit,
    CatalogPlan,
    Values,
    ValueType,
)
from offerings.catalogs.yaml_source import Node
from offerings.currencies import currency_problem

UNIT_LENGTH = 50
FEATURE_FACTS = ("valueType", "type", "integrationType", "automationType", "pricingUrls", "docUrl", "tag", "render",
                 "expression", "serverExpression")  # fmt: skip
LIMIT_FACTS = ("valueType", "type", "linkedFeatures", "trackable", "period", "render", "expression", "serverExpression")
RENEWABLE = {"RENEWABLE", "TIME_DRIVEN", "RESPONSE_DRIVEN"}
LIMIT_TYPES = {"NON_RENEWABLE", *RENEWABLE, ""}
PERIOD_UNITS = {"SEC", "MIN", "HOUR", "DAY", "MONTH", "YEAR"}

Types = Mapping[str, ValueType]
ReadPrices = Callable[[Fields, PriceRules], Prices]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The peculiarities of one syntax version; each version has a module.

    ``created_at`` reads the day as ISO text, ``version`` the catalog's own version (empty: the day), ``prices`` the
    prices of a plan or add-on, ``billing`` the billing periods. ``facts`` are the fields to keep as written.
    """

    syntax_version: str
    created_at: Callable[[Fields], str]
    version: Callable[[Fields], str]
    prices: ReadPrices
    billing: Callable[[Fields, Collection[CatalogPlan]], tuple[CatalogBilling, ...]]
    facts: tuple[str, ...] = ()


def read(root: Node, *, dialect: Dialect, sha256: str) -> Catalog:
    """Return the catalog of a file; raise ``CatalogError`` at the first error."""
    notes = Notes()
    fields = Fields(root, notes)
    head = _head(fields, dialect=dialect, sha256=sha256)
    named = as_named(fields.need("features")).items()
    features = tuple(_feature(name, node, notes, head.tags) for name, node in named)
    feature_names = {feature.name for feature in features}
    limits = tuple(_limit(name, node, notes, feature_names) for name, node in fields.maps("usageLimits"))
    reader = _PlanReader(
        {item.name: item.value_type for item in features},
        {item.name: item.value_type for item in limits},
        prices=dialect.prices,
        rules=PriceRules(head.currency, read_variables(fields)),
    )
    plans = tuple(reader.plan(name, node, notes) for name, node in fields.maps("plans"))
    add_ons = _add_ons(dict(fields.maps("addOns")), reader, {plan.name for plan in plans}, notes)
    if not plans and not add_ons:
        raise root.error('The catalog has neither "plans" nor "addOns", so there is nothing to sell. Add one of them.')
    billing = dialect.billing(fields, (*plans, *add_ons))
    fields.close()
    warnings = tuple(notes.warnings)
    return Catalog(head, features, limits, plans, add_ons, billing, notes.unknown, warnings)


def _head(fields: Fields, *, dialect: Dialect, sha256: str) -> CatalogHead:
    day = dialect.created_at(fields)
    currency = fields.need("currency")
    if problem := currency_problem(as_text(currency)):
        raise currency.error(problem)
    name = fields.need("saasName")
    check_head(fields)
    fields.read_keys |= {"syntaxVersion", "version"}
    return CatalogHead(
        name=as_text(name).strip(),
        syntax_version=dialect.syntax_version,
        created_at=day,
        version=dialect.version(fields) or day,
        currency=as_text(currency),
        url=fields.text("url"),
        tags=fields.names("tags"),
        file=fields.node.file,
        sha256=sha256,
        facts=fields.keep(*dialect.facts, "variables"),
    )


def created_at(fields: Fields) -> str:
    """Return the day in ``createdAt`` as ISO text."""
    return day_of(fields.need("createdAt"), fields.notes)


def day_month_year(fields: Fields) -> str:
    """Return the day of the numbers ``day``, ``month`` and ``year``, as ISO text."""
    nodes = [fields.need(key) for key in ("year", "month", "day")]
    numbers = [as_whole(node) for node in nodes]
    try:
        return date(*numbers).isoformat()
    except (ValueError, OverflowError) as error:
        raise nodes[-1].error("Day, month and year are no date together. Correct them.") from error


def own_version(fields: Fields) -> str:
    """Return the catalog's own version; empty where it names none."""
    return fields.text("version")


def no_version(_fields: Fields) -> str:
    """Return an empty text: up to 2.0 the field ``version`` is the version of the syntax."""
    return ""


def _feature(name: str, node: Node, notes: Notes, tags: Collection[str]) -> CatalogFeature:
    fields = Fields(node, notes)
    check_name(node, name, notes)
    check_feature(fields, tags)
    value_type = _value_type(fields)
    default = fields.need("defaultValue")
    feature = CatalogFeature(
        name=name,
        value_type=value_type,
        default=as_value(default, value_type),
        description=fields.text("description"),
        group=shorten(fields.text("tag") or heading(fields.text("type") or "Features")),
        source={"section": "features", **_default_list(default), **fields.keep(*FEATURE_FACTS)},
    )
    fields.close()
    return feature


def _limit(name: str, node: Node, notes: Notes, features: Collection[str]) -> CatalogLimit:
    fields = Fields(node, notes)
    check_name(node, name, notes)
    check_limit(fields)
    value_type, default = _value_type(fields), fields.need("defaultValue")
    limit_type, linked = fields.text("type"), fields.names("linkedFeatures")
    _check_period(fields, limit_type)
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
        source={"section": "usageLimits", **_default_list(default), **fields.keep(*LIMIT_FACTS)},
        is_renewable=limit_type in RENEWABLE,
        is_trackable=fields.flag("trackable"),
        linked_features=linked,
    )
    fields.close()
    return limit


def _check_period(fields: Fields, limit_type: str) -> None:
    """Warn about a period without effect: the offering's schedule resets counters, monthly unless changed."""
    node = fields.get("period")
    if node is None:
        return
    period = Fields(node, fields.notes)
    value, unit = period.need("value"), period.need("unit")
    period.close()
    count = as_whole(value, least=1)
    if unit.raw not in PERIOD_UNITS:
        raise unit.error("This unit of time is not known. Write SEC, MIN, HOUR, DAY, MONTH or YEAR.")
    if limit_type not in RENEWABLE:
        fields.notes.warn(node, "Only a renewable limit has a period; it is kept, without effect.")
    elif (count, unit.raw) != (1, "MONTH"):
        reset = "it is kept, but counters are reset by the schedule of the offering."
        fields.notes.warn(node, f"The limit is renewed every {count} {unit.raw}; {reset}")


def _value_type(fields: Fields) -> ValueType:
    node = fields.need("valueType")
    if node.raw not in set(ValueType):
        raise node.error("This value type is not known. Write BOOLEAN, NUMERIC or TEXT.")
    return ValueType(node.raw)


def _default_list(default: Node) -> dict[str, Any]:
    return {"defaultValue": [as_text(item) for item in as_list(default)]} if isinstance(default.value, list) else {}


def _unit(fields: Fields) -> str:
    unit = fields.text("unit").strip()
    if len(unit) > UNIT_LENGTH:
        fields.notes.warn(fields.node, f"The unit is cut to {UNIT_LENGTH} characters.")
    return shorten(unit, UNIT_LENGTH)


class _PlanReader:
    """Reads plans and add-ons by the value types of the features and limits that they give values."""

    def __init__(self, features: Types, limits: Types, *, prices: ReadPrices, rules: PriceRules) -> None:
        self.features, self.limits, self.prices, self.rules = features, limits, prices, rules

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
            constraints=_constraints(fields),
        )
        _check_extensions(fields, self.limits)
        check_constraints(fields)
        fields.close()
        return add_on

    def common(self, name: str, fields: Fields) -> dict[str, Any]:
        prices = self.prices(fields, self.rules)
        self.check_unit(fields)
        check_name(fields.node, name, fields.notes)
        return {
            "name": name,
            "description": fields.text("description"),
            "price": prices.month,
            "amounts": prices.amounts,
            "unit": _unit(fields),
            "is_private": fields.flag("private"),
            "features": _values(fields, "features", self.features),
            "limits": _values(fields, "usageLimits", self.limits),
        }

    def check_unit(self, fields: Fields) -> None:
        """Refuse a unit in another currency than the catalog's: the amount would be in the wrong one."""
        node = fields.get("unit")
        currency = "" if node is None else currency_of(as_text(node))
        if node is not None and currency not in ("", self.rules.currency):
            raise node.error(f"The unit is in {currency}, the catalog in {self.rules.currency}. Write one of them.")


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


def _constraints(fields: Fields) -> dict[str, Any]:
    node = fields.get("subscriptionConstraints")
    return {} if node is None else {key: plain(entry) for key, entry in as_map(node).items()}


def _check_extensions(fields: Fields, types: Types) -> None:
    for name, node in fields.maps("usageLimitsExtensions"):
        if types[name] is not ValueType.NUMERIC:
            raise node.error(f"{name} is no number, so nothing can be added to it.")


def _add_ons(
    nodes: Mapping[str, Node], reader: _PlanReader, plans: Collection[str], notes: Notes
) -> tuple[CatalogAddOn, ...]:
    found = tuple(reader.add_on(name, node, notes) for name, node in nodes.items())
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
