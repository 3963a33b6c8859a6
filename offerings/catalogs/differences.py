"""The differences between the rows of a product and the rows of a catalog, in words and as columns. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from offerings import rights
from offerings.amounts import plain_amount
from offerings.catalogs.product_rows import same_json
from offerings.models import Charge, EditionValue, Feature, Offering, OfferingKind, SeatsSold
from offerings.prices import Price
from offerings.rights import BUILT_IN

NOTHING = "nothing"
FEATURE_COLUMNS = {
    "kind": "Kind",
    "default": "Default",
    "unit": "Unit",
    "group": "Group",
    "description": "Description",
    "source": "Kept from the file",
}
# A row made by hand keeps its heading, and has no facts of a file.
FEATURE_COLUMNS_BY_HAND = {name: FEATURE_COLUMNS[name] for name in ("kind", "default", "unit", "description")}
EDITION_COLUMNS = {"description": "Description"}
SEAT_COLUMNS = ("seats_sold", "seat_limit", "extra_seats")
CHARGE_COLUMNS = ("kind", "per", "amount", "currency", "unit", "text")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, both sides in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between two rows: the ``columns`` to write, and the same in words."""

    columns: Mapping[str, Any]
    differences: tuple[Difference, ...]


def feature_changes(before: Feature, after: Feature) -> Changes:
    """Return the changes that a catalog makes to a feature; its name and key never change."""
    labels = FEATURE_COLUMNS if before.source_name else FEATURE_COLUMNS_BY_HAND
    found = {name: getattr(after, name) for name in labels if not _same_column(before, after, name)}
    return Changes(found, tuple(_feature_words(before, after, name) for name in found))


def _same_column(before: Feature, after: Feature, name: str) -> bool:
    if name == "default":
        return before.kind == after.kind and same_json(before.default_value, after.default_value)
    return same_json(getattr(before, name), getattr(after, name))


def _feature_words(before: Feature, after: Feature, name: str) -> Difference:
    label = FEATURE_COLUMNS[name]
    if name == "default":
        return Difference(label, rights.show(before.right, before.default_value), default_in_words(after))
    if name == "source":
        was, now = before.source, after.source
        names = sorted(key for key in {*was, *now} if not same_json(was.get(key), now.get(key)))
        return Difference(f"{label}: {', '.join(names)}", "", "")
    return Difference(label, getattr(before, name), getattr(after, name))


def default_in_words(feature: Feature) -> str:
    """Return the default of a feature in words."""
    return rights.show(feature.right, feature.default_value)


def columns_changed(before: Any, after: Any, labels: Mapping[str, str]) -> Changes:
    """Return the changes in the labelled columns of two rows."""
    found = {name: getattr(after, name) for name in labels if getattr(before, name) != getattr(after, name)}
    words = (Difference(labels[name], str(getattr(before, name)), str(value)) for name, value in found.items())
    return Changes(found, tuple(words))


def offering_changes(before: Offering, after: Offering) -> Changes:
    """Return the changes that a catalog makes to an offering: its plan, its seats, whether it is private."""
    found: dict[str, Any] = {}
    words = []
    if before.plan_id != after.plan_id:
        found["plan"] = after.plan
        words.append(Difference("Plan", str(before.plan), str(after.plan)))
    if any(not same_json(getattr(before, name), getattr(after, name)) for name in SEAT_COLUMNS):
        found |= {name: getattr(after, name) for name in SEAT_COLUMNS}
        words.append(Difference("Seats", seats_in_words(before), seats_in_words(after)))
    if before.is_private != after.is_private:
        found["is_private"] = after.is_private
        words.append(Difference("Private", _yes_or_no(before.is_private), _yes_or_no(after.is_private)))
    return Changes(found, tuple(words))


def _yes_or_no(flag: bool) -> str:  # noqa: FBT001 (the words of a flag)
    return "yes" if flag else "no"


def seats_in_words(offering: Offering) -> str:
    """Return the way of selling seats in words: ``5``, ``per quantity``, ``1 added``, ``none``."""
    if offering.seats_sold == SeatsSold.FIXED:
        return rights.show(BUILT_IN["seat_limit"], offering.seat_limit)
    if offering.extra_seats:
        each = " for each one bought" if offering.seats_sold == SeatsSold.PER_QUANTITY else ""
        return f"{offering.extra_seats:,} added{each}"
    return "per quantity" if offering.seats_sold == SeatsSold.PER_QUANTITY else "none"


def charge_changes(before: Charge, after: Charge) -> Changes:
    """Return the changes that a catalog makes to the price of an offering."""
    found = {name: getattr(after, name) for name in CHARGE_COLUMNS if getattr(before, name) != getattr(after, name)}
    words = (Difference("Price", price_in_words(before), price_in_words(after)),) if found else ()
    return Changes(found, words)


def price_in_words(charge: Charge) -> str:
    """Return a price in words: ``USD 24.00 per seat, recurring``."""
    price = Price(
        charge.key, charge.kind, charge.per, plain_amount(charge.amount), charge.currency, charge.unit, charge.text
    )
    return f"{price.words}, {charge.get_kind_display()}"


def value_difference(before: EditionValue | None, after: EditionValue | None) -> Difference:
    """Return the change of one value of an edition in words; at least one of the two is not ``None``."""
    either = after or before
    assert either is not None  # noqa: S101 (as the docstring says)
    absent = "unchanged" if either.edition.kind == OfferingKind.ADD_ON else "as the default"
    label = either.feature.name
    if either.effect == EditionValue.Effect.EXTENDS:
        label, absent = f"Adds to {label}", NOTHING
    return Difference(label, _value_in_words(before, absent), _value_in_words(after, absent))


def _value_in_words(value: EditionValue | None, absent: str) -> str:
    return absent if value is None else rights.show_stored(value.feature.right, value.value)


def names_difference(label: str, before: Iterable[str], after: Iterable[str]) -> Difference:
    """Return the change of a list of names in words."""
    return Difference(label, ", ".join(sorted(before)) or NOTHING, ", ".join(sorted(after)) or NOTHING)
