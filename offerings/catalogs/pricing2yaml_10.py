"""Pricing2Yaml 1.0: the day in three numbers, monthly and annual prices, ``hasAnnualPayment``."""

from offerings.catalogs.prices import old_billing, prices_of_month_and_year
from offerings.catalogs.pricing2yaml import Dialect, day_month_year, no_version

DIALECT = Dialect(
    syntax_version="1.0",
    created_at=day_month_year,
    version=no_version,
    prices=prices_of_month_and_year,
    billing=old_billing,
    facts=("hasAnnualPayment",),
)
