"""A clock that goes back leaves the log in order: an act is never dated before the acts it follows."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.history.feed import feed_of
from entitlements.models import Act, Entitlement, Source
from entitlements.operations import Disable, Enable, Operation, SetQuantity, UndoAct
from tests.cast import NOW, TODAY, Cast, order_of

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)


def do(operation: Operation, entitlement: Entitlement, cast: Cast, **fields: object) -> Act:
    result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, **fields)
    assert result.act is not None
    return result.act


def test_an_act_after_the_clock_went_back_is_dated_just_after_the_one_before(cast: Cast) -> None:
    entitlement = cast.entitle()
    do(Disable(as_of=TODAY), entitlement, cast, at=NOW)
    later = do(Enable(as_of=TODAY), entitlement, cast, at=NOW - HOUR)
    assert later.made_at == NOW + TICK


def test_an_act_at_the_same_moment_keeps_it(cast: Cast) -> None:
    entitlement = cast.entitle()
    do(Disable(as_of=TODAY), entitlement, cast, at=NOW)
    assert do(Enable(as_of=TODAY), entitlement, cast, at=NOW).made_at == NOW


def test_other_entitlements_are_not_dated_by_it(cast: Cast) -> None:
    do(Disable(as_of=TODAY), cast.entitle(), cast, at=NOW)
    assert do(Disable(as_of=TODAY), cast.entitle(), cast, at=NOW - HOUR).made_at == NOW - HOUR


def test_the_moment_of_the_newest_change_never_goes_back(cast: Cast) -> None:
    entitlement = cast.entitle()
    do(Disable(as_of=TODAY), entitlement, cast, at=NOW)
    do(Enable(as_of=TODAY), entitlement, cast, at=NOW - HOUR)
    entitlement.refresh_from_db()
    assert entitlement.changed_at == NOW + TICK
    assert list(differences()) == []


def test_a_later_batch_of_an_earlier_act_does_not_take_it_back(cast: Cast) -> None:
    first, second = cast.entitle(), cast.entitle()
    act = do(Disable(as_of=TODAY), first, cast, at=NOW - HOUR)
    do(Disable(as_of=TODAY), second, cast, at=NOW)
    do(Enable(as_of=TODAY), second, cast, at=NOW, part_of=act)
    second.refresh_from_db()
    assert second.changed_at == NOW


def test_the_histories_show_the_newest_first_all_the_same(cast: Cast) -> None:
    entitlement = cast.entitle()
    do(Disable(as_of=TODAY), entitlement, cast, at=NOW)
    do(Enable(as_of=TODAY), entitlement, cast, at=NOW - HOUR)
    titles = [entry.title for entry in feed_of(order_of(entitlement)).entries]
    assert titles == ["Enabled", "Disabled", "Created"]
    client = Client()
    client.force_login(cast.operations)
    page = client.get(reverse("entitlements:history", args=[entitlement.pk])).content.decode()
    assert page.index("Enabled") < page.index("Disabled")


def test_what_is_undone_is_dated_after_what_it_undoes(cast: Cast) -> None:
    held = cast.entitle(cast.offer("gold", "perpetual", seats_sold="per_quantity", seat_limit=None), quantity=3)
    act = do(SetQuantity(as_of=TODAY, quantity=9), held, cast, at=NOW)
    undo = do(UndoAct(as_of=TODAY, act_id=act.pk), held, cast, at=NOW - HOUR)
    assert undo.made_at > act.made_at
