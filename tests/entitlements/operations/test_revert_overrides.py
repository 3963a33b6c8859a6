"""Back to the standard: what is set by hand, what is not, and the seats that no longer fit."""

from typing import Any

import pytest

from entitlements.operations import RevertOverrides, SeatMode
from entitlements.operations.seats import RELEASE_ALL, SeatChoice
from entitlements.state import OverrideValue
from tests.cast import Cast
from tests.entitlements.values import NOW, TODAY, codes, described, look, seats, state, told

BOTH = {"seat_limit": 9, "feature.gone": "x"}


def drop(*keys: str, seats_: SeatChoice | None = None) -> RevertOverrides:
    if seats_:
        return RevertOverrides(as_of=TODAY, keys=keys, seats=seats_)
    return RevertOverrides(as_of=TODAY, keys=keys)


def test_how_it_describes_itself() -> None:
    assert described(RevertOverrides) == (
        "revert_overrides",
        "entitlements.override_rights",
        (
            "Remove override",
            "Remove override",
            "Removed override",
            "removed an override from",
            "pencil",
            "kept",
            True,
        ),
        ("Overrides", "entitlement", False),
        {"keys": {"label": "Overrides removed"}, "seats": {"label": "Seats in use"}},
    )
    least = RevertOverrides(as_of=TODAY)
    assert (least.keys, least.seats.mode, least.needs_reason) == ((), SeatMode.REFUSE, False)


@pytest.mark.parametrize(
    ("keys", "left", "problems"),
    [
        (("seat_limit",), {"feature.gone": OverrideValue("x")}, []),
        (("seat_limit", "feature.gone"), {}, []),
        (
            ("grace_period",),
            {"seat_limit": OverrideValue(9), "feature.gone": OverrideValue("x")},
            [("not_overridden", "Grace period is not overridden: it is standard already.", "grace_period")],
        ),
        (
            ("seat_limit", "feature.sso"),
            {"feature.gone": OverrideValue("x")},
            [("not_overridden", "feature.sso is not overridden: it is standard already.", "feature.sso")],
        ),
        (
            (),
            {"seat_limit": OverrideValue(9), "feature.gone": OverrideValue("x")},
            [("nothing_to_change", "Nothing would change. Enter another value.", "")],
        ),
    ],
)
def test_what_is_set_by_hand_goes(keys: tuple[str, ...], left: Any, problems: list[Any]) -> None:
    preview = look(drop(*keys), state(overrides=BOTH))
    assert (preview.lead.after.overrides, told(preview.problems)) == (left, problems)
    assert (preview.operation, preview.lead.before) == (drop(*keys), state(overrides=BOTH))


@pytest.mark.parametrize(("in_use", "problems"), [(4, []), (5, []), (6, ["seats_over_limit"])])
def test_the_seats_fit_the_standard(in_use: int, problems: list[str]) -> None:
    preview = look(drop("seat_limit"), state(overrides=BOTH, seats_used=in_use), active=seats(in_use))
    assert codes(preview) == problems


def test_the_seats_go_where_that_is_chosen() -> None:
    preview = look(drop("seat_limit", seats_=RELEASE_ALL), state(overrides=BOTH, seats_used=2), active=seats(2))
    assert len(preview.released) == 2


@pytest.mark.parametrize(("in_use", "is_read"), [(5, False), (6, True)])
def test_seats_are_read_where_some_must_go(cast: Cast, in_use: int, is_read: bool) -> None:
    entitlement = cast.entitle("gold_annual", seats=in_use)
    before = state(id=entitlement.pk, overrides={"seat_limit": 9}, seats_used=in_use)
    operation = drop("seat_limit", seats_=SeatChoice(SeatMode.RELEASE_OLDEST))
    found = operation.load([before], at=NOW, revisions={})
    assert (found.at, list(found.seats)) == (NOW, [entitlement.pk] if is_read else [])
