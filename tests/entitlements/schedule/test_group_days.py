"""When a change group lets a change take effect: what people may choose otherwise, and what they see."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User

from changegroups.models import ChangeDefaults, ChangeGroup
from entitlements import engine
from entitlements.models import Act, Amendment, Change, Entitlement, Source
from entitlements.operations import ChangeOffering, Preview, SeatChoice, SeatMode, TermChoice, TermMode
from entitlements.operations.change_offering.days import day_of_group
from entitlements.schedule import apply_due, apply_now, preview_now, preview_scheduled, schedule
from tests.cast import NOW, TODAY, Cast, make_person
from tests.entitlements.operations.test_change_groups import ranked
from tests.entitlements.pages import address, client_of, look_and_confirm, seen_in, shown

pytestmark = pytest.mark.django_db

MARCH, APRIL = date(2027, 3, 1), date(2027, 4, 1)
OUTSIDE = "changegroups.change_outside_group"
NEEDED = ("change_offering", "schedule_amendments", "renew_entitlement", "view_entitlement", "release_seats")


@pytest.fixture
def changer(cast: Cast) -> User:
    """Return somebody who may change and schedule, but not choose another day than a change group says."""
    person = make_person("changer", role="Viewer")
    person.user_permissions.add(*Permission.objects.filter(codename__in=NEEDED))
    return person


def waiting_group(cast: Cast, **modes: Any) -> ChangeGroup:
    """Make a group whose downgrades take effect at the end of the term."""
    return ranked(
        cast, "bronze_annual", "silver_annual", "gold_annual", effective_for_downgrades="end_of_term", **modes
    )


def to(cast: Cast, name: str, **choices: Any) -> ChangeOffering:
    seats = SeatChoice(SeatMode.RELEASE_OLDEST)
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, seats=seats, **choices)


def codes_of(operation: ChangeOffering, key: UUID, person: User) -> list[str]:
    [preview] = engine.preview(operation, [key], made_by=person, at=NOW)
    return [problem.code for problem in preview.problems]


def scheduling(operation: ChangeOffering, held: Entitlement, on: date, person: User) -> list[str]:
    answer = preview_scheduled(operation, [held.pk], on=on, made_by=person)
    return [problem.code for problem in answer.problems]


# --- the rule --------------------------------------------------------------------------------------------------------


def look(cast: Cast, held: Entitlement, *, as_of: date, name: str = "bronze_annual") -> Preview:
    operation = ChangeOffering(as_of=as_of, revision_id=cast.revision(name).pk)
    [preview] = engine.preview(operation, [held.pk], at=NOW)
    return preview


@pytest.mark.parametrize(
    ("as_of", "day"), [(TODAY, MARCH), (date(2027, 2, 28), MARCH), (MARCH, None), (date(2027, 3, 2), None)]
)
def test_the_day_of_the_group_is_the_end_of_the_term_until_it_is_there(cast: Cast, as_of: date, day: date) -> None:
    waiting_group(cast)
    assert day_of_group(look(cast, cast.entitle(), as_of=as_of), as_of=as_of) == day


def test_an_upgrade_of_the_same_group_waits_for_nothing(cast: Cast) -> None:
    waiting_group(cast)
    preview = look(cast, cast.entitle(), as_of=TODAY, name="gold_annual")
    assert day_of_group(preview, as_of=TODAY) is None
    assert OUTSIDE not in preview.permissions


def test_without_an_end_of_term_it_is_immediately(cast: Cast) -> None:
    ranked(cast, "silver_perpetual", "gold_annual", effective_for_upgrades="end_of_term")
    held = cast.entitle("silver_perpetual")
    preview = look(cast, held, as_of=TODAY, name="gold_annual")
    assert day_of_group(preview, as_of=TODAY) is None
    assert OUTSIDE not in preview.permissions


# --- the door --------------------------------------------------------------------------------------------------------


def test_a_change_before_the_end_of_the_term_needs_the_permission_and_a_reason(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    assert codes_of(to(cast, "bronze_annual"), held.pk, changer) == ["not_permitted"]
    result = engine.apply(
        to(cast, "bronze_annual"), [held.pk], made_by=changer, source=Source.PAGE, expected=None, reason="Now"
    )
    assert result.act is None
    [preview] = engine.preview(to(cast, "bronze_annual"), [held.pk], made_by=cast.operations, at=NOW)
    assert OUTSIDE in preview.permissions
    [warning] = [each for each in preview.warnings if each.code == "before_group_day"]
    assert warning.message == (
        "Atlas plans lets this take effect at the end of the term, on 1 Mar 2027: this is earlier."
    )
    assert engine.reason_problem([preview])
    cast.do(to(cast, "bronze_annual"), [held.pk], reason="Agreed with sales")
    assert Change.objects.latest("act__made_at").delta["path"]["effective"] == "end_of_term"


def test_at_the_end_of_the_term_everybody_may(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    operation = to(cast, "bronze_annual", term=TermChoice(TermMode.RESTART))
    assert scheduling(operation, held, MARCH, changer) == []
    assert scheduling(operation, held, date(2027, 2, 1), changer) == ["not_permitted"]
    assert scheduling(operation, held, APRIL, changer) == ["not_permitted"]


def test_waiting_where_the_group_says_immediately_needs_the_permission(cast: Cast, changer: User) -> None:
    waiting_group(cast, effective_for_upgrades="immediately")
    held = cast.entitle()
    operation = to(cast, "gold_annual")
    assert codes_of(operation, held.pk, changer) == []
    assert scheduling(operation, held, MARCH, changer) == ["not_permitted"]
    assert scheduling(operation, held, MARCH, cast.operations) == []
    answer = schedule(operation, [held.pk], on=MARCH, made_by=cast.operations, seen=None)
    assert [problem.code for problem in answer.problems] == ["reason_missing"]


def test_waiting_where_the_group_leaves_it_to_a_default_of_immediately_needs_nothing(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    assert scheduling(to(cast, "gold_annual"), held, MARCH, changer) == []
    answer = schedule(to(cast, "gold_annual"), [held.pk], on=MARCH, made_by=changer, seen=None)
    assert answer.amendment is not None
    ChangeDefaults.objects.create(pk=1, effective_for_upgrades="end_of_term")
    assert scheduling(to(cast, "gold_annual"), cast.entitle(), MARCH, changer) == []
    assert scheduling(to(cast, "gold_annual"), cast.entitle(), APRIL, changer) == ["not_permitted"]


def test_what_no_group_is_about_waits_as_before(cast: Cast, changer: User) -> None:
    held = cast.entitle()
    assert scheduling(to(cast, "gold_annual"), held, MARCH, changer) == []


def test_applying_it_early_needs_the_permission(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    row = schedule(to(cast, "bronze_annual"), [held.pk], on=MARCH, made_by=changer, seen=None).amendment
    assert row is not None
    answer = preview_now(row, made_by=changer)
    assert [problem.code for problem in answer.problems] == ["not_permitted"]
    assert apply_now(row, made_by=changer, seen=None).amendment is None
    assert apply_now(row, made_by=cast.operations, seen=None).amendment is not None
    assert Act.objects.latest("made_at").reason == "On another day than the change group says."


def test_the_worker_applies_it_on_its_day_as_a_downgrade(cast: Cast, changer: User, clock: Any) -> None:
    waiting_group(cast)
    held = cast.entitle()
    row = schedule(to(cast, "bronze_annual"), [held.pk], on=MARCH, made_by=changer, seen=None).amendment
    assert row is not None
    assert (row.kind, row.effective_on) == ("downgrade", MARCH)
    clock.move_to("2027-03-01T06:00:00Z")
    assert [each.problems for each in apply_due(MARCH)] == [()]
    held.refresh_from_db()
    assert held.offering.sku == "BRONZE-ANNUAL"


def test_an_upgrade_that_waits_is_of_that_kind(cast: Cast, changer: User) -> None:
    ranked(cast, "silver_annual", "gold_annual", effective_for_upgrades="end_of_term")
    row = schedule(to(cast, "gold_annual"), [cast.entitle().pk], on=MARCH, made_by=changer, seen=None).amendment
    assert row is not None
    assert row.kind == "upgrade"


# --- the dialog ------------------------------------------------------------------------------------------------------


def chosen(cast: Cast, name: str, **data: str) -> dict[str, Any]:
    return {"target": str(cast.revision(name).pk), "seats": "release_oldest", "when": "group", **data}


def test_the_dialog_starts_with_what_the_change_group_says(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    url = address("change_offering", cast.entitle())
    page = shown(client_of(changer).get(url))
    assert 'name="when" value="group" checked>' in page
    assert "As the change group says</span>" in page
    down = shown(client_of(changer).post(url, {**chosen(cast, "bronze_annual"), "preview": "1"}))
    assert "As the change group says: at the end of the term, 1 Mar 2027<" in down
    assert 'name="group_says" value="end_of_term"' in down
    assert ">Schedule</button>" in down
    up = shown(client_of(changer).post(url, {**chosen(cast, "gold_annual"), "preview": "1"}))
    assert "As the change group says: now<" in up
    assert ">Change</button>" in up


def test_a_new_target_brings_its_day_along_without_a_new_page(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    url = address("change_offering", cast.entitle())
    data = {**chosen(cast, "bronze_annual"), "preview": "1"}
    headers = {"HX-Request": "true", "HX-Target": "preview"}
    page = shown(client_of(changer).post(url, data, headers=headers))
    assert '<span id="group-day" hx-swap-oob="true">As the change group says: at the end of the term' in page


def test_it_is_scheduled_or_made_as_the_change_group_says(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    url = address("change_offering", held)
    assert look_and_confirm(client_of(changer), url, chosen(cast, "bronze_annual")).status_code == 302
    row = Amendment.objects.get()
    assert (row.kind, row.effective_on, row.operation["term"]["mode"]) == ("downgrade", MARCH, "restart")
    other = cast.entitle()
    up = chosen(cast, "gold_annual", group_says="immediately")
    assert look_and_confirm(client_of(changer), address("change_offering", other), up).status_code == 302
    assert Act.objects.filter(operation="change_offering").count() == 1


def test_choosing_now_is_a_problem_on_the_page(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    url = address("change_offering", cast.entitle())
    page = shown(client_of(changer).post(url, {**chosen(cast, "bronze_annual", when="now"), "preview": "1"}))
    assert "You may not leave the change groups, or choose another day than they say." in page
    answer = look_and_confirm(client_of(changer), url, chosen(cast, "bronze_annual", when="now"))
    assert answer.status_code == 422
    assert not Act.objects.filter(operation="change_offering").exists()


def test_what_was_said_falsely_on_the_way_is_stale_or_not_permitted(cast: Cast, changer: User) -> None:
    waiting_group(cast)
    held = cast.entitle()
    url, data = address("change_offering", held), chosen(cast, "bronze_annual")
    seen = seen_in(client_of(changer).post(url, {**data, "preview": "1"}))
    answer = client_of(changer).post(url, {**data, "group_says": "immediately", "seen": seen})
    assert answer.status_code in (409, 422)
    held.refresh_from_db()
    assert held.offering.sku == "SILVER-ANNUAL"


def test_an_entitlement_without_an_end_is_changed_now_and_the_words_say_so(cast: Cast, changer: User) -> None:
    ranked(cast, "silver_perpetual", "gold_annual", effective_for_upgrades="end_of_term")
    url = address("change_offering", cast.entitle("silver_perpetual"))
    page = shown(client_of(changer).post(url, {**chosen(cast, "gold_annual"), "preview": "1"}))
    assert "As the change group says: at the end of the term, and none is to come, so now<" in page
    assert ">Change</button>" in page


def test_products_without_groups_have_no_such_choice(cast: Cast) -> None:
    page = shown(client_of(cast.operations).get(address("change_offering", cast.entitle())))
    assert "As the change group says" not in page
    assert 'name="when" value="now" checked>' in page
