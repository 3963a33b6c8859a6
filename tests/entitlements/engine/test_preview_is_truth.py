"""A preview says everything that an act does, and looking needs neither database nor clock."""

import ast
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

import entitlements.operations
from entitlements import engine
from entitlements.models import Entitlement, FeatureUse, Override, Seat, Source
from entitlements.operations import ChangeOffering, Preview, ReleaseSeats, SetOverrides, UndoAct
from entitlements.state import State, loading
from tests.cast import NOW, OLDEST, TODAY, Cast, is_done
from tests.entitlements.copies import copy_entitlement
from tests.entitlements.every_operation import EXAMPLES, Example

Dump = dict[str, dict[Any, dict[str, Any]]]
LOG = {"entitlements_act", "entitlements_change"}


def dump() -> Dump:
    tables: Dump = {}
    for app in ("auth", "entitlements", "offerings"):
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            rows = model._default_manager.values()
            tables[model._meta.db_table] = {row[model._meta.pk.attname]: dict(row) for row in rows}
    return tables


def entitlement_columns(state: State) -> dict[str, Any]:
    """Spell out what the row of a state must hold, apart from the code that writes it."""
    limit = state.in_force("seat_limit") or 0
    return {
        "order_id": state.order.id,
        "revision_id": state.revision.id,
        "offering_id": state.revision.offering_id,
        "product_id": state.revision.product_id,
        "quantity": state.quantity,
        "starts_on": state.starts_on,
        "standard_expires_on": state.standard_expires_on,
        "expires_on": state.expires_on,
        "standard_maintenance_expires_on": state.standard_maintenance_expires_on,
        "maintenance_expires_on": state.maintenance_expires_on,
        "grace_ends_on": state.grace_ends_on,
        "ended_on": state.ended_on,
        "activated_at": state.activated_at,
        "disabled_at": state.disabled_at,
        "seat_limit": None if limit == "unlimited" else limit,
        "seat_capacity": state.seat_capacity,
        "seats_used": state.seats_used,
        "override_count": len(state.overrides),
    }


MAKING = {"create_entitlement", "import_entitlements"}  # what they make is tested with them


def expected_entitlements(before: Dump, seen: list[Preview]) -> dict[Any, dict[str, Any]]:
    rows = {key: dict(row) for key, row in before["entitlements_entitlement"].items()}
    for preview in seen:
        rows[preview.id] |= entitlement_columns(preview.lead.after)
    return rows


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - MAKING))
def test_the_tables_move_by_exactly_what_the_preview_said(cast: Cast, name: str) -> None:
    operation, ids = EXAMPLES[name](cast, 1)
    bystander = cast.entitle(seats=2, overrides={"seat_limit": 7}).pk
    before, seen = dump(), engine.preview(operation, ids, at=NOW)
    cast.do(operation, ids, reason="Agreed")
    after = dump()

    moved = {table for table in after if before[table] != after[table]}
    assert moved <= {
        "entitlements_entitlement",
        "entitlements_override",
        "entitlements_seat",
        "entitlements_featureuse",
        *LOG,
    }
    written = {"version", "sequence", "changed_at"}
    assert {key: without(row, *written) for key, row in after["entitlements_entitlement"].items()} == {
        key: without(row, *written) for key, row in expected_entitlements(before, seen).items()
    }
    assert after["entitlements_entitlement"][bystander] == before["entitlements_entitlement"][bystander]
    assert len(after["entitlements_act"]) == len(before["entitlements_act"]) + 1
    assert len(after["entitlements_change"]) == len(before["entitlements_change"]) + len(ids)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - MAKING))
def test_overrides_seats_and_use_end_as_the_preview_said(cast: Cast, name: str) -> None:
    operation, ids = EXAMPLES[name](cast, 1)
    seen = engine.preview(operation, ids, at=NOW)[0]
    active = set(Seat.objects.filter(entitlement=seen.id, released_at=None).values_list("pk", flat=True))
    cast.do(operation, ids, reason="Agreed")
    assert {row.key: row.value for row in Override.objects.filter(entitlement=seen.id)} == {
        key: override.value for key, override in seen.lead.after.overrides.items()
    }
    gone, back = {seat.id for seat in seen.released}, {seat.id for seat in seen.restored}
    assert set(Seat.objects.filter(entitlement=seen.id, released_at=None).values_list("pk", flat=True)) == (
        (active - gone) | back
    )
    uses = FeatureUse.objects.filter(entitlement=seen.id)
    assert {row.key: row.amount for row in uses.filter(seat=None) if row.amount} == {
        key: amount for key, amount in seen.lead.after.counters.items() if amount
    }
    assert sum(row.amount for row in uses.exclude(seat=None)) == sum(seen.lead.after.checked_out.values())


