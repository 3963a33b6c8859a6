"""Pricing2Yaml 2.1: ``syntaxVersion``, the catalog's own ``version``, and ``billing`` with a factor per period."""

from offerings.catalogs.prices import price_of_month, written_billing
from offerings.catalogs.pricing2yaml import Dialect, created_at, own_version

DIALECT = Dialect(
    syntax_version="2.1",
    created_at=created_at,
    version=own_version,
    prices=price_of_month,
    billing=written_billing,
    facts=("custom",),
)
