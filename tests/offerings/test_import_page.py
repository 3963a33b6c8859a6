"""The page that imports a price catalog: what it detects, shows, asks, refuses and writes."""

import re
from base64 import b85encode
from random import Random
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.actors import System
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog, read_catalog_bytes
from offerings.models import Charge, Feature, Offering, Product, Revision
from tests.factories import ProductFactory, UserFactory
from tests.offerings.catalogs.dumps import dump, written
from tests.offerings.catalogs.real import FILES
from tests.offerings.catalogs.test_bad_files import GOOD

pytestmark = pytest.mark.django_db

PAGE = "/offerings/import/"


def client_with(*codenames: str) -> Client:
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="offerings"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    return client_with("view_offering", "add_offering", "change_offering", "publish_offering")


def upload(client: Client, content: bytes | str, *, name: str = "good.yml", **fields: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data), **fields})


def hidden(answer: HttpResponse, name: str) -> str:
    """Return what a page keeps in a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]+)"', answer.content.decode())
    assert found, name
    return found[1]


def confirm(client: Client, seen: HttpResponse, **fields: str) -> Any:
    """Press Import on a page with a dry run; the browser posts back what the page holds."""
    form = seen.context["form"]
    shown = {name: form[name].value() or "" for name in ("product", "code", "dialect")}
    kept = {name: hidden(seen, name) for name in ("kept", "expected")}
    return client.post(PAGE, {**shown, **kept, "confirm": "1", **fields})


def import_good(text: str = GOOD, code: str = "example") -> Product:
    return import_catalog(
        read_catalog_bytes(text.encode(), file="good.yml"), product_code=code, made_by=System("tests")
    ).product


def text_of(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    "codenames", [(), ("view_offering", "add_offering"), ("view_offering", "change_offering", "publish_offering")]
)
def test_the_page_needs_the_permissions_to_add_and_to_change_offerings(codenames: tuple[str, ...]) -> None:
    client = client_with(*codenames)
    assert client.get(PAGE).status_code == 403
    assert upload(client, GOOD).status_code == 403


def test_the_list_links_to_the_page_for_those_who_may(manager: Client) -> None:
    address = reverse("offerings:offerings")
    assert f'href="{PAGE}"' in manager.get(address).content.decode()
    assert f'href="{PAGE}"' not in client_with("view_offering").get(address).content.decode()


def test_the_page_first_asks_for_a_file(manager: Client) -> None:
    answer = manager.get(PAGE)
    assert (answer.status_code, "Show what it would do" in text_of(answer)) == (200, True)
    assert "Import into" not in text_of(answer)


def test_people_who_may_not_publish_are_not_sent_to_the_review() -> None:
    client = client_with("view_offering", "add_offering", "change_offering")
    answer = confirm(client, upload(client, GOOD))
    page = client.get(answer.url).content.decode()
    assert ("Imported good.yml into Example" in page, "Review and publish" in page) == (True, False)


def test_a_dry_run_shows_a_new_product_and_writes_nothing(manager: Client) -> None:
    before = dump("offerings")
    answer = upload(manager, GOOD)
    assert answer.status_code == 200
    assert "Example becomes a new product with the code example ." in text_of(answer)
    assert written(before, dump("offerings")) == {}


def test_the_product_and_the_dialect_are_detected(manager: Client) -> None:
    import_catalog(read_catalog(FILES["overleaf-2024"]), product_code="tex", made_by=System("tests"))
    form = upload(manager, FILES["overleaf-2025"].read_bytes()).context["form"]
    assert (form["product"].value(), form["dialect"].value()) == ("tex", "2.1")


def test_a_dry_run_shows_before_and_after_and_how_many_stay(manager: Client) -> None:
    import_catalog(read_catalog(FILES["overleaf-2024"]), product_code="overleaf", made_by=System("tests"))
    text = text_of(upload(manager, FILES["overleaf-2025"].read_bytes()))
    assert "3 added 1 changed 4 retired 13 unchanged" in text
    assert "Kind: flag → becomes number" in text


def test_product_and_dialect_can_be_corrected_without_choosing_the_file_again(manager: Client) -> None:
    import_good(code="other")
    seen = upload(manager, GOOD)
    kept = hidden(seen, "kept")
    answer = manager.post(PAGE, {"kept": kept, "product": "+", "code": "second", "dialect": "3.0"})
    assert (answer.context["plan"].product.code, answer.context["plan"].head["syntax_version"]) == ("second", "3.0")


def test_a_file_of_an_unknown_dialect_is_kept_while_the_dialect_is_chosen(manager: Client) -> None:
    refused = upload(manager, GOOD.replace("'2.1'", "'3.1'"))
    assert (refused.status_code, "3.1 cannot be imported. Known are 1.0" in text_of(refused)) == (422, True)
    answer = manager.post(PAGE, {"kept": hidden(refused, "kept"), "dialect": "3.0"})
    assert answer.context["plan"].is_new


def test_what_was_seen_is_imported_and_the_review_is_linked(manager: Client) -> None:
    import_catalog(read_catalog(FILES["overleaf-2024"]), product_code="overleaf", made_by=System("tests"))
    seen = upload(manager, FILES["overleaf-2025"].read_bytes(), name="overleaf-2025.yml")
    answer = confirm(manager, seen)
    assert (answer.status_code, answer.url) == (302, "/offerings/?product=overleaf")
    page = manager.get(answer.url).content.decode()
    assert "Imported overleaf-2025.yml into Overleaf - Individual: 3 features added, 1 feature changed" in page
    assert 'href="/offerings/publish/?product=overleaf">Review and publish</a>' in page
    assert Feature.objects.get(key="projects").kind == "number"
    assert not Revision.objects.exists()


def test_the_page_writes_what_the_command_writes(manager: Client) -> None:
    confirm(manager, upload(manager, GOOD, code="page", product="+"))
    import_good(code="command")
    rows = [
        list(Charge.objects.filter(offering__product__code=code).values_list("amount", "kind", "per", "currency"))
        for code in ("page", "command")
    ]
    assert rows[0] == rows[1]
    assert Product.objects.get(code="page").catalog == Product.objects.get(code="command").catalog


def test_who_imported_what_is_logged(manager: Client) -> None:
    confirm(manager, upload(manager, GOOD))
    entry = LogEntry.objects.get(content_type__model="product")
    counts, *differences = entry.change_message.splitlines()
    assert counts == "Imported good.yml: 2 features added, 2 editions added, 2 offerings added."
    assert "Name: Example." in differences
    assert (entry.user, entry.object_repr) == (User.objects.get(), "Example")


def test_the_same_file_again_has_nothing_to_confirm(manager: Client) -> None:
    import_good()
    text = text_of(upload(manager, GOOD))
    assert "Nothing would change." in text
    assert "Import into Example" not in text


def test_a_plan_that_moved_on_is_shown_again_and_never_applied(manager: Client) -> None:
    import_good()
    seen = upload(manager, GOOD.replace("price: 10.50", "price: 12"))
    Charge.objects.filter(offering__edition__key="BASIC").update(amount=11)
    before = dump("offerings")
    answer = confirm(manager, seen)
    assert (answer.status_code, "has changed since you looked" in text_of(answer)) == (409, True)
    assert "EUR 11.00" in text_of(answer)
    assert written(before, dump("offerings")) == {}
    assert confirm(manager, answer).status_code == 302


def test_a_choice_changed_before_the_confirmation_is_shown_first(manager: Client) -> None:
    answer = confirm(manager, upload(manager, GOOD), code="another")
    assert (answer.status_code, Product.objects.exists()) == (409, False)


def test_a_file_that_empties_the_catalog_asks_for_the_code(manager: Client) -> None:
    import_good()
    seen = upload(manager, GOOD.replace("BASIC", "OTHER"))
    assert "The one plan it has now would be retired." in text_of(seen)
    before = dump("offerings")
    for typed in ("", "exampel"):
        answer = confirm(manager, seen, confirmation=typed)
        assert (answer.status_code, "Write example here" in text_of(answer)) == (422, True)
    assert written(before, dump("offerings")) == {}
    assert confirm(manager, answer, confirmation="example").status_code == 302
    assert Offering.objects.on_sale().filter(kind="plan").count() == 1


def test_a_product_made_by_hand_asks_whether_it_may_be_brought_up_to_the_file(manager: Client) -> None:
    ProductFactory(code="example", name="Example")
    refused = upload(manager, GOOD)
    assert (refused.status_code, "This product was made by hand" in text_of(refused)) == (422, True)
    seen = manager.post(PAGE, {"kept": hidden(refused, "kept"), "into_existing": "on"})
    assert confirm(manager, seen, into_existing="on").status_code == 302
    assert Product.objects.get().features.count() == 2


def test_warnings_are_shown_with_their_place(manager: Client) -> None:
    text = text_of(upload(manager, GOOD.replace("type: DOMAIN", "pricingURLs: []")))
    assert "features.reports.pricingURLs (line 10) This name is not part of the format" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#" * 10 * 1024 * 1024, "This file has 10.0\xa0MB; a price catalog has 2.0\xa0MB at most."),
        (b"PK\x03\x04\x14\x00\xff", "This is a zip archive, not a price catalog."),
        ("é: 1".encode("latin-1"), "byte 1: This is not text in UTF-8. Save the file as UTF-8."),
        (GOOD.encode("utf-16"), "This is text in UTF-16, not in UTF-8. Save the file as UTF-8."),
        (b"- a\n- b\n", "The file holds a list; a price catalog is a map"),
        (b"a: &a [x]\nb: [*a, *a]\n", "Anchors and aliases"),
        (b"a: [1, 2", "This is not valid YAML"),
        (b"{}", "is missing, so this is no Pricing2Yaml file"),
        (b"", "The file is empty."),
        (GOOD.replace("price: 10.50", "price: -1").encode(), "plans.BASIC.price (line 22): Write a price from 0"),
    ],
    ids=["10 MB", "zip", "latin-1", "utf-16", "list", "bomb", "not YAML", "other YAML", "empty", "wrong price"],
)
def test_a_bad_file_is_refused_on_its_field_and_nothing_is_written(
    manager: Client, content: bytes, message: str
) -> None:
    before = dump("offerings")
    answer = upload(manager, content)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])
    assert message in str(answer.context["form"].errors["file"].as_text())
    assert written(before, dump("offerings")) == {}


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "file", "Choose a file."),
        ({"kept": "forged"}, "file", "The file is no longer kept here. Choose it again."),
        ({"kept": "x" * 100_000}, "file", "The file is no longer kept here."),
        ({"product": "nothing"}, "product", "Select a valid choice."),
        ({"dialect": "9"}, "dialect", "Select a valid choice."),
        ({"code": "no code!"}, "code", "Enter a valid"),
        ({"code": "x" * 51}, "code", "at most 50 characters"),
    ],
)
def test_a_wrong_field_is_refused_with_its_reason(
    manager: Client, fields: dict[str, str], field: str, message: str
) -> None:
    answer = manager.post(PAGE, fields)
    assert answer.status_code == 422
    assert message in str(answer.context["form"].errors[field])


def test_a_file_kept_for_one_person_is_not_taken_from_another(manager: Client) -> None:
    kept = hidden(upload(manager, GOOD), "kept")
    answer = client_with("add_offering", "change_offering").post(PAGE, {"kept": kept})
    assert "no longer kept here" in str(answer.context["form"].errors["file"])


def test_a_code_that_is_taken_is_refused_for_a_new_product(manager: Client) -> None:
    import_good()
    answer = upload(manager, GOOD, product="+", code="example")
    assert "A product has the code example already." in str(answer.context["form"].errors["code"])


def test_a_file_too_large_to_keep_in_the_page_names_the_command(manager: Client) -> None:
    noise = b85encode(Random(1).randbytes(1_500_000)).decode()
    answer = upload(manager, f"{GOOD}# {noise}\n")
    assert "too large for this page. Import it with manage.py" in str(answer.context["form"].errors["file"])


def test_html_in_a_file_is_shown_as_text(manager: Client) -> None:
    answer = upload(manager, GOOD.replace("saasName: Example", "saasName: '<script>alert(1)</script>'"))
    assert "<script>alert" not in answer.content.decode()


def test_a_dry_run_takes_as_many_queries_for_a_large_catalog_as_for_a_small_one(manager: Client) -> None:
    counts = []
    for name in ("planable-2019", "github-2025"):
        with CaptureQueriesContext(connection) as queries:
            upload(manager, FILES[name].read_bytes())
        counts.append(len(queries))
    assert counts[0] == counts[1]
