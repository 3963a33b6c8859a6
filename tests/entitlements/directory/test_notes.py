"""Notes on entitlements and customers: Markdown shown safely, author, time, pin."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.models import Customer, Entitlement, Note
from tests.cast import NOW, Cast
from tests.entitlements.pages import client_of, shown
from tests.factories import UserFactory

HOLDERS = ("customer", "entitlement")


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    return cast.entitle()


@pytest.fixture
def customer(entitlement: Entitlement) -> Customer:
    return Customer.objects.get()


@pytest.fixture
def support(cast: Cast) -> Client:
    return client_of(cast.people["support"])


@pytest.fixture(params=HOLDERS)
def holder(request: pytest.FixtureRequest, entitlement: Entitlement, customer: Customer) -> Customer | Entitlement:
    """Return a customer, and in another round an entitlement."""
    return customer if request.param == "customer" else entitlement


def page_of(holder: Customer | Entitlement) -> str:
    name = "customer_notes" if isinstance(holder, Customer) else "notes"
    return reverse(f"entitlements:{name}", args=[holder.pk])


def note_on(holder: Customer | Entitlement, author: object, text: str = "Call first.", **fields: object) -> Note:
    on = {"customer": holder} if isinstance(holder, Customer) else {"entitlement": holder}
    return Note.objects.create(text=text, author=author, **on, **fields)


def pin(client: Client, note: Note, name: str = "pin_note") -> int:
    return client.post(reverse(f"entitlements:{name}", args=[note.pk])).status_code


def said() -> list[tuple[str, str]]:
    return list(LogEntry.objects.order_by("pk").values_list("object_id", "change_message"))


def texts(client: Client, holder: Customer | Entitlement) -> list[str]:
    return [row.note.text for row in client.get(page_of(holder)).context["notes"]]


# --- write -----------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_with_its_author_and_logged(cast: Cast, support: Client, holder: Customer | Entitlement) -> None:
    assert support.post(page_of(holder), {"text": "Ask **Ida** first."})["Location"] == page_of(holder)
    note = Note.objects.get()
    assert (note.customer or note.entitlement, note.author) == (holder, cast.people["support"])
    assert said() == [(str(holder.pk), "Added a note: Ask **Ida** first.")]


def test_markdown_is_shown_and_html_is_text(cast: Cast, support: Client, holder: Customer | Entitlement) -> None:
    note_on(
        holder, cast.operations, "**Ida** <script>alert(1)</script> [x](javascript:alert(1)) [y](https://a.example)"
    )
    page = shown(support.get(page_of(holder)))
    assert "<strong>Ida</strong> &lt;script&gt;" in page
    assert 'href="javascript' not in page
    assert '<a href="https://a.example" rel="nofollow noopener">y</a>' in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 5001, "a\0b"])
def test_a_bad_note_is_refused_on_its_field(support: Client, holder: Customer | Entitlement, text: str) -> None:
    answer = support.post(page_of(holder), {"text": text})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text"]
    assert not Note.objects.exists()


def test_a_viewer_may_neither_write_nor_pin(cast: Cast, holder: Customer | Entitlement) -> None:
    viewer, note = client_of(cast.people["viewer"]), note_on(holder, cast.operations)
    assert viewer.post(page_of(holder), {"text": "x"}).status_code == 403
    assert [pin(viewer, note), pin(viewer, note, "unpin_note")] == [403, 403]
    assert "Add note" not in shown(viewer.get(page_of(holder)))
    assert (Note.objects.count(), LogEntry.objects.count()) == (1, 0)


def test_notes_are_refused_without_permission(holder: Customer | Entitlement) -> None:
    assert client_of(UserFactory.create()).get(page_of(holder)).status_code == 403


# --- pin -------------------------------------------------------------------------------------------------------------


def test_pinned_notes_stay_on_top(cast: Cast, support: Client, holder: Customer | Entitlement) -> None:
    for number in range(3):
        note = note_on(holder, cast.operations, f"Note {number}")
        Note.objects.filter(pk=note.pk).update(created_at=NOW - timedelta(days=9 - number))
    assert texts(support, holder) == ["Note 2", "Note 1", "Note 0"]
    assert pin(support, Note.objects.get(text="Note 0")) == 302
    assert texts(support, holder) == ["Note 0", "Note 2", "Note 1"]
    pin(support, Note.objects.get(text="Note 0"), "unpin_note")
    assert texts(support, holder) == ["Note 2", "Note 1", "Note 0"]


def test_pinning_is_logged_once(cast: Cast, support: Client, holder: Customer | Entitlement) -> None:
    note = note_on(holder, cast.operations)
    for name in ("unpin_note", "pin_note", "pin_note", "unpin_note", "unpin_note"):
        pin(support, note, name)
    assert said() == [(str(holder.pk), "Pinned a note: Call first."), (str(holder.pk), "Unpinned a note: Call first.")]


def test_pinning_is_not_done_by_following_a_link(cast: Cast, support: Client, holder: Customer | Entitlement) -> None:
    note = note_on(holder, cast.operations)
    assert support.get(reverse("entitlements:pin_note", args=[note.pk])).status_code == 405


def test_an_unknown_note_is_not_found(support: Client) -> None:
    assert support.post(reverse("entitlements:pin_note", args=[uuid4()])).status_code == 404


def test_a_pinned_note_stands_on_the_page_of_the_customer(cast: Cast, support: Client, customer: Customer) -> None:
    url = reverse("entitlements:customer", args=[customer.pk])
    pin(support, note_on(customer, cast.operations, "Pays by **purchase order** only."))
    note_on(customer, cast.operations, "Not so important.")
    page = shown(support.get(url))
    assert "<strong>purchase order</strong>" in page
    assert "Not so important." not in page


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_note_is_on_exactly_one_thing(cast: Cast, entitlement: Entitlement, customer: Customer) -> None:
    for on in ({}, {"customer": customer, "entitlement": entitlement}):
        with pytest.raises(IntegrityError, match="note_on_one_thing"), transaction.atomic():
            Note.objects.create(text="x", author=cast.operations, **on)


def test_the_number_of_queries_does_not_grow_with_the_notes(
    cast: Cast, support: Client, holder: Customer | Entitlement
) -> None:
    def count() -> int:
        texts(support, holder)
        with CaptureQueriesContext(connection) as queries:
            texts(support, holder)
        return len(queries)

    note_on(holder, cast.operations)
    few = count()
    for _number in range(10):
        note_on(holder, UserFactory.create(), pinned_at=NOW)
    assert count() == few
