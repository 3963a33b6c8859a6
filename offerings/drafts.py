"""Drafts: the rights, prices, terms and relations that publishing would write for an offering now."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from offerings import rights
from offerings.models import (
    Charge,
    Edition,
    EditionValue,
    Feature,
    Offering,
    OfferingKind,
    SeatsSold,
    validate_duration,
)
from offerings.relations import BETWEEN_EDITIONS, Bought, Relations, limits_of
from offerings.rights import BUILT_IN, InvalidValue, Right, Sheet, Value

SEATS = "seat_limit"


@dataclass(frozen=True)
class Draft:
    """The rights, prices, terms and relations of one offering as staff edited them. ``problems`` block publishing."""

    offering_id: int
    sku: str
    offering_name: str
    rights: dict[str, Value]
    definitions: dict[str, dict[str, Any]]
    extensions: dict[str, Value]
    prices: list[dict[str, str | None]]
    terms: dict[str, str]
    relations: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @cached_property
    def sheet(self) -> Sheet:
        """Return the rights with their definitions, in the order pages show them."""
        return Sheet(self.rights, self._definitions)

    @cached_property
    def extension_sheet(self) -> Sheet:
        """Return the amounts that an add-on adds to rights, with their definitions."""
        return Sheet(self.extensions, self._definitions)

    @cached_property
    def _definitions(self) -> dict[str, Right]:
        return {key: Right.from_json(key, stored) for key, stored in self.definitions.items()}

    @cached_property
    def digest(self) -> str:
        """Return a short text that changes with the content of the draft."""
        content = [self.offering_name, self.rights, self.definitions, self.extensions, self.prices, self.terms]
        content.append(self.relations)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows that an offering's draft is made of, beside the offering, its product and its plan."""

    charges: Sequence[Charge]
    values: Sequence[EditionValue]
    relations: Mapping[str, Sequence[Edition]]


def parts_of(offering: Offering) -> Parts:
    """Return the parts of an offering as they are loaded, those of ``with_parts`` without a query."""
    edition = offering.edition
    names = BETWEEN_EDITIONS if offering.kind == OfferingKind.ADD_ON else ()
    return Parts(
        charges=list(offering.charges.all()),
        values=list(edition.values.all()),
        relations={name: list(getattr(edition, name).all()) for name in names},
    )


def drafts(offerings: Iterable[Offering]) -> list[Draft]:
    """Return the drafts of saved offerings, in the same order; 7 queries at most for any number."""
    ids = [offering.pk for offering in offerings]
    loaded = {offering.pk: offering for offering in with_parts(Offering.objects.filter(pk__in=ids))}
    features = features_on_sale(offering.product_id for offering in loaded.values())
    return [compile_draft(loaded[pk], features.get(loaded[pk].product_id, [])) for pk in ids]


def with_parts(offerings: "QuerySet[Offering]") -> list[Offering]:
    """Return offerings with all rows that ``compile_draft`` reads of them, features apart; 6 queries at most."""
    loaded = offerings.select_related("product", "plan", "edition")
    found = list(loaded.prefetch_related(Prefetch("charges", Charge.objects.order_by("key"))))
    load_editions([offering.edition for offering in found])
    return found


def load_editions(editions: Sequence[Edition]) -> None:
    """Load the values of editions, and the editions that those of add-ons go with."""
    values = EditionValue.objects.filter(feature__retired_at=None).select_related("feature")
    ordered = values.order_by("feature__position", "feature__key", "effect")
    prefetch_related_objects(list(editions), Prefetch("values", ordered))
    add_ons = [edition for edition in editions if edition.kind == OfferingKind.ADD_ON]
    prefetch_related_objects(add_ons, *BETWEEN_EDITIONS)


def features_on_sale(product_ids: Iterable[int]) -> dict[int, list[Feature]]:
    """Return the features on sale of products, in order, by product id; one query."""
    found: dict[int, list[Feature]] = {}
    for feature in Feature.objects.on_sale().filter(product__in=set(product_ids)).order_by("position", "key"):
        found.setdefault(feature.product_id, []).append(feature)
    return found


