"""What an import would do, worked out before anything is written: the plan that is shown is the plan that is written.

Pure: it compares the rows a catalog stands for with the rows a product has. ``importer`` loads the one and writes it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import ngettext

from offerings.catalogs.differences import (
    EDITION_COLUMNS,
    Changes,
    Difference,
    charge_changes,
    columns_changed,
    default_in_words,
    feature_changes,
    names_difference,
    offering_changes,
    price_in_words,
    seats_in_words,
    value_difference,
)
from offerings.catalogs.holding import RELATIONS, Holding, same
from offerings.catalogs.rows import Rows
from offerings.catalogs.values import CatalogWarning
from offerings.models import Edition, EditionValue, Feature, Offering, OfferingKind, Product, Retirable

Row = TypeVar("Row", Feature, Edition, Offering)
RELATION_LABELS = {"available_for": "Available for", "depends_on": "Depends on", "excludes": "Excludes"}


class Action(StrEnum):
    """What happens to a row."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    REINSTATED = "reinstated"


class Section(StrEnum):
    """The rows an import is about; prices belong to offerings, values to editions."""

    FEATURES = "features"
    EDITIONS = "editions"
    OFFERINGS = "offerings"

    @property
    def singular(self) -> str:
        """Return the noun for one row."""
        return self.value.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Item:
    """One row that is written, and what changes about it in words. ``key`` is a key or a SKU."""

    section: Section
    action: Action
    key: str
    name: str
    differences: tuple[Difference, ...] = ()


@dataclass(slots=True)
class Writes:
    """The same as rows: new ones in the order they are made in, columns to set, values and links that go."""

    new: list[Model] = field(default_factory=list)
    columns: list[tuple[Model, Mapping[str, Any]]] = field(default_factory=list)
    retired: list[Retirable] = field(default_factory=list)
    reinstated: list[Retirable] = field(default_factory=list)
    gone: list[EditionValue] = field(default_factory=list)
    linked: list[tuple[str, Edition, Edition]] = field(default_factory=list)
    unlinked: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class ImportPlan:
    """Everything an import does. ``emptied`` says in words what it would leave nothing of; ``head`` is kept as JSON."""

    rows: Rows
    head: Mapping[str, Any]
    is_new: bool
    items: tuple[Item, ...]
    unchanged: Mapping[Section, int]
    emptied: tuple[str, ...]
    warnings: tuple[CatalogWarning, ...]
    writes: Writes

    @property
    def product(self) -> Product:
        """Return the product the catalog goes into."""
        return self.rows.product

    @property
    def is_head_changed(self) -> bool:
        """Tell whether what is kept of the file's head differs; that alone changes no draft."""
        return self.is_new or not same(self.product.catalog, self.head)

    def chosen(self, section: str, action: str) -> list[Item]:
        """Return what happens in one section in one way."""
        return [item for item in self.items if (item.section, item.action) == (section, action)]

    @property
    def fingerprint(self) -> str:
        """Return a text for what a person saw; it differs whenever something else would be written."""
        seen = [
            self.product.code,
            dict(self.head),
            [repr(item) for item in self.items],
            [str(warning) for warning in self.warnings],
        ]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]


def plan_import(rows: Rows, *, head: Mapping[str, Any], warnings: Iterable[CatalogWarning] = ()) -> ImportPlan:
    """Compare what a catalog stands for with what its product has. Queries nothing, writes nothing.

    Rows of ``rows`` that exist get the id of the row they mean, so that new rows can refer to them.
    """
    holding, is_new = rows.holding, rows.holding.product is None
    planner = _Planner(rows)
    planner.plan()
    return ImportPlan(
        rows=rows,
        head=head,
        is_new=is_new,
        items=tuple(planner.items),
        unchanged=planner.unchanged,
        emptied=tuple(_emptied(holding, planner)),
        warnings=(*warnings, *rows.warnings, *planner.warnings),
        writes=planner.writes,
    )


