"""Proposals that are edited: what they ask for, when and why; and who then agrees."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Amendment, Entitlement
from entitlements.operations import ChangeTerms, Operation, SetOverrides, SetQuantity, Step, Together
from entitlements.schedule import (
    Answer,
    EditedProposal,
    Facts,
    approve,
    edit_proposal,
    preview_approval,
    preview_proposal,
)
from offerings.revisions import publish
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, codes, override, quantity, scheduled
from tests.entitlements.schedule.proposing import ask_for, codes_of, given_day, make_asker, proposed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

WORDS = {"when": "now", "amendment_name": "Thirty", "reason": "as agreed"}


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def edited(row: Amendment, operation: Operation, *, by: User, **words: Any) -> Answer:
    """Edit what a proposal asks for, and what is written about it."""
    now = EditedProposal.of(row)
    new = replace(now, operation=operation, words=replace(now.words, **words))
    return edit_proposal(row, new, made_by=by, seen=None)


def take(client: Client, row: Amendment, data: dict[str, str]) -> Any:
    """Look at the preview of an edit, then save what it showed."""
    url = f"/proposals/{row.pk}/edit/"
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen[0] if seen else ""})


def message_of(row: Amendment) -> str:
    return LogEntry.objects.filter(object_id=str(row.order_id)).latest("pk").change_message


# --- who agrees to what was edited -----------------------------------------------------------------------------------


def test_who_edited_it_does_not_approve_it_and_somebody_else_does(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    assert edited(row, quantity(25), by=cast.operations).amendment
    row.refresh_from_db()
    assert (row.status, row.operation["quantity"], row.edited_by_names) == ("proposed", 25, ["operations"])
    assert codes(approve(row, made_by=cast.operations, seen=None)) == ["own_edit"]
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment
    held.refresh_from_db()
    assert held.quantity == 25
    call_command("check_entitlements")


def test_who_proposed_it_does_not_approve_what_somebody_else_made_of_it(cast: Cast, held: Entitlement) -> None:
    row = proposed(quantity(30), held, by=cast.operations)
    assert edited(row, quantity(25), by=cast.people["administrator"]).amendment
    row.refresh_from_db()
    assert codes(approve(row, made_by=cast.operations, seen=None)) == ["own_proposal"]
    assert codes(approve(row, made_by=cast.people["administrator"], seen=None)) == ["own_edit"]


def test_an_edit_of_the_day_or_of_the_words_alone_makes_an_author_too(
    cast: Cast, held: Entitlement, asker: User
) -> None:
    rows = [proposed(quantity(30), held, by=asker) for _ in range(2)]
    assert given_day(rows[0], APRIL, by=cast.operations).amendment
    assert edited(rows[1], quantity(30), by=cast.operations, reason="agreed by phone").amendment
    for row in rows:
        row.refresh_from_db()
        assert row.authors == {asker.pk, cast.operations.pk}


def test_who_only_looked_again_may_approve(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    assert edited(row, quantity(30), by=cast.operations).amendment
    row.refresh_from_db()
    assert row.editors is None
    assert message_of(row) == "Looked at the proposal “Thirty” again, which stays as it is."
    assert approve(row, made_by=cast.operations, seen=None).amendment


def test_each_who_edited_is_kept_once_and_who_proposed_it_not_among_them(
    cast: Cast, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker)
    for count, person in (
        (25, asker),
        (26, cast.operations),
        (27, cast.people["administrator"]),
        (28, cast.operations),
    ):
        assert edited(row, quantity(count), by=person).amendment
        row.refresh_from_db()
    assert row.edited_by_names == ["operations", "administrator"]


def test_who_agrees_has_seen_the_words_too(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    seen = preview_approval(row, made_by=cast.operations).fingerprint
    assert edited(row, quantity(30), by=asker, reason="for nobody in particular").amendment
    assert approve(row, made_by=cast.operations, seen=seen).is_stale
    row.refresh_from_db()
    assert row.status == "proposed"


# --- what is written -------------------------------------------------------------------------------------------------


def test_the_log_says_who_made_what_of_it(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    words = {"name": "Twenty-five", "reason": "less", "reference": "T-2", "facts": Facts("by phone", "A-7")}
    assert edited(row, quantity(25), by=cast.operations, **words).amendment
    message = message_of(row)
    assert message.startswith("Edited the proposal “Thirty”. Name: Thirty → Twenty-five.")
    for part in (
        "Description: none → by phone.",
        "Code: none → A-7.",
        "Reason: as agreed → less.",
        "Reference: none → T-2.",
    ):
        assert part in message
    assert message.endswith(
        "Now it does: Quantity: 10 → 25; Seats: 10 → 25. Before: Quantity: 10 → 30; Seats: 10 → 30."
    )
    assert LogEntry.objects.latest("pk").user == cast.operations


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"name": " "}, "name_missing"),
        ({"reason": "x" * 501}, "reason_too_long"),
        ({"facts": Facts(code="x" * 31)}, "amendment_code_too_long"),
        ({"on": TODAY}, "not_later"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_written(
    cast: Cast, held: Entitlement, asker: User, words: dict[str, Any], code: str
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    lines = LogEntry.objects.count()
    assert code in codes(edited(row, quantity(25), by=cast.operations, **words))
    row.refresh_from_db()
    assert (row.operation["quantity"], row.editors, LogEntry.objects.count()) == (30, None, lines)


def test_a_code_of_another_amendment_is_refused(cast: Cast, held: Entitlement, asker: User) -> None:
    scheduled(cast, quantity(40), held, APRIL, facts=Facts(code="A-1"))
    row = proposed(quantity(30), held, by=asker)
    assert codes(edited(row, quantity(30), by=asker, facts=Facts(code="A-1"))) == ["code_used"]


def test_it_cannot_be_made_into_what_its_editor_may_not_do(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    person = UserFactory()
    person.user_permissions.set(Permission.objects.filter(codename="approve_amendments"))
    assert codes(edited(row, quantity(25), by=person)) == ["not_permitted"]


def test_it_is_given_a_day_only_by_somebody_who_may_schedule(cast: Cast, held: Entitlement, asker: User) -> None:
    rows = [proposed(quantity(30), held, by=asker), proposed(quantity(30), held, by=asker, on=MARCH)]
    asker.user_permissions.remove(Permission.objects.get(codename="schedule_amendments"))
    person = User.objects.get(pk=asker.pk)  # permissions are read once
    for row in rows:
        assert codes(given_day(row, APRIL, by=person)) == ["not_permitted"]
        row.refresh_from_db()
        assert edited(row, quantity(25), by=person).amendment


def test_who_edits_it_has_seen_what_others_made_of_it_before(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    now = EditedProposal.of(row)
    seen = preview_proposal(row, replace(now, operation=quantity(25))).fingerprint
    assert edited(row, quantity(30), by=asker, reason="agreed by phone").amendment
    old = replace(now, operation=quantity(25))
    assert edit_proposal(row, old, made_by=cast.operations, seen=seen).is_stale
    row.refresh_from_db()
    assert (row.reason, row.operation["quantity"]) == ("agreed by phone", 30)


def test_dates_that_the_day_of_approval_has_overtaken_are_a_clear_problem(
    cast: Cast, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    facts = Facts(service_activation_on=date(2027, 2, 1))
    assert codes(edited(row, quantity(30), by=asker, facts=facts)) == ["before_effective"]
    assert edited(row, quantity(30), by=asker, facts=Facts(service_activation_on=APRIL)).amendment


def test_a_dated_proposal_keeps_its_name_its_code_and_its_dates(cast: Cast, held: Entitlement, asker: User) -> None:
    facts = Facts("by phone", "A-7", service_activation_on=APRIL)
    row = proposed(quantity(30), held, by=asker, on=MARCH, name="Thirty", facts=facts)
    assert (row.name, row.description, row.code, row.service_activation_on) == ("Thirty", "by phone", "A-7", APRIL)
    wrong = ask_for(quantity(30), held, by=asker, on=MARCH, facts=Facts("", "A-7"))
    assert codes_of(wrong) == ["code_used"]


# --- on the page -----------------------------------------------------------------------------------------------------


def test_the_quantity_is_edited_on_the_page(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    form = shown(staff.get(f"/proposals/{row.pk}/edit/"))
    assert "Who edits it does not approve it" in form
    assert 'name="quantity" value="30"' in form
    assert take(staff, row, {**WORDS, "quantity": "25"}).status_code == 302
    row.refresh_from_db()
    assert row.operation["quantity"] == 25
    page = shown(staff.get(row.get_absolute_url()))
    assert "You edited it: somebody else has to agree to what it asks for now." in page
    assert "<dt>Edited by</dt>" in page
    assert "Approve…" not in page
    other = shown(client_of(cast.people["administrator"]).get(row.get_absolute_url()))
    assert "Approve…" in other


def test_values_of_rights_set_by_hand_are_edited_on_the_page(cast: Cast, staff: Client, asker: User) -> None:
    held = cast.entitle("silver_annual")
    row = proposed(override(seat_limit=9, grace_period="P30D"), held, by=asker, name="Nine")
    data = {**WORDS, "right-seat_limit": "8", "right-grace_period": "14 days"}
    assert take(staff, row, data).status_code == 302
    row.refresh_from_db()
    assert row.operation["values"] == {"seat_limit": 8, "grace_period": "P14D"}
    assert take(staff, row, {**data, "right-seat_limit": "many"}).status_code == 422


def test_the_steps_of_an_update_are_edited_on_the_page(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    steps = (override(grace_period="P30D"), quantity(30))
    together = Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=(held.pk,)) for each in steps))
    row = proposed(together, held, by=asker)
    assert take(staff, row, {**WORDS, "right-grace_period": "7 days", "quantity-2": "20"}).status_code == 302
    row.refresh_from_db()
    first, second = (step["operation"] for step in row.operation["steps"])
    assert (first["values"], second["quantity"]) == ({"grace_period": "P7D"}, 20)
    assert (first["operation"], second["operation"]) == (SetOverrides.name, SetQuantity.name)


def test_the_text_of_the_terms_is_edited_on_the_page_and_shown_side_by_side(
    cast: Cast, staff: Client, asker: User
) -> None:
    held = cast.entitle("silver_annual")
    row = proposed(ChangeTerms(as_of=TODAY, conditions="Paid in 30 days."), held, by=asker)
    form = shown(staff.get(f"/proposals/{row.pk}/edit/"))
    assert "Paid in 30 days.</textarea>" in form
    assert "<ins>Paid in 30 days.</ins>" in form
    assert take(staff, row, {**WORDS, "conditions": "Paid in\r\n14 days."}).status_code == 302
    row.refresh_from_db()
    assert (row.operation["conditions"], row.edited_by_names) == ("Paid in\n14 days.", ["operations"])
    assert "<ins>Paid in\n14 days.</ins>" in shown(staff.get(row.get_absolute_url()))
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment
    held.refresh_from_db()
    assert held.conditions == "Paid in\n14 days."


def test_a_text_that_is_too_long_or_the_same_is_refused_or_no_edit(cast: Cast, staff: Client, asker: User) -> None:
    held = cast.entitle("silver_annual")
    row = proposed(ChangeTerms(as_of=TODAY, conditions="Paid in 30 days."), held, by=asker, name="Thirty")
    answer = take(staff, row, {**WORDS, "conditions": "x" * 20_001})
    assert answer.status_code == 422
    assert answer.context["form"].errors["conditions"]
    assert take(staff, row, {**WORDS, "conditions": "Paid in 30 days."}).status_code == 302
    row.refresh_from_db()
    assert row.editors is None


def test_dates_of_a_term_alone_leave_the_text_alone(cast: Cast, staff: Client, asker: User) -> None:
    row = proposed(ChangeTerms(as_of=TODAY, expires_on=APRIL), cast.entitle("silver_annual"), by=asker)
    assert 'name="conditions"' not in shown(staff.get(f"/proposals/{row.pk}/edit/"))
    assert take(staff, row, WORDS).status_code == 302


def test_the_offering_that_it_leads_to_is_edited_on_the_page(cast: Cast, staff: Client, asker: User) -> None:
    held = cast.entitle("silver_annual")
    row = proposed(change_to(cast, "gold_annual"), held, by=asker)
    gold, seats = cast.revision("gold_annual").pk, cast.revision("gold_seats").pk
    form = shown(staff.get(f"/proposals/{row.pk}/edit/"))
    assert f'<option value="{gold}" selected>' in form
    assert f'<option value="{seats}">' in form
    data = {**WORDS, "target": str(seats), "quantity": "40", "seats": "refuse"}
    assert take(staff, row, data).status_code == 302
    row.refresh_from_db()
    found = row.operation
    assert (found["revision_id"], found["quantity"], found["seats"]["mode"]) == (seats, 40, "refuse")
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment
    held.refresh_from_db()
    assert (held.revision_id, held.quantity) == (seats, 40)


@pytest.mark.parametrize("target", ["", "0", "99999", "many", "outside:"])
def test_an_offering_that_is_not_listed_is_refused_on_its_field(
    cast: Cast, staff: Client, asker: User, target: str
) -> None:
    row = proposed(change_to(cast, "gold_annual"), cast.entitle("silver_annual"), by=asker)
    answer = take(staff, row, {**WORDS, "target": target})
    assert answer.status_code == 422
    assert answer.context["form"].errors["target"]


def test_what_was_proposed_stays_a_choice_after_a_newer_revision(cast: Cast, staff: Client, asker: User) -> None:
    row = proposed(change_to(cast, "gold_annual"), cast.entitle("silver_annual"), by=asker)
    old = cast.revision("gold_annual")
    cast.offerings["gold_annual"].seat_limit = 30
    cast.offerings["gold_annual"].save()
    publish([cast.offerings["gold_annual"]], published_by=None, published_by_name="tests")
    form = shown(staff.get(f"/proposals/{row.pk}/edit/"))
    assert re.search(rf'<optgroup label="As proposed">\s*<option value="{old.pk}" selected>', form)
    new = str(cast.revision("gold_annual").pk)
    assert take(staff, row, {**WORDS, "target": new}).status_code == 302
    row.refresh_from_db()
    assert row.operation["revision_id"] == int(new)


def test_an_offering_outside_the_groups_needs_the_permission_of_who_edits_it(
    cast: Cast, staff: Client, asker: User
) -> None:
    held = cast.entitle("silver_annual")
    group = ChangeGroup.objects.create(name="Atlas plans")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    row = proposed(change_to(cast, "gold_annual"), held, by=asker)
    bronze = f"outside:{cast.revision('bronze_annual').pk}"
    assert f'value="{bronze}"' in shown(staff.get(f"/proposals/{row.pk}/edit/"))
    may_not = Permission.objects.get(codename="change_outside_group")
    asker.user_permissions.remove(may_not)
    assert take(client_of(asker), row, {**WORDS, "target": bronze}).status_code == 422
    assert take(staff, row, {**WORDS, "target": bronze}).status_code == 302
    row.refresh_from_db()
    assert row.operation["is_outside_group"]


@pytest.mark.parametrize(
    ("data", "field"),
    [({"quantity": ""}, "quantity"), ({"quantity": "0"}, "quantity"), ({"amendment_name": ""}, "amendment_name")],
)
def test_what_is_wrong_is_said_on_its_field(
    staff: Client, held: Entitlement, asker: User, data: dict[str, str], field: str
) -> None:
    row = proposed(quantity(30), held, by=asker)
    answer = take(staff, row, {**WORDS, "quantity": "25", **data})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    row.refresh_from_db()
    assert row.operation["quantity"] == 30


def test_a_form_that_is_open_says_that_somebody_edited_it_meanwhile(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker)
    url, said = f"/proposals/{row.pk}/edit/", "Somebody edited it since you opened this."
    found = re.search(r'name="opened" value="([^"]+)"', shown(staff.get(url)))
    assert found
    data = {**WORDS, "quantity": "25", "opened": found[1], "preview": "1"}
    assert said not in shown(staff.post(url, data))
    assert edited(row, quantity(26), by=cast.people["administrator"]).amendment
    page = shown(staff.post(url, data))
    assert said in page
    assert f'value="{found[1]}"' in page
    assert said in shown(staff.post(url, {**data, "preview": "1"}, headers=HTMX | {"HX-Target": "preview"}))
    assert said not in shown(staff.get(url))


def test_the_act_and_the_files_say_who_edited_it(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    assert edited(row, quantity(25), by=cast.operations).amendment
    waiting = b"".join(staff.get("/proposals/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert waiting.splitlines()[1].endswith(",operations")
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment
    row.refresh_from_db()
    act = shown(staff.get(f"/history/{row.act_id}/"))
    for words in ("<dt>Edited by</dt>", "<dd>operations</dd>", "<dd>asker</dd>", "administrator, "):
        assert words in act
    listed = staff.get("/amendments/export.csv", {"status": "applied"})
    assert b"".join(listed.streaming_content).decode().splitlines()[1].endswith(",operations")  # type: ignore[attr-defined]
