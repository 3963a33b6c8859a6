"""Several workers and people at the same amendments at once, on PostgreSQL, with real threads and real commits."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from entitlements import engine
from entitlements.models import Act, Amendment, Entitlement, Source
from entitlements.operations import ChangeTerms, Operation, TransferEntitlement
from entitlements.schedule import Answer, apply_due, cancel, carry_out, move, preview_scheduled, schedule
from entitlements.schedule.due import Applied, apply_one
from entitlements.schedule.scheduling import preview_cancel, preview_move
from tests.add_ons import beside, offer_add_on
from tests.cast import TODAY, Cast, is_done
from tests.entitlements.engine.test_races import at_once, racing_cast  # noqa: F401 (a fixture)
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, quantity, scheduled

WORKERS = 4
ROUNDS = 6
JUNE = date(2027, 6, 1)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def work(_number: int) -> list[Applied]:
    return list(apply_due(APRIL, made_by=engine.System("tests")))


def is_settled(answer: Answer | Applied | None) -> bool:
    """Tell whether a request was carried out."""
    return answer is not None and answer.amendment is not None and not answer.problems


def test_four_workers_apply_each_amendment_once(racing_cast: Cast) -> None:  # noqa: F811
    held = [racing_cast.entitle("gold_seats", quantity=10) for _ in range(10)]
    for each in held:
        scheduled(racing_cast, quantity(30), each, MARCH)
        scheduled(racing_cast, quantity(40), each, APRIL)
    found = at_once(WORKERS, work)
    applied = [each.amendment.pk for worker in found for each in worker]
    assert len(applied) == len(set(applied)) == 2 * len(held)
    assert all(each.is_applied for worker in found for each in worker)
    assert Act.objects.filter(operation="set_quantity").count() == 2 * len(held)
    assert set(Entitlement.objects.values_list("quantity", flat=True)) == {40}
    call_command("check_entitlements")


def test_a_change_at_the_same_moment_comes_before_or_after_and_is_never_lost(racing_cast: Cast) -> None:  # noqa: F811
    ends = Counter[str]()
    for _round in range(ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        row = scheduled(racing_cast, quantity(30), held, MARCH)
        now = quantity(12)
        [seen] = engine.preview(now, [held.pk])

        def change(held: Entitlement = held, now: Operation = now, seen: engine.Outcome = seen) -> engine.Result:
            return engine.apply(
                now,
                [held.pk],
                made_by=racing_cast.operations,
                source=Source.PAGE,
                reason="Now",
                expected={held.pk: seen.fingerprint},
            )

        jobs: tuple[Callable[[], object], ...] = (change, lambda: work(0))
        result, _worker = at_once(2, lambda number, jobs=jobs: jobs[number]())
        row.refresh_from_db()
        held.refresh_from_db()
        ends[row.status] += 1
        if is_done(result):  # the change was first: the amendment would do something else than was seen
            assert (row.status, held.quantity) == ("set_aside", 12)
        else:
            assert {each.status for each in result.outcomes} == {"stale"}
            assert (row.status, held.quantity) == ("applied", 30)
    assert sum(ends.values()) == ROUNDS
    call_command("check_entitlements")


def test_of_people_who_schedule_what_they_saw_one_wins(racing_cast: Cast) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        operation = quantity(20)
        seen = preview_scheduled(operation, [held.pk], on=MARCH, made_by=racing_cast.operations).fingerprint

        def ask(_number: int, held: Entitlement = held, seen: str = seen) -> Answer:
            return schedule(quantity(20), [held.pk], on=MARCH, made_by=racing_cast.operations, seen=seen, reason="x")

        answers = at_once(WORKERS, ask)
        assert sum(is_settled(each) for each in answers) == 1
        assert sum(each.is_stale or bool(each.problems) for each in answers) == WORKERS - 1
        assert held.order.amendments.count() == 1


@pytest.mark.parametrize("days", [(MAY, JUNE), (MAY, MAY)])
def test_of_people_who_move_what_they_saw_one_wins(racing_cast: Cast, days: tuple[date, date]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        row = scheduled(racing_cast, quantity(20), racing_cast.entitle("gold_seats", quantity=10), MARCH)
        seen = [preview_move(row, on=day, made_by=racing_cast.operations).fingerprint for day in days]

        def ask(number: int, row: Amendment = row, seen: list[str] = seen) -> Answer:
            return move(row, on=days[number], made_by=racing_cast.operations, seen=seen[number])

        answers = at_once(2, ask)
        assert sorted(is_settled(each) for each in answers) == [False, True]
        [lost] = [each for each in answers if not is_settled(each)]
        assert lost.is_stale
        [won] = [number for number, each in enumerate(answers) if is_settled(each)]
        assert Amendment.objects.get(pk=row.pk).effective_on == days[won]


def test_of_applying_moving_and_cancelling_one_wins_and_the_others_are_told(racing_cast: Cast) -> None:  # noqa: F811
    who = racing_cast.operations
    for _round in range(2 * ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        row = scheduled(racing_cast, quantity(20), held, MARCH)
        to_move = preview_move(row, on=MAY, made_by=who).fingerprint
        to_cancel = preview_cancel(row).fingerprint
        jobs: tuple[Callable[[], Answer | Applied | None], ...] = (
            lambda row=row: apply_one(row.pk, MARCH, made_by=who),
            lambda row=row, seen=to_move: move(row, on=MAY, made_by=who, seen=seen),
            lambda row=row, seen=to_cancel: cancel(row, made_by=who, reason="Not wanted", seen=seen),
            lambda row=row: apply_one(row.pk, MARCH, made_by=engine.System("tests")),
        )
        answers = at_once(len(jobs), lambda number, jobs=jobs: jobs[number]())
        assert [is_settled(each) for each in answers].count(True) == 1
        row.refresh_from_db()
        held.refresh_from_db()
        won = next(number for number, each in enumerate(answers) if is_settled(each))
        is_applied = won in (0, 3)
        assert row.status == ("applied" if is_applied else "scheduled" if won == 1 else "cancelled")
        assert (row.effective_on, held.quantity) == (MAY if won == 1 else MARCH, 20 if is_applied else 10)
        told = [each for each in answers[1:3] if each is not None and not is_settled(each)]
        assert all(each.is_stale or [problem.code for problem in each.problems] == ["closed"] for each in told)
    call_command("check_entitlements")


def test_what_is_scheduled_and_transferred_at_once_stays_with_its_order(racing_cast: Cast) -> None:  # noqa: F811
    add_on = offer_add_on(racing_cast, "support")
    ends = Counter[str]()
    for _round in range(ROUNDS):
        here, there = (racing_cast.entitle("gold_seats", quantity=10) for _ in range(2))
        held = beside(racing_cast, here, add_on)
        away = TransferEntitlement(as_of=TODAY, order_id=there.order_id)
        [seen] = engine.preview(away, [held.pk])

        def transfer(held: Entitlement = held, away: Operation = away, seen: engine.Outcome = seen) -> engine.Result:
            return carry_out(
                away,
                [held.pk],
                made_by=racing_cast.operations,
                source=Source.PAGE,
                expected={held.pk: seen.fingerprint},
                seen="",
                reason="x",
            ).result

        def until(held: Entitlement = held) -> Answer:
            terms = ChangeTerms(as_of=TODAY, expires_on=JUNE)
            return schedule(terms, [held.pk], on=MARCH, made_by=racing_cast.operations, seen=None, reason="x")

        jobs: tuple[Callable[[], object], ...] = (transfer, until)
        moved, answer = at_once(2, lambda number, jobs=jobs: jobs[number]())
        assert isinstance(answer, Answer)
        held.refresh_from_db()
        assert held.order_id == (there if is_done(moved) else here).order_id
        assert is_done(moved) or answer.amendment
        if answer.amendment:
            assert answer.amendment.order_id == held.order_id
        ends["moved" if is_done(moved) else "stayed"] += 1
    assert ends.total() == ROUNDS
    call_command("check_entitlements")


def test_the_races_leave_no_transaction_open(racing_cast: Cast) -> None:  # noqa: F811
    scheduled(racing_cast, quantity(20), racing_cast.entitle("gold_seats", quantity=10), TODAY + timedelta(days=1))
    at_once(WORKERS, work)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)
