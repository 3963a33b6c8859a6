"""Who may do what the rules of four eyes ask to be proposed, and what the rules of this site are."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.contrib.auth.models import User

from config.actors import System
from entitlements.engine.scopes import Scope
from entitlements.operations.approval import FIELD, ApprovalRules, bulk_problem, counted, must_be_proposed
from entitlements.operations.preview import Preview, Problem

APPROVE = "entitlements.approve_amendments"


def rules_of_site() -> ApprovalRules:
    """Return the rules in the settings."""
    return ApprovalRules(
        outside_group=settings.PROPOSE_OUTSIDE_GROUPS,
        overrides_beyond=settings.PROPOSE_OVERRIDES_BEYOND,
        releases_over=settings.PROPOSE_RELEASES_OVER,
        credits_over=settings.PROPOSE_CREDITS_OVER,
        bulk_over=settings.PROPOSE_BULK_OVER,
    )


def with_approval(
    previews: Sequence[Preview], made_by: User | System | None, *, scope: Scope | None = None
) -> list[Preview]:
    """Return previews with a problem for what a person must propose; the system and who may approve do everything.

    An act with a ``scope`` is for all of it; one query, where a rule asks how many that are.
    """
    rules = rules_of_site()
    if not rules or not isinstance(made_by, User) or made_by.has_perm(APPROVE):
        return list(previews)
    count = counted(previews)
    if scope is not None and rules.bulk_over is not None and count <= rules.bulk_over:
        count = max(count, scope.rows().order_by()[: rules.bulk_over + 1].count())
    return [each.with_problems(must_be_proposed(each, rules, count=count)) for each in previews]


def too_many(count: int, made_by: User | System) -> list[Problem]:
    """Return the problem of an act on so many entitlements, which was made in parts; none where it may be made."""
    most = rules_of_site().bulk_over
    if most is None or count <= most or not isinstance(made_by, User) or made_by.has_perm(APPROVE):
        return []
    return [bulk_problem(most, count)]


def without_approval(previews: Sequence[Preview]) -> tuple[list[Preview], tuple[str, ...]]:
    """Return previews without the problem that they must be proposed, and the sentences of those problems."""
    kept = [replace(each, problems=tuple(p for p in each.problems if p.field != FIELD)) for each in previews]
    return kept, tuple(dict.fromkeys(p.message for each in previews for p in approval_problems(each.problems)))


def approval_problems(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems that say that something must be proposed."""
    return [problem for problem in problems if problem.field == FIELD]
