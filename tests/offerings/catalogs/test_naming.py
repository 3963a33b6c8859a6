"""Readable names, safe keys and SKUs made from a catalog's own names."""

import pytest

from offerings.catalogs.naming import make_sku, readable, safe_key
from offerings.models import feature_key, sku_format


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("realTimeCustomerSupport", "Real time customer support"),
        ("copilotIDEIntegration", "Copilot IDE integration"),
        ("gitLFSStorageLimit", "Git LFS storage limit"),
        ("samlSingleSignOn", "SAML single sign on"),
        ("ENTERPRISE_GRID", "Enterprise Grid"),
        ("githubCodespaces16Core", "Github codespaces 16 core"),
        ("24x7Support", "24x7 support"),
        ("enforce2FA", "Enforce 2FA"),
        ("short@pm.meAddress", "Short@pm.me address"),
        ("", "Unnamed"),
        ("a" * 60, "A" + "a" * 46 + "..."),
    ],
)
def test_names_are_readable_and_at_most_50_characters(name: str, words: str) -> None:
    assert readable(name) == words


@pytest.mark.parametrize(
    "name", ["short@pm.meAddress", "24/7support", "boxAIQ&ASingleDoc/Image", "3RD_PARTY", "hr-drivenIt"]
)
def test_safe_names_are_keys_as_they_are(name: str) -> None:
    assert safe_key(name, used=set()) == name


@pytest.mark.parametrize("name", ["", " ", "@", "日本", "a,b c", "ß" * 80, "../etc"])
def test_any_name_becomes_a_key(name: str) -> None:
    feature_key(safe_key(name, used=set()))


def test_a_long_key_that_is_taken_stays_within_64_characters() -> None:
    taken = {"x" * 64}
    assert safe_key("x" * 70, used=taken) == "x" * 62 + "_2"


def test_a_taken_sku_is_replaced_by_another_of_the_same_name() -> None:
    sku = new_sku()
    other = new_sku(taken={sku})
    assert other != sku
    assert other[:-5] == sku[:-5]


def new_sku(taken: frozenset[str] | set[str] = frozenset(), **changes: str) -> str:
    facts = {"product_code": "mail", "name": "plus", "period": "monthly", "letter": "M"} | changes
    return make_sku(**facts, is_used=taken.__contains__)


@pytest.mark.parametrize("changes", [{"product_code": "mail-2"}, {"name": "Plus"}, {"period": "annual"}])
def test_product_name_and_period_each_make_another_sku(changes: dict[str, str]) -> None:
    assert new_sku(**changes) != new_sku()


@pytest.mark.parametrize(
    "name", ["", "日本", "a" * 90, "one two three four five six seven eight nine ten eleven twelve"]
)
@pytest.mark.parametrize("product_code", ["x", "_", "a-very-long-product-code"])
def test_any_name_makes_a_sku_of_20_characters_at_most(name: str, product_code: str) -> None:
    sku = new_sku(name=name, product_code=product_code, letter="2Y")
    sku_format(sku)
    assert len(sku) <= 20
