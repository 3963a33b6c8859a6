"""The undo of an act of any size is proposed by one person, counted afresh and carried out by another one, in steps."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from entitlements.bulk import steps
from entitlements.models import Act, Amendment, Change, Entitlement
from entitlements.operations import Disable
from entitlements.schedule import EditedProposal, approve, decline, edit_proposal
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import codes
from tests.entitlements.schedule.proposing import make_asker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def one_batch_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BATCH_SIZE", 2)
    monkeypatch.setattr(steps, "STEP_SECONDS", 0)


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def act(cast: Cast) -> Act:
    act = cast.do(Disable(as_of=TODAY), [cast.entitle().pk for _ in range(5)]).act
    assert act is not None
    return act


def url_of(act: Act, row: Amendment | None = None) -> str:
    return reverse("entitlements:undo_many", args=[act.pk]) + (f"?proposal={row.pk}" if row else "")


def counted(client: Client, url: str, **data: str) -> Any:
    """Return the page that waits for the confirmation."""
    answer = client.post(url, data)
    while answer.status_code == 200 and answer.context["run"].goes_on:
        answer = client.post(url, {"run": answer.context["signed"]})
    return answer


def confirmed(client: Client, url: str, answer: Any) -> Any:
    """Confirm what was counted, and go on to the end."""
    while answer.status_code == 200:
        answer = client.post(url, {"run": answer.context["signed"]})
    return answer


def proposed_undo(act: Act, by: User) -> Amendment:
    client, url = client_of(by), url_of(act)
    answer = counted(client, url, reason="too early", reference="T-1")
    assert client.post(url, {"run": answer.context["signed"], "propose": "1"}).status_code == 302
    return Amendment.objects.get(status="proposed")


def disabled() -> int:
    return Entitlement.objects.exclude(disabled_at=None).count()


def test_where_a_rule_catches_it_the_page_counts_and_proposes(act: Act, asker: User, settings: Any) -> None:
    settings.PROPOSE_BULK_OVER = 2
    client, url = client_of(asker), url_of(act)
    answer = counted(client, url, reason="too early")
    page = shown(answer)
    assert 'name="propose" value="1">Propose for 5</button>' in page
    assert "needs approval" in page
    changes = Change.objects.count()
    for _twice in range(2):
        posted = client.post(url, {"run": answer.context["signed"], "propose": "1"})
        assert posted.status_code == 302
    row = Amendment.objects.get()
    assert (row.name, row.status, row.entitlements, row.reason) == ("Undo: Disabled", "proposed", [], "too early")
    assert row.effects == ["5 entitlements back"]
    assert (Change.objects.count(), disabled()) == (changes, 5)
    call_command("check_entitlements")


def test_somebody_else_counts_it_afresh_and_carries_it_out(cast: Cast, act: Act, asker: User, settings: Any) -> None:
    settings.PROPOSE_BULK_OVER = 2
    row = proposed_undo(act, asker)
    staff = client_of(cast.operations)
    assert staff.get(f"/proposals/{row.pk}/approve/")["Location"] == url_of(act, row)
    page = shown(staff.get(url_of(act, row)))
    for words in ("Proposed by asker: too early", "5 entitlements back"):
        assert words in page
    changed = Entitlement.objects.order_by("pk")[3]
    cast.do(Disable(as_of=TODAY), [cast.entitle().pk])
    cast.override(changed, seat_limit=9)
    answer = counted(staff, url_of(act, row))
    assert "Approve: undo 4" in shown(answer)
    row.refresh_from_db()
    assert (row.status, disabled()) == ("proposed", 6)
    assert confirmed(staff, url_of(act, row), answer).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.approved_by_name, row.act_id) == ("agreed", "operations", None)
    assert row.effects == ["4 entitlements back", "1 entitlement as now"]
    written = Act.objects.get(undoes=act)
    assert (written.made_by, written.reason, written.reference) == (cast.operations, "too early", "T-1")
    assert disabled() == 2
    assert "What was agreed to" in shown(staff.get(row.get_absolute_url()))
    call_command("check_entitlements")


def test_it_is_carried_out_once(cast: Cast, act: Act, asker: User) -> None:
    row, staff = proposed_undo(act, asker), client_of(cast.operations)
    first, second = (counted(staff, url_of(act, row)) for _ in range(2))
    assert confirmed(staff, url_of(act, row), first).status_code == 302
    again = staff.post(url_of(act, row), {"run": second.context["signed"]}, follow=True)
    assert "is agreed already." in shown(again)
    assert Act.objects.filter(undoes=act).count() == 1
    assert Change.objects.filter(act__undoes=act).count() == 5


def test_nobody_agrees_to_their_own_and_others_may_not_look(cast: Cast, act: Act, asker: User) -> None:
    row = proposed_undo(act, cast.operations)
    own = client_of(cast.operations)
    answer = counted(own, url_of(act, row))
    refused = own.post(url_of(act, row), {"run": answer.context["signed"]}, follow=True)
    assert "You proposed this yourself. Somebody else has to agree." in shown(refused)
    assert disabled() == 5
    assert client_of(asker).get(url_of(act, row)).status_code == 403
    other = client_of(cast.people["administrator"])
    for wrong in ("nothing", "0190a3f4-0000-7000-8000-000000000001"):
        assert other.get(f"{url_of(act)}?proposal={wrong}").status_code == 404


def test_what_is_agreed_to_is_what_was_proposed(cast: Cast, act: Act, asker: User) -> None:
    row, staff = proposed_undo(act, asker), client_of(cast.operations)
    for choices in ({"reason": "something else"}, {"reason": "too early", "reference": "T-1", "seats": "keep"}):
        other = counted(staff, url_of(act), **choices)
        answer = staff.post(url_of(act, row), {"run": other.context["signed"]})
        assert (answer.context["run"].reason, answer.context["run"].phase) == ("too early", steps.Phase.PREVIEWING)
    row.refresh_from_db()
    assert (row.status, disabled()) == ("proposed", 5)


def test_it_is_declined_but_not_edited_nor_approved_at_once(cast: Cast, act: Act, asker: User) -> None:
    row = proposed_undo(act, asker)
    assert codes(approve(row, made_by=cast.operations, seen=None)) == ["by_steps"]
    assert codes(edit_proposal(row, EditedProposal.of(row), made_by=asker, seen=None)) == ["step_stays"]
    staff = client_of(cast.operations)
    page = shown(staff.get(row.get_absolute_url()))
    for words in ("all that the act changed", "5 entitlements back", "Approve…", "Takes back"):
        assert words in page
    assert "Edit…" not in page
    assert "Undo: Disabled" in shown(staff.get("/proposals/"))
    assert decline(row, made_by=cast.operations, reason="no").amendment
    assert "is declined already." in shown(staff.get(url_of(act, row), follow=True))
    assert disabled() == 5
