"""What is scheduled in the demo: an upgrade, a downgrade at the end of the term, a renewal; and how others ended."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.utils import timezone

from config.actors import name_of
from config.clock import site_day, site_today
from entitlements.demo.catalog import Name
from entitlements.demo.run import DemoRun
from entitlements.demo.sales import SHOWCASE_REFERENCE
from entitlements.models import Amendment, AmendmentKind, AmendmentStatus, Change, Entitlement
from entitlements.operations import ChangeOffering, Operation, Renew, SeatChoice, SeatMode, SetQuantity
from entitlements.schedule import AmendmentStep, Request, approve, decline, propose, propose_step, schedule
from entitlements.schedule.due import apply_one

BRONZE, SILVER, GOLD = (Name("atlas", edition, "annual") for edition in ("bronze", "silver", "gold"))
TRIED = 20
ASKED_BEFORE = timedelta(days=34)  # how long an applied one waited
CONCERNED = ("act", "entitlement__order", "to_revision", "from_revision")

Asked = Callable[[Entitlement], tuple[Operation, date]]


def schedule_amendments(run: DemoRun) -> None:
    """Schedule a few amendments of different orders; writes. Small demos have fewer."""
    today = max(run.today, site_today())  # a demo of another day is scheduled from now on, too
    soon = today.replace(day=1) + relativedelta(months=1)
    taken: set[object] = set()

    def move_to(name: Name, day: date | None = None) -> Asked:
        return lambda held: (_change(run, name), day or held.expires_on or soon)

    made = [
        _schedule(run, taken, BRONZE, move_to(SILVER, soon), reason="Upgrade agreed with the renewal."),
        _schedule(run, taken, GOLD, move_to(SILVER), reason="Fewer sites from the next term on."),
        _schedule(run, taken, SILVER, lambda held: (_renew(run), held.expires_on or soon), reason="Signed for a year."),
        _schedule(run, taken, SILVER, move_to(GOLD, soon + timedelta(days=14)), reason="Single sign-on is needed."),
    ]
    if made[-1]:
        _cancel_as_proposed(run, made[-1], reason="The budget was not approved.")
    _propose(run, taken, GOLD, reason="Fewer users since the sale of a branch.")
    declined = _propose(run, taken, BRONZE, reason="They ask for the better plan at the old price.")
    if declined:
        decline(declined, made_by=run.people["administrator"], reason="Not at that price.")
    _set_one_aside(run, taken, today)
    _tell_of_applied_ones(run)


def _schedule(run: DemoRun, taken: set[object], name: Name, asked: Asked, *, reason: str) -> Amendment | None:
    """Schedule an operation on the first entitlement of an offering for which the rules allow it."""
    for held in _holders(run, taken, offering=run.catalog.offerings[name]):
        operation, day = asked(held)
        answer = schedule(
            operation, [held.pk], on=day, made_by=run.people["operations"], seen=None, reason=reason, reference="CHG-81"
        )
        if answer.amendment:
            taken.add(held.order_id)
            return answer.amendment
    return None


def _propose(run: DemoRun, taken: set[object], name: Name, *, reason: str) -> Amendment | None:
    """Propose another offering for the first holder of one for which the rules allow it."""
    for held in _holders(run, taken, offering=run.catalog.offerings[name]):
        request = Request(_change(run, SILVER), (held.pk,), made_by=run.people["operations"], reason=reason)
        if rows := propose(request).rows:
            taken.add(held.order_id)
            return rows[0]
    return None


def _cancel_as_proposed(run: DemoRun, amendment: Amendment, *, reason: str) -> None:
    """Have the end of a scheduled amendment proposed, and agreed to by somebody else."""
    step = AmendmentStep("cancel", amendment.pk, reason=reason)
    proposal = propose_step(step, made_by=run.people["operations"], seen=None).amendment
    if proposal:
        approve(proposal, made_by=run.people["administrator"], seen=None)


def _holders(run: DemoRun, taken: set[object], **found: object) -> Iterator[Entitlement]:
    """Yield active entitlements whose orders are free, the same ones in each run."""
    active = Entitlement.objects.in_status(["active"], run.today).filter(**found)
    rows = active.exclude(order__order_reference=f"SO-{SHOWCASE_REFERENCE}").order_by("order__order_reference")
    yield from (row for row in rows[:TRIED] if row.order_id not in taken)


def _change(run: DemoRun, name: Name) -> ChangeOffering:
    seats = SeatChoice(SeatMode.RELEASE_OLDEST)
    return ChangeOffering(as_of=run.today, revision_id=run.catalog.revision_id(name), seats=seats)


def _renew(run: DemoRun) -> Renew:
    return Renew(as_of=run.today)


def _set_one_aside(run: DemoRun, taken: set[object], today: date) -> None:
    """Let an amendment be due that no longer does what was agreed: the quantity was changed in between."""
    person = run.people["operations"]
    for held in _holders(run, taken, quantity__gt=1):
        quantity = held.quantity or 0
        operation = SetQuantity(as_of=run.today, quantity=quantity + 20)
        day = today + timedelta(days=1)
        why = "A second plant opens."
        row = schedule(operation, [held.pk], on=day, made_by=person, seen=None, reason=why).amendment
        if row is None:
            continue
        run.carry_out(
            SetQuantity, [held.pk], at=run.now, by=person, quantity=quantity + 5, reason="Five more at once, by phone."
        )
        due = run.today - timedelta(days=1)
        Amendment.objects.filter(pk=row.pk).update(effective_on=due, operation=operation.on_day(due).asked())
        apply_one(row.pk, run.today, made_by=person)
        taken.add(held.order_id)
        return


def _tell_of_applied_ones(run: DemoRun) -> None:
    """Write the amendments that led to two upgrades of a single entitlement: one that stayed, and one taken back."""
    if stayed := _upgrade(undone_by=None):
        _tell_of(run, stayed, name=stayed.to_revision.offering_name)
    if undone := _upgrade(undone_by__isnull=False, undone_by__undone_by=None):
        name = undone.to_revision.offering_name
        _tell_of(run, undone, name=name)
        back = Change.objects.select_related(*CONCERNED).get(undoes=undone)
        _tell_of(run, back, name=f"Undo of “{name}”")


def _upgrade(**found: object) -> Change | None:
    """Return the newest upgrade that one act made of a single entitlement, and that fits."""
    upgrades = Change.objects.filter(act__operation=ChangeOffering.name, delta__path__rank="upgrade", **found)
    alone = upgrades.exclude(order__order_reference=f"SO-{SHOWCASE_REFERENCE}").select_related(*CONCERNED)
    change = alone.order_by("-act__made_at", "entitlement__order__order_reference").first()
    return change if change is not None and change.act.changes.count() == 1 else None


def _tell_of(run: DemoRun, change: Change, *, name: str) -> None:
    """Write the amendment of an act; one that undoes was made at once."""
    act, order = change.act, change.entitlement.order
    made_at, person = act.made_at, run.people["operations"]
    asked_at = made_at if act.undoes_id else min(made_at - ASKED_BEFORE, timezone.now())
    Amendment.objects.create(
        order=order,
        number=order.amendments.count() + 1,
        name=name,
        kind=AmendmentKind.UPGRADE,
        status=AmendmentStatus.APPLIED,
        effective_on=site_day(made_at),
        operation=act.asked,
        entitlements=[str(change.entitlement_id)],
        outcome="",
        effects=[f"{change.from_revision} → {change.to_revision}"],
        reason=act.reason,
        reference=act.reference,
        requested_by=person,
        requested_by_name=name_of(person),
        requested_at=asked_at,
        closed_by_name=act.made_by_name,
        closed_at=made_at,
        act=act,
    )
