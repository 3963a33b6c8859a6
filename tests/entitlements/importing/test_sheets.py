"""CSV files as spreadsheets write them: delimiters, quotes, marks, encodings, and what is no such file."""

from io import BytesIO
from typing import Any

import pytest

from entitlements.importing import sheets
from entitlements.importing.encodings import UnreadableFile, find_encoding
from entitlements.importing.sheets import OVERRIDE, Row, Sheet, plain

KNOWN = ("account_reference", "name", OVERRIDE)
ROWS = [("C-1", "Müller"), ("C-2", "Léa")]


def sheet(data: str | bytes, **options: Any) -> Sheet:
    file = BytesIO(data.encode() if isinstance(data, str) else data)
    return Sheet(file, known=KNOWN, required=("account_reference",), **options)


def cells(data: str | bytes, **options: Any) -> list[tuple[str, ...]]:
    return [tuple(row.cells.values()) for row in sheet(data, **options).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_dialect_of_a_spreadsheet_reads_the_same(encoding: str, delimiter: str, end: str) -> None:
    lines = [("account_reference", "name"), *ROWS]
    text = end.join(delimiter.join(line) for line in lines) + end
    assert cells(text.encode(encoding)) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark_alone(encoding: str) -> None:
    text = "account_reference;name\nC-1;Müller\n"
    assert cells(("\ufeff" + text).encode(encoding)) == ROWS[:1]
    with pytest.raises(UnreadableFile, match="UTF-16 without a byte order mark"):
        sheet(text.encode(encoding))


@pytest.mark.parametrize(
    "head",
    [
        "Account reference;NAME",
        '"account_reference";"name"',
        "sep=;\naccount_reference;name",
        ";;\n\nACCOUNT-REFERENCE ; Name;;",
    ],
)
def test_a_head_is_read_in_any_spelling(head: str) -> None:
    assert sheet(f"{head}\nC-1;x\n").head.columns == ("account_reference", "name")


def test_rows_have_the_number_of_the_line_they_start_in() -> None:
    text = 'account_reference,name\n\nA,"two\nlines"\n,,\nB,b\n'
    assert [(row.line, row.cells["account_reference"]) for row in sheet(text).rows()] == [(3, "A"), (6, "B")]


def test_quotes_hold_delimiters_and_quotes() -> None:
    assert cells('account_reference,name\n"C-1","Kline, ""K"" & Co"\n') == [("C-1", 'Kline, "K" & Co')]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  C-1 ", "C-1"),
        ('="00123"', "00123"),
        ("'=SUM(A1)", "=SUM(A1)"),
        ("'Tis", "'Tis"),
        ('="a""b"', 'a"b'),
        ("=1+1", "=1+1"),
    ],
)
def test_what_spreadsheets_put_around_a_text_goes(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize("tail", ["," * 900_000, ", " * 400_000])
def test_empty_names_at_the_end_of_the_first_line_are_left_out_at_any_length(tail: str) -> None:
    assert sheet(f"account_reference,name{tail}\n").head.columns == ("account_reference", "name")


def test_more_columns_than_may_be_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="a file may have 200 columns"):
        sheet("account_reference," * 300 + "name\n")


def test_override_columns_keep_the_name_of_their_right() -> None:
    assert sheet("account_reference,Override: Single sign-on\n").head.columns[1] == "override:Single sign-on"


def test_a_row_that_cannot_be_read_is_said_and_the_next_one_is_read() -> None:
    found = list(sheet('account_reference,name\nA,"x"y\nB,b,c\nC,c\n').rows())
    assert [row.line for row in found] == [2, 3, 4]
    assert ["quotes" in row.problem for row in found] == [True, True, False]
    assert found[2] == Row(4, {"account_reference": "C", "name": "c"})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("account_reference,colour\n", "there is no column “colour”"),
        ("account_reference,account reference\n", "is there twice"),
        ("account_reference,,name\n", "a column has no name"),
        ("name\n", "the column account_reference is missing"),
        ("a,b\n", "no column of this import"),
        (",,\n,,\n", "has no lines"),
        ("account_reference" + ",override:a" * 3 + "\n", "is there twice"),
        (",".join(["account_reference", *(f"override:{n}" for n in range(200))]) + "\n", "may have 200 columns"),
        ("account_reference\n".encode("utf-32"), "UTF-32"),
        (b"PK\x03\x04", "workbook"),
        (b"account_reference\x00", "no text"),
    ],
)
def test_what_is_no_file_of_the_import_says_what_to_do(data: Any, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        sheet(data)


def test_a_line_without_an_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LONGEST_LINE", 100)
    with pytest.raises(UnreadableFile, match="Line 2 has no end"):
        cells("account_reference\n" + "x" * 200)


@pytest.mark.parametrize("text", ["Müller", "Société", "Großmann & Söhne", "“quoted” – 5 €", "ASCII"])
def test_windows_1252_is_read_where_every_latin_alphabet_agrees(text: str) -> None:
    assert cells(f"account_reference,name\nC-1,{text}\n".encode("cp1252")) == [("C-1", text)]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Kučera", "cp1250"),
        ("Łódź", "cp1250"),
        ("Привет", "cp1251"),
        ("Αθήνα", "cp1253"),
        ("Crème", "cp1252"),
        ("Ä", "cp1252"),
    ],
)
def test_any_other_text_is_refused_with_its_line_and_read_by_a_named_encoding(text: str, encoding: str) -> None:
    data = f"account_reference,name\nC-1,{text}\n".encode(encoding)
    with pytest.raises(UnreadableFile, match=r"Line 2 .*CSV UTF-8"):
        sheet(data)
    assert cells(data, encoding=encoding) == [("C-1", text)]


def test_a_mark_wins_over_a_named_encoding() -> None:
    assert find_encoding(BytesIO("\ufeffx".encode()), "cp1251") == "utf-8-sig"


def test_a_wrong_named_encoding_is_said_with_its_line() -> None:
    with pytest.raises(UnreadableFile, match="not in utf-8"):
        cells(b"account_reference,name\nC-1,M\xfcller\n", encoding="utf-8")
