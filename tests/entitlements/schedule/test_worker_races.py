"""Several workers end the same overrides and renew the same terms at once, on PostgreSQL, with real threads."""

from datetime import date

import pytest
import time_machine
from django.core.management import call_command

from entitlements import engine
from entitlements.models import Act, Amendment, Entitlement, Order, Override
from entitlements.operations import SetOverrides
from entitlements.schedule import apply_due
from tests.cast import TODAY, Cast
from tests.entitlements.engine.test_races import at_once, racing_cast  # noqa: F401 (a fixture)

WORKERS = 4
JANUARY, MARCH = date(2027, 1, 15), date(2027, 3, 1)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_each_override_ends_once(racing_cast: Cast, clock: time_machine.Traveller) -> None:  # noqa: F811
    held = [racing_cast.entitle() for _ in range(10)]
    asked = SetOverrides(as_of=TODAY, values={"seat_limit": 50}, until=JANUARY)
    racing_cast.do(asked, [each.pk for each in held], reason="Pilot")
    clock.move_to("2027-01-15T08:00:00Z")
    found = at_once(WORKERS, lambda _number: list(apply_due(JANUARY, made_by=engine.System("tests"))))
    assert sum(len(worker) for worker in found) == len(held)
    assert Act.objects.filter(operation="revert_overrides").count() == len(held)
    assert not Override.objects.exists()
    call_command("check_entitlements")


def test_each_term_renews_once(racing_cast: Cast, clock: time_machine.Traveller) -> None:  # noqa: F811
    held = [racing_cast.entitle() for _ in range(10)]
    Order.objects.update(renewal="same", renews_from=TODAY)
    clock.move_to("2027-03-01T08:00:00Z")
    found = at_once(WORKERS, lambda _number: list(apply_due(MARCH, made_by=engine.System("tests"))))
    assert sum(len(worker) for worker in found) == len(held)
    assert Act.objects.filter(operation="renew").count() == len(held)
    assert set(Amendment.objects.values_list("status", flat=True)) == {"applied"}
    assert set(Entitlement.objects.values_list("expires_on", flat=True)) == {date(2028, 3, 1)}
    call_command("check_entitlements")
