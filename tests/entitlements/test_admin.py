"""The Django admin of entitlements: what may be edited, what is only read, and the action that changes offerings."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.models import (
    Act,
    ActivationCode,
    Change,
    Customer,
    CustomerField,
    Entitlement,
    FeatureUse,
    Note,
    Order,
    Override,
    Seat,
    Source,
    Tag,
)
from tests.admin_forms import sent
from tests.cast import Cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

READ_ONLY = ["entitlement", "override", "seat", "featureuse", "note", "act", "change"]
EDITABLE = ["customer", "order", "activationcode", "customerfield", "tag"]


def address(model: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:entitlements_{model}_{page}", args=args)


@pytest.fixture
def everything(cast: Cast) -> Entitlement:
    """Make one row of every kind."""
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    seat = Seat.objects.filter(entitlement=entitlement).first()
    cast.use(entitlement, "dashboards", 1, seat=seat)
    Note.objects.create(entitlement=entitlement, text="Call back", author=cast.operations)
    ActivationCode.objects.create(order_id=entitlement.order_id, code="AB-12")
    CustomerField.objects.create(key="area", label="Customer area", kind="text")
    Tag.objects.create(name="Customer of the year")
    return entitlement


@pytest.fixture
def root(cast: Cast, client: Client) -> Client:
    """Return the client of a superuser, who has every permission there is."""
    client.force_login(UserFactory(username="root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def operations(cast: Cast, client: Client) -> Client:
    client.force_login(cast.operations)
    return client


def rows_of(model: str) -> list[dict[str, object]]:
    models = {
        "entitlement": Entitlement,
        "override": Override,
        "seat": Seat,
        "featureuse": FeatureUse,
        "note": Note,
        "act": Act,
        "change": Change,
    }
    return list(models[model].objects.order_by("pk").values())


# --- to read only ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [*READ_ONLY, *EDITABLE])
def test_every_list_search_and_page_opens(everything: Entitlement, root: Client, model: str) -> None:
    assert root.get(address(model)).status_code == 200
    listed = root.get(address(model), {"q": "customer"})
    assert listed.status_code == 200
    row = root.get(address(model)).context["cl"].result_list[0]
    assert root.get(address(model, "change", row.pk)).status_code == 200
    assert root.get(address(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_not_even_a_superuser_adds_changes_or_deletes(everything: Entitlement, root: Client, model: str) -> None:
    before = rows_of(model)
    key = before[0]["id"]
    answers = [
        root.get(address(model, "add")),
        root.post(address(model, "add"), {"reason": "x"}),
        root.post(address(model, "change", key), {"reason": "x", "quantity": 9}),
        root.post(address(model, "delete", key), {"post": "yes"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    root.post(address(model), {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
    assert rows_of(model) == before


@pytest.mark.parametrize("model", READ_ONLY)
def test_deleting_many_is_not_offered(everything: Entitlement, root: Client, model: str) -> None:
    assert "delete_selected" not in root.get(address(model)).content.decode()


def test_the_offering_of_an_entitlement_cannot_be_deleted_from_under_it(everything: Entitlement, root: Client) -> None:
    url = reverse("admin:offerings_offering_delete", args=[everything.offering_id])
    assert root.post(url, {"post": "yes"}).status_code in (302, 403)
    assert Entitlement.objects.filter(pk=everything.pk).exists()


def test_a_person_with_acts_is_protected_and_the_page_says_so(everything: Entitlement, root: Client) -> None:
    person = Act.objects.first().made_by
    url = reverse("admin:auth_user_delete", args=[person.pk])
    assert "operations cannot be deleted" in root.get(url).content.decode()
    assert root.post(url, {"post": "yes"}).status_code in (200, 403)
    assert User.objects.filter(pk=person.pk).exists()
    assert Act.objects.exists()


def test_people_with_acts_are_protected_when_many_are_deleted(everything: Entitlement, root: Client) -> None:
    person = Act.objects.first().made_by
    words = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}
    answer = root.post(reverse("admin:auth_user_changelist"), words)
    assert answer.status_code in (200, 403)
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("name", ["viewer", "support"])
def test_people_who_only_look_see_rows_and_no_action(
    everything: Entitlement, cast: Cast, client: Client, name: str
) -> None:
    client.force_login(cast.people[name])
    shown = client.get(address("entitlement")).content.decode()
    assert "Customer 0" in shown
    assert "Change offering…" not in shown
    for model in EDITABLE:
        assert client.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("model", [*READ_ONLY, *EDITABLE])
def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast, root: Client, model: str) -> None:
    def more() -> None:
        for _ in range(5):
            entitlement = cast.entitle(seats=1, overrides={"seat_limit": 250})
            cast.use(entitlement, "dashboards", 1, seat=Seat.objects.filter(entitlement=entitlement).first())
            Note.objects.create(entitlement=entitlement, text="Call back", author=UserFactory())
            ActivationCode.objects.create(order_id=entitlement.order_id, code=f"AB-{entitlement.pk.hex[-9:].upper()}")

    more()
    with CaptureQueriesContext(connection) as few:
        root.get(address(model))
    more()
    with CaptureQueriesContext(connection) as many:
        root.get(address(model))
    assert len(many) == len(few)


def test_the_search_of_entitlements_is_that_of_the_list(everything: Entitlement, cast: Cast, root: Client) -> None:
    cast.entitle()
    found = root.get(address("entitlement"), {"q": "ab-12"}).context["cl"].result_list
    assert [row.pk for row in found] == [everything.pk]


def test_html_is_shown_as_text(everything: Entitlement, root: Client) -> None:
    Customer.objects.update(name="<script>alert(1)</script>")
    for model in ("entitlement", "customer", "order", "activationcode"):
        assert b"<script>alert" not in root.get(address(model)).content


# --- to edit ---------------------------------------------------------------------------------------------------------


def test_a_customer_is_edited_and_the_edit_is_logged(everything: Entitlement, operations: Client) -> None:
    customer = Customer.objects.get()
    url = address("customer", "change", customer.pk)
    operations.post(url, {**sent(operations, url), "name": "Halden", "account_reference": "A-1"})
    assert Customer.objects.get().name == "Halden"
    assert LogEntry.objects.get().object_id == str(customer.pk)


@pytest.mark.parametrize("model", ["customer", "order"])
def test_customers_and_orders_are_never_deleted(everything: Entitlement, root: Client, model: str) -> None:
    row = (Customer if model == "customer" else Order).objects.get()
    assert root.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in root.get(address(model)).content.decode()


def codes_form(order: Order, *codes: str, remove: str = "") -> dict[str, str]:
    """Return what the page of an order sends: its codes as they are, one to remove, some to add."""
    words = {"order_reference": order.order_reference, "codes-INITIAL_FORMS": str(order.codes.count())}
    for number, code in enumerate(order.codes.all()):
        words |= {f"codes-{number}-id": str(code.pk), f"codes-{number}-order": str(order.pk)}
        if code.code == remove:
            words[f"codes-{number}-DELETE"] = "on"
    for number, code in enumerate(codes, order.codes.count()):
        words |= {f"codes-{number}-code": code, f"codes-{number}-id": "", f"codes-{number}-order": str(order.pk)}
    return words | {"codes-TOTAL_FORMS": str(order.codes.count() + len(codes))}


def test_codes_are_added_to_an_order_and_removed(everything: Entitlement, operations: Client) -> None:
    order = Order.objects.get()
    url = address("order", "change", order.pk)
    answer = operations.post(url, codes_form(order, "CD-34", remove="AB-12"))
    assert answer.status_code == 302
    assert [code.code for code in order.codes.all()] == ["CD-34"]


@pytest.mark.parametrize("code", ["ab", "A", "A B", "X" * 51, "AB-12"])
def test_a_code_of_the_wrong_form_or_in_use_is_refused(everything: Entitlement, operations: Client, code: str) -> None:
    order = Order.objects.get()
    answer = operations.post(address("order", "change", order.pk), codes_form(order, code))
    assert answer.status_code == 200
    assert ActivationCode.objects.count() == 1


def test_an_order_keeps_its_customer(everything: Entitlement, operations: Client) -> None:
    order, other = Order.objects.get(), Customer.objects.create(name="Other")
    words = codes_form(order) | {"customer": str(other.pk), "order_reference": "SO-77"}
    operations.post(address("order", "change", order.pk), words)
    order.refresh_from_db()
    assert (order.order_reference, order.customer.name) == ("SO-77", "Customer 0")


# --- change offering -------------------------------------------------------------------------------------------------


def act_on(client: Client, *entitlements: Entitlement, **words: object) -> HttpResponse:
    chosen = [str(entitlement.pk) for entitlement in entitlements]
    return client.post(
        address("entitlement"), {"action": "change_offering", "_selected_action": chosen} | words, follow=True
    )


def choices(cast: Cast, target: str = "gold_annual", **words: object) -> dict[str, object]:
    return {"target": cast.revision(target).pk, "seats": "refuse", "term": "default", "reason": "Migration"} | words


def seen(answer: HttpResponse) -> list[str]:
    return [f"{preview.id}:{preview.fingerprint}" for preview in answer.context["previews"]]


def said(answer: HttpResponse) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_action_first_asks_for_the_offering(cast: Cast, operations: Client) -> None:
    shown = act_on(operations, cast.entitle()).content.decode()
    assert "Gold annual, revision 1 (GOLD-ANNUAL)" in shown
    assert "Show preview" in shown


def test_the_preview_says_what_would_happen_and_changes_nothing(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle(overrides={"grace_period": "P30D"})
    answer = act_on(operations, entitlement, **choices(cast), preview="1")
    shown = answer.content.decode()
    assert "1 of 1 would change." in shown
    assert re.search(r"Seats: 5 → 25", shown)
    assert "30 days by hand, kept" in shown
    assert Act.objects.filter(operation="change_offering").count() == 0


def test_confirming_changes_all_in_one_act_with_the_admin_as_source(cast: Cast, operations: Client) -> None:
    held = [cast.entitle(), cast.entitle()]
    preview = act_on(operations, *held, **choices(cast), preview="1")
    answer = act_on(operations, *held, **choices(cast, reference="T-1"), confirm="1", seen=seen(preview))
    act = Act.objects.get(operation="change_offering")
    assert (act.source, act.made_by, act.reason, act.reference) == (Source.ADMIN, cast.operations, "Migration", "T-1")
    assert act.changes.count() == 2
    assert {row.offering.sku for row in Entitlement.objects.all()} == {"GOLD-ANNUAL"}
    assert said(answer) == ["Changed the offering of 2 entitlements."]
    assert not LogEntry.objects.exists()


def test_those_refused_are_left_and_the_reason_is_given(cast: Cast, operations: Client) -> None:
    fits, full = cast.entitle(), cast.entitle(seats=5)
    words = choices(cast, "bronze_annual")
    preview = act_on(operations, fits, full, **words, preview="1")
    assert "1 of 2 would change." in preview.content.decode()
    answer = act_on(operations, fits, full, **words, confirm="1", seen=seen(preview))
    full.refresh_from_db()
    assert full.offering.sku == "SILVER-ANNUAL"
    assert said(answer)[0] == "Changed the offering of 1 entitlement."
    assert said(answer)[1].startswith("Refused for 1 entitlement: ")


@pytest.mark.parametrize("fingerprints", [[], ["nonsense"], ["x:y"]])
def test_nothing_is_changed_that_was_not_seen(cast: Cast, operations: Client, fingerprints: list[str]) -> None:
    entitlement = cast.entitle()
    answer = act_on(operations, entitlement, **choices(cast), confirm="1", seen=fingerprints)
    assert said(answer) == [
        "1 entitlement was not changed: what would happen is not what you saw. Look at the preview again."
    ]
    assert answer.context["previews"]
    assert Change.objects.count() == 1


def test_nothing_is_changed_when_the_choices_moved_since_the_preview(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle()
    preview = act_on(operations, entitlement, **choices(cast), preview="1")
    act_on(operations, entitlement, **choices(cast, "silver_monthly"), confirm="1", seen=seen(preview))
    assert Change.objects.count() == 1


def test_the_action_is_refused_without_permission(cast: Cast, client: Client) -> None:
    entitlement = cast.entitle()
    client.force_login(cast.people["support"])
    act_on(client, entitlement, **choices(cast), confirm="1", seen=[f"{entitlement.pk}:x"])
    assert Change.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"target": ""}, "target"),
        ({"target": "0"}, "target"),
        ({"target": "x"}, "target"),
        ({"seats": "release_chosen"}, "seats"),
        ({"term": "date"}, "expires_on"),
        ({"term": "date", "expires_on": "soon"}, "expires_on"),
        ({"reason": "x" * 1_000_000}, "reason"),
        ({"reference": "x" * 101}, "reference"),
    ],
)
def test_bad_input_is_refused_on_its_field(
    cast: Cast, operations: Client, words: dict[str, object], field: str
) -> None:
    answer = act_on(operations, cast.entitle(), **(choices(cast) | words), confirm="1")
    assert list(answer.context["form"].errors) == [field]
    assert Change.objects.count() == 1


def test_offerings_of_other_products_and_retired_ones_are_no_targets(cast: Cast, operations: Client) -> None:
    cast.offerings["bronze_annual"].retire()
    answer = act_on(operations, cast.entitle(), **choices(cast, "bronze_annual"), preview="1")
    assert answer.context["form"].errors["target"] == ["Choose one of the offerings listed."]


def test_too_many_at_once_are_refused(cast: Cast, operations: Client) -> None:
    first = cast.entitle()
    rows = []
    for number in range(200):
        row = Entitlement.objects.get(pk=first.pk)
        row.pk = Entitlement._meta.pk.get_default()
        row.order = Order.objects.create(customer=first.order.customer)
        row.changed_at += timedelta(minutes=number)
        rows.append(row)
    Entitlement.objects.bulk_create(rows)
    answer = act_on(operations, first, select_across="1", index="0")
    assert said(answer)[0].startswith("Choose at most 200 entitlements at once.")


def test_the_preview_of_many_takes_as_many_queries_as_of_one(cast: Cast, operations: Client) -> None:
    one = [cast.entitle(seats=5)]
    with CaptureQueriesContext(connection) as few:
        act_on(operations, *one, **choices(cast, "bronze_annual", seats="release_oldest"), preview="1")
    several = one + [cast.entitle(seats=5) for _ in range(9)]
    with CaptureQueriesContext(connection) as many:
        act_on(operations, *several, **choices(cast, "bronze_annual", seats="release_oldest"), preview="1")
    assert len(many) == len(few)
