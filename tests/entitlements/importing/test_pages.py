"""The pages that import a file: what they show, ask, refuse and write."""

import hashlib
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from entitlements.importing import forms
from entitlements.models import Act, Customer, Entitlement
from tests.cast import Cast
from tests.entitlements.pages import client_of, shown

pytestmark = pytest.mark.django_db

CUSTOMERS, ENTITLEMENTS = "/customers/import/", "/entitlements/import/"
HEAD = "account_reference,customer,order_reference,sku\n"
GOOD = HEAD + "C-1,Halden Robotics,SO-1,SILVER-ANNUAL\n"
WHY = {"reason": "Moved from the old system"}


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.operations)


def upload(client: Client, page: str, text: str | bytes, *, name: str = "file.csv", **fields: str) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post(page, {"file": SimpleUploadedFile(name, data), **fields})


def confirm(client: Client, page: str, seen: Any, **fields: str) -> Any:
    """Press Import on a page with a dry run; the browser posts back what the page holds."""
    hidden = dict(re.findall(r'<input type="hidden" name="(kept|expected)" value="([^"]+)"', shown(seen)))
    return client.post(page, {**hidden, "confirm": "1", **fields})


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown(answer)))


@pytest.mark.parametrize(
    ("list_page", "page"), [("entitlements:customers", CUSTOMERS), ("entitlements:entitlements", ENTITLEMENTS)]
)
def test_the_list_leads_to_the_page_and_the_page_to_its_template(cast: Cast, list_page: str, page: str) -> None:
    client, viewer = client_of(cast.operations), client_of(cast.people["viewer"])
    assert f'href="{page}"' in shown(client.get(reverse(list_page)))
    assert f'href="{page}"' not in shown(viewer.get(reverse(list_page)))
    assert viewer.get(page).status_code == 403
    assert f'href="{page}template.csv"' in shown(client.get(page))


@pytest.mark.parametrize(("page", "fields"), [(CUSTOMERS, {}), (ENTITLEMENTS, WHY)])
def test_the_template_can_be_imported_as_it_is(client: Client, page: str, fields: dict[str, str]) -> None:
    template = b"".join(client.get(f"{page}template.csv"))
    answer = upload(client, page, template, **fields)
    assert (answer.status_code, "1 line read" in text_of(answer)) == (200, True)
    assert "error" not in text_of(answer).lower().replace("by line", "")


def test_a_dry_run_shows_counts_and_writes_nothing(client: Client) -> None:
    answer = upload(client, ENTITLEMENTS, GOOD, **WHY)
    assert "1 new 0 changed 0 the same" in text_of(answer)
    assert "1 new customer and 1 new order on the way" in text_of(answer)
    assert not Customer.objects.exists()


