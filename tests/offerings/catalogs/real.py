"""The real catalogs the import is tested with, and what an independent script says they mean."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[2] / "offerings" / "catalogs" / "demo"
NO_LIMIT = (10**12, 10**13)  # what Planable and Slack write for "no limit"
FILES = {path.stem: path for path in sorted([*(HERE / "files").glob("*.yml"), *DEMO.glob("*.yml")])}


def expected(name: str) -> dict[str, Any]:
    """Return what a catalog means, its values as rights store them."""
    return as_stored(json.loads((HERE / "expected" / f"{name}.json").read_text(encoding="utf-8")))


def as_stored(value: Any) -> Any:
    """Return a value of an expected file as it is stored: "unlimited" as the word, also for a number that means it."""
    if value == {"unlimited": True} or (type(value) is int and value in NO_LIMIT):
        return "unlimited"
    if isinstance(value, dict):
        return {key: as_stored(entry) for key, entry in value.items()}
    return value


def joined(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with each list as the one text it is stored as."""
    return {name: ", ".join(value) if isinstance(value, list) else value for name, value in values.items()}
