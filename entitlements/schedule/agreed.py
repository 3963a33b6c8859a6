"""What was agreed to, and becomes by a change something that nobody does alone."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from config.actors import System
from entitlements.engine.approval import approval_problems, with_approval
from entitlements.operations import Problem
from entitlements.operations.approval import FIELD
from entitlements.schedule.answers import Later
from entitlements.schedule.planned import Folded
from offerings.rights import show_day


def to_propose(later: Iterable[Later], made_by: User | System | None) -> list[Problem]:
    """Return a problem for each rule of four eyes that something scheduled comes under by what a person does before it.

    It is applied by the worker, which is asked nothing: so whoever makes it what it becomes has to propose that.
    """
    if not isinstance(made_by, User):
        return []
    found = []
    for each in later:
        if each.after is None or not each.after.fits:
            continue
        known, day = _rules_for(each.before, made_by), show_day(each.planned.effective_on)
        found += [
            Problem(
                "must_be_proposed", f"By this, “{each.planned.name}”, scheduled for {day}: {problem.message}", FIELD
            )
            for problem in _rules_for(each.after, made_by)
            if problem not in known
        ]
    return found


def _rules_for(folded: Folded, made_by: User) -> list[Problem]:
    previews = with_approval(folded.previews, made_by)
    return [problem for preview in previews for problem in approval_problems(preview.problems)]
