"""The empty file of an import: its columns, and one line as an example."""

import csv
from collections.abc import Iterator
from io import StringIO

from entitlements.importing.imports import Import


def template_rows(kind: type[Import]) -> Iterator[list[str]]:
    """Yield the head and the example of an import."""
    yield list(kind.example)
    yield list(kind.example.values())


def template_text(kind: type[Import]) -> str:
    """Return the template as CSV, with the line ends of the terminal."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(template_rows(kind))
    return text.getvalue()
