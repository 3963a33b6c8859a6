"""A site in which every text is markup: rows of every model, with markup in every text field that people can fill.

What goes into JSON gets there by the product's own ways: publishing, operations, acts.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection, models

from changegroups.models import Membership
from config.digests import DigestField
from config.names import FoldedField
from entitlements.models import (
    Amendment,
    AmendmentStatus,
    Customer,
    CustomerField,
    CustomerMerge,
    Entitlement,
    Erasure,
    FieldValue,
    Order,
    Tag,
)
from entitlements.schedule import schedule
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, Plan, Product
from offerings.revisions import publish
from tests.addresses import make_things
from tests.cast import NOW, OLDEST, TODAY, Cast

MARKUP = "'\"><img src=x onerror=a()>{{ 7 }}"
SHORT = "'\"><b onx=1>"
DRAFTS = (Product, Feature, Edition, Plan, Offering, Charge)
FORMATTED = {  # texts that only forms and operations write, in a format of their own
    *(
        "lease_period",
        "offline_lease_period",
        "grace_period",
        "overdraft",
        "maintenance",
        "currency",
        "time_zone",
        "money_format",
    ),
    *("duration", "billing_period", "maintenance_duration", "password", "operation", "change_message", "session_hash"),
}
NOT_PEOPLES = {
    *("auth.Permission", "contenttypes.ContentType", "sessions.Session", "admin.LogEntry"),
    "config.RequestKey",  # addresses and digests
    "django_tasks_database.DBTaskResult",  # paths of tasks, which take no arguments, and tracebacks
}


def mark_everything(cast: Cast) -> dict[str, object]:
    """Put markup into every text; return what stands for the variable parts of routes."""
    things = make_things(cast)
    Membership.objects.create(group_id=things["change-groups/<int:pk>"], offering=cast.offerings["bronze_annual"])
    _describe_customers()
    drop_triggers()
    cast.atlas.features.filter(key="data_region").update(default=MARKUP)
    text = cast.atlas.features.get(key="data_region")
    EditionValue.objects.filter(feature=text).update(value=MARKUP)
    for model in DRAFTS:
        mark_rows(model)
    publish(Offering.objects.all(), published_by=cast.operations, published_by_name=MARKUP, note=MARKUP)
    things |= _act_on_marked(cast, f"feature.{Feature.objects.get(pk=text.pk).key}")
    cast.use(Entitlement.objects.get(pk=things["entitlements/<uuid:pk>"]), "api_calls", 40)
    for model, more in ((AccessAttempt, {"failures_since_start": 1}), (AccessFailureLog, {}), (AccessLog, {})):
        model.objects.create(username=MARKUP, user_agent=MARKUP, ip_address="127.0.0.1", **more)
    for model in marked_models():
        mark_rows(model)
    for row in [*Customer.objects.all(), *Offering.objects.all()[:3], *Entitlement.objects.all()]:
        LogEntry.objects.log_actions(cast.operations.pk, [row], CHANGE, f"Was {MARKUP}.", single_object=True)
    return {**things, "<str:sku>": Offering.objects.get(pk=cast.offerings["silver_annual"].pk).sku}


def _describe_customers() -> None:
    """Make a tag, a field, an erasure and a merge that was undone, of a customer."""
    customer = Customer.objects.earliest("pk")
    customer.tags.add(Tag.objects.create(name="VIP"))
    area = CustomerField.objects.create(key="area", label="Area", kind="text")
    FieldValue.objects.create(customer=customer, field=area, value="North")
    Erasure.objects.create(customer=customer, made_by_name="nobody", begun_at=NOW, finished_at=NOW)
    moved = {"fields": {"area": [MARKUP, "North"]}}
    CustomerMerge.objects.create(
        source=customer, target=customer, made_at=NOW, undone_at=NOW, reason="Twice", moved=moved
    )


def _act_on_marked(cast: Cast, key: str) -> dict[str, object]:
    """Carry out operations whose words are markup, on offerings and customers whose names are."""
    from entitlements.operations import ChangeOffering, CreateEntitlement, SetOverrides, TransferEntitlement

    revision = cast.revision("silver_annual").pk
    create = CreateEntitlement(
        as_of=TODAY, revision_id=revision, customer_name=MARKUP, order_reference=MARKUP, codes=("MARKED-1",)
    )
    held = Entitlement.objects.get(pk=cast.do(create, reason=MARKUP, reference=MARKUP).outcomes[0].preview.id)
    cast.occupy(held, 4)
    seats = SetOverrides(as_of=TODAY, values={"seat_limit": 7, key: MARKUP}, seats=OLDEST)
    act = cast.do(seats, [held.pk], reason=MARKUP).act
    target = cast.revision("bronze_annual").pk
    cast.do(ChangeOffering(as_of=TODAY, revision_id=target, seats=OLDEST), [held.pk], reason=MARKUP)
    other = Order.objects.create(customer=Customer.objects.create(name=f"{MARKUP}!"), order_reference=f"{MARKUP}!")
    cast.do(TransferEntitlement(as_of=TODAY, order_id=other.pk), [held.pk], reason=MARKUP)
    row = _schedule_marked(cast, held, key)
    return {
        "amendments/<uuid:pk>": row.pk,
        "entitlements/<uuid:pk>": held.pk,
        "history/<uuid:pk>": act.pk,
        "<uuid:act_id>": act.pk,
        "<str:key>": key,
    }


def _schedule_marked(cast: Cast, held: Entitlement, key: str) -> Amendment:
    """Schedule an override whose value is markup, and set it aside for a problem that says it."""
    from entitlements.operations import SetOverrides

    operation, day = SetOverrides(as_of=TODAY, values={key: f"{MARKUP}!"}), date(2999, 1, 1)
    answer = schedule(operation, [held.pk], on=day, made_by=cast.operations, seen=None, reason=MARKUP)
    assert answer.amendment, answer.problems
    Amendment.objects.filter(pk=answer.amendment.pk).update(
        status=AmendmentStatus.SET_ASIDE, problems=[MARKUP], editors=[{"key": cast.operations.pk, "name": MARKUP}]
    )
    return answer.amendment


def marked_models() -> list[type[models.Model]]:
    """Return the models with texts that people write."""
    return [model for model in apps.get_models() if model._meta.label not in NOT_PEOPLES]


def text_fields(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """Yield the fields that take any text."""
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        is_text = is_text and not isinstance(field, FoldedField | DigestField)  # computed from the others
        if is_text and not field.choices and field.name not in FORMATTED:
            yield field


def mark_rows(model: type[models.Model]) -> None:
    """Put markup into the text fields of every row, each a little different, past models and triggers."""
    for number, row in enumerate(model._base_manager.order_by("pk")):
        marks = {field.name: marked(field, number) for field in text_fields(model)}
        if marks:
            model._base_manager.filter(pk=row.pk).update(**marks)


def marked(field: models.Field[Any, Any], number: int) -> str:
    """Return markup that fits a field; different in each row."""
    longest = field.max_length or 500
    text = f"{MARKUP}{number}"
    return text if len(text) <= longest else f"{SHORT}{number}"[:longest]


def drop_triggers() -> None:
    """Let rows that never change be written; the transaction of the test brings the triggers back."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            statements = [f'DROP TRIGGER "{name}"' for (name,) in cursor.fetchall()]
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            statements = [f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER' for model in apps.get_models()]
        for statement in statements:
            cursor.execute(statement)


def superuser() -> User:
    """Return somebody who sees everything."""
    return User.objects.create_superuser("superuser", password="superuser-password")
