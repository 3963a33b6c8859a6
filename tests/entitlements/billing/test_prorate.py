"""``manage.py prorate``: every line has an answer, whatever it is, and the last word is the exit code."""

import json
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from config.actors import NotStarted
from entitlements.billing.json_lines import LONGEST_LINE, answer, read_lines

CHECKOUT = Path(__file__).resolve().parents[3]
QUESTION = {
    "period_start": "2027-01-01",
    "period_end": "2027-02-01",
    "change_on": "2027-01-11",
    "amount": "100.00",
    "price": "150.00",
    "quantity": 1,
    "currency": "EUR",
    "method": "actual",
    "already_credited": "0.00",
}
UPGRADE = {"days": 21, "of": 31, "fraction": "21/31", "credit": "-67.74", "charge": "101.61", "net": "33.87"}
JSON_TYPES = {"true": True, "list": [], "object": {}, "nested": [[["2027-01-01"]]], "word": "x", "space": " ", "": ""}


def line(**fields: Any) -> bytes:
    return json.dumps(QUESTION | fields).encode()


def run(*lines: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], str]:
    """Return the answers to lines on standard input, and the exit code with what is said at the end."""
    stdin = StringIO()
    stdin.buffer = BytesIO(b"\n".join(lines))  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdin", stdin)
    output, ended = StringIO(), ""
    try:
        call_command("prorate", stdout=output)
    except CommandError as error:
        ended = f"{error.returncode}: {error}"
    return [json.loads(text) for text in output.getvalue().splitlines()], ended


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, UPGRADE),
        ({"method": None, "quantity": None, "already_credited": None}, UPGRADE),
        ({"amount": 100, "price": 150.00}, UPGRADE),
        ({"already_credited": "40"}, UPGRADE | {"credit": "-60.00", "net": "41.61"}),
        ({"amount": None}, UPGRADE | {"credit": "0.00", "net": "101.61"}),
        ({"price": None}, UPGRADE | {"charge": "0.00", "net": "-67.74"}),
        ({"price": "10", "quantity": 12}, UPGRADE | {"charge": "81.29", "net": "13.55"}),
        (
            {"method": "strict_30_360"},
            {"days": 20, "of": 30, "fraction": "2/3", "credit": "-66.67", "charge": "100.00", "net": "33.33"},
        ),
        (
            {"method": "actual_30"},
            {"days": 21, "of": 30, "fraction": "7/10", "credit": "-70.00", "charge": "105.00", "net": "35.00"},
        ),
        (
            {"change_on": "2027-01-01"},
            {"days": 31, "of": 31, "fraction": "1/1", "credit": "-100.00", "charge": "150.00", "net": "50.00"},
        ),
        (
            {"change_on": "2027-02-01"},
            {"days": 0, "of": 31, "fraction": "0/1", "credit": "0.00", "charge": "0.00", "net": "0.00"},
        ),
        ({"currency": "JPY"}, UPGRADE | {"credit": "-68", "charge": "102", "net": "34"}),
        (
            {"currency": "BHD", "amount": "100.125"},
            UPGRADE | {"credit": "-67.827", "charge": "101.613", "net": "33.786"},
        ),
        (
            {"price": "9" * 15, "quantity": 10**15 - 1, "change_on": "2027-01-01"},
            {
                "days": 31,
                "of": 31,
                "fraction": "1/1",
                "credit": "-100.00",
                "charge": "999999999999998000000000000001.00",
                "net": "999999999999997999999999999901.00",
            },
        ),
    ],
)
def test_a_question_is_answered_in_the_smallest_part_of_the_currency(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert answer(line(**fields)) == expected


def test_what_has_a_standard_may_be_left_out() -> None:
    short = {name: QUESTION[name] for name in QUESTION if name not in ("quantity", "method", "already_credited")}
    assert answer(json.dumps(short).encode()) == UPGRADE


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"period_start": "2027-02-30"}, "period_start: Write a day of the calendar as YYYY-MM-DD"),
        ({"period_start": "20270131"}, "period_start: Write a day"),
        ({"period_end": 20270201}, "period_end: Write a day"),
        ({"change_on": "２０２７-01-11"}, "change_on: Write a day"),
        ({"change_on": None}, "change_on: Write a day"),
        ({"change_on": "0000-01-01"}, "change_on: Write a day"),
        ({"period_end": "2027-01-01"}, "A billing period ends after its start, 2027-01-01"),
        ({"period_end": "2026-12-01"}, "2026-12-01 is no end of it"),
        ({"change_on": "2026-12-31"}, "Choose a day within it, not 2026-12-31"),
        ({"change_on": "2027-02-02"}, "Choose a day within it, not 2027-02-02"),
        ({"amount": "-1"}, "amount: Write an amount of 0 or more"),
        ({"amount": -1}, "amount: Write an amount of 0 or more"),
        ({"amount": "1e3"}, "amount: Write an amount"),
        ({"amount": "1,000.00"}, "amount: Write an amount"),
        ({"amount": "NaN"}, "amount: Write an amount"),
        ({"amount": "1" * 16}, "with up to 15 digits before the point"),
        ({"amount": "100.005"}, "amount: EUR has 2 places. Write the amount as it was billed."),
        ({"amount": "100.5", "currency": "JPY"}, "amount: JPY has 0 places"),
        ({"price": "٣"}, "price: Write an amount"),
        ({"already_credited": "0.001"}, "already_credited: EUR has 2 places"),
        ({"already_credited": "100.01"}, "already_credited: Write no more than the amount that was billed."),
        ({"already_credited": "0.01", "amount": None}, "already_credited: Write no more"),
        ({"quantity": -1}, "quantity: Write a whole number of 0 or more"),
        ({"quantity": 1.5}, "quantity: Write a whole number"),
        ({"quantity": "1"}, "quantity: Write a whole number"),
        ({"quantity": True}, "quantity: Write a whole number"),
        ({"quantity": 10**15}, "quantity: Write a whole number"),
        ({"currency": "ABC"}, "currency: ABC is no currency of ISO 4217"),
        ({"currency": "eur"}, "currency: Write the currency as EUR."),
        ({"currency": None}, "currency: Write three capital letters"),
        ({"currency": 978}, "currency: Write three capital letters"),
        ({"currency": "\ud800"}, "currency: This is no currency code"),
        ({"method": "30/360"}, "method: Write one of actual, actual_30, strict_30_360."),
        ({"method": ["actual"]}, "method: Write one of"),
        ({"amuont": "1"}, "amuont: There is no such field. Leave it out."),
        ({"\ud800": "1"}, "There is no such field"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(fields: dict[str, Any], sentence: str) -> None:
    found = answer(line(**fields))
    assert list(found) == ["error"]
    assert sentence in found["error"]


@pytest.mark.parametrize("name", ["period_start", "period_end", "change_on", "amount", "price", "currency"])
def test_a_field_that_is_missing_is_named(name: str) -> None:
    rest = {other: value for other, value in QUESTION.items() if other != name}
    assert answer(json.dumps(rest).encode()) == {"error": f"{name}: Write this field."}


@pytest.mark.parametrize("value", JSON_TYPES.values(), ids=JSON_TYPES)
@pytest.mark.parametrize("name", QUESTION)
def test_a_value_of_another_type_is_an_error_of_its_field(name: str, value: object) -> None:
    assert answer(line(**{name: value}))["error"].startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "This is no JSON"),
        (b"{", "This is no JSON"),
        (b"{} {}", "This is no JSON"),
        (b"\xff\xfe{}", "This is no JSON"),
        (b"\0", "This is no JSON"),
        (b"[" * LONGEST_LINE, "This is no JSON"),
        (b'{"a":' * 1900, "This is no JSON"),
        (b"1" * 9_000, "Write an object"),
        (b"[]", "Write an object"),
        (b"null", "Write an object"),
        (b'{"amount": NaN}', "NaN and Infinity are no JSON"),
        (b'{"amount": -Infinity}', "NaN and Infinity are no JSON"),
        (b'{"amount": 1, "amount": 2}', "A field is there twice"),
        (None, "longer than 10,000 bytes"),
    ],
    ids=str,
)
def test_a_line_that_is_no_question_is_an_error(text: bytes | None, sentence: str) -> None:
    assert sentence in answer(text)["error"]


