"""Migration 0018: add-ons that extend their plan lose seats of their own, and have them again backwards."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from entitlements.engine.recount import differences
from entitlements.models import Entitlement
from tests.add_ons import beside, offer_add_on
from tests.cast import Cast

NAME = "0018_seats_of_add_ons"


@pytest.fixture
def apps() -> Any:
    """Return the models as the migration sees them."""
    return MigrationLoader(connection).project_state(("entitlements", NAME)).apps


def test_seats_go_and_come_back_where_an_add_on_extends_and_nowhere_else(cast: Cast, apps: Any) -> None:
    migration = import_module(f"entitlements.migrations.{NAME}")
    plan = cast.entitle("gold_seats", quantity=9)
    pack = beside(cast, plan, offer_add_on(cast, "pack", extra_seats=4, seats_sold="per_quantity"), quantity=3)
    own = beside(cast, plan, offer_add_on(cast, "assistant", seats_sold="per_quantity"), quantity=2)

    def seats() -> dict[Any, tuple[int, int]]:
        rows = Entitlement.objects.values_list("pk", "seat_limit", "seat_capacity")
        return {key: (limit, capacity) for key, limit, capacity in rows}

    migration.backward(apps, connection.schema_editor())
    assert seats() == {plan.pk: (9, 9), pack.pk: (3, 3), own.pk: (2, 2)}
    migration.forward(apps, connection.schema_editor())
    assert seats() == {plan.pk: (9, 9), pack.pk: (0, 0), own.pk: (2, 2)}
    assert list(differences()) == []
