"""Find the encoding of a text file: by its byte order mark, else UTF-8, else Windows-1252 where there is no doubt.

A file is read in pieces, so that its size does not matter.
"""

import codecs
import re
from collections.abc import Iterator
from io import SEEK_SET
from typing import BinaryIO

PIECE = 64 * 1024
HOW_TO_SAVE = "In Excel, choose “Save as” and the type “CSV UTF-8 (Comma delimited)”."
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
}
"""The encodings a person may name for a file without a byte order mark."""
LATIN_PAGES = ("cp1252", "cp1250", "cp1254", "cp1257")


class UnreadableFile(ValueError):
    """A file cannot be read at all. The message is a sentence that says what to do."""


def find_encoding(file: BinaryIO, chosen: str = "") -> str:
    """Return the name of the encoding of a file, which is at its start afterwards.

    ``chosen`` is what a person says; a byte order mark wins over it. Raises ``UnreadableFile`` where nothing is sure.
    """
    file.seek(0, SEEK_SET)
    start = file.read(PIECE)
    file.seek(0, SEEK_SET)
    if not start.strip():
        raise UnreadableFile("This file is empty. Choose another one, or start from the template.")
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile(f"This file is in UTF-32. {HOW_TO_SAVE}")
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(f"This is a workbook, not a CSV file. {HOW_TO_SAVE}")
    if b"\0" in start:
        raise UnreadableFile(f"This file is no text, or text in UTF-16 without a byte order mark. {HOW_TO_SAVE}")
    return chosen or _without_mark(file)


def _without_mark(file: BinaryIO) -> str:
    try:
        if _is_utf8(file):
            return "utf-8"
        for number, line in _lines(file):
            if word := _doubtful_word(line):
                readings = " or ".join(f"“{each}”" for each in _readings(word))
                raise UnreadableFile(
                    f"Line {number:,} is not in UTF-8, and can be read in several ways: {readings}. "
                    f"{HOW_TO_SAVE} Or name the encoding of the file."
                )
        return "cp1252"
    finally:
        file.seek(0, SEEK_SET)


def _is_utf8(file: BinaryIO) -> bool:
    file.seek(0, SEEK_SET)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line; a very long line comes in pieces."""
    file.seek(0, SEEK_SET)
    number = 1
    while line := file.readline(PIECE):
        yield number, line
        number += line.endswith(b"\n")


def _doubtful_word(line: bytes) -> bytes:
    """Return the first word of a line that not every Latin alphabet of Windows spells alike; empty where all do.

    A word of Greek or Cyrillic has no letter of ASCII, so a word of other letters alone is doubtful too.
    """
    if line.isascii():
        return b""
    text = line.decode("latin-1")
    for match in re.finditer(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]+", text):
        word = match[0].encode("latin-1")
        if not word.isascii() and len(_readings(word)) > 1:
            return word
        shown = word.decode("cp1252", "replace")
        if any(letter.isalpha() and not letter.isascii() for letter in shown) and not re.search("[A-Za-z]", shown):
            return word
    return b""


def _readings(word: bytes) -> list[str]:
    found = []
    for page in LATIN_PAGES:
        try:
            found.append(word.decode(page))
        except UnicodeDecodeError:
            found.append(word.decode(page, "replace"))
    return list(dict.fromkeys(found))
