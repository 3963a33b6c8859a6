"""Many at once beside what is scheduled: what would no longer fit refuses its entitlement, and is said."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import entitlements
from entitlements.models import Amendment, Entitlement
from tests.cast import Cast
from tests.entitlements.importing.files import bring_in, look
from tests.entitlements.schedule.asking import APRIL, change_to, quantity, scheduled

pytestmark = pytest.mark.django_db
NO_LONGER_FITS = "would no longer fit"


def operate(*words: str, **options: object) -> str:
    """Carry out an operation by command, and return what it prints with how it ends."""
    out = StringIO()
    try:
        call_command("operate", *words, "--reason", "Agreed", stdout=out, **{"yes": True, **options})
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def to_silver(cast: Cast, *held: Entitlement) -> list[str]:
    keys = [word for each in held for word in ("--entitlement", str(each.pk))]
    return ["change_offering", f"revision_id={cast.revision('silver_annual').pk}", *keys]


def test_a_command_refuses_those_whose_schedule_stands_against_it(cast: Cast) -> None:
    held, other = cast.entitle("gold_seats", quantity=3), cast.entitle("gold_seats", quantity=3)
    row = scheduled(cast, quantity(40), held, APRIL, name="Forty")
    for options in ({"preview": True}, {}):
        said = operate(*to_silver(cast, held, other), **options)
        assert "later_no_longer_fits: “Forty”, scheduled for 1 Apr 2027, would no longer fit" in said
        assert "1 of 2 entitlements refused." in said
    held.refresh_from_db()
    other.refresh_from_db()
    assert (held.offering.sku, other.offering.sku) == ("GOLD-SEATS", "SILVER-ANNUAL")
    row.refresh_from_db()
    assert row.status == "scheduled"


def test_a_command_warns_of_what_does_something_else_and_keeps_it(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    row = scheduled(cast, quantity(40), held, APRIL, name="Forty")
    words = ["set_quantity", "quantity=12", "--entitlement", str(held.pk)]
    for options in ({"preview": True}, {}):
        said = operate(*words, **options)
        assert "later_changes: “Forty”, scheduled for 1 Apr 2027, does something else with this: " in said
    row.refresh_from_db()
    assert row.effects == ["Quantity: 12 → 40", "Seats: 12 → 40"]


def test_what_stays_as_it_is_is_not_said(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    scheduled(cast, change_to(cast, "silver_annual"), held, APRIL)
    said = operate("disable", "--entitlement", str(held.pk), preview=True)
    assert "later_" not in said


def test_a_file_names_the_line_whose_schedule_stands_against_it(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    scheduled(cast, quantity(4), held, APRIL)
    text = f"order_reference,sku,quantity\n{held.order.order_reference},GOLD-SEATS,4\n"
    for done in (look(cast, "entitlements", text), bring_in(cast, "entitlements", text)):
        assert done.said == [(2, "cancels")]
        assert NO_LONGER_FITS in done.errors[0].text
    held.refresh_from_db()
    assert held.quantity == 3


def test_a_file_warns_of_what_does_something_else_and_is_imported(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=3)
    scheduled(cast, quantity(40), held, APRIL)
    text = f"order_reference,sku,quantity\n{held.order.order_reference},GOLD-SEATS,12\n"
    seen, done = look(cast, "entitlements", text), bring_in(cast, "entitlements", text)
    for each in (seen, done):
        assert ["does something else" in warning.text for warning in each.warnings] == [True]
    held.refresh_from_db()
    assert (done.errors, held.quantity) == ([], 12)
    assert Amendment.objects.get().effects == ["Quantity: 12 → 40", "Seats: 12 → 40"]


def test_nothing_but_the_schedule_writes_by_the_engine_itself() -> None:
    rooms = Path(entitlements.__file__).parent
    writing = {path.relative_to(rooms).parts[0] for path in rooms.rglob("*.py") if "engine.apply(" in path.read_text()}
    assert writing == {"schedule", "demo"}  # what is made up begins with nothing scheduled