def test_a_creation_makes_what_the_preview_said(cast: Cast) -> None:
    operation, ids = EXAMPLES["create_entitlement"](cast, 1)
    before, seen = dump(), engine.preview(operation, ids, at=NOW)[0]
    cast.do(operation, ids)
    after = dump()
    row = after["entitlements_entitlement"][Entitlement.objects.get().pk]
    assert row.items() >= entitlement_columns(seen.lead.after).items()
    assert {table for table in after if before[table] != after[table]} == {
        "entitlements_entitlement",
        "entitlements_customer",
        "entitlements_order",
        "entitlements_activationcode",
        *LOG,
    }


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_looking_writes_nothing(cast: Cast, name: str) -> None:
    operation, ids = EXAMPLES[name](cast, 1)
    before = dump()
    engine.preview(operation, ids, at=NOW)
    assert dump() == before


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_preview_asks_neither_database_nor_clock(
    cast: Cast, name: str, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation, ids = EXAMPLES[name](cast, 2)
    units = operation.units(ids)
    loaded = loading.load_with_orders(
        [key for unit in units for key in unit],
        on=TODAY,
        revision_ids=operation.revision_ids(),
        order_ids=operation.order_ids(ids),
    )
    world = operation.world(loaded.states, at=NOW, revisions=loaded.revisions, held=loaded.held)
    states = {state.id: state for state in loaded.states}

    def no_clock(*_: object, **__: object) -> None:
        raise AssertionError("A preview asked for the time.")

    monkeypatch.setattr(timezone, "now", no_clock)
    monkeypatch.setattr(timezone, "localdate", no_clock)
    with django_db_blocker.block():
        found = [(unit, [states[key] for key in unit if key in states]) for unit in units]
        previews = [operation.preview_unit(unit, held, world) for unit, held in found]
        assert all(preview.fingerprint and not preview.is_blocked for preview in previews)


def test_no_rule_names_the_clock() -> None:
    folder = Path(inspect.getfile(entitlements.operations)).parent
    files = [*folder.rglob("*.py"), *(folder.parent / "state").glob("*.py")]
    asked = {
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "localdate", "localtime"}
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert asked == set()


def few_and_many(cast: Cast, name: str) -> tuple[Example, Example]:
    """Return an operation on one entitlement (two to remove), and the same on 500 like it."""
    if name == "undo_act":
        few, done = EXAMPLES["undo_act"](cast, 1), EXAMPLES["change_offering"](cast, 1)
        ids = [*done.ids, *copy_entitlement(done.ids[0], 499)]
        act = cast.do(done.operation, ids).act
        assert act is not None
        return few, Example(UndoAct(as_of=TODAY, act_id=act.pk), ids)
    # Of one alone nothing asks whether what ends with it needs it.
    few, many = EXAMPLES[name](cast, 2 if name == "remove_product" else 1), EXAMPLES[name](cast, 1)
    if name == "release_seats":
        many, few = many._replace(operation=RELEASE_ALL), few._replace(operation=RELEASE_ALL)
    return few, many._replace(ids=[*many.ids, *copy_entitlement(many.ids[0], 499)])


RELEASE_ALL = ReleaseSeats(as_of=TODAY)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - MAKING))
def test_one_and_five_hundred_need_the_same_number_of_queries(cast: Cast, name: str) -> None:
    few, many = few_and_many(cast, name)
    with CaptureQueriesContext(connection) as for_one:
        engine.preview(few.operation, few.ids, at=NOW)
    with CaptureQueriesContext(connection) as for_many:
        engine.preview(many.operation, many.ids, at=NOW)
    assert len(for_one) == len(for_many)
    assert statements(few) == statements(many)


def statements(example: Example) -> int:
    with CaptureQueriesContext(connection) as queries:
        result = engine.apply(
            example.operation,
            example.ids,
            made_by=engine.System("tests"),
            source=Source.TASK,
            reason="Agreed",
            at=NOW,
        )
    assert is_done(result)
    return len(queries)


@pytest.mark.parametrize("is_changed", [False, True], ids=["as sold", "changed since"])
def test_a_change_of_offering_is_applied_in_twelve_queries(cast: Cast, is_changed: bool) -> None:
    entitlement = cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250})
    cast.use(entitlement, "api_calls", 41)
    if is_changed:  # what changes made due before counts for what is given back
        cast.do(SetOverrides(as_of=TODAY, values={"lease_period": "P2D"}), [entitlement.pk], reason="Agreed")
    target = cast.revision("bronze_monthly").pk
    operation = ChangeOffering(as_of=TODAY, revision_id=target, seats=OLDEST, drop_overrides=("seat_limit",))
    with CaptureQueriesContext(connection) as queries:
        engine.apply(operation, [entitlement.pk], made_by=engine.System("tests"), source=Source.TASK, at=NOW)
    asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]
    assert len(asked) <= 12, "\n".join(asked)
