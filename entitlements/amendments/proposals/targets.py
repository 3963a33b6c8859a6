"""What a proposed change of the offering may lead to instead, as choices of one field."""

from collections.abc import Iterator
from dataclasses import replace

from entitlements.dialogs.change_offering.choices import Target, Targets
from entitlements.dialogs.change_offering.forms import OUTSIDE
from entitlements.operations import ChangeOffering
from offerings.models import Revision

THROUGH = "@"  # stands between a target and the change group that opens it, where several do on different terms
Choices = list[tuple[str, list[tuple[str, str]]]]


def target_choices(targets: Targets, operation: ChangeOffering) -> Choices:
    """Return the open targets by direction, and those that no change group opens; what is asked for is among them.

    One query, where the targets do not have what is asked for: a newer revision is there since.
    """
    outside = targets.outside()
    groups = [
        (group.heading or "Offerings", [choice for target in group.targets for choice in _ways_to(targets, target)])
        for group in targets.groups(outside)
    ]
    groups.append(("Outside the change groups", [(target.value, target.name) for target in outside]))
    found = [(heading, choices) for heading, choices in groups if choices]
    asked = target_of(operation)
    if asked in {value for _heading, choices in found for value, _words in choices}:
        return found
    return [("As proposed", [(asked, _name_of(operation.revision_id))]), *found]


def _ways_to(targets: Targets, target: Target) -> Iterator[tuple[str, str]]:
    """Yield an open target, or each change group to choose for it."""
    if target.reasons or not target.value:
        return
    path = next((each for each in targets.paths if str(each.target.revision_id) == target.value), None)
    if path is None or not path.needs_choice:
        yield target.value, target.name
        return
    for route in path.routes:
        if route.group:
            yield f"{target.value}{THROUGH}{route.group.id}", f"{target.name} ({route.group.name}: {route.rank})"


def _name_of(revision_id: int) -> str:
    revision = Revision.objects.filter(pk=revision_id).first()
    return str(revision) if revision else "An offering that is no longer there"


def target_of(operation: ChangeOffering) -> str:
    """Return what a change leads to, as its field shows it."""
    outside = OUTSIDE if operation.is_outside_group else ""
    group = f"{THROUGH}{operation.group_id}" if operation.group_id else ""
    return f"{outside}{operation.revision_id}{group}"


def with_target(operation: ChangeOffering, target: str) -> ChangeOffering:
    """Return a change that leads to one of the choices."""
    if target == target_of(operation):
        return operation
    revision, _through, group = target.removeprefix(OUTSIDE).partition(THROUGH)
    return replace(
        operation,
        revision_id=int(revision),
        group_id=int(group) if group else None,
        is_outside_group=target.startswith(OUTSIDE),
    )
