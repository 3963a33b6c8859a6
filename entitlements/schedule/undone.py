"""What an amendment did is taken back by another amendment: the order's own list tells the whole story.

The row is written beside the act that undoes, in its transaction, by whichever door that act comes in. It points at
the one that it takes back through the acts of both: ``row.act.undoes.amendment``.
"""

from collections.abc import Iterable
from uuid import UUID

from entitlements.engine.apply import OutcomeStatus, Result
from entitlements.history.titles import title_of
from entitlements.history.undos import root_of
from entitlements.models import Act, Amendment, AmendmentStatus
from entitlements.models.amendments import NAME_LENGTH
from entitlements.operations import Preview, UndoAct
from entitlements.schedule.locking import next_number
from entitlements.schedule.planned import Folded, Planned
from entitlements.schedule.words import LINES, effects_in_words


def record_undo(operation: UndoAct, result: Result) -> None:
    """Write the amendment of an act that has taken back what another amendment did.

    One query where it took back something else; five otherwise. An act of many batches is one amendment, which lists
    what each of them has taken back.
    """
    act = result.act
    undone = Amendment.objects.filter(act=operation.act_id).select_related("act").first()
    if undone is None or act is None:
        return
    previews = tuple(each.preview for each in result.outcomes if each.status is OutcomeStatus.CHANGED)
    keys = tuple(dict.fromkeys(move.id for preview in previews for move in preview.moves))
    if row := Amendment.objects.select_for_update(no_key=True).filter(act=act).first():
        _list_more(row, keys)
        return
    number = next_number(undone.order_id)
    _row_of(operation, act, undone, number=number, previews=previews, keys=keys).save(force_insert=True)


def _list_more(row: Amendment, keys: Iterable[UUID]) -> None:
    """Add what another batch has taken back to the amendment of the act."""
    listed = list(dict.fromkeys([*row.entitlements, *map(str, keys)]))
    row.effects = [*row.effects[:LINES], f"{len(listed):,} entitlements in all"]
    row.entitlements = listed
    row.save(update_fields=["entitlements", "effects"])


def _row_of(
    operation: UndoAct,
    act: Act,
    undone: Amendment,
    *,
    number: int,
    previews: tuple[Preview, ...],
    keys: tuple[UUID, ...],
) -> Amendment:
    planned = Planned(act.pk, operation.as_of, number, operation, keys)
    return Amendment(
        order_id=undone.order_id,
        number=number,
        name=_name_of(undone),
        kind=undone.kind,
        status=AmendmentStatus.APPLIED,
        effective_on=operation.as_of,
        operation=operation.asked(),
        entitlements=[str(key) for key in keys],
        outcome=Folded(planned, previews).outcome,
        effects=effects_in_words(previews),
        reason=act.reason,
        reference=act.reference,
        requested_by_id=act.made_by_id,
        requested_by_name=act.made_by_name,
        requested_at=act.made_at,
        closed_by_name=act.made_by_name,
        closed_at=act.made_at,
        act=act,
    )


def _name_of(undone: Amendment) -> str:
    """Return ``Undo of “Silver annual”``, or ``Redo of “Silver annual”`` where an undo is taken back."""
    name, depth = undone.name, 0
    if undone.act and undone.act.undoes_id:
        root, depth = root_of(undone.act.pk)
        name = Amendment.objects.values_list("name", flat=True).get(act=root)
    words = f"{title_of(UndoAct.name, depth=depth).way_back} of “{{}}”"
    longest = NAME_LENGTH - len(words.format(""))
    return words.format(name if len(name) <= longest else f"{name[: longest - 1]}…")
