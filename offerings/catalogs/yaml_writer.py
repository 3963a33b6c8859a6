"""Writing plain values as YAML that ``yaml_source`` reads as the same values. Pure."""

from decimal import Decimal
from typing import Any

import yaml

from config.numbers import show_decimal
from offerings.catalogs.yaml_source import BOOLEANS, INFINITY, NOT_A_NUMBER, NULLS, NUMBER

WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Writes exact numbers, no anchors, and quotes around texts that would be read as another type."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    is_constant = text in NULLS or text in BOOLEANS
    is_number = any(pattern.fullmatch(text) for pattern in (NUMBER, INFINITY, NOT_A_NUMBER))
    style = "'" if is_constant or is_number else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _decimal(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
    text = show_decimal(number)
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _float(dumper: yaml.SafeDumper, number: float) -> yaml.Node:
    if number == float("inf"):
        return dumper.represent_scalar("tag:yaml.org,2002:float", ".inf")
    return _decimal(dumper, Decimal(repr(number)))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _decimal)
_Dumper.add_representer(float, _float)


def dump(document: dict[str, Any]) -> str:
    """Return a document as YAML, in the order of its maps."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text
