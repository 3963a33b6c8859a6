"""Every dialect gives the same values, and what is odd in one is named."""

from decimal import Decimal
from typing import Any

import pytest

from offerings.catalogs.billing import price_due
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.reader import read_catalog_bytes
from offerings.catalogs.values import Catalog, CatalogPlan
from tests.offerings.catalogs.test_bad_files import GOOD, changed, read, refusal

BODY = """
currency: EUR
features:
  sso: {valueType: BOOLEAN, defaultValue: true}
plans:
  BASIC:
    PRICES
    unit: /month
    features: {sso: {value: false}}
"""
OLD_DAY = "saasName: Old\nday: 3\nmonth: 7\nyear: 2021\n"
HEADS = {
    "1.0": OLD_DAY,
    "1.1": "saasName: Old\nversion: '1.1'\ncreatedAt: 2021-07-03\nstarts: 2021-07-03 10:00:00\nends: null\n",
    "2.0": "saasName: Old\nversion: 2.0\ncreatedAt: '2021-07-03'\n",
    "2.1": "saasName: Old\nsyntaxVersion: '2.1'\ncreatedAt: '2021-07-03'\n",
    "3.0": "saasName: Old\nsyntaxVersion: '3.0'\ncreatedAt: 2021-07-03\n",
}


def old(prices: str, *, head: str = OLD_DAY, extra: str = "") -> Catalog:
    return read(head + extra + BODY.replace("PRICES", prices.replace("; ", "\n    ")))


def amounts(catalog: Catalog) -> dict[str, Any]:
    """Return what the first plan costs for each billing period."""
    plan: CatalogPlan = catalog.plans[0]
    prices = {each.period.code: price_due(plan, each, currency="EUR") for each in catalog.billing}
    return {
        code: price and (price.amount if price.amount is not None else price.text) for code, price in prices.items()
    }


def warned(catalog: Catalog) -> str:
    return "\n".join(map(str, catalog.warnings))


@pytest.mark.parametrize("version", HEADS)
def test_all_dialects_give_the_same_values(version: str) -> None:
    price = "monthlyPrice: 9.99" if version < "2" else "price: 9.99"
    catalog = old(price, head=HEADS[version])
    head = catalog.head
    assert (head.syntax_version, head.created_at, head.version) == (version, "2021-07-03", "2021-07-03")
    assert amounts(catalog) == {"monthly": Decimal("9.99")}
    assert catalog.plans[0].features == {"sso": False}
    assert catalog.warnings == ()


def test_a_dialect_can_be_chosen_against_what_the_file_says() -> None:
    text = changed("syntaxVersion: '2.1'", "syntaxVersion: '3.1'").encode()
    assert read_catalog_bytes(text, file="new.yml", dialect="3.0").head.syntax_version == "3.0"


def test_an_unknown_dialect_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(CatalogError, match=r"3\.1 cannot be imported\. Known are 1\.0, 1\.1, 2\.0, 2\.1, 3\.0"):
        read(changed("syntaxVersion: '2.1'", "syntaxVersion: '3.1'"))


@pytest.mark.parametrize(
    ("prices", "meant", "warning"),
    [
        ("monthlyPrice: 10; annualPrice: 100", {"monthly": 10, "annual": 100}, "taken as what the whole year costs"),
        ("monthlyPrice: 10; annualPrice: 8", {"monthly": 10, "annual": 96}, "what a month costs when paid by the year"),
        ("monthlyPrice: 10; annualPrice: 10", {"monthly": 10, "annual": 120}, "not above the price of a month"),
        ("monthlyPrice: 0; annualPrice: 0", {"monthly": 0, "annual": 0}, ""),
        ("monthlyPrice: Ask; annualPrice: Ask us", {"monthly": "Ask", "annual": "Ask us"}, ""),
        ("annualPrice: 120", {"monthly": None, "annual": 120}, "taken as what the whole year costs"),
        ("monthlyPrice: null; annualPrice: null", {"monthly": ""}, "There is no price here"),
        ("monthlyPrice: '12.50'", {"monthly": Decimal("12.50")}, "a number in quotes"),
    ],
)
def test_annual_prices_of_old_files_are_told_apart_and_reported(
    prices: str, meant: dict[str, object], warning: str
) -> None:
    catalog = old(prices)
    assert amounts(catalog) == meant
    assert warning in warned(catalog)


