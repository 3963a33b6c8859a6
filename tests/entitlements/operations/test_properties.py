"""What holds whatever staff do: any sequence of operations, and rules of the pure previews."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from entitlements import engine
from entitlements.models import Act, Change, Entitlement, FeatureUse, Override, Seat, Source
from entitlements.operations import (
    Activate,
    ChangeOffering,
    ChangeTerms,
    Disable,
    Enable,
    Operation,
    ReleaseSeats,
    Renew,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    TermChoice,
    TermMode,
    UndoAct,
)
from entitlements.state import TERM_RIGHTS, load
from offerings.rights import UNLIMITED
from tests.cast import Cast, make_cast

FIRST = datetime(2026, 1, 31, 9, tzinfo=UTC)
OFFERINGS = (
    "bronze_annual",
    "bronze_monthly",
    "silver_annual",
    "silver_monthly",
    "silver_perpetual",
    "silver_trial",
    "gold_annual",
    "gold_seats",
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "seat_limit": st.sampled_from([1, 2, 5, 250, UNLIMITED]),
    "overdraft": st.sampled_from(["none", "2", "50%"]),
    "grace_period": st.sampled_from(["P0D", "P30D", "P1M"]),
    "feature.sso": st.booleans(),
    "feature.connectors": st.sampled_from([0, 8, UNLIMITED]),
    "feature.data_region": st.sampled_from(["", "eu-central", "us-east"]),
}
KEYS = ["feature.sso", "grace_period", *VALUES, *TERM_RIGHTS]
SEATS = st.sampled_from([SeatMode.REFUSE, SeatMode.RELEASE_OLDEST, SeatMode.RELEASE_ALL, SeatMode.KEEP]).map(SeatChoice)
DAYS = st.dates(date(2026, 1, 1), date(2029, 12, 31))

steps = st.one_of(
    st.tuples(
        st.just("change"),
        st.sampled_from(OFFERINGS),
        SEATS,
        st.sampled_from(list(TermMode)),
        st.lists(st.sampled_from(KEYS), max_size=2, unique=True),
        st.booleans(),
    ),
    st.tuples(
        st.just("set"), st.sampled_from(list(VALUES)).flatmap(lambda key: VALUES[key].map(lambda v: {key: v})), SEATS
    ),
    st.tuples(st.just("revert"), st.sampled_from(KEYS), SEATS),
    st.tuples(st.just("quantity"), st.integers(1, 9), SEATS),
    st.tuples(st.just("terms"), st.one_of(st.none(), DAYS), st.one_of(st.none(), DAYS, st.just("never"))),
    st.tuples(st.sampled_from(["activate", "renew", "disable", "enable", "release"])),
    st.tuples(st.just("undo"), st.integers(0, 3), SEATS),
    st.tuples(st.just("occupy"), st.integers(1, 3)),
    st.tuples(st.just("use"), st.integers(1, 50)),
)


class AnySequence(TestCase):
    """Invariants that hold after any sequence of operations on one entitlement."""

    def setUp(self) -> None:
        self.cast = make_cast()

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(name=st.sampled_from(OFFERINGS), seats=st.integers(0, 3), sequence=st.lists(steps, min_size=3, max_size=8))
    def test_invariants_hold(self, name: str, seats: int, sequence: list[tuple[Any, ...]]) -> None:
        quantity = 4 if name == "gold_seats" else None
        entitlement = self.cast.entitle(name, quantity=quantity, seats=seats, at=FIRST)
        self.cast.override(entitlement, at=FIRST, sso=True, grace_period="P30D")
        moment = FIRST
        for number, step in enumerate(sequence):
            moment += timedelta(days=9, hours=1)
            before = snapshot(entitlement.pk)
            act = self.take(step, entitlement, moment)
            check_invariants(entitlement.pk)
            if act is None:
                continue
            if step[0] == "change":
                check_overrides_untouched(before, snapshot(entitlement.pk), dropped=step[4])
            if number % 2 and step[0] not in ("occupy", "use"):
                self.check_undo(entitlement, act, before, moment)

    def take(self, step: tuple[Any, ...], entitlement: Entitlement, moment: datetime) -> Act | None:
        if step[0] == "occupy":
            entitlement.refresh_from_db()
            self.cast.occupy(entitlement, step[1], at=moment)
            return None
        if step[0] == "use":
            self.cast.use(entitlement, "api_calls", step[1])
            seat = Seat.objects.filter(entitlement=entitlement, released_at=None).first()
            if seat:
                self.cast.use(entitlement, "dashboards", step[1], seat=seat)
            return None
        operation = self.operation(step, entitlement, moment)
        return None if operation is None else self.carry_out(operation, entitlement.pk, moment)

    def carry_out(self, operation: Operation, key: UUID, moment: datetime) -> Act | None:
        return engine.apply(
            operation, [key], made_by=self.cast.operations, source=Source.PAGE, reason="Agreed", at=moment
        ).act

    def operation(self, step: tuple[Any, ...], entitlement: Entitlement, moment: datetime) -> Operation | None:
        today = moment.date()
        match step:
            case ("change", name, seats, term, dropped, keep):
                return ChangeOffering(
                    as_of=today,
                    revision_id=self.cast.revision(name).pk,
                    seats=seats,
                    term=TermChoice(term, today + timedelta(days=40) if term is TermMode.DATE else None),
                    drop_overrides=tuple(key for key in dropped if has_override(entitlement, key)),
                    keep_counters=keep,
                )
            case ("set", values, seats):
                return SetOverrides(as_of=today, values=values, seats=seats)
            case ("revert", key, seats):
                return RevertOverrides(as_of=today, keys=(key,), seats=seats)
            case ("quantity", quantity, seats):
                return SetQuantity(as_of=today, quantity=quantity, seats=seats)
            case ("terms", starts_on, expires_on):
                return ChangeTerms(as_of=today, starts_on=starts_on, expires_on=expires_on)
            case ("undo", back, seats):
                acts = (
                    Change.objects.filter(entitlement=entitlement).order_by("-sequence").values_list("act", flat=True)
                )
                return UndoAct(as_of=today, act_id=acts[back], seats=seats) if back < len(acts) - 1 else None
        simple = {"activate": Activate, "renew": Renew, "disable": Disable, "enable": Enable, "release": ReleaseSeats}
        return simple[step[0]](as_of=today)

    def check_undo(self, entitlement: Entitlement, act: Act, before: dict[str, Any], moment: datetime) -> None:
        """Take the newest act back and bring it again: both must be exact, but that what ends by an undo ends today."""
        done = snapshot(entitlement.pk)
        if before["columns"]["ended_on"] and not done["columns"]["ended_on"]:
            before["columns"]["ended_on"] = moment.date()
        keep = SeatChoice(SeatMode.KEEP)
        undo = self.carry_out(UndoAct(as_of=moment.date(), act_id=act.pk, seats=keep), entitlement.pk, moment)
        assert undo is not None
        assert snapshot(entitlement.pk) == before
        check_invariants(entitlement.pk)
        redo = self.carry_out(UndoAct(as_of=moment.date(), act_id=undo.pk, seats=keep), entitlement.pk, moment)
        assert redo is not None
        assert snapshot(entitlement.pk) == done
        check_invariants(entitlement.pk)


def has_override(entitlement: Entitlement, key: str) -> bool:
    return Override.objects.filter(entitlement=entitlement, key=key).exists()


def snapshot(key: UUID) -> dict[str, Any]:
    """Return everything about an entitlement that an undo must bring back, overrides with author and time."""
    row = Entitlement.objects.filter(pk=key).values().get()
    columns = {name: value for name, value in row.items() if name not in ("sequence", "changed_at")}
    overrides = Override.objects.filter(entitlement=key).order_by("key")
    uses = FeatureUse.objects.filter(entitlement=key, amount__gt=0).order_by("key", "seat")
    return {
        "columns": columns,
        "overrides": list(overrides.values("key", "value", "set_at", "set_by", "set_by_name", "reason")),
        "seats": set(Seat.objects.filter(entitlement=key, released_at=None).values_list("pk", flat=True)),
        "uses": list(uses.values("key", "seat", "amount")),
    }


def check_overrides_untouched(before: dict[str, Any], after: dict[str, Any], *, dropped: list[str]) -> None:
    kept = {each["key"]: each for each in after["overrides"]}
    for each in before["overrides"]:
        if each["key"] not in dropped and each["key"] not in TERM_RIGHTS:
            assert kept[each["key"]] == each


def check_invariants(key: UUID) -> None:
    row, state = Entitlement.objects.get(pk=key), load([key])[0]
    assert row.seats_used == Seat.objects.filter(entitlement=key, released_at=None).count()
    assert row.override_count == Override.objects.filter(entitlement=key).count()
    assert row.seat_limit == (None if state.seat_limit == UNLIMITED else state.seat_limit)
    assert row.seat_capacity == state.seat_capacity
    assert row.expires_on == state.expires_on
    assert (row.expires_on != row.standard_expires_on) == has_override(row, "expires_on")
    assert row.offering_id == state.revision.offering_id
    chain = list(Change.objects.filter(entitlement=key).order_by("sequence"))
    assert [change.sequence for change in chain] == list(range(1, len(chain) + 1))
    versions = [(change.from_version, change.to_version) for change in chain]
    assert [before for before, _after in versions] == [0, *(after for _before, after in versions[:-1])]
    assert (row.version, row.sequence) == (versions[-1][1], chain[-1].sequence)
    assert chain[-1].to_revision_id == row.revision_id


@pytest.fixture
def held(cast: Cast) -> UUID:
    return cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250, "sso": True}, at=FIRST).pk


@pytest.mark.parametrize("target", OFFERINGS)
@pytest.mark.parametrize("mode", list(TermMode))
def test_no_choice_of_term_or_target_touches_an_override(cast: Cast, held: UUID, target: str, mode: TermMode) -> None:
    moment = FIRST + timedelta(days=60)
    term = TermChoice(mode, date(2028, 1, 1) if mode is TermMode.DATE else None)
    operation = ChangeOffering(as_of=moment.date(), revision_id=cast.revision(target).pk, term=term)
    preview = engine.preview(operation, [held], at=moment)[0]
    before = preview.lead.compared
    assert before is not None
    for key in ("seat_limit", "feature.sso"):
        assert preview.lead.after.overrides[key] == before.overrides[key]
        assert preview.lead.after.in_force(key) == before.in_force(key)
