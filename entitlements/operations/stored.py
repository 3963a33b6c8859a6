"""Read an operation back from the JSON that an act stores."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from entitlements.operations.base import VERSION, Operation

Operations = Mapping[str, type[Operation]]


def read_operation(stored: Mapping[str, Any], known: Operations) -> Operation | None:
    """Return the operation that ``asked`` wrote; ``None`` where name, version or a field cannot be read.

    A field that an older version did not store has its default; one that it stored besides is left out.
    """
    cls, version = known.get(str(stored.get("operation"))), stored.get("version")
    if cls is None or not isinstance(version, int) or version > VERSION:
        return None
    try:
        return _read_dataclass(cls, stored, known)  # type: ignore[no-any-return]
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _read_dataclass(cls: type, stored: Mapping[str, Any], known: Operations) -> Any:
    hints = _hints(cls)
    names = [each.name for each in fields(cls) if each.name in stored]
    return cls(**{name: _read(hints[name], stored[name], known) for name in names})


def _read(hint: Any, value: Any, known: Operations) -> Any:
    """Return a stored value as its type says."""
    if value is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _read_union([each for each in get_args(hint) if each is not type(None)], value, known)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], each, known) for each in value)
    if hint is Operation:
        return _read_dataclass(known[value["operation"]], value, known)
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_dataclass(hint, value, known)
    if hint is date:
        return date.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, UUID | Enum):
        return hint(value)
    return value


def _read_union(hints: list[Any], value: Any, known: Operations) -> Any:
    """Return the value of the first type that can hold it: a word of a ``Literal``, else the others."""
    for hint in hints:
        if get_origin(hint) is Literal and value in get_args(hint):
            return value
    return _read(next(hint for hint in hints if get_origin(hint) is not Literal), value, known)
