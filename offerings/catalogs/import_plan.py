"""The plan of an import: the plan that people review is the plan that ``importer`` writes.

Pure: the plan compares the rows of a catalog with the rows of a product; ``importer`` loads and writes them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import ngettext

from config.digests import digest_of_seen
from offerings.catalogs.catalog_rows import CatalogRows
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
from offerings.catalogs.product_rows import RELATIONS, ProductRows, same_json
from offerings.catalogs.values import CatalogWarning
from offerings.models import Edition, EditionValue, Feature, Offering, OfferingKind, Product, Retirable

Row = TypeVar("Row", Feature, Edition, Offering)
RELATION_LABELS = {"available_for": "Available for", "depends_on": "Depends on", "excludes": "Excludes"}


class Action(StrEnum):
    """The change of one row."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    REINSTATED = "reinstated"


class Section(StrEnum):
    """The rows of an import by model. Prices count as parts of offerings, values as parts of editions."""

    FEATURES = "features"
    EDITIONS = "editions"
    OFFERINGS = "offerings"

    @property
    def singular(self) -> str:
        """Return the noun for one row."""
        return self.value.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Item:
    """One row that an import writes, with its differences in words. ``key`` is a key or a SKU."""

    section: Section
    action: Action
    key: str
    name: str
    differences: tuple[Difference, ...] = ()


@dataclass(slots=True)
class Writes:
    """The writes of an import: new rows in the order of creation, columns to set, and values and links to delete."""

    new: list[Model] = field(default_factory=list)
    columns: list[tuple[Model, Mapping[str, Any]]] = field(default_factory=list)
    retired: list[Retirable] = field(default_factory=list)
    reinstated: list[Retirable] = field(default_factory=list)
    deleted: list[EditionValue] = field(default_factory=list)
    linked: list[tuple[str, Edition, Edition]] = field(default_factory=list)
    unlinked: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class ImportPlan:
    """Everything that an import does. ``emptied`` warns where every feature or every plan would be retired."""

    rows: CatalogRows
    head: Mapping[str, Any]
    is_new: bool
    items: tuple[Item, ...]
    unchanged: Mapping[Section, int]
    emptied: tuple[str, ...]
    warnings: tuple[CatalogWarning, ...]
    writes: Writes

    @property
    def product(self) -> Product:
        """Return the product of the import."""
        return self.rows.product

    @property
    def is_head_changed(self) -> bool:
        """Tell whether the stored head of the file differs; such a difference alone changes no draft."""
        return self.is_new or not same_json(self.product.catalog, self.head)

    def chosen(self, section: str, action: str) -> list[Item]:
        """Return the items of one section and one action."""
        return [item for item in self.items if (item.section, item.action) == (section, action)]

    @property
    def fingerprint(self) -> str:
        """Return a text that identifies the plan; other writes give another text."""
        content = [
            self.product.code,
            dict(self.head),
            [repr(item) for item in self.items],
            [str(warning) for warning in self.warnings],
        ]
        return digest_of_seen(content)


def plan_import(rows: CatalogRows, *, head: Mapping[str, Any], warnings: Iterable[CatalogWarning] = ()) -> ImportPlan:
    """Return the plan that brings a product up to the rows of a catalog. Queries nothing, writes nothing.

    A row of ``rows`` that matches an existing row gets its id, so that new rows can refer to the row.
    """
    existing, is_new = rows.existing, rows.existing.product is None
    planner = _Planner(rows)
    planner.plan()
    return ImportPlan(
        rows=rows,
        head=head,
        is_new=is_new,
        items=tuple(planner.items),
        unchanged=planner.unchanged,
        emptied=tuple(_emptied(existing, planner)),
        warnings=(*warnings, *rows.warnings, *planner.warnings),
        writes=planner.writes,
    )


def _emptied(existing: ProductRows, planner: "_Planner") -> Iterator[str]:
    retired = {id(row) for row in planner.writes.retired}
    plans = [offering for offering in existing.offerings if offering.kind == OfferingKind.PLAN]
    checked: tuple[tuple[Sequence[Retirable], str, str], ...] = (
        (existing.features, "The one feature", "All %(count)d features"),
        (plans, "The one plan", "All %(count)d plans"),
    )
    for rows, one, many in checked:
        on_sale = [row for row in rows if not row.is_retired]
        if on_sale and all(id(row) in retired for row in on_sale):
            yield f"{ngettext(one, many, len(on_sale)) % {'count': len(on_sale)}} it has now would be retired."


