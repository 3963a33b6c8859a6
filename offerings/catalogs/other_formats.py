"""Recognising files that are something else than a catalog in YAML, so that the error can name them. Pure.

Each function returns what a file is, as a noun, and what to do with it; ``None`` for a file it does not know.
"""

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple


class OtherFormat(NamedTuple):
    """What a file is (``a zip archive``), a sentence that says what to do, and what it should be, if not a catalog."""

    noun: str
    advice: str
    wanted: str = ""


CHOOSE = "Choose the YAML file itself."
UNPACK = "Unpack it, and choose the YAML file itself."
REWRITE = "Write its content as YAML, in the form that manage.py export_catalog or export_change_groups writes."
UTF_8 = "Save the file as UTF-8."
STARTS = {
    b"version https://git-lfs.github.com/spec/": OtherFormat(
        "a pointer of Git LFS", "Fetch the file that it stands for with git lfs pull."
    ),
    b"\x1f\x8b": OtherFormat("a compressed file", UNPACK),
    b"BZh": OtherFormat("a compressed file", UNPACK),
    b"\xfd7zXZ\x00": OtherFormat("a compressed file", UNPACK),
    b"\x28\xb5\x2f\xfd": OtherFormat("a compressed file", UNPACK),
    b"7z\xbc\xaf\x27\x1c": OtherFormat("a 7z archive", UNPACK),
    b"Rar!": OtherFormat("a RAR archive", UNPACK),
    b"%PDF": OtherFormat("a PDF document", CHOOSE),
    b"{\\rtf": OtherFormat("an RTF document", CHOOSE),
    b"\xd0\xcf\x11\xe0": OtherFormat("an old Office document", CHOOSE),
    b"\x89PNG": OtherFormat("a picture", CHOOSE),
    b"\xff\xd8\xff": OtherFormat("a picture", CHOOSE),
    b"GIF8": OtherFormat("a picture", CHOOSE),
    b"SQLite format 3\x00": OtherFormat("a database of SQLite", CHOOSE),
    b"\x7fELF": OtherFormat("a program", CHOOSE),
    b"\xff\xfe\x00\x00": OtherFormat("text in UTF-32", UTF_8, "in UTF-8"),
    b"\x00\x00\xfe\xff": OtherFormat("text in UTF-32", UTF_8, "in UTF-8"),
    b"\xff\xfe": OtherFormat("text in UTF-16", UTF_8, "in UTF-8"),
    b"\xfe\xff": OtherFormat("text in UTF-16", UTF_8, "in UTF-8"),
}
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
IN_ZIP = {
    b"xl/": OtherFormat("an Excel workbook", CHOOSE),
    b"word/": OtherFormat("a Word document", CHOOSE),
    b"mimetypeapplication/vnd.oasis.opendocument": OtherFormat("an OpenDocument file", CHOOSE),
}
HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
XML = re.compile(r"<(?:\?xml|!--|!DOCTYPE|[A-Za-z_][\w.:-]*[\s/>])")
CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)
NAME = re.compile(r":(?:\s|$)")
SEPARATORS = ",;\t|"
ROWS_LOOKED_AT = 5


def known_bytes(data: bytes) -> OtherFormat | None:
    """Return the format of a file by its first bytes."""
    if data.startswith(ZIP):
        inside = next((found for mark, found in IN_ZIP.items() if mark in data), None)
        return inside or OtherFormat("a zip archive", UNPACK)
    found = next((found for start, found in STARTS.items() if data.startswith(start)), None)
    if found is None and _is_utf_16(data):
        return OtherFormat("text in UTF-16", UTF_8, "in UTF-8")
    return found


def undecodable(data: bytes) -> OtherFormat:
    """Return the format of a file that is no UTF-8: binary, or text in an encoding of one byte a letter."""
    controls = sum(byte < 9 or 13 < byte < 32 for byte in data[:1000])
    if controls:
        return OtherFormat("a binary file", CHOOSE)
    return OtherFormat("not text in UTF-8", f"{UTF_8} It may be in Windows-1252 or Latin-1 now.")


def known_text(text: str) -> OtherFormat | None:
    """Return the format of a text by its first letters."""
    start = text.lstrip("\ufeff \t\r\n")[:200]
    if HTML.match(start):
        return OtherFormat("a page in HTML", f"{CHOOSE} A page of prices has to be written as a catalog first.")
    if XML.match(start):
        return OtherFormat("a file in XML", REWRITE)
    if CONFLICT.search(text):
        return OtherFormat("a file with the marks of a merge", "Resolve the conflict first.")
    return None


def text_without_map(text: str) -> OtherFormat | None:
    """Return the format of a text that cannot be read as a map of YAML: JSON, or a table."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith(("{", "[")):
        try:
            return known_document(json.loads(stripped)) or OtherFormat("a file in JSON of another form", REWRITE)
        except (ValueError, RecursionError):
            return None
    rows = list(islice((row for row in stripped.splitlines() if row.strip()), ROWS_LOOKED_AT))
    for separator in SEPARATORS:
        counts = {row.count(separator) for row in rows}
        if len(rows) > 1 and len(counts) == 1 and counts != {0} and not any(map(NAME.search, rows)):
            return OtherFormat("a table in CSV", REWRITE)
    return None


def known_document(document: Any) -> OtherFormat | None:
    """Return the system whose document this is, by its fields."""
    first = _first(document)
    if isinstance(document, Mapping) and "groups" in document and len(document) == 1:
        return OtherFormat("a file of change groups", "Import it with manage.py import_change_groups.")
    name = next((name for name, is_from in _SYSTEMS.items() if is_from(_fields(document), _fields(first))), None)
    return OtherFormat(f"a file of {name}", REWRITE) if name else None


def _first(document: Any) -> Any:
    """Return the first entry of a document: of a list, or of the list in a field that lists use."""
    if isinstance(document, Mapping):
        lists = (document.get(key) for key in ("data", "list", "products", "catalog"))
        document = next((each for each in lists if isinstance(each, list)), document)
    return document[0] if isinstance(document, list) and document else document


def _fields(document: Any) -> Mapping[str, Any]:
    return document if isinstance(document, Mapping) else {}


def _starts(value: Any, *starts: str) -> bool:
    return isinstance(value, str) and value.startswith(starts)


# Each by the fields of the whole document and of its first entry; the first that fits is named.
_SYSTEMS: dict[str, Any] = {
    "Recurly": lambda root, first: "pricing_model" in first or {"object", "code", "currencies"} <= first.keys(),
    "Stripe": lambda root, first: (
        _starts(root.get("url"), "/v1/")
        or (_starts(first.get("id"), "price_", "prod_", "plan_") and "object" in first)
        or first.get("object") in ("price", "product")
    ),
    "Chargebee": lambda root, first: (
        any(key in first for key in ("item_price", "item", "plan", "addon"))
        and isinstance(next(iter(first.values())), Mapping)
    ),
    "Zuora": lambda root, first: any(key in first for key in ("productRatePlans", "productRatePlanCharges")),
    "Paddle": lambda root, first: _starts(first.get("id"), "pri_", "pro_"),
    "Lemon Squeezy": lambda root, first: "jsonapi" in root,
    "OpenAPI": lambda root, first: "openapi" in root or "swagger" in root,
}


def _is_utf_16(data: bytes) -> bool:
    """Tell whether most letters have a zero byte beside them, as Latin text in UTF-16 has."""
    start = data[:200]
    return len(start) >= 8 and max(start[::2].count(0), start[1::2].count(0)) * 2 > len(start) * 0.8
