"""The command that goes on with an act of many after an interruption."""

from argparse import ArgumentParser
from typing import Any

from config.actors import process
from entitlements.bulk.batches import Batches, Log
from entitlements.bulk.command import EXIT_CODES, BulkCommand, NotStarted, add_run_arguments, find_act
from entitlements.engine.scopes import read_scope
from entitlements.models import Act, Source
from entitlements.operations import read


class Command(BulkCommand):
    """Carry out the rest of an act: what it was for and has not changed yet, as the one who began it."""

    help = (
        "Go on with an act of many that was interrupted: the same operation, counted from the same day, by the same "
        f"person, for the same reason, on what it was for and has not changed yet. {EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments; what to do and why is in the act."""
        parser.add_argument("act", metavar="ACT", help="Key of the act, which the interrupted command printed.")
        add_run_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Read the act and go on with it."""
        act = find_act(options["act"])
        if act.undone_by.exists():
            raise NotStarted(f"Act {act.pk} has been undone. Redo it first, or begin anew.")
        operation, scope = read(act.asked), read_scope(act.scope)
        if operation is None or scope is None:
            raise NotStarted(f"Act {act.pk} was not made of many at once, so there is nothing to go on with.")
        log = Log(made_by=_maker(act), source=Source(act.source), reason=act.reason, reference=act.reference)
        self.carry_out(Batches(operation, scope, self.batch_size, part_of=act), log, options)


def _maker(act: Act) -> Any:
    """Return who began the act; raise ``NotStarted`` for a person who lacks the permission by now."""
    person = act.made_by
    if person is None:
        return process()
    operation = read(act.asked)
    missing = [] if operation is None else [each for each in operation.permissions if not person.has_perm(each)]
    if missing:
        raise NotStarted(f"{act.made_by_name}, who began this act, lacks the permission {' and '.join(missing)} now.")
    return person
