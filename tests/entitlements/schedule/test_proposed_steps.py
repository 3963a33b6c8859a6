"""Steps with what is scheduled, proposed in place of being taken: moved, edited, cancelled or applied by two people."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client

from entitlements.models import Amendment, Entitlement
from entitlements.operations import RemoveProduct
from entitlements.schedule import (
    AmendmentStep,
    EditedProposal,
    approve,
    cancel,
    decline,
    edit_proposal,
    move,
    preview_approval,
    propose_step,
)
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, codes, override, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

STEPS = ("move", "edit", "cancel", "apply")


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def row(cast: Cast) -> Amendment:
    return scheduled(cast, quantity(30), cast.entitle("gold_seats", quantity=10), APRIL, name="Thirty")


def step_with(row: Amendment, name: str) -> AmendmentStep:
    """Return a step with an amendment, with something chosen for it."""
    words = EditedProposal.of(row).on(MAY).words
    choices: dict[str, dict[str, Any]] = {
        "move": {"on": MAY},
        "edit": {"edited": words},
        "cancel": {"reason": "not any more"},
        "apply": {},
    }
    return AmendmentStep(name, row.pk, **choices[name])  # type: ignore[arg-type]


def asked(row: Amendment, name: str, *, by: User) -> Amendment:
    """Propose a step that must be possible, and return its proposal."""
    answer = propose_step(step_with(row, name), made_by=by, seen=None)
    assert answer.amendment, answer.problems
    return answer.amendment


def take(client: Client, row: Amendment, step: str, data: dict[str, str], **more: str) -> Any:
    """Ask for the preview of a step, then confirm what it showed."""
    url = f"/amendments/{row.pk}/{step}/"
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, **more, "seen": seen[0] if seen else ""})


# --- proposed, and agreed to -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEPS)
def test_nothing_happens_before_somebody_else_agrees(cast: Cast, row: Amendment, asker: User, name: str) -> None:
    proposal = asked(row, name, by=asker)
    assert (proposal.status, proposal.order, proposal.number) == ("proposed", row.order, 2)
    assert approve(proposal, made_by=cast.operations, seen="something else").is_stale
    before = (row.status, row.effective_on, row.number)
    row.refresh_from_db()
    assert (row.status, row.effective_on, row.number) == before
    call_command("check_entitlements")


@pytest.mark.parametrize(
    ("name", "words", "status", "day"),
    [
        ("move", "Move “Thirty” to 1 May 2027", "scheduled", MAY),
        ("edit", "Edit “Thirty”", "scheduled", MAY),
        ("cancel", "Cancel “Thirty”", "cancelled", APRIL),
        ("apply", "Apply “Thirty” now", "applied", None),
    ],
)
def test_agreed_to_the_step_is_taken(
    cast: Cast, row: Amendment, asker: User, name: str, words: str, status: str, day: Any
) -> None:
    proposal = asked(row, name, by=asker)
    assert proposal.name == words
    seen = preview_approval(proposal, made_by=cast.operations).fingerprint
    answer = approve(proposal, made_by=cast.operations, seen=seen)
    assert answer.amendment, answer.problems
    row.refresh_from_db()
    proposal.refresh_from_db()
    assert (row.status, row.effective_on) == (status, day or proposal.effective_on)
    assert (proposal.status, proposal.closed_by_name, proposal.act_id) == ("agreed", "operations", None)
    assert LogEntry.objects.latest("pk").change_message == f"Approved, proposed by asker: {words}."
    call_command("check_entitlements")


def test_nobody_agrees_to_their_own_and_a_viewer_to_none(cast: Cast, row: Amendment) -> None:
    proposal = asked(row, "cancel", by=cast.operations)
    assert codes(approve(proposal, made_by=cast.operations, seen=None)) == ["own_proposal"]
    person = UserFactory()
    with pytest.raises(PermissionDenied):
        approve(proposal, made_by=person, seen=None)
    person.user_permissions.set(Permission.objects.filter(codename="approve_amendments"))
    found = codes(approve(proposal, made_by=User.objects.get(pk=person.pk), seen=None))
    assert found == ["not_permitted"]
    with pytest.raises(PermissionDenied):
        propose_step(step_with(row, "cancel"), made_by=cast.people["viewer"], seen=None)


def test_what_was_taken_or_moved_meanwhile_is_seen_afresh(cast: Cast, row: Amendment, asker: User) -> None:
    moved, cancelled = asked(row, "move", by=asker), asked(row, "cancel", by=asker)
    seen = preview_approval(moved, made_by=cast.operations).fingerprint
    assert move(row, on=MARCH, made_by=cast.operations, seen=None).amendment
    assert approve(moved, made_by=cast.operations, seen=seen).is_stale
    assert approve(cancelled, made_by=cast.operations, seen=None).amendment
    assert codes(approve(moved, made_by=cast.operations, seen=None)) == ["closed"]
    assert decline(moved, made_by=cast.operations, reason="cancelled").amendment
    call_command("check_entitlements")


def test_what_stands_against_a_step_stands_against_its_proposal(cast: Cast, row: Amendment, asker: User) -> None:
    step = AmendmentStep("move", row.pk, on=row.requested_at.date())
    assert codes(propose_step(step, made_by=asker, seen=None)) == ["not_later"]
    assert codes(propose_step(AmendmentStep("cancel", row.pk), made_by=asker, seen=None)) == ["reason_missing"]
    assert propose_step(step_with(row, "move"), made_by=asker, seen="other").is_stale
    assert cancel(row, made_by=cast.operations, reason="no", seen=None).amendment
    assert codes(propose_step(step_with(row, "apply"), made_by=asker, seen=None)) == ["closed"]
    assert Amendment.objects.count() == 1


def test_the_proposal_of_a_step_is_not_edited(cast: Cast, row: Amendment, asker: User) -> None:
    proposal = asked(row, "move", by=asker)
    answer = edit_proposal(proposal, EditedProposal.of(proposal), made_by=asker, seen=None)
    assert codes(answer) == ["step_stays"]
    page = shown(client_of(asker).get(f"/proposals/{proposal.pk}/edit/", follow=True))
    assert "This proposal is not edited." in page


def test_what_would_no_longer_fit_is_settled_by_who_agrees(cast: Cast, asker: User) -> None:
    held = cast.entitle("silver_annual")
    first = scheduled(cast, change_to(cast, "gold_annual"), held, MARCH, name="Gold")
    later = scheduled(cast, change_to(cast, "gold_monthly"), held, APRIL, name="Monthly")
    proposal = asked(first, "apply", by=asker)
    answer = approve(proposal, made_by=cast.operations, seen=None)
    assert answer.amendment, answer.problems
    later.refresh_from_db()
    assert later.status == "scheduled"


# --- where a rule asks for it ----------------------------------------------------------------------------------------


def test_a_step_that_a_rule_catches_is_proposed_and_agreed_to(
    cast: Cast, asker: User, settings: Any, clock: time_machine.Traveller
) -> None:
    settings.PROPOSE_OVERRIDES_BEYOND = 50
    held = cast.entitle("silver_annual")
    row = proposed(override(seat_limit=9), held, by=asker, on=APRIL, name="Nine")
    assert approve(row, made_by=cast.operations, seen=None).amendment
    row.refresh_from_db()
    assert codes(move(row, on=MAY, made_by=asker, seen=None)) == ["must_be_proposed"]
    proposal = asked(row, "move", by=asker)
    assert approve(proposal, made_by=cast.operations, seen=None).amendment
    clock.move_to(datetime(2027, 5, 1, 9, tzinfo=UTC))
    call_command("apply_amendments")
    held.refresh_from_db()
    assert held.seat_limit == 9
    call_command("check_entitlements")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
@pytest.mark.parametrize(
    ("step", "data", "name"),
    [
        ("move", {"effective_on": "2027-05-01"}, "Move “Thirty” to 1 May 2027"),
        ("cancel", {"reason": "not any more"}, "Cancel “Thirty”"),
        ("apply", {}, "Apply “Thirty” now"),
        ("edit", {"effective_on": "2027-04-01", "amendment_name": "Many", "reason": "by phone"}, "Edit “Thirty”"),
    ],
)
def test_each_step_is_proposed_in_its_dialog(
    row: Amendment, asker: User, headers: dict[str, str], step: str, data: dict[str, str], name: str
) -> None:
    client = client_of(asker)
    page = shown(client.get(f"/amendments/{row.pk}/{step}/", headers=headers))
    assert 'name="propose" value="1">Propose instead</button>' in page
    assert take(client, row, step, data, propose="1").status_code == 302
    proposal = Amendment.objects.get(status="proposed")
    assert proposal.name == name
    assert f"Proposed: {name}." in shown(client.get(row.get_absolute_url()))


def test_where_a_rule_catches_it_the_dialog_proposes_alone(cast: Cast, asker: User, settings: Any) -> None:
    settings.PROPOSE_OVERRIDES_BEYOND = 50
    held = cast.entitle("silver_annual")
    row = proposed(override(seat_limit=9), held, by=asker, on=APRIL)
    approve(row, made_by=cast.operations, seen=None)
    client, data = client_of(asker), {"effective_on": "2027-05-01"}
    page = shown(client.post(f"/amendments/{row.pk}/move/", {**data, "preview": "1"}))
    assert "Seats of 9 needs approval" in page
    assert ">Propose</button>" in page
    assert "Propose instead" not in page
    refused = take(client, row, "move", data)
    assert refused.status_code == 422
    assert ">Propose</button>" in shown(refused)
    assert take(client, row, "move", data, propose="1").status_code == 302


# --- seen ------------------------------------------------------------------------------------------------------------


def test_the_pages_of_both_lead_to_each_other_and_say_what_is_edited(
    cast: Cast, row: Amendment, asker: User, client: Client
) -> None:
    words = {"effective_on": "2027-04-01", "amendment_name": "Many", "reason": "by phone"}
    assert take(client_of(asker), row, "edit", words, propose="1").status_code == 302
    proposal, staff = Amendment.objects.get(status="proposed"), client_of(cast.operations)
    page = shown(staff.get(row.get_absolute_url()))
    assert "A step with it waits for somebody who agrees." in page
    assert f'<a href="{proposal.get_absolute_url()}">Edit “Thirty”</a>, proposed by asker' in page
    page = shown(staff.get(proposal.get_absolute_url()))
    for text in ("Step with", f'<a href="{row.get_absolute_url()}">Thirty</a>', "Name: Thirty → Many.", "Approve…"):
        assert text in page
    assert "Edit…" not in page
    assert "Name: Thirty → Many." in shown(staff.get(f"/proposals/{proposal.pk}/approve/"))
    assert "Edit “Thirty”" in shown(staff.get("/proposals/"))
    for url in (f"/orders/{row.order_id}/", Entitlement.objects.get().get_absolute_url()):
        assert "Edit “Thirty”" in shown(staff.get(url))


def test_who_agrees_to_an_edit_sees_what_it_changes_of_what_is_written_now(
    cast: Cast, row: Amendment, asker: User
) -> None:
    words = {"effective_on": "2027-04-01", "amendment_name": "Many", "reason": "by phone"}
    assert take(client_of(asker), row, "edit", words, propose="1").status_code == 302
    proposal, staff = Amendment.objects.get(status="proposed"), client_of(cast.operations)
    seen = seen_in(staff.get(f"/proposals/{proposal.pk}/approve/"))[0]
    other = {"effective_on": "2027-04-01", "amendment_name": "Lots", "reason": "as agreed"}
    assert take(client_of(cast.people["administrator"]), row, "edit", other).status_code == 302
    answer = staff.post(f"/proposals/{proposal.pk}/approve/", {"seen": seen})
    assert answer.status_code == 409
    assert "Name: Lots → Many." in shown(answer)
    row.refresh_from_db()
    assert row.name == "Lots"


def test_it_is_approved_on_its_page(cast: Cast, row: Amendment, asker: User) -> None:
    proposal, staff = asked(row, "cancel", by=asker), client_of(cast.operations)
    url = f"/proposals/{proposal.pk}/approve/"
    assert "“Thirty” of 1 Apr 2027 is cancelled" in shown(staff.get(proposal.get_absolute_url()))
    page = staff.get(url)
    assert "Why it was proposed: not any more" in shown(page)
    assert "“Thirty” of 1 Apr 2027 is cancelled." in shown(page)
    assert staff.post(url, {"seen": seen_in(page)[0]}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.closed_reason) == ("cancelled", "not any more")
    agreed = shown(staff.get(proposal.get_absolute_url()))
    assert "Approved by" in agreed
    assert "Agreed by" not in agreed  # that is the same
    assert "Cancel “Thirty”" in shown(staff.get("/amendments/", {"status": "agreed"}))


def test_an_erasure_takes_the_words_of_an_edit(cast: Cast, row: Amendment, asker: User) -> None:
    proposal = asked(row, "edit", by=asker)
    assert proposal.operation["edited"]["reason"] == "as agreed"
    assert decline(proposal, made_by=cast.operations, reason="no").amendment
    assert cancel(row, made_by=cast.operations, reason="no", seen=None).amendment
    cast.do(RemoveProduct(as_of=TODAY), [Entitlement.objects.get().pk], reason="they leave")
    call_command("erase_customer", str(row.order.customer_id), "--yes")
    proposal.refresh_from_db()
    assert proposal.operation["edited"]["reason"] != "as agreed"
    assert proposal.operation["edited"]["name"] != "Thirty"
