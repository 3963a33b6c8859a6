"""No way around the rules of four eyes: by what is scheduled, by many, by a file, or by another kind of number."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from entitlements import engine
from entitlements.bulk.batches import Batches, Log
from entitlements.engine.scopes import Named
from entitlements.importing import imports
from entitlements.importing.imports import By
from entitlements.models import Act, Amendment, Entitlement, Source
from entitlements.operations import Operation, Step, Together
from entitlements.schedule import (
    Answer,
    EditedProposal,
    apply_now,
    approve,
    cancel,
    carry_out_many,
    edit,
    move,
    preview_many,
    schedule,
)
from offerings.revisions import publish
from tests.cast import TODAY, Cast
from tests.entitlements.importing.files import staged
from tests.entitlements.pages import address, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, codes, override, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def strict(settings: Any) -> Any:
    """Ask for the approval of numbers more than half away from the standard."""
    settings.PROPOSE_OVERRIDES_BEYOND = 50
    return settings


def wanted(operation: Operation, held: Entitlement, *, by: User) -> list[str]:
    """Return the codes of what stands against an operation by the engine."""
    [preview] = engine.preview(operation, [held.pk], made_by=by)
    return [problem.code for problem in preview.problems]


def waits(operation: Operation, held: Entitlement, on: Any, *, by: User) -> Answer:
    return schedule(operation, [held.pk], on=on, made_by=by, seen=None, reason="as agreed")


# --- what was agreed, and becomes something else ---------------------------------------------------------------------


def test_a_change_that_puts_a_scheduled_number_out_of_bounds_must_be_proposed(
    cast: Cast, asker: User, strict: Any
) -> None:
    held = cast.entitle("gold_annual")
    assert waits(override(seat_limit=30), held, APRIL, by=asker).amendment
    client, url = client_of(asker), address("change_offering", held)
    data = {"target": cast.revision("bronze_annual").pk, "reason": "smaller"}
    page = client.post(url, {**data, "preview": "1"})
    assert "By this, “Set override”, scheduled for 1 Apr 2027: Seats of 30 needs approval" in shown(page)
    assert ">Propose</button>" in shown(page)
    acts = Act.objects.count()
    assert client.post(url, {**data, "seen": seen_in(page)}).status_code == 422
    assert Act.objects.count() == acts
    assert client.post(url, {**data, "seen": seen_in(page), "propose": "1"}).status_code == 302
    row = Amendment.objects.get(status="proposed")
    assert approve(row, made_by=cast.operations, seen=None).amendment


def test_so_must_one_that_is_scheduled_before_it(cast: Cast, asker: User, strict: Any) -> None:
    held = cast.entitle("gold_annual")
    assert waits(override(seat_limit=30), held, APRIL, by=asker).amendment
    assert codes(waits(change_to(cast, "bronze_annual"), held, MARCH, by=asker)) == ["must_be_proposed"]
    assert waits(change_to(cast, "silver_annual"), held, MAY, by=cast.operations).amendment
    row = proposed(change_to(cast, "bronze_annual"), held, by=asker, on=MARCH)
    assert approve(row, made_by=cast.operations, seen=None).amendment


def test_so_must_the_cancellation_of_what_it_was_within_bounds_by(cast: Cast, asker: User, strict: Any) -> None:
    held = cast.entitle("bronze_annual")
    gold = scheduled(cast, change_to(cast, "gold_annual"), held, MARCH)
    later = waits(override(seat_limit=30), held, APRIL, by=asker).amendment
    assert later is not None
    assert codes(cancel(gold, made_by=asker, seen=None, reason="no")) == ["must_be_proposed"]
    page = shown(client_of(asker).get(f"/amendments/{gold.pk}/cancel/"))
    assert "Seats of 30 needs approval" in page
    assert ">Propose</button>" in page
    assert cancel(gold, made_by=asker, seen=None, reason="no", cancels=[later.pk]).amendment


def test_one_of_many_is_refused_alone(cast: Cast, asker: User, strict: Any) -> None:
    held, other = cast.entitle("gold_annual"), cast.entitle("gold_annual")
    assert waits(override(seat_limit=30), held, APRIL, by=asker).amendment
    operation, ids = change_to(cast, "bronze_annual"), [held.pk, other.pk]
    seen = {each.id: each.is_blocked for each in preview_many(operation, ids, made_by=asker)}
    assert seen == {held.pk: True, other.pk: False}
    result = carry_out_many(operation, ids, made_by=asker, source=Source.COMMAND, reason="smaller")
    assert {each.preview.id: each.status.value for each in result.outcomes} == {
        held.pk: "refused",
        other.pk: "changed",
    }


def test_what_came_under_the_rules_before_too_is_no_matter_of_the_change(cast: Cast, asker: User, strict: Any) -> None:
    held = cast.entitle("gold_annual")
    scheduled(cast, override(seat_limit=250), held, APRIL)
    assert waits(override(grace_period="P30D"), held, MARCH, by=asker).amendment


def test_automatic_renewal_that_puts_a_scheduled_number_out_of_bounds_is_refused(
    cast: Cast, asker: User, strict: Any
) -> None:
    held, offering = cast.entitle("gold_annual"), cast.offerings["gold_annual"]
    assert waits(override(seat_limit=30), held, APRIL, by=asker).amendment
    offering.seat_limit = 5
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    for person, problem in ((asker, "Seats of 30 needs approval"), (cast.operations, "")):
        client, url = client_of(person), f"{held.order.get_absolute_url()}renewal/"
        seen = shown(client.get(url)).split('name="seen" value="')[1].split('"')[0]
        data = {"renewal": "newest", "seen": seen}
        page = shown(client.post(url, data))
        later = page.split('name="later" value="')[1].split('"')[0]
        answer = client.post(url, {**data, "later": later})
        assert (answer.status_code, problem in shown(answer)) == ((422 if problem else 302), True)
        held.order.refresh_from_db()
        assert held.order.renewal == ("" if problem else "newest")


APPROVED: tuple[Callable[[Amendment, User], Answer], ...] = (
    lambda row, who: move(row, on=MAY, made_by=who, seen=None),
    lambda row, who: edit(row, EditedProposal.of(row).on(MAY).words, made_by=who, seen=None),
    lambda row, who: apply_now(row, made_by=who, seen=None),
)


@pytest.mark.parametrize("door", APPROVED)
def test_what_was_approved_for_a_day_is_not_done_on_another_by_who_asked(
    cast: Cast, asker: User, strict: Any, door: Callable[[Amendment, User], Answer]
) -> None:
    held = cast.entitle("silver_annual")
    row = proposed(override(seat_limit=9), held, by=asker, on=APRIL)
    assert approve(row, made_by=cast.operations, seen=None).amendment
    row.refresh_from_db()
    assert codes(door(row, asker)) == ["must_be_proposed"]
    row.refresh_from_db()
    assert (row.status, row.effective_on) == ("scheduled", APRIL)


# --- other numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "must"),
    [
        ({"overdraft": "2"}, False),
        ({"overdraft": "1000"}, True),
        ({"charge.price.price": "50"}, False),
        ({"charge.price.price": "49.99"}, True),
        ({"charge.price.price": "0"}, True),
    ],
)
def test_seats_by_an_overdraft_and_prices_are_numbers_too(
    cast: Cast, asker: User, strict: Any, values: dict[str, Any], must: bool
) -> None:
    held = cast.entitle("silver_annual")
    assert wanted(override(**values), held, by=asker) == (["must_be_proposed"] if must else [])
    assert wanted(override(**values), held, by=cast.operations) == []


# --- many as one -----------------------------------------------------------------------------------------------------


def test_several_changed_together_count_as_several(cast: Cast, asker: User, settings: Any) -> None:
    settings.PROPOSE_BULK_OVER = 1
    held = cast.entitle("gold_seats", quantity=10)
    others = [held, cast.entitle("gold_seats", quantity=10)]
    steps = tuple(Step(operation=quantity(30), ids=(each.pk,)) for each in others)
    [alone] = engine.preview(Together(as_of=TODAY, steps=steps[:1]), made_by=asker)
    assert not alone.is_blocked
    [both] = engine.preview(Together(as_of=TODAY, steps=steps), made_by=asker)
    assert [problem.code for problem in both.problems] == ["must_be_proposed"]


def test_the_preview_of_a_part_of_an_act_of_many_says_what_the_act_says(cast: Cast, asker: User, settings: Any) -> None:
    settings.PROPOSE_BULK_OVER = 1
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(2)]
    batches = Batches(quantity(30), Named(tuple(each.pk for each in held)), size=1)
    assert batches.preview(made_by=asker, progress=lambda _tally: None).refused == 2
    assert batches.apply(Log(asker, Source.COMMAND, "x"), progress=lambda _tally: None).refused == 2
    assert batches.preview(made_by=cast.operations, progress=lambda _tally: None).changed == 2


def test_a_file_counts_as_a_whole_however_many_batches_it_takes(
    cast: Cast, asker: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_SIZE", 1)
    settings.PROPOSE_BULK_OVER = 1
    head = "account_reference,customer,order_reference,sku\n"
    lines = [f"C-{number},Customer C{number},SO-{number},SILVER-ANNUAL\n" for number in (71, 72)]
    for text, who, errors in (
        (head + lines[0], asker, 0),
        (head + "".join(lines), asker, 1),
        (head + "".join(lines), cast.operations, 0),
    ):
        with staged("entitlements", text) as (work, staging):
            report = work.dry_run(staging, By(who, reason="moved"))
            assert report.errors == errors
            if errors:
                with pytest.raises(imports.NotImported):
                    work.carry_out(staging, By(who, reason="moved"), expected=report.fingerprint)
    assert not Entitlement.objects.exists()
