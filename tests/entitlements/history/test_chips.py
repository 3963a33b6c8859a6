"""The chips of the timeline: what the title says has none, and what it does not say has one."""

from datetime import timedelta

from entitlements.history.timeline import Entry, history_page
from entitlements.models import Entitlement
from entitlements.operations import Activate, ChangeOffering, Disable, Enable, Operation, Step, Together, UndoAct
from entitlements.state import load
from tests.cast import NOW, TODAY, Cast

MINUTE = timedelta(minutes=1)


def newest(entitlement: Entitlement) -> Entry:
    return history_page(load([entitlement.pk])[0]).entries[0]


def flags(entry: Entry) -> list[tuple[str, str]]:
    """Return the label and the direction of each chip for something on or off."""
    return [(chip.label, chip.word) for chip in entry.chips if chip.is_flag]


def together(entitlement: Entitlement, *operations: Operation) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=(entitlement.pk,)) for each in operations))


def test_disable_and_enable_say_it_in_their_title(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    assert (newest(entitlement).title, newest(entitlement).chips) == ("Disabled", ())
    cast.do(Enable(as_of=TODAY), [entitlement.pk], at=NOW + MINUTE)
    assert (newest(entitlement).title, newest(entitlement).chips) == ("Enabled", ())


def test_changed_together_shows_what_was_disabled(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(together(entitlement, Disable(as_of=TODAY)), [entitlement.pk])
    assert flags(newest(entitlement)) == [("Disabled", "disabled")]


def test_an_undo_and_a_redo_show_what_was_enabled_and_disabled(cast: Cast) -> None:
    entitlement = cast.entitle()
    act = cast.do(Disable(as_of=TODAY), [entitlement.pk]).act
    undo = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk], at=NOW + MINUTE).act
    assert flags(newest(entitlement)) == [("Enabled", "enabled")]
    cast.do(UndoAct(as_of=TODAY, act_id=undo.pk), [entitlement.pk], at=NOW + 2 * MINUTE)
    assert flags(newest(entitlement)) == [("Disabled", "disabled")]


def test_an_activation_says_it_in_its_title_and_its_undo_does_not(cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    act = cast.do(Activate(as_of=TODAY), [entitlement.pk]).act
    assert flags(newest(entitlement)) == []
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk], at=NOW + MINUTE)
    assert flags(newest(entitlement)) == [("Not activated", "not activated")]


def test_a_new_offering_shows_that_it_activated(cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    cast.do(together(entitlement, Activate(as_of=TODAY)), [entitlement.pk])
    assert ("Activated", "activated") in flags(newest(entitlement))


def test_a_new_entitlement_shows_its_start_alone(cast: Cast) -> None:
    entry = newest(cast.entitle("silver_annual"))
    assert flags(entry) == []
    assert "Starts" in [chip.label for chip in entry.chips]


def test_a_move_shows_no_flag_that_stays(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    target = cast.revision("bronze_annual").pk
    cast.do(ChangeOffering(as_of=TODAY, revision_id=target), [entitlement.pk], at=NOW + MINUTE)
    assert flags(newest(entitlement)) == []
