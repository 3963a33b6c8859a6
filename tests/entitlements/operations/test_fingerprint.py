"""What makes a preview another one than the person saw, and what does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from entitlements import engine
from entitlements.models import Customer, Entitlement
from entitlements.operations import ChangeOffering, Disable, Enable, Preview, PreviewWarning, Problem
from entitlements.operations.preview import TakenBack
from entitlements.state import OverrideValue
from tests.cast import NOW, OLDEST, TODAY, Cast


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    return cast.entitle("silver_annual", seats=5, overrides={"sso": True})


def look(cast: Cast, entitlement: Entitlement) -> Preview:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk, seats=OLDEST)
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def with_move(preview: Preview, **fields: Any) -> Preview:
    return replace(preview, moves=(replace(preview.lead, **fields), *preview.moves[1:]))


def with_another_override(preview: Preview) -> Preview:
    fresh = {"feature.data_region": OverrideValue("us-east")}
    assert preview.lead.before is not None
    before, after = preview.lead.before, preview.lead.after
    return with_move(preview, before=before.with_overrides(fresh), after=after.with_overrides(fresh))


def with_a_floor(preview: Preview) -> Preview:
    floor = replace(preview.lead.after.overrides["feature.sso"], is_floor=True)
    return with_move(preview, after=preview.lead.after.with_overrides({"feature.sso": floor}))


OTHERS: dict[str, Callable[[Preview], Preview]] = {
    "another operation": lambda seen: replace(seen, operation=Disable(as_of=TODAY)),
    "another value": lambda seen: with_move(seen, after=replace(seen.lead.after, standard_expires_on=TODAY)),
    "another kept override": with_another_override,
    "a floor instead of a value": with_a_floor,
    "a seat less to release": lambda seen: with_move(seen, released=seen.released[1:]),
    "another seat to release": lambda seen: with_move(
        seen, released=(*seen.released[1:], replace(seen.released[0], id=uuid4()))
    ),
    "a seat to bring back": lambda seen: with_move(seen, restored=seen.released[:1]),
    "a seat to take over": lambda seen: with_move(seen, taken_over=seen.released[:1]),
    "another change taken back": lambda seen: with_move(seen, takes_back=TakenBack(uuid4(), 1)),
    "another path": lambda seen: with_move(seen, path={"outside": True}),
    "a second move": lambda seen: replace(seen, moves=(*seen.moves, seen.lead)),
    "a problem": lambda seen: replace(seen, problems=(Problem("retired", "Choose another."),)),
    "a warning": lambda seen: replace(seen, warnings=(PreviewWarning("retired", "Choose another."),)),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_the_person_would_see_makes_another_fingerprint(
    cast: Cast, entitlement: Entitlement, other: Callable[[Preview], Preview]
) -> None:
    seen = look(cast, entitlement)
    assert other(seen).fingerprint != seen.fingerprint


def test_a_refreshed_lease_makes_no_other_fingerprint(cast: Cast, entitlement: Entitlement) -> None:
    seen = look(cast, entitlement)
    refreshed = tuple(replace(seat, lease_expires_at=NOW + timedelta(days=30)) for seat in seen.released)
    assert with_move(seen, released=refreshed).fingerprint == seen.fingerprint


def test_a_change_and_another_that_takes_it_away_make_the_preview_stale(cast: Cast, entitlement: Entitlement) -> None:
    seen = look(cast, entitlement)
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    cast.do(Enable(as_of=TODAY), [entitlement.pk])
    assert look(cast, entitlement).fingerprint != seen.fingerprint


def test_a_customer_who_was_disabled_meanwhile_makes_the_preview_stale(cast: Cast, entitlement: Entitlement) -> None:
    seen = look(cast, entitlement)
    Customer.objects.update(disabled_at=NOW)
    assert look(cast, entitlement).fingerprint != seen.fingerprint
