"""revert_overrides: one right back to standard for all who have it overridden, as one act."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entitlements.management.commands.revert_overrides import Command
from entitlements.models import Act, Change, Entitlement, Override, Seat
from entitlements.operations import ChangeTerms
from tests.cast import TODAY, Cast
from tests.entitlements.bulk.tables import dump

REVERT = ("revert_overrides", "--right", "seat_limit", "--reason", "Promotion is over")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command(*words, stdout=StringIO())
    return caught.value


def test_the_right_is_standard_again_and_others_stay(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "batch_size", 1)
    first = cast.entitle("silver_annual", overrides={"seat_limit": 250, "sso": True})
    cast.entitle("gold_annual", overrides={"seat_limit": 300})
    cast.entitle("silver_annual")
    out = run(*REVERT, "--reference", "TCK-1", "--yes")
    act = Act.objects.get(operation="revert_overrides")
    first.refresh_from_db()
    assert out.splitlines()[1] == "2 entitlements changed; 0 refused."
    assert list(Override.objects.values_list("key", flat=True)) == ["feature.sso"]
    assert first.seat_limit == 5
    assert Change.objects.filter(act=act).count() == 2
    assert (act.source, act.reason, act.reference) == ("command", "Promotion is over", "TCK-1")


def test_only_one_offering_is_met(cast: Cast) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250})
    kept = cast.entitle("gold_annual", overrides={"seat_limit": 300})
    run(*REVERT, "--offering", "SILVER-ANNUAL", "--yes")
    assert Override.objects.get().entitlement_id == kept.pk


def test_too_many_seats_are_refused_unless_told_otherwise(cast: Cast) -> None:
    cast.entitle("silver_annual", seats=0, overrides={"seat_limit": 250})
    cast.occupy(Entitlement.objects.get(), 12)
    assert refusal(*REVERT, "--yes").returncode == 1
    run(*REVERT, "--seats", "release_oldest", "--yes")
    assert Seat.objects.filter(released_at=None).count() == 5


def test_a_hand_set_expiry_goes_back_too(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    cast.do(ChangeTerms(as_of=TODAY, expires_on="never"), [held.pk], reason="r")
    run("revert_overrides", "--right", "expires_on", "--reason", "Contract ended", "--yes")
    held.refresh_from_db()
    assert held.expires_on == held.standard_expires_on


def test_a_preview_writes_nothing(cast: Cast) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250})
    before = dump()
    out = run(*REVERT, "--preview")
    assert "1 entitlement would be changed; 0 would be refused." in out
    assert dump() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--right", "seats"), "--right: There is no right 'seats'."),
        (("--right", "feature.nope"), "--right: There is no right 'feature.nope'."),
        (("--offering", "NOPE"), "--offering: There is no offering with the SKU 'NOPE'."),
        (("--as", "support"), "--as: support lacks the permission entitlements.override_rights."),
        (("--reason", ""), "--reason: Give a reason"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_written(cast: Cast, words: tuple[str, str], sentence: str) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250})
    before = dump()
    error = refusal(*REVERT, *words, "--yes")
    assert error.returncode == 2
    assert str(error).startswith(sentence)
    assert dump() == before
