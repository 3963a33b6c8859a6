"""What an act was asked to do, in words: the stored operation with all its choices. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from entitlements.history.words import shown
from entitlements.operations import SeatMode, TermMode
from entitlements.operations.seats import SEAT_MODES
from entitlements.operations.terms import TERMS
from entitlements.state import TERM_RIGHTS, RevisionValue
from offerings import rights
from offerings.rights import Kind, Right

Row = tuple[str, str]
LEFT_OUT = {"operation", "version", "act_id", "group_id", "order_id", "customer_id"}  # told elsewhere on the page
DAYS = {
    "as_of": "Counted from",
    "starts_on": "Starts",
    "expires_on": "Expires",
    "maintenance_expires_on": "Maintenance ends",
}
TEXTS = {"customer_name": "New customer", "order_reference": "Order reference", "quantity": "Quantity"}


def asked_in_words(asked: Mapping[str, Any], revisions: Mapping[int, RevisionValue]) -> list[Row]:
    """Return a label and a text for each choice; ``revisions`` name the target and the rights."""
    definitions = {key: right for each in revisions.values() for key, right in each.sheet.definitions.items()}
    definitions |= TERM_RIGHTS
    return [
        row
        for name, value in asked.items()
        if name not in LEFT_OUT
        for row in _rows(name, value, revisions, definitions)
    ]


def _rows(
    name: str, value: Any, revisions: Mapping[int, RevisionValue], definitions: Mapping[str, Right]
) -> Iterator[Row]:
    if name == "revision_id":
        yield "Offering", str(revisions[value]) if value in revisions else f"revision {value} of the catalog"
    elif name == "values":
        for key, each in value.items():
            right = definitions.get(key) or Right(key, Kind.TEXT, key)
            yield right.label, shown(right, each)
    elif name in WRITERS:
        label, write = WRITERS[name]
        text = write(value, definitions)
        if text:
            yield label, text
    elif value not in (None, "", [], {}):
        yield DAYS.get(name) or TEXTS.get(name) or name.replace("_", " ").capitalize(), _plain(name, value)


def _plain(name: str, value: Any) -> str:
    if name in DAYS:
        return _day(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _day(value: str) -> str:
    try:
        return rights.show_day(date.fromisoformat(value))
    except ValueError:
        return value


def _seats(value: Mapping[str, Any], _definitions: Mapping[str, Right]) -> str:
    mode = SeatMode(value["mode"])
    return f"{SEAT_MODES[mode]}: {len(value['chosen']):,}" if value["chosen"] else SEAT_MODES[mode]


def _term(value: Mapping[str, Any], _definitions: Mapping[str, Right]) -> str:
    words = TERMS[TermMode(value["mode"])]
    return f"{words}: {_day(value['expires_on'])}" if value["expires_on"] else words


def _labels(keys: list[str], definitions: Mapping[str, Right]) -> str:
    return ", ".join(definitions[key].label if key in definitions else key for key in keys)


def _dropped(keys: list[str], definitions: Mapping[str, Right]) -> str:
    return f"Drop {_labels(keys, definitions)}" if keys else "Keep all"


def _codes(codes: list[str], _definitions: Mapping[str, Right]) -> str:
    return ", ".join(codes)


def _counters(is_kept: bool, _definitions: Mapping[str, Right]) -> str:  # noqa: FBT001 (as it is stored)
    return "Keep" if is_kept else "Reset"


def _outside(is_outside: bool, _definitions: Mapping[str, Right]) -> str:  # noqa: FBT001 (as it is stored)
    return "Left, with a reason" if is_outside else ""


WRITERS: Mapping[str, tuple[str, Callable[[Any, Mapping[str, Right]], str]]] = {
    "seats": ("Seats in use", _seats),
    "term": ("Term", _term),
    "drop_overrides": ("Overrides", _dropped),
    "keys": ("Overrides removed", _labels),
    "codes": ("Activation codes", _codes),
    "is_outside_group": ("Change groups", _outside),
    "keep_counters": ("Usage counts", _counters),
}
