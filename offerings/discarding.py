"""Putting a draft back to the newest revision of its offering.

A draft is made of rows of the offering (name, seats, periods, prices) and of its edition, which other offerings may
sell too. What comes from the product, its features or the plan is shared by more offerings still, and stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.edit_log import Edit, EditLine, write_lines
from offerings.drafts import SEATS, Draft, Parts, compile_draft, features_on_sale, load_editions, parts_of, with_parts
from offerings.models import (
    Charge,
    Edition,
    EditionValue,
    Feature,
    Offering,
    OfferingKind,
    Plan,
    Product,
    Revision,
    SeatsSold,
)
from offerings.models.offerings import FROM_PRODUCT
from offerings.prices import Price
from offerings.relations import BETWEEN_EDITIONS
from offerings.revisions import Review, StaleReview, compare, fingerprint, newest_revisions
from offerings.tables import DiffRow, diff_rows

REPLACES, EXTENDS = EditionValue.Effect.REPLACES, EditionValue.Effect.EXTENDS
OWN_RIGHTS = ("overdraft", "concurrency_mode", "maintenance")


class NotDiscarded(ValueError):
    """A draft cannot be put back, as rows that are there now exclude those of the revision; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "The draft was not put back, and nothing was changed: somebody edited it at the same moment, or another "
            "offering has by now what the revision says. Look at what would be lost again, or edit the draft by hand."
        )


@dataclass(frozen=True, slots=True)
class Discard:
    """What putting a draft back undoes: the ``own`` rows of the offering, and the ``shared`` ones of its edition.

    ``staying`` rows come from elsewhere. ``seen`` changes with the draft and with the newest revision. The other
    fields are the rows in memory as they will be: those that ``discard`` saves.
    """

    revision: Revision
    seen: str
    own: tuple[DiffRow, ...]
    shared: tuple[DiffRow, ...]
    staying: tuple[DiffRow, ...]
    offering: Offering
    parts: Parts

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing can be put back."""
        return not (self.own or self.shared)

    @property
    def edition(self) -> Edition:
        """Return the edition of the offering once it is put back."""
        return self.offering.edition


def plan_discard(offering_id: int) -> Discard | None:
    """Return what putting a draft back undoes; ``None`` where no revision is published. Constant queries; no writes.

    Each step puts rows back in memory and compiles the draft again, so that the preview is what happens.
    """
    revision = newest_revisions([offering_id]).get(offering_id)
    if revision is None:
        return None
    [offering] = with_parts(Offering.objects.filter(pk=offering_id))
    features = features_on_sale([offering.product_id]).get(offering.product_id, [])
    draft = compile_draft(offering, features)
    review = Review(draft, revision, compare(revision, draft))
    charges = _put_back_offering(offering, revision)
    parts = replace(parts_of(offering), charges=charges)
    after_own = compile_draft(offering, features, parts)
    parts = replace(parts, values=_values(parts, revision, features, offering.edition))
    parts = replace(parts, relations=_relations(revision, offering.edition))
    after_all = compile_draft(offering, features, parts)
    lost, still, staying = (_rows(revision, each) for each in (draft, after_own, after_all))
    return Discard(
        revision=revision,
        seen=fingerprint([review]),
        own=_without(lost, still),
        shared=_without(still, staying),
        staying=staying,
        offering=offering,
        parts=parts,
    )


def _rows(revision: Revision, draft: Draft) -> tuple[DiffRow, ...]:
    return tuple(diff_rows(compare(revision, draft)))


def _without(rows: Iterable[DiffRow], others: tuple[DiffRow, ...]) -> tuple[DiffRow, ...]:
    return tuple(row for row in rows if row not in others)


def _put_back_offering(offering: Offering, revision: Revision) -> list[Charge]:
    """Put the columns of an offering back in memory, and return the charges of the revision, by key those present."""
    rights, product = revision.rights, offering.product
    offering.name = revision.offering_name
    offering.seats_sold = revision.terms.get("seats_sold", offering.seats_sold)
    offering.seat_limit = rights.get(SEATS) if offering.seats_sold == SeatsSold.FIXED else None
    offering.extra_seats = revision.extensions.get(SEATS)
    for name in OWN_RIGHTS:
        setattr(offering, name, rights.get(name, getattr(offering, name)))
    for name in FROM_PRODUCT:
        standard = getattr(product, name)
        then = rights.get(name, getattr(offering, name) or standard)
        if then != (getattr(offering, name) or standard):
            setattr(offering, name, "" if then == standard else then)
    _put_back_edition_and_plan(offering, revision)
    present = {charge.key: charge for charge in offering.charges.all()}
    return [_charge(offering, Price.from_json(stored), present) for stored in revision.prices]


def _put_back_edition_and_plan(offering: Offering, revision: Revision) -> None:
    """Choose the edition and the plan of the revision, unless another offering is that edition under that plan."""
    edition, plan = _edition_then(offering, revision), _plan_then(offering, revision)
    if (edition.pk, plan.pk) == (offering.edition_id, offering.plan_id):
        return
    if Offering.objects.filter(edition=edition, plan=plan).exclude(pk=offering.pk).exists():
        return
    if edition.pk != offering.edition_id:
        load_editions([edition])
    offering.edition, offering.plan = edition, plan


def _edition_then(offering: Offering, revision: Revision) -> Edition:
    key = revision.relations.get("edition", offering.edition.key)
    if key == offering.edition.key:
        return offering.edition
    same = Edition.objects.filter(product=offering.product_id, kind=offering.kind, key=key)
    return same.first() or offering.edition


def _plan_then(offering: Offering, revision: Revision) -> Plan:
    """Return the one plan on sale with the terms of the revision; the present one where none or several have them."""
    then = {key: value for key, value in revision.terms.items() if key != "seats_sold"}
    if offering.plan.terms == then:
        return offering.plan
    same = [plan for plan in Plan.objects.on_sale() if plan.terms == then]
    return same[0] if len(same) == 1 else offering.plan


def _charge(offering: Offering, price: Price, present: dict[str, Charge]) -> Charge:
    charge = present.get(price.key) or Charge(offering=offering, key=price.key)
    charge.amount = None if price.amount is None else Decimal(price.amount)
    for name in ("kind", "per", "currency", "unit", "text", "trigger"):
        setattr(charge, name, getattr(price, name))
    return charge


def _values(parts: Parts, revision: Revision, features: Iterable[Feature], edition: Edition) -> list[EditionValue]:
    """Return the values of an edition as the revision says."""
    present = {(value.feature_id, value.effect): value for value in parts.values}
    wanted = [(feature, effect) for feature in features for effect in (REPLACES, EXTENDS)]
    found = (_value(edition, *each, revision, present.get((each[0].pk, each[1]))) for each in wanted)
    return [value for value in found if value is not None]


def _relations(revision: Revision, edition: Edition) -> dict[str, list[Edition]]:
    """Return the editions that an add-on goes with as the revision says; one query for an add-on, none for a plan."""
    if edition.kind != OfferingKind.ADD_ON:
        return {}
    others = {(each.kind, each.key): each for each in Edition.objects.filter(product=edition.product_id)}
    kinds = {"available_for": OfferingKind.PLAN}
    wanted = {
        name: [(kinds.get(name, OfferingKind.ADD_ON), key) for key in revision.relations.get(name, {})]
        for name in BETWEEN_EDITIONS
    }
    return {name: [others[each] for each in keys if each in others] for name, keys in wanted.items()}


def _value(
    edition: Edition, feature: Feature, effect: EditionValue.Effect, revision: Revision, present: EditionValue | None
) -> EditionValue | None:
    """Return the value of a feature as the revision says; ``None`` is no row: the default, or nothing on an add-on.

    A feature that the revision does not know, or knows as another kind, keeps its value.
    """
    key, is_add_on = feature.right.key, edition.kind == OfferingKind.ADD_ON
    definition = revision.definitions.get(key)
    if (definition and definition["kind"] != feature.kind) or not (definition or is_add_on):
        return present
    then = (revision.rights if effect == REPLACES else revision.extensions).get(key)
    if then is None or (not is_add_on and present is None and _same(then, feature.default_value)):
        return None
    value = present or EditionValue(edition=edition, feature=feature, effect=effect)
    value.value = then
    return value


def _same(one: Any, other: Any) -> bool:
    """Tell whether two stored values are equal; ``True`` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def discard(offering: Offering, *, with_edition: bool, expected: str, made_by: User) -> Discard:
    """Put a draft back to its newest revision, with a line in the log of each row; return what was undone.

    ``with_edition`` puts the edition back too, for every offering that sells it. One transaction, which locks product,
    offering and edition. Raises ``StaleReview`` where the draft or the newest revision is no longer that of
    ``expected``, and ``NotDiscarded`` where the database refuses the rows; nothing is written then.
    """
    try:
        return _discard(offering, with_edition=with_edition, expected=expected, made_by=made_by)
    except IntegrityError as error:
        raise NotDiscarded from error


