"""What people write about an amendment beside what it does: its description, its code, its dates."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from entitlements.billing.money import Days
from entitlements.models import Amendment, AmendmentStatus
from entitlements.models.amendments import CODE_LENGTH, DESCRIPTION_LENGTH, NAME_LENGTH
from entitlements.operations import Problem
from entitlements.operations.base import name_problems, text_problems
from entitlements.operations.terms import LATEST
from offerings.rights import show_day

NAME, DESCRIPTION, CODE = "amendment_name", "amendment_description", "amendment_code"
ACTIVATION, ACCEPTANCE = "service_activation_on", "customer_acceptance_on"
DATES = {ACTIVATION: "Service activation", ACCEPTANCE: "Customer acceptance"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written about an amendment beside its name."""

    description: str = ""
    code: str = ""
    service_activation_on: date | None = None
    customer_acceptance_on: date | None = None

    @property
    def triggers(self) -> Days:
        """Return the days on which charges start that have one of these triggers, by trigger."""
        days = {"service_activation": self.service_activation_on, "customer_acceptance": self.customer_acceptance_on}
        return {trigger: day for trigger, day in days.items() if day is not None}


NO_FACTS = Facts()


def facts_of(row: Amendment) -> Facts:
    """Return what is written about an amendment."""
    return Facts(row.description, row.code, row.service_activation_on, row.customer_acceptance_on)


def fact_problems(name: str, facts: Facts, *, on: date) -> list[Problem]:
    """Return what is wrong with the words, and with the dates of an amendment that takes effect on a day. Pure."""
    return [
        *name_problems(name, field=NAME, longest=NAME_LENGTH),
        *text_problems(facts.description, field=DESCRIPTION, longest=DESCRIPTION_LENGTH),
        *name_problems(facts.code, field=CODE, longest=CODE_LENGTH),
        *date_problems(facts, on=on),
    ]


def date_problems(facts: Facts, *, on: date) -> list[Problem]:
    """Return what is wrong with the dates: none is before the day, nor acceptance before activation. Pure."""
    found = []
    for name, label in DATES.items():
        day: date | None = getattr(facts, name)
        if day and day < on:
            message = f"{label} is not before the day of the amendment. Choose {show_day(on)} or a later day."
            found.append(Problem("before_effective", message, name))
        elif day and day > LATEST:
            found.append(Problem("too_late", "Choose a day before the year 3000.", name))
    activation, acceptance = facts.service_activation_on, facts.customer_acceptance_on
    if activation and acceptance and acceptance < activation and not found:
        message = f"The customer accepts after the activation. Choose {show_day(activation)} or a later day."
        found.append(Problem("acceptance_before_activation", message, ACCEPTANCE))
    return found


def code_problems(code: str, *, order: UUID, own: UUID | None = None) -> list[Problem]:
    """Return a problem where another amendment of the order has a code; one query, none without a code."""
    if not code:
        return []
    others = Amendment.objects.filter(order=order, code=code).exclude(status=AmendmentStatus.CANCELLED)
    other = next((each for each in others if each.pk != own), None)
    if other is None:
        return []
    message = f"“{other.name}” of this order has the code {code} already. Give each amendment a code of its own."
    return [Problem("code_used", message, CODE)]


def write_facts(row: Amendment, facts: Facts) -> None:
    """Set what is written about an amendment on its row; writes nothing."""
    row.description, row.code = facts.description, facts.code
    row.service_activation_on = facts.service_activation_on
    row.customer_acceptance_on = facts.customer_acceptance_on
