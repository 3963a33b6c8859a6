"""The table of corruptions: what check_entitlements sees, what the database refuses, and what neither can see.

The SQL names rows of ``corrupted_cast``. It is the same on SQLite and PostgreSQL.
"""

# ruff: noqa: E501, S608 (a table of SQL, without data from anybody)

from dataclasses import dataclass

CAUGHT, REFUSED, UNSEEN = "caught", "refused", "unseen"


@dataclass(frozen=True)
class Corruption:
    """One corruption: its name, the SQL, what becomes of it, the codes found, and why where nothing sees it.

    With ``past_triggers`` somebody with the rights of the owner has switched the triggers off meanwhile.
    """

    name: str
    sql: tuple[str, ...]
    outcome: str
    codes: frozenset[str] = frozenset()
    why: str = ""
    past_triggers: bool = False


def caught(name: str, codes: str, *sql: str) -> Corruption:
    """Return a corruption that the check finds."""
    return Corruption(name, sql, CAUGHT, frozenset(codes.split()))


def forged(name: str, codes: str, *sql: str) -> Corruption:
    """Return a corruption of the log or of a revision, past the triggers, that the check finds."""
    return Corruption(name, sql, CAUGHT, frozenset(codes.split()), past_triggers=True)


def refused(name: str, *sql: str) -> Corruption:
    """Return a corruption that the database refuses."""
    return Corruption(name, sql, REFUSED)


def unseen(name: str, *sql: str, why: str, past_triggers: bool = False) -> Corruption:
    """Return a corruption that neither sees, and why."""
    return Corruption(name, sql, UNSEEN, why=why, past_triggers=past_triggers)


def entitlement(values: str, *, of: str = "main") -> str:
    """Return the SQL that writes columns of an entitlement."""
    return f"UPDATE entitlements_entitlement SET {values} WHERE id = '{{{of}}}'"


def change(values: str, *, of: str = "main", newest: bool = True) -> str:
    """Return the SQL that writes columns of the newest or the oldest change of an entitlement."""
    return f"UPDATE entitlements_change SET {values} WHERE id = '{{{of}_{'newest' if newest else 'oldest'}}}'"


def act(values: str, *, name: str = "act_moved") -> str:
    """Return the SQL that writes columns of an act."""
    return f"UPDATE entitlements_act SET {values} WHERE id = '{{{name}}}'"


def seat(values: str, *, name: str = "seat") -> str:
    """Return the SQL that writes columns of a seat."""
    return f"UPDATE entitlements_seat SET {values} WHERE id = '{{{name}}}'"


def amendment(values: str, *, name: str = "applied") -> str:
    """Return the SQL that writes columns of an amendment."""
    return f"UPDATE entitlements_amendment SET {values} WHERE id = '{{{name}}}'"


def revision(values: str, *, name: str = "gold_monthly") -> str:
    """Return the SQL that writes columns of a revision."""
    return f"UPDATE offerings_revision SET {values} WHERE id = {{{name}_revision}}"


def use(key: str, *, of: str = "main", seat: str = "NULL", amount: int = 1) -> str:
    """Return the SQL that adds a use of a right; without a seat it is counted, with one checked out."""
    return (
        "INSERT INTO entitlements_featureuse (id, entitlement_id, key, seat_id, amount) "
        f"VALUES ('{'a' * 32}', '{{{of}}}', '{key}', {seat}, {amount})"
    )


def counter(values: str, *, of: str) -> str:
    """Return the SQL that writes columns of the counters of an entitlement."""
    return f"UPDATE entitlements_featureuse SET {values} WHERE entitlement_id = '{{{of}}}' AND seat_id IS NULL"


