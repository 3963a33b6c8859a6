"""The outcomes of an act on several entitlements in sentences: how many changed, were refused or were stale."""

from collections import Counter
from collections.abc import Iterable

from django.contrib.messages import ERROR, SUCCESS, WARNING
from django.utils.translation import ngettext

from entitlements.engine.apply import OutcomeStatus, Result
from entitlements.operations import Preview, Problem

Sentence = tuple[int, str]
"""A level of Django's messages, and a text."""


def outcomes_in_sentences(result: Result, *, changed: str) -> list[Sentence]:
    """Return a sentence for each outcome status; ``changed`` begins that of success: "Changed the offering of"."""
    counts = Counter(outcome.status for outcome in result.outcomes)
    found: list[Sentence] = []
    if counts[OutcomeStatus.CHANGED]:
        found.append((SUCCESS, f"{changed} {entitlements_in_words(counts[OutcomeStatus.CHANGED])}."))
    if counts[OutcomeStatus.REFUSED]:
        refused = (each.preview for each in result.outcomes if each.status is OutcomeStatus.REFUSED)
        why = " ".join(f"{problem.message} ({count:,})" for problem, count in reasons(refused))
        found.append((ERROR, f"Refused for {entitlements_in_words(counts[OutcomeStatus.REFUSED])}: {why}"))
    if counts[OutcomeStatus.STALE]:
        sentence = ngettext(
            "%(count)s entitlement was not changed: what would happen is not what you saw. Look at the preview again.",
            "%(count)s entitlements were not changed: what would happen is not what you saw. "
            "Look at the preview again.",
            counts[OutcomeStatus.STALE],
        )
        found.append((WARNING, sentence % {"count": f"{counts[OutcomeStatus.STALE]:,}"}))
    return found


def reasons(previews: Iterable[Preview]) -> list[tuple[Problem, int]]:
    """Return the first problem of each code with the number of previews that have the code, most frequent first."""
    first: dict[str, Problem] = {}
    counts: Counter[str] = Counter()
    for preview in previews:
        for problem in preview.problems:
            first.setdefault(problem.code, problem)
        counts.update({problem.code for problem in preview.problems})
    return [(first[code], count) for code, count in counts.most_common()]


def entitlements_in_words(count: int) -> str:
    """Return ``1 entitlement`` or ``12 entitlements``."""
    return ngettext("%(count)s entitlement", "%(count)s entitlements", count) % {"count": f"{count:,}"}