@pytest.mark.parametrize(
    ("extra", "periods", "warning"),
    [
        ("hasAnnualPayment: true\n", ["monthly", "annual"], ""),
        ("hasAnnualPayment: null\n", ["monthly", "annual"], "hasAnnualPayment (line 5): This is empty"),
        ("hasAnnualPayment: false\n", ["monthly"], "the annual prices are left out"),
    ],
)
def test_payment_by_the_year_decides_whether_annual_prices_count(extra: str, periods: list[str], warning: str) -> None:
    catalog = old("monthlyPrice: 10; annualPrice: 100", extra=extra)
    assert [each.period.code for each in catalog.billing] == periods
    assert warning in warned(catalog)
    assert catalog.head.facts.keys() <= {"hasAnnualPayment"}


def test_payment_by_the_year_without_a_price_is_reported() -> None:
    catalog = old("price: 10", head=HEADS["2.0"], extra="hasAnnualPayment: true\n")
    assert "There is no annual price, so everything is sold by the month." in warned(catalog)


def test_the_time_a_price_list_holds_is_kept() -> None:
    facts = old("monthlyPrice: 1", head=HEADS["1.1"]).head.facts
    assert facts == {"starts": "2021-07-03 10:00:00"}


@pytest.mark.parametrize(
    ("old_line", "new_line", "message"),
    [
        ("month: 7", "month: 13", "Day, month and year are no date together"),
        ("month: 7", "month: July", "month (line 3): Write a whole number, in digits alone."),
        ("month: 7", "", '"month" is missing here'),
        ("year: 2021", f"year: {'9' * 30}", "year (line 4): Write a whole number up to 9223372036854775807."),
        ("year: 2021", f"year: {'9' * 12}", "Day, month and year are no date together"),
        ("year: 2021", "year: 2,021", "year (line 4): Write 2021 without separators."),
        ("saasName: Old", "saasName: Old\nhasAnnualPayment: maybe", "Write true or false."),
    ],
)
def test_a_wrong_head_of_an_old_file_is_refused(old_line: str, new_line: str, message: str) -> None:
    text = (OLD_DAY + BODY.replace("PRICES", "monthlyPrice: 1")).replace(old_line, new_line)
    assert message in refusal(text)


def test_lists_of_plans_and_add_ons_mean_the_same_as_maps() -> None:
    text = GOOD.replace("plans:\n  BASIC:\n    price", "plans:\n  - name: BASIC\n    price")
    text = text.replace("addOns:\n  MORE:\n    price", "addOns:\n  - name: MORE\n    price")
    listed, mapped = read(text), read(GOOD)
    assert (listed.plans, listed.add_ons, listed.warnings) == (mapped.plans, mapped.add_ons, ())


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        ("plans: [{price: 1}]", '"name" is missing here'),
        ("plans: [{name: A, price: 1}, {name: A, price: 2}]", "plans.2.name (line 6): This name stands here twice"),
        ("plans: [A]", "plans.1 (line 6): This is text. Write a map of names."),
        ("plans: A", "plans (line 6): This is text. Write a map of names."),
    ],
)
def test_a_wrong_list_of_plans_is_refused(plans: str, message: str) -> None:
    assert message in refusal(f"{HEADS['2.1']}currency: EUR\nfeatures: {{}}\n{plans}\n")


