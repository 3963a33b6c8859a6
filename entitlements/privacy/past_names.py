"""The names that a customer and its contacts had before, read from the lines of its edits.

Nothing else keeps them. Where a sentence can be read in two ways, both names are returned: a name too many is looked
for and not found.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from config.differences import NOTHING
from entitlements.models import Contact, Customer

ARROW = " \N{RIGHTWARDS ARROW} "


def _label(model: type[Customer] | type[Contact], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return re.escape(str(field.verbose_name))


_CONTACT = re.escape(str(Contact._meta.verbose_name))
_DETAIL = "|".join(_label(Contact, name) for name in ("email", "role", "is_primary"))
_CUSTOMER = re.compile(
    rf"(?:{_label(Customer, 'name')}|{_label(Customer, 'account_reference')}): (.+)\.", re.IGNORECASE
)
_LISTED = re.compile(rf"(?:Added|Removed) {_CONTACT} (.+)\.")
_DETAILS = re.compile(rf" \((?:{_DETAIL}) ")
_EMAIL = re.compile(rf"[(]{_label(Contact, 'email')} (\S+?)(?:, (?:{_DETAIL}) |\)$)")
_RENAMED = re.compile(rf"{_CONTACT} (.+{ARROW}.+)\.", re.IGNORECASE)
_ADDRESS = re.compile(rf"{_label(Contact, 'email')} of {_CONTACT} .+?: (.+)\.", re.IGNORECASE)


def past_names(messages: Iterable[str]) -> set[str]:
    """Return the names, account references and e-mail addresses in lines about customers. Pure."""
    found = {name for message in messages for sentence in message.split("\n") for name in _names_in(sentence)}
    return found - {"", NOTHING}


def _names_in(sentence: str) -> Iterator[str]:
    if match := _LISTED.fullmatch(sentence):
        text = match[1]
        yield from (text[: details.start()] for details in _DETAILS.finditer(text))
        yield from _EMAIL.findall(text)
    elif match := _CUSTOMER.fullmatch(sentence) or _ADDRESS.fullmatch(sentence) or _RENAMED.fullmatch(sentence):
        yield from _sides(match[1])


def _sides(text: str) -> Iterator[str]:
    """Yield what stands before and after each arrow; the whole text where there is none."""
    if ARROW not in text:
        yield text
    for arrow in re.finditer(ARROW, text):
        yield text[: arrow.start()]
        yield text[arrow.end() :]