def compile_draft(offering: Offering, features: Iterable[Feature], parts: Parts | None = None) -> Draft:
    """Return the draft of one offering from loaded rows: product, plan, edition with its values, and charges.

    ``features`` are those on sale, in order; ``parts`` are the offering's own by default. Queries nothing when those
    rows are loaded.
    """
    parts = parts or parts_of(offering)
    built_in = _built_in(offering)
    granted, added = _edition_rights(offering, features, parts.values)
    listed = [*built_in, *granted, *added]
    if offering.seats_sold == SeatsSold.PER_QUANTITY:
        listed.insert(0, BUILT_IN[SEATS])
    return Draft(
        offering_id=offering.pk,
        sku=offering.sku,
        offering_name=offering.name,
        rights=_valid_values(built_in | granted),
        definitions=_definitions(listed),
        extensions=_valid_values(added),
        prices=[charge.price.to_json() for charge in parts.charges],
        terms=offering.plan.terms | {"seats_sold": offering.seats_sold},
        relations=_relations(offering, parts.relations).to_json(),
        problems=tuple(_problems(offering, parts.values, [*(built_in | granted).items(), *added.items()])),
    )


def _edition_rights(
    offering: Offering, features: Iterable[Feature], values: Iterable[EditionValue]
) -> tuple[dict[Right, Value], dict[Right, Value]]:
    """Return the values that the edition grants, and the amounts that an add-on adds to those of the plan."""
    replaced = {value.feature.key: value for value in values if value.effect == EditionValue.Effect.REPLACES}
    if offering.kind == OfferingKind.ADD_ON:
        granted = {value.feature.right: value.value for value in replaced.values()}
        added = {value.feature.right: value.value for value in values if value.effect == EditionValue.Effect.EXTENDS}
    else:
        granted = {f.right: replaced[f.key].value if f.key in replaced else f.default_value for f in features}
        added = {}
    if offering.extra_seats:
        added = {BUILT_IN[SEATS]: offering.extra_seats, **added}
    return granted, added


def _built_in(offering: Offering) -> dict[Right, Value]:
    product = offering.product
    values: dict[str, Value] = {
        "overdraft": offering.overdraft,
        "concurrency_mode": offering.concurrency_mode,
        "lease_period": offering.lease_period or product.lease_period,
        "offline_lease_period": offering.offline_lease_period or product.offline_lease_period,
        "grace_period": offering.grace_period or product.grace_period,
        "usage_reset_schedule": offering.usage_reset_schedule or product.usage_reset_schedule,
        "maintenance": offering.maintenance,
    }
    if offering.seats_sold == SeatsSold.FIXED:
        values = {SEATS: offering.seat_limit or 0, **values}
    return {BUILT_IN[key]: value for key, value in values.items()}


def _relations(offering: Offering, loaded: Mapping[str, Sequence[Edition]]) -> Relations:
    """Return the edition and, of an add-on, the editions that it goes with and the limits of its price catalog."""
    edition = offering.edition
    if offering.kind != OfferingKind.ADD_ON:
        return Relations(edition.key)
    named = {name: {each.key: each.name for each in loaded[name]} for name in BETWEEN_EDITIONS}
    limits = limits_of(offering.product.catalog, key=edition.key, source_name=edition.source_name)
    return Relations(edition.key, bought=Bought.from_json(limits), **named)


def _valid_values(values: dict[Right, Value]) -> dict[str, Value]:
    """Return values by key, an invalid value replaced by the empty one; ``problems`` names the invalid ones."""
    return {
        right.key: value if rights.is_valid(right, value) else rights.empty(right.kind)
        for right, value in values.items()
    }


def _definitions(listed: Iterable[Right]) -> dict[str, dict[str, Any]]:
    return {right.key: {**right.to_json(), "position": n} for n, right in enumerate(dict.fromkeys(listed))}


def _problems(
    offering: Offering, written: Iterable[EditionValue], values: Iterable[tuple[Right, Value]]
) -> Iterator[str]:
    if offering.edition.product_id != offering.product_id:
        yield "Edition: choose an edition of the same product."
    if offering.edition.kind != offering.kind:
        yield f"Edition: choose an edition of kind {offering.get_kind_display()}."
    for right, value in values:
        try:
            rights.validate(right, value)
        except InvalidValue as error:
            yield f"{right.label}: {error}"
    for each in written:
        if each.feature.product_id != offering.product_id:
            yield f"{each.feature.name}: choose a feature of the same product."
        if each.effect == EditionValue.Effect.EXTENDS and offering.kind != OfferingKind.ADD_ON:
            yield f"{each.feature.name}: only an add-on adds to a value; let this one replace the default."
    yield from _plan_problems(offering)


def _plan_problems(offering: Offering) -> Iterator[str]:
    for name in ("duration", "billing_period", "maintenance_duration"):
        period = getattr(offering.plan, name)
        try:
            if period:
                validate_duration(period)
        except ValidationError as error:
            yield f"Plan, {name.replace('_', ' ')}: {' '.join(error.messages)}"
