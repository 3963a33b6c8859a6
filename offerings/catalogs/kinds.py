"""The kind of right of each feature and limit of a catalog. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from offerings import rights
from offerings.catalogs.values import Catalog, CatalogFeature, CatalogLimit, Values, ValueType
from offerings.rights import Kind, Right, Value


def feature_kind(item: CatalogFeature, values: Iterable[Value]) -> Kind:
    """Return the kind that can hold all ``values`` of a feature or limit in a catalog.

    True or false is a flag, text is text. A renewable number is a usage count and a trackable one an element pool, if
    all its values are whole and not negative; every other number is a number.
    """
    if item.value_type is ValueType.BOOLEAN:
        return Kind.FLAG
    if item.value_type is ValueType.TEXT:
        return Kind.TEXT
    wanted = wanted_kind(item)
    right = Right(item.name, wanted, item.name)
    return wanted if all(rights.is_valid(right, value) for value in values) else Kind.NUMBER


def wanted_kind(item: CatalogFeature) -> Kind:
    """Return the kind of a number by the type of its limit, whatever its values."""
    if isinstance(item, CatalogLimit) and item.is_renewable:
        return Kind.COUNT
    return Kind.POOL if isinstance(item, CatalogLimit) and item.is_trackable else Kind.NUMBER


def values_of_features(catalog: Catalog) -> Mapping[str, list[Value]]:
    """Return the values of each feature in plans and add-ons, by name."""
    return _values_by_name(sold.features for sold in (*catalog.plans, *catalog.add_ons))


def values_of_limits(catalog: Catalog) -> Mapping[str, list[Value]]:
    """Return the values and added amounts of each usage limit in plans and add-ons, by name."""
    replaced = (sold.limits for sold in (*catalog.plans, *catalog.add_ons))
    return _values_by_name((*replaced, *(add_on.extensions for add_on in catalog.add_ons)))


def _values_by_name(written: Iterable[Values]) -> Mapping[str, list[Value]]:
    found: defaultdict[str, list[Value]] = defaultdict(list)
    for values in written:
        for name, value in values.items():
            found[name].append(value)
    return found
