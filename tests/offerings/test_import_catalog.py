"""The command ``import_catalog``: whole or not at all."""

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from offerings.models import Edition, Feature, Offering, Plan, Product, Revision, SeatsSold
from tests.factories import ProductFactory
from tests.offerings.catalogs.real import FILES
from tests.offerings.catalogs.test_bad_files import GOOD

pytestmark = pytest.mark.django_db

PLANABLE, SLACK = FILES["planable-2019"], FILES["slack-2024"]


def import_catalog(*arguments: str | Path) -> str:
    output = StringIO()
    call_command("import_catalog", *map(str, arguments), stdout=output, stderr=output)
    return output.getvalue()


def refusal(*arguments: str | Path) -> str:
    with pytest.raises(CommandError) as caught:
        import_catalog(*arguments)
    return str(caught.value)


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("offerings").get_models()}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "example.yml"
    file.write_text(GOOD)
    return file


def test_a_file_becomes_the_drafts_of_a_new_product() -> None:
    import_catalog(PLANABLE, "--product", "planable")
    product = Product.objects.get(code="planable")
    assert product.name == "Planable"
    assert (product.features.count(), product.editions.count(), product.offerings.count()) == (9, 3, 3)
    assert not Revision.objects.exists()


def test_publish_makes_revision_1_of_every_offering_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "nightly")
    import_catalog(PLANABLE, "--product", "planable", "--publish")
    assert set(Revision.objects.values_list("offering__sku", "number", "note", "published_by_name")) == {
        (sku, 1, "Imported from planable-2019.yml", "system (nightly)")
        for sku in Offering.objects.values_list("sku", flat=True)
    }


def test_a_dry_run_shows_skus_and_prices_and_leaves_nothing() -> None:
    before = rows()
    output = import_catalog(PLANABLE, "--product", "planable", "--dry-run", "--publish")
    assert "PLANAB-START-M-B2A75  STARTER monthly" in output
    assert "USD 24.00 per seat" in output
    assert "on request (Contact Us)" in output
    assert "nothing was written" in output
    assert rows() == before


def test_warnings_are_shown_with_their_place() -> None:
    output = import_catalog(FILES["github-2025"], "--product", "github")
    assert "github-2025.yml: features.copilotAnsweringAboutIssues,PRs,Etc: Its key is copilotAnswering" in output


def test_several_files_go_into_their_products_in_order() -> None:
    import_catalog(PLANABLE, SLACK, "--product", "planable", "--product", "chat")
    assert list(Product.objects.order_by("code").values_list("code", "name")) == [
        ("chat", "slack"),
        ("planable", "Planable"),
    ]


def test_products_share_the_plans_of_their_billing_periods() -> None:
    import_catalog(FILES["notion-2025"], FILES["trello-2024"], "--product", "notion", "--product", "trello")
    assert set(Plan.objects.values_list("code", "duration", "plan_type")) == {
        ("monthly", "P1M", "paid"),
        ("annual", "P1Y", "paid"),
        ("free-monthly", "P1M", "free"),
        ("free-annual", "P1Y", "free"),
    }


def test_files_and_products_must_be_as_many() -> None:
    assert "files 2, products 1" in refusal(PLANABLE, SLACK, "--product", "planable")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- a list\n", "line 1: The file holds a list"),
        (b"a: &a [x]\nb: [*a, *a]\n", "a (line 1): Anchors and aliases"),
        (b"PK\x03\x04\x00\xff", "This is a zip archive"),
        (b"x: 1\nx: 2\n", "x (line 2): This name stands here twice"),
        (GOOD.replace("[BASIC]", "[GOLD]").encode(), "availableFor.1 (line 30): GOLD is not defined"),
        (GOOD.replace("price: 10.50", "price: -1").encode(), "plans.BASIC.price (line 22): Write a price from 0"),
        (b"#" * 2_100_000, "larger than 2 MB"),
    ],
    ids=["list", "bomb", "zip", "name twice", "unknown plan", "wrong price", "too large"],
)
def test_a_bad_second_file_stops_the_first_one_too(tmp_path: Path, content: bytes, message: str) -> None:
    bad, before = tmp_path / "bad.yml", rows()
    bad.write_bytes(content)
    refused = refusal(PLANABLE, bad, "--product", "planable", "--product", "bad", "--publish")
    assert refused.startswith(f"{bad}: ")
    assert message in refused
    assert rows() == before


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("by-hand", "product by-hand: This product was made by hand"),
        ("Not a code!", "product Not a code!: Enter a valid"),
        ("x" * 51, "at most 50 characters"),
    ],
)
def test_a_code_of_a_product_made_by_hand_or_no_code_is_refused(code: str, message: str) -> None:
    ProductFactory(code="by-hand")
    before = rows()
    assert message in refusal(SLACK, "--product", code)
    assert rows() == before


