"""Pricing2Yaml 2.0: one monthly ``price``; ``version`` still is the version of the syntax."""

from offerings.catalogs.prices import old_billing, price_of_month
from offerings.catalogs.pricing2yaml import Dialect, created_at, no_version

DIALECT = Dialect(
    syntax_version="2.0",
    created_at=created_at,
    version=no_version,
    prices=price_of_month,
    billing=old_billing,
    facts=("hasAnnualPayment", "starts", "ends"),
)
