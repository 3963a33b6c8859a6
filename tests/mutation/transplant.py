"""Puts a mutant into the running process: into the functions and values that everybody holds already."""

import ast
import enum
import sys
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

from tests.mutation.mutants import Mutant


class NotTried(Exception):
    """The place runs only on import, and what it made cannot be replaced in a running process."""


def put_in(mutant: Mutant, module: ModuleType) -> None:
    """Replace in the module what the mutant concerns, and what its constants are made of that; all of it without names.

    Raises ``NotTried`` where that cannot be done, and whatever the mutated source itself raises.
    """
    tree = ast.parse(mutant.source)
    for each in tree.body:
        if isinstance(each, ast.ClassDef) and each.name in (mutant.path[:1] or (each.name,)):
            other = _run([each], mutant, module)[each.name]
            _replace_in_class(getattr(module, each.name), other, list(mutant.path[1:]))
    others = [node for node in tree.body if not isinstance(node, ast.ClassDef | ast.Import | ast.ImportFrom)]
    names = _run(others, mutant, module)
    for node in others:
        if isinstance(node, ast.FunctionDef):
            _replace_function(getattr(module, node.name), names[node.name])
        for name in _names_assigned(node):
            _replace_value(name, getattr(module, name), names[name])
    if mutant.path == ("",):
        raise NotTried(mutant.before)


def _run(nodes: list[Any], mutant: Mutant, module: ModuleType) -> dict[str, Any]:
    """Run a part of the source aside, with all else as the module has it, and return the names."""
    names = dict(vars(module))
    exec(compile(ast.Module(nodes, []), mutant.file, "exec", dont_inherit=True), names)  # noqa: S102 (our own source)
    return names


def _names_assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _replace_in_class(real: type, other: type, path: list[str]) -> None:
    if not path and issubclass(real, enum.Enum) and list(real) != list(other):  # type: ignore[call-overload]
        raise NotTried(real.__name__)
    for name, value in vars(other).items():
        if path and name != path[0]:
            continue
        if _function(value) and name != "__init__":
            _replace_function(vars(real)[name], value)
        elif not path and (name == "__init__" or not (name.startswith("_") or hasattr(value, "__get__"))):
            _replace_attribute(real, name, value)
    for name, field in getattr(other, "__dataclass_fields__", {}).items():
        vars(real)["__dataclass_fields__"][name].metadata = field.metadata


def _replace_attribute(real: type, name: str, value: object) -> None:
    if not issubclass(real, enum.Enum):
        setattr(real, name, value)
    elif getattr(real, name) != value:
        raise NotTried(real.__name__)


def _function(value: Any) -> FunctionType | None:
    """Return the plain function inside a method, property or cached function."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, classmethod | staticmethod):
        value = value.__func__
    elif isinstance(value, cached_property):
        value = value.func
    value = getattr(value, "__wrapped__", value)
    return value if isinstance(value, FunctionType) else None


def _replace_function(real: object, other: object) -> None:
    old, new = _function(real), _function(other)
    if old is None or new is None or len(old.__code__.co_freevars) != len(new.__code__.co_freevars):
        raise NotTried(str(real))
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _replace_value(name: str, real: object, other: object) -> None:
    """Replace a constant where it differs, in this module and wherever it was imported."""
    if type(real) is type(other) and real == other:
        return
    if isinstance(real, dict) and isinstance(other, dict):
        real.clear()
        real.update(other)
        return
    for module in list(sys.modules.values()):
        values = getattr(module, "__dict__", {})
        if name in values and values[name] is real:
            values[name] = other
