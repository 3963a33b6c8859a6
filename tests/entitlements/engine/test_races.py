"""Several people and clients at once, on PostgreSQL, with real threads and real commits."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from changegroups.models import ChangeGroup, Membership
from entitlements import engine
from entitlements.bulk.batches import Batches, Log, Tally
from entitlements.directory.codes import add_codes
from entitlements.directory.contacts import add_contact
from entitlements.directory.edits import EditStatus
from entitlements.directory.merged import MergedAway
from entitlements.directory.merging import merge, preview_merge
from entitlements.directory.notes import add_note
from entitlements.directory.switch import effect_of, switch
from entitlements.engine.recount import differences
from entitlements.engine.scopes import HoldersOf
from entitlements.models import (
    ActivationCode,
    Change,
    Contact,
    Customer,
    Entitlement,
    Note,
    Order,
    Override,
    Seat,
    Source,
    new_id,
)
from entitlements.operations import ChangeOffering, CreateEntitlement, Operation, SetOverrides, UndoAct
from tests.cast import KEEP, NOW, TODAY, Cast, is_done, make_cast
from tests.entitlements.copies import copy_entitlement

THREADS = 8
ROUNDS = 20

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def racing_cast(transactional_db: None) -> Iterator[Cast]:
    """Return the cast in committed rows; the roles, which a flush removes, are made again first."""
    from tests.roles import make_roles

    make_roles()
    yield make_cast()
    call_command("flush", interactive=False, verbosity=0)


def at_once(count: int, job: Callable[[int], Any]) -> list[Any]:
    """Run ``job`` in threads that start together, each with a connection of its own."""
    start = Barrier(count)

    def run(number: int) -> Any:
        try:
            start.wait(timeout=30)
            return job(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def confirm(cast: Cast, operation: Operation, ids: list[UUID], seen: dict[UUID, str]) -> engine.Result:
    return engine.apply(
        operation, ids, made_by=cast.operations, source=Source.PAGE, expected=seen, reason="Agreed", at=NOW
    )


def fingerprints(operation: Operation, ids: list[UUID]) -> dict[UUID, str]:
    return {key: each.fingerprint for each in engine.preview(operation, ids, at=NOW) for key in each.ids}


def test_of_eight_people_with_the_same_preview_exactly_one_wins(racing_cast: Cast) -> None:
    entitlement = racing_cast.entitle("silver_annual", seats=4)
    for number in range(ROUNDS):
        target = ("gold_annual", "silver_annual")[number % 2]
        operation = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision(target).pk)
        seen = fingerprints(operation, [entitlement.pk])
        results = at_once(THREADS, lambda _n, o=operation, s=seen: confirm(racing_cast, o, [entitlement.pk], s))
        assert sum(is_done(result) for result in results) == 1
        assert {outcome.status for result in results for outcome in result.outcomes} == {"changed", "stale"}
    chain = Change.objects.filter(entitlement=entitlement).order_by("sequence")
    assert [change.sequence for change in chain] == list(range(1, ROUNDS + 2))


def test_different_overrides_at_once_all_stand_or_are_stale(racing_cast: Cast) -> None:
    entitlement = racing_cast.entitle()
    operations = [SetOverrides(as_of=TODAY, values={"seat_limit": 10 + n}) for n in range(THREADS)]
    seen = [fingerprints(operation, [entitlement.pk]) for operation in operations]
    results = at_once(THREADS, lambda n: confirm(racing_cast, operations[n], [entitlement.pk], seen[n]))
    entitlement.refresh_from_db()
    assert sum(is_done(result) for result in results) == 1
    assert Override.objects.get().value == entitlement.seat_limit


def test_overlapping_batches_never_deadlock(racing_cast: Cast) -> None:
    ids = [racing_cast.entitle().pk for _ in range(6)]
    operations = [SetOverrides(as_of=TODAY, values={"seat_limit": 10 + n}) for n in range(THREADS)]

    def batch(number: int) -> engine.Result:
        order = ids if number % 2 else ids[::-1]
        return engine.apply(
            operations[number], order, made_by=racing_cast.operations, source=Source.PAGE, reason="Agreed", at=NOW
        )

    results = at_once(THREADS, batch)
    assert all(is_done(result) for result in results)
    assert Change.objects.count() == len(ids) * (THREADS + 1)


def test_one_order_gets_one_plan_however_many_create_at_once(racing_cast: Cast) -> None:
    order = racing_cast.entitle().order_id
    Entitlement.objects.filter(order=order).update(ended_on=TODAY)
    revision = racing_cast.revision("gold_annual").pk

    def create(_number: int) -> engine.Result:
        operation = CreateEntitlement(as_of=TODAY, revision_id=revision, order_id=order)
        return engine.apply(operation, made_by=racing_cast.operations, source=Source.PAGE, at=NOW)

    results = at_once(THREADS, create)
    assert sum(is_done(result) for result in results) == 1
    refused = [outcome.preview.problems[0].code for each in results for outcome in each.outcomes if not is_done(each)]
    assert set(refused) == {"has_plan_already"}


def test_the_same_request_eight_times_at_once_creates_one(racing_cast: Cast) -> None:
    revision = racing_cast.revision("gold_annual").pk
    operation = CreateEntitlement(as_of=TODAY, revision_id=revision, customer_name="Osprey Freight")
    results = at_once(
        THREADS, lambda _n: engine.apply(operation, made_by=racing_cast.operations, source=Source.PAGE, at=NOW)
    )
    assert sum(is_done(result) for result in results) == 1
    refused = [outcome.preview.problems[0].code for each in results for outcome in each.outcomes if not is_done(each)]
    assert (set(refused), Entitlement.objects.count()) == ({"already_created"}, 1)


def test_a_code_is_given_once(racing_cast: Cast) -> None:
    revision = racing_cast.revision("gold_annual").pk

    def create(number: int) -> engine.Result:
        operation = CreateEntitlement(
            as_of=TODAY, revision_id=revision, customer_name=f"Customer {number}", codes=("SAME-CODE",)
        )
        return engine.apply(operation, made_by=racing_cast.operations, source=Source.PAGE, at=NOW)

    results = at_once(THREADS, create)
    assert sum(is_done(result) for result in results) == 1
    assert ActivationCode.objects.count() == Entitlement.objects.count() == 1


def test_an_act_is_undone_once_however_many_try(racing_cast: Cast) -> None:
    entitlement = racing_cast.entitle("silver_annual", seats=4)
    operation = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision("bronze_annual").pk, seats=KEEP)
    act = racing_cast.do(operation, [entitlement.pk]).act
    assert act is not None
    undo = UndoAct(as_of=TODAY, act_id=act.pk, seats=KEEP)
    seen = fingerprints(undo, [entitlement.pk])
    results = at_once(THREADS, lambda _n: confirm(racing_cast, undo, [entitlement.pk], seen))
    assert sum(is_done(result) for result in results) == 1
    assert Seat.objects.filter(released_at=None).count() == 4


def test_losing_the_place_in_one_order_does_not_stop_the_rest_of_a_batch(racing_cast: Cast) -> None:
    ids, undone = two_ended_by_one_act(racing_cast)
    order, created = Entitlement.objects.get(pk=ids[0]).order_id, Event()
    plan = CreateEntitlement(as_of=TODAY, revision_id=racing_cast.revision("gold_annual").pk, order_id=order)

    def run(number: int) -> engine.Result:
        if number:
            assert created.wait(timeout=30)
            return engine.apply(undone, ids, made_by=racing_cast.operations, source=Source.PAGE, at=NOW)
        with transaction.atomic():
            result = engine.apply(plan, made_by=racing_cast.operations, source=Source.PAGE, at=NOW)
            created.set()
            wait_until_somebody_waits()
        return result

    _plan, reopened = at_once(2, run)
    assert sorted(outcome.status for outcome in reopened.outcomes) == ["changed", "refused"]


def test_of_eight_people_with_the_same_code_exactly_one_adds_it(racing_cast: Cast) -> None:
    orders = [Order.objects.get(pk=racing_cast.entitle().order_id) for _ in range(THREADS)]

    def add(number: int) -> bool:
        try:
            return bool(add_codes(orders[number], ["HALDEN-1"], generate=1, made_by=racing_cast.operations))
        except IntegrityError:
            return False

    assert sum(at_once(THREADS, add)) == 1
    assert ActivationCode.objects.count() == 2
    assert LogEntry.objects.count() == 1


def test_of_eight_people_who_disable_a_customer_exactly_one_does(racing_cast: Cast) -> None:
    customer = racing_cast.entitle().order.customer
    seen = effect_of(customer, today=TODAY).fingerprint

    def disable(_number: int) -> EditStatus:
        by = racing_cast.operations
        return switch(customer.pk, today=TODAY, made_by=by, reason="Unpaid.", seen=seen).status

    results = at_once(THREADS, disable)
    assert sorted(results) == [EditStatus.CHANGED, *[EditStatus.STALE] * (THREADS - 1)]
    assert LogEntry.objects.count() == 1


def two_ended_by_one_act(cast: Cast) -> tuple[list[UUID], UndoAct]:
    """Make two entitlements by one act, undo it, and return their keys with what would reopen both."""
    operation = CreateEntitlement(
        as_of=TODAY, revision_id=cast.revision("silver_annual").pk, customer_name="Osprey Freight"
    )
    act = cast.do(operation).act
    second = replace(operation, key=new_id())
    engine.apply(second, made_by=cast.operations, source=Source.PAGE, at=NOW, part_of=act)
    assert act is not None
    ids = list(Entitlement.objects.order_by("pk").values_list("pk", flat=True))
    undo = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), ids).act
    assert undo is not None
    return ids, UndoAct(as_of=TODAY, act_id=undo.pk)


def wait_until_somebody_waits() -> None:
    """Return as soon as another connection waits for a lock."""
    deadline = monotonic() + 30
    with connection.cursor() as cursor:
        while monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            sleep(0.01)
    raise AssertionError("Nobody waited for a lock.")


def test_of_eight_people_exactly_one_creates_the_new_entitlement_and_one_undoes_it(racing_cast: Cast) -> None:
    group = ChangeGroup.objects.create(name="Atlas plans", subscribe_mode="create_new")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=racing_cast.offerings[name], priority=priority)
    old = racing_cast.entitle(seats=3)
    move = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision("gold_annual").pk)
    seen = fingerprints(move, [old.pk])
    moved = at_once(THREADS, lambda _n: confirm(racing_cast, move, [old.pk], seen))
    [act] = [result.act for result in moved if result.act]
    new = Entitlement.objects.exclude(pk=old.pk).get(order=old.order_id)
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    both = fingerprints(undo, [old.pk, new.pk])
    asked = [[old.pk], [new.pk]] * (THREADS // 2)
    undone = at_once(THREADS, lambda n: confirm(racing_cast, undo, asked[n], {asked[n][0]: both[asked[n][0]]}))
    assert [len([result for result in each if is_done(result)]) for each in (moved, undone)] == [1, 1]
    assert Seat.objects.filter(entitlement=old, released_at=None).count() == 3
    call_command("check_entitlements")


def test_a_command_leaves_alone_what_another_one_moved_while_it_waited(racing_cast: Cast) -> None:
    ids = [racing_cast.entitle("silver_annual").pk for _ in range(6)]
    silver = HoldersOf(racing_cast.offerings["silver_annual"].pk)
    to = {
        name: ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision(name).pk)
        for name in ("gold_annual", "bronze_annual")
    }

    def move(number: int) -> Tally:
        operation = to[("gold_annual", "bronze_annual")[number % 2]]
        log = Log(engine.System("tests"), Source.COMMAND, reason="r")
        return Batches(operation, silver, size=2).apply(log, progress=lambda _done: None)

    tallies = at_once(4, move)
    assert sum(tally.changed for tally in tallies) == len(ids)
    assert Change.objects.filter(entitlement__in=ids).count() == 2 * len(ids)
    assert list(differences()) == []


def test_three_commands_over_three_thousand_never_change_what_is_outside_their_scope(racing_cast: Cast) -> None:
    """Two overlap, and the third goes the other way: it meets what the first two moved, and moves some of it back."""
    silver, bronze = (racing_cast.offerings[name].pk for name in ("silver_annual", "bronze_annual"))
    copy_entitlement(racing_cast.entitle("silver_annual", seats=1).pk, 2999)
    names = {difference.name for difference in differences()}  # of copies: their log names the order of the first
    jobs = (
        (HoldersOf(silver), "bronze_annual"),
        (HoldersOf(silver), "gold_annual"),
        (HoldersOf(bronze), "silver_annual"),
    )

    def move(number: int) -> Tally:
        scope, target = jobs[number]
        operation = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision(target).pk)
        log = Log(engine.System("tests"), Source.COMMAND, reason="r")
        return Batches(operation, scope, size=200).apply(log, progress=lambda _tally: None)

    tallies = at_once(len(jobs), move)
    assert sum(tally.refused for tally in tallies) == 0
    for tally, (scope, _target) in zip(tallies, jobs, strict=True):
        changes = Change.objects.filter(act=tally.act)
        assert changes.count() == tally.changed
        assert set(changes.values_list("from_revision__offering", flat=True)) <= {scope.offering_id}
        assert changes.values("entitlement").distinct().count() == tally.changed
    found = {difference.name for difference in differences()}
    assert {name for name in found if "order" not in name} <= names


def test_an_entitlement_that_left_the_scope_before_it_was_locked_is_left_as_it_is(racing_cast: Cast) -> None:
    entitlement = racing_cast.entitle("silver_annual")
    silver = HoldersOf(racing_cast.offerings["silver_annual"].pk)
    gold = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision("gold_annual").pk)
    bronze = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision("bronze_annual").pk)
    is_moved, is_waiting = Event(), Event()
    who = {"made_by": engine.System("tests"), "source": Source.COMMAND, "at": NOW}

    def job(number: int) -> engine.Result:
        if number:
            is_moved.wait(timeout=30)
            is_waiting.set()
            return engine.apply(bronze, [entitlement.pk], scope=silver, **who)
        with transaction.atomic():
            result = engine.apply(gold, [entitlement.pk], **who)
            is_moved.set()
            is_waiting.wait(timeout=30)
            sleep(0.3)
        return result

    first, second = at_once(2, job)
    assert is_done(first)
    assert (second.act, second.outcomes, second.outside) == (None, (), (entitlement.pk,))


def test_an_order_made_during_a_merge_waits_and_has_to_be_looked_at_again(racing_cast: Cast) -> None:
    source, target = (Customer.objects.create(name=name) for name in ("Arden", "Borg"))
    create = CreateEntitlement(
        as_of=TODAY, revision_id=racing_cast.revision("gold_annual").pk, customer_id=source.pk, codes=("ARDEN-1",)
    )
    seen, is_merged = fingerprints(create, []), Event()

    def run(number: int) -> Any:
        if number:
            assert is_merged.wait(timeout=30)
            return confirm(racing_cast, create, [], seen)
        with transaction.atomic():
            looked = preview_merge(source, target).fingerprint
            made = merge(source, target, taken=[], reason="The same", made_by=racing_cast.operations, seen=looked)
            is_merged.set()
            wait_until_somebody_waits()
        return made

    made, result = at_once(2, run)
    assert made.target == target
    assert (result.act, [outcome.status for outcome in result.outcomes]) == (None, ["stale"])
    assert [each.code for each in result.outcomes[0].preview.problems] == ["unknown_customer"]
    assert not Order.objects.filter(customer=source).exists()
    assert list(differences()) == []


def test_what_was_split_off_during_a_merge_goes_to_the_other_customer(racing_cast: Cast) -> None:
    racing_cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    held = racing_cast.entitle("gold_seats", quantity=9)
    source, target = held.order.customer, Customer.objects.create(name="Borg")
    split = ChangeOffering(as_of=TODAY, revision_id=racing_cast.revision("silver_seats").pk, count=4)
    is_merged = Event()

    def run(number: int) -> Any:
        if number:
            assert is_merged.wait(timeout=30)
            return engine.apply(split, [held.pk], made_by=racing_cast.operations, source=Source.PAGE, at=NOW)
        with transaction.atomic():
            looked = preview_merge(source, target).fingerprint
            made = merge(source, target, taken=[], reason="The same", made_by=racing_cast.operations, seen=looked)
            is_merged.set()
            wait_until_somebody_waits()
        return made

    _made, result = at_once(2, run)
    assert is_done(result)
    assert set(Order.objects.filter(entitlements__isnull=False).values_list("customer", flat=True)) == {target.pk}
    assert list(differences()) == []


def test_a_note_and_a_contact_added_during_a_merge_write_nothing(racing_cast: Cast) -> None:
    source, target = (Customer.objects.create(name=name) for name in ("Arden", "Borg"))
    is_merged, by = Event(), racing_cast.operations
    person = {"name": "Bo", "email": "", "role": "", "is_primary": True}

    def run(number: int) -> Any:
        if number:
            assert is_merged.wait(timeout=30)
            try:
                return add_note(source, "x", made_by=by) if number == 1 else add_contact(source, person, made_by=by)
            except MergedAway as refusal:
                return str(refusal)
        with transaction.atomic():
            looked = preview_merge(source, target).fingerprint
            merge(source, target, taken=[], reason="The same", made_by=by, seen=looked)
            is_merged.set()
            wait_until_somebody_waits()
        return ""

    assert at_once(3, run)[1:] == ["Arden was merged into Borg. Edit that customer instead."] * 2
    assert (Note.objects.count(), Contact.objects.count()) == (0, 0)
