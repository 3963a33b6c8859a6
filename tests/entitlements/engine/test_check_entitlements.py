"""check_entitlements: every stored number that is wrong, and every break in the log, is found and named."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from entitlements.engine.checks.findings import ADVICE, Code
from entitlements.engine.recount import differences
from entitlements.management.commands.check_entitlements import Command
from entitlements.models import Change, Customer, Entitlement, FeatureUse, Order, Override, Seat, new_id
from entitlements.operations import ChangeOffering, ReleaseSeats, UndoAct
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.engine.corrupted_cast import past_triggers
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    return [difference.name for difference in differences()]


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    """Return an entitlement with seats, overrides, a move, an undo and a redo behind it."""
    held = cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250, "sso": True})
    cast.use(held, "dashboards", 2, seat=Seat.objects.earliest("activated_at"))
    moved = cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_monthly").pk), [held.pk])
    assert moved.act
    undone = cast.do(UndoAct(as_of=TODAY, act_id=moved.act.pk), [held.pk])
    assert undone.act
    cast.do(UndoAct(as_of=TODAY, act_id=undone.act.pk), [held.pk])
    held.refresh_from_db()
    return held


def change_log_row(change: Change, **values: object) -> None:
    """Write a log row anew with other values, as only somebody with the database in hand can."""
    row = Change.objects.filter(pk=change.pk).values().get()
    remove_log_row(change.sequence)
    Change(**{**row, **values}).save(force_insert=True)


def remove_log_row(sequence: int) -> None:
    with past_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM entitlements_change WHERE sequence = %s", [sequence])


def test_what_operations_leave_is_right(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk])
    out = StringIO()
    call_command("check_entitlements", stdout=out)
    assert list(differences()) == []
    assert "All entitlements are as" in out.getvalue()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seat_limit", 7),
        ("seat_limit", None),
        ("seat_capacity", 7),
        ("seats_used", 9),
        ("override_count", 0),
        ("override_count", 5),
        ("expires_on", TODAY + timedelta(days=900)),
        ("maintenance_expires_on", TODAY),
        ("grace_ends_on", None),
        ("kind", "add_on"),
    ],
)
def test_a_wrong_stored_number_is_found(entitlement: Entitlement, name: str, value: object) -> None:
    Entitlement.objects.filter(pk=entitlement.pk).update(**{name: value})
    assert found() == [name]


@pytest.mark.parametrize("name", ["offering", "product"])
def test_a_wrong_copy_is_found(cast: Cast, entitlement: Entitlement, name: str) -> None:
    other = cast.offerings["bronze_annual"] if name == "offering" else ProductFactory()
    Entitlement.objects.filter(pk=entitlement.pk).update(**{name: other})
    assert found() == [name]


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        ("starts_on", TODAY - timedelta(days=500), ["starts_on against the log"]),
        ("activated_at", NOW, ["activated_at against the log"]),
        ("disabled_at", NOW, ["disabled_at against the log"]),
        ("quantity", 3, ["quantity", "quantity against the log"]),
        ("version", 40, ["newest change, to_version"]),
        ("sequence", 40, ["newest change, sequence"]),
    ],
)
def test_what_the_log_does_not_say_is_found(
    entitlement: Entitlement, name: str, value: object, names: list[str]
) -> None:
    Entitlement.objects.filter(pk=entitlement.pk).update(**{name: value})
    assert found() == names


def test_another_revision_than_the_log_says_is_found(cast: Cast, entitlement: Entitlement) -> None:
    Entitlement.objects.filter(pk=entitlement.pk).update(revision=cast.revision("bronze_annual"))
    assert "newest change, to_revision" in found()


def test_an_override_that_was_changed_behind_the_log_is_found(entitlement: Entitlement) -> None:
    Override.objects.filter(key="feature.sso").update(reason="Somebody else's")
    assert found() == ["feature.sso against the log"]


def test_an_override_nobody_counted_is_found(entitlement: Entitlement) -> None:
    Override.objects.all().delete()
    Entitlement.objects.update(override_count=0, seat_limit=25, seat_capacity=25)
    Override.objects.create(
        entitlement=entitlement, key="seat_limit", value=9, set_by_name="x", set_at=NOW, reason="Quiet"
    )
    assert found()[:3] == ["seat_limit", "seat_capacity", "override_count"]


def test_an_expiry_override_that_says_the_standard_is_found(entitlement: Entitlement) -> None:
    day = entitlement.standard_expires_on
    assert day
    Override.objects.create(
        entitlement=entitlement, key="expires_on", value=day.isoformat(), set_by_name="x", set_at=NOW, reason="Quiet"
    )
    assert "override of expires_on" in found()


def test_a_checkout_of_a_released_seat_is_found(entitlement: Entitlement) -> None:
    Seat.objects.filter(pk=FeatureUse.objects.get(seat__isnull=False).seat_id).update(released_at=NOW)
    assert found() == ["seats_used", "checkouts of seats that are not active here"]


def test_an_entitlement_without_a_log_is_found(cast: Cast, entitlement: Entitlement) -> None:
    customer = Customer.objects.create(name="Smuggled in")
    row = Entitlement.objects.get(pk=entitlement.pk)
    row.pk = new_id()
    row.order = Order.objects.create(customer=customer)
    row.seats_used = row.override_count = 0
    row.seat_limit = row.seat_capacity = 25
    row.save(force_insert=True)
    assert found() == ["log"]


@pytest.mark.parametrize(
    ("sequence", "values", "names"),
    [
        (3, {"sequence": 9}, {"change 3, sequence", "change 4, sequence", "change 5, sequence"}),
        (2, {"from_version": 7}, {"change 2, from_version"}),
        (2, {"to_version": 7}, {"change 2, to_version", "change 3, from_version"}),
        (1, {"from_version": 1}, {"change 1, from_version"}),
        (5, {"to_version": 4}, {"change 5, to_version", "newest change, to_version"}),
        (4, {"undoes_id": None}, {"change 4, to_version", "change 4, undoes"}),
    ],
)
def test_a_break_in_the_chain_of_versions_is_found(
    entitlement: Entitlement, sequence: int, values: dict[str, object], names: set[str]
) -> None:
    change_log_row(Change.objects.get(sequence=sequence), **values)
    assert names <= set(found())


def test_a_revision_that_jumps_is_found(cast: Cast, entitlement: Entitlement) -> None:
    change_log_row(Change.objects.get(sequence=3), from_revision_id=cast.revision("bronze_annual").pk)
    assert found() == ["change 3, from_revision"]


def test_an_undo_of_another_act_is_found(entitlement: Entitlement) -> None:
    change_log_row(Change.objects.get(sequence=5), undoes_id=Change.objects.get(sequence=2).pk)
    assert "change 5, undoes a change of act" in found()


def test_a_missing_change_is_found(entitlement: Entitlement) -> None:
    remove_log_row(2)
    assert "change 2, sequence" in found()


def test_a_delta_that_starts_elsewhere_is_found(entitlement: Entitlement) -> None:
    change = Change.objects.get(sequence=3)
    fields = {**change.delta["fields"], "starts_on": ["2020-01-01", TODAY.isoformat()]}
    change_log_row(change, delta={**change.delta, "fields": fields})
    assert "change 3, starts_on before" in found()


def test_each_difference_is_a_line_and_the_command_fails(entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=9, override_count=1)
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("check_entitlements", stdout=out)
    assert caught.value.returncode == 1
    assert str(caught.value) == "2 differences found."
    assert out.getvalue().splitlines() == [
        f"{entitlement.pk}  seats_used: stored 9, recounted 4",
        f"{entitlement.pk}  override_count: stored 1, recounted 2",
        "",
        f"        2  counted_number: {ADVICE[Code.COUNTED_NUMBER]}",
    ]


def test_differences_are_counted_by_kind_the_most_frequent_first(entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=9, override_count=1, starts_on=TODAY - timedelta(days=1))
    out = StringIO()
    with pytest.raises(CommandError, match="3 differences found"):
        call_command("check_entitlements", stdout=out)
    kinds = [line.split(":")[0] for line in out.getvalue().partition("\n\n")[2].splitlines()]
    assert kinds == ["        2  counted_number", "        1  state_unlike_log"]


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == set(Code)
    assert all(text.endswith(".") for text in ADVICE.values())


def test_a_run_that_is_stopped_says_how_to_go_on(cast: Cast, entitlement: Entitlement) -> None:
    class InOnes(Command):
        batch_size = 1

    class Stopping(StringIO):
        def write(self, text: str) -> int:
            raise KeyboardInterrupt

    last = cast.entitle()
    Entitlement.objects.filter(pk=last.pk).update(seats_used=9)
    with pytest.raises(CommandError) as caught:
        call_command(InOnes(), stdout=Stopping())
    assert caught.value.returncode == 130
    assert str(caught.value) == f"Stopped. Go on with --after {entitlement.pk}."


def test_a_run_that_goes_on_leaves_out_what_was_checked(cast: Cast, entitlement: Entitlement) -> None:
    last = cast.entitle()
    Entitlement.objects.update(seats_used=9)
    out = StringIO()
    with pytest.raises(CommandError, match="1 difference found"):
        call_command("check_entitlements", after=entitlement.pk, stdout=out)
    assert out.getvalue().startswith(f"{last.pk}  seats_used")


def test_small_batches_find_the_same(cast: Cast, entitlement: Entitlement) -> None:
    for _number in range(4):
        cast.entitle(seats=1)
    Entitlement.objects.update(seats_used=9)
    assert len(list(differences(batch_size=2))) == len(list(differences())) == 5


def test_the_number_of_queries_does_not_grow_with_entitlements(
    cast: Cast, entitlement: Entitlement, django_assert_num_queries: Callable[..., object]
) -> None:
    for _number in range(9):
        cast.entitle(seats=1)
    with django_assert_num_queries(18):
        list(differences())
