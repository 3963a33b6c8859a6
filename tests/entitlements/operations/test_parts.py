"""A permission for each part: nobody does by one operation what another permission is for."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from entitlements import engine
from entitlements.models import Act, Entitlement, Order, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    Operation,
    Preview,
    Renew,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    TermChoice,
    TermMode,
    TransferEntitlement,
    UndoAct,
)
from tests.cast import NOW, TODAY, Cast, day

ALL = SeatChoice(SeatMode.RELEASE_ALL)


def person(*permissions: str) -> User:
    """Return somebody who may do just this."""
    user = User.objects.create_user("-".join(permissions))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def look(operation: Operation, entitlement: Entitlement, *permissions: str) -> Preview:
    [preview] = engine.preview(operation, [entitlement.pk], at=NOW, made_by=person(*permissions))
    return preview


def fields(preview: Preview) -> list[str]:
    return [problem.field for problem in preview.problems if problem.code == "not_permitted"]


def to(cast: Cast, name: str, **choices: Any) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **choices)


@pytest.mark.parametrize(
    ("name", "choices", "field"),
    [
        ("gold_annual", {"drop_overrides": ("feature.sso",)}, "drop"),
        ("gold_annual", {"seats": ALL}, "seats"),
        ("gold_annual", {"term": TermChoice(TermMode.DATE, day("2027-09-01"))}, "term"),
        ("silver_annual", {"term": TermChoice(TermMode.RESTART)}, "term"),
        ("silver_annual", {"term": TermChoice(TermMode.RESTART_AND_ADD)}, "term"),
        ("silver_annual", {"drop_overrides": ("feature.sso",)}, "drop"),
        ("silver_annual", {"seats": ALL}, "seats"),
    ],
)
def test_a_change_of_offering_alone_covers_no_other_work(
    cast: Cast, name: str, choices: dict[str, Any], field: str
) -> None:
    entitlement = cast.entitle("silver_annual", seats=2, overrides={"sso": True})
    assert fields(look(to(cast, name, **choices), entitlement, "change_offering")) == [field]


@pytest.mark.parametrize("choices", [{}, {"term": TermChoice(TermMode.RESTART)}, {"term": TermChoice(TermMode.KEEP)}])
def test_what_belongs_to_the_move_needs_no_more(cast: Cast, choices: dict[str, Any]) -> None:
    entitlement = cast.entitle("silver_annual", seats=2, overrides={"sso": True})
    assert fields(look(to(cast, "gold_monthly", **choices), entitlement, "change_offering")) == []


def test_only_seats_beyond_need_need_the_permission_to_release(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    oldest = to(cast, "bronze_annual", seats=SeatChoice(SeatMode.RELEASE_OLDEST))
    needed = tuple(Seat.objects.order_by("activated_at").values_list("pk", flat=True)[:2])
    chosen = to(cast, "bronze_annual", seats=SeatChoice(SeatMode.RELEASE_CHOSEN, needed))
    more = to(cast, "bronze_annual", seats=ALL)
    found = [
        fields(engine.preview(each, [entitlement.pk], at=NOW, made_by=user)[0])
        for user in [person("change_offering")]
        for each in (oldest, chosen, more)
    ]
    assert found == [[], [], ["seats"]]


@pytest.mark.parametrize(("quantity", "found"), [(None, []), (9, []), (10, ["quantity"])])
def test_another_quantity_along_with_a_move_is_a_part(cast: Cast, quantity: int | None, found: list[str]) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    entitlement = cast.entitle("gold_seats", quantity=9)
    assert fields(look(to(cast, "silver_seats", quantity=quantity), entitlement, "change_offering")) == found


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        (SetQuantity(as_of=TODAY, quantity=8, seats=ALL), "set_quantity"),
        (SetOverrides(as_of=TODAY, values={"grace_period": "P30D"}, seats=ALL), "override_rights"),
        (RevertOverrides(as_of=TODAY, keys=("feature.sso",), seats=ALL), "override_rights"),
    ],
)
def test_seats_released_by_choice_are_a_part_of_every_operation(
    cast: Cast, operation: Operation, permission: str
) -> None:
    entitlement = cast.entitle("gold_seats", quantity=9, seats=2, overrides={"sso": False})
    assert fields(look(operation, entitlement, permission)) == ["seats"]


def test_a_transfer_that_releases_seats_needs_the_permission(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=2)
    order = Order.objects.create(customer=entitlement.order.customer)
    operation = TransferEntitlement(as_of=TODAY, order_id=order.pk, seats=ALL)
    assert fields(look(operation, entitlement, "transfer_entitlement")) == ["seats"]


def test_what_is_not_permitted_is_not_written(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"sso": True})
    acts = Act.objects.count()
    operation = to(cast, "gold_annual", drop_overrides=("feature.sso",))
    user = person("change_offering")
    result = engine.apply(operation, [entitlement.pk], made_by=user, source=Source.PAGE, reason="r", at=NOW)
    assert (result.act, Act.objects.count()) == (None, acts)
    assert [problem.message for problem in result.outcomes[0].preview.problems] == [
        "You may not set or drop overrides. Leave that out, or ask somebody who may."
    ]


# --- undo ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        (SetOverrides(as_of=TODAY, values={"grace_period": "P30D"}), "override_rights"),
        (Renew(as_of=TODAY), "renew_entitlement"),
    ],
)
def test_an_undo_needs_what_the_act_needed(cast: Cast, operation: Operation, permission: str) -> None:
    entitlement = cast.entitle("silver_annual")
    act = cast.do(operation, [entitlement.pk], reason="r").act
    assert act is not None
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert len(fields(look(undo, entitlement, "undo_act"))) == 1
    assert fields(look(undo, entitlement, "undo_act", permission)) == []


def test_the_undo_of_a_second_entitlement_needs_the_permission_to_change_offerings(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    act = cast.do(to(cast, "gold_annual", term=TermChoice(TermMode.CREATE_NEW)), [entitlement.pk]).act
    assert act is not None
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert look(undo, entitlement, "undo_act").permissions == ("entitlements.change_offering", "entitlements.undo_act")


@pytest.mark.parametrize("role", ["operations", "administrator"])
def test_those_who_do_all_of_it_meet_no_such_problem(cast: Cast, role: str) -> None:
    entitlement = cast.entitle("silver_annual", seats=2, overrides={"sso": True})
    operation = to(cast, "gold_annual", drop_overrides=("feature.sso",), seats=ALL)
    [preview] = engine.preview(operation, [entitlement.pk], at=NOW, made_by=cast.people[role])
    assert fields(preview) == []
