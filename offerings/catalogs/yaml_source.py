"""Loading a YAML file that may be hostile: plain maps, lists and scalars, each with its place.

Scalars follow the core schema of YAML 1.2 (``yes`` is text, ``1e12`` a number, a bare date text). Numbers are exact:
``int`` or ``Decimal``, never ``float``. The nodes are built from parser events, so that no tag of a file constructs an
object, and the depth is limited before memory runs out. Pure except for ``read_bytes``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.other_formats import OtherFormat, known_bytes, known_text, text_without_map, undecodable

LARGEST_FILE = 2 * 1024 * 1024
DEEPEST = 20
LONGEST_NUMBER = 40
LARGEST_EXPONENT = 30

Scalar: TypeAlias = str | int | Decimal | bool | None

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
LONG_EXPONENT = re.compile(r"[eE][-+]?[0-9]{4,}")
INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
NOT_A_NUMBER = re.compile(r"\.(?:nan|NaN|NAN)")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
TAG_PREFIX = "tag:yaml.org,2002:"
PLAIN_TAGS = {None, "!", f"{TAG_PREFIX}str", f"{TAG_PREFIX}map", f"{TAG_PREFIX}seq"}


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file and its place. ``raw`` is a scalar as written."""

    value: "Scalar | dict[str, Node] | list[Node]"
    raw: str
    file: str
    path: tuple[str, ...]
    line: int

    @property
    def dotted(self) -> str:
        """Return the place inside the file: ``plans.PRO.price``."""
        return ".".join(key if len(key) <= 60 else f"{key[:57]}..." for key in self.path)

    @property
    def type_name(self) -> str:
        """Return the type of the value in plain words."""
        names = {dict: "a map", list: "a list", str: "text", bool: "true or false", type(None): "empty"}
        return names.get(type(self.value), "a number")

    def error(self, reason: str) -> CatalogError:
        """Return an error with the place of the node."""
        return CatalogError(
            self.file, f"{self.dotted} (line {self.line})" if self.path else f"line {self.line}", reason
        )


def read_bytes(path: Path) -> bytes:
    """Return the content of a file; raise ``CatalogError`` for an unreadable file and for one above 2 MB."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CatalogError(str(path), "", f"The file cannot be read: {error.strerror or error}.") from error
    if len(data) > LARGEST_FILE:
        raise CatalogError(str(path), "", "The file is larger than 2 MB; what is read here is far smaller.")
    return data


def load(data: bytes, *, file: str, holds: str = "a price catalog") -> Node:
    """Return the one map of a file; raise ``CatalogError`` for anything else.

    ``file`` is its name in messages, ``holds`` a noun for its content.
    """
    text = _decode(data, file=file, holds=holds)
    try:
        root = _Builder(text, file).document(holds)
    except yaml.YAMLError as error:
        if other := text_without_map(text):
            raise _other_format(other, file=file, holds=holds) from error
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise CatalogError(
            file, f"line {mark.line + 1}" if mark else "", f"This is not valid YAML: {reason}."
        ) from error
    if not isinstance(root.value, dict):
        if other := text_without_map(text):
            raise _other_format(other, file=file, holds=holds)
        raise root.error(f"The file holds {root.type_name}; {holds} is a map that starts with its names.")
    return root


def _decode(data: bytes, *, file: str, holds: str) -> str:
    """Return the text of a file in UTF-8; raise ``CatalogError`` that names any other format."""
    if other := known_bytes(data):
        raise _other_format(other, file=file, holds=holds)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        other = undecodable(data)
        raise CatalogError(file, f"byte {error.start + 1}", f"This is {other.noun}. {other.advice}") from error
    if other := known_text(text):
        raise _other_format(other, file=file, holds=holds)
    return text


def _other_format(other: OtherFormat, *, file: str, holds: str) -> CatalogError:
    return CatalogError(file, "", f"This is {other.noun}, not {other.wanted or holds}. {other.advice}")


class _Builder:
    """Builds nodes from the parser's events, one document of limited depth."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self, holds: str) -> Node:
        next(self.events)  # start of stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise CatalogError(self.file, "", "The file is empty.")
        root = self.node(next(self.events), ())
        next(self.events)  # end of document
        rest = next(self.events)
        if not isinstance(rest, yaml.StreamEndEvent):
            raise self.error(rest, (), f"A second document starts here. A file is {holds} and nothing else.")
        return root

    def node(self, event: Any, path: tuple[str, ...], *, line: int | None = None) -> Node:
        self.refuse_tricks(event, path)
        value: Scalar | dict[str, Node] | list[Node]
        raw = ""
        if isinstance(event, yaml.MappingStartEvent):
            value = self.read_map(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.read_list(path)
        else:
            raw = self.text(event, path)
            is_plain = event.implicit[0] and event.tag is None
            value = self.scalar(event, raw, path) if is_plain else raw
        return Node(value, raw, self.file, path, line or _line(event))

    def refuse_tricks(self, event: Any, path: tuple[str, ...]) -> None:
        if len(path) > DEEPEST:
            raise self.error(event, path[:3], f"The file is nested more than {DEEPEST} levels deep.")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self.error(event, path, "Anchors and aliases (& and *) are not read. Write the value out.")
        if event.tag not in PLAIN_TAGS:
            raise self.error(event, path, f"The tag {event.tag[:60]} is not read. Leave it out.")

    def read_map(self, path: tuple[str, ...]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.refuse_tricks(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.error(event, path, "A name is text, not a map or a list.")
            name = self.text(event, path)
            if name in entries:
                raise self.error(event, (*path, name), "This name stands here twice. Keep one of them.")
            entries[name] = self.node(next(self.events), (*path, name), line=_line(event))
        return entries

    def read_list(self, path: tuple[str, ...]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, str(len(items) + 1))))
        return items

    def text(self, event: Any, path: tuple[str, ...]) -> str:
        text = str(event.value)
        if UNPRINTABLE.search(text):
            raise self.error(event, path, "This text holds control characters. Leave them out.")
        return text

    def scalar(self, event: Any, raw: str, path: tuple[str, ...]) -> Scalar:
        if raw in NULLS:
            return None
        if raw in BOOLEANS:
            return BOOLEANS[raw]
        if INFINITY.fullmatch(raw):
            return Decimal("-Infinity" if raw.startswith("-") else "Infinity")
        if NOT_A_NUMBER.fullmatch(raw):
            raise self.error(event, path, "This is no number. Write one, or .inf for no limit.")
        return self.number(event, raw, path) if NUMBER.fullmatch(raw) else raw

    def number(self, event: Any, raw: str, path: tuple[str, ...]) -> int | Decimal:
        is_short = len(raw) <= LONGEST_NUMBER and not LONG_EXPONENT.search(raw)
        number = Decimal(raw.replace("_", "")) if is_short else None
        if number is None or abs(number.adjusted()) > LARGEST_EXPONENT:
            raise self.error(event, path, "This number is too long. For no limit write .inf.")
        return int(number) if number == number.to_integral_value() else number

    def error(self, event: Any, path: tuple[str, ...], reason: str) -> CatalogError:
        return Node(None, "", self.file, path, _line(event)).error(reason)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
