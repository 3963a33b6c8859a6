"""A change made now beside what is scheduled: what is cancelled, what is refused, and what goes on all the same."""

import pytest
from django.contrib.auth.models import Permission

from entitlements import engine
from entitlements.engine import OutcomeStatus
from entitlements.models import Entitlement, Source
from entitlements.operations import Operation
from entitlements.schedule import NowAnswer, carry_out, later_after, seen_later
from entitlements.schedule.answers import Verdict
from tests.cast import Cast
from tests.entitlements.schedule.asking import APRIL, ask, change_to, codes, quantity, scheduled
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def change(cast: Cast, operation: Operation, *held: Entitlement, cancels: tuple[object, ...] = ()) -> NowAnswer:
    """Look at an operation on entitlements, then carry it out as it was seen."""
    ids = [each.pk for each in held]
    previews = engine.preview(operation, ids, made_by=cast.operations)
    seen = {preview.id: preview.fingerprint for preview in previews}
    later = later_after(previews, cancels=cancels)  # type: ignore[arg-type]
    return carry_out(
        operation,
        ids,
        made_by=cast.operations,
        source=Source.PAGE,
        expected=seen,
        seen=seen_later(later),
        cancels=cancels,  # type: ignore[arg-type]
    )


def test_of_several_those_whose_schedule_stands_against_it_stay_and_the_rest_changes(cast: Cast) -> None:
    held, other = cast.entitle("gold_seats", quantity=3), cast.entitle("gold_seats", quantity=3)
    row = scheduled(cast, quantity(40), held, APRIL)
    answer = change(cast, change_to(cast, "silver_annual"), held, other)
    found = {outcome.preview.id: outcome.status for outcome in answer.result.outcomes}
    assert found == {other.pk: OutcomeStatus.CHANGED, held.pk: OutcomeStatus.REFUSED}
    held.refresh_from_db()
    row.refresh_from_db()
    assert (held.offering.sku, row.status) == ("GOLD-SEATS", "scheduled")


def test_who_may_not_schedule_may_not_cancel_along(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    row = scheduled(cast, quantity(40), held, APRIL)
    person = UserFactory.create()
    person.user_permissions.set(Permission.objects.filter(codename__in=("set_quantity", "view_entitlement")))
    cast.people["operations"] = person
    answer = change(cast, quantity(4), held, cancels=(row.pk,))
    assert answer.result.act is None
    assert {each.code for each in answer.result.outcomes[0].preview.problems} == {"may_not_cancel"}
    row.refresh_from_db()
    assert row.status == "scheduled"


def test_what_did_not_fit_before_is_no_fault_of_the_change_and_said(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    scheduled(cast, change_to(cast, "silver_annual"), held, APRIL)
    cast.offerings["silver_annual"].retire()
    [later] = later_after(engine.preview(quantity(4), [held.pk]))
    assert later.verdict is Verdict.DOES_NOT_FIT
    assert change(cast, quantity(4), held).result.act is not None


@pytest.mark.parametrize("words", [{"reason": "a\x07b"}, {"reference": "r" * 300}])
def test_words_that_no_act_takes_are_refused_when_they_are_scheduled(cast: Cast, words: dict[str, str]) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    assert codes(ask(cast, quantity(4), held, APRIL, **words)) in (["reason_invalid"], ["reference_too_long"])
