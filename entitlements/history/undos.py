"""Chains of undos: the act at the root, and how many entitlements are undone now.

An undo may be undone (a redo), and that again: a chain has any length. One recursive query follows it to its end.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from entitlements.history.titles import Title, title_of
from entitlements.models import Act, Change

TARGETS = """
    WITH RECURSIVE chain (start, act, undoes, operation, depth) AS (
        SELECT id, id, undoes_id, operation, 0 FROM entitlements_act WHERE id IN ({keys})
        UNION ALL
        SELECT chain.start, act.id, act.undoes_id, act.operation, chain.depth + 1
        FROM chain JOIN entitlements_act act ON act.id = chain.undoes
    )
    SELECT start AS id, act AS root, operation AS root_operation, depth FROM chain WHERE undoes IS NULL
"""
UNDOS = """
    WITH RECURSIVE chain (start, act, sign) AS (
        SELECT undoes_id, id, 1 FROM entitlements_act WHERE undoes_id IN ({keys})
        UNION ALL
        SELECT chain.start, act.id, -chain.sign
        FROM chain JOIN entitlements_act act ON act.undoes_id = chain.act
    ), counted (start, count) AS (
        SELECT start, sign * (SELECT COUNT(*) FROM entitlements_change change WHERE change.act_id = chain.act)
        FROM chain
    )
    SELECT start AS id, SUM(count) AS undone FROM counted GROUP BY start
"""


def titles_of(acts: Iterable[Act]) -> dict[UUID, Title]:
    """Return the titles of acts by key; one query, none where no act undoes another."""
    acts = list(acts)
    titles = {act.pk: title_of(act.operation) for act in acts if act.undoes_id is None}
    for row in _walked(TARGETS, (act.pk for act in acts if act.undoes_id is not None)):
        titles[row.pk] = title_of(row.root_operation, depth=row.depth)
    return titles


def title_of_act(act: Act) -> Title:
    """Return the title of one act; one query, none where it undoes no other."""
    return titles_of([act])[act.pk]


def root_of(act: UUID) -> tuple[UUID, int]:
    """Return the act at the root of one, and how many undos it is away from it; one query."""
    [row] = _walked(TARGETS, [act])
    return _as_key(row.root), row.depth


def _as_key(value: Any) -> UUID:
    """Return the key that a column holds which is none of the model's: text on SQLite."""
    return value if isinstance(value, UUID) else UUID(hex=str(value))


def undone_wholly(ids: Iterable[UUID]) -> set[UUID]:
    """Return the acts that are undone now on every entitlement that they changed; two queries."""
    undone = undone_counts(ids)
    rows = Change.objects.filter(act__in=list(undone)).order_by().values_list("act").annotate(count=Count("pk"))
    return {act for act, count in rows if undone[act] >= count}


def undone_counts(ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return on how many entitlements each act is undone now; acts never undone are left out. One query.

    Each undo counts up, each redo counts down, and so on along the chain.
    """
    return {row.pk: int(row.undone) for row in _walked(UNDOS, ids)}


def _walked(sql: str, ids: Iterable[UUID]) -> Iterable[Any]:
    """Return the rows that a recursive query finds from acts on, their key among the columns."""
    key = Act._meta.pk
    keys = [key.get_db_prep_value(each, connection) for each in ids]
    return Act.objects.raw(sql.format(keys=", ".join(["%s"] * len(keys))), keys) if keys else ()
