"""A price catalog as it was read, the same for every dialect: frozen values, no rows.

Values of features and limits are values of ``offerings.rights``; plans and add-ons hold only what they write down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from offerings.rights import Value

Values = Mapping[str, Value]


class ValueType(StrEnum):
    """What the values of a feature or limit are."""

    BOOLEAN = "BOOLEAN"
    NUMERIC = "NUMERIC"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class CatalogWarning:
    """Something odd in a file that does not stop the import: where, and a sentence."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class CatalogFeature:
    """A feature. ``source`` is everything else the file says about it, ready for JSON; never evaluated."""

    name: str
    value_type: ValueType
    default: Value
    description: str = ""
    unit: str = ""
    group: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogLimit(CatalogFeature):
    """A usage limit: renewable (used up, then reset), trackable (taken and given back), or neither."""

    is_renewable: bool = False
    is_trackable: bool = False
    linked_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogPrice:
    """The price of a month. An amount of ``None`` is "on request", with the file's words in ``text``."""

    amount: Decimal | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """A pricing plan; ``features`` and ``limits`` hold what differs from the defaults, by source name.

    ``amounts`` is what is due for a billing period, by its code, where the file says so itself (dialects 1.0 and 1.1);
    then the plan is sold for those periods alone. Empty: the price of a month times the factor of each period.
    """

    name: str
    description: str
    price: CatalogPrice
    unit: str
    is_private: bool
    features: Values
    limits: Values
    amounts: Mapping[str, CatalogPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogAddOn(CatalogPlan):
    """An add-on: its features and limits replace the plan's values, its extensions are added to them.

    An empty ``available_for`` means every plan. ``constraints`` is what the file says of the number bought.
    """

    available_for: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    extensions: Values = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """How long one payment lasts: the code of the plan it is sold under, its months, and a letter for SKUs."""

    code: str
    months: int
    letter: str


@dataclass(frozen=True, slots=True)
class CatalogBilling:
    """One way of paying: a month costs ``factor`` times the price of the plan."""

    name: str
    period: BillingPeriod
    factor: Decimal


@dataclass(frozen=True, slots=True)
class CatalogHead:
    """What a catalog says about itself; ``facts`` is kept as it was written, ready for JSON."""

    name: str
    syntax_version: str
    created_at: str
    version: str
    currency: str
    url: str
    tags: tuple[str, ...]
    file: str
    sha256: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalog:
    """One price catalog. ``unknown`` holds what no rule of the dialect names, by place."""

    head: CatalogHead
    features: tuple[CatalogFeature, ...]
    limits: tuple[CatalogLimit, ...]
    plans: tuple[CatalogPlan, ...]
    add_ons: tuple[CatalogAddOn, ...]
    billing: tuple[CatalogBilling, ...]
    unknown: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[CatalogWarning, ...] = ()
