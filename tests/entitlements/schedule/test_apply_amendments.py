"""``manage.py apply_amendments``: a line for each, counts, exit codes, and no order stops the others."""

import logging
from datetime import UTC, date, datetime
from io import StringIO

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from entitlements.engine.apply import CONFLICT
from entitlements.models import Act, Amendment, Entitlement, Order
from entitlements.schedule import apply_due, due, preview_due
from entitlements.schedule.attempts import ATTEMPTS, Overtaken, in_transaction
from entitlements.schedule.due import Applied
from tests.cast import Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, quantity, scheduled

pytestmark = pytest.mark.django_db
COMMAND = "apply_amendments"


def run(*arguments: str) -> str:
    """Run the command and return what it prints."""
    output = StringIO()
    call_command(COMMAND, *arguments, stdout=output)
    return output.getvalue()


def failed_run(*arguments: str) -> tuple[int, str, str]:
    """Run the command, which must fail: its exit code, its last words, and what it prints."""
    output = StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command(COMMAND, *arguments, stdout=output)
    return stopped.value.returncode, str(stopped.value), output.getvalue()


def go_to(clock: time_machine.Traveller, day: date) -> None:
    """Go to the morning of a day."""
    clock.move_to(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def break_order(monkeypatch: pytest.MonkeyPatch, broken: Entitlement, error: Exception) -> None:
    """Let the simulation of one order raise."""

    def broken_where_it_is(simulate):
        def fold(order, planned, **options):
            if order == broken.order_id:
                raise error
            return simulate(order, planned, **options)

        return fold

    for name in ("fold_order", "fold_until"):  # what writes, and what looks ahead
        monkeypatch.setattr(due, name, broken_where_it_is(getattr(due, name)))


def test_nothing_due_says_so(cast: Cast) -> None:
    scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    assert run() == "Nothing is due.\n"


def test_each_one_has_a_line_and_its_act(cast: Cast, clock: time_machine.Traveller) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    go_to(clock, MARCH)
    assert run() == (
        f"2027-03-01  Silver annual ({row.order}): applied, act {Act.objects.get(amendment=row).pk}\n1 applied.\n"
    )


def test_a_day_is_a_day_of_the_site(cast: Cast, clock: time_machine.Traveller, settings: object) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    clock.move_to(datetime(2027, 2, 28, 10, 59, tzinfo=UTC))
    assert run() == "Nothing is due.\n"
    clock.move_to(datetime(2027, 2, 28, 11, 0, tzinfo=UTC))
    assert run().endswith("1 applied.\n")


def test_what_is_set_aside_is_reported_with_what_waits_behind_it(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(30), held, MARCH)
    scheduled(cast, quantity(40), held, APRIL)
    cast.do(quantity(12), [held.pk])
    go_to(clock, APRIL)
    code, words, printed = failed_run()
    assert (code, words) == (1, "0 applied, 1 set aside.")
    assert printed.splitlines() == [
        f"2027-03-01  Set quantity ({row.order}): set aside: {due.DIFFERS.message}",
        "1 amendment waits behind one of the same order that was not applied.",
    ]
    line = LogEntry.objects.latest("pk")
    assert line.change_message == f"Set aside “Set quantity”, scheduled for 1 Mar 2027: {due.DIFFERS.message}"
    assert run().splitlines()[-1] == "Nothing is due."


def test_a_dry_run_says_what_would_become_of_each_and_writes_nothing(cast: Cast, clock: time_machine.Traveller) -> None:
    held, other = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_annual")
    scheduled(cast, quantity(30), held, MARCH)
    scheduled(cast, quantity(40), held, APRIL)
    scheduled(cast, change_to(cast, "silver_annual"), other, APRIL)
    cast.offerings["silver_annual"].retire()
    go_to(clock, APRIL)
    before = list(Amendment.objects.order_by("pk").values()), Act.objects.count(), LogEntry.objects.count()
    code, words, printed = failed_run("--dry-run")
    assert (code, words) == (1, "2 would be applied, 1 would be set aside.")
    lines = printed.splitlines()
    assert [line.partition("): ")[2] for line in lines[:2]] == ["would be applied"] * 2
    assert "would be set aside: " in lines[2]
    assert "retired" in lines[2]
    assert (list(Amendment.objects.order_by("pk").values()), Act.objects.count(), LogEntry.objects.count()) == before


def test_a_dry_run_says_what_the_run_then_does(cast: Cast, clock: time_machine.Traveller) -> None:
    for number in range(3):
        held = cast.entitle("gold_seats", quantity=10 + number)
        scheduled(cast, quantity(30), held, MARCH)
        scheduled(cast, quantity(40), held, APRIL)
        if number == 1:
            cast.do(quantity(12), [held.pk])
    go_to(clock, APRIL)

    def facts(found: list[Applied]) -> list[tuple[object, ...]]:
        return [(each.amendment.pk, each.problems, each.is_applied) for each in found]

    said = facts(list(preview_due(APRIL)))
    assert facts(list(apply_due(APRIL))) == said
    assert [is_applied for _key, _problems, is_applied in said] == [True, True, False, True, True]


def test_a_dry_run_stops_where_something_was_set_aside_before(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(30), held, MARCH)
    scheduled(cast, quantity(40), held, APRIL)
    cast.do(quantity(12), [held.pk])
    go_to(clock, APRIL)
    failed_run()
    assert run("--dry-run") == "Nothing is due.\n"


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_broken_order_stops_no_other(
    cast: Cast,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    options: list[str],
) -> None:
    broken, fine = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(30), broken, MARCH)
    scheduled(cast, quantity(40), broken, MARCH)
    scheduled(cast, quantity(20), fine, APRIL)
    break_order(monkeypatch, broken, ZeroDivisionError("by zero"))
    go_to(clock, APRIL)
    with caplog.at_level(logging.ERROR, logger="entitlements.schedule.due"):
        code, words, printed = failed_run(*options)
    would = "would be " if options else ""
    assert (code, words) == (1, f"1 {would}applied, 1 failed.")
    assert printed.startswith(f"2027-03-01  Set quantity ({row.order}): failed: ZeroDivisionError: by zero\n")
    [record] = caplog.records
    assert (record.levelname, str(broken.order_id) in record.getMessage()) == ("ERROR", True)
    assert record.exc_info[0] is ZeroDivisionError
    row.refresh_from_db()
    assert row.status == "scheduled"
    fine.refresh_from_db()
    assert fine.quantity == (10 if options else 20)