def test_the_same_code_for_two_files_is_refused_and_nothing_is_written() -> None:
    before = rows()
    assert "Two files go into one product" in refusal(PLANABLE, SLACK, "--product", "both", "--product", "both")
    assert rows() == before


def test_a_plan_of_the_same_code_that_means_something_else_is_refused() -> None:
    Plan.objects.create(code="monthly", name="Monthly", duration="P2M")
    assert 'The plan "monthly" is retired or has other terms' in refusal(PLANABLE, "--product", "planable")
    assert not Product.objects.exists()


def test_plans_that_differ_only_in_their_price_keep_false_and_0_over_true_and_100(catalog: Path) -> None:
    text = GOOD.replace("defaultValue: 5\n    unit: user", "defaultValue: 100\n    unit: report")
    text = text.replace("features: null", "features: {reports: {value: false}}")
    catalog.write_text(text.replace("usageLimits: null", "usageLimits: {usersLimit: {value: 0}}"))
    import_catalog(catalog, "--product", "example")
    values = Edition.objects.get(key="BASIC").values.values_list("feature__key", "value")
    assert dict(values) == {"reports": False, "usersLimit": 0}


def test_names_become_safe_unique_keys_and_are_kept(catalog: Path) -> None:
    extra = "".join(
        f"  {name}: {{valueType: BOOLEAN, defaultValue: true}}\n" for name in ("a b", "a_b", "A_B", "été", "x" * 70)
    )
    catalog.write_text(GOOD.replace("  support:", f"{extra}  support:"))
    import_catalog(catalog, "--product", "example")
    keys = dict(Feature.objects.values_list("source_name", "key"))
    assert [keys[name] for name in ("a b", "a_b", "A_B", "été", "x" * 70)] == ["a_b", "a_b_2", "A_B_3", "ete", "x" * 64]


def test_a_feature_and_a_limit_of_one_name_get_keys_of_their_own(catalog: Path) -> None:
    catalog.write_text(
        GOOD.replace("  support:", "  usersLimit: {valueType: BOOLEAN, defaultValue: true}\n  support:").replace(
            "unit: user", "unit: file"
        )
    )
    import_catalog(catalog, "--product", "example")
    assert set(Feature.objects.filter(source_name="usersLimit").values_list("key", "kind")) == {
        ("usersLimit", "flag"),
        ("usersLimit_2", "number"),
    }


def test_html_in_a_file_is_kept_as_text(catalog: Path) -> None:
    catalog.write_text(GOOD.replace("saasName: Example", "saasName: '<script>alert(1)</script>'"))
    import_catalog(catalog, "--product", "example")
    assert Product.objects.get().name == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("old", "new", "sold"),
    [
        ("unit: user", "unit: user", (SeatsSold.FIXED, 5)),
        ("unit: user", "unit: virtual user", (SeatsSold.FIXED, "unlimited")),
        ("unit: user", "unit: user/month", (SeatsSold.FIXED, "unlimited")),
        ("unit: user", "unit: guest", (SeatsSold.FIXED, "unlimited")),
        ("unit: user", "unit: editors", (SeatsSold.FIXED, 5)),
        ("defaultValue: 5", "defaultValue: .inf", (SeatsSold.FIXED, "unlimited")),
        ("defaultValue: 5", "defaultValue: 0", (SeatsSold.FIXED, "unlimited")),
        ("type: NON_RENEWABLE", "type: RENEWABLE", (SeatsSold.FIXED, "unlimited")),
        ("price: 10.50\n    unit: /month", "price: 10.50\n    unit: user/month", (SeatsSold.PER_QUANTITY, None)),
        (
            "price: 10.50\n    unit: /month",
            "price: 10.50\n    unit: per kiosk user/month",
            (SeatsSold.PER_QUANTITY, None),
        ),
        ("price: 10.50\n    unit: /month", "price: 10.50\n    unit: 500 users/month", (SeatsSold.FIXED, 5)),
    ],
)
def test_a_limit_is_the_seats_by_its_unit(catalog: Path, old: str, new: str, sold: tuple[str, object]) -> None:
    catalog.write_text(GOOD.replace(old, new))
    import_catalog(catalog, "--product", "example")
    offering = Offering.objects.get(edition__key="BASIC")
    assert (offering.seats_sold, offering.seat_limit) == sold


def test_a_limit_that_is_a_minimum_is_not_the_seats(catalog: Path) -> None:
    catalog.write_text(GOOD.replace("usersLimit", "minUsers"))
    import_catalog(catalog, "--product", "example")
    assert Offering.objects.get(edition__key="BASIC").seat_limit == "unlimited"
    assert Feature.objects.filter(key="minUsers").exists()