def _emptied(holding: Holding, planner: "_Planner") -> Iterator[str]:
    gone = {id(row) for row in planner.writes.retired}
    plans = [offering for offering in holding.offerings if offering.kind == OfferingKind.PLAN]
    sorts: tuple[tuple[Sequence[Retirable], str, str], ...] = (
        (holding.features, "The one feature", "All %(count)d features"),
        (plans, "The one plan", "All %(count)d plans"),
    )
    for rows, one, many in sorts:
        on_sale = [row for row in rows if not row.is_retired]
        if on_sale and all(id(row) in gone for row in on_sale):
            yield f"{ngettext(one, many, len(on_sale)) % {'count': len(on_sale)}} it has now would be retired."


class _Planner:
    """Collects what is to be written while the sections are compared one after the other."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.holding = rows, rows.holding
        self.items: list[Item] = []
        self.unchanged = dict.fromkeys(Section, 0)
        self.writes = Writes()
        self.warnings: list[CatalogWarning] = []
        self.values_of: dict[tuple[str, str], list[EditionValue]] = {}
        self.edition_ids: dict[int, Edition] = {row.pk: row for row in self.holding.editions}

    def plan(self) -> None:
        imported = [row for row in self.holding.features if row.source_name]
        self.section(Section.FEATURES, self.rows.features, self.holding.features, imported, self.feature)
        named = [row for row in self.holding.editions if row.source_name]
        for value in self.rows.values:
            self.values_of.setdefault(_edition_id(value.edition), []).append(value)
        self.section(Section.EDITIONS, self.rows.editions, self.holding.editions, named, self.edition)
        self.writes.new += [plan for code, plan in self.rows.plans.items() if code not in self.holding.plans]
        sold = list(self.holding.imported_offerings())
        self.section(Section.OFFERINGS, self.rows.offerings, self.holding.offerings, sold, self.offering)

    def section(
        self,
        section: Section,
        wanted: list[Row],
        held: Sequence[Row],
        imported: Iterable[Row],
        differ: Callable[[Any, Any], tuple[Difference, ...]],
    ) -> None:
        """Compare the rows of one section; ``differ`` notes what is written about one row and says what differs."""
        found = {_key(row): row for row in held}
        _place(wanted, found)
        meant = {_key(row) for row in wanted}
        for row in wanted:
            before = found.get(_key(row))
            if before is None:
                self.writes.new.append(row)
                self.items.append(Item(section, Action.ADDED, _shown_key(row), row.name, differ(None, row)))
                continue
            row.pk = before.pk
            self.compare(section, before, differ(before, row))
        for before in imported:
            if not before.is_retired and _key(before) not in meant:
                self.writes.retired.append(before)
                self.items.append(Item(section, Action.RETIRED, _shown_key(before), before.name))

    def compare(self, section: Section, before: Row, differences: tuple[Difference, ...]) -> None:
        if before.is_retired:
            self.writes.reinstated.append(before)
        elif not differences:
            self.unchanged[section] += 1
            return
        action = Action.REINSTATED if before.is_retired else Action.CHANGED
        self.items.append(Item(section, action, _shown_key(before), before.name, differences))

    def set_columns(self, row: Model, changes: Changes) -> tuple[Difference, ...]:
        if changes.columns:
            self.writes.columns.append((row, changes.columns))
        return changes.differences

    def feature(self, before: Feature | None, after: Feature) -> tuple[Difference, ...]:
        if before is None:
            return (Difference("Kind", "", after.kind), Difference("Default", "", default_in_words(after)))
        if before.kind != after.kind:
            self.warn_of_values_by_hand(before)
        return self.set_columns(before, feature_changes(before, after))

    def warn_of_values_by_hand(self, feature: Feature) -> None:
        for value in self.holding.values:
            if value.feature_id == feature.pk and not value.edition.source_name:
                text = (
                    f"Edition {value.edition.name}, made by hand, has a value of the old kind. Correct it to publish."
                )
                self.warnings.append(CatalogWarning(feature.key, text))

    def edition(self, before: Edition | None, after: Edition) -> tuple[Difference, ...]:
        wanted = {(value.feature.key, value.effect): value for value in self.values_of.get(_edition_id(after), ())}
        if before is None:
            self.writes.new += wanted.values()
        columns = self.set_columns(before, columns_changed(before, after, EDITION_COLUMNS)) if before else ()
        values = self.values(before, wanted) if before else ()
        return (*columns, *values, *self.relations(before, after))

    def values(self, before: Edition, wanted: Mapping[tuple[str, str], EditionValue]) -> Iterator[Difference]:
        features = {feature.key: feature for feature in self.rows.features}
        held = {
            (value.feature.key, value.effect): value
            for value in self.holding.values
            if value.edition_id == before.pk and value.feature.key in features
        }
        for key in {**wanted, **held}:
            old, new = held.get(key), wanted.get(key)
            if old and new and not same(old.value, new.value):
                self.writes.columns.append((old, {"value": new.value}))
            elif new and not old:
                self.writes.new.append(new)
            elif old and not new and not _says_nothing(old, features[key[0]]):
                self.writes.gone.append(old)
            else:
                continue
            yield value_difference(old, new)

    def relations(self, before: Edition | None, after: Edition) -> Iterator[Difference]:
        for name in RELATIONS:
            wanted = {_edition_id(other): other for one, other in self.rows.relations[name] if one is after}
            pairs = self.holding.relations.get(name, frozenset())
            others = [self.edition_ids[there] for here, there in pairs if before and here == before.pk]
            held = {_edition_id(other): other for other in others if other.source_name or _edition_id(other) in wanted}
            self.writes.linked += [(name, after, other) for key, other in wanted.items() if key not in held]
            if before:
                gone = [other.pk for key, other in held.items() if key not in wanted]
                self.writes.unlinked += [(name, before.pk, pk) for pk in gone]
            if wanted.keys() != held.keys():
                now = [held.get(key, other).name for key, other in wanted.items()]
                yield names_difference(RELATION_LABELS[name], [other.name for other in held.values()], now)

    def offering(self, before: Offering | None, after: Offering) -> tuple[Difference, ...]:
        charge = next(charge for charge in self.rows.charges if charge.offering is after)
        if before is None:
            self.writes.new.append(charge)
            return (Difference("Seats", "", seats_in_words(after)), Difference("Price", "", price_in_words(charge)))
        differences = self.set_columns(before, offering_changes(before, after))
        held = next((row for row in self.holding.charges if row.offering_id == before.pk), None)
        if held is None:
            self.writes.new.append(charge)
            return (*differences, Difference("Price", "", price_in_words(charge)))
        return (*differences, *self.set_columns(held, charge_changes(held, charge)))


def _key(row: Feature | Edition | Offering) -> tuple[str, str]:
    if isinstance(row, Edition):
        return _edition_id(row)
    return ("", row.sku if isinstance(row, Offering) else row.key)


def _edition_id(edition: Edition) -> tuple[str, str]:
    return edition.kind, edition.key


def _shown_key(row: Feature | Edition | Offering) -> str:
    return _key(row)[1]


def _place(wanted: Iterable[Row], found: Mapping[tuple[str, str], Row]) -> None:
    """Give new rows the position of the row before them in the file, so that no row that exists has to move."""
    position = 0
    for row in wanted:
        if before := found.get(_key(row)):
            position = before.position
        elif found:
            row.position = position


def _says_nothing(value: EditionValue, feature: Feature) -> bool:
    """Tell whether the value of a plan's edition is the default; writing it away would change nothing."""
    is_plan = value.edition.kind == OfferingKind.PLAN
    return is_plan and value.effect == EditionValue.Effect.REPLACES and same(value.value, feature.default_value)