def _discard(offering: Offering, *, with_edition: bool, expected: str, made_by: User) -> Discard:
    with transaction.atomic():
        _lock(offering)
        edit = Edit()
        edit.watch(offering)
        found = plan_discard(offering.pk)
        if found is None or found.seen != expected:
            raise StaleReview
        _save_offering(found)
        if with_edition:
            edit.watch(found.edition)
            _save_edition(found)
        write_lines(_lines(found, edit), made_by=made_by)
    return found


def _lock(offering: Offering) -> None:
    """Lock the rows that a draft is made of, in the order of imports; those who only refer to them do not wait."""
    locked: Any = (Product, offering.product_id), (Offering, offering.pk), (Edition, offering.edition_id)
    for model, key in locked:
        model.objects.select_for_update(no_key=True).get(pk=key)


def _save_offering(found: Discard) -> None:
    found.offering.save()
    kept = [charge.pk for charge in found.parts.charges if charge.pk]
    Charge.objects.filter(offering=found.offering).exclude(pk__in=kept).delete()
    for charge in found.parts.charges:
        charge.save()


def _save_edition(found: Discard) -> None:
    stored = EditionValue.objects.filter(edition=found.edition, feature__retired_at=None)
    stored.exclude(pk__in=[value.pk for value in found.parts.values if value.pk]).delete()
    for value in found.parts.values:
        value.save()
    for name, editions in found.parts.relations.items():
        getattr(found.edition, name).set(editions)


def _lines(found: Discard, edit: Edit) -> Iterator[EditLine]:
    """Yield the lines of the edit; that of the offering says first what was done."""
    said = f"Draft discarded: back to revision {found.revision.number}."
    lines = edit.lines()
    if not any(line.model is Offering for line in lines):
        yield EditLine(Offering, found.offering.pk, str(found.offering), CHANGE, said)
    for line in lines:
        message = f"{said}\n{line.message}" if line.model is Offering else line.message
        yield EditLine(line.model, line.key, line.title, line.action_flag, message)
