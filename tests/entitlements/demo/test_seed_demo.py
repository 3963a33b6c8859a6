"""seed_demo: fills an empty database alone, the same way each time, on any day."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction

from entitlements.demo.seed import seed
from entitlements.engine.recount import differences
from entitlements.models import Change, Entitlement
from tests.entitlements.bulk.tables import dump
from tests.factories import ProductFactory

DAYS = [
    datetime(2026, 2, 28, 5, tzinfo=UTC),
    datetime(2028, 2, 29, 22, tzinfo=UTC),
    datetime(2027, 3, 31, 12, tzinfo=UTC),
]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%Y-%m-%d}")
def test_any_day_gives_a_demo_that_is_right(db: None, now: datetime) -> None:
    seed(count=30, now=now)
    assert list(differences()) == []
    assert Change.objects.filter(entitlement__order__order_reference="SO-48213").count() == 7


def test_the_smallest_demo_is_the_showcase(db: None) -> None:
    assert seed(count=1, now=DAYS[0]) == 1
    assert Entitlement.objects.get().seats_used == 12


def test_the_same_day_gives_the_same_demo(db: None) -> None:
    def story() -> list[object]:
        with transaction.atomic():
            seed(count=20, now=DAYS[0])
            log = Change.objects.order_by("act__made_at", "entitlement__order__order_reference")
            found = list(
                log.values_list("act__made_at", "act__operation", "act__reason", "entitlement__order__customer__name")
            )
            transaction.set_rollback(True)
        return found

    assert story() == story()


def test_a_database_with_data_is_refused_and_left_alone(db: None) -> None:
    ProductFactory()
    before = dump()
    with pytest.raises(CommandError, match=r"not empty: it holds products \(1\)"):
        call_command("seed_demo", "--force")
    assert dump() == before


def test_outside_debug_known_passwords_need_force(db: None, settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="known passwords"):
        call_command("seed_demo")
    assert not User.objects.exists()
    call_command("seed_demo", "--force", "--entitlements", "1", stdout=StringIO())
    assert Entitlement.objects.count() == 1


@pytest.mark.parametrize("count", ["0", "-3", "many", "100001", "9" * 40])
def test_a_count_that_cannot_be_made_is_refused(db: None, count: str) -> None:
    with pytest.raises(CommandError, match="Write a whole number from 1 to 100000"):
        call_command("seed_demo", f"--entitlements={count}", "--force")
