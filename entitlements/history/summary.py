"""The changes of an act in plain words for the customer. Pure.

Says nothing that is the vendor's own: no reason, reference, person, revision or change group, and not which values
were agreed by hand.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from entitlements.history.chips import chip_of
from entitlements.history.prices import moved_steps
from entitlements.history.replay import ReplayedChange
from entitlements.operations import Effect
from entitlements.state import State
from entitlements.state.fields import GRACE, OFFERING
from offerings import rights
from offerings.totals import PriceStep

SEATS_NAMED = 10
SENTENCES = {
    ("is_disabled", True): "It is disabled and cannot be used for now.",
    ("is_disabled", False): "It is enabled again.",
    ("is_activated", True): "It is activated.",
    ("is_activated", False): "It is not activated yet.",
}


def summary_for_customer(changes: Sequence[ReplayedChange], day: date) -> str:
    """Return the text for one customer about the changes of a day in the site's zone."""
    what = "license" if len(changes) == 1 else "licenses"
    paragraphs = [f"Changes to your {what} on {rights.show_day(day)}"]
    paragraphs += ["\n".join([_name(each.after), *(f"- {line}" for line in _lines(each))]) for each in changes]
    return "\n\n".join(paragraphs)


def _name(state: State) -> str:
    name = f"{state.revision.product_name}, {state.revision.offering_name}"
    return f"{name}, order {state.order.order_reference}" if state.order.order_reference else name


def _lines(change: ReplayedChange) -> Iterator[str]:
    lines = [line for effect in change.effects if (line := _line(change, effect))]
    prices = [f"{_price_label(step)}: {step.text}" for step in moved_steps([(change.before, change.after)])]
    after_offering = int(any(effect.right.key == OFFERING.key and _line(change, effect) for effect in change.effects))
    lines[after_offering:after_offering] = prices
    lines += [f"{right.label} used: {was:,} → {now:,}" for right, was, now in change.counters]
    for seats, done in ((change.delta.released, "released"), (change.delta.restored, "brought back")):
        if seats:
            names = [str(seat) for seat in seats[:SEATS_NAMED]]
            more = f" and {len(seats) - SEATS_NAMED:,} more" if len(seats) > SEATS_NAMED else ""
            lines.append(f"{len(seats):,} {'seat' if len(seats) == 1 else 'seats'} {done}: {', '.join(names)}{more}")
    yield from lines or ["What you may use stays as it was."]


def _price_label(step: PriceStep) -> str:
    return {"Once": "Price once", "For use": "Price for use"}.get(step.label, step.label)


def _line(change: ReplayedChange, effect: Effect) -> str:
    """Return one value that moved in words; empty where another line says it."""
    key = effect.right.key
    if key == GRACE.key or effect.right.group == "Order":
        return ""
    if key == OFFERING.key:
        return _offering(change)
    if key in ("is_disabled", "is_activated"):
        return SENTENCES[key, bool(effect.after)]
    chip = chip_of(effect)
    return f"{chip.label}: {chip.before} → {chip.after}" if chip.before else f"{chip.label}: {chip.after}"


def _offering(change: ReplayedChange) -> str:
    now = change.after.revision
    if change.before is None:
        return f"New: {now.offering_name}"
    was = change.before.revision
    return "" if was.offering_id == now.offering_id else f"Offering: {was.offering_name} → {now.offering_name}"