def test_what_failed_is_applied_once_the_reason_is_gone(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(30), held, MARCH)
    go_to(clock, MARCH)
    with monkeypatch.context() as broken:
        break_order(broken, held, ValueError("no"))
        failed_run()
    assert run().endswith("1 applied.\n")


def test_ctrl_c_leaves_whole_amendments(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(30), first, MARCH)
    scheduled(cast, quantity(30), second, APRIL)
    break_order(monkeypatch, second, KeyboardInterrupt())
    go_to(clock, APRIL)
    code, _words, printed = failed_run()
    assert (code, len(printed.splitlines())) == (130, 1)
    assert sorted(Amendment.objects.values_list("status", flat=True)) == ["applied", "scheduled"]


def test_a_person_needs_the_permission_to_schedule(cast: Cast, clock: time_machine.Traveller) -> None:
    scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    go_to(clock, MARCH)
    code, words, _printed = failed_run("--as", "support")
    assert (code, words) == (2, "--as: support lacks the permission entitlements.schedule_amendments.")
    assert run("--as", "operations").endswith("1 applied.\n")
    assert Amendment.objects.get().closed_by_name == "operations"


def test_what_the_person_may_not_do_is_not_set_aside(cast: Cast, clock: time_machine.Traveller) -> None:
    row = scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    cast.people["viewer"].user_permissions.add(Permission.objects.get(codename="schedule_amendments"))
    go_to(clock, MARCH)
    code, words, printed = failed_run("--as", "viewer")
    assert (code, words) == (1, "0 applied, 1 failed.")
    assert "PermissionDenied: This needs the permission entitlements.set_quantity." in printed
    row.refresh_from_db()
    assert row.status == "scheduled"


def test_being_overtaken_each_time_ends_in_words_and_sets_nothing_aside(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(20), held, MARCH)
    break_order(monkeypatch, held, Overtaken(CONFLICT.message))
    go_to(clock, MARCH)
    code, _words, printed = failed_run()
    assert (code, "failed: Overtaken: Somebody changed this at the same moment" in printed) == (1, True)


def test_a_transaction_is_tried_anew_where_another_was_ahead() -> None:
    tries: list[int] = []

    def job() -> int:
        tries.append(len(tries))
        if len(tries) < ATTEMPTS:
            raise Overtaken
        return 7

    assert (in_transaction(job), len(tries)) == (7, ATTEMPTS)


def test_a_dry_run_says_every_automatic_renewal_that_a_late_run_makes(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    held = cast.entitle("silver_monthly")
    Order.objects.filter(pk=held.order_id).update(renewal="same", renews_from=held.expires_on)
    clock.move_to(datetime(2026, 6, 15, 9, tzinfo=UTC))
    said = [each.amendment.effective_on for each in preview_due(date(2026, 6, 15)) if isinstance(each, due.Applied)]
    done = [each.amendment.effective_on for each in apply_due(date(2026, 6, 15)) if isinstance(each, due.Applied)]
    assert said == done == [date(2026, month, 1) for month in (4, 5, 6)]
