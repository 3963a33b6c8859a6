"""The admin pages of the catalog: their titles, money in words, and the ways from and to the app's pages."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from config.models import Preferences
from offerings.models import Offering
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)
from tests.offerings.admin_pages import address, posted, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def silver() -> Offering:
    product = ProductFactory(name="Atlas Analytics", code="atlas")
    edition = EditionFactory(product=product, name="Silver")
    return OfferingFactory(
        product=product, edition=edition, plan=PlanFactory(name="Annual"), sku="SILVER", name="Silver annual"
    )


def page(client: Client, url: str) -> str:
    return client.get(url, follow=True).content.decode()


def tab(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, flags=re.DOTALL)
    assert found
    return " ".join(found[1].split())


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text, flags=re.DOTALL)
    assert found
    return found[1]


def site_link(text: str) -> str:
    found = re.search(r'<a href="([^"]*)">View site</a>', text)
    assert found
    return found[1]


def test_the_change_page_of_an_offering_says_that_it_is_the_draft(admin: Client, silver: Offering) -> None:
    text = page(admin, address(silver))
    assert heading(text) == "Draft of Silver annual"
    assert tab(text) == "Draft of Silver annual · Atlas Analytics · SILVER · Upshift"


def rows(silver: Offering) -> dict[str, tuple[Any, str]]:
    feature = FeatureFactory(product=silver.product, name="Single sign-on", key="sso")
    return {
        "product": (silver.product, "Product Atlas Analytics · Upshift"),
        "edition": (silver.edition, "Edition Silver · Atlas Analytics · Upshift"),
        "plan": (silver.plan, "Plan Annual · Upshift"),
        "feature": (feature, "Feature Single sign-on (sso) · Atlas Analytics · Upshift"),
        "revision": (published(silver), "Silver annual, revision 1 · Atlas Analytics · SILVER · Upshift"),
    }


@pytest.mark.parametrize("model", ["product", "edition", "plan", "feature", "revision"])
def test_every_change_page_names_its_row_in_the_tab(admin: Client, silver: Offering, model: str) -> None:
    row, title = rows(silver)[model]
    assert tab(page(admin, address(row))) == title


@pytest.mark.parametrize("model", ["product", "edition", "plan", "feature", "offering", "revision"])
def test_every_list_is_named_by_its_rows(admin: Client, model: str) -> None:
    assert heading(page(admin, reverse(f"admin:offerings_{model}_changelist"))) == f"{model.capitalize()}s"


def test_history_and_deletion_name_the_row(admin: Client, silver: Offering) -> None:
    assert heading(page(admin, address(silver, "history"))) == "History of Atlas Analytics Silver annual"
    assert heading(page(admin, address(silver, "delete"))) == "Delete Atlas Analytics Silver annual?"


def test_view_site_leads_to_the_page_of_the_very_thing(admin: Client, silver: Offering) -> None:
    made = rows(silver)
    listed = reverse("offerings:offerings", query={"product": "atlas"})
    assert site_link(page(admin, address(silver))) == "/offerings/SILVER/"
    assert site_link(page(admin, address(silver, "history"))) == "/offerings/SILVER/"
    assert site_link(page(admin, address(made["revision"][0]))) == "/offerings/SILVER/revisions/1/"
    assert {site_link(page(admin, address(made[model][0]))) for model in ("product", "edition", "feature")} == {listed}
    assert site_link(page(admin, reverse("admin:offerings_offering_changelist"))) == "/offerings/"
    assert site_link(page(admin, reverse("admin:index"))) == "/"


def test_the_form_of_an_offering_leads_back_to_its_page(admin: Client, silver: Offering) -> None:
    assert '<a href="/offerings/SILVER/">Back to the offering’s page</a>' in page(admin, address(silver))


@pytest.mark.parametrize(
    ("amount", "currency", "typed", "words"),
    [
        ("829.5", "EUR", "829.50", "EUR 829.50"),
        ("800", "JPY", "800", "JPY"),
        ("12.5", "BHD", "12.500", "BHD 12.5"),
        ("0.0125", "USD", "0.0125", "USD 0.0125"),
    ],
)
def test_amounts_are_money_in_the_list_and_in_the_form(
    admin: Client, silver: Offering, amount: str, currency: str, typed: str, words: str
) -> None:
    charge = ChargeFactory(offering=silver, amount=amount, currency=currency)
    charge.refresh_from_db()
    text = page(admin, address(silver))
    assert f'name="charges-0-amount" value="{typed}"' in text
    assert words in page(admin, reverse("admin:offerings_offering_changelist")).replace("\u00a0", " ")
    assert not re.search(r"\d\.\d{2,4}00\b", text)


def test_an_amount_saved_as_it_was_shown_is_no_change(admin: Client, silver: Offering) -> None:
    charge = ChargeFactory(offering=silver, amount="829.5")
    form = admin.get(address(silver)).context["inline_admin_formsets"][0].formset.forms[0]
    typed = {bound.html_name: "" if bound.value() is None else bound.value() for bound in form}
    assert save(admin, silver, **{name: value for name, value in typed.items() if not name.endswith("DELETE")}) == {}
    charge.refresh_from_db()
    assert str(charge.amount) == "829.500000"
    assert not admin.get(address(silver, "history")).context["action_list"]


def onlooker() -> Client:
    user = UserFactory(is_staff=True)
    wanted = [f"view_{name}" for name in ("product", "edition", "plan", "offering", "charge", "feature")]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client()
    client.force_login(user)
    return client


def test_people_who_may_only_look_read_words_and_money(silver: Offering) -> None:
    Offering.objects.filter(pk=silver.pk).update(seat_limit="unlimited", lease_period="PT12H", overdraft="10%")
    ChargeFactory(offering=silver, amount="829.5")
    client = onlooker()
    text = page(client, address(silver))
    assert "EUR 829.50" in text.replace("\u00a0", " ")
    assert ">unlimited<" in text
    assert ">12 hours<" in text
    assert "829.5000" not in text
    assert "Save and review" not in text
    assert ">14 days<" in page(client, address(silver.product))
    assert ">1 year<" in page(client, address(silver.plan))


def test_save_and_review_saves_the_draft_and_goes_to_its_review(admin: Client, silver: Offering) -> None:
    assert 'name="_review"' in page(admin, address(silver))
    url = address(silver)
    answer = admin.post(url, posted(admin, url, seat_limit="25", _review="Save and review"))
    assert answer.url == reverse("offerings:publish", query={"sku": "SILVER"})
    silver.refresh_from_db()
    assert silver.seat_limit == 25
    assert "25" in page(admin, answer.url)


def test_a_new_offering_can_be_reviewed_at_once(admin: Client, silver: Offering) -> None:
    edition = EditionFactory(product=silver.product)
    url = reverse("admin:offerings_offering_add")
    typed = {"sku": "NEW", "name": "New", "product": silver.product_id, "edition": edition.pk, "plan": silver.plan_id}
    answer = admin.post(url, posted(admin, url, **typed, seat_limit="5", _review="Save and review"))
    assert answer.url == reverse("offerings:publish", query={"sku": "NEW"})


def test_save_and_review_of_an_edition_reviews_the_offerings_that_sell_it(admin: Client, silver: Offering) -> None:
    OfferingFactory(product=silver.product, edition=silver.edition, sku="SILVER-M", plan=PlanFactory())
    url = address(silver.edition)
    answer = admin.post(url, posted(admin, url, name="Sterling", _review="Save and review"))
    assert answer.url in {
        reverse("offerings:publish", query={"sku": skus}) for skus in (["SILVER", "SILVER-M"], ["SILVER-M", "SILVER"])
    }


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_of_the_profile_rules_the_admin(silver: Offering, theme: str) -> None:
    user = UserFactory(is_staff=True, is_superuser=True)
    Preferences.objects.create(user=user, theme=theme)
    client = Client()
    client.force_login(user)
    for url in (reverse("admin:index"), address(silver), reverse("admin:offerings_offering_changelist")):
        text = page(client, url)
        assert ("theme-light" in text, "theme-dark" in text) == (theme == "light", theme == "dark")
        assert "theme-toggle" not in text
        assert "theme.js" not in text
        assert "dark_mode.css" not in text
