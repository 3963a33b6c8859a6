"""What scheduled operations make of one plan, day by day, in plain dicts. Shares no code with the product."""

import calendar
from datetime import date, timedelta
from random import Random
from typing import Any

ONE_DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2026, 12, 1), date(2027, 6, 28)
SEATS = {"bronze_annual": 3, "silver_annual": 5, "gold_annual": 25, "bronze_monthly": 3, "silver_monthly": 5}
OFFERINGS = (*SEATS, "gold_seats")  # the last one is sold per seat
MONTHS = {name: 1 if name.endswith("monthly") else 12 for name in OFFERINGS}
MOST = 8

Step = dict[str, Any]
Plan = dict[str, Any]


def starting_plan(offering: str, *, quantity: int | None) -> Plan:
    """Return a plan that started on 1 March 2026."""
    started = date(2026, 3, 1)
    expires = months_later(started, MONTHS[offering])
    plan = {"offering": offering, "quantity": quantity, "override": None, "expires": expires, "ended": None}
    return {**plan, "anchor": started}


def write_schedule(random: Random) -> list[Step]:
    """Return random steps in the order in which they are scheduled, some of them for one day."""
    days = [FIRST_DAY + timedelta(days=random.randrange((LAST_DAY - FIRST_DAY).days)) for _ in range(5)]
    return [_step(random, random.choice(days)) for _ in range(random.randint(1, MOST))]


def _step(random: Random, day: date) -> Step:
    kind = random.choices(("quantity", "override", "change", "remove"), (4, 4, 5, 1))[0]
    what = {
        "quantity": lambda: random.choice((1, 2, 5, 9, 30)),
        "override": lambda: random.choice((1, 3, 5, 7, 25, 40)),
        "change": lambda: random.choice(OFFERINGS),
        "remove": lambda: None,
    }
    return {"day": day, "kind": kind, "what": what[kind]()}


def play(plan: Plan, steps: list[Step], *, renews_from: date = date.max) -> list[Plan | None]:
    """Return for each step, as they come, the plan that it leaves; ``None`` where it does not fit on its day.

    A term that ends on ``renews_from`` or later renews by itself, after the steps of that day.
    """
    found: dict[int, Plan | None] = {}
    day = FIRST_DAY
    while day <= LAST_DAY:
        for number, step in enumerate(steps):
            if step["day"] == day:
                found[number] = after = _taken(plan, step)
                plan = after or plan
        if plan["expires"] == day >= renews_from and not plan["ended"]:
            plan = {**plan, "expires": months_later(day, MONTHS[plan["offering"]], on=plan["anchor"].day)}
        day += ONE_DAY
    in_order = sorted(range(len(steps)), key=lambda number: (steps[number]["day"], number))
    return [found[number] for number in in_order]


def _taken(plan: Plan, step: Step) -> Plan | None:
    if plan["ended"]:
        return None
    what = step["what"]
    if step["kind"] == "remove":
        return {**plan, "ended": step["day"]}
    if step["kind"] == "override":
        return None if plan["override"] == what else {**plan, "override": what}
    if step["kind"] == "quantity":
        is_sold = plan["offering"] == "gold_seats" and plan["quantity"] != what
        return {**plan, "quantity": what} if is_sold else None
    if plan["offering"] == what:
        return None
    after = {**plan, "offering": what, "quantity": SEATS[plan["offering"]] if what == "gold_seats" else None}
    if MONTHS[what] != MONTHS[plan["offering"]]:
        after |= {"expires": months_later(step["day"], MONTHS[what]), "anchor": step["day"]}
    return after


def seats_of(plan: Plan) -> int:
    """Return how many seats may be in use."""
    return int(plan["override"] or plan["quantity"] or SEATS[plan["offering"]])


def months_later(day: date, months: int, *, on: int = 0) -> date:
    """Return the same day, or the day ``on``, so many months later, or the last one of a shorter month."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(on or day.day, calendar.monthrange(year, month)[1]))
