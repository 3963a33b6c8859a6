"""Write the table of corruptions as a document: ``python -m tests.entitlements.engine.corruption_document``."""

from collections.abc import Iterator
from pathlib import Path

from tests.entitlements.engine.corruptions import CAUGHT, CORRUPTIONS, REFUSED, UNSEEN, Corruption

DOCUMENT = Path(__file__).parents[3] / "docs" / "corruptions.md"
HEAD = """# What the checks see and what they cannot

Each line is a corruption by raw SQL, tried on SQLite and PostgreSQL against a set in which nothing was wrong. Where
rows are written once, the triggers were switched off first, as only the owner of the database can.
"""


def as_markdown() -> str:
    """Return the table in three parts: caught, refused by the database, seen by neither."""
    return "\n".join([HEAD, *_caught(), "", *_refused(), "", *_unseen(), ""])


def _rows(outcome: str) -> list[Corruption]:
    return [row for row in CORRUPTIONS if row.outcome == outcome]


def _caught() -> Iterator[str]:
    rows = _rows(CAUGHT)
    yield f"## {len(rows)} are caught by `manage.py check_entitlements`\n"
    yield "| corruption | found as |\n|---|---|"
    yield from (f"| {row.name} | {', '.join(sorted(row.codes))} |" for row in rows)


def _refused() -> Iterator[str]:
    rows = _rows(REFUSED)
    yield f"## {len(rows)} are refused by the database\n"
    yield from (f"- {row.name}" for row in rows)


def _unseen() -> Iterator[str]:
    rows = _rows(UNSEEN)
    yield f"## {len(rows)} can be seen by neither\n"
    yield "| corruption | why |\n|---|---|"
    yield from (f"| {row.name} | {row.why} |" for row in rows)


if __name__ == "__main__":
    DOCUMENT.write_text(as_markdown())
