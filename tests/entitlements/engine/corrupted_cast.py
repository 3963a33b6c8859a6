"""A small consistent set to corrupt: overrides, seats, checkouts, counters, an undo, a create-new, a transfer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from config.digests import digest_of
from entitlements.models import Act, Amendment, Change, Entitlement, Order, Override, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    Operation,
    ReleaseSeats,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    TermChoice,
    TermMode,
    TransferEntitlement,
    UndoAct,
)
from entitlements.schedule import carry_out, schedule
from entitlements.schedule.due import apply_one
from tests.cast import NOW, TODAY, Cast
from tests.factories import PlanFactory

APPEND_ONLY = (
    "entitlements_act",
    "entitlements_change",
    "entitlements_erasure",
    "offerings_revision",
    "entitlements_amendment",
)


class Story:
    """What happens to the entitlements, a minute after each other; ``names`` are what the SQL of the table fills in."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.minutes, self.names = cast, 0, dict[str, Any]()
        cast.plans["upkeep"] = PlanFactory(
            code="upkeep", name="Upkeep", license_type="perpetual", duration="", maintenance_duration="P1Y"
        )
        cast.offer("gold", "upkeep", seat_limit=25)
        self.hold()
        for name, offering in cast.offerings.items():
            self.names |= {name: offering.pk, f"{name}_revision": cast.revision(name).pk}
        self.names |= {"product": cast.atlas.pk, "viewer_id": cast.people["viewer"].pk}
        self.names |= {"digest": _forged(reason=""), "forged_digest": _forged(self.names["act_set"], reason="As ever")}

    def do(self, operation: Operation, *held: Entitlement, act: str) -> Act:
        """Carry out an operation a minute later, and name its act."""
        self.minutes += 1
        at = NOW + timedelta(minutes=self.minutes)
        made = self.cast.do(operation, [each.pk for each in held], at=at, reason="Agreed by phone").act
        assert made
        self.names[act] = made.pk.hex
        return made

    def hold(self) -> None:
        """Make the entitlements."""
        cast = self.cast
        main = cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250, "sso": True})
        first, second, third, _fourth = Seat.objects.filter(entitlement=main).order_by("activated_at")
        cast.use(main, "api_calls", 41)
        cast.use(main, "dashboards", 2, seat=first)
        self.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_monthly").pk), main, act="act_moved")
        released = self.do(_release(first), main, act="act_released")
        self.do(UndoAct(as_of=TODAY, act_id=released.pk), main, act="act_restored")
        self.do(_release(second), main, act="act_gone")
        cast.use(main, "api_calls", 7)
        self.name("main", main, seat=first, gone_seat=second, other_seat=third)

        self.hold_what_was_undone()
        self.hold_pair()

        quantity = cast.entitle("gold_seats", quantity=9, seats=3)
        plain = cast.entitle(cast.add_on(), order=cast.entitle("silver_annual").order_id)
        self.name("quantity", quantity)
        self.name("left", plain)
        self.do(TransferEntitlement(as_of=TODAY, order_id=quantity.order_id), plain, act="act_transfer")
        self.name("transferred", plain)
        self.name("perpetual", cast.entitle("gold_upkeep", seats=1))
        self.name("trial", cast.entitle("silver_trial"))
        self.schedule()

    def schedule(self) -> None:
        """Schedule two amendments for an entitlement of its own, and apply the first, days after the rest."""
        held = self.cast.entitle("gold_seats", quantity=10)
        first, second = (
            schedule(
                SetQuantity(as_of=TODAY, quantity=quantity),
                [held.pk],
                on=date(2999, 1, quantity),
                made_by=self.cast.operations,
                seen=None,
            ).amendment
            for quantity in (12, 14)
        )
        assert first
        assert second
        apply_one(first.pk, first.effective_on, made_by=self.cast.operations)
        self.name("amended", held)
        self.names |= {"applied": first.pk.hex, "waiting": second.pk.hex}
        self.take_back()

    def take_back(self) -> None:
        """Apply an amendment of another entitlement, and undo it as its page does."""
        held, by, on = self.cast.entitle("gold_seats", quantity=10), self.cast.operations, date(2999, 1, 12)
        asked = SetQuantity(as_of=TODAY, quantity=12)
        row = schedule(asked, [held.pk], on=on, made_by=by, seen=None).amendment
        assert row
        applied = apply_one(row.pk, on, made_by=by)
        assert applied
        undo = UndoAct(as_of=on, act_id=applied.amendment.act_id)
        facts = {"source": Source.PAGE, "expected": None, "seen": None, "reason": "By mistake"}
        carry_out(undo, [held.pk], made_by=by, **facts)
        self.names |= {"taken_back": Amendment.objects.get(act__undoes=applied.amendment.act_id).pk.hex}

    def hold_what_was_undone(self) -> None:
        """Make an entitlement with an override that was undone, and one that moved away and came back."""
        cast = self.cast
        undone = cast.entitle("silver_monthly", seats=1)
        set_by_hand = self.do(SetOverrides(as_of=TODAY, values={"feature.sso": True}), undone, act="act_set")
        self.do(UndoAct(as_of=TODAY, act_id=set_by_hand.pk), undone, act="act_undo")
        self.name("undone", undone, undone_seat=Seat.objects.get(entitlement=undone))

        returned = cast.entitle("silver_monthly")
        cast.use(returned, "api_calls", 12)
        moved = self.do(
            ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), returned, act="act_away"
        )
        self.do(UndoAct(as_of=TODAY, act_id=moved.pk), returned, act="act_back")
        self.name("returned", returned)

    def hold_pair(self) -> None:
        """Make an entitlement that ended for a new one."""
        cast = self.cast
        old = cast.entitle("silver_annual", seats=2)
        cast.use(old, "api_calls", 30)
        new_term = TermChoice(TermMode.CREATE_NEW)
        target = cast.revision("gold_annual").pk
        self.do(ChangeOffering(as_of=TODAY, revision_id=target, term=new_term), old, act="act_new")
        new = Entitlement.objects.get(order=old.order_id, ended_on=None)
        cast.use(new, "api_calls", 5)
        self.name("old", old)
        self.name("new", new, taken_seat=Seat.objects.filter(entitlement=new).earliest("activated_at"))

    def name(self, name: str, held: Entitlement, **seats: Seat) -> None:
        """Name an entitlement, its order, customer and acts."""
        order = Order.objects.get(pk=Entitlement.objects.get(pk=held.pk).order_id)
        newest = Change.objects.filter(entitlement=held).latest("sequence")
        oldest = Change.objects.filter(entitlement=held).earliest("sequence")
        override = Override.objects.filter(entitlement=held, key="feature.sso").first()
        self.names |= {f"{name}_key": str(held.pk)}
        self.names |= {name: held.pk.hex, f"{name}_order": order.pk.hex, f"{name}_customer": order.customer_id.hex}
        self.names |= {f"{name}_newest": newest.pk.hex, f"{name}_oldest": oldest.pk.hex}
        self.names |= {f"{name}_created": oldest.act_id.hex}
        self.names |= {f"{name}_override": override.pk.hex} if override else {}
        self.names |= {seat: row.pk.hex for seat, row in seats.items()}


def _forged(key: str = "", **values: Any) -> str:
    """Return the digest that a forger would write, for an act of the table or for one of the cast."""
    facts = {"made_by_name": "x", "source": "page", "operation": "disable", "asked": {}}
    act = Act.objects.get(pk=key) if key else Act(pk="d" * 32, made_at=datetime(2026, 11, 21, 11, tzinfo=UTC), **facts)
    for name, value in values.items():
        setattr(act, name, value)
    return digest_of(act)


def _release(seat: Seat) -> ReleaseSeats:
    return ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (seat.pk,)))


def run_sql(statements: tuple[str, ...], names: dict[str, Any]) -> None:
    """Run statements of the table; one that begins with the name of a database is for that one alone."""
    as_json = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for statement in statements:
            vendor, colon, own = statement.partition(": ")
            is_for_one = bool(colon) and vendor in ("sqlite", "postgresql")
            if not is_for_one or vendor == connection.vendor:
                text = own if is_for_one else statement
                cursor.execute(text.replace("{json}", as_json).format(**names))


@contextmanager
def past_triggers() -> Iterator[None]:
    """Let the block change append-only tables and break foreign keys, as only the owner of the database can."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _name, sql in triggers:
            cursor.execute(sql)
