"""A bad file stops with its name, place and reason."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.reader import read_catalog, read_catalog_bytes
from offerings.catalogs.seats import decide_seats
from offerings.catalogs.values import Catalog

GOOD = """
syntaxVersion: '2.1'
saasName: Example
createdAt: '2025-01-31'
currency: EUR
features:
  reports:
    valueType: BOOLEAN
    defaultValue: true
    type: DOMAIN
  support:
    valueType: TEXT
    defaultValue: None
usageLimits:
  usersLimit:
    valueType: NUMERIC
    defaultValue: 5
    unit: user
    type: NON_RENEWABLE
plans:
  BASIC:
    price: 10.50
    unit: /month
    features: null
    usageLimits: null
addOns:
  MORE:
    price: 1
    unit: /month
    availableFor: [BASIC]
    usageLimitsExtensions:
      usersLimit: {value: 1}
"""


def read(text: str | bytes) -> Catalog:
    return read_catalog_bytes(text if isinstance(text, bytes) else text.encode(), file="bad.yml")


def refusal(text: str | bytes) -> str:
    with pytest.raises(CatalogError) as caught:
        read(text)
    return str(caught.value)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_the_catalog_these_tests_spoil_is_good() -> None:
    assert [plan.name for plan in read(GOOD).plans] == ["BASIC"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("- a\n- b\n", "bad.yml: line 1: The file holds a list; a price catalog is a map", id="list"),
        pytest.param("just text", "bad.yml: line 1: The file holds text", id="text"),
        pytest.param("", "bad.yml: The file is empty.", id="empty"),
        pytest.param("# nothing\n", "bad.yml: The file is empty.", id="only a comment"),
        pytest.param("a: [1, 2", "bad.yml: line 2: This is not valid YAML", id="unfinished"),
        pytest.param("a: 1\n---\nb: 2\n", "bad.yml: line 2: A second document starts here.", id="two documents"),
        pytest.param("a: &x 1\nb: *x\n", "bad.yml: a (line 1): Anchors and aliases", id="anchor"),
        pytest.param("a: *x\n", "bad.yml: a (line 1): Anchors and aliases", id="alias"),
        pytest.param("&x a: 1\n", "bad.yml: line 1: Anchors and aliases", id="anchor on a name"),
        pytest.param("a: !!python/object/apply:os.system [ls]", "bad.yml: a (line 1): The tag", id="python tag"),
        pytest.param("a: !!binary aGk=", "bad.yml: a (line 1): The tag", id="binary tag"),
        pytest.param("? [a, b]\n: 1\n", "bad.yml: line 1: A name is text", id="list as a name"),
        pytest.param("a: 1\na: 2\n", "bad.yml: a (line 2): This name stands here twice.", id="name twice"),
        pytest.param('a: "x\\0y"\n', "bad.yml: a (line 1): This text holds control characters", id="NUL escape"),
        pytest.param("a: 1e99999999999\n", "bad.yml: a (line 1): This number is too long", id="huge exponent"),
        pytest.param(f"a: {'9' * 5000}\n", "bad.yml: a (line 1): This number is too long", id="long number"),
        pytest.param("a: .nan\n", "bad.yml: a (line 1): This is no number", id="not a number"),
        pytest.param("a: " + "[" * 2000, "levels deep", id="deep lists"),
        pytest.param("a: " + "{a: " * 2000, "levels deep", id="deep maps"),
        pytest.param(b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xb7\xac", "bad.yml: This is a zip archive, not", id="zip"),
        pytest.param(b"\x1f\x8b" + zlib.compress(b"x"), "bad.yml: This is a compressed file", id="gzip"),
        pytest.param(b"\x89PNG\xac", "bad.yml: This is a picture, not a price catalog.", id="picture"),
        pytest.param("a: é\n".encode("latin-1"), "bad.yml: byte 4: This is not text in UTF-8", id="latin-1"),
        pytest.param("a: 1\n".encode("utf-16"), "bad.yml: This is text in UTF-16, not in UTF-8. Save", id="utf-16"),
        pytest.param(b"a: \x00\n", "This is not valid YAML", id="NUL"),
    ],
)
def test_a_file_that_is_no_plain_map_is_refused(text: str | bytes, message: str) -> None:
    assert message in refusal(text)


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    assert "bad.yml: a0 (line 1): Anchors" in refusal("\n".join(rows))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("syntaxVersion: '2.1'", "version: '1.9'", "syntaxVersion: Pricing2Yaml 1.9 cannot be imported."),
        ("syntaxVersion: '2.1'", "syntaxVersion: '3.1'", "syntaxVersion: Pricing2Yaml 3.1 cannot be imported."),
        ("syntaxVersion: '2.1'", "day: 1\nyear: 2021", '"month" is missing here. Add it.'),
        ("syntaxVersion: '2.1'", "", '"syntaxVersion" is missing'),
        ("saasName: Example", "", '"saasName" is missing here. Add it.'),
        ("saasName: Example", "saasName: ' '", "saasName (line 3): The name is empty."),
        ("'2025-01-31'", "soon", "createdAt (line 4): This is no date."),
        ("currency: EUR", "currency: euro", "currency (line 5): This is no currency code."),
        ("features:\n  reports", "featurez:\n  reports", '"features" is missing here. Add it.'),
        (
            "defaultValue: true",
            "defaultValue: 1",
            "features.reports.defaultValue (line 9): This is a number; the value",
        ),
        ("defaultValue: true", "defaultValue: yes", "features.reports.defaultValue (line 9): This is text; the value"),
        ("defaultValue: true", "defaultValue: null", '(line 9): "defaultValue" is missing here.'),
        (
            "valueType: BOOLEAN",
            "valueType: MAYBE",
            "features.reports.valueType (line 8): This value type is not known.",
        ),
        ("valueType: BOOLEAN", "valueType: [BOOLEAN]", "features.reports.valueType (line 8): This value type is not"),
        (
            "defaultValue: None",
            "defaultValue: 3",
            "features.support.defaultValue (line 13): This is a number; the value",
        ),
        ("defaultValue: None", f"defaultValue: {'x' * 501}", "Write at most 500 characters; this has 501."),
        ("defaultValue: 5", "defaultValue: five", "usageLimits.usersLimit.defaultValue (line 17): This is text"),
        ("defaultValue: 5", "defaultValue: -.inf", "(line 17): A limit below every number"),
        ("defaultValue: 5", "defaultValue: 1e20", "(line 17): That number is too large."),
        ("defaultValue: 5", "defaultValue: 0.12345678", "(line 17): Write at most 6 digits after the point."),
        ("price: 10.50", "price: -1", "plans.BASIC.price (line 22): Write a price from 0"),
        ("price: 10.50", "price: .inf", "plans.BASIC.price (line 22): Write a price from 0"),
        ("price: 10.50", "price: true", "plans.BASIC.price (line 22): This is true or false."),
        (
            "price: 10.50",
            "price: '#base * 2'",
            "plans.BASIC.price (line 22): This price is an expression that cannot be computed: There is no",
        ),
        (
            "features: null",
            "features: {nope: {value: true}}",
            "plans.BASIC.features.nope (line 24): The catalog does not",
        ),
        ("features: null", "features: {reports: {}}", 'plans.BASIC.features.reports (line 24): "value" is missing'),
        ("features: null", "features: {reports: true}", "(line 24): This is true or false. Write a map of names."),
        (
            "features: null",
            "features: {reports: {value: 0}}",
            "plans.BASIC.features.reports.value (line 24): This is a num",
        ),
        ("features: null", "private: maybe", "plans.BASIC.private (line 24): This is text. Write true or false."),
        ("[BASIC]", "[GOLD]", "addOns.MORE.availableFor.1 (line 30): GOLD is not defined in this catalog."),
        ("[BASIC]", "BASIC", "addOns.MORE.availableFor (line 30): This is text. Write a list."),
        ("availableFor: [BASIC]", "dependsOn: [OTHER]", "addOns.MORE.dependsOn.1 (line 30): OTHER is not defined"),
        ("availableFor: [BASIC]", "excludes: [OTHER]", "addOns.MORE.excludes.1 (line 30): OTHER is not defined"),
        ("currency: EUR", "currency: EUR\nbilling: {monthly: 0}", "billing.monthly (line 6): Write what a month costs"),
        (
            "currency: EUR",
            "currency: EUR\nbilling: {monthly: 1.2}",
            "billing.monthly (line 6): Write what a month costs",
        ),
        (
            "currency: EUR",
            "currency: EUR\nbilling: {fortnightly: 1}",
            "billing.fortnightly (line 6): This billing period is",
        ),
        ("currency: EUR", "currency: EUR\nbilling: {annual: 1, annually: 1}", 'This is the same period as "annual".'),
        ("plans:\n  BASIC", "unplanned:\n  BASIC", "addOns.MORE.availableFor.1 (line 30): BASIC is not defined"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place_and_reason(old: str, new: str, message: str) -> None:
    assert message in refusal(changed(old, new))


def test_a_catalog_that_sells_nothing_is_refused() -> None:
    text = GOOD[: GOOD.index("plans:")]
    assert 'neither "plans" nor "addOns"' in refusal(text)


def test_a_file_of_more_than_2_mb_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    file.write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    with pytest.raises(CatalogError, match=r"large\.yml: The file is larger than 2 MB"):
        read_catalog(file)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"nothing\.yml: The file cannot be read: No such file"):
        read_catalog(tmp_path / "nothing.yml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "type: DOMAIN",
            "pricingURLs: []",
            "features.reports.pricingURLs (line 10): This name is not part of the format",
        ),
        ("price: 10.50", "price: null", "plans.BASIC (line 21): There is no price here"),
        ("price: 10.50", "price: '10.50'", "plans.BASIC.price (line 22): The price is a number in quotes"),
        ("type: NON_RENEWABLE", "type: ODD", "usageLimits.usersLimit (line 15): The type ODD is not known"),
        (
            "type: NON_RENEWABLE",
            "linkedFeatures: [nope]",
            "The limit is linked to nope, which the catalog does not define.",
        ),
        ("[BASIC]", "[]", "addOns.MORE.availableFor (line 30): The list is empty"),
        (
            "features: null",
            "features: {reports: {value: null}}",
            "plans.BASIC.features.reports (line 24): The value is empty",
        ),
        (
            "features: null",
            "features: {reports: {value: no, unit: x}}".replace("no", "false"),
            "reports.unit (line 24)",
        ),
    ],
)
def test_what_is_odd_is_read_with_a_warning(old: str, new: str, message: str) -> None:
    assert [message in str(warning) for warning in read(changed(old, new)).warnings] == [True]


def test_numbers_are_exact_and_unlimited_is_a_word() -> None:
    assert [
        read(changed("defaultValue: 5", f"defaultValue: {text}")).limits[0].default for text in ("1e12", ".inf", "0.5")
    ] == [
        1_000_000_000_000,
        "unlimited",
        0.5,
    ]


def test_text_that_looks_like_something_else_stays_text() -> None:
    assert read(GOOD).features[1].default == "None"


def test_a_byte_order_mark_and_comments_are_no_harm() -> None:
    assert read(b"\xef\xbb\xbf# a comment\n" + GOOD.encode()).head.name == "Example"


SNIPPETS = [
    "",
    "null",
    "{}",
    "[]",
    "[[1]]",
    "{a: 1}",
    "-1",
    "0",
    "1e12",
    ".inf",
    "true",
    "'#x'",
    "~",
    "2025-01-01",
    "é",
    "*a",
]


@given(st.integers(0, GOOD.count("\n") - 1), st.sampled_from(SNIPPETS), st.booleans())
def test_any_entry_can_be_anything_and_the_file_is_read_or_refused(line: int, snippet: str, keeps_name: bool) -> None:
    lines = GOOD.split("\n")
    name = lines[line].partition(":")[0]
    lines[line] = f"{name}: {snippet}" if keeps_name else snippet
    try:
        outcome = str(decide_seats(read("\n".join(lines))))
    except CatalogError as error:
        outcome = str(error)
    assert outcome.startswith(("Seats(", "bad.yml: "))


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    assert refusal(data).startswith("bad.yml: ")
