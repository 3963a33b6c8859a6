"""The command that carries out any operation on named entitlements."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import fields
from typing import Any, get_args, get_type_hints
from uuid import UUID

from config.clock import site_today
from config.numbers import NotANumber, read_whole
from entitlements.bulk.command import EXIT_CODES, BulkCommand, NotStarted
from entitlements.engine.scopes import Named
from entitlements.models import Entitlement
from entitlements.operations import BY_NAME, Operation, read
from entitlements.operations.base import VERSION
from entitlements.operations.stored import unreadable_field

NAMES = sorted(name for name, operation in BY_NAME.items() if operation.takes_ids)


class Command(BulkCommand):
    """Carry out one operation by the same engine as its page, as one act."""

    help = (
        "Carry out one operation on the entitlements named, as its page does: transfer_entitlement order_id=KEY, "
        "set_quantity quantity=5, change_offering revision_id=7 count=3. A value is JSON, or text; a dot reaches into "
        f"a part: term.mode=keep. All is one act in the log. {EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("operation", choices=NAMES, metavar="OPERATION", help=", ".join(NAMES))
        parser.add_argument(
            "fields", nargs="*", type=field_value, metavar="FIELD=VALUE", help="The fields of the operation."
        )
        parser.add_argument(
            "--entitlement",
            dest="ids",
            action="append",
            required=True,
            type=UUID,
            metavar="KEY",
            help="Can be repeated.",
        )
        super().add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Read the operation and run it."""
        ids = list(dict.fromkeys(options["ids"]))
        rows = Entitlement.objects.filter(pk__in=ids)
        if missing := set(ids) - set(rows.values_list("pk", flat=True)):
            raise NotStarted(f"--entitlement: There is no entitlement {', '.join(map(str, sorted(missing)))}.")
        self.run(_operation(options), Named(tuple(ids)), options)


def field_value(text: str) -> tuple[list[str], str]:
    """Return the path and the text of ``name=value`` or ``name.part=value``."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"write FIELD=VALUE, not {text[:60]!r}")
    return name.split("."), value


def read_value(path: list[str], text: str, hint: Any) -> Any:
    """Return a whole number where the field is one, else JSON, else the text; raise ``NotStarted`` for no number."""
    if len(path) == 1 and text != "null" and (hint is int or int in get_args(hint)):
        try:
            return read_whole(text)
        except NotANumber as error:
            raise NotStarted(f"{path[0]}: {error}") from error
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


def _operation(options: dict[str, Any]) -> Operation:
    """Return the operation of the arguments; raise ``NotStarted`` for an unknown field or a value that does not fit."""
    cls = BY_NAME[options["operation"]]
    known, hints = {each.name for each in fields(cls)}, get_type_hints(cls)
    stored: dict[str, Any] = {"operation": cls.name, "version": VERSION, "as_of": site_today().isoformat()}
    for path, text in options["fields"]:
        if path[0] not in known:
            names = ", ".join(sorted(known - {"key", "as_of"}))
            raise NotStarted(f"{path[0][:60]}: {cls.name} has no such field. It has {names}.")
        _put(stored, path, read_value(path, text, hints[path[0]]))
    if "seats" in known:
        stored.setdefault("seats", {"mode": options["seats"], "chosen": []})
    operation = read(stored)
    if operation is None:
        wrong = unreadable_field(stored, BY_NAME)
        raise NotStarted(f"{wrong}: {cls.name} needs this field, with a value that fits. See --help.")
    return operation


def _put(stored: dict[str, Any], path: list[str], value: Any) -> None:
    """Set the value of a field, or of a part of one; raise ``NotStarted`` where a value without parts is there."""
    part = stored
    for name in path[:-1]:
        part = part.setdefault(name, {})
        if not isinstance(part, dict):
            raise NotStarted(f"{'.'.join(path)[:60]}: {name[:60]} has a value already, which has no parts.")
    part[path[-1]] = value
