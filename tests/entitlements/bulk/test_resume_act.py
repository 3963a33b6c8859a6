"""resume_act: an interrupted act of many goes on, as the same act, on what is still to do."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entitlements.bulk.batches import Batches, Log, Tally
from entitlements.engine import System
from entitlements.engine.scopes import SCOPES, ChangedBy, HoldersOf, Named, OverriddenIn, Scope, read_scope
from entitlements.management.commands.change_offering import Command
from entitlements.models import Act, Change, Entitlement, Source, new_id
from entitlements.operations import ChangeOffering, Renew
from tests.cast import TODAY, Cast
from tests.entitlements.bulk.tables import dump

MOVE = ("change_offering", "--from", "SILVER-ANNUAL", "--to", "BRONZE-ANNUAL", "--reason", "Silver is withdrawn")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command(*words, stdout=StringIO())
    return caught.value


def interrupt_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Press Ctrl-C once ``batches`` are written."""

    def draw(self: Command, _total: int) -> Any:
        left = [None] * batches

        def count(_tally: Tally) -> None:
            left.pop()
            if not left:
                raise KeyboardInterrupt

        return count

    monkeypatch.setattr(Command, "batch_size", 2)
    monkeypatch.setattr(Command, "progress", draw)


def interrupted(cast: Cast, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[Act, CommandError]:
    """Return an act of five that was interrupted after two, and what its command said."""
    for _number in range(5):
        cast.entitle("silver_annual")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        error = refusal(*MOVE, *words, "--yes")
    return Act.objects.get(operation="change_offering"), error


def test_an_interrupted_command_says_how_to_go_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, error = interrupted(cast, monkeypatch)
    assert error.returncode == 130
    assert str(error) == (
        f"Interrupted: 2 entitlements changed so far. After an interruption go on with: manage.py resume_act {act.pk}"
    )


def test_the_key_of_the_act_is_said_before_the_second_batch(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        cast.entitle("silver_annual")
    out = StringIO()
    interrupt_after(monkeypatch, 1)
    with pytest.raises(CommandError):
        call_command(*MOVE, "--yes", stdout=out)
    assert out.getvalue().startswith(f"This is act {Act.objects.get(operation='change_offering').pk} in the log.")


def test_the_rest_becomes_part_of_the_same_act(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, _error = interrupted(cast, monkeypatch)
    out = run("resume_act", str(act.pk), "--yes")
    assert "3 entitlements changed; 0 refused." in out
    assert Change.objects.filter(act=act).count() == 5
    assert set(Entitlement.objects.values_list("offering__sku", flat=True)) == {"BRONZE-ANNUAL"}
    assert Act.objects.filter(operation="change_offering").count() == 1


def test_what_the_act_has_changed_is_not_changed_twice(cast: Cast) -> None:
    """A renewal stays in its scope, so only the log tells what is done."""
    ids = tuple(cast.entitle("silver_annual").pk for _number in range(4))
    operation, scope = Renew(as_of=TODAY), Named(ids)
    log = Log(System("tests"), Source.COMMAND, reason="r")
    first = Batches(operation, Named(ids[:2])).apply(log, progress=lambda _tally: None)
    Batches(operation, scope, part_of=first.act).apply(log, progress=lambda _tally: None)
    assert Change.objects.filter(act=first.act).count() == 4
    assert len(set(Entitlement.objects.values_list("expires_on", flat=True))) == 1


def test_a_second_run_at_once_finds_nothing_to_do(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, _error = interrupted(cast, monkeypatch)
    run("resume_act", str(act.pk), "--yes")
    assert "Nothing to do" in run("resume_act", str(act.pk), "--yes")


def test_an_act_that_was_undone_does_not_go_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, _error = interrupted(cast, monkeypatch)
    run("undo_act", str(act.pk), "--reason", "Wrong", "--yes")
    before = dump()
    error = refusal("resume_act", str(act.pk), "--yes")
    assert (error.returncode, str(error)) == (2, f"Act {act.pk} has been undone. Redo it first, or begin anew.")
    assert dump() == before


def test_what_is_done_is_left_out_by_a_look_up_for_each_row(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL reads a list after NOT IN again for every row, once it is long."""
    act, _error = interrupted(cast, monkeypatch)
    rows = Batches(Renew(as_of=TODAY), Named((new_id(),)), part_of=act).rows()
    assert "NOT EXISTS" in str(rows.query) or "NOT (EXISTS" in str(rows.query)


def test_a_preview_of_the_rest_writes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, _error = interrupted(cast, monkeypatch)
    before = dump()
    assert "3 entitlements would be changed" in run("resume_act", str(act.pk), "--preview")
    assert dump() == before


def test_it_goes_on_as_the_person_who_began(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    act, _error = interrupted(cast, monkeypatch, "--as", "operations")
    cast.people["operations"].groups.clear()
    before = dump()
    error = refusal("resume_act", str(act.pk), "--yes")
    assert str(error) == ("operations, who began this act, lacks the permission entitlements.change_offering now.")
    assert dump() == before


def test_an_act_of_a_page_has_nothing_to_go_on_with(cast: Cast) -> None:
    cast.entitle("silver_annual")
    act = Act.objects.get()
    assert "so there is nothing to go on with" in str(refusal("resume_act", str(act.pk), "--yes"))


@pytest.mark.parametrize("text", ["x", "", "01a21b8c-743d-7190-8e10-81fa322ed0b6", "\udcff"])
def test_an_unknown_act_is_said(db: None, text: str) -> None:
    error = refusal("resume_act", text, "--yes")
    assert error.returncode == 2
    assert str(error).startswith(f"There is no act {text!r} in the log.")


@pytest.mark.parametrize(
    "scope",
    [
        Named((new_id(), new_id())),
        HoldersOf(7),
        HoldersOf(7, 8, 9),
        OverriddenIn("seat_limit", 3),
        ChangedBy(new_id()),
    ],
)
def test_a_scope_is_read_back_from_what_an_act_stores(scope: Scope) -> None:
    assert read_scope(scope.to_json()) == scope


def test_every_scope_has_a_name_of_its_own() -> None:
    assert len({cls.name for cls in SCOPES}) == len(SCOPES)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "named",
        {},
        {"scope": "else"},
        {"scope": "named"},
        {"scope": "named", "ids": ["x"]},
        {"scope": "holders_of", "offering_id": "7"},
    ],
)
def test_a_scope_that_cannot_be_read_is_none(stored: Any) -> None:
    assert read_scope(stored) is None


def test_the_scope_of_a_command_is_kept_with_its_act(cast: Cast) -> None:
    cast.entitle("silver_annual")
    run(*MOVE, "--yes")
    target = cast.revision("bronze_annual").pk
    act = Act.objects.get(operation="change_offering")
    assert read_scope(act.scope) == HoldersOf(cast.offerings["silver_annual"].pk, besides=target)


def test_a_part_and_what_was_created_are_not_done_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk)
    ids = tuple(cast.entitle("silver_annual").pk for _number in range(2))
    log = Log(cast.operations, Source.COMMAND, reason="r")
    first = Batches(operation, Named(ids[:1])).apply(log, progress=lambda _tally: None)
    rest = Batches(operation, Named(ids), part_of=first.act)
    assert list(rest.rows().values_list("pk", flat=True)) == [ids[1]]
