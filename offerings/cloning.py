"""Cloning an offering: a new draft with another SKU and name, and everything else as it is."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import transaction

from config.edit_log import Edit, EditLine, write_lines
from offerings.catalogs.naming import safe_key
from offerings.models import Charge, Edition, EditionValue, Offering, OfferingKind, Product
from offerings.relations import BETWEEN_EDITIONS, COPIED_LIMITS, limits_of

NOT_COPIED = ("id", "sku", "name", "sku_folded", "name_folded", "retired_at")


def copy_of(source: Offering) -> Offering:
    """Return an unsaved offering with the values of another one, without its SKU and name."""
    fields = [field.attname for field in Offering._meta.concrete_fields if field.name not in NOT_COPIED]
    return Offering(**{name: getattr(source, name) for name in fields})


def clone(source: Offering, copy: Offering, *, with_edition: bool, made_by: User) -> Offering:
    """Save a checked ``copy_of`` an offering with its prices, and return it. One transaction, logged.

    ``with_edition`` gives the copy an edition of its own, named like the copy, with the same values and relations.
    Else both sell the same edition, under different plans.
    """
    with transaction.atomic():
        edit = Edit()
        if with_edition:
            copy.edition = _clone_edition(source.edition, name=copy.name, edit=edit)
            _clone_limits(source.edition, copy.edition)
        copy.save()
        edit.add(copy)
        Charge.objects.bulk_create(_charges(source, copy))
        write_lines(_lines(edit, source, copy), made_by=made_by)
    return copy


def _charges(source: Offering, copy: Offering) -> Iterator[Charge]:
    for charge in source.charges.all():
        charge.pk, charge.offering = None, copy
        yield charge


def _clone_edition(source: Edition, *, name: str, edit: Edit) -> Edition:
    """Save a copy of an edition with its values and relations; what names the source names the copy too."""
    siblings = Edition.objects.filter(product=source.product_id, kind=source.kind)
    keys = set(siblings.values_list("key", flat=True))
    copy = Edition.objects.create(
        product_id=source.product_id,
        kind=source.kind,
        key=safe_key(name, used=set(keys), beside=set(keys)),
        name=name,
        description=source.description,
        position=source.position,
    )
    edit.add(copy)
    values = source.values.filter(feature__retired_at=None)
    EditionValue.objects.bulk_create(
        EditionValue(edition=copy, feature_id=value.feature_id, value=value.value, effect=value.effect)
        for value in values
    )
    for relation in BETWEEN_EDITIONS:
        getattr(copy, relation).set(getattr(source, relation).all())
    relation = "available_for" if source.kind == OfferingKind.PLAN else "excludes"
    naming = list(Edition.objects.filter(**{relation: source}))
    edit.watch(*naming)
    for other in naming:
        getattr(other, relation).add(copy)
    return copy


def _clone_limits(source: Edition, copy: Edition) -> None:
    """Keep how many can be bought, which the price catalog of the source says, for a copy that no catalog names."""
    product = Product.objects.select_for_update(no_key=True).get(pk=source.product_id)
    limits = limits_of(product.catalog, key=source.key, source_name=source.source_name)
    if limits:
        copied = {**product.catalog.get(COPIED_LIMITS, {}), copy.key: limits}
        product.catalog = {**product.catalog, COPIED_LIMITS: copied}
        product.save(update_fields=["catalog"])


def _lines(edit: Edit, source: Offering, copy: Offering) -> Iterator[EditLine]:
    """Yield the lines of the edit; that of the copy says first where it comes from."""
    for line in edit.lines():
        is_copy = (line.model, line.key) == (Offering, copy.pk)
        message = f"Copied from {source.sku}.\n{line.message}" if is_copy else line.message
        yield EditLine(line.model, line.key, line.title, line.action_flag, message)