def test_renewable_limits_with_fractions_are_numbers_and_trackable_ones_pools(catalog: Path) -> None:
    text = GOOD.replace("type: NON_RENEWABLE", "type: NON_RENEWABLE\n    trackable: true").replace(
        "unit: user", "unit: file"
    )
    extra = "  hours: {valueType: NUMERIC, defaultValue: 0.5, unit: hour, type: RENEWABLE}\n"
    catalog.write_text(text.replace("usageLimits:\n  users", f"usageLimits:\n{extra}  users"))
    output = import_catalog(catalog, "--product", "example")
    assert dict(Feature.objects.filter(kind__in=["pool", "number"]).values_list("key", "kind")) == {
        "hours": "number",
        "usersLimit": "pool",
    }
    assert "usageLimits.hours: It has values that are not whole" in output


def test_private_plans_make_private_offerings(catalog: Path) -> None:
    catalog.write_text(GOOD.replace("    price: 10.50", "    private: true\n    price: 10.50"))
    import_catalog(catalog, "--product", "example")
    assert Offering.objects.get(edition__key="BASIC").is_private


def test_amounts_in_a_currency_without_cents_are_whole(catalog: Path) -> None:
    catalog.write_text(GOOD.replace("currency: EUR", "currency: JPY"))
    import_catalog(catalog, "--product", "example")
    assert Offering.objects.get(edition__key="BASIC").charges.get().amount == 11


def test_a_catalog_of_add_ons_alone_is_imported(catalog: Path) -> None:
    start, end = GOOD.index("plans:"), GOOD.index("addOns:")
    catalog.write_text((GOOD[:start] + GOOD[end:]).replace("    availableFor: [BASIC]\n", ""))
    import_catalog(catalog, "--product", "example")
    assert list(Offering.objects.values_list("kind", "edition__key")) == [("add_on", "MORE")]


def test_a_code_a_catalog_was_imported_into_is_brought_up_to_the_new_file() -> None:
    import_catalog(FILES["overleaf-2024"], "--product", "overleaf")
    output = import_catalog(FILES["overleaf-2025"], "--product", "overleaf")
    assert (
        "overleaf-2025.yml -> product overleaf (Overleaf - Individual): "
        "features 3 added, 1 changed, 4 retired, 13 unchanged; editions 2 changed, 1 unchanged; "
        "offerings 3 added, 3 unchanged." in output
    )


def test_a_dry_run_of_an_update_shows_what_was_and_what_would_be() -> None:
    import_catalog(FILES["overleaf-2024"], "--product", "overleaf")
    before = rows()
    output = import_catalog(FILES["overleaf-2025"], "--product", "overleaf", "--dry-run")
    assert "      Kind: flag -> number\n      Default: on -> 1\n" in output
    assert "- feature   latexEditor" in output
    assert rows() == before


def test_publish_publishes_only_what_an_update_changed(catalog: Path) -> None:
    import_catalog(catalog, "--product", "example", "--publish")
    catalog.write_text(GOOD.replace("price: 10.50", "price: 12"))
    assert "  1 published." in import_catalog(catalog, "--product", "example", "--publish")
    assert list(Revision.objects.filter(number=2).values_list("offering__edition__key", flat=True)) == ["BASIC"]


def test_a_product_made_by_hand_needs_the_flag(catalog: Path) -> None:
    ProductFactory(code="example")
    assert "Use --into-existing to say so." in refusal(catalog, "--product", "example")
    import_catalog(catalog, "--product", "example", "--into-existing")
    assert Offering.objects.filter(product__code="example").count() == 2


def test_a_file_that_empties_the_catalog_needs_the_code_typed() -> None:
    import_catalog(PLANABLE, "--product", "planable")
    before = rows()
    refused = refusal(SLACK, "--product", "planable", "--confirm-emptying", "planabel")
    assert "All 3 plans it has now would be retired." in refused
    assert "give --confirm-emptying planable. Nothing was written." in refused
    assert rows() == before
    assert Offering.objects.on_sale().count() == 3
    import_catalog(SLACK, "--product", "planable", "--confirm-emptying", "planable")
    assert Offering.objects.exclude(retired_at=None).count() == 3


def test_a_dry_run_of_a_file_that_empties_the_catalog_says_what_will_be_asked() -> None:
    import_catalog(PLANABLE, "--product", "planable")
    assert "will ask for --confirm-emptying" in import_catalog(SLACK, "--product", "planable", "--dry-run")


def test_files_are_read_by_the_dialect_that_is_named(catalog: Path) -> None:
    catalog.write_text(GOOD.replace("syntaxVersion: '2.1'", "syntaxVersion: '3.7'"))
    assert "Pricing2Yaml 3.7 cannot be imported" in refusal(catalog, "--product", "example")
    import_catalog(catalog, "--product", "example", "--dialect", "3.0")
    assert Product.objects.get().catalog["syntax_version"] == "3.0"
