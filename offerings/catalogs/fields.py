"""Typed reading of the maps of a catalog file, for every dialect.

A wrong type raises ``CatalogError`` at its place; ``Notes`` collects what is odd but no error.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from config.numbers import LARGEST, NotANumber, has_two_readings, read_whole, two_readings
from offerings import rights
from offerings.catalogs.values import CatalogWarning, ValueType
from offerings.catalogs.yaml_source import Node
from offerings.rights import UNLIMITED, InvalidValue, Kind, Right, Value

_RULES = {
    ValueType.BOOLEAN: Right("boolean", Kind.FLAG, "true or false"),
    ValueType.NUMERIC: Right("number", Kind.NUMBER, "a number"),
    ValueType.TEXT: Right("text", Kind.TEXT, "text"),
}


@dataclass(slots=True)
class Notes:
    """The oddities of a file: warnings, and unknown fields by place."""

    warnings: list[CatalogWarning] = field(default_factory=list)
    unknown: dict[str, Any] = field(default_factory=dict)

    def warn(self, node: Node, text: str) -> None:
        """Add a warning about ``node``."""
        self.warnings.append(CatalogWarning(f"{node.dotted} (line {node.line})", text))


class Fields:
    """The fields of one map. ``close`` keeps the fields that no method read, and warns about them."""

    def __init__(self, node: Node, notes: Notes) -> None:
        self.node, self.notes = node, notes
        self.entries = as_map(node)
        self.read_keys: set[str] = set()

    def get(self, key: str) -> Node | None:
        """Return a field; ``None`` where it is absent or empty."""
        self.read_keys.add(key)
        node = self.entries.get(key)
        return None if node is None or node.value is None else node

    def need(self, key: str) -> Node:
        """Return a field; raise ``CatalogError`` where the field is absent or empty."""
        node = self.get(key)
        if node is None:
            raise (self.entries.get(key) or self.node).error(f'"{key}" is missing here. Add it.')
        return node

    def text(self, key: str) -> str:
        """Return a text as written, numbers and dates included; empty where absent."""
        node = self.get(key)
        return "" if node is None else as_text(node)

    def flag(self, key: str) -> bool:
        """Return true or false; false where absent."""
        node = self.get(key)
        if node is not None and not isinstance(node.value, bool):
            raise node.error(f"This is {node.type_name}. Write true or false.")
        return node is not None and bool(node.value)

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names; empty where absent."""
        node = self.get(key)
        return () if node is None else tuple(as_text(item) for item in as_list(node))

    def maps(self, key: str) -> Iterator[tuple[str, Node]]:
        """Yield the entries of a map, or of a list of maps with "name", by name; none where absent or empty."""
        node = self.get(key)
        yield from () if node is None else as_named(node).items()

    def keep(self, *keys: str) -> dict[str, Any]:
        """Return the present ones of these fields as plain JSON."""
        found = ((key, self.get(key)) for key in keys)
        return {key: plain(node) for key, node in found if node is not None}

    def close(self) -> None:
        """Keep every field that no method read, and warn about it."""
        for key, node in self.entries.items():
            if key not in self.read_keys:
                similar = get_close_matches(key.lower(), {known.lower(): known for known in self.read_keys}, n=1)
                hint = next((f" Perhaps {known} is meant." for known in self.read_keys if known.lower() in similar), "")
                self.notes.unknown[node.dotted] = plain(node)
                self.notes.warn(node, f"This name is not part of the format; it is kept, without effect.{hint}")


def as_map(node: Node) -> dict[str, Node]:
    """Return the entries of a map."""
    if not isinstance(node.value, dict):
        raise node.error(f"This is {node.type_name}. Write a map of names.")
    return node.value


def as_named(node: Node) -> dict[str, Node]:
    """Return the entries of a map, or of a list of maps with "name", by name."""
    return _by_name(node) if isinstance(node.value, list) else as_map(node)


def _by_name(node: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for item in as_list(node):
        entries = as_map(item)
        if "name" not in entries:
            raise item.error('"name" is missing here. Add it.')
        name = as_text(entries["name"])
        if name in found:
            raise entries["name"].error("This name stands here twice. Keep one of them.")
        facts = {key: entry for key, entry in entries.items() if key != "name"}
        found[name] = replace(item, value=facts, path=(*node.path, name))
    return found


def as_list(node: Node) -> list[Node]:
    """Return the items of a list."""
    if not isinstance(node.value, list):
        raise node.error(f"This is {node.type_name}. Write a list.")
    return node.value


def as_text(node: Node) -> str:
    """Return a scalar as written."""
    if isinstance(node.value, dict | list) or node.value is None:
        raise node.error(f"This is {node.type_name}. Write text.")
    return node.raw


def as_decimal(node: Node) -> Decimal:
    """Return a number exactly; raise ``CatalogError`` for one that can be read in two ways, such as 1.200."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | Decimal):
        raise node.error(f"This is {node.type_name}. Write a number.")
    if has_two_readings(node.raw):
        raise node.error(two_readings(node.raw))
    return Decimal(node.value)


def as_whole(node: Node, *, least: int = -LARGEST, most: int = LARGEST) -> int:
    """Return a whole number by the grammar of ``config.numbers``; raise ``CatalogError`` for anything else."""
    if isinstance(node.value, dict | list | bool) or node.value is None:
        raise node.error(f"This is {node.type_name}. Write a whole number.")
    try:
        return read_whole(node.raw, least=least, most=most)
    except NotANumber as error:
        raise node.error(str(error)) from error


def as_value(node: Node, value_type: ValueType) -> Value:
    """Return the value of a feature or limit; a list of texts becomes one text, ``.inf`` the word "unlimited"."""
    value = _READERS[value_type](node)
    try:
        rights.validate(_RULES[value_type], value)
    except InvalidValue as error:
        raise node.error(str(error)) from error
    return value


def _boolean(node: Node) -> Value:
    if not isinstance(node.value, bool):
        raise node.error(f"This is {node.type_name}; the value type is BOOLEAN. Write true or false.")
    return node.value


def _number(node: Node) -> Value:
    if isinstance(node.value, bool) or not isinstance(node.value, int | Decimal):
        raise node.error(f"This is {node.type_name}; the value type is NUMERIC. Write a number, or .inf for no limit.")
    if isinstance(node.value, Decimal) and node.value.is_infinite():
        if node.value < 0:
            raise node.error("A limit below every number grants nothing. Write 0, or .inf for no limit.")
        return UNLIMITED
    number = as_decimal(node)
    return node.value if isinstance(node.value, int) else float(number)


def _text(node: Node) -> Value:
    if isinstance(node.value, list):
        return ", ".join(as_text(item) for item in node.value)
    if not isinstance(node.value, str):
        raise node.error(f"This is {node.type_name}; the value type is TEXT. Write text, in quotes.")
    return node.value


_READERS = {ValueType.BOOLEAN: _boolean, ValueType.NUMERIC: _number, ValueType.TEXT: _text}


def plain(node: Node) -> Any:
    """Return a node as plain JSON; fractions and infinities stay as written."""
    if isinstance(node.value, dict):
        return {key: plain(entry) for key, entry in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.raw if isinstance(node.value, Decimal) else node.value
