"""Every edit in the Django admin leaves a line in History that says what was and what is.

The tests walk every page of the admin site: a new model fails until ``EXAMPLES`` has a row of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changegroups.models import MODES as MODES_OF_GROUPS
from changegroups.models import ChangeDefaults, ChangeGroup
from config.logged_admin import LoggedAdmin
from config.models import Preferences
from entitlements.history.log import kind_of, log_page
from entitlements.history.log_filters import EDIT_KINDS, LogFilters
from entitlements.models import ActivationCode, Customer, CustomerField, Order, Tag
from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.admin_forms import fields_of, forms_of, other_value, sent, sent_by, words
from tests.entitlements.pages import client_of
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
PASSWORD = "a long enough password 7"
NO_CHARGES = {f"charges-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
NO_MEMBERS = {name.replace("charges", "memberships"): value for name, value in NO_CHARGES.items()}
NO_DETAILS = {
    name.replace("charges", part): value for part in ("contacts", "field_values") for name, value in NO_CHARGES.items()
}
NO_CODES = {name.replace("charges", "codes"): value for name, value in NO_CHARGES.items()}
FROM_PRODUCT = dict.fromkeys(
    ("lease_period", "offline_lease_period", "grace_period", "usage_reset_schedule"), "the product's"
)
MODES = dict.fromkeys(MODES_OF_GROUPS, "global default")
EMPTY: dict[type[Model], dict[str, str]] = {Offering: FROM_PRODUCT, ChangeGroup: MODES, Feature: {"default": "off"}}
# What must be sent along, so that the form takes the other value of a field.
TOGETHER: dict[tuple[type[Model], str], dict[str, str]] = {
    (Offering, "seats_sold"): {"seat_limit": ""},
    (Plan, "license_type"): {"duration": ""},
    (Feature, "kind"): {"default": ""},
}
OTHER: dict[tuple[type[Model], str], Any] = {
    (Offering, "seats_sold"): lambda _rows: "per_quantity",
    (Offering, "extra_seats"): lambda _rows: None,  # for add-ons alone: see the test of its own
    (Offering, "edition"): lambda rows: rows.other_edition.pk,
    (Offering, "currency"): lambda _rows: "USD",
    (Edition, "available_for"): lambda rows: [rows.other_edition],
    (Edition, "depends_on"): lambda rows: [rows.other_add_on],
    (Edition, "excludes"): lambda rows: [rows.other_add_on],
}


class Rows:
    """A row of every model, with relations to choose from, and what a new row of it is typed as."""

    def __init__(self) -> None:
        self.product = ProductFactory()
        self.feature = FeatureFactory(product=self.product, name="Single sign-on")
        self.edition = EditionFactory(product=self.product, kind="add_on")
        EditionValueFactory(edition=self.edition, feature=self.feature, value=False)
        self.other_edition = EditionFactory(product=self.product)
        self.other_add_on = EditionFactory(product=self.product, kind="add_on")
        self.plan = PlanFactory()
        self.offering = OfferingFactory(product=self.product)
        PlanFactory()
        ChargeFactory(offering=self.offering)
        self.group = ChangeGroup.objects.create(name="Ladder")
        self.group.memberships.create(offering=self.offering, priority=10)
        OfferingFactory(product=self.product)
        self.customer = Customer.objects.create(name="Halden")
        self.customer.contacts.create(name="Ana Ruiz", email="ana@halden.example", role="IT")
        self.field, _other = (
            CustomerField.objects.create(key=key, label=key.title(), kind="text") for key in ("area", "city")
        )
        self.customer.field_values.create(field=self.field, value="north")
        self.choices = CustomerField.objects.create(key="tier", label="Tier", kind="choice", choices="gold")
        self.tag = Tag.objects.create(name="VIP")
        self.order = Order.objects.create(customer=self.customer, order_reference="SO-1")
        self.code = ActivationCode.objects.create(order=self.order, code="HALDEN-1")
        self.person = UserFactory(username="pia", first_name="Pia", email="pia@upshift.example")
        self.role = Group.objects.create(name="Billing")
        self.role.permissions.add(Permission.objects.get(codename="view_offering"))


EXAMPLES = {
    Product: lambda rows: rows.product,
    Feature: lambda rows: rows.feature,
    Edition: lambda rows: rows.edition,
    Plan: lambda rows: rows.plan,
    Offering: lambda rows: rows.offering,
    ChangeGroup: lambda rows: rows.group,
    ChangeDefaults: lambda rows: ChangeDefaults.objects.get_or_create(pk=1)[0],
    Customer: lambda rows: rows.customer,
    CustomerField: lambda rows: rows.choices,
    Tag: lambda rows: rows.tag,
    Order: lambda rows: rows.order,
    ActivationCode: lambda rows: rows.code,
    User: lambda rows: rows.person,
    Group: lambda rows: rows.role,
    AccessAttempt: lambda rows: AccessAttempt.objects.create(username="pia", failures_since_start=5),
    AccessLog: lambda rows: AccessLog.objects.create(username="pia"),
    AccessFailureLog: lambda rows: AccessFailureLog.objects.create(username="pia"),
}
NEW: dict[type[Model], Any] = {
    Product: lambda rows: {
        "code": "borealis",
        "name": "Borealis",
        "lease_period": "14 days",
        "offline_lease_period": "30 days",
        "grace_period": "7 days",
        "usage_reset_schedule": "monthly",
    },
    Feature: lambda rows: {"product": rows.product.pk, "key": "sso", "name": "SSO", "kind": "flag", "position": "0"},
    Edition: lambda rows: {"product": rows.product.pk, "kind": "plan", "key": "gold", "name": "Gold", "position": "0"},
    Plan: lambda rows: {
        "code": "weekly",
        "name": "Weekly",
        "duration": "7 days",
        "license_type": "subscription",
        "start_type": "manual",
        "plan_type": "free",
    },
    Offering: lambda rows: {
        "sku": "NEW-1",
        "name": "New one",
        "kind": "plan",
        "product": rows.product.pk,
        "seats_sold": "fixed",
        "edition": EditionFactory(product=rows.product).pk,
        "plan": rows.plan.pk,
        "seat_limit": "41",
        "overdraft": "none",
        "concurrency_mode": "node_lock",
        "allowed_changes": "both",
        "position": "0",
        **NO_CHARGES,
    },
    ChangeGroup: lambda rows: {"name": "Steps", "description": "Internal.", **NO_MEMBERS},
    Customer: lambda rows: {"name": "Borg", "account_reference": "C-9", **NO_DETAILS},
    CustomerField: lambda rows: {"key": "region", "label": "Region", "kind": "text", "position": "0"},
    Tag: lambda rows: {"name": "Partner"},
    Order: lambda rows: {"customer": rows.customer.pk, "order_reference": "SO-77", **NO_CODES},
    ActivationCode: lambda rows: {"order": rows.order.pk, "code": "HALDEN-2"},
    User: lambda rows: {"username": "nils", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD},
    Group: lambda rows: {"name": "Auditors", "permissions": [Permission.objects.get(codename="view_act").pk]},
}
SHOWN_BY_NAME = ("permissions", "order", "customer", "allowed_changes")
NOT_SHOWN = {"password1", "password2", "usable_password", *NO_CHARGES, *NO_MEMBERS, *NO_CODES, *NO_DETAILS}


@pytest.fixture
def rows(db: None) -> Rows:
    return Rows()


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def client(boss: User) -> Client:
    return client_of(boss)


def address(model: type[Model], page: str, *keys: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=keys)


def may(person: User, model: type[Model], verb: str, row: Model | None = None) -> bool:
    request = RequestFactory().get("/")
    request.user = person
    row_of = [] if verb == "add" else [row]
    return bool(getattr(admin.site.get_model_admin(model), f"has_{verb}_permission")(request, *row_of))


def example(model: type[Model], rows: Rows) -> Model:
    assert model in EXAMPLES, f"{model._meta.label} can be edited: give EXAMPLES a row of it"
    row: Model = EXAMPLES[model](rows)
    return row


class Lines:
    """The lines of the log since a moment."""

    def __init__(self) -> None:
        self.newest = max(LogEntry.objects.values_list("pk", flat=True), default=0)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(LogEntry.objects.filter(pk__gt=self.newest).order_by("pk"))

    def text(self) -> str:
        return "\n".join(line.change_message for line in self)


def test_every_admin_page_has_the_base_that_logs() -> None:
    assert [label for label, each in _admins().items() if not isinstance(each, LoggedAdmin)] == []


def _admins() -> dict[str, object]:
    return {model._meta.label: admin.site.get_model_admin(model) for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_history_shows_the_edits_of_every_model_that_can_be_edited(boss: User, model: type[Model]) -> None:
    if any(may(boss, model, verb) for verb in ("add", "change", "delete")):
        assert kind_of(model) in EDIT_KINDS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_leaves_a_line_with_both_values(client: Client, boss: User, rows: Rows, model: type[Model]) -> None:
    if not may(boss, model, "change"):
        return
    row = example(model, rows)
    url = address(model, "change", row.pk)
    unsaid = {}
    for form in forms_of(client, url):
        for bound in fields_of(form):
            with transaction.atomic():
                unsaid |= _problem(client, url, model, rows, bound)
                transaction.set_rollback(True)
    assert unsaid == {}


def _problem(client: Client, url: str, model: type[Model], rows: Rows, bound: Any) -> dict[str, str]:
    """Save another value of one field; return what is wrong with the line that this leaves."""
    chosen = OTHER.get((model, bound.name))
    other = chosen(rows) if chosen else other_value(bound)
    if other is None:
        return {}
    data = sent(client, url)
    data.pop(bound.html_name, None)
    lines = Lines()
    answer = client.post(url, {**data, **TOGETHER.get((model, bound.name), {}), **sent_by(bound, other)})
    if answer.status_code != 302:
        forms = [answer.context["adminform"].form, *(each.formset for each in answer.context["inline_admin_formsets"])]
        return {bound.html_name: f"not saved: {[form.errors for form in forms]}"}
    found, empty = list(lines), EMPTY.get(model, {})
    text = lines.text()
    wanted = [*words(bound, bound.initial, empty=empty), *words(bound, other, empty=empty)]
    missing = [word for word in wanted if word not in text]
    return {bound.html_name: f"{missing} not in {text!r}"} if missing or len(found) != 1 else {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_saving_without_a_change_leaves_no_line(client: Client, boss: User, rows: Rows, model: type[Model]) -> None:
    if not may(boss, model, "change"):
        return
    url = address(model, "change", example(model, rows).pk)
    lines = Lines()
    assert client.post(url, sent(client, url)).status_code == 302
    assert lines.text() == ""
    assert list(lines) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_new_row_leaves_a_line_with_its_values(client: Client, boss: User, rows: Rows, model: type[Model]) -> None:
    if not may(boss, model, "add"):
        return
    assert model in NEW, f"{model._meta.label} can be added: say in NEW what is typed"
    data, lines = NEW[model](rows), Lines()
    answer = client.post(address(model, "add"), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    [line] = list(lines)
    assert line.user == boss
    typed = {name: str(value) for name, value in data.items() if name not in NOT_SHOWN}
    texts = {name: value for name, value in typed.items() if not value.isdigit() and name not in SHOWN_BY_NAME}
    said = f"{line.object_repr}\n{line.change_message}".lower()
    assert {name: value for name, value in texts.items() if value.replace("_", " ").lower() not in said} == {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_deleted_row_leaves_a_line_with_its_last_values(
    client: Client, boss: User, rows: Rows, model: type[Model]
) -> None:
    row = _lonely(model, rows) if may(boss, model, "delete") else None
    if row is None or not may(boss, model, "delete", row):
        return
    for url, data in (
        (address(model, "delete", row.pk), {"post": "yes"}),
        (address(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}),
    ):
        with transaction.atomic():
            lines = Lines()
            assert client.post(url, data).status_code == 302
            if not model.objects.filter(pk=row.pk).exists():
                [line] = list(lines)
                assert str(row) in f"{line.object_repr}\n{line.change_message}"
                assert line.change_message
            else:
                assert list(lines) == []
                assert "delete_selected" in data.values()
            transaction.set_rollback(True)


def _lonely(model: type[Model], rows: Rows) -> Model | None:
    """Return a row that nothing refers to."""
    new: dict[type[Model], Any] = {
        Product: ProductFactory,
        Feature: FeatureFactory,
        Edition: EditionFactory,
        Plan: PlanFactory,
        Offering: OfferingFactory,
    }
    return new[model]() if model in new else example(model, rows)


# --- single cases ----------------------------------------------------------------------------------------------------


def test_seats_that_an_add_on_adds_are_logged(client: Client, rows: Rows) -> None:
    edition = EditionFactory(product=rows.product, kind="add_on")
    row = OfferingFactory(product=rows.product, edition=edition, kind="add_on", extra_seats=20)
    url, lines = address(Offering, "change", row.pk), Lines()
    client.post(url, {**sent(client, url), "extra_seats": "25"})
    assert lines.text() == "Extra seats: 20 → 25."


def test_a_part_is_named_where_it_is_added_changed_and_removed(client: Client, rows: Rows) -> None:
    url, lines = address(Offering, "change", rows.offering.pk), Lines()
    data = sent(client, url)
    client.post(url, {**data, "charges-0-amount": "25"})
    new = {"charges-1-key": "setup", "charges-1-kind": "one_time", "charges-1-per": "flat", "charges-1-currency": "EUR"}
    new |= {"charges-1-trigger": "contract_effective"}
    client.post(url, {**data, **new, "charges-0-amount": "25", "charges-1-amount": "99", "charges-TOTAL_FORMS": "2"})
    client.post(url, {**data, "charges-0-DELETE": "on"})
    assert lines.text().splitlines()[:3] == [
        "Amount of charge price: 10 → 25.",
        "Added charge setup (kind one-time, per flat, starts on contract effective, amount 99, currency EUR).",
        "Removed charge price (kind recurring, per flat, starts on contract effective, amount 25, currency EUR).",
    ]


def test_permissions_of_a_role_are_named_where_they_come_and_go(client: Client, rows: Rows) -> None:
    url, lines = address(Group, "change", rows.role.pk), Lines()
    wanted = Permission.objects.get(codename="publish_offering")
    client.post(url, {"name": "Billing", "permissions": [wanted.pk]})
    view = Permission.objects.get(codename="view_offering")
    assert lines.text().splitlines() == [f"Permissions added: {wanted}.", f"Permissions removed: {view}."]


def test_a_password_is_never_shown(client: Client, rows: Rows) -> None:
    url, lines = reverse("admin:auth_user_password_change", args=[rows.person.pk]), Lines()
    data = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "set-password": "1"}
    for _time in range(2):
        assert client.post(url, data).status_code == 302
    assert client.post(url, {"usable_password": "false", "unset-password": "1"}).status_code == 302
    assert [line.change_message for line in lines] == [
        "Password: none → set.",
        "Password: changed.",
        "Password: set → none.",
    ]


def test_ones_own_password_is_logged_and_never_shown(boss: User) -> None:
    boss.set_password("boss-password")
    boss.save()
    own, lines = client_of(boss), Lines()
    data = {"old_password": "boss-password", "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert own.post(reverse("password_change"), data).status_code == 302
    assert lines.text() == "Password: changed."
    assert own.get("/admin/password_change/")["Location"] == reverse("password_change")


def test_ones_own_preferences_are_logged(client: Client) -> None:
    lines = Lines()
    for theme in ("dark", "light", "light"):
        data = {"time_zone": "Europe/Vienna", "theme": theme, "uses_shortcuts": "on"}
        assert client.post(reverse("profile"), data).status_code == 302
    first, second = lines
    assert "Time zone: Europe/Vienna." in first.change_message.splitlines()
    assert second.change_message == "Theme: dark → light."


def test_who_has_lines_in_the_log_is_not_deleted(client: Client, rows: Rows) -> None:
    LogEntry.objects.log_actions(rows.person.pk, [rows.customer], 2, "Name: A → B.", single_object=True)
    for url, data in (
        (address(User, "delete", rows.person.pk), {}),
        (address(User, "changelist"), {"action": "delete_selected", "_selected_action": rows.person.pk}),
    ):
        assert "deactivate the person instead" in client.post(url, {**data, "post": "yes"}).content.decode()
    assert LogEntry.objects.filter(user=rows.person).exists()


def test_what_goes_with_a_deleted_row_is_named(client: Client, rows: Rows) -> None:
    rows.person.groups.add(rows.role)
    Preferences.objects.create(user=rows.person)
    for row, sentence in (
        (rows.role, "Taken from user pia."),
        (rows.person, "Deleted with it: preferences Preferences of pia."),
    ):
        lines = Lines()
        client.post(address(type(row), "delete", row.pk), {"post": "yes"})
        assert sentence in lines.text().splitlines()


def test_retiring_and_selling_again_say_both_moments(client: Client) -> None:
    offering = published().offering
    lines = Lines()
    client.post(address(Offering, "retire", offering.pk), {"confirm": "yes"})
    client.post(address(Offering, "sell", offering.pk))
    first, second = (line.change_message for line in lines)
    assert first.startswith("Retired: none → ")
    assert second == f"Retired: {first.removeprefix('Retired: none → ').removesuffix('.')} → none."


def test_markup_in_values_is_shown_as_text(client: Client, rows: Rows) -> None:
    url = address(Customer, "change", rows.customer.pk)
    client.post(url, {**sent(client, url), "name": "<script>alert(1)</script>"})
    line = LogEntry.objects.latest("pk")
    for page in ("/history/", f"/history/edits/{line.pk}/", address(Customer, "history", rows.customer.pk)):
        text = client.get(page).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


# --- who reads it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codename", "title"), [("view_user", "Edited user"), ("view_group", "Edited group")])
def test_people_and_roles_are_shown_to_those_alone_who_may_view_them(
    client: Client, rows: Rows, codename: str, title: str
) -> None:
    for row in (rows.person, rows.role):
        url = address(type(row), "change", row.pk)
        field = "username" if row is rows.person else "name"
        assert client.post(url, {**sent(client, url), field: "other"}).status_code == 302
    keys = {line.content_type.model: line.pk for line in LogEntry.objects.all()}
    reader = UserFactory()
    reader.user_permissions.add(Permission.objects.get(codename="view_act"))
    assert [line.title for line in client_of(reader).get("/history/").context["page"].rows] == []
    reader.user_permissions.add(Permission.objects.get(codename=codename))
    assert [line.title for line in client_of(reader).get("/history/").context["page"].rows] == [title]
    seen = {model: client_of(reader).get(f"/history/edits/{key}/").status_code for model, key in keys.items()}
    assert seen == {"user": 404, "group": 404} | {codename.removeprefix("view_"): 200}


def test_history_takes_as_many_queries_for_many_edits_as_for_few(client: Client, rows: Rows) -> None:
    def queries(count: int) -> int:
        for number in range(count):
            for row, field in ((rows.customer, "name"), (rows.group, "name"), (rows.role, "name"), (rows.plan, "name")):
                url = address(type(row), "change", row.pk)
                assert client.post(url, {**sent(client, url), field: f"Name {number} of {count}"}).status_code == 302
        ContentType.objects.clear_cache()
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/history/").status_code == 200
        return len(captured)

    assert queries(1) == queries(5)
    assert len(log_page(LogFilters(), editable=EDIT_KINDS).lines) == 24
