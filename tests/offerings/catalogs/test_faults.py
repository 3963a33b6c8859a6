"""One small file for each fault of a catalog: the sentence that is said, and the place it names."""

from decimal import Decimal
from pathlib import Path

import pytest

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.reader import read_catalog

FAULTS = Path(__file__).resolve().parent / "faults"
PRICE = "plans.BASIC.price (line 8)"

# A file that is refused: the place, and the sentence.
REFUSED = {
    "currency-small-letters.yaml": ("currency (line 4)", "Write the currency as EUR."),
    "currency-unknown.yaml": ("currency (line 4)", "EUX is no currency of ISO 4217. Write a code such as EUR or USD."),
    "price-comma-or-thousand.yaml": (
        PRICE,
        "1,200 can be read in two ways. Write 1200 without separators, or 1.2.",
    ),
    "price-dollars-in-euros.yaml": (
        PRICE,
        "$20 is not in EUR, the currency of this catalog. Write the number in it.",
    ),
    "price-in-another-unit.yaml": (
        "plans.BASIC.unit (line 9)",
        "The unit is in USD, the catalog in EUR. Write one of them.",
    ),
    "price-negative.yaml": (PRICE, "An amount is 0 or more."),
    "price-per-month.yaml": (PRICE, "This is more than an amount. Write the number alone, such as 19.90."),
    "price-point-or-thousand.yaml": (
        PRICE,
        "1.200 can be read in two ways. Write 1200 without separators, or 1.2.",
    ),
    "price-two-currencies.yaml": (PRICE, "€20 USD names two currencies. Write one of them."),
    "price-unknown-currency.yaml": (PRICE, "XYZ is no currency of ISO 4217. Write a code such as EUR or USD."),
}
# A file that is read: the warnings (place and sentence), and the monthly price of the first plan.
READ = {
    "price-decimal-comma.yaml": ((PRICE, "The price 19,90 is text; it is read as EUR 19.90."), "19.90"),
    "price-dollars.yaml": ((PRICE, "The price $20 is text; it is read as USD 20."), "20"),
    "price-euros-after.yaml": ((PRICE, "The price 9,99 EUR is text; it is read as EUR 9.99."), "9.99"),
    "price-free.yaml": ((PRICE, "Free is read as the price 0."), "0"),
    "price-german.yaml": ((PRICE, "The price 1.200,50 € is text; it is read as EUR 1200.50."), "1200.50"),
    "price-swiss.yaml": ((PRICE, "The price 1'200.- is text; it is read as EUR 1200."), "1200"),
    "price-with-a-number.yaml": (
        (PRICE, "This price has a number and is more than an amount; it is taken as on request, in its words."),
        None,
    ),
    "price-words-alone.yaml": (None, None),
}


def test_every_file_is_in_one_of_the_tables() -> None:
    assert sorted(path.name for path in FAULTS.iterdir()) == sorted([*REFUSED, *READ])


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(FAULTS / name)
    assert (caught.value.place, caught.value.reason) == REFUSED[name]


@pytest.mark.parametrize("name", READ)
def test_an_oddity_is_read_with_a_warning_at_its_place(name: str) -> None:
    catalog = read_catalog(FAULTS / name)
    warning, price = READ[name]
    assert [(each.place, each.text) for each in catalog.warnings] == ([warning] if warning else [])
    assert catalog.plans[0].price.amount == (None if price is None else Decimal(price))
