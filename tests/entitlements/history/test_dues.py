"""What is due now, in sum: of previews and acts, in lists, in files, and as it is stored with an amendment."""

import csv
import io
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.billing.due import Sale, due
from entitlements.billing.money import Money, sums_now
from entitlements.history.dues import NOT_ADDED_UP, NOTHING_DUE, Dues, dues_of_acts
from entitlements.history.log import log_page
from entitlements.history.log_filters import LogFilters
from entitlements.models import Amendment
from entitlements.operations import Disable, SetQuantity
from entitlements.schedule.last_seen import dues_last_seen, money_to_keep
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import TODAY, Cast
from tests.entitlements.billing.test_due import GOLD, MID, held, monthly, price
from tests.entitlements.pages import client_of, shown

UPGRADE = due([Sale(held(), held(GOLD))], on=MID)
YEN = due([Sale(None, held(monthly("Yen", price("1200", currency="JPY")), starts_on=MID))], on=MID)
QUOTED = due([Sale(held(), held(monthly("Quoted", price(None))))], on=MID)
MINUS = "\N{MINUS SIGN}"


def dues_of_money(moneys: list[Money | None]) -> Dues:
    """Return what is due on the day, added up from the money itself."""
    return Dues.added((each.currency, each.amount) for money in moneys if money for each in money.due_now)


def seats(cast: Cast, count: int) -> SetQuantity:
    return SetQuantity(as_of=TODAY, quantity=count)


# --- values ----------------------------------------------------------------------------------------------------------


def test_several_are_added_up_by_currency() -> None:
    found = dues_of_money([UPGRADE, None, YEN, UPGRADE])
    assert found.sums == (("EUR", Decimal("67.74")), ("JPY", Decimal(1200)))
    assert str(found) == "EUR 67.74 + JPY 1,200"
    assert found.cells == (None, None, "EUR 67.74 + JPY 1,200")


def test_one_currency_has_its_amount_and_its_code_apart() -> None:
    assert dues_of_money([UPGRADE]).cells == (Decimal("33.87"), "EUR", "EUR 33.87")
    assert Dues((("EUR", Decimal("-1.50")),)).cells == (Decimal("-1.50"), "EUR", f"{MINUS}EUR 1.50")


def test_what_is_not_known_is_said() -> None:
    found = dues_of_money([UPGRADE, QUOTED])
    assert (str(found), found.cells) == ("not known", (None, None, "not known"))


def test_nothing_due_is_empty_and_what_is_not_added_up_is_said() -> None:
    assert (bool(NOTHING_DUE), str(NOTHING_DUE), NOTHING_DUE.cells) == (False, "", (None, None, ""))
    assert (bool(NOT_ADDED_UP), str(NOT_ADDED_UP)) == (True, "see its page")


@pytest.mark.parametrize("moneys", [[UPGRADE], [UPGRADE, YEN], [QUOTED], [None]])
def test_an_amendment_says_what_it_was_last_seen_to_make_due(moneys: list[Money | None]) -> None:
    previews: list[Any] = [SimpleNamespace(money=money) for money in moneys]
    kept = json.loads(json.dumps(money_to_keep(previews)))
    assert dues_last_seen(Amendment(money=kept)) == dues_of_money(moneys)


def test_an_amendment_that_nobody_saw_money_of_says_nothing() -> None:
    assert dues_last_seen(Amendment()) == NOTHING_DUE


@pytest.mark.parametrize("money", [UPGRADE, YEN, QUOTED])
def test_stored_money_comes_to_the_same_as_the_value(money: Money | None) -> None:
    assert money
    assert Dues.added(sums_now(money.to_json())) == dues_of_money([money])


def test_money_of_another_version_is_left_out() -> None:
    assert sums_now(None) == sums_now({"version": 99}) == []


@pytest.fixture
def by_seat(cast: Cast) -> Cast:
    """Let seats of Gold cost EUR 100.00 each."""
    Charge.objects.filter(offering=cast.offerings["gold_seats"]).update(per="seat")
    publish([cast.offerings["gold_seats"]], published_by=None, published_by_name="tests")
    return cast


# --- acts ------------------------------------------------------------------------------------------------------------


def due_of(result: engine.Result, **options: Any) -> str:
    assert result.act
    return str(dues_of_acts([result.act.pk], **options).get(result.act.pk, NOTHING_DUE))


@pytest.mark.django_db
def test_an_act_has_the_sum_of_its_changes(by_seat: Cast) -> None:
    cast = by_seat
    rows = [cast.entitle("gold_seats", quantity=10) for _number in range(2)]
    alone = cast.do(seats(cast, 12), [rows[0].pk])
    both = cast.do(seats(cast, 13), [row.pk for row in rows])
    one, two = (due_of(result) for result in (alone, both))
    assert one.startswith("EUR ")
    assert two.startswith("EUR ")
    assert two != one
    assert due_of(cast.do(Disable(as_of=TODAY), [rows[0].pk], reason="by mistake")) == ""


@pytest.mark.django_db
def test_an_act_of_many_is_not_added_up_on_a_page_but_in_the_file(
    by_seat: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = by_seat
    monkeypatch.setattr(log_page, "__kwdefaults__", {**log_page.__kwdefaults__, "most_added_up": 1})
    rows = [cast.entitle("gold_seats", quantity=10) for _number in range(2)]
    result = cast.do(seats(cast, 12), [row.pk for row in rows])
    still = cast.do(Disable(as_of=TODAY), [row.pk for row in rows], reason="by mistake")
    lines = {line.act_id: line for line in log_page(LogFilters(kind="acts"), editable=[]).lines}
    assert result.act
    assert still.act
    assert str(lines[result.act.pk].due) == "see its page"
    assert str(lines[still.act.pk].due) == ""
    client.force_login(cast.people["viewer"])
    [row] = table(client, "/history/export.csv", kind="set_quantity")
    assert row["due in words"] == f"EUR {row['due']}"


def table(client: Client, url: str, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(url, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.django_db
def test_the_history_and_its_file_say_what_was_due(cast: Cast) -> None:
    cast.entitle("gold_annual")
    client = client_of(cast.people["viewer"])
    assert "<span>Due: EUR 100.00</span>" in shown(client.get("/history/"))
    [row] = table(client, "/history/export.csv", kind="create_entitlement")
    assert (row["due"], row["due currency"], row["due in words"]) == ("100.00", "EUR", "EUR 100.00")


@pytest.mark.django_db
def test_sums_cost_as_much_for_twenty_acts_as_for_ten(cast: Cast) -> None:
    row, counts = cast.entitle("gold_seats", quantity=10), []
    for first in (11, 21):
        acts = [cast.do(seats(cast, first + number), [row.pk]).act for number in range(10)]
        with CaptureQueriesContext(connection) as queries:
            dues_of_acts([act.pk for act in acts if act])
        counts.append(len(queries))
    assert counts == [1, 1]
