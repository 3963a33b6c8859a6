"""Pricing2Yaml 2.1: ``syntaxVersion``, the catalog's own ``version``, and ``billing`` with a factor per period."""

from collections.abc import Collection

from offerings.catalogs.fields import Fields
from offerings.catalogs.prices import price_of_month, written_billing
from offerings.catalogs.pricing2yaml import Dialect, created_at, own_version
from offerings.catalogs.values import CatalogBilling, CatalogPlan


def _billing(fields: Fields, _sold: Collection[CatalogPlan]) -> tuple[CatalogBilling, ...]:
    return written_billing(fields)


DIALECT = Dialect(
    syntax_version="2.1",
    created_at=created_at,
    version=own_version,
    prices=price_of_month,
    billing=_billing,
    facts=("custom",),
)
