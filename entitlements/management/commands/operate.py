"""The command that carries out any operation on named entitlements."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import fields
from typing import Any
from uuid import UUID

from config.clock import site_today
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


def field_value(text: str) -> tuple[list[str], Any]:
    """Return the path and the value of ``name=value`` or ``name.part=value``; a value that is no JSON is a text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"write FIELD=VALUE, not {text[:60]!r}")
    try:
        return name.split("."), json.loads(value)
    except json.JSONDecodeError:
        return name.split("."), value


def _operation(options: dict[str, Any]) -> Operation:
    """Return the operation of the arguments; raise ``NotStarted`` for an unknown field or a value that does not fit."""
    cls = BY_NAME[options["operation"]]
    known = {each.name for each in fields(cls)}
    stored: dict[str, Any] = {"operation": cls.name, "version": VERSION, "as_of": site_today().isoformat()}
    for path, value in options["fields"]:
        if path[0] not in known:
            names = ", ".join(sorted(known - {"key", "as_of"}))
            raise NotStarted(f"{path[0][:60]}: {cls.name} has no such field. It has {names}.")
        _put(stored, path, value)
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
