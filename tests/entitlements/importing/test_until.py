"""Overrides from a file that end on a day: with their value, after today, and never by a cell that is empty."""

from datetime import date

import pytest

from entitlements.models import Act, Entitlement, Override
from entitlements.operations import SetOverrides
from tests.cast import KEEP, NOW, TODAY, Cast
from tests.entitlements.importing.files import Done, bring_in, look

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]

HEAD = "account_reference,customer,order_reference,sku,override:seats,until:seats,override:sso,until:sso\n"
NEW = HEAD + "C-1,Halden Robotics,SO-1,SILVER-ANNUAL,"
JUNE = date(2027, 6, 30)


@pytest.fixture
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def there(cast: Cast) -> Entitlement:
    """Return an entitlement with 9 seats by hand until the end of June."""
    held = cast.entitle()
    agreed = SetOverrides(as_of=TODAY, values={"seat_limit": 9}, until=JUNE, seats=KEEP)
    cast.do(agreed, [held.pk], reason="for the fair")
    return held


def line_for(held: Entitlement, cells: str) -> str:
    return f"{HEAD},,{held.order.order_reference},SILVER-ANNUAL,{cells}\n"


def ends() -> dict[str, date | None]:
    return dict(Override.objects.values_list("key", "until"))


def errors(done: Done) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.text) for each in done.errors]


def test_each_value_ends_on_its_day(cast: Cast) -> None:
    done = bring_in(cast, "entitlements", NEW + "250,2027-06-30,yes,never\n")
    assert (done.errors, done.counts) == ([], (1, 0, 0))
    assert ends() == {"seat_limit": JUNE, "feature.sso": None}


def test_a_dry_run_says_the_same_and_writes_nothing(cast: Cast) -> None:
    done = look(cast, "entitlements", NEW + "250,2027-06-30,yes,2027-01-01\n")
    assert (done.errors, done.counts, Override.objects.count()) == ([], (1, 0, 0), 0)


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    text = NEW + "250,2027-06-30,yes,2027-01-01\n"
    bring_in(cast, "entitlements", text)
    again = bring_in(cast, "entitlements", text)
    assert (again.errors, again.counts, Act.objects.count()) == ([], (0, 0, 1), 1)


@pytest.mark.parametrize(
    ("cells", "end"),
    [
        ("9,2027-09-30,,", date(2027, 9, 30)),
        ("9,never,,", None),
        ("9,,,", JUNE),  # what is agreed stays
        ("12,,,", None),  # another value is another agreement
        ("12,30.9.2027,,", date(2027, 9, 30)),
        (",,,", JUNE),
    ],
)
def test_what_is_here_gets_the_end_of_the_line(cast: Cast, there: Entitlement, cells: str, end: date | None) -> None:
    done = bring_in(cast, "entitlements", line_for(there, cells))
    assert (done.errors, ends()) == ([], {"seat_limit": end})


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ("250,2026-11-21,,", "until:seats", "Choose a day after 21 Nov 2026: the first day without the value."),
        ("250,2020-01-01,,", "until:seats", "Choose a day after 21 Nov 2026: the first day without the value."),
        ("250,3000-01-01,,", "until:seats", "Choose a day before the year 3000, or none."),
        ("250,soon,,", "until:seats", "“soon” is no date. Write it as 2027-06-30. Or write never."),
        (",2027-06-30,,", "until:seats", "Fill in override:seats too: this is the first day without that value."),
        (
            "standard,2027-06-30,,",
            "until:seats",
            "The standard has no end. Leave this cell empty, or write a value.",
        ),
        ("250,,,2027-06-30", "until:sso", "Fill in override:sso too: this is the first day without that value."),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_what_is_wrong_is_said_of_its_cell(
    cast: Cast, there: Entitlement, cells: str, column: str, sentence: str, is_new: bool
) -> None:
    done = bring_in(cast, "entitlements", f"{NEW}{cells}\n" if is_new else line_for(there, cells))
    assert errors(done) == [(2, column, sentence)]
    assert ends() == {"seat_limit": JUNE}


def test_a_value_that_cannot_be_read_is_said_once(cast: Cast) -> None:
    assert look(cast, "entitlements", NEW + "many,2027-06-30,,\n").said == [(2, "override:seats")]


def test_one_right_has_one_end(cast: Cast) -> None:
    head = "account_reference,customer,order_reference,sku,override:seats,until:seats,until:seat_limit\n"
    done = look(cast, "entitlements", head + "C-1,Halden,SO-1,SILVER-ANNUAL,250,2027-06-30,2027-07-31\n")
    assert errors(done) == [(2, "until:seat_limit", "The column until:seats is the same right. Keep one of the two.")]


def test_a_right_that_is_not_there_is_said(cast: Cast) -> None:
    head = "account_reference,customer,order_reference,sku,until:wings\n"
    [(line, column, text)] = errors(look(cast, "entitlements", head + "C-1,H,SO-1,SILVER-ANNUAL,2027-06-30\n"))
    assert (line, column) == (2, "until:wings")
    assert "has no right of this name" in text
