"""CSV files: what a spreadsheet must not run, and how they are sent."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.csv_export import BATCH, csv_cell, stream_csv


def sent(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"


def test_a_number_stays_a_number_also_below_zero():
    assert csv_cell(-5) == "-5"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (1_000_000, "1000000"),
        (Decimal("-1234.50"), "-1234.50"),
        (Decimal("1E+6"), "1000000"),
        (0.000001, "0.000001"),
        (1e20, "100000000000000000000"),
        (2**63 - 1, "9223372036854775807"),
    ],
)
def test_a_number_is_digits_alone(value, cell):
    assert csv_cell(value) == cell


def test_other_values_are_written_plainly():
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    cells = [csv_cell(value) for value in (None, True, date(2026, 3, 1), moment, "Halden")]
    assert cells == ["", "yes", "2026-03-01", "2026-03-01T09:30:00+00:00", "Halden"]


def test_the_file_is_an_attachment_with_every_row():
    response = stream_csv("seats.csv", ["Name", "Seats"], [("Halden, Inc.", 5), ('=HYPERLINK("x")', None)])
    assert response["Content-Disposition"] == 'attachment; filename="seats.csv"'
    rows = list(csv.reader(io.StringIO(sent(response), newline="")))
    assert rows == [["Name", "Seats"], ["Halden, Inc.", "5"], ['\'=HYPERLINK("x")', ""]]


def test_rows_are_read_while_the_file_is_sent():
    read = []
    rows = ((read.append(number) or number,) for number in range(3 * BATCH))
    chunks = iter(stream_csv("numbers.csv", ["Number"], rows).streaming_content)
    next(chunks)
    assert len(read) <= BATCH


def test_a_file_without_rows_has_its_header():
    assert sent(stream_csv("none.csv", ["Name"], [])) == "Name\r\n"
