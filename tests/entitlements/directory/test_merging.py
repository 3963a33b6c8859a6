"""Merge two customers: what the preview says moves, and an undo puts everything back exactly."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements import engine
from entitlements.dialogs.order_search import customers_named
from entitlements.directory import merging
from entitlements.directory.contacts import CONTACT_FIELDS, add_contact, edit_contact, remove_contact
from entitlements.directory.customer_values import values_of
from entitlements.directory.edits import add_customer, digest_of, edit_customer
from entitlements.directory.merged import MergedAway
from entitlements.directory.notes import add_note
from entitlements.directory.switch import effect_of, switch
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


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("edit_customer", {"name": "Arden again"}),
        ("disable_customer", {"reason": "Unpaid."}),
        ("enable_customer", {"reason": "Paid."}),
        ("add_contact", {"name": "Bo"}),
        ("customer_notes", {"text": "Hello."}),
    ],
)
def test_a_merged_customer_is_not_edited(
    staff: Client, pair: tuple[Customer, Customer], name: str, typed: dict[str, str]
) -> None:
    source, target = pair
    merge(staff, source, target)
    before = content()
    answer = staff.post(at(name, source), typed, follow=True)
    assert answer.redirect_chain == [(at("customer", target), 302)]
    assert "Arden was merged into Borg. Edit that customer instead." in shown(answer)
    if name != "customer_notes":
        assert staff.get(at(name, source))["Location"] == at("customer", target)
    assert content() == before


@pytest.mark.parametrize("name", ["edit_contact", "remove_contact"])
def test_a_contact_that_went_to_the_other_customer_is_edited_there(
    staff: Client, pair: tuple[Customer, Customer], name: str
) -> None:
    source, target = pair
    contact = source.contacts.get()
    merge(staff, source, target)
    before = content()
    url = reverse(f"entitlements:{name}", args=[source.pk, contact.pk])
    assert "Arden was merged into Borg." in shown(staff.post(url, {"name": "Bo"}, follow=True))
    assert content() == before


def test_edits_that_a_merge_overtook_write_nothing(cast: Cast, staff: Client, pair: tuple[Customer, Customer]) -> None:
    """Their pages were open, and the checks of their views passed."""
    source, target = pair
    contact, by = source.contacts.select_related("customer").get(), cast.operations
    effect = effect_of(source, today=TODAY).fingerprint
    merge(staff, source, target)
    before, person = content(), {"name": "Bo", "email": "", "role": "", "is_primary": False}
    for edit in (
        lambda: edit_customer(source, values_of(source), made_by=by, seen=values_of(source).digest),
        lambda: switch(source.pk, today=TODAY, made_by=by, reason="Unpaid.", seen=effect),
        lambda: add_contact(source, person, made_by=by),
        lambda: edit_contact(contact, person, made_by=by, seen=digest_of(contact, CONTACT_FIELDS)),
        lambda: remove_contact(source, contact.pk, made_by=by),
        lambda: add_note(source, "Hello.", made_by=by),
    ):
        with pytest.raises(MergedAway, match="Arden was merged into Borg"):
            edit()
    assert content() == before


def test_the_pages_of_a_merged_customer_offer_no_edit(staff: Client, pair: tuple[Customer, Customer]) -> None:
    source, target = pair
    offered = ("New entitlement", "Edit…", "Disable…", "Add contact", "Add note", "Merge into another")
    tabs = ("customer_details", "customer_notes", "customer_history", "customer_orders")
    merge(staff, source, target)
    pages = {name: (shown(staff.get(at(name, source))), shown(staff.get(at(name, target)))) for name in tabs}
    assert [word for word in offered for of_source, _other in pages.values() if word in of_source] == []
    assert {word for word in offered for _source, other in pages.values() if word in other} == set(offered)


def test_the_form_of_a_new_entitlement_names_the_other_customer(
    staff: Client, cast: Cast, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    merge(staff, source, target)
    before = content()
    typed = {"customer": str(source.pk), "customer_name": "Arden", "offering": "SILVER-ANNUAL", "codes": "NEW-1"}
    answer = staff.post(reverse("entitlements:create"), typed)
    assert (answer.status_code, "Arden was merged into Borg. Choose that customer." in shown(answer)) == (422, True)
    assert content() == before


@pytest.mark.parametrize("name", ["orders", "contacts", "notes"])
def test_too_much_for_one_merge_is_said(
    staff: Client, pair: tuple[Customer, Customer], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    source, target = pair
    monkeypatch.setattr(merging, "MOST_MOVED", 1)
    assert merge(staff, source, target).status_code == 302
    staff.post(at("undo_merge", source))
    _ = {
        "orders": lambda: Order.objects.create(customer=source),
        "contacts": lambda: Contact.objects.create(customer=source, name="Bo"),
        "notes": lambda: Note.objects.create(customer=source, text="x", author=source.owner or User.objects.first()),
    }[name]()
    answer = merge(staff, source, target)
    text = f"Arden has more than 1 {name}: too many for one merge. Merge the other customer into it."
    assert (answer.status_code, answer.context["preview"].problems) == (422, (text,))
    assert not CustomerMerge.objects.filter(undone_at=None).exists()


def test_a_merge_and_its_undo_take_as_many_statements_for_one_contact_as_for_many(
    staff: Client, cast: Cast, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair

    def both() -> int:
        seen = merging.preview_merge(source, target).fingerprint
        with CaptureQueriesContext(connection) as counted:
            made = merging.merge(source, target, taken=[], reason="x", made_by=cast.operations, seen=seen)
            assert made
            assert merging.undo_merge(made, made_by=cast.operations) == []
        return len(counted)

    both()  # the content types are kept from here on
    first = both()
    for number in range(9):
        Contact.objects.create(customer=source, name=f"Bo {number}")
    before = content()
    assert both() == first
    assert content() == before


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


# --- the Django admin ------------------------------------------------------------------------------------------------


@pytest.fixture
def boss(db: None) -> Client:
    return client_of(User.objects.create_superuser("boss"))


def test_the_admin_shows_a_merged_customer_and_says_why_it_cannot_be_edited(
    staff: Client, boss: Client, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    merge(staff, source, target)
    url, before = f"/admin/entitlements/customer/{source.pk}/change/", content()
    page = shown(boss.get(url))
    assert "Arden was merged into Borg. Edit that customer instead." in page
    assert 'name="_save"' not in page
    assert boss.post(url, {"name": "Arden again"}).status_code == 403
    assert content() == before
    assert 'name="_save"' in shown(boss.get(f"/admin/entitlements/customer/{target.pk}/change/"))


def test_the_admin_gives_a_merged_customer_no_order(
    staff: Client, boss: Client, pair: tuple[Customer, Customer]
) -> None:
    source, target = pair
    merge(staff, source, target)
    where = {"app_label": "entitlements", "model_name": "order", "field_name": "customer"}
    found = boss.get("/admin/autocomplete/", {**where, "term": ""}).json()["results"]
    assert str(target.pk) in {each["id"] for each in found}
    assert str(source.pk) not in {each["id"] for each in found}
    empty = {"codes-TOTAL_FORMS": "0", "codes-INITIAL_FORMS": "0"}
    count = Order.objects.count()
    answer = boss.post(
        "/admin/entitlements/order/add/", {"customer": str(source.pk), "order_reference": "SO-9", **empty}
    )
    assert "Arden was merged into Borg. Choose that customer." in shown(answer)
    assert Order.objects.count() == count
    boss.post("/admin/entitlements/order/add/", {"customer": str(target.pk), "order_reference": "SO-9", **empty})
    assert Order.objects.get(order_reference="SO-9").customer == target