def test_what_was_shown_is_imported_from_the_file_kept_in_the_page(client: Client) -> None:
    answer = confirm(client, ENTITLEMENTS, upload(client, ENTITLEMENTS, GOOD, **WHY), **WHY)
    act = Act.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("entitlements:act", args=[act.pk]))
    page = client.get(answer.url)
    assert "Imported file.csv: 1 new, 0 changed, 0 the same; 1 new customer and 1 new order." in text_of(page)
    assert (act.source, act.reason, Entitlement.objects.count()) == ("import", "Moved from the old system", 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_log_has_the_digest_of_the_file_as_it_came(client: Client, encoding: str) -> None:
    data = GOOD.encode(encoding)
    confirm(client, ENTITLEMENTS, upload(client, ENTITLEMENTS, data, **WHY), **WHY)
    assert Act.objects.get().asked["digest"] == hashlib.sha256(data).hexdigest()


def test_customers_are_imported(client: Client) -> None:
    text = "account_reference\tname\nC-1\tHalden\n"
    answer = confirm(client, CUSTOMERS, upload(client, CUSTOMERS, text.encode("utf-16")))
    assert (answer.status_code, answer.url) == (302, reverse("entitlements:customers"))
    assert Customer.objects.get().name == "Halden"


def test_errors_are_listed_by_line_and_nothing_can_be_confirmed(client: Client) -> None:
    answer = upload(client, ENTITLEMENTS, GOOD + "C-2,Osprey,SO-2,NO-SUCH\n", **WHY)
    assert answer.status_code == 200
    assert "1 error: nothing can be imported." in text_of(answer)
    assert re.search(r"3 sku The SKU NO-SUCH is not in the catalog\.", text_of(answer))
    assert 'name="confirm"' not in shown(answer)
    assert confirm(client, ENTITLEMENTS, answer, **WHY).status_code == 409
    assert not Entitlement.objects.exists()


def test_what_changed_since_the_dry_run_is_shown_again(client: Client) -> None:
    seen = upload(client, CUSTOMERS, "account_reference,name\nC-1,Halden\n")
    Customer.objects.create(name="Halden Robotics", account_reference="C-1")
    answer = confirm(client, CUSTOMERS, seen)
    assert (answer.status_code, Customer.objects.get().name) == (409, "Halden Robotics")
    assert "0 new 1 changed 0 the same" in text_of(answer)
    assert confirm(client, CUSTOMERS, answer).status_code == 302
    assert Customer.objects.get().name == "Halden"


def test_the_same_file_again_says_that_nothing_would_change(client: Client) -> None:
    confirm(client, ENTITLEMENTS, upload(client, ENTITLEMENTS, GOOD, **WHY), **WHY)
    answer = upload(client, ENTITLEMENTS, GOOD, **WHY)
    assert "Nothing would change." in text_of(answer)
    assert 'name="confirm"' not in shown(answer)


def test_a_missing_reason_keeps_the_file(client: Client) -> None:
    answer = upload(client, ENTITLEMENTS, GOOD)
    assert (answer.status_code, "Give a reason" in text_of(answer)) == (422, True)
    assert 'name="kept" value=' in shown(answer)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "This file is empty"),
        (b"name\nHalden\n", "the column account_reference is missing"),
        (b"colour,size\nred,2\n", "no column of this import is named here"),
        ("account_reference,name\nC-1,Kučera\n".encode("cp1250"), "Save as"),
        (b"account_reference,name\n", "no line below its first one"),
        (b"\x50\x4b\x03\x04\x00", "This is a workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(client: Client, text: bytes, sentence: str) -> None:
    answer = upload(client, CUSTOMERS, text)
    assert answer.status_code == 422
    assert sentence in text_of(answer)


def test_a_named_encoding_reads_what_is_in_doubt(client: Client) -> None:
    text = "account_reference,name\nC-1,Kučera\n".encode("cp1250")
    confirm(client, CUSTOMERS, upload(client, CUSTOMERS, text, encoding="cp1250"), encoding="cp1250")
    assert Customer.objects.get().name == "Kučera"


def test_the_page_has_limits_and_names_the_command(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "LARGEST_FILE", 40)
    large = upload(client, CUSTOMERS, "account_reference,name\n" + "C-1,Halden\n" * 9)
    monkeypatch.setattr(forms, "LARGEST_FILE", 2_000)
    monkeypatch.setattr("entitlements.importing.views.MOST_LINES", 2)
    long = upload(client, CUSTOMERS, "account_reference,name\nA,a\nB,b\nC,c\n")
    assert [answer.status_code for answer in (large, long)] == [422, 422]
    assert all("manage.py import_customers" in text_of(answer) for answer in (large, long))


def test_the_same_bytes_in_another_encoding_are_shown_again(client: Client) -> None:
    text = "account_reference,name\nC-1,Kučera\n".encode("cp1250")
    seen = upload(client, CUSTOMERS, text, encoding="cp1250")
    expected = re.findall(r'name="expected" value="([^"]+)"', shown(seen))[0]
    assert upload(client, CUSTOMERS, text, encoding="cp1252", expected=expected, confirm="1").status_code == 409
    assert not Customer.objects.exists()


def test_a_kept_file_of_another_person_is_not_taken(cast: Cast, client: Client) -> None:
    seen = upload(client, CUSTOMERS, "account_reference,name\nC-1,Halden\n")
    answer = confirm(client_of(cast.people["administrator"]), CUSTOMERS, seen)
    assert (answer.status_code, "Choose it again" in text_of(answer)) == (422, True)
    assert not Customer.objects.exists()
