"""Read an operation back from the JSON that an act stores."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from entitlements.operations.base import VERSION, Operation
from entitlements.operations.terms import LATEST
from offerings.rights import LARGEST

Operations = Mapping[str, type[Operation]]


class Unreadable(ValueError):
    """A stored value that does not fit its type. ``field`` names the field it is in, empty where it is in none."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


def read_operation(stored: Any, known: Operations) -> Operation | None:
    """Return the operation that ``asked`` wrote; ``None`` where name, version or a field cannot be read.

    A field that an older version did not store has its default; one that it stored besides is left out.
    """
    try:
        return _operation_of(stored, known)
    except Unreadable:
        return None


def unreadable_field(stored: Any, known: Operations) -> str:
    """Return the first field that is missing or does not fit its type; empty where all can be read."""
    try:
        _operation_of(stored, known)
    except Unreadable as error:
        return error.field
    return ""


def _operation_of(stored: Any, known: Operations) -> Operation:
    version = stored.get("version") if isinstance(stored, Mapping) else None
    if not _is_whole(version) or version > VERSION:
        raise Unreadable("version")
    return _read_operation(stored, known)


def _read_operation(stored: Any, known: Operations) -> Operation:
    cls = known.get(str(stored.get("operation"))) if isinstance(stored, Mapping) else None
    if cls is None:
        raise Unreadable("operation")
    operation: Operation = _read_dataclass(cls, stored, known)
    if operation.as_of > LATEST:
        raise Unreadable("as_of")
    return operation


def read_fields(cls: Any, stored: Mapping[str, Any]) -> Any:
    """Return a value of a dataclass from JSON, as strictly as an operation; ``None`` where a field cannot be read."""
    try:
        return _read_dataclass(cls, stored, {})
    except Unreadable:
        return None


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _read_dataclass(cls: Any, stored: Any, known: Operations) -> Any:
    if not isinstance(stored, Mapping):
        raise Unreadable
    hints, values = _hints(cls), {}
    for each in fields(cls):
        if each.name in stored:
            try:
                values[each.name] = _read(hints[each.name], stored[each.name], known)
            except Unreadable as error:
                raise Unreadable(each.name) from error
        elif each.default is MISSING and each.default_factory is MISSING:
            raise Unreadable(each.name)
    return cls(**values)


def _read(hint: Any, value: Any, known: Operations) -> Any:
    """Return a stored value as its type says; raise ``Unreadable`` for a value of another type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _read_union(parts, value, known)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_read(parts[0], each, known) for each in value)
    if origin in (dict, Mapping) and isinstance(value, Mapping):
        return {_read(parts[0], key, known): _read(parts[1], each, known) for key, each in value.items()}
    if origin is Literal and isinstance(value, str) and value in parts:
        return value
    if hint is Operation:
        return _read_operation(value, known)
    if is_dataclass(hint):
        return _read_dataclass(hint, value, known)
    return _read_plain(hint, value)


def _read_union(hints: tuple[Any, ...], value: Any, known: Operations) -> Any:
    """Return the value as the first type that it fits."""
    for hint in hints:
        try:
            return _read(hint, value, known)
        except Unreadable:
            continue
    raise Unreadable


def _read_plain(hint: Any, value: Any) -> Any:
    """Return a value that has no parts. True is no number, and a number with a fraction is not whole."""
    if hint is Any or (hint is type(None) and value is None):
        return value
    if hint in (bool, str) and type(value) is hint:
        return value
    if hint is int and _is_whole(value):
        return value
    if hint is float and isinstance(value, float) and isfinite(value):
        return value
    if isinstance(hint, type) and isinstance(value, str):
        return _read_text(hint, value)
    raise Unreadable


def _is_whole(value: Any) -> TypeGuard[int]:
    return type(value) is int and abs(value) <= LARGEST


def _read_text(hint: type, text: str) -> Any:
    """Return what a text stands for: a day, a key, a choice."""
    try:
        if hint is date:
            return date.fromisoformat(text)
        if issubclass(hint, UUID | Enum):
            return hint(text)
    except ValueError as error:
        raise Unreadable from error
    raise Unreadable
