"""The mutants of one file: mutmut's, and those at the boundaries that mutmut does not make."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from libcst import metadata
from mutmut.mutation.mutators import mutation_operators

NEVER_CHANGED = ("len", "isinstance", "cast")  # as in mutmut: what they get is no rule
OTHER_COMPARISONS: dict[type[cst.CSTNode], tuple[type[cst.BaseCompOp], ...]] = {
    cst.Equal: (cst.LessThanEqual, cst.GreaterThanEqual),
    cst.NotEqual: (cst.LessThan, cst.GreaterThan),
    cst.LessThan: (cst.GreaterThanEqual, cst.NotEqual),
    cst.LessThanEqual: (cst.GreaterThan, cst.Equal),
    cst.GreaterThan: (cst.LessThanEqual, cst.NotEqual),
    cst.GreaterThanEqual: (cst.LessThan, cst.Equal),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place: the whole source with it, the lines of the statement, the names that lead to it."""

    file: str
    number: int
    source: str
    lines: range
    path: tuple[str, ...]
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.lines.start} {'.'.join(self.path)}\n    - {self.before}\n    + {self.after}"


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield every mutant of a file, each with another source, in the order of the lines."""
    source = Path(file).read_text()
    wrapper = metadata.MetadataWrapper(cst.parse_module(source))
    positions = wrapper.resolve(metadata.PositionProvider)
    seen = {source}
    for place in _places(wrapper.module, positions):
        for changed in _changed(place.node):
            statement = place.top.deep_replace(place.node, changed)
            body = [statement if each is place.top else each for each in wrapper.module.body]
            mutated = wrapper.module.with_changes(body=body).code
            if mutated not in seen and _compiles(mutated, file):
                seen.add(mutated)
                yield Mutant(file, len(seen) - 1, mutated, place.lines, place.path, *_difference(source, mutated))


@dataclass(frozen=True, slots=True)
class _Place:
    node: cst.CSTNode
    top: cst.CSTNode
    path: tuple[str, ...]
    lines: range


def _places(module: cst.Module, positions: Any) -> Iterator[_Place]:
    """Yield every node that may be changed, with the top statement, the names and the lines it stands in."""
    for top in module.body:
        waiting: list[tuple[cst.CSTNode, tuple[str, ...], range]] = [(top, (), range(0))]
        while waiting:
            node, path, lines = waiting.pop()
            if _is_left_alone(node):
                continue
            if isinstance(node, cst.BaseStatement | cst.BaseCompoundStatement | cst.SimpleStatementLine):
                lines = _lines(node, positions)
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                path = (*path, node.name.value)
            elif not path and isinstance(node, cst.Assign | cst.AnnAssign):
                path = (_name_assigned(node),)
            yield _Place(node, top, path, lines)
            waiting += [(child, path, lines) for child in reversed(node.children)]


def _lines(node: cst.CSTNode, positions: Any) -> range:
    """Return the lines of a statement; of one with a body, those of its head."""
    where = positions[node]
    body = getattr(node, "body", None)
    last = where.end.line
    if isinstance(body, cst.IndentedBlock) and body.body:
        last = positions[body.body[0]].start.line - 1
    return range(where.start.line, max(where.start.line, last) + 1)


def _name_assigned(node: cst.Assign | cst.AnnAssign) -> str:
    target = node.targets[0].target if isinstance(node, cst.Assign) else node.target
    return target.value if isinstance(target, cst.Name) else ""


def _is_left_alone(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
        return True
    if isinstance(node, cst.Assign | cst.AnnAssign) and _name_assigned(node) == "__all__":
        return True
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in NEVER_CHANGED


def _changed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)
    yield from _at_the_boundary(node)


def _at_the_boundary(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield every other comparison, either half of an ``and`` or ``or``, and conditions that always or never hold."""
    match node:
        case cst.ComparisonTarget():
            for other in OTHER_COMPARISONS.get(type(node.operator), ()):
                yield node.with_changes(operator=other())
        case cst.BooleanOperation():
            for half in (node.left, node.right):
                yield half.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        case cst.If():
            yield node.with_changes(test=cst.Name("True"), whitespace_before_test=cst.SimpleWhitespace(" "))
            yield node.with_changes(test=cst.Name("False"), whitespace_before_test=cst.SimpleWhitespace(" "))
        case cst.CompFor() if node.ifs:
            yield node.with_changes(ifs=())


def _compiles(source: str, file: str) -> bool:
    try:
        compile(source, file, "exec")
    except SyntaxError:
        return False
    return True


def _difference(source: str, mutated: str) -> tuple[str, str]:
    """Return the lines that differ, before and after, each as one line."""
    old, new = source.splitlines(), mutated.splitlines()
    first = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(new))
    last = next((at for at in range(1, len(old)) if old[-at] != new[-at]), 1)
    return _text(old, first, last), _text(new, first, last)


def _text(lines: list[str], first: int, last: int) -> str:
    text = " ".join(lines[first : max(len(lines) - last + 1, first + 1)])
    return " ".join(text.split())[:200]