OVERRIDE = (
    "INSERT INTO entitlements_override (id, entitlement_id, key, value, is_floor, set_by_name, set_at, reason) "
    "VALUES ('" + "b" * 32 + "', '{main}', '%s', '%s'{json}, false, 'x', '2026-11-21 11:00:00', 'Quiet')"
)
SEAT = (
    "INSERT INTO entitlements_seat (id, entitlement_id, seat_id, name, name_folded, activated_at, lease_expires_at, "
    "last_refresh_at, is_offline) VALUES ('" + "c" * 32 + "', '{main}', '%s', '', '', '2026-11-21 11:00:00', "
    "'2026-12-21 11:00:00', '2026-11-21 11:00:00', false)"
)
ACT = (
    "INSERT INTO entitlements_act (id, made_at, made_by_name, source, operation, asked, reason, reference, digest) "
    "VALUES ('" + "d" * 32 + "', '2026-11-21 11:00:00', 'x', 'page', 'disable', '{{}}'{json}, '', '', '{digest}')"
)
COPY_OF_CHANGE = (
    "INSERT INTO entitlements_change (id, act_id, entitlement_id, unit, order_id, customer_id, sequence, "
    "from_version, to_version, from_revision_id, to_revision_id, delta, warnings) "
    "SELECT '" + "e" * 32 + "', act_id, entitlement_id, unit, order_id, customer_id, sequence + %d, "
    "to_version, to_version, to_revision_id, to_revision_id, '{{}}'{json}, '[]'{json} "
    "FROM entitlements_change WHERE id = '{main_newest}'"
)
SMUGGLED = (
    "INSERT INTO entitlements_entitlement (id, order_id, revision_id, offering_id, product_id, kind, version, "
    "sequence, created_at, changed_at, seat_limit, seat_capacity, seats_used, override_count) "
    "SELECT '" + "f" * 32 + "', '{undone_order}', revision_id, offering_id, product_id, kind, 1, 1, created_at, "
    "changed_at, seat_limit, seat_capacity, 0, 0 FROM entitlements_entitlement WHERE id = '{transferred}'"
)
NAMES_ANOTHER = "entitlements = REPLACE(CAST(entitlements AS text), '{amended_key}', '{undone_key}'){json}"
OTHER_AUTHOR = "requested_by_name = 'viewer'"
NEWEST_GONE = "DELETE FROM entitlements_change WHERE id = '{undone_newest}'"
UNDO_GONE = "DELETE FROM entitlements_act WHERE id = '{act_undo}'"
AS_BEFORE_THE_UNDO = "sequence = 2, version = 2, override_count = 1"
SSO_AGAIN = (
    "INSERT INTO entitlements_override (id, entitlement_id, key, value, is_floor, set_by_id, set_by_name, set_at, "
    "reason) SELECT '" + "b" * 32 + "', '{undone}', 'feature.sso', 'true'{json}, false, made_by_id, made_by_name, "
    "made_at, reason FROM entitlements_act WHERE id = '{act_set}'"
)

