"""Computing a price that is an expression: numbers, ``#variables``, ``+ - * /`` and parentheses. Pure.

A parser made for this alone: nothing in a file is evaluated by Python. Source of the rule: Pricing2Yaml, ``variables``,
which its authors' library computes with the ``eval`` of JavaScript.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, DecimalException

Variables = Mapping[str, Decimal | bool]

LONGEST = 500
DEEPEST = 20
PLACES = Decimal("0.0000000001")
TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]{1,30}(?:\.[0-9]{1,20})?)|#\s*(?P<name>\w+)|(?P<sign>[-+*/()]))")


class InvalidExpression(ValueError):
    """An expression cannot be computed. The message is a sentence that says why."""


def compute(text: str, variables: Variables) -> Decimal:
    """Return the value of an expression, rounded to ten places; raise ``InvalidExpression`` with the reason."""
    if len(text) > LONGEST:
        raise InvalidExpression(f"An expression has {LONGEST} characters at most.")
    reader = _Reader(_tokens(text), variables)
    try:
        value = reader.sum(depth=0)
        if reader.kind:
            raise InvalidExpression(f"{reader.text} is not expected here.")
        return Decimal(format(value.quantize(PLACES, ROUND_HALF_UP).normalize(), "f"))
    except DecimalException as error:  # what is not finite, or too large to be rounded
        raise InvalidExpression("The result is too large.") from error


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = TOKEN.match(text, place)
        if match is None:
            wrong = text[place:].strip()[:20]
            raise InvalidExpression(f"{wrong} is not read. Write numbers, #variables, + - * / and parentheses.")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        place = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads tokens from left to right; multiplication binds tighter than addition."""

    tokens: list[tuple[str, str]]
    variables: Variables
    place: int = field(default=0)

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    @property
    def text(self) -> str:
        return self.tokens[self.place][1] if self.kind else ""

    def is_next(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs

    def take(self) -> str:
        text = self.text
        self.place += 1
        return text

    def sum(self, *, depth: int) -> Decimal:
        value = self.product(depth=depth)
        while self.is_next("+", "-"):
            sign, other = self.take(), self.product(depth=depth)
            value = value + other if sign == "+" else value - other
        return value

    def product(self, *, depth: int) -> Decimal:
        value = self.factor(depth=depth)
        while self.is_next("*", "/"):
            sign, other = self.take(), self.factor(depth=depth)
            if sign == "/" and other == 0:
                raise InvalidExpression("It divides by 0.")
            value = value * other if sign == "*" else value / other
        return value

    def factor(self, *, depth: int) -> Decimal:
        if depth > DEEPEST:
            raise InvalidExpression(f"It is nested more than {DEEPEST} levels deep.")
        if self.is_next("-", "+"):
            sign, value = self.take(), self.factor(depth=depth + 1)
            return -value if sign == "-" else value
        if self.is_next("("):
            self.take()
            value = self.sum(depth=depth + 1)
            if not self.is_next(")"):
                raise InvalidExpression("A parenthesis is not closed.")
            self.take()
            return value
        return self.value()

    def value(self) -> Decimal:
        kind, text = self.kind, self.take()
        if kind == "number":
            return Decimal(text)
        if kind != "name":
            raise InvalidExpression(
                f"A number is missing before {text}." if text else "A number is missing at its end."
            )
        if text not in self.variables:
            known = ", ".join(f"#{name}" for name in self.variables) or "none"
            raise InvalidExpression(f"There is no variable #{text}. The catalog defines {known}.")
        value = self.variables[text]
        if isinstance(value, bool):
            raise InvalidExpression(f"#{text} is true or false, and no number.")
        return value