@pytest.mark.parametrize("number", [b"9" * 5000, b"1e999999999", b"1" + b"0" * 400 + b".5", b"-0"])
@pytest.mark.parametrize("name", [b"amount", b"price", b"quantity", b"already_credited"])
def test_a_huge_number_is_an_error_at_once(name: bytes, number: bytes) -> None:
    others = {other: value for other, value in QUESTION.items() if other != name.decode()}
    text = json.dumps(others).encode()[:-1] + b', "%s": %s}' % (name, number)
    assert answer(text)["error"].startswith(f"{name.decode()}: Write a")


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5), st.data()
)
def test_no_value_of_any_field_is_more_than_an_error(value: object, data: st.DataObject) -> None:
    found = answer(line(**{data.draw(st.sampled_from(list(QUESTION))): value}))
    assert set(found) in ({"error"}, set(UPGRADE))
    assert json.loads(json.dumps(found)) == found


@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_an_error(text: bytes) -> None:
    assert list(answer(text)) == ["error"]


class Measured(BytesIO):
    """A file that notes the longest line that was read of it."""

    longest = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        found = super().readline(size)
        self.longest = max(self.longest, len(found))
        return found


def test_a_line_without_end_is_never_held_whole() -> None:
    longest = b"1" * LONGEST_LINE
    file = Measured(b"\n".join([b"1" * 10_000_000, longest, longest + b"1", b"2"]))
    assert list(read_lines(file)) == [None, longest + b"\n", None, b"2"]
    assert file.longest == LONGEST_LINE + 1


