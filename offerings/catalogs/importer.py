"""Writing a price catalog as the draft of a new product: features, editions, plans, offerings, charges."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.naming import shorten, sku_prefix
from offerings.catalogs.rows import Rows, plans_needed
from offerings.catalogs.seats import Seats, decide_seats
from offerings.catalogs.values import Catalog, CatalogWarning
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, Plan, Product


@dataclass(frozen=True, slots=True)
class ImportedCatalog:
    """What an import wrote, in the order of the file, and what was odd. One charge for each offering."""

    product: Product
    features: tuple[Feature, ...]
    editions: tuple[Edition, ...]
    offerings: tuple[Offering, ...]
    charges: tuple[Charge, ...]
    warnings: tuple[CatalogWarning, ...]


@transaction.atomic
def import_catalog(catalog: Catalog, *, product_code: str) -> ImportedCatalog:
    """Write a catalog as the draft of a new product, whole or not at all, and return what was written.

    Publishes nothing. The number of queries does not grow with the catalog. Raises ``CatalogError`` where the code
    is no code or taken by a product, or where a plan of the needed code means something else.
    """
    seats = decide_seats(catalog)
    rows = Rows(catalog, product=_new_product(catalog, product_code, seats), seats=seats)
    rows.sell(_plans(catalog), is_sku_taken=_taken_skus(rows.product).__contains__)
    _write(rows)
    return ImportedCatalog(
        product=rows.product,
        features=tuple(rows.features),
        editions=tuple(rows.editions),
        offerings=tuple(rows.offerings),
        charges=tuple(rows.charges),
        warnings=(*catalog.warnings, *seats.warnings, *rows.warnings),
    )


def _new_product(catalog: Catalog, code: str, seats: Seats) -> Product:
    file = catalog.head.file
    try:
        Product._meta.get_field("code").run_validators(code)
    except ValidationError as error:
        raise CatalogError(file, f"product {code[:60]}", " ".join(error.messages)) from error
    if Product.objects.filter(code=code).exists():
        reason = "This product exists already. A catalog is imported into a new product; choose another code."
        raise CatalogError(file, f"product {code}", reason)
    return Product(code=code, name=shorten(catalog.head.name), catalog=_head(catalog, seats))


def _head(catalog: Catalog, seats: Seats) -> dict[str, Any]:
    """Return what is kept of a catalog beside the rows, as plain JSON."""
    head = asdict(catalog.head) | {"file": PurePath(catalog.head.file).name, "tags": list(catalog.head.tags)}
    kept: dict[str, Any] = {
        **head,
        "billing": {billing.name: str(billing.factor) for billing in catalog.billing},
        "units": {
            "plans": {plan.name: plan.unit for plan in catalog.plans},
            "addOns": {add_on.name: add_on.unit for add_on in catalog.add_ons},
        },
        "unknown": dict(catalog.unknown),
    }
    if seats.limit:
        limit = seats.limit
        facts = {"name": limit.name, "default": limit.default, "unit": limit.unit, "description": limit.description}
        kept["seats"] = facts | dict(limit.source)
    return kept


def _plans(catalog: Catalog) -> Mapping[str, Plan]:
    """Return the saved plans the catalog's offerings are sold under, making those that are missing."""
    needed = plans_needed(catalog)
    found = {plan.code: plan for plan in Plan.objects.filter(code__in=needed)}
    for code, plan in found.items():
        if plan.is_retired or plan.terms != needed[code].terms:
            reason = (
                f'The plan "{code}" is retired or has other terms than the catalog means. Give that plan another code.'
            )
            raise CatalogError(catalog.head.file, "billing", reason)
    missing = [plan for code, plan in needed.items() if code not in found]
    return found | {plan.code: plan for plan in Plan.objects.bulk_create(missing)}


def _taken_skus(product: Product) -> set[str]:
    return set(Offering.objects.filter(sku__startswith=sku_prefix(product.code)).values_list("sku", flat=True))


def _write(rows: Rows) -> None:
    rows.product.save()
    Feature.objects.bulk_create(rows.features)
    Edition.objects.bulk_create(rows.editions)
    EditionValue.objects.bulk_create(rows.values)
    for name, pairs in rows.relations.items():
        through = getattr(Edition, name).through
        through.objects.bulk_create(
            [through(from_edition_id=edition.pk, to_edition_id=other.pk) for edition, other in pairs]
        )
    Offering.objects.bulk_create(rows.offerings)
    Charge.objects.bulk_create(rows.charges)
