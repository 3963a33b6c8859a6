"""The review page and the command that publish drafts."""

from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from offerings.models import EditionValue, Offering, Revision
from tests.factories import FeatureFactory, OfferingFactory, ProductFactory, UserFactory, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    user = UserFactory(username="pia", first_name="Pia", last_name="Manager")
    user.user_permissions.set(Permission.objects.filter(codename__in=["publish_offering", "view_offering"]))
    client = Client()
    client.force_login(user)
    return client


def address(**query: str) -> str:
    return reverse("offerings:publish", query=query)


def seen(client: Client, url: str) -> str:
    value = client.get(url).context["form"]["expected"].value()
    assert isinstance(value, str)
    return value


def test_the_review_shows_differences_and_publishing_writes_them_with_note_and_name(manager: Client) -> None:
    offering = published(sku="PRO").offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit=25)
    url = address(sku="PRO")
    assert "becomes revision 2" in manager.get(url).content.decode()
    answer = manager.post(url, {"expected": seen(manager, url), "note": "More seats"})
    assert answer.url == offering.get_absolute_url()
    newest = offering.revisions.first()
    assert (newest.number, newest.note, newest.published_by_name) == (2, "More seats", "Pia Manager")
    assert newest.rights["seat_limit"] == 25


def test_the_review_of_a_product_leaves_other_products_alone(manager: Client) -> None:
    chosen, other = OfferingFactory(product=ProductFactory(code="atlas")), OfferingFactory()
    url = address(product="atlas")
    manager.post(url, {"expected": seen(manager, url), "note": ""})
    assert [chosen.revisions.count(), other.revisions.count()] == [1, 0]


def test_what_changed_after_the_review_is_shown_again_and_not_published(manager: Client) -> None:
    offering = OfferingFactory(sku="PRO")
    url = address(sku="PRO")
    expected = seen(manager, url)
    Offering.objects.filter(pk=offering.pk).update(seat_limit=77)
    answer = manager.post(url, {"expected": expected, "note": "My note"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "has changed since you reviewed it" in text
    assert "77" in text
    assert "My note" in text
    assert Revision.objects.count() == 0


def test_an_invalid_draft_shows_its_problem_and_is_not_published(manager: Client) -> None:
    offering = OfferingFactory(sku="PRO")
    calls = FeatureFactory(product=offering.product, name="API calls", kind="count")
    EditionValue.objects.create(edition=offering.edition, feature=calls, value="lots")
    url = address(sku="PRO")
    answer = manager.post(url, {"expected": seen(manager, url)})
    assert answer.status_code == 422
    assert "API calls: Write a whole number" in answer.content.decode()
    assert Revision.objects.count() == 0


def test_a_note_that_is_too_long_is_refused_on_its_field(manager: Client) -> None:
    OfferingFactory(sku="PRO")
    url = address(sku="PRO")
    answer = manager.post(url, {"expected": seen(manager, url), "note": "x" * 1_000_000})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"note"}
    assert Revision.objects.count() == 0


def test_nothing_to_publish_says_so(manager: Client) -> None:
    published(sku="PRO")
    assert "Nothing to publish" in manager.get(address(sku="PRO")).content.decode()


def test_publishing_without_permission_writes_nothing() -> None:
    OfferingFactory(sku="PRO")
    client = Client()
    client.force_login(UserFactory())
    assert client.post(address(sku="PRO"), {"expected": "x"}).status_code == 403
    assert Revision.objects.count() == 0


def run(*args: str) -> str:
    out = StringIO()
    call_command("publish_offerings", *args, stdout=out)
    return out.getvalue()


def test_the_command_publishes_a_products_drafts_with_the_note() -> None:
    offering = OfferingFactory(product=ProductFactory(code="atlas"))
    OfferingFactory(product=offering.product).retire()
    assert "Published 1 revision." in run("--product", "atlas", "--note", "Launch")
    assert [revision.note for revision in Revision.objects.all()] == ["Launch"]


def test_the_commands_preview_shows_differences_and_writes_nothing() -> None:
    offering = published(sku="PRO").offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit=25)
    text = run("--sku", "PRO", "--preview")
    assert "becomes revision 2" in text
    assert "Seats: 5 -> 25" in text
    assert offering.revisions.count() == 1