def test_a_renewable_limit_has_a_period_which_is_kept_and_said_to_be_without_effect() -> None:
    catalog = read(
        changed("type: NON_RENEWABLE", "type: RENEWABLE\n    period: {value: 1, unit: DAY}").replace("'2.1'", "'3.0'")
    )
    assert catalog.limits[0].source["period"] == {"value": 1, "unit": "DAY"}
    assert "The limit is renewed every 1 DAY; it is kept" in warned(catalog)


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ("{value: 0, unit: DAY}", "a whole number of 1 or more"),
        ("{value: 1, unit: WEEK}", "Write SEC, MIN, HOUR, DAY, MONTH or YEAR."),
        ("{value: 1}", '"unit" is missing here'),
        ("daily", "Write a map of names."),
    ],
)
def test_a_wrong_period_is_refused(period: str, message: str) -> None:
    assert message in refusal(changed("type: NON_RENEWABLE", f"type: RENEWABLE\n    period: {period}"))


def test_a_period_of_a_limit_that_is_not_renewed_is_kept_and_reported() -> None:
    catalog = read(changed("type: NON_RENEWABLE", "type: NON_RENEWABLE\n    period: {value: 1, unit: DAY}"))
    assert "Only a renewable limit has a period" in warned(catalog)


def test_long_units_and_prices_in_words_are_cut_with_a_warning() -> None:
    catalog = read(changed("price: 10.50\n    unit: /month", f"price: {'ask ' * 40}\n    unit: {'u' * 60}"))
    assert len(catalog.plans[0].price.text) == 100
    assert "The words of the price are cut to 100 characters." in warned(catalog)
    assert "The unit is cut to 50 characters." in warned(catalog)


def test_billing_in_an_old_file_is_read_as_in_a_new_one() -> None:
    catalog = old("price: 10", head=HEADS["2.0"], extra="billing: {monthly: 1, annual: 0.5}\n")
    assert amounts(catalog) == {"monthly": 10, "annual": 60}


def test_a_plan_without_an_annual_price_is_sold_by_the_month_alone() -> None:
    catalog = read(OLD_DAY + BODY.replace("PRICES", "monthlyPrice: 1") + "  PRO: {monthlyPrice: 2, annualPrice: 20}\n")
    assert amounts(catalog) == {"monthly": 1, "annual": None}


def test_what_an_add_on_says_of_the_number_bought_is_kept() -> None:
    text = changed("availableFor: [BASIC]", "subscriptionConstraints: {minQuantity: 1, maxQuantity: .inf}")
    assert read(text).add_ons[0].constraints == {"minQuantity": 1, "maxQuantity": ".inf"}


def test_custom_facts_are_kept_and_not_interpreted() -> None:
    text = changed("currency: EUR", "currency: EUR\ncustom: {anything: [1, {a: '#x'}]}")
    assert read(text).head.facts == {"custom": {"anything": [1, {"a": "#x"}]}}


def test_a_misspelt_name_is_kept_and_the_right_one_suggested() -> None:
    catalog = read(changed("type: DOMAIN", "pricingsUrls: [x]"))
    assert catalog.unknown == {"features.reports.pricingsUrls": ["x"]}
    assert "it is kept, without effect. Perhaps pricingUrls is meant." in warned(catalog)


def test_names_that_differ_only_in_case_are_two() -> None:
    more = "".join(f"  {name}: {{valueType: BOOLEAN, defaultValue: true}}\n" for name in ("timesheets", "timeSheets"))
    catalog = read(changed("  support:", f"{more}  support:"))
    assert [feature.name for feature in catalog.features] == ["reports", "timesheets", "timeSheets", "support"]


@pytest.mark.parametrize("number", [10**9, 10**12, 10**17, 2**63 - 1])
def test_large_whole_numbers_stay_exact(number: int) -> None:
    assert read(changed("defaultValue: 5", f"defaultValue: {number}")).limits[0].default == number


@pytest.mark.parametrize(
    "text", ["None", "''", "2%", "+1%", "10x", "'1,000+'", "Coming soon", "2.9% + 30¢", "'1e12'", "yes"]
)
def test_text_that_looks_like_something_else_stays_what_it_is(text: str) -> None:
    assert read(changed("defaultValue: None", f"defaultValue: {text}")).features[1].default == text.strip("'")
