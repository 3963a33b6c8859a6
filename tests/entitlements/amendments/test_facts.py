"""What is written about an amendment: name, description, code and the dates beside its day; typed, edited, shown."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.test import Client

from entitlements.models import Amendment, Entitlement
from entitlements.schedule import Facts, cancel, move
from tests.cast import Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, ask, codes, override, quantity, scheduled

pytestmark = pytest.mark.django_db

BOTH = frozenset({"service_activation", "customer_acceptance"})
DAYS = {"service_activation_on": "2027-03-05", "customer_acceptance_on": "2027-03-09"}


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def waits(**data: str) -> dict[str, str]:
    """Return a change of the quantity that waits for a day."""
    return {"quantity": "30", "when": "day", "effective_on": "2027-03-01", "reason": "as agreed", **data}


def confirm(client: Client, url: str, data: Mapping[str, Any], **headers: str) -> Any:
    """Ask for a preview, then confirm what it showed."""
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen}, headers=headers)


def edited(row: Amendment, **data: str) -> dict[str, str]:
    """Return what the form of an edit sends."""
    same = {"amendment_name": row.name, "effective_on": row.effective_on.isoformat(), "reason": row.reason}
    return {**same, "amendment_code": row.code, "amendment_description": row.description, **data}


def edit(client: Client, row: Amendment, data: Mapping[str, str], **headers: str) -> Any:
    """Edit an amendment as it was seen."""
    url = f"/amendments/{row.pk}/edit/"
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen[0] if seen else ""}, headers=headers)


# --- typed where a change waits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_a_change_that_waits_is_named_where_it_is_asked_for(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    url = f"/entitlements/{held.pk}/set-quantity/"
    form = shown(staff.get(url, headers=headers))
    assert "Name, code and description of the amendment" in form
    assert "Service activation" not in form
    data = waits(amendment_name="Thirty", amendment_code="CRM-1", amendment_description="Two\r\nlines")
    answer = confirm(staff, url, data, **headers)
    assert answer.status_code == (200 if headers else 302)
    row = Amendment.objects.get()
    assert (row.name, row.code, row.description) == ("Thirty", "CRM-1", "Two\nlines")
    page = shown(staff.get(row.get_absolute_url()))
    assert "Version 1 of" in page
    assert "CRM-1" in page
    assert "Two<br>lines" in page
    assert "CRM-1" in shown(staff.get(f"/orders/{held.order_id}/"))


def test_without_a_name_it_is_called_what_it_does(cast: Cast, staff: Client, held: Entitlement) -> None:
    confirm(staff, f"/entitlements/{held.pk}/set-quantity/", waits())
    assert Amendment.objects.get().name == "Set quantity"


def test_a_change_made_now_leaves_it_out(cast: Cast, staff: Client, held: Entitlement) -> None:
    data = waits(when="now", amendment_name="Thirty", customer_acceptance_on="2020-01-01")
    assert confirm(staff, f"/entitlements/{held.pk}/set-quantity/", data).status_code == 302
    held.refresh_from_db()
    assert (held.quantity, Amendment.objects.count()) == (30, 0)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("amendment_name", "x" * 121, "at most 120 characters"),
        ("amendment_name", "A\u202eB", "Leave out the invisible character"),
        ("amendment_code", "x" * 31, "at most 30 characters"),
        ("amendment_code", "A\u200bB", "Leave out the invisible character"),
        ("amendment_description", "x" * 2001, "at most 2000 characters"),
        ("amendment_description", "\x07", "Leave out control characters."),
    ],
)
def test_words_that_cannot_be_are_refused_on_their_field(
    cast: Cast, staff: Client, held: Entitlement, field: str, text: str, words: str
) -> None:
    answer = confirm(staff, f"/entitlements/{held.pk}/set-quantity/", waits(**{field: text}))
    assert answer.status_code == 422
    assert words in "".join(answer.context["form"].errors[field])
    assert words in shown(answer)
    assert not Amendment.objects.exists()


def test_a_code_is_used_once_in_an_order(cast: Cast, staff: Client, held: Entitlement) -> None:
    first = scheduled(cast, quantity(20), held, APRIL, name="Twenty", facts=Facts(code="CRM-1"))
    url = f"/entitlements/{held.pk}/set-quantity/"
    answer = confirm(staff, url, waits(amendment_code="CRM-1"))
    assert answer.status_code == 422
    assert "“Twenty” of this order has the code CRM-1 already." in shown(answer)
    with pytest.raises(IntegrityError):
        Amendment.objects.create(**{**_values(first), "number": 9})


def test_a_cancelled_one_leaves_its_code_and_other_orders_have_their_own(cast: Cast, held: Entitlement) -> None:
    first = scheduled(cast, quantity(20), held, APRIL, facts=Facts(code="CRM-1"))
    scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), APRIL, facts=Facts(code="CRM-1"))
    cancel(first, made_by=cast.operations, reason="no", seen=None)
    assert scheduled(cast, quantity(20), held, APRIL, facts=Facts(code="CRM-1")).code == "CRM-1"


def _values(row: Amendment) -> dict[str, Any]:
    names = ("order_id", "name", "kind", "effective_on", "operation", "entitlements", "outcome", "code")
    return {**{name: getattr(row, name) for name in names}, "requested_by_name": "x", "requested_at": row.requested_at}


def test_the_file_has_all_that_is_written(cast: Cast, staff: Client, held: Entitlement) -> None:
    facts = Facts("Two sites less", "CRM-1", MARCH, APRIL)
    scheduled(cast, quantity(20), held, MARCH, name="Twenty", facts=facts)
    lines = b"".join(staff.get("/amendments/export.csv").streaming_content).decode().splitlines()
    ends = "Code,Description,Service activation,Customer acceptance,Due,Due currency,Due in words,Edited by"
    assert lines[0].endswith(ends)
    assert lines[1].endswith("CRM-1,Two sites less,2027-03-01,2027-04-01,,,,")


# --- dates -----------------------------------------------------------------------------------------------------------


def test_the_dates_are_asked_for_where_the_site_says_so(
    cast: Cast, staff: Client, held: Entitlement, settings: Any
) -> None:
    settings.AMENDMENT_DATES = BOTH
    url = f"/entitlements/{held.pk}/set-quantity/"
    missing = confirm(staff, url, waits())
    assert missing.status_code == 422
    assert set(missing.context["form"].errors) == set(DAYS)
    assert "Give the day of the customer acceptance." in shown(missing)
    assert confirm(staff, url, waits(**DAYS)).status_code == 302
    row = Amendment.objects.get()
    assert (row.service_activation_on, row.customer_acceptance_on) == (date(2027, 3, 5), date(2027, 3, 9))
    page = shown(staff.get(row.get_absolute_url()))
    assert "Service activation" in page
    assert "9 Mar 2027" in page


@pytest.mark.parametrize(
    ("days", "field", "words"),
    [
        ({"customer_acceptance_on": "2027-03-04"}, "customer_acceptance_on", "Choose 5 Mar 2027 or a later day."),
        ({"service_activation_on": "2027-02-28"}, "service_activation_on", "Choose 1 Mar 2027 or a later day."),
        ({"customer_acceptance_on": "2027-02-28"}, "customer_acceptance_on", "Choose 1 Mar 2027 or a later day."),
        ({"customer_acceptance_on": "3001-01-01"}, "customer_acceptance_on", "before the year 3000"),
        ({"service_activation_on": "soon"}, "service_activation_on", "Write a date as 2027-06-30."),
    ],
)
def test_dates_out_of_order_are_refused_on_their_field(
    cast: Cast,
    staff: Client,
    held: Entitlement,
    settings: Any,
    days: dict[str, str],
    field: str,
    words: str,
) -> None:
    settings.AMENDMENT_DATES = BOTH
    answer = confirm(staff, f"/entitlements/{held.pk}/set-quantity/", waits(**{**DAYS, **days}))
    assert answer.status_code == 422
    assert words in "".join(answer.context["form"].errors[field])
    assert words in shown(answer)
    assert not Amendment.objects.exists()


def test_the_same_day_for_all_is_in_order(cast: Cast, held: Entitlement) -> None:
    same = Facts(service_activation_on=MARCH, customer_acceptance_on=MARCH)
    assert scheduled(cast, quantity(30), held, MARCH, facts=same).customer_acceptance_on == MARCH


def test_a_move_beyond_the_other_dates_is_refused(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, facts=Facts(service_activation_on=MARCH))
    assert codes(move(row, on=APRIL, made_by=cast.operations, seen=None)) == ["before_effective"]
    answer = staff.post(f"/amendments/{row.pk}/move/", {"effective_on": "2027-04-01"})
    assert answer.status_code == 422
    assert "Service activation is not before the day of the amendment." in shown(answer)


# --- edit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_everything_written_is_edited_in_one_step(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    form = shown(staff.get(f"/amendments/{row.pk}/edit/", headers=headers))
    assert 'value="Thirty"' in form
    assert ("<!doctype html>" in form) is not bool(headers)
    data = edited(
        row,
        amendment_name="Thirty seats",
        amendment_code="CRM-7",
        amendment_description="As phoned",
        effective_on="2027-04-01",
        reason="as signed",
        reference="T-1",
    )
    assert edit(staff, row, data, **headers).status_code == (200 if headers else 302)
    row.refresh_from_db()
    assert (row.name, row.code, row.description) == ("Thirty seats", "CRM-7", "As phoned")
    assert (row.effective_on, row.reason, row.reference) == (APRIL, "as signed", "T-1")
    assert row.operation["as_of"] == "2027-04-01"
    assert LogEntry.objects.latest("pk").change_message == (
        "Edited “Thirty”. Name: Thirty → Thirty seats. Description: none → As phoned. Code: none → CRM-7. "
        "Takes effect: 1 Mar 2027 → 1 Apr 2027. Reason: as agreed → as signed. Reference: none → T-1."
    )
    assert "“Thirty seats” is saved: it takes effect on 1 Apr 2027." in shown(staff.get(row.get_absolute_url()))


def test_an_edit_without_a_change_was_a_look(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    edit(staff, row, edited(row))
    assert LogEntry.objects.latest("pk").change_message == "Looked at “Thirty” again, which stays as it is."


def test_an_edit_that_was_not_seen_is_shown_first(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    answer = staff.post(f"/amendments/{row.pk}/edit/", edited(row, effective_on="2027-05-01"))
    assert answer.status_code == 409
    assert "What it does on 1 May 2027" in shown(answer)
    row.refresh_from_db()
    assert row.effective_on == MARCH


def test_the_preview_of_an_edit_is_that_of_its_day(cast: Cast, staff: Client, held: Entitlement) -> None:
    scheduled(cast, quantity(20), held, APRIL, name="Twenty")
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    headers = {**HTMX, "HX-Target": "preview"}
    data = edited(row, effective_on="2027-05-01", amendment_name="", preview="1")
    answer = shown(staff.post(f"/amendments/{row.pk}/edit/", data, headers=headers))
    assert "What it does on 1 May 2027" in answer
    assert "Does something else" in answer
    assert "Give it a name." not in answer


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"amendment_name": " "}, "amendment_name", "Give it a name."),
        ({"effective_on": "2026-11-21"}, "effective_on", "Choose a day after today"),
        ({"effective_on": ""}, "effective_on", "Choose a day."),
        ({"amendment_code": "CRM-1"}, "amendment_code", "has the code CRM-1 already"),
        ({"reference": "x" * 101}, "reference", "at most 100 characters"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_on_its_field(
    cast: Cast, staff: Client, held: Entitlement, data: dict[str, str], field: str, words: str
) -> None:
    scheduled(cast, quantity(20), held, MAY, facts=Facts(code="CRM-1"))
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    answer = edit(staff, row, edited(row, **data))
    assert answer.status_code == 422
    assert words in "".join(answer.context["form"].errors[field])
    row.refresh_from_db()
    assert (row.name, row.effective_on, row.code) == ("Thirty", MARCH, "")


def test_its_own_code_stays(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, facts=Facts(code="CRM-1"))
    assert edit(staff, row, edited(row, reason="other")).status_code == 302


def test_dates_that_are_no_longer_asked_for_stay(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, facts=Facts(service_activation_on=APRIL))
    assert edit(staff, row, edited(row, reason="other")).status_code == 302
    row.refresh_from_db()
    assert (row.reason, row.service_activation_on) == ("other", APRIL)


def test_an_edit_requires_the_dates_that_are_asked_for(
    cast: Cast, staff: Client, held: Entitlement, settings: Any
) -> None:
    settings.AMENDMENT_DATES = BOTH
    row = scheduled(cast, quantity(30), held, MARCH)
    refused = edit(staff, row, edited(row))
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, set(DAYS))
    assert edit(staff, row, edited(row, **DAYS)).status_code == 302


def test_the_reason_of_an_override_cannot_be_taken_away(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, override(lease_period="P2D"), held, MARCH)
    answer = edit(staff, row, edited(row, reason=""))
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]


def test_an_edit_needs_the_permission(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    client = client_of(cast.people["viewer"])
    assert client.get(f"/amendments/{row.pk}/edit/").status_code == 403
    assert client.post(f"/amendments/{row.pk}/edit/", edited(row)).status_code == 403


def test_a_closed_one_is_not_edited(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    cancel(row, made_by=cast.operations, reason="no", seen=None)
    assert "is cancelled already." in shown(staff.get(f"/amendments/{row.pk}/edit/", follow=True))


def test_what_is_written_is_escaped(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, facts=Facts("<b>bold</b>", "<i>c"))
    for url in (f"/amendments/{row.pk}/", f"/amendments/{row.pk}/edit/", f"/orders/{held.order_id}/"):
        assert not {"<b>bold", "<i>c"} & set(shown(staff.get(url)).split(">"))
        assert "<i>c" not in shown(staff.get(url))


def test_asking_for_what_cannot_be_writes_nothing(cast: Cast, held: Entitlement) -> None:
    answer = ask(cast, quantity(30), held, MARCH, facts=Facts(code="x" * 31, customer_acceptance_on=date(2027, 2, 1)))
    assert codes(answer) == ["amendment_code_too_long", "before_effective"]
    assert not Amendment.objects.exists()
