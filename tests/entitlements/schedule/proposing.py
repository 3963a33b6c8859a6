"""Proposals in few words, and somebody who may change everything and approve nothing."""

from datetime import date
from typing import Any

from django.contrib.auth.models import Permission, User

from entitlements.models import Amendment, Entitlement
from entitlements.operations import Operation
from entitlements.schedule import Answer, EditedProposal, Proposed, Request, edit_proposal, preview_proposal, propose
from tests.factories import UserFactory


def make_asker(name: str = "asker") -> User:
    """Return a person with the permissions of Operations, but for that to approve."""
    person = UserFactory(username=name)
    allowed = Permission.objects.filter(group__name="Operations").exclude(codename="approve_amendments")
    person.user_permissions.set(allowed)
    return person


def ask_for(operation: Operation, *held: Entitlement, by: User, on: date | None = None, **options: Any) -> Proposed:
    """Propose an operation on entitlements, for a day or for when somebody agrees."""
    options = {"reason": "as agreed", **options}
    return propose(Request(operation, tuple(each.pk for each in held), by, on=on, **options))


def proposed(operation: Operation, *held: Entitlement, by: User, on: date | None = None, **options: Any) -> Amendment:
    """Propose what must be possible, and return the one proposal."""
    answer = ask_for(operation, *held, by=by, on=on, **options)
    assert len(answer.rows) == 1, answer
    return answer.rows[0]


def given_day(row: Amendment, on: date | None, *, by: User, seen: str | None = None) -> Answer:
    """Give a proposal another day, or none."""
    row.refresh_from_db()
    return edit_proposal(row, EditedProposal.of(row).on(on), made_by=by, seen=seen)


def seen_on(row: Amendment, on: date | None) -> str:
    """Return the fingerprint of a proposal on another day."""
    return preview_proposal(row, EditedProposal.of(row).on(on)).fingerprint


def codes_of(answer: Proposed) -> list[str]:
    """Return the codes of everything that stands against a proposal."""
    found = [*answer.refused, *(problem for preview in answer.previews for problem in preview.problems)]
    return sorted({problem.code for problem in found})
