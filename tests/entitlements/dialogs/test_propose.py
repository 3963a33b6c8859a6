"""Proposing in the dialogs: offered to everybody, asked of some, and asked at every door."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from entitlements import engine
from entitlements.models import Act, Amendment, Entitlement, Source
from entitlements.operations import SetQuantity
from entitlements.schedule import approve, schedule
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, address, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, codes, override, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NINE = {"value": "9", "reason": "as agreed"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Stop the clock at the cast's moment."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("silver_annual")


@pytest.fixture
def strict(settings: Any) -> Any:
    """Ask for the approval of overrides more than half away from the standard, and of changes of more than one."""
    settings.PROPOSE_OVERRIDES_BEYOND = 50
    settings.PROPOSE_BULK_OVER = 1
    return settings


def post(client: Client, url: str, data: dict[str, Any], **headers: str) -> Any:
    """Look at the preview, then press a button with what it showed."""
    looked = {name: value for name, value in data.items() if name not in ("propose", "confirm")}
    seen = seen_in(client.post(url, {**looked, "preview": "1"}))
    return client.post(url, {**data, "seen": seen}, headers=headers)


def nothing_is_written(held: Entitlement, acts: int) -> None:
    version = held.version
    held.refresh_from_db()
    assert (held.version, Act.objects.count(), Amendment.objects.count()) == (version, acts, 0)


# --- offered to everybody --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_a_change_is_proposed_instead_where_somebody_likes(
    cast: Cast, held: Entitlement, headers: dict[str, str]
) -> None:
    client, url = client_of(cast.operations), address("override", held, "seat_limit")
    page = shown(client.get(url, headers=headers))
    assert 'name="propose" value="1">Propose instead</button>' in page
    answer = post(client, url, {**NINE, "propose": "1"}, **headers)
    assert answer.status_code == (302 if not headers else 200)
    [row] = Amendment.objects.all()
    assert (row.status, row.is_immediate, row.reason) == ("proposed", True, "as agreed")
    held.refresh_from_db()
    assert held.seat_limit == 5
    message = shown(client.get(held.get_absolute_url()))
    assert "It waits for somebody who agrees." in message
    assert f'<a href="/amendments/{row.pk}/">' in message


def test_a_change_for_a_day_is_proposed_for_that_day(cast: Cast, held: Entitlement) -> None:
    client, url = client_of(cast.operations), address("override", held, "seat_limit")
    post(client, url, {**NINE, "when": "day", "effective_on": "2027-02-01", "propose": "1"})
    [row] = Amendment.objects.all()
    assert (row.status, row.is_immediate, row.effective_on.isoformat()) == ("proposed", False, "2027-02-01")


def test_who_may_not_see_amendments_gets_no_link_to_one(cast: Cast, held: Entitlement) -> None:
    person = UserFactory()
    allowed = ("view_entitlement", "override_rights", "schedule_amendments")
    person.user_permissions.set(Permission.objects.filter(codename__in=allowed))
    client, url = client_of(person), address("override", held, "seat_limit")
    later = {"when": "day", "effective_on": "2027-02-01"}
    for data, said in (({"propose": "1"}, "It waits for somebody who agrees."), (later, "Scheduled")):
        assert post(client, url, {**NINE, **data}).status_code == 302
        message = shown(client.get(held.get_absolute_url()))
        assert said in message
        assert "Look at it" not in message


def test_what_was_not_seen_is_shown_first(cast: Cast, held: Entitlement) -> None:
    acts = Act.objects.count()
    answer = client_of(cast.operations).post(address("override", held, "seat_limit"), {**NINE, "propose": "1"})
    assert answer.status_code == 409
    assert "Nothing was changed: this preview is new." in shown(answer)
    nothing_is_written(held, acts)


def test_a_missing_reason_is_asked_for_on_its_field(cast: Cast, held: Entitlement) -> None:
    acts = Act.objects.count()
    url = address("override", held, "seat_limit")
    answer = post(client_of(cast.operations), url, {"value": "9", "propose": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]
    nothing_is_written(held, acts)


def test_it_is_proposed_beside_what_is_scheduled_and_would_no_longer_fit(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(40), held, APRIL)
    data = {"target": cast.revision("silver_annual").pk, "reason": "smaller", "propose": "1"}
    answer = post(client_of(cast.operations), address("change_offering", held), data)
    assert answer.status_code == 302
    assert Amendment.objects.filter(status="proposed").count() == 1
    assert Amendment.objects.filter(status="scheduled").count() == 1


# --- asked of some ---------------------------------------------------------------------------------------------------


def test_where_the_rules_ask_for_it_the_button_proposes_and_says_why(
    held: Entitlement, asker: User, strict: Any
) -> None:
    client, url = client_of(asker), address("override", held, "seat_limit")
    page = shown(client.post(url, {**NINE, "preview": "1"}))
    assert ">Propose</button>" in page
    assert "Propose instead" not in page
    assert "Seats of 9 needs approval: the standard is 5" in page
    assert post(client, url, {**NINE, "propose": "1"}).status_code == 302
    assert Amendment.objects.get().status == "proposed"


def test_within_the_rules_and_for_those_who_may_approve_nothing_is_asked(
    cast: Cast, held: Entitlement, asker: User, strict: Any
) -> None:
    url = address("override", held, "seat_limit")
    within = shown(client_of(asker).post(url, {"value": "7", "reason": "x", "preview": "1"}))
    beyond = shown(client_of(cast.operations).post(url, {**NINE, "preview": "1"}))
    for page in (within, beyond):
        assert "needs approval" not in page
        assert ">Propose</button>" not in page
    assert post(client_of(cast.operations), url, NINE).status_code == 302
    held.refresh_from_db()
    assert held.seat_limit == 9


# --- no way around it ------------------------------------------------------------------------------------------------


def test_the_change_posted_by_hand_is_refused(held: Entitlement, asker: User, strict: Any) -> None:
    acts = Act.objects.count()
    answer = post(client_of(asker), address("override", held, "seat_limit"), NINE)
    assert answer.status_code == 422
    assert "Propose it to somebody who may." in shown(answer)
    nothing_is_written(held, acts)


def test_the_change_posted_by_hand_beside_what_is_scheduled_is_refused(
    cast: Cast, held: Entitlement, asker: User, strict: Any
) -> None:
    scheduled(cast, override(grace_period="P30D"), held, APRIL)
    acts = Act.objects.count()
    answer = post(client_of(asker), address("override", held, "seat_limit"), NINE)
    assert answer.status_code == 422
    held.refresh_from_db()
    assert (held.seat_limit, Act.objects.count()) == (5, acts)


def test_the_change_scheduled_by_hand_is_refused(held: Entitlement, asker: User, strict: Any) -> None:
    acts = Act.objects.count()
    url = address("override", held, "seat_limit")
    answer = post(client_of(asker), url, {**NINE, "when": "day", "effective_on": "2027-02-01"})
    assert answer.status_code == 422
    nothing_is_written(held, acts)
    called = schedule(override(seat_limit=9), [held.pk], on=MARCH, made_by=asker, seen=None, reason="x")
    assert codes(called) == ["must_be_proposed"]
    nothing_is_written(held, acts)


def test_the_engine_itself_refuses_it(held: Entitlement, asker: User, strict: Any) -> None:
    acts = Act.objects.count()
    [seen] = engine.preview(override(seat_limit=9), [held.pk], made_by=asker)
    assert [problem.code for problem in seen.problems] == ["must_be_proposed"]
    result = engine.apply(override(seat_limit=9), [held.pk], made_by=asker, source=Source.API, reason="x")
    assert result.act is None
    nothing_is_written(held, acts)


def test_the_system_is_asked_nothing(held: Entitlement, strict: Any) -> None:
    made_by = engine.System("deploy")
    assert engine.apply(override(seat_limit=9), [held.pk], made_by=made_by, source=Source.COMMAND, reason="x").act


def test_a_selection_over_the_limit_is_refused_by_hand_and_proposed_for_each_order(
    cast: Cast, asker: User, strict: Any
) -> None:
    held = [cast.entitle("silver_annual", overrides={"seat_limit": 50}) for _ in range(2)]
    client, url = client_of(asker), reverse("entitlements:revert_many")
    chosen = {"right": "seat_limit", "chosen": [each.pk for each in held], "reason": "back to standard"}
    page = client.post(url, chosen)
    assert page.status_code == 200, shown(page)
    assert 'name="propose" value="1"' in shown(page)
    assert "Propose for 2 of 2" in shown(page)
    acts = Act.objects.count()
    refused = client.post(url, {**chosen, "seen": seen_in(page), "confirm": "1"})
    assert refused.status_code == 422
    assert (Act.objects.count(), Amendment.objects.count()) == (acts, 0)
    assert client.post(url, {**chosen, "seen": seen_in(page), "propose": "1"}).status_code == 302
    assert Amendment.objects.filter(status="proposed").count() == 2
    assert Act.objects.count() == acts


def test_the_admin_action_is_refused_by_hand_and_proposes(cast: Cast, asker: User, strict: Any) -> None:
    held = [cast.entitle("silver_annual") for _ in range(2)]
    asker.is_staff = True
    asker.save()
    client, url = client_of(asker), reverse("admin:entitlements_entitlement_changelist")
    choices = {
        "action": "change_offering",
        "_selected_action": [str(each.pk) for each in held],
        "target": cast.revision("gold_annual").pk,
        "seats": "refuse",
        "term": "default",
        "reason": "as agreed",
    }
    page = client.post(url, choices)
    assert "Propose for 2 of 2" in shown(page)
    acts = Act.objects.count()
    assert client.post(url, {**choices, "seen": seen_in(page), "confirm": "1"}).status_code == 422
    assert (Act.objects.count(), Amendment.objects.count()) == (acts, 0)
    assert client.post(url, {**choices, "seen": seen_in(page), "propose": "1"}).status_code == 302
    assert Amendment.objects.filter(status="proposed").count() == 2


def test_a_command_made_by_a_person_is_refused(cast: Cast, asker: User, strict: Any) -> None:
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(2)]
    acts = Act.objects.count()
    words = [word for each in held for word in ("--entitlement", str(each.pk))]
    out = StringIO()
    command = ["operate", "set_quantity", "quantity=30", *words, "--reason", "x", "--yes", "--as", "asker"]
    with pytest.raises(CommandError):
        call_command(*command, stdout=out, stderr=out)
    assert Act.objects.count() == acts
    assert {each.quantity for each in Entitlement.objects.all()} == {10}


def test_undoing_takes_a_proposal_where_as_many_are_concerned(cast: Cast, asker: User, strict: Any) -> None:
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(2)]
    act = cast.do(SetQuantity(as_of=TODAY, quantity=30), [each.pk for each in held]).act
    assert act is not None
    page = shown(client_of(asker).get(reverse("entitlements:undo_act", args=[act.pk])))
    assert "Propose for 2" in page


def test_approved_is_what_was_asked_by_who_could_not_do_it(
    cast: Cast, held: Entitlement, asker: User, strict: Any
) -> None:
    row = proposed(override(seat_limit=9), held, by=asker)
    client = client_of(cast.operations)
    url = reverse("entitlements:approve_proposal", args=[row.pk])
    assert client.post(url, {"seen": seen_in(client.get(url))[0]}).status_code == 302
    held.refresh_from_db()
    assert held.seat_limit == 9


def test_undoing_a_whole_act_is_proposed_instead_for_each_order(cast: Cast) -> None:
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(2)]
    act = cast.do(SetQuantity(as_of=TODAY, quantity=30), [each.pk for each in held]).act
    assert act is not None
    client, url = client_of(cast.operations), reverse("entitlements:undo_act", args=[act.pk])
    page = client.get(url)
    assert 'name="propose" value="1">Propose instead</button>' in shown(page)
    assert client.post(url, {"seen": seen_in(page), "propose": "1"}).status_code == 302
    rows = Amendment.objects.filter(status="proposed")
    assert {row.order_id for row in rows} == {each.order_id for each in held}
    assert {row.name for row in rows} == {"Undo"}
    assert {each.quantity for each in Entitlement.objects.all()} == {30}
    for row in rows:
        assert approve(row, made_by=cast.people["administrator"], seen=None).amendment
    assert {each.quantity for each in Entitlement.objects.all()} == {10}
    call_command("check_entitlements")


def test_the_page_of_a_large_undo_offers_to_propose_it(cast: Cast, asker: User, strict: Any) -> None:
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(2)]
    act = cast.do(SetQuantity(as_of=TODAY, quantity=30), [each.pk for each in held]).act
    assert act is not None
    page = client_of(asker).post(reverse("entitlements:undo_many", args=[act.pk]), {"reason": "x"})
    assert "Propose for 2" in shown(page)
