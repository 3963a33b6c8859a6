"""What seed_demo makes: a small demo has everything the tour shows, and every number in it is right."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from entitlements.demo.agreements import LASTS
from entitlements.demo.people import PASSWORD
from entitlements.engine.check import check
from entitlements.engine.recount import differences
from entitlements.models import Act, Amendment, AmendmentStatus, Change, Customer, Entitlement, Note, Override, Seat
from entitlements.operations.add_ons import conflicts
from entitlements.schedule.upcoming import amendments_of
from entitlements.state import loading
from offerings.models import Offering, Product, Revision
from offerings.revisions import unpublished
from tests.entitlements.pages import client_of, shown

COUNT = 80


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Make one demo for all tests that only read it, and return what was printed; nothing of it stays."""
    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", "--force", "--entitlements", str(COUNT), stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


def showcase() -> Entitlement:
    return Entitlement.objects.get(order__order_reference="SO-48213")


def test_everything_stored_in_the_demo_is_right(demo: str, db: None) -> None:
    assert Entitlement.objects.count() == COUNT
    assert list(differences()) == []


def test_every_status_but_ended_is_there(demo: str, db: None) -> None:
    today = timezone.localdate()
    found = {state.status(today).value for state in loading.load(Entitlement.objects.values_list("pk", flat=True))}
    assert found >= {"active", "expired", "grace period", "disabled", "customer disabled"}


def test_overrides_drift_and_seats_over_the_limit_are_there(demo: str, db: None) -> None:
    assert Entitlement.objects.filter(override_count__gt=1).exists()
    assert Entitlement.objects.filter(seats_used__gt=F("seat_capacity")).exists()
    assert Entitlement.objects.exclude(expires_on=F("standard_expires_on")).exists()
    found = loading.load(Entitlement.objects.values_list("pk", flat=True))
    assert any(state.revision.number < state.revision.newest_number for state in found)


def test_every_operation_is_in_the_log(demo: str, db: None) -> None:
    assert set(Act.objects.values_list("operation", flat=True)) == {
        "activate",
        "change_offering",
        "change_terms",
        "create_entitlement",
        "disable",
        "enable",
        "release_seats",
        "renew",
        "revert_overrides",
        "set_overrides",
        "set_quantity",
        "undo_act",
    }


def test_moves_have_a_direction_so_that_the_dashboard_counts_upgrades_and_downgrades(demo: str, db: None) -> None:
    moves = Change.objects.filter(act__operation="change_offering", delta__has_key="path")
    assert {"upgrade", "downgrade"} <= set(moves.values_list("delta__path__rank", flat=True))


def test_history_covers_a_year_and_nothing_lies_in_the_future(demo: str, db: None) -> None:
    now = timezone.now()
    days = (now - Act.objects.earliest("made_at").made_at).days
    assert days >= 300
    assert not Act.objects.filter(made_at__gt=now).exists()
    assert not Seat.objects.filter(last_refresh_at__gt=now).exists()
    assert not Note.objects.filter(created_at__gt=now).exists()
    assert not Customer.objects.filter(created_at__gt=F("orders__entitlements__created_at")).exists()


def test_seats_are_released_after_they_were_activated(demo: str, db: None) -> None:
    assert Seat.objects.filter(released_at__isnull=False).exists()
    assert not Seat.objects.filter(released_at__lt=F("activated_at")).exists()
    assert not Seat.objects.filter(lease_expires_at__lt=F("last_refresh_at")).exists()


def test_the_catalogs_are_published_with_later_revisions_and_one_edit_waiting(demo: str, db: None) -> None:
    assert set(Product.objects.values_list("code", flat=True)) == {"atlas", "github", "planable", "slack", "zapier"}
    assert set(Revision.objects.values_list("number", flat=True)) == {1, 2, 3}
    waiting = unpublished(Offering.objects.all())
    assert [review.draft.offering_name for review in waiting] == ["STARTER monthly"]


def test_the_showcase_is_as_the_tour_tells(demo: str, db: None) -> None:
    state = loading.load([showcase().pk])[0]
    assert str(state.order.customer_name) == "Halden Robotics"
    assert str(state.revision) == "Silver annual, revision 2"
    assert (state.standard("seat_limit"), state.seat_limit, state.seats_used) == (5, 250, 12)
    assert state.overrides["seat_limit"].reason == "October migration"
    assert sorted(state.overrides) == ["feature.sso", "grace_period", "seat_limit"]
    assert (state.counters, state.checked_out) == ({"feature.api_calls": 41_208}, {"feature.dashboards": 6})


def test_the_history_of_the_showcase_has_an_undone_upgrade(demo: str, db: None) -> None:
    log = Change.objects.filter(entitlement=showcase()).order_by("sequence")
    assert list(log.values_list("act__operation", flat=True)) == [
        "create_entitlement",
        "change_offering",
        "change_offering",
        "undo_act",
        "set_overrides",
        "set_overrides",
        "set_overrides",
    ]


def test_a_person_for_each_role_can_log_in(demo: str, db: None) -> None:
    people = User.objects.all()
    roles = {person.username: person.groups.get().name for person in people}
    assert roles == {
        "administrator": "Administrator",
        "manager": "Product manager",
        "operations": "Operations",
        "support": "Support",
        "viewer": "Viewer",
    }
    assert all(person.check_password(PASSWORD) for person in people)
    assert {person.username for person in people if person.is_staff} == {"administrator", "manager"}
    assert [person.username for person in people if person.is_superuser] == ["administrator"]


def test_one_login_for_each_role_is_printed(demo: str, db: None) -> None:
    assert all(f"{name:<14} {PASSWORD}" in demo for name in User.objects.values_list("username", flat=True))


def test_extra_seats_are_in_force_beside_some_plans_and_every_order_holds_together(demo: str, db: None) -> None:
    found = loading.load_with_orders(Entitlement.objects.values_list("pk", flat=True), on=timezone.localdate())
    extended = [state for state in found.states if state.added]
    assert len(extended) == 3
    assert all(state.seat_limit > state.own_seat_limit for state in extended)
    assert [conflict for members in found.held.values() for conflict in conflicts(members)] == []


def test_amendments_of_every_kind_of_end_are_there(demo: str, db: None) -> None:
    assert set(Amendment.objects.values_list("status", flat=True)) == set(AmendmentStatus)
    assert {"upgrade", "downgrade", "renewal"} <= set(Amendment.objects.values_list("kind", flat=True))
    assert all(row.problems for row in Amendment.objects.filter(status=AmendmentStatus.SET_ASIDE))
    assert not Amendment.objects.filter(order__order_reference="SO-48213").exists()


def test_an_amendment_was_taken_back_by_another(demo: str, db: None) -> None:
    back = Amendment.objects.get(act__undoes__amendment__isnull=False)
    undone = back.act.undoes.amendment
    assert back.name == f"Undo of “{undone.name}”"
    lines = {line.amendment.pk: line for line in amendments_of(back.order_id)}
    assert (lines[undone.pk].is_undone, lines[back.pk].is_undone) == (True, False)
    assert list(check()) == []


def test_a_price_is_negotiated_and_an_override_ends_on_a_day(demo: str, db: None) -> None:
    agreed = Override.objects.get(key="charge.price.price")
    assert agreed.value == "1990"
    page = shown(client_of(User.objects.get(username="operations")).get(agreed.entitlement.get_absolute_url()))
    assert "EUR 1,990.00 / year" in page
    assert "Price overridden" in page
    ending = Override.objects.get(until__isnull=False)
    assert (ending.key, ending.until) == ("seat_limit", timezone.localdate() + LASTS)
