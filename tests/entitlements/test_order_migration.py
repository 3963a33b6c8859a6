"""The migration that calls the order an order in permissions and in the log: forwards, backwards, and what it keeps."""

from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from entitlements.models import Act, Order
from tests.cast import Cast
from tests.factories import UserFactory
from tests.migration_steps import run_step

NAME = "0011_order_in_permissions_and_log"
OPERATIONS = import_module(f"entitlements.migrations.{NAME}").Migration.operations
MAY_VIEW = {"Administrator", "Product manager", "Operations", "Support", "Viewer"}
MAY_EDIT = {"Administrator", "Operations"}


@pytest.fixture
def apps() -> Any:
    """Return the models as the migration sees them."""
    return MigrationLoader(connection).project_state(("entitlements", NAME)).apps


def go_back(apps: Any) -> None:
    for operation in reversed(OPERATIONS):
        run_step(operation, "reverse_code", apps)


def go_on(apps: Any) -> None:
    for operation in OPERATIONS:
        run_step(operation, "code", apps)


def holders(model: str) -> dict[str, set[str]]:
    """Return the roles that hold each permission on a model."""
    found = Permission.objects.filter(
        content_type__app_label="entitlements", codename__regex=f"^(add|change|delete|view)_{model}$"
    )
    return {each.codename: set(each.group_set.values_list("name", flat=True)) for each in found}


def test_roles_may_do_with_orders_what_they_could_do_with_groups(cast: Cast) -> None:
    assert holders("order") == {"add_order": MAY_EDIT, "change_order": MAY_EDIT, "view_order": MAY_VIEW}
    assert holders("entitlementgroup") == {}
    assert not ContentType.objects.filter(model="entitlementgroup").exists()


def test_backwards_the_permissions_have_their_old_names(cast: Cast, apps: Any) -> None:
    go_back(apps)
    assert holders("entitlementgroup")["view_entitlementgroup"] == MAY_VIEW
    assert holders("order") == {}


def test_permissions_made_meanwhile_are_merged(cast: Cast, apps: Any) -> None:
    go_back(apps)
    kind, person = ContentType.objects.get_for_model(Order), UserFactory.create()
    person.user_permissions.add(Permission.objects.get(codename="view_entitlementgroup"))
    Permission.objects.create(content_type=kind, codename="view_order", name="Can view order")
    go_on(apps)
    assert (holders("order")["view_order"], holders("entitlementgroup")) == (MAY_VIEW, {})
    assert person.user_permissions.get().codename == "view_order"


def test_acts_name_the_order_by_its_key_and_keep_the_rest(cast: Cast, apps: Any) -> None:
    cast.entitle(cast.add_on(), order=cast.entitle().order_id)
    before = dict(Act.objects.values_list("pk", "asked"))
    go_back(apps)
    there = [each.asked for each in Act.objects.all()]
    assert all("group_id" in asked and "order_id" not in asked for asked in there)
    go_on(apps)
    assert dict(Act.objects.values_list("pk", "asked")) == before


def test_acts_are_protected_again(cast: Cast, apps: Any) -> None:
    cast.entitle()
    go_back(apps)
    go_on(apps)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE entitlements_act SET reason = 'Forged'")