class _Planner:
    """Compares the sections one after the other, and collects the items and writes."""

    def __init__(self, rows: CatalogRows) -> None:
        self.rows, self.existing = rows, rows.existing
        self.items: list[Item] = []
        self.unchanged = dict.fromkeys(Section, 0)
        self.writes = Writes()
        self.warnings: list[CatalogWarning] = []
        self.values_of: dict[tuple[str, str], list[EditionValue]] = {}
        self.edition_ids: dict[int, Edition] = {row.pk: row for row in self.existing.editions}

    def plan(self) -> None:
        imported_features = [row for row in self.existing.features if row.source_name]
        self.section(Section.FEATURES, self.rows.features, self.existing.features, imported_features, self.feature)
        imported_editions = [row for row in self.existing.editions if row.source_name]
        for value in self.rows.values:
            self.values_of.setdefault(_edition_id(value.edition), []).append(value)
        self.section(Section.EDITIONS, self.rows.editions, self.existing.editions, imported_editions, self.edition)
        self.writes.new += [plan for code, plan in self.rows.plans.items() if code not in self.existing.plans]
        imported_offerings = self.existing.imported_offerings()
        self.section(Section.OFFERINGS, self.rows.offerings, self.existing.offerings, imported_offerings, self.offering)

    def section(
        self,
        section: Section,
        wanted: list[Row],
        existing: Sequence[Row],
        imported: Iterable[Row],
        compare_row: Callable[[Any, Any], tuple[Difference, ...]],
    ) -> None:
        """Compare the rows of one section; ``compare_row`` collects the writes of a row and returns its differences."""
        by_key = {_key(row): row for row in existing}
        _set_positions(wanted, by_key)
        wanted_keys = {_key(row) for row in wanted}
        for row in wanted:
            before = by_key.get(_key(row))
            if before is None:
                self.writes.new.append(row)
                self.items.append(Item(section, Action.ADDED, _shown_key(row), row.name, compare_row(None, row)))
                continue
            row.pk = before.pk
            self.add_item(section, before, compare_row(before, row))
        for before in imported:
            if not before.is_retired and _key(before) not in wanted_keys:
                self.writes.retired.append(before)
                self.items.append(Item(section, Action.RETIRED, _shown_key(before), before.name))

    def add_item(self, section: Section, before: Row, differences: tuple[Difference, ...]) -> None:
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
            self.warn_of_old_values(before)
        return self.set_columns(before, feature_changes(before, after))

    def warn_of_old_values(self, feature: Feature) -> None:
        for value in self.existing.values:
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
        stored = {
            (value.feature.key, value.effect): value
            for value in self.existing.values
            if value.edition_id == before.pk and value.feature.key in features
        }
        for key in {**wanted, **stored}:
            old, new = stored.get(key), wanted.get(key)
            if old and new and not same_json(old.value, new.value):
                self.writes.columns.append((old, {"value": new.value}))
            elif new and not old:
                self.writes.new.append(new)
            elif old and not new and not _is_default(old, features[key[0]]):
                self.writes.deleted.append(old)
            else:
                continue
            yield value_difference(old, new)

    def relations(self, before: Edition | None, after: Edition) -> Iterator[Difference]:
        for name in RELATIONS:
            wanted = {_edition_id(other): other for one, other in self.rows.relations[name] if one is after}
            pairs = self.existing.relations.get(name, frozenset())
            others = [self.edition_ids[there] for here, there in pairs if before and here == before.pk]
            linked = {
                _edition_id(other): other for other in others if other.source_name or _edition_id(other) in wanted
            }
            self.writes.linked += [(name, after, other) for key, other in wanted.items() if key not in linked]
            if before:
                removed = [other.pk for key, other in linked.items() if key not in wanted]
                self.writes.unlinked += [(name, before.pk, pk) for pk in removed]
            if wanted.keys() != linked.keys():
                now = [linked.get(key, other).name for key, other in wanted.items()]
                yield names_difference(RELATION_LABELS[name], [other.name for other in linked.values()], now)

    def offering(self, before: Offering | None, after: Offering) -> tuple[Difference, ...]:
        charge = next(charge for charge in self.rows.charges if charge.offering is after)
        if before is None:
            self.writes.new.append(charge)
            return (Difference("Seats", "", seats_in_words(after)), Difference("Price", "", price_in_words(charge)))
        differences = self.set_columns(before, offering_changes(before, after))
        stored = next((row for row in self.existing.charges if row.offering_id == before.pk), None)
        if stored is None:
            self.writes.new.append(charge)
            return (*differences, Difference("Price", "", price_in_words(charge)))
        return (*differences, *self.set_columns(stored, charge_changes(stored, charge)))


def _key(row: Feature | Edition | Offering) -> tuple[str, str]:
    if isinstance(row, Edition):
        return _edition_id(row)
    return ("", row.sku if isinstance(row, Offering) else row.key)


def _edition_id(edition: Edition) -> tuple[str, str]:
    return edition.kind, edition.key


def _shown_key(row: Feature | Edition | Offering) -> str:
    return _key(row)[1]


def _set_positions(wanted: Iterable[Row], by_key: Mapping[tuple[str, str], Row]) -> None:
    """Give new rows the position of the row before them in the file, so that existing rows stay in place."""
    position = 0
    for row in wanted:
        if before := by_key.get(_key(row)):
            position = before.position
        elif by_key:
            row.position = position


def _is_default(value: EditionValue, feature: Feature) -> bool:
    """Tell whether a value of a plan's edition is the default, so that deleting the value would change nothing."""
    is_plan = value.edition.kind == OfferingKind.PLAN
    return is_plan and value.effect == EditionValue.Effect.REPLACES and same_json(value.value, feature.default_value)
