"""The values of a price catalog, the same for every dialect: frozen values, no rows.

Values of features and limits are values of ``offerings.rights``; plans and add-ons have only the values they write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from offerings.rights import Value

Values = Mapping[str, Value]


class ValueType(StrEnum):
    """The type of the values of a feature or limit."""

    BOOLEAN = "BOOLEAN"
    NUMERIC = "NUMERIC"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class CatalogWarning:
    """An oddity of a file that does not stop the import: its place, and a sentence."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class CatalogFeature:
    """A feature. ``source`` are all other facts of the file, ready for JSON and never evaluated."""

    name: str
    value_type: ValueType
    default: Value
    description: str = ""
    unit: str = ""
    group: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogLimit(CatalogFeature):
    """A usage limit: renewable (used up, then reset), trackable (checked out and returned), or neither."""

    is_renewable: bool = False
    is_trackable: bool = False
    linked_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogPrice:
    """A price. An amount of ``None`` is "on request", with the words of the file in ``text``."""

    amount: Decimal | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """A pricing plan. ``features`` and ``limits`` are the values that differ from the defaults, by source name.

    ``price`` is monthly. ``amounts`` are the amounts due by the code of the billing period, in files that write them
    (dialects 1.0 and 1.1); such a plan is sold for those periods alone. Empty: ``price`` times the factor of a period.
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
    """An add-on: its features and limits replace the values of the plan, its extensions add to them.

    An empty ``available_for`` means every plan. ``constraints`` are the limits of the file on the number bought.
    """

    available_for: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    extensions: Values = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """The time between two payments: the code of its plan, its months, and its letter in SKUs."""

    code: str
    months: int
    letter: str


@dataclass(frozen=True, slots=True)
class CatalogBilling:
    """One billing period of a catalog; a month costs ``factor`` times the price of the plan."""

    name: str
    period: BillingPeriod
    factor: Decimal


@dataclass(frozen=True, slots=True)
class CatalogHead:
    """The head of a catalog. ``facts`` are fields kept as written, ready for JSON."""

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
    """One price catalog. ``unknown`` are the fields that the dialect does not know, by place."""

    head: CatalogHead
    features: tuple[CatalogFeature, ...]
    limits: tuple[CatalogLimit, ...]
    plans: tuple[CatalogPlan, ...]
    add_ons: tuple[CatalogAddOn, ...]
    billing: tuple[CatalogBilling, ...]
    unknown: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[CatalogWarning, ...] = ()
