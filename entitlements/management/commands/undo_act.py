"""The command that undoes an act of any size."""

from argparse import ArgumentParser
from typing import Any

from config.clock import site_today
from entitlements.bulk.command import EXIT_CODES, BulkCommand, find_act, seat_choice
from entitlements.engine.scopes import ChangedBy
from entitlements.operations import UndoAct


class Command(BulkCommand):
    """Undo an act by the same engine as its page, in batches, as one act."""

    help = (
        "Undo an act, or redo it where it is an undo, on every entitlement that nobody has changed since. "
        f"All is one act in the log. {EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", metavar="ACT", help="Key of the act, as in the address of its page.")
        super().add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Find the act and undo it."""
        act = find_act(options["act"])
        operation = UndoAct(as_of=site_today(), act_id=act.pk, seats=seat_choice(options))
        self.run(operation, ChangedBy(act.pk), options)
