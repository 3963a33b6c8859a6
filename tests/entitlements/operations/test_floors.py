"""At least: an override that holds while the standard is lower, and lets it rise above."""

import pytest

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Change, Entitlement, Override
from entitlements.operations import ChangeOffering, Preview, RevertOverrides, SetOverrides, UndoAct
from entitlements.state import Delta, load
from offerings.rights import Value
from tests.cast import KEEP, NOW, TODAY, Cast


def floor(key: str, value: Value) -> SetOverrides:
    return SetOverrides(as_of=TODAY, values={key: value}, floors=(key,), seats=KEEP)


def look(entitlement: Entitlement, operation: SetOverrides | ChangeOffering) -> Preview:
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


@pytest.mark.parametrize(
    ("key", "value", "in_force"),
    [
        ("seat_limit", 4, 5),
        ("seat_limit", 5, 5),
        ("seat_limit", 6, 6),
        ("seat_limit", "unlimited", "unlimited"),
        ("feature.connectors", 7.5, 8),
        ("feature.connectors", 8.5, 8.5),
        ("feature.dashboards", 9, 10),
        ("grace_period", "P60D", "P60D"),
    ],
)
def test_the_higher_of_both_is_in_force(cast: Cast, key: str, value: Value, in_force: Value) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(floor(key, value), [entitlement.pk], reason="Agreed")
    assert load([entitlement.pk])[0].in_force(key) == in_force
    assert list(differences()) == []


def test_a_floor_lets_a_better_offering_rise_above_it_and_holds_again_below(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(floor("seat_limit", 20), [entitlement.pk], reason="Agreed")
    for name, limit in (("gold_annual", 25), ("bronze_annual", 20)):
        cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk), [entitlement.pk])
        entitlement.refresh_from_db()
        assert (entitlement.seat_limit, entitlement.override_count) == (limit, 1)


@pytest.mark.parametrize("key", ["feature.sso", "feature.data_region", "overdraft", "usage_reset_schedule"])
def test_a_right_without_an_order_has_no_floor(cast: Cast, key: str) -> None:
    value: Value = {"feature.sso": True, "feature.data_region": "us-east", "overdraft": "2"}.get(key, "monthly")
    assert codes(look(cast.entitle("gold_annual"), floor(key, value))) in (["no_floor"], ["unknown_right"])


def test_exactly_after_at_least_is_a_change_and_the_other_way_round(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(floor("seat_limit", 20), [entitlement.pk], reason="Agreed")
    assert codes(look(entitlement, floor("seat_limit", 20))) == ["nothing_to_change"]
    cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 20}), [entitlement.pk], reason="Exactly now")
    assert [(row.is_floor, row.reason) for row in Override.objects.all()] == [(False, "Exactly now")]


def test_undo_brings_a_floor_back_as_a_floor(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(floor("seat_limit", 20), [entitlement.pk], reason="Agreed")
    before = Override.objects.values("value", "is_floor", "set_at", "set_by_name", "reason").get()
    act = cast.do(RevertOverrides(as_of=TODAY, keys=("seat_limit",)), [entitlement.pk]).act
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk])
    assert Override.objects.values(*before).get() == before
    assert list(differences()) == []


def test_the_log_says_that_it_is_a_floor(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(floor("seat_limit", 20), [entitlement.pk], reason="Agreed")
    delta = Delta.from_json(Change.objects.latest("sequence").delta)
    assert delta.overrides["seat_limit"][1].is_floor  # type: ignore[union-attr]


def test_the_effect_shows_the_value_in_force(cast: Cast) -> None:
    entitlement = cast.entitle("gold_annual")
    override = look(entitlement, floor("seat_limit", 20)).lead.overrides[0]
    assert (override.value, override.is_floor, override.in_force_after) == (20, True, 25)
