"""The Django admin of the catalog: typed values, and what it refuses."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from offerings.models import Edition, EditionValue, Feature, Offering, Plan, Product
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    published,
)
from tests.offerings.admin_pages import address, posted, save

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["product", "feature", "edition", "plan", "offering", "revision"])
def test_every_list_and_search_opens(admin: Client, model: str) -> None:
    published()
    FeatureFactory()
    for query in ({}, {"q": "pro"}, {"sale": "all"} if model != "revision" else {}):
        assert admin.get(reverse(f"admin:offerings_{model}_changelist"), query).status_code == 200


def test_every_change_page_opens(admin: Client) -> None:
    revision = published()
    value = EditionValueFactory(edition=revision.offering.edition)
    offering = revision.offering
    for row in (offering.product, value.feature, offering.edition, offering.plan, offering, revision):
        page = address(row)
        assert admin.get(page, follow=True).status_code == 200


def edition_with_every_kind() -> tuple[Edition, dict[str, Feature]]:
    edition = EditionFactory()
    kinds = ("flag", "pool", "count", "text", "number", "date")
    features = {kind: FeatureFactory(product=edition.product, key=kind, name=kind, kind=kind) for kind in kinds}
    return edition, features


def test_an_edition_takes_each_value_as_people_type_it(admin: Client) -> None:
    edition, features = edition_with_every_kind()
    typed = {
        "flag": "on",
        "pool": "unlimited",
        "count": "1000",
        "text": "by phone",
        "number": "-2.5",
        "date": "30 Jun 2027",
    }
    assert save(admin, edition, **{f"value_{features[kind].pk}": text for kind, text in typed.items()}) == {}
    stored = {value.feature.kind: value.value for value in edition.values.select_related("feature")}
    assert stored == {
        "flag": True,
        "pool": "unlimited",
        "count": 1000,
        "text": "by phone",
        "number": -2.5,
        "date": "2027-06-30",
    }


def test_saving_an_edition_unchanged_changes_nothing(admin: Client) -> None:
    edition, features = edition_with_every_kind()
    for kind, value in {"flag": False, "pool": 0, "text": "", "date": "2027-06-30"}.items():
        EditionValueFactory(edition=edition, feature=features[kind], value=value)
    before = list(edition.values.order_by("pk").values())
    assert save(admin, edition) == {}
    assert list(edition.values.order_by("pk").values()) == before


def test_empty_fields_stay_empty_after_a_refusal_elsewhere(admin: Client) -> None:
    edition, features = edition_with_every_kind()
    typed = posted(admin, address(edition), **{f"value_{features['pool'].pk}": "-1"})
    form = admin.post(address(edition), typed).context["adminform"].form
    shown = {bound.html_name: bound.value() for bound in form if bound.html_name.startswith("value_")}
    assert shown == {name: text for name, text in typed.items() if name.startswith("value_")}


def test_line_ends_of_a_browser_do_not_change_a_text(admin: Client) -> None:
    edition, features = edition_with_every_kind()
    EditionValueFactory(edition=edition, feature=features["text"], value="by phone\nby mail")
    save(admin, edition, **{f"value_{features['text'].pk}": "by phone\r\nby mail"})
    assert edition.values.get().value == "by phone\nby mail"


def test_an_emptied_value_falls_back_to_the_default(admin: Client) -> None:
    value = EditionValueFactory()
    assert save(admin, value.edition, **{f"value_{value.feature_id}": ""}) == {}
    assert value.edition.values.count() == 0


def test_the_default_stands_in_the_empty_field(admin: Client) -> None:
    edition = EditionFactory()
    FeatureFactory(product=edition.product, kind="pool", default=12345)
    FeatureFactory(product=edition.product, kind="flag", default=True)
    text = admin.get(address(edition)).content.decode()
    assert 'placeholder="12345"' in text
    assert "default (on)" in text


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("pool", "-1"), ("count", "many"), ("number", "9" * 30), ("date", "soon"), ("text", "x" * 501), ("flag", "maybe")],
)
def test_a_value_that_does_not_fit_is_refused_on_its_field(admin: Client, kind: str, typed: str) -> None:
    edition, features = edition_with_every_kind()
    field = f"value_{features[kind].pk}"
    assert set(save(admin, edition, **{field: typed})) == {field}
    assert edition.values.count() == 0


@pytest.mark.parametrize("field", ["available_for", "depends_on", "excludes"])
def test_an_add_on_refuses_relations_that_make_no_sense(admin: Client, field: str) -> None:
    add_on = EditionFactory(kind="add_on")
    wrong_kind = "add_on" if field == "available_for" else "plan"
    others = [add_on, EditionFactory(kind="add_on"), EditionFactory(product=add_on.product, kind=wrong_kind)]
    for other in others:
        assert set(save(admin, add_on, **{field: [other.pk]})) == {field}


def test_an_add_on_goes_with_plans_and_depends_on_add_ons_of_its_product(admin: Client) -> None:
    add_on = EditionFactory(kind="add_on")
    plan, other = (EditionFactory(product=add_on.product, kind=kind) for kind in ("plan", "add_on"))
    assert save(admin, add_on, available_for=[plan.pk], depends_on=[other.pk]) == {}
    assert (add_on.available_for.get(), add_on.depends_on.get()) == (plan, other)


def test_an_add_on_edition_can_add_to_numbers(admin: Client) -> None:
    edition = EditionFactory(kind="add_on")
    storage = FeatureFactory(product=edition.product, kind="pool")
    assert save(admin, edition, **{f"adds_{storage.pk}": "50"}) == {}
    [value] = edition.values.all()
    assert (value.effect, value.value) == (EditionValue.Effect.EXTENDS, 50)


def test_a_value_of_an_old_kind_is_shown_and_refused_until_corrected(admin: Client) -> None:
    edition = EditionFactory()
    calls = FeatureFactory(product=edition.product, kind="count")
    EditionValue.objects.create(edition=edition, feature=calls, value="lots")
    assert "lots" in admin.get(address(edition)).content.decode()
    assert set(save(admin, edition)) == {f"value_{calls.pk}"}
    assert save(admin, edition, **{f"value_{calls.pk}": "100"}) == {}


def test_an_edition_form_takes_as_many_queries_for_20_features_as_for_10(admin: Client) -> None:
    edition = EditionFactory()

    def queries() -> int:
        FeatureFactory.create_batch(10, product=edition.product, kind="pool")
        with CaptureQueriesContext(connection) as captured:
            admin.get(address(edition))
        return len(captured)

    assert queries() == queries()


def test_a_features_default_is_read_by_its_kind(admin: Client) -> None:
    feature = FeatureFactory(kind="pool")
    assert save(admin, feature, default="1000") == {}
    assert Feature.objects.get(pk=feature.pk).default == 1000
    assert set(save(admin, feature, default="lots")) == {"default"}


def test_a_feature_can_change_its_kind_with_a_default_of_the_new_one(admin: Client) -> None:
    feature = FeatureFactory(kind="flag", default=True)
    assert save(admin, feature, kind="count", default="100") == {}
    feature.refresh_from_db()
    assert (feature.kind, feature.default) == ("count", 100)


def test_keys_and_skus_stay_as_they_were_created(admin: Client) -> None:
    feature, offering = FeatureFactory(key="sso"), OfferingFactory(sku="PRO")
    save(admin, feature, key="other")
    save(admin, offering, sku="OTHER")
    assert Feature.objects.get(pk=feature.pk).key == "sso"
    assert Offering.objects.get(pk=offering.pk).sku == "PRO"


def test_the_key_of_a_price_stays_as_it_was_created(admin: Client) -> None:
    charge = ChargeFactory(key="base")
    typed = {"offering": charge.offering_id, "id": charge.pk, "key": "other", "kind": "recurring", "per": "flat"}
    typed |= {"amount": "12", "currency": "EUR", "unit": "", "text": "", "trigger": "service_activation"}
    assert save(admin, charge.offering, **{f"charges-0-{name}": value for name, value in typed.items()}) == {}
    charge.refresh_from_db()
    assert (charge.key, charge.amount, charge.trigger) == ("base", 12, "service_activation")


def test_an_offerings_seats_and_periods_are_typed_in_words(admin: Client) -> None:
    offering = OfferingFactory()
    changes = {"seat_limit": "Unlimited", "overdraft": "10 %", "lease_period": "12 hours", "grace_period": ""}
    assert save(admin, offering, **changes) == {}
    offering.refresh_from_db()
    assert (offering.seat_limit, offering.overdraft) == ("unlimited", "10%")
    assert (offering.lease_period, offering.grace_period) == ("PT12H", "")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("seat_limit", "0"),
        ("seat_limit", str(10**20)),
        ("seat_limit", ""),
        ("lease_period", "P0D"),
        ("lease_period", "30 minutes"),
        ("overdraft", "some"),
    ],
)
def test_an_offering_refuses_what_does_not_fit_on_its_field(admin: Client, field: str, typed: str) -> None:
    offering = OfferingFactory()
    assert set(save(admin, offering, **{field: typed})) == {field}
    offering.refresh_from_db()
    assert (offering.seat_limit, offering.lease_period, offering.overdraft) == (5, "", "none")


def test_an_edition_of_the_other_kind_or_of_another_product_is_refused_on_its_field(admin: Client) -> None:
    offering = OfferingFactory()
    for edition in (EditionFactory(product=offering.product, kind="add_on"), EditionFactory()):
        assert set(save(admin, offering, edition=edition.pk)) == {"edition"}


def test_extra_seats_are_refused_on_a_plan(admin: Client) -> None:
    offering = OfferingFactory()
    errors = save(admin, offering, extra_seats="3")
    assert "Only an add-on adds seats" in str(errors)
    assert Offering.objects.get(pk=offering.pk).extra_seats is None


def test_a_plan_is_typed_in_words(admin: Client) -> None:
    plan = PlanFactory(duration="P1Y")
    assert save(admin, plan, duration="3 months") == {}
    assert Plan.objects.get(pk=plan.pk).duration == "P3M"
    assert set(save(admin, plan, duration="P0D")) == {"duration"}


def test_a_product_is_typed_in_words(admin: Client) -> None:
    product = ProductFactory()
    assert save(admin, product, lease_period="2 days") == {}
    assert Product.objects.get(pk=product.pk).lease_period == "P2D"


def test_a_new_product_starts_with_the_default_periods(admin: Client) -> None:
    url = reverse("admin:offerings_product_add")
    assert admin.post(url, posted(admin, url, code="atlas", name="Atlas")).status_code == 302
    product = Product.objects.get()
    assert (product.lease_period, product.offline_lease_period, product.grace_period) == ("P14D", "P30D", "P7D")


def test_a_new_edition_goes_on_to_its_values(admin: Client) -> None:
    product = ProductFactory()
    data = {"product": product.pk, "kind": "plan", "key": "gold", "name": "Gold", "position": 0, "description": ""}
    answer = admin.post(reverse("admin:offerings_edition_add"), data)
    assert answer.url == address(Edition.objects.get())


def test_an_offering_is_made_and_marked_as_not_published(admin: Client) -> None:
    edition, plan = EditionFactory(), PlanFactory()
    url = reverse("admin:offerings_offering_add")
    data = posted(
        admin,
        url,
        sku="NEW",
        name="New",
        product=edition.product_id,
        edition=edition.pk,
        plan=plan.pk,
        seat_limit="5",
    )
    assert admin.post(url, data).status_code == 302
    assert "not published yet" in admin.get(reverse("admin:offerings_offering_changelist")).content.decode()


def test_the_offering_list_marks_unpublished_changes_in_constant_queries(admin: Client) -> None:
    url = reverse("admin:offerings_offering_changelist")
    product = ProductFactory()

    def queries() -> int:
        for _ in range(10):
            offering = published(product=product).offering
            Offering.objects.filter(pk=offering.pk).update(seat_limit=9)
        with CaptureQueriesContext(connection) as captured:
            text = admin.get(url).content.decode()
        assert "unpublished changes" in text
        return len(captured)

    assert queries() == queries()


def test_the_review_action_leads_to_the_chosen_offerings(admin: Client) -> None:
    offering = OfferingFactory(sku="PRO")
    data = {"action": "review_selected", "_selected_action": [offering.pk]}
    answer = admin.post(reverse("admin:offerings_offering_changelist"), data)
    assert answer.url == f"{reverse('offerings:publish')}?sku=PRO"


def test_more_offerings_than_an_address_can_name_are_not_reviewed_together(admin: Client) -> None:
    OfferingFactory.create_batch(101)
    url = reverse("admin:offerings_offering_changelist")
    data = {"action": "review_selected", "_selected_action": [Offering.objects.first().pk], "select_across": "1"}
    assert "Choose at most 100 offerings" in admin.post(url, data, follow=True).content.decode()


def test_revisions_are_read_only_and_show_what_they_changed(admin: Client) -> None:
    revision = published()
    Offering.objects.filter(pk=revision.offering_id).update(seat_limit=777)
    second = published(revision.offering)
    text = admin.get(address(second)).content.decode()
    assert "777" in text
    assert "raised" in text
    assert admin.post(address(second), {"note": "Later"}).status_code == 403
    assert admin.post(address(second, "delete"), {"post": "yes"}).status_code == 403
    assert admin.get(reverse("admin:offerings_revision_add")).status_code == 403


@pytest.mark.parametrize("model", ["product", "edition", "plan"])
def test_the_offering_form_finds_rows_as_you_type(admin: Client, model: str) -> None:
    field = Offering._meta.get_field(model)
    OfferingFactory()
    query = {"term": "", "app_label": "offerings", "model_name": "offering", "field_name": field.name}
    assert len(admin.get(reverse("admin:autocomplete"), query).json()["results"]) == 1


def test_editions_are_suggested_in_constant_queries(admin: Client) -> None:
    query = {"term": "", "app_label": "offerings", "model_name": "offering", "field_name": "edition"}

    def queries() -> int:
        EditionFactory.create_batch(5)
        with CaptureQueriesContext(connection) as captured:
            admin.get(reverse("admin:autocomplete"), query)
        return len(captured)

    assert queries() == queries()
