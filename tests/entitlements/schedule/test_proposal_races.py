"""People who approve, decline and edit the same proposal at once, on PostgreSQL, with real threads and real commits."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from entitlements import engine
from entitlements.models import Act, Amendment, Source
from entitlements.schedule import Answer, approve, decline, preview_approval
from tests.cast import Cast, is_done
from tests.entitlements.engine.test_races import at_once, racing_cast  # noqa: F401 (a fixture)
from tests.entitlements.schedule.asking import MARCH, quantity
from tests.entitlements.schedule.proposing import given_day, make_asker, proposed, seen_on
from tests.entitlements.schedule.test_schedule_races import is_settled

ROUNDS = 4

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asker(racing_cast: Cast) -> User:  # noqa: F811
    return make_asker()


@pytest.mark.parametrize("day", [None, MARCH])
def test_of_two_who_approve_and_one_who_declines_one_wins(
    racing_cast: Cast,  # noqa: F811
    asker: User,
    day: object,
) -> None:
    first, second = racing_cast.operations, racing_cast.people["administrator"]
    ends = Counter[str]()
    for _round in range(ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        row = proposed(quantity(30), held, by=asker, on=day)  # type: ignore[arg-type]
        seen = preview_approval(row, made_by=first).fingerprint
        jobs: tuple[Callable[[], Answer], ...] = (
            lambda row=row, seen=seen: approve(row, made_by=first, seen=seen),
            lambda row=row, seen=seen: approve(row, made_by=second, seen=seen),
            lambda row=row: decline(row, made_by=second, reason="no"),
        )
        acts = Act.objects.count()
        answers = at_once(len(jobs), lambda number, jobs=jobs: jobs[number]())
        assert [is_settled(each) for each in answers].count(True) == 1
        row.refresh_from_db()
        held.refresh_from_db()
        ends[row.status] += 1
        is_applied = row.status == "applied"
        assert row.status in ("declined", "applied" if day is None else "scheduled")
        assert (held.quantity, Act.objects.count() - acts) == ((30, 1) if is_applied else (10, 0))
        lost = [each for each in answers if not is_settled(each)]
        assert all([problem.code for problem in each.problems] == ["closed"] for each in lost)
    assert ends.total() == ROUNDS
    call_command("check_entitlements")


def test_an_approval_and_a_change_at_once_are_one_after_the_other(
    racing_cast: Cast,  # noqa: F811
    asker: User,
) -> None:
    who = racing_cast.operations
    for _round in range(ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        row = proposed(quantity(30), held, by=asker)
        seen = preview_approval(row, made_by=who).fingerprint
        [looked] = engine.preview(quantity(12), [held.pk])
        expected = {held.pk: looked.fingerprint}

        def change(pk: object = held.pk, expected: dict[object, str] = expected) -> engine.Result:  # type: ignore[assignment]
            return engine.apply(quantity(12), [pk], made_by=who, source=Source.PAGE, expected=expected, reason="x")  # type: ignore[list-item, arg-type]

        jobs: tuple[Callable[[], object], ...] = (
            change,
            lambda row=row, seen=seen: approve(row, made_by=who, seen=seen),
        )
        result, answer = at_once(2, lambda number, jobs=jobs: jobs[number]())
        assert isinstance(answer, Answer)
        held.refresh_from_db()
        row.refresh_from_db()
        assert is_done(result) is not is_settled(answer)
        assert (held.quantity, row.status) == ((12, "proposed") if is_done(result) else (30, "applied"))
        assert is_settled(answer) or answer.is_stale
    call_command("check_entitlements")


def test_an_approval_and_an_edit_at_once_never_agree_to_what_was_not_seen(
    racing_cast: Cast,  # noqa: F811
    asker: User,
) -> None:
    who = racing_cast.operations
    for _round in range(ROUNDS):
        held = racing_cast.entitle("gold_seats", quantity=10)
        row = proposed(quantity(30), held, by=asker)
        seen, edited = preview_approval(row, made_by=who).fingerprint, seen_on(row, MARCH)
        jobs: tuple[Callable[[], Answer], ...] = (
            lambda row=row, seen=seen: approve(row, made_by=who, seen=seen),
            lambda row=row, seen=edited: given_day(row, MARCH, by=asker, seen=seen),
        )
        approved, moved = at_once(2, lambda number, jobs=jobs: jobs[number]())
        assert is_settled(approved) is not is_settled(moved)
        found = Amendment.objects.get(pk=row.pk)
        assert (found.status, found.is_immediate) == (
            ("applied", True) if is_settled(approved) else ("proposed", False)
        )
    call_command("check_entitlements")
