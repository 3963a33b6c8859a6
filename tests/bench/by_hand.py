"""The same changes in SQL written by hand, without preview, rules or checks: what Upshift is measured against."""

from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from entitlements.models import new_id

ACT = """
INSERT INTO entitlements_act (id, made_at, made_by_name, source, operation, asked, reason, reference, digest)
VALUES (%(act)s, %(at)s, 'bench', 'task', 'change_offering', '{}', '', '', repeat('0', 64))
"""
RELEASE = """
WITH gone AS (
    SELECT id FROM (
        SELECT seat.id, row_number() OVER (PARTITION BY entitlement_id ORDER BY activated_at, seat.id) AS place
        FROM entitlements_seat seat WHERE entitlement_id = ANY(%(ids)s) AND released_at IS NULL
    ) ranked WHERE place <= %(surplus)s
)
UPDATE entitlements_seat SET released_at = %(at)s FROM gone WHERE entitlements_seat.id = gone.id
"""
CHANGE = """
INSERT INTO entitlements_change
    (id, act_id, entitlement_id, unit, order_id, customer_id, sequence, from_version, to_version, from_revision_id,
     to_revision_id, delta, warnings)
SELECT gen_random_uuid(), %(act)s, moved.id, moved.id, moved.order_id, placed.customer_id, sequence + 1, version,
    sequence + 1, revision_id, %(revision)s,
    jsonb_build_object('fields', jsonb_build_object('starts_on', jsonb_build_array(starts_on, %(today)s::date))),
    jsonb_build_array(jsonb_build_object('code', 'days_lost', 'message', 'Days are lost.', 'field', 'term'))
FROM entitlements_entitlement moved JOIN entitlements_order placed ON placed.id = moved.order_id
WHERE moved.id = ANY(%(ids)s)
"""
MOVE = """
UPDATE entitlements_entitlement SET revision_id = %(revision)s, offering_id = %(offering)s, seat_limit = %(seats)s,
    seat_capacity = %(seats)s, seats_used = least(seats_used, %(seats)s), starts_on = %(today)s,
    standard_expires_on = %(ends)s, expires_on = %(ends)s, grace_ends_on = %(ends)s::date + 7,
    version = sequence + 1, sequence = sequence + 1, changed_at = %(at)s
WHERE id = ANY(%(ids)s)
"""


def change_offering(
    ids: list[UUID], *, revision: int, offering: int, seats: int, surplus: int, at: datetime, ends: date
) -> None:
    """Move entitlements to a revision in one transaction, releasing the oldest ``surplus`` seats of each."""
    values = {
        "act": new_id(),
        "ids": ids,
        "revision": revision,
        "offering": offering,
        "seats": seats,
        "surplus": surplus,
        "at": at,
        "today": at.date(),
        "ends": ends,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM entitlements_entitlement WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE", values)
        for statement in (ACT, CHANGE, RELEASE, MOVE):
            cursor.execute(statement, values)
