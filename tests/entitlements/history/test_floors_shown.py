"""Values set as "at least": the log says the floor and what the offering grants."""

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.models import Act, Entitlement
from entitlements.operations import ChangeOffering, Operation, RevertOverrides, SetOverrides
from tests.cast import KEEP, TODAY, Cast
from tests.entitlements.pages import client_of, shown


@pytest.fixture
def viewer(cast: Cast) -> Client:
    cast.offer("gold", "perpetual", seat_limit=500)
    return client_of(cast.people["viewer"])


def done(cast: Cast, operation: Operation, entitlement: Entitlement) -> Act:
    act = cast.do(operation, [entitlement.pk], reason="Agreed").act
    assert act is not None
    return act


def floor(value: int = 200) -> SetOverrides:
    return SetOverrides(as_of=TODAY, values={"seat_limit": value}, floors=("seat_limit",), seats=KEEP)


def chips(client: Client, entitlement: Entitlement) -> list[str]:
    """Return the chips of seats in the history of an entitlement, newest first."""
    entries = client.get(reverse("entitlements:history", args=[entitlement.pk])).context["page"].rows
    found = [chip for entry in entries for chip in entry.chips if chip.label == "Seats"]
    return [f"{chip.before} → {chip.after}" if chip.before else chip.after for chip in found]


def test_a_floor_above_the_standard_is_said_with_it(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    act = done(cast, floor(), entitlement)
    [card] = viewer.get(reverse("entitlements:act", args=[act.pk])).context["cards"]
    words = "at least 200; Silver annual grants 5"
    assert [(chip.before, chip.after) for _effect, chip in card.effects] == [("5", words)]
    assert [(row.value, row.after) for row in card.overrides] == [("at least 200", words)]
    assert chips(viewer, entitlement)[0] == f"5 → {words}"


def test_a_floor_below_the_new_standard_is_said_with_it(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    done(cast, floor(), entitlement)
    act = done(cast, ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_perpetual").pk), entitlement)
    page = shown(viewer.get(reverse("entitlements:act", args=[act.pk])))
    words = "at least 200; Gold perpetual grants 500"
    assert f'<td class="after">{words}</td>' in page
    assert f'<td class="after in-force">{words}</td>' in page
    assert chips(viewer, entitlement)[0] == f"200 → {words}"


def test_a_floor_that_moves_nothing_is_said_too(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("gold_perpetual")
    act = done(cast, floor(), entitlement)
    [card] = viewer.get(reverse("entitlements:act", args=[act.pk])).context["cards"]
    assert card.effects == []
    assert [row.after for row in card.overrides] == ["at least 200; Gold perpetual grants 500"]
    assert chips(viewer, entitlement)[0] == "at least 200; Gold perpetual grants 500"


def test_a_floor_that_is_dropped_is_struck_out(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    done(cast, floor(), entitlement)
    act = done(cast, RevertOverrides(as_of=TODAY, keys=("seat_limit",), seats=KEEP), entitlement)
    page = shown(viewer.get(reverse("entitlements:act", args=[act.pk])))
    assert "<s>at least 200; Silver annual grants 5</s> 5</td>" in page
    assert chips(viewer, entitlement)[0] == "200 → 5"


def test_an_exact_value_is_said_alone(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    assert chips(viewer, entitlement)[0] == "5 → 250"


def test_the_customer_reads_the_value_alone(cast: Cast, viewer: Client) -> None:
    act = done(cast, floor(), cast.entitle())
    summary = viewer.get(reverse("entitlements:act", args=[act.pk])).context["summary"]
    assert "- Seats: 5 → 200" in summary
    assert "at least" not in summary
