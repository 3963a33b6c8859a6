"""Every real catalog, of any dialect, imports, and the rows mean what the file means."""

from decimal import Decimal
from typing import Any

import pytest

from config.actors import System
from offerings.catalogs.importer import ImportedCatalog, import_catalog
from offerings.catalogs.reader import read_catalog
from offerings.drafts import drafts
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, OfferingKind, Product, SeatsSold
from tests.offerings.catalogs.real import FILES, expected, joined

pytestmark = pytest.mark.django_db


@pytest.fixture(params=FILES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def product(name: str) -> Product:
    return import_file(name).product


def import_file(name: str) -> ImportedCatalog:
    return import_catalog(read_catalog(FILES[name]), product_code=name, made_by=System("tests"))


def features_of(product: Product, section: str) -> dict[str, str]:
    """Return the key of the right each name of a section of the file became."""
    found = Feature.objects.filter(product=product, source__section=section)
    return {feature.source_name: f"feature.{feature.key}" for feature in found}


def granted(product: Product, offering: Offering) -> dict[str, dict[str, Any]]:
    """Return what publishing an offering would grant, by the names of the file."""
    compiled = drafts([offering])[0].rights
    limits = features_of(product, "usageLimits")
    seats = product.catalog.get("seats", {}).get("name")
    if seats and seats not in limits:
        limits[seats] = "seat_limit"
    names = {"features": features_of(product, "features"), "usageLimits": limits}
    return {section: {name: compiled[key] for name, key in keys.items()} for section, keys in names.items()}


def test_every_feature_and_limit_of_every_plan_has_its_effective_value(name: str, product: Product) -> None:
    offerings = Offering.objects.filter(product=product, kind=OfferingKind.PLAN).select_related("edition")
    found = [(offering.edition.source_name, granted(product, offering)) for offering in offerings]
    meant = {
        plan: {"features": joined(facts["features"]), "usageLimits": joined(facts["usageLimits"])}
        for plan, facts in expected(name)["plans"].items()
    }
    assert found
    assert {plan for plan, _values in found} == set(meant)
    for plan, values in found:
        assert values == meant[plan]
        assert [type(value) for value in flat(values)] == [type(value) for value in flat(meant[plan], like=values)]


def flat(values: dict[str, dict[str, Any]], like: dict[str, dict[str, Any]] | None = None) -> list[Any]:
    """Return the values in the order of ``like``: 1 and true are equal, so types are compared too."""
    return [values[section][name] for section, names in (like or values).items() for name in names]


def test_every_add_on_lists_exactly_what_it_replaces_and_extends(name: str, product: Product) -> None:
    seats = product.catalog.get("seats", {}).get("name")
    found: dict[str, Any] = {}
    for edition in Edition.objects.filter(product=product, kind=OfferingKind.ADD_ON).prefetch_related(
        "values__feature"
    ):
        facts: dict[str, Any] = {"features": {}, "usageLimits": {}, "usageLimitsExtensions": {}}
        for value in edition.values.all():
            extends = value.effect == EditionValue.Effect.EXTENDS
            section = "usageLimitsExtensions" if extends else value.feature.source["section"]
            facts[section][value.feature.source_name] = value.value
        for extra in edition.offerings.exclude(extra_seats=None).values_list("extra_seats", flat=True):
            facts["usageLimitsExtensions"][seats] = extra
        found[edition.source_name] = facts
    meant = {
        add_on: {section: joined(facts[section]) for section in ("features", "usageLimits", "usageLimitsExtensions")}
        for add_on, facts in expected(name)["addOns"].items()
    }
    assert found == meant


def test_every_add_on_keeps_what_it_goes_with_needs_and_excludes(name: str, product: Product) -> None:
    def names(editions: Any) -> list[str]:
        return sorted(edition.source_name for edition in editions.all())

    add_ons = Edition.objects.filter(product=product, kind=OfferingKind.ADD_ON)
    found = {
        add_on.source_name: (names(add_on.available_for), names(add_on.depends_on), names(add_on.excludes))
        for add_on in add_ons
    }
    meant = {
        add_on: (
            [] if facts["availableForAll"] else sorted(facts["availableFor"]),
            sorted(facts["dependsOn"]),
            sorted(facts["excludes"]),
        )
        for add_on, facts in expected(name)["addOns"].items()
    }
    assert found == meant


def test_every_price_of_a_month_is_the_price_in_the_file(name: str, product: Product) -> None:
    charges = Charge.objects.filter(offering__product=product, offering__plan__duration="P1M")
    found = {
        (charge.offering.kind, charge.offering.edition.source_name): charge.text
        if charge.amount is None
        else charge.amount
        for charge in charges.select_related("offering__edition")
    }
    facts = expected(name)
    meant = {
        (kind, sold): price_of(entry)
        for section, kind in (("plans", "plan"), ("addOns", "add_on"))
        for sold, entry in facts[section].items()
    }
    assert found == meant


def price_of(entry: dict[str, Any]) -> Decimal | str:
    price = entry["prices"].get("price") or entry["prices"]["monthlyPrice"]
    return str(price["value"]) if price["kind"] == "text" else Decimal(str(price["value"]))


def test_each_billing_period_of_each_plan_and_add_on_is_an_offering(name: str, product: Product) -> None:
    facts = expected(name)
    sold = facts["counts"]["plans"] + facts["counts"]["addOns"]
    assert Offering.objects.filter(product=product).count() == sold * max(1, len(facts["billing"]))


def test_features_keep_their_source_name_and_what_else_the_file_says(name: str, product: Product) -> None:
    found = {
        feature.source_name: (feature.source["valueType"], feature.source.get("type"), feature.description)
        for feature in product.features.filter(source__section="features")
    }
    meant = {
        feature: (facts["valueType"], facts["type"], facts["description"])
        for feature, facts in expected(name)["features"].items()
    }
    assert found == meant


def test_no_name_changes_its_case(name: str, product: Product) -> None:
    def letters(text: str) -> str:
        return "".join(letter for letter in text if letter.isalnum())

    rows = [*product.features.all(), *product.editions.all()]
    changed = [
        row.name for row in rows if not letters(row.source_name).startswith(letters(row.name.removesuffix("...")))
    ]
    assert (changed, product.name) == ([], expected(name)["saasName"])


def test_the_head_of_the_file_is_kept_with_the_product(name: str, product: Product) -> None:
    facts = expected(name)
    head = Product.objects.get(pk=product.pk).catalog
    assert (head["sha256"], head["name"], head["created_at"], head["currency"], head["tags"]) == (
        facts["sha256"],
        facts["saasName"],
        facts["createdAt"],
        facts["currency"],
        facts["tags"],
    )


def test_nothing_a_catalog_writes_is_invalid(name: str) -> None:
    imported = import_file(name)
    for row in (imported.product, *imported.features, *imported.editions, *imported.offerings, *imported.charges):
        row.full_clean()
    assert [draft.problems for draft in drafts(imported.offerings) if draft.problems] == []


def test_plans_hold_only_what_differs_from_the_default(name: str, product: Product) -> None:
    values = EditionValue.objects.filter(edition__product=product, edition__kind=OfferingKind.PLAN)
    assert [str(value) for value in values.select_related("feature") if value.value == value.feature.default] == []


def test_a_false_over_a_true_default_is_kept() -> None:
    product = import_file("zenhub-2019").product
    value = EditionValue.objects.get(edition__product=product, edition__key="GROWTH", feature__key="onlyForPublicRepos")
    assert value.value is False


def test_flat_prices_sell_the_fixed_seats_of_the_limit_which_is_no_feature() -> None:
    product = import_file("crowdcast-2025").product
    seats = product.offerings.filter(kind=OfferingKind.PLAN, plan__code="annual").values_list(
        "seats_sold", "seat_limit"
    )
    assert list(seats) == [(SeatsSold.FIXED, 1), (SeatsSold.FIXED, 2), (SeatsSold.FIXED, 4)]
    assert not product.features.filter(source_name="hostSeatsLimit").exists()


def test_an_add_on_that_extends_the_seats_adds_seats() -> None:
    product = import_file("crowdcast-2025").product
    assert product.offerings.get(edition__key="HOST_SEATS_ADDON", plan__code="monthly").extra_seats == 1


def test_prices_per_user_sell_seats_per_quantity_and_the_limit_stays_a_number() -> None:
    product = import_file("planable-2019").product
    assert set(product.offerings.values_list("seats_sold", "seat_limit")) == {(SeatsSold.PER_QUANTITY, None)}
    assert product.features.get(key="usersLimit").kind == "number"


def test_plans_without_a_limit_on_seats_and_a_flat_price_have_unlimited_seats() -> None:
    product = import_file("overleaf-2025").product
    assert set(product.offerings.values_list("seats_sold", "seat_limit")) == {(SeatsSold.FIXED, "unlimited")}


def test_the_units_of_seats_leave_out_minimums_and_uses_per_user() -> None:
    assert import_file("canva-2025").product.catalog["seats"]["name"] == "usersLimit"


@pytest.mark.parametrize(
    ("name", "edition", "amount"),
    [
        ("jira-2025", "STANDARD", "75.00"),  # 7.53 x 0.83 x 12 = 74.9988
        ("notion-2025", "PLUS", "115.20"),
        ("trello-2024", "ENTERPRISE", "185.43"),
        ("crowdcast-2025", "LITE", "411.60"),
        ("crowdcast-2025", "LIVE_ATTENDEES_ADDON", "0.15"),  # due per use, whatever the period
        ("overleaf-2025", "FREE", "0"),
    ],
)
def test_a_year_costs_twelve_months_times_the_factor_rounded_half_up(name: str, edition: str, amount: str) -> None:
    product = import_file(name).product
    charge = Charge.objects.get(
        offering__product=product, offering__edition__key=edition, offering__plan__duration="P1Y"
    )
    assert charge.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("name", "edition", "facts"),
    [
        ("github-2025", "TEAM", ("recurring", "seat", "")),
        ("overleaf-2025", "STANDARD", ("recurring", "flat", "")),
        ("notion-2025", "notionAi", ("recurring", "seat", "")),
        ("crowdcast-2025", "HOST_SEATS_ADDON", ("recurring", "seat", "")),
        ("slack-2024", "slackAI", ("recurring", "seat", "")),
        ("slack-2024", "premiumWorkflowOverageCost", ("usage", "flat", "execution")),
        ("github-2025", "githubCodespaces2Core", ("usage", "flat", "activeHour")),
        ("github-2025", "githubCodespacesStorage", ("recurring", "flat", "GB")),
        ("github-2025", "githubAdvancedSecurity", ("recurring", "flat", "activeCommiter")),
    ],
)
def test_units_decide_what_a_price_is_multiplied_by(name: str, edition: str, facts: tuple[str, str, str]) -> None:
    product = import_file(name).product
    charges = Charge.objects.filter(offering__product=product, offering__edition__key=edition)
    assert set(charges.values_list("kind", "per", "unit")) == {facts}