@pytest.mark.parametrize("args", [("--sku", "NOPE"), ("--product", "nope"), ("--sku", "PRO", "--note", "x" * 2001)])
def test_the_command_refuses_with_a_sentence_and_writes_nothing(args: tuple[str, ...]) -> None:
    OfferingFactory(sku="PRO")
    with pytest.raises(CommandError, match=r"\.$"):
        run(*args)
    assert Revision.objects.count() == 0


def test_the_command_names_every_problem_of_an_invalid_draft() -> None:
    offering = OfferingFactory(sku="PRO")
    calls = FeatureFactory(product=offering.product, name="API calls", kind="count")
    EditionValue.objects.create(edition=offering.edition, feature=calls, value="lots")
    with pytest.raises(CommandError, match="PRO: API calls: Write a whole number"):
        run("--sku", "PRO")


def test_the_command_publishes_also_where_the_systems_user_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 5)
    OfferingFactory(sku="PRO")
    call_command("publish_offerings", "--sku", "PRO", stdout=StringIO())
    assert Revision.objects.get().published_by_name == "system (command line)"


def test_the_first_review_says_that_terms_are_added(manager: Client) -> None:
    OfferingFactory(sku="PRO")
    rows = manager.get(address(sku="PRO")).context["changes"][0].rows
    assert {row.direction for row in rows} == {"added"}


def two_drafts() -> tuple[Offering, Offering]:
    product = ProductFactory(code="atlas")
    first, second = (OfferingFactory(product=product, sku=sku, position=n) for n, sku in ((2, "GOLD"), (1, "SILVER")))
    return first, second  # the page lists them the other way round


def test_only_the_ticked_offerings_are_published(manager: Client) -> None:
    gold, silver = two_drafts()
    url = address(product="atlas")
    page = manager.get(url)
    assert [f'value="{each.pk}"' in page.content.decode() for each in (gold, silver)] == [True, True]
    assert page.content.decode().count(" checked>") == 2
    manager.post(url, {"expected": seen(manager, url), "note": "", "chosen": [silver.pk]})
    assert [gold.revisions.count(), silver.revisions.count()] == [0, 1]


def test_all_ticked_offerings_are_published_in_whatever_order_they_are_listed(manager: Client) -> None:
    gold, silver = two_drafts()
    url = address(product="atlas")
    answer = manager.post(url, {"expected": seen(manager, url), "note": "", "chosen": [gold.pk, silver.pk]})
    assert answer.url == reverse("offerings:offerings", query={"product": "atlas"})
    assert [gold.revisions.count(), silver.revisions.count()] == [1, 1]


@pytest.mark.parametrize("chosen", [[], ["999999"], ["x\0", "-1"]])
def test_nothing_ticked_is_refused_with_a_sentence(manager: Client, chosen: list[str]) -> None:
    two_drafts()
    url = address(product="atlas")
    answer = manager.post(url, {"expected": seen(manager, url), "note": "My note", "chosen": chosen})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Choose at least one offering to publish." in text
    assert "My note" in text
    assert Revision.objects.count() == 0


def test_an_offering_outside_the_review_is_not_published_by_its_number(manager: Client) -> None:
    two_drafts()
    other = OfferingFactory()
    url = address(product="atlas")
    answer = manager.post(url, {"expected": seen(manager, url), "note": "", "chosen": [other.pk]})
    assert answer.status_code == 422
    assert Revision.objects.count() == 0


def test_a_draft_with_a_problem_does_not_keep_the_others_back(manager: Client) -> None:
    gold, silver = two_drafts()
    calls = FeatureFactory(product=gold.product, name="API calls", kind="count")
    EditionValue.objects.create(edition=gold.edition, feature=calls, value="lots")
    url = address(product="atlas")
    manager.post(url, {"expected": seen(manager, url), "note": "", "chosen": [gold.pk, silver.pk]})
    assert [gold.revisions.count(), silver.revisions.count()] == [0, 1]


def test_ticks_stand_when_the_catalog_has_changed_since_the_review(manager: Client) -> None:
    gold, silver = two_drafts()
    url = address(product="atlas")
    expected = seen(manager, url)
    Offering.objects.filter(pk=gold.pk).update(seat_limit=77)
    answer = manager.post(url, {"expected": expected, "note": "", "chosen": [silver.pk]})
    assert answer.status_code == 409
    assert answer.context["form"].ticked == {silver.pk}
    assert Revision.objects.count() == 0
