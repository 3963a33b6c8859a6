"""Merge two customers: what the preview says moves, and an undo puts everything back exactly."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entitlements import engine
from entitlements.dialogs.order_search import customers_named
from entitlements.directory.contacts import add_contact
from entitlements.directory.edits import add_customer
from entitlements.directory.notes import add_note
from entitlements.engine.check import check
from entitlements.models import Contact, Customer, CustomerField, CustomerMerge, Entitlement, Note, Order
from entitlements.operations import CreateEntitlement, SetOverrides, TransferEntitlement
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown

UNCHANGED = ("admin.LogEntry", "entitlements.CustomerMerge", "config.RequestKey", "sessions.Session", "auth.User")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def make(cast: Cast, name: str, **fields: str) -> Customer:
    """Return a customer with an order, an entitlement, a contact, a note, a tag and fields."""
    customer = add_customer(name=name, tags=[name, "Shared"], fields=fields, made_by=cast.operations)
    add_contact(
        customer, {"name": f"Ana of {name}", "email": "", "role": "", "is_primary": True}, made_by=cast.operations
    )
    add_note(customer, f"About {name}.", made_by=cast.operations)
    cast.entitle("gold_annual", order=Order.objects.create(customer=customer, order_reference=f"SO-{name}").pk, seats=2)
    return customer


@pytest.fixture
def pair(cast: Cast) -> tuple[Customer, Customer]:
    for key in ("area", "city", "site"):
        CustomerField.objects.create(key=key, label=key.title(), kind="text")
    return make(cast, "Arden", area="North", city="Oslo", site="A"), make(cast, "Borg", area="South", site="A")


def at(name: str, customer: Customer) -> str:
    return reverse(f"entitlements:{name}", args=[customer.pk])


def merge(client: Client, source: Customer, target: Customer, **typed: str) -> Any:
    """Look at the preview and confirm it."""
    url = f"{at('merge_customer', source)}?into={target.pk}"
    preview = client.get(url).context["preview"]
    choices = {f"field_{each.definition.key}": "target" for each in preview.conflicts}
    data = {**choices, "reason": "The same company.", "fingerprint": preview.fingerprint, **typed}
    return client.post(url, data)


def content() -> dict[str, list[Any]]:
    models = [model for model in apps.get_models() if model._meta.managed and model._meta.label not in UNCHANGED]
    keyless = {"entitlements.FieldValue", "entitlements.Customer_tags"}
    found = {}
    for model in models:
        names = [field.attname for field in model._meta.concrete_fields]
        names = names[1:] if model._meta.label in keyless else names
        found[model._meta.label] = sorted(map(repr, QuerySet(model).values_list(*names)))
    return found


def test_the_preview_says_what_moves(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    preview = staff.get(at("merge_customer", source), {"into": str(target.pk)}).context["preview"]
    assert (preview.orders, preview.entitlements, preview.contacts, preview.notes) == (1, 1, ("Ana of Arden",), 1)
    assert preview.tags == ("Arden",)
    assert {each.definition.key: (each.source, each.target) for each in preview.fields} == {
        "area": ("North", "South"),
        "city": ("Oslo", ""),
        "site": ("A", "A"),
    }
    assert [each.definition.key for each in preview.conflicts] == ["area"]


def test_the_other_customer_is_found_by_a_search(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    page = staff.get(at("merge_customer", source), {"q": "bor"})
    assert page.context["hits"] == [target]
    assert f"?into={target.pk}" in shown(page)
    assert "No customer found" in shown(staff.get(at("merge_customer", source), {"q": "arden"}))


@pytest.mark.parametrize(("choice", "area"), [("target", "South"), ("source", "North")])
def test_a_merge_moves_what_it_said(staff: Client, pair: tuple[Customer, Customer], choice: str, area: str) -> None:
    source, target = pair
    assert merge(staff, source, target, field_area=choice)["Location"] == at("customer", target)
    assert {order.order_reference for order in target.orders.all()} == {"SO-Arden", "SO-Borg"}
    assert [(each.name, each.is_primary) for each in target.contacts.all()] == [
        ("Ana of Borg", True),
        ("Ana of Arden", False),
    ]
    assert Note.objects.filter(customer=target).count() == 2
    assert {str(tag) for tag in target.tags.all()} == {"Arden", "Borg", "Shared"}
    assert {each.field.key: each.value for each in target.field_values.all()} == {
        "area": area,
        "city": "Oslo",
        "site": "A",
    }
    assert not source.orders.exists()
    assert list(check()) == []


def test_a_merged_customer_leads_to_the_other_one(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    merge(staff, source, target)
    answer = staff.get(at("customer", source), follow=True)
    assert answer.redirect_chain == [(at("customer", target), 302)]
    assert "Arden was merged into Borg." in shown(answer)
    history = shown(staff.get(at("customer_history", source)))
    assert "Merged into" in history
    assert at("undo_merge", source) in history
    assert [row.customer for row in staff.get("/customers/").context["rows"]] == [target]


def test_a_merged_customer_gets_nothing_more(staff: Client, cast: Cast, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    merge(staff, source, target)
    assert customers_named("Arden") == []
    create = CreateEntitlement(
        as_of=TODAY, revision_id=cast.revision("silver_annual").pk, customer_id=source.pk, order_reference="SO-9"
    )
    previews = engine.preview(create)
    assert [problem.code for preview in previews for problem in preview.problems] == ["unknown_customer"]


def test_the_log_says_it_on_both_and_on_each_order(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    newest = LogEntry.objects.latest("pk").pk
    merge(staff, source, target)
    lines = {line.object_repr: line.change_message for line in LogEntry.objects.filter(pk__gt=newest)}
    assert lines["Borg, order SO-Arden"] == "Customer: Arden → Borg."
    assert lines["Arden"].splitlines() == ["Merged into: none → Borg.", "Removed contact Ana of Arden (primary yes)."]
    assert lines["Borg"].splitlines() == [
        "Tags added: Arden.",
        "Added contact Ana of Arden (primary no).",
        "Added City (value Oslo).",
    ]


@pytest.mark.parametrize("choice", ["target", "source"])
def test_an_undo_puts_everything_back_exactly(staff: Client, pair: tuple[Customer, Customer], choice: str) -> None:
    source, target = pair
    before = content()
    merge(staff, source, target, field_area=choice)
    assert content() != before
    assert staff.post(at("undo_merge", source)).status_code == 302
    assert content() == before
    assert list(check()) == []


def test_what_happened_between_stays_and_the_check_is_clean(
    cast: Cast, staff: Client, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    held = Entitlement.objects.get(order__customer=source)
    merge(staff, source, target)
    set_seats = SetOverrides(as_of=TODAY, values={"seat_limit": 40})
    cast.do(set_seats, [held.pk], reason="x")
    assert list(check()) == []
    staff.post(at("undo_merge", source))
    cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 41}), [held.pk], reason="x")
    assert Entitlement.objects.get(order__customer=source).overrides.get().value == 41
    elsewhere = Order.objects.create(customer=target).pk
    cast.do(TransferEntitlement(as_of=TODAY, order_id=elsewhere), [held.pk])
    assert list(check()) == []


def test_a_transfer_after_a_merge_keeps_the_check_clean(
    cast: Cast, staff: Client, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    held = Entitlement.objects.get(order__customer=source)
    merge(staff, source, target)
    other = Order.objects.create(customer=Customer.objects.create(name="Cern")).pk
    cast.do(TransferEntitlement(as_of=TODAY, order_id=other), [held.pk])
    assert list(check()) == []


def test_an_order_moved_past_the_merges_is_still_found(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    merge(staff, source, target)
    Order.objects.filter(order_reference="SO-Arden").update(customer=Customer.objects.create(name="Cern"))
    assert {each.code for each in check()} == {"moved_past_log"}


def test_a_preview_that_moved_is_shown_again(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    seen = staff.get(at("merge_customer", source), {"into": str(target.pk)}).context["preview"].fingerprint
    Contact.objects.create(customer=source, name="Bo")
    answer = merge(staff, source, target, fingerprint=seen)
    assert answer.status_code == 409
    assert "What would move has changed since you looked." in shown(answer)
    assert not CustomerMerge.objects.exists()


@pytest.mark.parametrize(
    ("typed", "name"),
    [({"reason": ""}, "reason"), ({"reason": "x" * 501}, "reason"), ({"field_area": "x"}, "field_area")],
)
def test_a_bad_confirmation_is_refused(
    staff: Client, pair: tuple[Customer, Customer], typed: dict[str, str], name: str
) -> None:
    answer = merge(staff, *pair, **typed)
    assert (answer.status_code, name in answer.context["form"].errors) == (422, True)
    assert not CustomerMerge.objects.exists()


def test_problems_block_a_merge(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    Customer.objects.filter(pk=target.pk).update(disabled_at=NOW)
    answer = merge(staff, source, target)
    assert (answer.status_code, answer.context["preview"].problems[0][:27]) == (422, "One of the two is disabled:")
    assert "This is the same customer." in shown(merge(staff, source, source))
    Customer.objects.filter(pk=target.pk).update(disabled_at=None)
    merge(staff, source, target)
    third = Customer.objects.create(name="Cern")
    assert "Arden has been merged into another customer already." in shown(merge(staff, third, source))
    assert CustomerMerge.objects.count() == 1


@pytest.mark.parametrize("into", ["x", "00000000-0000-0000-0000-000000000000", ""])
def test_an_unknown_other_customer_merges_nothing(staff: Client, pair: tuple[Customer, Customer], into: str) -> None:
    url = f"{at('merge_customer', pair[0])}?into={into}"
    assert (staff.get(url).status_code, staff.post(url).status_code) == (200, 404)


def test_an_undo_that_would_not_be_exact_says_why(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    merge(staff, source, target)
    target.field_values.filter(field__key="city").update(value="Bergen")
    Contact.objects.filter(name="Ana of Arden").delete()
    Order.objects.filter(order_reference="SO-Arden").update(customer=Customer.objects.create(name="Cern"))
    answer = staff.post(at("undo_merge", source))
    assert answer.status_code == 422
    for words in ("Fields have been edited since: city.", "A contact has been removed", "An order has gone to another"):
        assert words in shown(answer)
    assert CustomerMerge.objects.get().undone_at is None


def test_a_contact_added_since_the_merge_stays_the_primary_one(
    staff: Client, cast: Cast, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    merge(staff, source, target)
    added = Contact.objects.create(customer=source, name="Nora Since", is_primary=True)
    assert staff.post(at("undo_merge", source)).status_code == 302
    assert list(Contact.objects.filter(customer=source, is_primary=True)) == [added]


def test_an_undo_is_done_once(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    merge(staff, source, target)
    staff.post(at("undo_merge", source))
    answer = staff.post(at("undo_merge", source), follow=True)
    assert "Arden is not merged into another customer." in shown(answer)