def test_lines_are_answered_in_order_and_errors_end_in_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, ended = run(line(), b"x", line(currency="XYZ"), b"\xef\xbb\xbf" + line(), monkeypatch=monkeypatch)
    assert [list(each) == ["error"] for each in answers] == [False, True, True, False]
    assert (answers[0], answers[3]) == (UPGRADE, UPGRADE)
    assert ended == "1: 2 of 4 lines could not be answered. Each says what to write."


def test_without_an_error_nothing_more_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(line(), line(), monkeypatch=monkeypatch) == ([UPGRADE, UPGRADE], "")
    assert run(monkeypatch=monkeypatch) == ([], "")


def test_a_file_is_read_instead(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(line() + b"\n")
    output = StringIO()
    call_command("prorate", str(path), stdout=output)
    assert json.loads(output.getvalue()) == UPGRADE


@pytest.mark.parametrize("name", ["missing.jsonl", "", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotStarted, match="FILE: ") as found:
        call_command("prorate", str(tmp_path / name), stdout=StringIO())
    assert found.value.returncode == 2


def test_the_program_itself_answers_hostile_lines_without_a_traceback() -> None:
    asked = b"\n".join([line(), b"[" * 9_000, b"9" * 10_000_000, b"\xff", line(amount=None, price=None)])
    command = [sys.executable, "manage.py", "prorate"]
    ran = subprocess.run(command, input=asked, cwd=CHECKOUT, capture_output=True, check=False)
    answers = [json.loads(text) for text in ran.stdout.splitlines()]
    assert [list(each) == ["error"] for each in answers] == [False, True, True, True, False]
    assert ran.returncode == 1
    assert ran.stderr == b"CommandError: 3 of 5 lines could not be answered. Each says what to write.\n"


def test_a_reader_that_goes_away_ends_it_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes((line() + b"\n") * 3_000)
    command = [sys.executable, "manage.py", "prorate", str(path)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.readline()
        ran.stdout.close()
        said = ran.stderr.read()
    assert said == b"CommandError: Standard output was closed before all lines were answered.\n"
    assert ran.returncode == 1
