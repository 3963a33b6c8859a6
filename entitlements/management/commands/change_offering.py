"""The command that moves every entitlement of one offering to another, or to its newest revision."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from changegroups.models import ChangeGroup
from changegroups.paths import load
from config.clock import site_today
from config.numbers import WIDEST, whole_number
from entitlements.bulk.command import EXIT_CODES, BulkCommand, NotStarted, known_right, offering_of, seat_choice
from entitlements.engine.scopes import HoldersOf
from entitlements.operations import ChangeOffering, TermChoice, TermMode
from entitlements.operations.change_offering.targets import standing_reasons
from offerings.models import Offering, Revision
from offerings.revisions import newest_revisions

TERM_MODES = [mode.value for mode in TermMode if mode is not TermMode.DATE]


class Command(BulkCommand):
    """Change the offering of every entitlement of one offering, by the same engine as the page, as one act."""

    help = (
        "Move every entitlement that has not ended from one offering to the newest revision of another. With the same "
        "SKU twice, those on earlier revisions move to the newest. Overrides are kept. All is one act in the log. "
        f"{EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--from", dest="from_sku", required=True, metavar="SKU", help="Current offering.")
        parser.add_argument(
            "--revision",
            type=whole_number(most=WIDEST),
            metavar="N",
            help="Only those on this revision of it. Default: all revisions.",
        )
        parser.add_argument("--to", dest="to_sku", required=True, metavar="SKU", help="Offering to move to.")
        parser.add_argument(
            "--term",
            type=term_choice,
            default=TermChoice(),
            metavar="TERM",
            help=f"{', '.join(TERM_MODES)}, or the day the term is to end (2027-06-30). Default: as the change group "
            "says; without a group keep where license type and duration are equal, else restart.",
        )
        parser.add_argument(
            "--group", metavar="NAME", help="Change group to go through, where several open the move on other terms."
        )
        add_choices(parser)
        super().add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Read the options and run the operation."""
        current = offering_of("--from", options["from_sku"])
        target = _target(current, offering_of("--to", options["to_sku"]))
        operation = ChangeOffering(
            as_of=site_today(),
            revision_id=target.pk,
            seats=seat_choice(options),
            term=options["term"],
            group_id=_group_id(options["group"]),
            quantity=options["quantity"],
            count=options["count"],
            drop_overrides=tuple(known_right("--drop-override", key) for key in options["drop_overrides"]),
            drops_unfitting=options["drop_add_ons"] == "unfitting",
        )
        revision_id = None if options["revision"] is None else _revision_id(current, options["revision"])
        self.run(operation, HoldersOf(current.pk, revision_id, besides=target.pk), options)


def add_choices(parser: ArgumentParser) -> None:
    """Declare what else may happen along with the move: quantity, overrides, add-ons."""
    parser.add_argument(
        "--count",
        type=whole_number(),
        metavar="N",
        help="Move only N of the quantity of each, into an entitlement and an order of their own.",
    )
    parser.add_argument(
        "--quantity",
        type=whole_number(most=WIDEST),
        metavar="N",
        help="New quantity of each, where the offering is sold per quantity.",
    )
    parser.add_argument(
        "--drop-override",
        dest="drop_overrides",
        action="append",
        default=[],
        metavar="KEY",
        help="Drop the override of this right along with the change, where there is one. Can be repeated.",
    )
    parser.add_argument(
        "--drop-add-ons",
        choices=["unfitting"],
        help="End the add-ons of each order that do not go with the new plan. Default: refuse where there are any.",
    )


def term_choice(text: str) -> TermChoice:
    """Return the choice in ``--term``; raise ``ArgumentTypeError`` for another text."""
    if text in TERM_MODES:
        return TermChoice(TermMode(text))
    try:
        return TermChoice(TermMode.DATE, date.fromisoformat(text))
    except ValueError as error:
        raise ArgumentTypeError(f"write {', '.join(TERM_MODES)}, or a day such as 2027-06-30") from error


def _target(current: Offering, target: Offering) -> Revision:
    """Return the newest revision of ``target``; raise ``NotStarted`` for a target that no entitlement can change to."""
    reasons = {reason.code for reason in standing_reasons(load([current.pk, target.pk]), current.pk, target.pk)}
    sentences = {
        "other_product": f"{target.sku} is for {target.product}, {current.sku} for {current.product}.",
        "other_kind": f"{target.sku} is of kind {target.get_kind_display()}, {current.sku} is not.",
        "retired": f"{target.sku} is retired. Choose an offering on sale.",
        "unpublished": f"{target.sku} has never been published. Publish it first.",
    }
    for code, sentence in sentences.items():
        if code in reasons:
            raise NotStarted(f"--to: {sentence}")
    return newest_revisions([target.pk])[target.pk]


def _group_id(name: str | None) -> int | None:
    """Return the key of a change group by name; raise ``NotStarted`` for an unknown name."""
    if name is None:
        return None
    group = ChangeGroup.objects.filter(name=name).first() if name.isprintable() else None
    if group is None:
        raise NotStarted(f"--group: There is no change group named {name[:100]!r}.")
    return group.pk


def _revision_id(offering: Offering, number: int) -> int:
    """Return the key of a revision of an offering; raise ``NotStarted`` for an unknown number."""
    revision = Revision.objects.filter(offering=offering, number=number).first() if 0 < number < 2**31 else None
    if revision is None:
        raise NotStarted(f"--revision: {offering.sku} has no revision {number}.")
    return revision.pk
