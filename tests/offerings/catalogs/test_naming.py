"""Readable names, safe keys and SKUs made from a catalog's own names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerings.catalogs.naming import heading, make_sku, readable, safe_key
from offerings.models import feature_key, sku_format


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("realTimeCustomerSupport", "real Time Customer Support"),
        ("copilotIDEIntegration", "copilot IDE Integration"),
        ("gitLFSStorageLimit", "git LFS Storage Limit"),
        ("samlSingleSignOn", "saml Single Sign On"),
        ("ENTERPRISE_GRID", "ENTERPRISE GRID"),
        ("githubCodespaces16Core", "github Codespaces 16 Core"),
        ("24x7Support", "24x7 Support"),
        ("enforce2FA", "enforce 2FA"),
        ("short@pm.meAddress", "short@pm.me Address"),
        ("", "Unnamed"),
        ("a" * 60, "a" * 47 + "..."),
    ],
)
def test_names_are_readable_and_at_most_50_characters(name: str, words: str) -> None:
    assert readable(name) == words


@given(st.text(max_size=50))
def test_a_name_keeps_every_letter_in_its_case(name: str) -> None:
    kept = [letter for letter in name if not letter.isspace() and letter not in "_-"]
    shown = [letter for letter in readable(name) if not letter.isspace() and letter not in "_-"]
    assert shown == kept[: len(shown)] or readable(name).endswith("...") or not kept


@pytest.mark.parametrize(("word", "shown"), [("DOMAIN", "Domain"), ("TASK_AUTOMATION", "Task Automation")])
def test_a_word_of_the_format_becomes_a_heading(word: str, shown: str) -> None:
    assert heading(word) == shown


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
