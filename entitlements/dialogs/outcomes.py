"""What a person is told of an act on several entitlements: how many changed, were refused, had moved."""

from collections import Counter
from collections.abc import Iterable

from django.contrib.messages import ERROR, SUCCESS, WARNING

from entitlements.engine.apply import Result, Status
from entitlements.operations import Preview, Remark

Told = tuple[int, str]


def told(result: Result, *, done: str) -> list[Told]:
    """Return a level of Django's messages and a sentence for each thing to say.

    ``done`` begins the sentence about what changed: "Changed the offering of".
    """
    counts = Counter(outcome.status for outcome in result.outcomes)
    found: list[Told] = []
    if counts[Status.CHANGED]:
        found.append((SUCCESS, f"{done} {entitlements_in_words(counts[Status.CHANGED])}."))
    if counts[Status.REFUSED]:
        refused = (each.preview for each in result.outcomes if each.status is Status.REFUSED)
        why = " ".join(f"{remark.message} ({count:,})" for remark, count in reasons(refused))
        found.append((ERROR, f"Refused for {entitlements_in_words(counts[Status.REFUSED])}: {why}"))
    if counts[Status.STALE]:
        many = entitlements_in_words(counts[Status.STALE])
        words = f"{'was' if counts[Status.STALE] == 1 else 'were'} not changed: what would happen is not what you saw."
        found.append((WARNING, f"{many} {words} Look at the preview again."))
    return found


def reasons(previews: Iterable[Preview]) -> list[tuple[Remark, int]]:
    """Return each kind of problem, in the words of the first that has it, with how many have it; most first."""
    first: dict[str, Remark] = {}
    counts: Counter[str] = Counter()
    for preview in previews:
        for remark in preview.problems:
            first.setdefault(remark.code, remark)
        counts.update({remark.code for remark in preview.problems})
    return [(first[code], count) for code, count in counts.most_common()]


def entitlements_in_words(count: int) -> str:
    """Return ``1 entitlement`` or ``12 entitlements``."""
    return f"{count:,} {'entitlement' if count == 1 else 'entitlements'}"
