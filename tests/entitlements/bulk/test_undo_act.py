"""undo_act: an act of any size, taken back in batches as one act."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from changegroups.models import ChangeGroup, Membership
from entitlements.engine.recount import differences
from entitlements.management.commands.undo_act import Command
from entitlements.models import Act, Change, Entitlement, Seat
from tests.cast import Cast
from tests.entitlements.bulk.tables import dump

MOVE = ("change_offering", "--from", "SILVER-ANNUAL", "--to", "BRONZE-ANNUAL", "--reason", "Silver is withdrawn")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def moved(cast: Cast, count: int) -> Act:
    for _number in range(count):
        cast.entitle("silver_annual", seats=1)
    run(*MOVE, "--yes")
    return Act.objects.get(operation="change_offering")


def undo(act: Act, *words: str) -> str:
    return run("undo_act", str(act.pk), "--reason", "Too early", "--yes", *words)


def test_all_batches_are_one_undo(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act = moved(cast, 5)
    monkeypatch.setattr(Command, "batch_size", 2)
    assert "5 entitlements changed; 0 refused." in undo(act)
    back = Act.objects.get(operation="undo_act")
    assert (back.undoes, Change.objects.filter(act=back).count()) == (act, 5)
    assert set(Entitlement.objects.values_list("offering__sku", flat=True)) == {"SILVER-ANNUAL"}


def test_what_changed_since_stays_and_is_counted(cast: Cast) -> None:
    act = moved(cast, 3)
    later = Entitlement.objects.order_by("pk").first()
    assert later is not None
    run("operate", "disable", "--entitlement", str(later.pk), "--reason", "Unpaid", "--yes")
    with pytest.raises(CommandError, match=r"1 of 3 entitlements refused\."):
        undo(act)
    later.refresh_from_db()
    assert later.offering.sku == "BRONZE-ANNUAL"


def test_both_of_a_pair_come_back_and_count_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    group = ChangeGroup.objects.create(name="Atlas plans", subscribe_mode="create_new")
    for priority, name in enumerate(("bronze_annual", "silver_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    act = moved(cast, 3)
    assert Change.objects.filter(act=act).count() == 6
    monkeypatch.setattr(Command, "batch_size", 1)
    assert "3 entitlements changed; 0 refused." in undo(act)
    assert Entitlement.objects.filter(ended_on=None, offering__sku="SILVER-ANNUAL").count() == 3
    assert Seat.objects.filter(released_at=None, entitlement__offering__sku="SILVER-ANNUAL").count() == 3
    assert list(differences()) == []


def test_an_undo_is_redone(cast: Cast) -> None:
    act = moved(cast, 2)
    undo(act)
    undo(Act.objects.get(operation="undo_act"))
    assert set(Entitlement.objects.values_list("offering__sku", flat=True)) == {"BRONZE-ANNUAL"}


def test_the_second_time_everything_is_refused(cast: Cast) -> None:
    act = moved(cast, 2)
    undo(act)
    with pytest.raises(CommandError, match=r"2 of 2 entitlements refused\."):
        undo(act)


def test_an_interrupted_undo_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act = moved(cast, 3)

    def stop(_self: Command, _total: int) -> object:
        def interrupt(_tally: object) -> None:
            raise KeyboardInterrupt

        return interrupt

    with monkeypatch.context() as patch:
        patch.setattr(Command, "batch_size", 1)
        patch.setattr(Command, "progress", stop)
        with pytest.raises(CommandError, match=r"1 entitlement changed so far"):
            undo(act)
    back = Act.objects.get(operation="undo_act")
    run("resume_act", str(back.pk), "--yes")
    assert Change.objects.filter(act=back).count() == 3


def test_a_preview_writes_nothing(cast: Cast) -> None:
    act = moved(cast, 2)
    before = dump()
    assert "2 entitlements would be changed" in run("undo_act", str(act.pk), "--reason", "r", "--preview")
    assert dump() == before


def test_seats_that_no_longer_fit_are_a_choice(cast: Cast) -> None:
    """Undoing an upgrade takes seats away: refused, or the oldest go."""
    for _number in range(2):
        cast.entitle("bronze_annual")
    run("change_offering", "--from", "BRONZE-ANNUAL", "--to", "SILVER-ANNUAL", "--reason", "r", "--yes")
    act = Act.objects.get(operation="change_offering")
    for entitlement in Entitlement.objects.all():
        cast.occupy(entitlement, 5)
    with pytest.raises(CommandError, match=r"2 of 2 entitlements refused\."):
        undo(act)
    assert "4 seats released" in undo(act, "--seats", "release_oldest")


def test_a_person_without_the_permission_is_refused(cast: Cast) -> None:
    act = moved(cast, 1)
    before = dump()
    with pytest.raises(CommandError, match=r"viewer lacks the permission entitlements\.undo_act"):
        undo(act, "--as", "viewer")
    assert dump() == before


def test_an_unknown_act_is_said(db: None) -> None:
    with pytest.raises(CommandError, match=r"There is no act 'x' in the log"):
        run("undo_act", "x", "--reason", "r", "--yes")
