"""Finds templates that show a variable which their view never passed."""

import inspect
from pathlib import Path

import pytest
from django.template.base import Node

OUR_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


class UndefinedVariable(str):
    """Fails the test where one of our own templates shows a variable that is not defined.

    Django puts this text in the variable's place. Its own templates rely on an empty one, so they are left alone.
    """

    __slots__ = ()

    def __mod__(self, variable: object) -> str:
        template = template_being_rendered()
        if template and template.is_relative_to(OUR_TEMPLATES):
            pytest.fail(f"{template.relative_to(OUR_TEMPLATES)} shows {variable}, which is not defined")
        return ""


def template_being_rendered() -> Path | None:
    """Return the file of the innermost template node on the call stack."""
    frame = inspect.currentframe()
    while frame:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None):
            return Path(node.origin.name)
        frame = frame.f_back
    return None