STORED_NUMBERS = (
    caught("the seat limit is raised", "counted_number", entitlement("seat_limit = 900")),
    caught(
        "the seat limit becomes unlimited", "counted_number", entitlement("seat_limit = NULL, seat_capacity = NULL")
    ),
    caught("the capacity is raised", "counted_number", entitlement("seat_capacity = 900")),
    caught("seats in use are counted too low", "counted_number", entitlement("seats_used = 1")),
    caught("seats in use are counted too high", "counted_number", entitlement("seats_used = 9")),
    caught("overrides are not counted", "counted_number", entitlement("override_count = 0")),
    caught("the expiry in force is moved", "counted_number", entitlement("expires_on = '2030-01-01'", of="undone")),
    caught("the end of the grace period is moved", "counted_number", entitlement("grace_ends_on = '2030-01-01'")),
    caught(
        "the end of maintenance in force is moved",
        "counted_number",
        entitlement("maintenance_expires_on = '2030-01-01'"),
    ),
    caught("the copy of the offering is another", "counted_number", entitlement("offering_id = {bronze_annual}")),
    caught("the kind is another", "counted_number", entitlement("kind = 'add_on'")),
    refused("seats in use are counted below 0", entitlement("seats_used = -1")),
    caught(
        "the name of a customer is not the one that searches find",
        "name_stale",
        "UPDATE entitlements_customer SET name = 'Somebody else' WHERE id = '{main_customer}'",
    ),
)
STATE = (
    caught("the start is moved", "state_unlike_log", entitlement("starts_on = '2026-01-01'")),
    caught("the anchor day is moved", "state_unlike_log", entitlement("anchor_on = '2026-01-31'")),
    caught(
        "the term is prolonged",
        "counted_number state_unlike_log",
        entitlement("standard_expires_on = '2030-01-01', expires_on = '2030-01-01'"),
    ),
    caught(
        "a perpetual license gets an end",
        "counted_number standard_wrong state_unlike_log",
        entitlement("standard_expires_on = '2030-01-01'", of="perpetual"),
    ),
    caught(
        "maintenance is prolonged",
        "counted_number state_unlike_log",
        entitlement("standard_maintenance_expires_on = '2030-01-01'", of="perpetual"),
    ),
    caught(
        "maintenance never ends",
        "counted_number standard_wrong state_unlike_log",
        entitlement("standard_maintenance_expires_on = NULL", of="perpetual"),
    ),
    caught(
        "a term starts before the activation",
        "counted_number standard_wrong state_unlike_log",
        entitlement("standard_expires_on = '2030-01-01'", of="trial"),
    ),
    caught("an activation is forgotten", "standard_wrong state_unlike_log", entitlement("activated_at = NULL")),
    caught("it is disabled past the log", "state_unlike_log", entitlement("disabled_at = '2026-11-21 11:00:00'")),
    caught(
        "the quantity is raised",
        "state_unlike_log",
        entitlement("quantity = 90, seat_limit = 90, seat_capacity = 90", of="quantity"),
    ),
    caught("a quantity where none is sold", "quantity_wrong state_unlike_log", entitlement("quantity = 3")),
    caught(
        "an ended one opens again",
        "counted_number state_unlike_log",
        entitlement("ended_on = NULL, kind = 'add_on'", of="old"),
    ),
    caught("one ends, with seats in use", "ended_with_seats state_unlike_log", entitlement("ended_on = '2026-11-21'")),
    caught("the version is raised", "log_broken", entitlement("version = 40")),
    caught("the sequence is raised", "log_tail_gone", entitlement("sequence = 40")),
    caught(
        "the revision is another",
        "counted_number state_unlike_log",
        entitlement("revision_id = {gold_annual_revision}"),
    ),
    caught(
        "it is in another order of another customer",
        "moved_past_log",
        entitlement("order_id = '{perpetual_order}'", of="transferred"),
    ),
    caught(
        "its order belongs to another customer",
        "moved_past_log",
        "UPDATE entitlements_order SET customer_id = '{main_customer}' WHERE id = '{undone_order}'",
    ),
    caught(
        "the moment of the last change is another",
        "moment_unlike_log",
        entitlement("changed_at = '2026-11-21 10:00:00'"),
    ),
    caught(
        "the moment of the creation is another", "moment_unlike_log", entitlement("created_at = '2020-01-01 10:00:00'")
    ),
    caught("an entitlement without a log", "no_log", SMUGGLED),
    forged(
        "an entitlement is gone, its log is there",
        "change_without_entitlement",
        "DELETE FROM entitlements_entitlement WHERE id = '{trial}'",
    ),
    refused("a quantity of 0", entitlement("quantity = 0", of="quantity")),
    refused("an end before the start", entitlement("expires_on = '2020-01-01'")),
    refused("a second plan of the product in an order", entitlement("ended_on = NULL", of="old")),
    refused("an order that does not exist", entitlement("order_id = '" + "9" * 32 + "'")),
)
OVERRIDES = (
    caught(
        "an override has another value",
        "state_unlike_log",
        "UPDATE entitlements_override SET value = 'false'{json} WHERE id = '{main_override}'",
    ),
    caught(
        "an override has another author",
        "state_unlike_log",
        "UPDATE entitlements_override SET set_by_name = 'viewer' WHERE id = '{main_override}'",
    ),
    caught(
        "an override becomes a floor",
        "state_unlike_log",
        "UPDATE entitlements_override SET is_floor = true WHERE id = '{main_override}'",
    ),
    caught(
        "an override is gone",
        "counted_number state_unlike_log",
        "DELETE FROM entitlements_override WHERE id = '{main_override}'",
    ),
    caught("an override appears", "counted_number state_unlike_log", OVERRIDE % ("grace_period", '"P60D"')),
    caught(
        "an override appears, and is counted",
        "state_unlike_log",
        OVERRIDE % ("feature.connectors", "9"),
        entitlement("override_count = 3"),
    ),
    refused("a right overridden twice", OVERRIDE % ("feature.sso", "true")),
)
SEATS = (
    caught(
        "a released seat is active again",
        "counted_number seat_unlike_log",
        seat("released_at = NULL", name="gone_seat"),
    ),
    caught(
        "a released seat is active again, and is counted",
        "seat_unlike_log",
        seat("released_at = NULL", name="gone_seat"),
        entitlement("seats_used = 4"),
    ),
    caught(
        "a released seat has another moment",
        "seat_unlike_log",
        seat("released_at = '2026-11-01 10:00:00'", name="gone_seat"),
    ),
    caught(
        "an active seat is released and not counted off",
        "counted_number",
        seat("released_at = '2026-11-21 11:00:00'", name="other_seat"),
    ),
    caught(
        "a seat with a checkout is released",
        "checkout_misplaced",
        seat("released_at = '2026-11-21 11:00:00'"),
        entitlement("seats_used = 2"),
    ),
    caught(
        "a seat goes to another entitlement", "counted_number", seat("entitlement_id = '{undone}'", name="other_seat")
    ),
    caught(
        "a seat taken over goes back, and is counted",
        "seat_unlike_log",
        seat("entitlement_id = '{undone}'", name="taken_seat"),
        entitlement("seats_used = 1", of="new"),
        entitlement("seats_used = 2", of="undone"),
    ),
    caught("a released seat is deleted", "seat_unlike_log", "DELETE FROM entitlements_seat WHERE id = '{gone_seat}'"),
    caught("a seat appears", "counted_number", SEAT % "new-device"),
    refused(
        "the same seat twice",
        "INSERT INTO entitlements_seat (id, seat_id, name, name_folded, activated_at, lease_expires_at, last_refresh_at, "
        "is_offline, released_at, entitlement_id) SELECT '"
        + "c" * 32
        + "', seat_id, name, name_folded, activated_at, lease_expires_at, last_refresh_at, is_offline, released_at, entitlement_id FROM entitlements_seat WHERE id = '{seat}'",
    ),
    unseen(
        "a seat appears, and is counted",
        SEAT % "new-device",
        entitlement("seats_used = 4"),
        why="Clients activate seats without an act.",
    ),
    unseen(
        "a lease is prolonged",
        seat("lease_expires_at = '2036-11-21 11:00:00'"),
        why="Clients refresh leases without an act.",
    ),
)
USES = (
    caught(
        "a seat that is released has a checkout", "checkout_misplaced", use("feature.dashboards", seat="'{gone_seat}'")
    ),
    caught(
        "a seat of another entitlement has a checkout",
        "checkout_misplaced",
        use("feature.dashboards", seat="'{undone_seat}'"),
    ),
    caught("a usage count is checked out", "use_without_right", use("feature.api_calls", seat="'{other_seat}'")),
    caught("a pool is counted", "use_without_right", use("feature.dashboards")),
    caught("use of a right that the revision lacks", "use_without_right", use("feature.sso_seats")),
    caught("a counter falls below what the log left", "counter_below_log", counter("amount = 3", of="returned")),
    refused("a counter below 0", "UPDATE entitlements_featureuse SET amount = -1 WHERE entitlement_id = '{main}'"),
    refused("one right counted twice", use("feature.api_calls")),
    unseen(
        "a counter is raised",
        "UPDATE entitlements_featureuse SET amount = 9 WHERE entitlement_id = '{main}' AND seat_id IS NULL",
        why="Clients count use without an act.",
    ),
    unseen(
        "a counter is set back to what the last change left",
        "UPDATE entitlements_featureuse SET amount = 0 WHERE entitlement_id = '{main}' AND seat_id IS NULL",
        why="Clients count use without an act: no row says what they counted since.",
    ),
)
LOG = (
    forged(
        "the newest change is gone", "act_without_changes log_tail_gone moment_unlike_log state_unlike_log", NEWEST_GONE
    ),
    forged(
        "a change in the middle is gone",
        "act_without_changes log_broken state_unlike_log",
        "DELETE FROM entitlements_change WHERE entitlement_id = '{main}' AND sequence = 3",
    ),
    forged(
        "the first change is gone",
        "act_without_changes log_broken moved_past_log state_unlike_log",
        "DELETE FROM entitlements_change WHERE id = '{main_oldest}'",
    ),
    forged(
        "the whole log of an entitlement is gone",
        "act_without_changes no_log",
        "DELETE FROM entitlements_change WHERE entitlement_id = '{undone}'",
    ),
    forged(
        "the newest change and its act are gone",
        "log_tail_gone moment_unlike_log state_unlike_log",
        NEWEST_GONE,
        UNDO_GONE,
    ),
    forged("only the act is gone", "change_without_act log_broken moment_unlike_log", UNDO_GONE),
    forged(
        "the tail is gone, and the sequence is lowered",
        "act_without_changes moment_unlike_log",
        NEWEST_GONE,
        entitlement(AS_BEFORE_THE_UNDO, of="undone"),
        SSO_AGAIN,
    ),
    forged(
        "tail and act are gone, and the sequence is lowered",
        "moment_unlike_log",
        NEWEST_GONE,
        UNDO_GONE,
        entitlement(AS_BEFORE_THE_UNDO, of="undone"),
        SSO_AGAIN,
    ),
    forged("a change has another sequence", "log_broken", change("sequence = 9")),
    forged("a change starts from another version", "log_broken", change("from_version = 7")),
    forged("a change leads to another version", "log_broken", change("to_version = 7")),
    forged(
        "a change starts from another revision", "log_broken", change("from_revision_id = {bronze_annual_revision}")
    ),
    forged(
        "a change leads to another revision", "state_unlike_log", change("to_revision_id = {bronze_annual_revision}")
    ),
    forged(
        "a delta starts from another day",
        "log_broken",
        "UPDATE entitlements_change SET delta = REPLACE(CAST(delta AS text), '2026-03-01', '2020-01-01'){json} WHERE entitlement_id = '{main}' AND sequence = 3",
    ),
    forged(
        "a delta ends with another day",
        "log_broken standard_wrong state_unlike_log",
        change("delta = REPLACE(CAST(delta AS text), '2026-03-01', '2020-01-01'){json}", newest=False),
    ),
    forged(
        "a delta names another released seat",
        "log_broken",
        change("delta = REPLACE(CAST(delta AS text), 'released', 'restored'){json}"),
    ),
    forged("a delta has lost its released seats", "log_broken", change("delta = '{{}}'{json}")),
    forged(
        "a delta has lost the seats taken over",
        "log_broken",
        change("delta = REPLACE(CAST(delta AS text), 'took_over', 'was_over'){json}", of="new"),
    ),
    forged(
        "a delta counts from more than was counted",
        "counter_below_log",
        "UPDATE entitlements_change SET delta = REPLACE(CAST(delta AS text), '[41, 0]', '[41, 9]'){json} WHERE entitlement_id = '{main}' AND sequence = 3",
    ),
    forged("a delta is no delta", "not_readable", change("delta = '[]'{json}")),
    forged(
        "a change cost more",
        "log_broken",
        change("money = REPLACE(CAST(money AS text), '100.00', '900.00'){json}", newest=False),
    ),
    forged("what a change cost is no money", "not_readable", change("money = '[]'{json}")),
    forged("a change undoes nothing", "log_broken", change("undoes_id = NULL", of="undone")),
    forged(
        "a change undoes one of another entitlement", "log_broken", change("undoes_id = '{main_oldest}'", of="undone")
    ),
    forged(
        "a change belongs to another act",
        "act_without_changes moment_unlike_log seat_unlike_log",
        change("act_id = '{act_new}'"),
    ),
    forged("a change belongs to another unit", "log_broken", change("unit = '{undone}'")),
    forged("a change names another order", "log_broken", change("order_id = '{undone_order}'", newest=False)),
    forged("a change names another customer", "log_broken", change("customer_id = '{undone_customer}'", newest=False)),
    forged("a transfer does not say whence", "log_broken", change("from_order_id = NULL", of="transferred")),
    forged("an act without changes", "act_without_changes", ACT),
    forged("a change is added", "log_broken", COPY_OF_CHANGE % 1),
    forged("a change is added, and is counted", "log_broken", COPY_OF_CHANGE % 1, entitlement("sequence = 7")),
    forged("an act has another author", "act_rewritten", act("made_by_name = 'viewer'")),
    forged("an act is made by another person", "act_rewritten", act("made_by_id = {viewer_id}")),
    forged("an act has another moment", "act_rewritten", act("made_at = '2026-11-20 11:00:00'")),
    forged("an act has another reason", "act_rewritten", act("reason = 'As ever'")),
    forged("an act has another reference", "act_rewritten", act("reference = 'CHG-1'")),
    forged("an act came in another way", "act_rewritten", act("source = 'command'")),
    forged("an act was another operation", "act_rewritten", act("operation = 'renew'")),
    forged("an act was asked for otherwise", "act_rewritten", act("asked = '{{}}'{json}")),
    forged("an act undoes nothing", "act_rewritten log_broken", act("undoes_id = NULL", name="act_undo")),
    refused("an act is rewritten", act("reason = 'As ever'")),
    refused("an act is deleted", UNDO_GONE),
    refused("a change is rewritten", change("warnings = '[]'{json}")),
    refused("a change is deleted", NEWEST_GONE),
    refused("a change with a sequence that is taken", COPY_OF_CHANGE % 0),
)
REVISIONS = (
    forged("a revision grants other rights", "counted_number revision_rewritten", revision("rights = '{{}}'{json}")),
    forged(
        "a revision defines rights otherwise",
        "revision_rewritten",
        revision("definitions = REPLACE(CAST(definitions AS text), 'Connectors', 'Links'){json}"),
    ),
    forged("a revision has other prices", "revision_rewritten", revision("prices = '[]'{json}")),
    forged(
        "a revision has other terms",
        "revision_rewritten standard_wrong",
        revision("terms = REPLACE(CAST(terms AS text), 'P1M', 'P9M'){json}"),
    ),
    forged("a revision has another name", "revision_rewritten", revision("offering_name = 'Platinum'")),
    forged("a revision has another note", "revision_rewritten", revision("note = 'Silent'")),
    forged("a revision was published by somebody else", "revision_rewritten", revision("published_by_name = 'viewer'")),
    forged(
        "a revision was published at another moment",
        "revision_rewritten",
        revision("published_at = '2020-01-01 10:00:00'"),
    ),
    forged("a revision has another number", "revision_gone revision_rewritten", revision("number = 2")),
    forged(
        "a revision that is held is gone",
        "not_readable",
        "DELETE FROM offerings_revision WHERE id = {gold_monthly_revision}",
    ),
    refused("a revision is rewritten", revision("note = 'Silent'")),
    refused("a revision is deleted", "DELETE FROM offerings_revision WHERE id = {bronze_monthly_revision}"),
)
ALIKE = (  # in the log and in the row it is about
    forged(
        "maintenance is prolonged in the row and in its log",
        "counted_number standard_wrong",
        change("delta = REPLACE(CAST(delta AS text), '2027-03-01', '2030-01-01'){json}", of="perpetual"),
        entitlement("standard_maintenance_expires_on = '2030-01-01'", of="perpetual"),
    ),
    forged(
        "the term is prolonged in the row and in its log",
        "standard_wrong",
        change("delta = REPLACE(CAST(delta AS text), '2027-03-01', '2030-01-01'){json}", of="quantity"),
        entitlement(
            "standard_expires_on = '2030-01-01', expires_on = '2030-01-01', grace_ends_on = '2030-01-08'", of="quantity"
        ),
    ),
    forged(
        "an undo goes back to other values than were there",
        "log_broken",
        "UPDATE entitlements_change SET delta = REPLACE(CAST(delta AS text), '2026-03-01', '2026-03-02'){json} WHERE id = '{returned_newest}'",
        entitlement("starts_on = '2026-03-02'", of="returned"),
    ),
    unseen(
        "tail, act and every moment are as before the newest act",
        NEWEST_GONE,
        UNDO_GONE,
        entitlement(AS_BEFORE_THE_UNDO, of="undone"),
        SSO_AGAIN,
        entitlement("changed_at = (SELECT made_at FROM entitlements_act WHERE id = '{act_set}')", of="undone"),
        past_triggers=True,
        why="Nothing is left of the act. Only a backup, or the exported History, can tell.",
    ),
    unseen(
        "the quantity is raised in the row and in its log",
        change("delta = REPLACE(CAST(delta AS text), '[null, 9]', '[null, 90]'){json}", of="quantity"),
        entitlement("quantity = 90, seat_limit = 90, seat_capacity = 90", of="quantity"),
        past_triggers=True,
        why="Row and log agree, and a change has no digest. What was asked, in the act, still says 9.",
    ),
    unseen(
        "the reason of an override is another in the row and in its log",
        "UPDATE entitlements_change SET delta = REPLACE(CAST(delta AS text), 'October migration', 'As ever'){json} WHERE entitlement_id = '{main}'",
        "UPDATE entitlements_override SET reason = 'As ever' WHERE entitlement_id = '{main}'",
        past_triggers=True,
        why="Row and log agree, and a change has no digest. The act keeps its reason.",
    ),
    unseen(
        "the accepted warnings of a change are others",
        change("warnings = '[]'{json}"),
        past_triggers=True,
        why="Nothing follows from warnings, and a change has no digest.",
    ),
    unseen(
        "the change group of a move is another",
        change(
            'delta = REPLACE(CAST(delta AS text), \'{{"fields"\', \'{{"path": {{"group": 1}}, "fields"\'){json}',
            of="trial",
        ),
        past_triggers=True,
        why="Nothing follows from the way of a move, and a change has no digest.",
    ),
    unseen(
        "an act is rewritten together with its digest",
        "UPDATE entitlements_act SET reason = 'As ever', digest = '{forged_digest}' WHERE id = '{act_set}'",
        past_triggers=True,
        why="A digest is no signature: who may write the table can compute it.",
    ),
    unseen(
        "the only revision of an offering that nobody held is gone",
        "DELETE FROM offerings_revision WHERE id = {bronze_monthly_revision}",
        past_triggers=True,
        why="No row names it; the offering is as if never published.",
    ),
    unseen(
        "a customer has another name",
        "UPDATE entitlements_customer SET name = 'Somebody else', name_folded = 'somebody else' "
        "WHERE id = '{main_customer}'",
        why="Names are ordinary edits: History has a line for each, in a table that is not written once.",
    ),
    unseen(
        "an activation code is another",
        "UPDATE entitlements_activationcode SET code = 'FORGED-1' WHERE order_id = '{main_order}'",
        why="Codes are ordinary edits: History has a line for each, in a table that is not written once.",
    ),
)
ERASURE = (
    "INSERT INTO entitlements_erasure (id, customer_id, made_by_name, begun_at, finished_at) "
    "VALUES ('" + "e" * 32 + "', '{main_customer}', 'x', '2026-11-21 11:00:00+00:00', %s)"
)
FINISHED = ERASURE % "'2026-11-21 11:00:01+00:00'"
ERASURES = (
    caught("an erasure is left open", "erasure_open", ERASURE % "NULL"),
    refused("a finished erasure is opened again", FINISHED, "UPDATE entitlements_erasure SET finished_at = NULL"),
    refused(
        "an open erasure is given another customer",
        ERASURE % "NULL",
        "UPDATE entitlements_erasure SET customer_id = '{quantity_customer}'",
    ),
    refused("an erasure is deleted", FINISHED, "DELETE FROM entitlements_erasure"),
)
AMENDMENTS = (
    forged("an amendment was applied by another act", "amendment_wrong", amendment("act_id = '{act_gone}'")),
    forged("an amendment was for another entitlement", "amendment_wrong", amendment(NAMES_ANOTHER)),
    forged(
        "an applied amendment is another operation",
        "amendment_wrong",
        amendment("operation = REPLACE(CAST(operation AS text), 'set_quantity', 'renew'){json}"),
    ),
    caught(
        "what an amendment would do cannot be read",
        "amendment_wrong",
        amendment("operation = '{{}}'{json}", name="waiting"),
    ),
    forged(
        "an amendment waits in another order",
        "amendment_elsewhere",
        amendment("order_id = '{undone_order}'", name="waiting"),
    ),
    forged(
        "the amendment of an undo is gone",
        "amendment_missing",
        "DELETE FROM entitlements_amendment WHERE id = '{taken_back}'",
    ),
    forged(
        "the amendment of an undo lists less than was undone",
        "amendment_wrong",
        amendment("entitlements = '[]'{json}", name="taken_back"),
    ),
    refused("an applied amendment was for another entitlement", amendment(NAMES_ANOTHER)),
    refused(
        "the amendment of an undo lists nothing any more", amendment("entitlements = '[]'{json}", name="taken_back")
    ),
    refused("what waits comes to another order", amendment("order_id = '{undone_order}'", name="waiting")),
    refused("an applied amendment waits again", amendment("status = 'scheduled', act_id = NULL, closed_at = NULL")),
    refused("an applied amendment has another reason", amendment("reason = 'As ever'")),
    refused("an amendment that waits was asked for by somebody else", amendment(OTHER_AUTHOR, name="waiting")),
    refused("an amendment is applied without an act", amendment("status = 'applied'", name="waiting")),
    refused("an amendment is cancelled at no moment", amendment("status = 'cancelled'", name="waiting")),
    refused("an amendment is deleted", "DELETE FROM entitlements_amendment WHERE id = '{waiting}'"),
    unseen(
        "an applied amendment has another day",
        amendment("effective_on = '2026-01-01'"),
        past_triggers=True,
        why="An amendment has no digest. What was asked, in the act, still has the day.",
    ),
    unseen(
        "an amendment waits for another day",
        amendment("effective_on = '2999-12-31'", name="waiting"),
        why="What waits may be moved. History has a line for each move, in a table that is not written once.",
    ),
)
TRIGGERS = (
    caught(
        "the trigger of acts is gone",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_act_no_update",
        "postgresql: DROP TRIGGER entitlements_act_no_change ON entitlements_act",
    ),
    caught(
        "the trigger of changes is gone",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_change_no_delete",
        "postgresql: DROP TRIGGER entitlements_change_no_change ON entitlements_change",
    ),
    caught(
        "the trigger of revisions is gone",
        "trigger_missing",
        "sqlite: DROP TRIGGER offerings_revision_no_update",
        "postgresql: DROP TRIGGER offerings_revision_no_change ON offerings_revision",
    ),
    caught(
        "the trigger of erasures is gone",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_erasure_no_delete",
        "postgresql: DROP TRIGGER entitlements_erasure_no_change ON entitlements_erasure",
    ),
    caught(
        "the trigger of amendments is gone",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_amendment_no_update",
        "postgresql: DROP TRIGGER entitlements_amendment_no_change ON entitlements_amendment",
    ),
    caught(
        "a trigger is switched off",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_act_no_update",
        "sqlite: CREATE TRIGGER entitlements_act_no_update BEFORE UPDATE ON entitlements_act WHEN 0 BEGIN SELECT RAISE(ABORT, 'rows of entitlements_act are never changed'); END",
        "postgresql: ALTER TABLE entitlements_act DISABLE TRIGGER entitlements_act_no_change",
    ),
    caught(
        "a trigger lets everything through",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_act_no_update",
        "sqlite: CREATE TRIGGER entitlements_act_no_update BEFORE UPDATE ON entitlements_act BEGIN SELECT 1; END",
        "postgresql: CREATE OR REPLACE FUNCTION entitlements_act_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ),
    caught(
        "a trigger stops only what is deleted",
        "trigger_missing",
        "sqlite: DROP TRIGGER entitlements_act_no_update",
        "postgresql: DROP TRIGGER entitlements_act_no_change ON entitlements_act",
        "postgresql: CREATE TRIGGER entitlements_act_no_change BEFORE DELETE ON entitlements_act FOR EACH ROW EXECUTE FUNCTION entitlements_act_refuse_change()",
    ),
)
CORRUPTIONS = (
    *(*STORED_NUMBERS, *STATE, *OVERRIDES, *SEATS, *USES, *LOG, *REVISIONS, *AMENDMENTS),
    *(*ALIKE, *ERASURES, *TRIGGERS),
)
