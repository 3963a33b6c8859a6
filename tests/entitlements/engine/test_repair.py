"""check_entitlements --repair: mends what can be counted anew, says so in History, leaves the rest to people."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements import engine
from entitlements.engine.check import check
from entitlements.engine.recount import COUNTED, differences
from entitlements.models import Act, Change, Entitlement, Seat, Source
from entitlements.operations import ChangeOffering, ReleaseSeats, SeatChoice, SeatMode
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, look_and_confirm
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

WRONG: dict[str, Callable[[Cast], Any]] = {
    "offering": lambda cast: cast.offerings["bronze_annual"].pk,
    "product": lambda cast: ProductFactory().pk,
    "kind": lambda cast: "add_on",
    "expires_on": lambda cast: TODAY + timedelta(days=900),
    "maintenance_expires_on": lambda cast: TODAY,
    "grace_ends_on": lambda cast: None,
    "seat_limit": lambda cast: None,
    "seat_capacity": lambda cast: 7,
    "seats_used": lambda cast: 1,
    "override_count": lambda cast: 0,
}


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    """Return an entitlement with seats and overrides."""
    return cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250, "sso": True})


def repair(**options: Any) -> str:
    out = StringIO()
    call_command("check_entitlements", repair=True, username="operations", stdout=out, **options)
    return out.getvalue()


def test_every_column_that_can_be_counted_is_tried() -> None:
    assert set(WRONG) == set(COUNTED)


@pytest.mark.parametrize("column", COUNTED)
def test_a_wrong_number_is_mended(cast: Cast, entitlement: Entitlement, column: str) -> None:
    before = Entitlement.objects.values().get()
    Entitlement.objects.update(**{column: WRONG[column](cast)})
    assert f"Mended the stored numbers of 1 entitlement ({column} 1)." in repair()
    assert Entitlement.objects.values().get() == before
    assert list(check()) == []


def test_nothing_is_mended_without_being_asked(entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=1)
    with pytest.raises(CommandError):
        call_command("check_entitlements", stdout=StringIO())
    assert Entitlement.objects.get().seats_used == 1


def test_what_is_mended_is_a_line_in_history(cast: Cast, entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=1, grace_ends_on=None)
    repair()
    line = LogEntry.objects.get()
    assert (line.user, line.object_id) == (cast.operations, str(entitlement.pk))
    assert line.change_message == "Recounted what was stored wrong: grace_ends_on none → 2027-03-08, seats_used 1 → 4."
    page = client_of(cast.operations).get(reverse("entitlements:acts"))
    assert "Recounted what was stored wrong" in page.content.decode()


def test_the_log_is_never_touched(entitlement: Entitlement) -> None:
    before = [list(model.objects.values()) for model in (Act, Change)]
    Entitlement.objects.update(seats_used=1)
    repair()
    assert [list(model.objects.values()) for model in (Act, Change)] == before


def test_what_the_log_contradicts_is_left_to_people(cast: Cast, entitlement: Entitlement) -> None:
    other = cast.entitle(seats=2)
    Entitlement.objects.update(seats_used=9)
    Entitlement.objects.filter(pk=entitlement.pk).update(starts_on=TODAY)
    with pytest.raises(CommandError, match="2 differences found") as caught:
        repair()
    assert caught.value.returncode == 1
    numbers = dict(Entitlement.objects.values_list("pk", "seats_used"))
    assert numbers == {entitlement.pk: 9, other.pk: 2}
    assert [line.object_id for line in LogEntry.objects.all()] == [str(other.pk)]


def test_a_checkout_that_is_out_of_place_does_not_keep_numbers_from_being_mended(
    cast: Cast, entitlement: Entitlement
) -> None:
    seat = Seat.objects.earliest("activated_at")
    cast.use(entitlement, "dashboards", 2, seat=seat)
    Seat.objects.filter(pk=seat.pk).update(released_at=NOW)
    with pytest.raises(CommandError, match="1 difference found"):
        repair()
    assert Entitlement.objects.get().seats_used == 3


def test_what_the_database_refuses_does_not_keep_the_rest_from_being_mended(
    cast: Cast, entitlement: Entitlement
) -> None:
    """The copy of the product, mended, would be the second plan of the product in the order."""
    Entitlement.objects.update(product=ProductFactory())
    smuggled = Entitlement.objects.get()
    smuggled.pk, smuggled.product = engine.write.new_id(), cast.atlas
    smuggled.save(force_insert=True)
    other = cast.entitle(seats=2)
    Entitlement.objects.filter(pk=other.pk).update(seats_used=9)
    with pytest.raises(CommandError):
        repair()
    assert Entitlement.objects.get(pk=other.pk).seats_used == 2
    assert Entitlement.objects.get(pk=entitlement.pk).product_id != cast.atlas.pk


def test_the_number_of_statements_does_not_grow_with_what_is_mended(cast: Cast) -> None:
    def statements(count: int) -> int:
        for _number in range(count):
            cast.entitle(seats=2)
        Entitlement.objects.update(seats_used=9)
        with CaptureQueriesContext(connection) as captured:
            repair()
        return len(captured)

    first = statements(1)  # reads content types once
    assert statements(1) <= first
    assert statements(1) == statements(6)


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("nobody", "--as: There is no person"),
        ("no\nbody", "--as: There is no person"),
        ("viewer", "--as: viewer lacks the permission entitlements.undo_act"),
    ],
)
def test_a_repair_needs_a_person_who_may(cast: Cast, username: str, words: str) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        call_command("check_entitlements", repair=True, username=username, stdout=StringIO())
    assert caught.value.returncode == 2


# --- a count that is too low, before it is mended --------------------------------------------------------------------


def codes(cast: Cast, operation: Any, entitlement: Entitlement) -> list[str]:
    result = engine.apply(
        operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, reason="Agreed", at=NOW
    )
    assert result.act is None
    return [problem.code for outcome in result.outcomes for problem in outcome.preview.problems]


@pytest.mark.parametrize("stored", [1, 3])
def test_releasing_all_of_seats_that_are_counted_too_low_is_refused_with_what_to_do(
    cast: Cast, entitlement: Entitlement, stored: int
) -> None:
    Entitlement.objects.update(seats_used=stored)
    assert codes(cast, ReleaseSeats(as_of=TODAY), entitlement) == ["seats_miscounted"]


def test_a_change_that_releases_all_is_refused_too(cast: Cast, entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=1)
    all_of_them = SeatChoice(SeatMode.RELEASE_ALL)
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, seats=all_of_them)
    assert codes(cast, operation, entitlement) == ["seats_miscounted"]


def test_the_page_says_what_to_do_and_after_the_repair_all_seats_go(cast: Cast, entitlement: Entitlement) -> None:
    Entitlement.objects.update(seats_used=1)
    address = reverse("entitlements:release_seats", args=[entitlement.pk])
    answer = look_and_confirm(client_of(cast.operations), address, {"seats": "release_all", "reason": "Agreed"})
    assert answer.status_code == 422
    assert "check_entitlements --repair" in answer.content.decode()
    repair()
    cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk])
    assert Entitlement.objects.get().seats_used == 0
    assert list(differences()) == []
