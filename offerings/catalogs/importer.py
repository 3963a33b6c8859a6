"""Writing a price catalog as the draft of a new or existing product, by its ``ImportPlan``."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import groupby
from operator import or_
from pathlib import PurePath
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from config.actors import System
from config.edit_log import write_lines
from config.name_fields import hidden_problem, is_name
from config.names import NamedQuerySet, name_taken
from offerings.catalogs.catalog_rows import CatalogRows
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.import_log import begin_import, import_lines
from offerings.catalogs.import_plan import ImportPlan, Writes, plan_import
from offerings.catalogs.naming import shorten
from offerings.catalogs.product_rows import ProductRows, load_product_rows
from offerings.catalogs.seats import Seats, decide_seats
from offerings.catalogs.values import Catalog, CatalogPlan, CatalogWarning
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, Plan, Product, Retirable
from offerings.relations import COPIED_LIMITS, LIMITS

# The order of creation: later rows refer to earlier ones.
MODELS: tuple[type[Model], ...] = (Plan, Feature, Edition, EditionValue, Offering, Charge)
CATALOG_CHANGED = "The catalog has changed since you looked. Look at what the import would do now."


@dataclass(frozen=True, slots=True)
class ImportedCatalog:
    """The rows of an imported catalog in the order of the file, and the warnings. One charge per offering."""

    product: Product
    features: tuple[Feature, ...]
    editions: tuple[Edition, ...]
    offerings: tuple[Offering, ...]
    charges: tuple[Charge, ...]
    warnings: tuple[CatalogWarning, ...]
    plan: ImportPlan


class StalePlan(Exception):
    """The product changed between the dry run and the import; nothing was written."""


class MadeByHand(CatalogError):
    """The product was made by hand, and the import was not allowed to change such a product."""


def preview_import(catalog: Catalog, *, product_code: str, into_existing: bool = False) -> ImportPlan:
    """Return the plan of an import; writes nothing. Raises the errors of ``import_catalog``."""
    return _plan(catalog, product_code, into_existing=into_existing, is_locked=False)


@transaction.atomic
def import_catalog(
    catalog: Catalog,
    *,
    product_code: str,
    made_by: User | System,
    into_existing: bool = False,
    expected: str | None = None,
) -> ImportedCatalog:
    """Write a catalog as the draft of the product with a code, new or existing, and return the written rows.

    One transaction with its lines in the log, constant queries; publishes nothing. Raises ``CatalogError`` for an
    invalid code, a retired product and a plan with other terms; ``MadeByHand`` for a product made by hand, unless
    ``into_existing``; ``StalePlan`` if the ``fingerprint`` of the plan is not ``expected``, or another import wrote the
    product at the same moment.
    """
    plan = _plan(catalog, product_code, into_existing=into_existing, is_locked=True)
    if expected is not None and plan.fingerprint != expected:
        raise StalePlan(CATALOG_CHANGED)
    edit = begin_import(plan)
    try:
        _write(plan)
    except IntegrityError as error:  # another import wrote the same product or plan
        raise StalePlan(CATALOG_CHANGED) from error
    write_lines(import_lines(edit, plan), made_by=made_by)
    return ImportedCatalog(
        product=plan.product,
        features=tuple(plan.rows.features),
        editions=tuple(plan.rows.editions),
        offerings=tuple(plan.rows.offerings),
        charges=tuple(plan.rows.charges),
        warnings=plan.warnings,
        plan=plan,
    )


def _plan(catalog: Catalog, code: str, *, into_existing: bool, is_locked: bool) -> ImportPlan:
    _check_code(catalog, code)
    existing = load_product_rows(code, is_locked=is_locked)
    _check_product(catalog, existing, into_existing=into_existing)
    seats = decide_seats(catalog)
    product = existing.product or Product(code=code, name=shorten(catalog.head.name))
    rows = CatalogRows(catalog, product=product, seats=seats, existing=existing)
    _check_codes(rows)
    _check_names(catalog, [product, *rows.features, *rows.editions, *rows.offerings, *rows.charges])
    warnings = (*catalog.warnings, *_name_warnings(catalog, product), *seats.warnings)
    return plan_import(rows, head=_head(catalog, seats, product), warnings=warnings)


def _check_code(catalog: Catalog, code: str) -> None:
    try:
        Product._meta.get_field("code").run_validators(code)
    except ValidationError as error:
        raise CatalogError(catalog.head.file, f"product {code[:60]}", " ".join(error.messages)) from error


def _check_names(catalog: Catalog, rows: Iterable[Model]) -> None:
    """Raise ``CatalogError`` for a name with a character that nobody sees."""
    for row in rows:
        for field in row._meta.concrete_fields:
            hidden = hidden_problem(getattr(row, field.name)) if is_name(field) else ""
            if hidden:
                raise CatalogError(catalog.head.file, f"{field.verbose_name} of {row._meta.verbose_name}", hidden)


def _check_codes(rows: CatalogRows) -> None:
    """Raise ``CatalogError`` for a new code that another row has in another spelling, or that looks like its code."""
    known = rows.existing.plans
    taken = {f"product {rows.product.code}": next(iter(rows.product.same_names().values()), "")}
    new_plans = (code for code in rows.plans if code not in known)
    taken |= {f"plan {code}": name_taken(code, known, label="code") for code in new_plans}
    for place, sentence in taken.items():
        if sentence:
            raise CatalogError(rows.catalog.head.file, place, sentence)


def _check_product(catalog: Catalog, existing: ProductRows, *, into_existing: bool) -> None:
    product, file = existing.product, catalog.head.file
    if product and product.is_retired:
        raise CatalogError(file, f"product {product.code}", "This product is off sale. Put it back on sale first.")
    if product and not product.catalog and not into_existing:
        reason = (
            "This product was made by hand, not from a catalog. Choose another code, "
            "or say that the catalog may go into it: what has the same key is then brought up to the file."
        )
        raise MadeByHand(file, f"product {product.code}", reason)


def _name_warnings(catalog: Catalog, product: Product) -> Iterable[CatalogWarning]:
    before = product.catalog.get("name", product.name)
    if before != catalog.head.name and product.pk:
        yield CatalogWarning("saasName", f"The file is about {catalog.head.name}; the last one was about {before}.")


def _head(catalog: Catalog, seats: Seats, product: Product) -> dict[str, Any]:
    """Return the facts of a catalog that the product stores beside the rows, as plain JSON; limits of copies stay."""
    head = asdict(catalog.head) | {"file": PurePath(catalog.head.file).name, "tags": list(catalog.head.tags)}
    stored: dict[str, Any] = {
        **head,
        "billing": {billing.name: str(billing.factor) for billing in catalog.billing},
        "units": _fact_of_each(catalog, lambda sold: sold.unit),
        "prices": _fact_of_each(catalog, lambda sold: None if sold.price.amount is None else str(sold.price.amount)),
        LIMITS: {add_on.name: dict(add_on.constraints) for add_on in catalog.add_ons if add_on.constraints},
        "unknown": dict(catalog.unknown),
    }
    if COPIED_LIMITS in product.catalog:
        stored[COPIED_LIMITS] = product.catalog[COPIED_LIMITS]
    if seats.limit:
        limit = seats.limit
        facts = {"name": limit.name, "default": limit.default, "unit": limit.unit, "description": limit.description}
        stored["seats"] = facts | dict(limit.source)
    return stored


def _fact_of_each(catalog: Catalog, fact: Any) -> dict[str, dict[str, Any]]:
    def facts(sold: Iterable[CatalogPlan]) -> dict[str, Any]:
        return {item.name: fact(item) for item in sold}

    return {"plans": facts(catalog.plans), "addOns": facts(catalog.add_ons)}


def _write(plan: ImportPlan) -> None:
    """Write a plan; the number of statements does not grow with the plan."""
    if plan.is_head_changed:
        plan.product.catalog = dict(plan.head)
        plan.product.save(update_fields=None if plan.is_new else ["catalog"])
    writes = plan.writes
    for model in MODELS:
        _set_sale(model, writes)  # first: a new row may have a key that differs in case alone from a retired one
        rows = [row for row in writes.new if isinstance(row, model)]
        if rows:
            _rows_of(model).bulk_create(rows)
        _set_columns(model, [(row, columns) for row, columns in writes.columns if isinstance(row, model)])
    if writes.deleted:
        EditionValue.objects.filter(pk__in=[value.pk for value in writes.deleted]).delete()
    _link(writes)


def _rows_of(model: type[Model]) -> "QuerySet[Any]":
    return NamedQuerySet(model)


def _set_columns(model: type[Model], changed: list[tuple[Model, Mapping[str, Any]]]) -> None:
    names = sorted({name for _row, columns in changed for name in columns})
    for row, columns in changed:
        for name, value in columns.items():
            setattr(row, name, value)
    if names:
        _rows_of(model).bulk_update([row for row, _columns in changed], names)


def _set_sale(model: type[Model], writes: Writes) -> None:
    if not issubclass(model, Retirable):
        return
    for rows, moment in ((writes.retired, timezone.now()), (writes.reinstated, None)):
        ids = [row.pk for row in rows if isinstance(row, model)]
        if ids:
            _rows_of(model).filter(pk__in=ids).update(retired_at=moment)


def _link(writes: Writes) -> None:
    for name, links in groupby(sorted(writes.linked, key=lambda link: link[0]), key=lambda link: link[0]):
        through = getattr(Edition, name).through
        rows = [through(from_edition_id=one.pk, to_edition_id=other.pk) for _name, one, other in links]
        through.objects.bulk_create(rows)
    for name, ids in groupby(sorted(writes.unlinked), key=lambda link: link[0]):
        pairs = (Q(from_edition=one, to_edition=other) for _name, one, other in ids)
        getattr(Edition, name).through.objects.filter(reduce(or_, pairs)).delete()
