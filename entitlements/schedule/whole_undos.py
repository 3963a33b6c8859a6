"""Propose the undo of an act too large for one preview: the proposal names the act, and not what it changed.

Whoever approves counts afresh what would happen, and carries it out in batches. Then the proposal is closed as agreed;
where that is interrupted, the same undo goes on with the rest, and nothing is taken back twice.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from config.actors import name_of
from config.clock import site_today
from config.edit_log import log_edit
from entitlements.models import Amendment, AmendmentStatus, Change, Entitlement
from entitlements.models.amendments import NAME_LENGTH
from entitlements.operations import UndoAct
from entitlements.schedule.answers import Answer
from entitlements.schedule.approving import locked_proposal, preview_approval
from entitlements.schedule.attempts import in_transaction
from entitlements.schedule.locking import lock_order, next_number
from entitlements.schedule.planned import planned_of
from entitlements.schedule.scheduling import answered


def propose_whole_undo(
    operation: UndoAct,
    *,
    made_by: User,
    key: UUID,
    name: str,
    effects: list[str],
    reason: str = "",
    reference: str = "",
) -> Amendment:
    """Write the proposal to take back all that an act did, as it was counted, with its line in the log.

    It waits in the order of the amendment that is taken back, else in that of the first entitlement. ``key`` is that of
    the proposal: a request that comes twice is one. Raises ``PermissionDenied``.
    """
    if not made_by.has_perms(operation.permissions):
        raise PermissionDenied(f"This needs the permission {' and '.join(operation.permissions)}.")

    def job() -> Amendment:
        undone = Amendment.objects.filter(act=operation.act_id).first()
        first = Change.objects.filter(act=operation.act_id).order_by("unit", "entitlement")[:1].values("entitlement")
        place = undone.order_id if undone else Entitlement.objects.get(pk__in=first).order_id
        order = lock_order(place)
        if known := Amendment.objects.filter(pk=key).first():
            return known
        row = Amendment(
            pk=key,
            order=order,
            number=next_number(order.pk),
            name=name[:NAME_LENGTH],
            kind=undone.kind if undone else operation.amends,
            status=AmendmentStatus.PROPOSED,
            is_immediate=True,
            effective_on=site_today(),
            operation=operation.asked(),
            entitlements=[],
            outcome="",
            effects=effects,
            reason=reason,
            reference=reference,
            requested_by=made_by,
            requested_by_name=name_of(made_by),
            requested_at=timezone.now(),
        )
        row.save(force_insert=True)
        log_edit(order, f"Proposed “{row.name}”, at once, when somebody agrees.", made_by=made_by)
        return row

    return in_transaction(job)


def undo_proposed_by(row: Amendment) -> UndoAct | None:
    """Return the undo that a proposal asks for, as of today; ``None`` for another proposal."""
    operation = planned_of(row).operation if row.is_whole_undo else None
    return operation.on_day(site_today()) if isinstance(operation, UndoAct) else None


def agree_to_whole_undo(amendment: Amendment, *, made_by: User, effects: list[str]) -> Answer:
    """Close such a proposal as agreed to, before its batches are carried out; ``effects`` are what was counted."""

    def job() -> Answer:
        row = locked_proposal(amendment)
        answer = preview_approval(row, made_by=made_by)
        if answer.problems:
            return answer
        row.status, row.effective_on, row.effects = AmendmentStatus.AGREED, site_today(), effects
        row.approved_by_name, row.approved_at = name_of(made_by), timezone.now()
        row.closed_by_name, row.closed_at = row.approved_by_name, row.approved_at
        row.save()
        message = f"Approved “{row.name}”, proposed by {row.requested_by_name}: it is carried out in steps."
        log_edit(row.order, message, made_by=made_by)
        return replace(answer, amendment=row)

    return answered(job)
