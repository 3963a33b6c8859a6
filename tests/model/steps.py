"""The steps of a sequence: what may be asked of the model and of the product alike.

Entitlements, orders and acts are named by the numbers the model gives them in the order in which they come to be.
"""

from dataclasses import dataclass, field
from enum import Enum

from tests.model.catalog import Value


class SeatMode(Enum):
    """What becomes of seats that no longer fit."""

    REFUSE = "refuse"
    KEEP = "keep"
    OLDEST = "oldest"
    CHOSEN = "chosen"


class TermMode(Enum):
    """What becomes of the term when the offering changes."""

    DEFAULT = "default"
    KEEP = "keep"
    RESTART = "restart"
    RESTART_AND_ADD = "restart and add what is left"
    CREATE_NEW = "create new"


@dataclass(frozen=True, slots=True)
class Seats:
    """A choice of seats: the mode, and the ids chosen where the mode asks for them."""

    mode: SeatMode = SeatMode.REFUSE
    chosen: tuple[str, ...] = ()


# --- the surroundings ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """Let days go by."""

    days: int


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """Give a customer another order, still empty."""

    customer: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish the next revision of an offering."""

    offering: str


# --- traffic of clients --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivateSeats:
    """Activate seats by their ids, one after the other."""

    entitlement: int
    seat_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountCalls:
    """Count use of the usage count."""

    entitlement: int
    amount: int


@dataclass(frozen=True, slots=True)
class CheckOut:
    """Check elements of the pool out for a seat; a negative amount returns some."""

    entitlement: int
    seat_id: str
    amount: int


# --- operations ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Create:
    """Create an entitlement in an order, on the newest revision."""

    order: int
    offering: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class SetOverrides:
    """Set rights by hand, exactly, or at least where the key is among the floors."""

    entitlement: int
    values: tuple[tuple[str, Value], ...]
    floors: tuple[str, ...] = ()
    seats: Seats = field(default_factory=Seats)


@dataclass(frozen=True, slots=True)
class RevertOverrides:
    """Return rights to their standard."""

    entitlement: int
    keys: tuple[str, ...]
    seats: Seats = field(default_factory=Seats)


@dataclass(frozen=True, slots=True)
class ChangeOffering:
    """Move a whole entitlement to a revision."""

    entitlement: int
    offering: str
    revision: int
    quantity: int | None = None
    seats: Seats = field(default_factory=Seats)
    term: TermMode = TermMode.DEFAULT
    dropped: tuple[str, ...] = ()
    keep_counters: bool = False


@dataclass(frozen=True, slots=True)
class ChangePart:
    """Move n of the N an entitlement has to a revision; the seats chosen go along, else the oldest."""

    entitlement: int
    offering: str
    revision: int
    count: int
    seats: Seats = field(default_factory=Seats)
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetQuantity:
    """Set the quantity of an entitlement sold per quantity."""

    entitlement: int
    quantity: int
    seats: Seats = field(default_factory=Seats)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Move an entitlement to another order; its seats go along, or all of them are released."""

    entitlement: int
    order: int
    releases_seats: bool = False


@dataclass(frozen=True, slots=True)
class Renew:
    """Add a term."""

    entitlement: int


@dataclass(frozen=True, slots=True)
class Disable:
    """Suspend access."""

    entitlement: int


@dataclass(frozen=True, slots=True)
class Enable:
    """Give access back."""

    entitlement: int


@dataclass(frozen=True, slots=True)
class Remove:
    """End an entitlement today."""

    entitlement: int


@dataclass(frozen=True, slots=True)
class ReleaseSeats:
    """Release seats by their ids."""

    entitlement: int
    seat_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo an act; redo is the undo of an undo."""

    act: int
    seats: Seats = field(default_factory=Seats)


Surrounding = Wait | OpenOrder | Publish
Traffic = ActivateSeats | CountCalls | CheckOut
Operation = (
    Create
    | SetOverrides
    | RevertOverrides
    | ChangeOffering
    | ChangePart
    | SetQuantity
    | Transfer
    | Renew
    | Disable
    | Enable
    | Remove
    | ReleaseSeats
    | Undo
)
Step = Surrounding | Traffic | Operation
