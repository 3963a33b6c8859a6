"""Checks of the single values of a catalog that decide nothing here: days, addresses, words of fixed lists, names.

A value that is odd is kept as it is written, with a warning at its place; nothing is kept silently.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from config.name_fields import hidden_problem
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.fields import Fields, Notes, as_decimal, as_map, as_text
from offerings.catalogs.naming import readable
from offerings.catalogs.yaml_source import Node
from offerings.models import NAME_LENGTH

KEPT = "it is kept, without effect."
VERSION_LENGTH = 50
EARLIEST = date(1990, 1, 1)
FEATURE_WORDS = {
    "type": {"AUTOMATION", "DOMAIN", "GUARANTEE", "INFORMATION", "INTEGRATION", "MANAGEMENT", "PAYMENT", "SUPPORT"},
    "integrationType": {"API", "EXTENSION", "EXTERNAL_DEVICE", "IDENTITY_PROVIDER", "MARKETPLACE", "WEB_SAAS"},
    "automationType": {"BOT", "FILTERING", "TASK_AUTOMATION", "TRACKING"},
}
RENDER_WORDS = {"render": {"AUTO", "DISABLED", "ENABLED"}}
TEXTS = ("expression", "serverExpression")
CONSTRAINTS = ("minQuantity", "maxQuantity", "quantityStep")


def check_head(fields: Fields) -> None:
    """Warn about odd values in the head of a catalog."""
    check_urls(fields, "url")
    if len(fields.text("version")) > VERSION_LENGTH:
        fields.notes.warn(fields.need("version"), f"This version has more than {VERSION_LENGTH} characters.")
    name = fields.need("saasName")
    check_name(name, as_text(name), fields.notes)
    starts, ends = (_moment(fields, key) for key in ("starts", "ends"))
    if starts and ends and starts > ends:
        fields.notes.warn(fields.need("ends"), "The end lies before the start; both are kept, without effect.")


def check_feature(fields: Fields, tags: Collection[str]) -> None:
    """Warn about odd values of a feature that are kept as facts."""
    _check_words(fields, FEATURE_WORDS | RENDER_WORDS)
    check_urls(fields, "pricingUrls", "docUrl")
    tag = fields.get("tag")
    if tag is not None and as_text(tag) not in tags:
        fields.notes.warn(tag, f'{as_text(tag)[:60]} is not among the "tags" of the catalog; the group is made of it.')


def check_limit(fields: Fields) -> None:
    """Warn about odd values of a usage limit that are kept as facts."""
    _check_words(fields, RENDER_WORDS)


def check_name(node: Node, name: str, notes: Notes) -> None:
    """Refuse an empty name and one with characters that nobody sees; warn about one with blanks, or too long."""
    if not name.strip():
        raise node.error("The name is empty. Write one.")
    if name != name.strip():
        notes.warn(node, "The name has blanks around it.")
    if readable(name).endswith("...") and not name.endswith("..."):
        notes.warn(node, f"The name is cut to {NAME_LENGTH} characters where people read it.")
    if problem := hidden_problem(name):
        raise node.error(problem)


def check_urls(fields: Fields, *keys: str) -> None:
    """Warn about addresses that are no address of a page."""
    for key in keys:
        node = fields.get(key)
        for each in node.value if node is not None and isinstance(node.value, list) else [node] if node else []:
            if not is_url(as_text(each)):
                fields.notes.warn(each, "This is no http or https address; it is kept as text.")


def is_url(text: str) -> bool:
    """Tell whether a text is the address of a page: http or https, with a host and without blanks."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def check_constraints(fields: Fields) -> None:
    """Warn about limits on the number bought that are no numbers."""
    node = fields.get("subscriptionConstraints")
    for key, entry in as_map(node).items() if node is not None else ():
        if key not in CONSTRAINTS:
            fields.notes.warn(entry, f"This name is not part of the format; {KEPT}")
        elif not _is_quantity(entry):
            fields.notes.warn(entry, f"This is no whole number of 1 or more, nor .inf; {KEPT}")


def day_of(node: Node, notes: Notes) -> str:
    """Return the day of a date or a date and time as ISO text; raise ``CatalogError`` for anything else."""
    text = as_text(node).strip()
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise node.error("This is no date. Write it as 2025-03-07.") from error
    if day < EARLIEST:
        notes.warn(node, f"{day.isoformat()} is long ago. Check it.")
    if len(text) > 10 and _as_moment(text) is None:
        notes.warn(node, f"Only the day {day.isoformat()} is read here.")
    return day.isoformat()


def _moment(fields: Fields, key: str) -> datetime | None:
    node = fields.get(key)
    moment = None if node is None else _as_moment(as_text(node))
    if node is not None and moment is None:
        fields.notes.warn(node, f"This is no date, such as 2025-03-07; {KEPT}")
    return moment


def _as_moment(text: str) -> datetime | None:
    """Return a date, or a date and time, without its zone; ``None`` for other text."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _check_words(fields: Fields, lists: Mapping[str, Collection[str]]) -> None:
    for key, known in lists.items():
        node = fields.get(key)
        if node is not None and as_text(node) not in known:
            words = ", ".join(sorted(known))
            fields.notes.warn(node, f"{as_text(node)[:60]} is not known; it is kept as it is. Known are {words}.")
    for key in TEXTS:
        node = fields.get(key)
        if node is not None and not isinstance(node.value, str):
            fields.notes.warn(node, f"This is {node.type_name} where the format has text; {KEPT}")


def _is_quantity(node: Node) -> bool:
    try:
        number = as_decimal(node)
    except CatalogError:
        return False
    return number >= 1 and (number.is_infinite() or number == number.to_integral_value())


def read_variables(fields: Fields) -> dict[str, Decimal | bool]:
    """Return the variables of the prices; raise ``CatalogError`` for one that is neither a number nor true or false."""
    found: dict[str, Decimal | bool] = {}
    for name, node in fields.maps("variables"):
        if isinstance(node.value, bool):
            found[name] = node.value
            continue
        number = as_decimal(node)
        if number.is_infinite():
            raise node.error("A price cannot be computed with .inf. Write a number.")
        found[name] = number
    return found