def test_what_costs_nothing_is_sold_under_free_plans() -> None:
    product = import_file("notion-2025").product
    codes = product.offerings.order_by("position").values_list("plan__code", flat=True)
    assert list(codes)[:4] == ["free-monthly", "free-annual", "monthly", "annual"]


@pytest.mark.parametrize(
    ("name", "feature", "kind"),
    [
        ("planable-2019", "posts", "flag"),
        ("zenhub-2019", "onlyForPublicRepos", "flag"),
        ("slack-2024", "canvas", "text"),
        ("overleaf-2025", "projects", "number"),
        ("zapier-2024", "tasksLimit", "count"),
        ("github-2025", "githubActionsQuota", "count"),
        ("github-2025", "diskSpaceForGithubPackages", "number"),
    ],
)
def test_kinds_follow_the_value_type_and_whether_a_limit_is_renewed(name: str, feature: str, kind: str) -> None:
    assert import_file(name).product.features.get(key=feature).kind == kind


def test_lists_become_one_text_and_are_kept() -> None:
    feature = import_file("github-2025").product.features.get(key="invoiceBilling")
    assert (feature.default, feature.source["defaultValue"]) == ("CARD", ["CARD"])


def test_all_catalogs_together_have_skus_that_are_readable_unique_and_stay_the_same() -> None:
    skus = [offering.sku for name in FILES for offering in import_file(name).offerings]
    assert len(skus) == len(set(skus))
    assert max(map(len, skus)) <= 20
    Offering.objects.all().delete()
    again = import_catalog(read_catalog(FILES["planable-2019"]), product_code="planable", made_by=System("tests"))
    assert [offering.sku for offering in again.offerings] == [
        "PLANAB-START-M-B2A75",
        "PLANAB-PREMI-M-6AAB8",
        "PLANAB-ENTER-M-58CFF",
    ]


def test_no_catalog_needs_more_than_32_queries_with_its_log(name: str, django_assert_max_num_queries: Any) -> None:
    catalog = read_catalog(FILES[name])
    with django_assert_max_num_queries(32):
        import_catalog(catalog, product_code=name, made_by=System("tests"))
