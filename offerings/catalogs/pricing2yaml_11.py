"""Pricing2Yaml 1.1: 1.0 with ``createdAt`` in place of three numbers, and the days that bound a price list."""

from offerings.catalogs.prices import old_billing, prices_of_month_and_year
from offerings.catalogs.pricing2yaml import Dialect, created_at, no_version

DIALECT = Dialect(
    syntax_version="1.1",
    created_at=created_at,
    version=no_version,
    prices=prices_of_month_and_year,
    billing=old_billing,
    facts=("hasAnnualPayment", "starts", "ends"),
)
