"""Move every entitlement of one offering to another, or to its newest revision."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.db.models import QuerySet

from changegroups.models import ChangeGroup
from changegroups.paths import load
from config.clock import site_today
from entitlements.bulk.batches import Batches
from entitlements.bulk.command import EXIT_CODES, BulkCommand, NotStarted, offering_of, seat_choice
from entitlements.models import Entitlement
from entitlements.operations import ChangeOffering, TermChoice, TermMode
from entitlements.operations.change_offering.targets import standing_reasons
from offerings.models import Offering, Revision
from offerings.revisions import newest_revisions

TERM_MODES = [mode.value for mode in TermMode if mode is not TermMode.DATE]


class Command(BulkCommand):
    """Change the offering of all who hold one, by the same path as the page, as one act."""

    help = (
        "Move every entitlement that has not ended from one offering to the newest revision of another. With the same "
        "SKU twice, those on earlier revisions move to the newest. Overrides are kept. All is one act in the log. "
        f"{EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--from", dest="from_sku", required=True, metavar="SKU", help="Offering held now.")
        parser.add_argument(
            "--revision", type=int, metavar="N", help="Only those on this revision of it. Default: all revisions."
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
        parser.add_argument(
            "--count",
            type=int,
            metavar="N",
            help="Move only N of the quantity of each, into an entitlement and an order of their own.",
        )
        super().add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Read the options, then preview, ask, carry out and report."""
        held = offering_of("--from", options["from_sku"])
        target = _target(held, offering_of("--to", options["to_sku"]))
        operation = ChangeOffering(
            as_of=site_today(),
            revision_id=target.pk,
            seats=seat_choice(options),
            term=options["term"],
            group_id=_group_id(options["group"]),
            count=options["count"],
        )
        rows = _holders(held, options["revision"]).exclude(revision=target)
        self.run(Batches(operation, rows, self.batch_size), options)


def term_choice(text: str) -> TermChoice:
    """Read the value of ``--term``."""
    if text in TERM_MODES:
        return TermChoice(TermMode(text))
    try:
        return TermChoice(TermMode.DATE, date.fromisoformat(text))
    except ValueError as error:
        raise ArgumentTypeError(f"write {', '.join(TERM_MODES)}, or a day such as 2027-06-30") from error


def _target(held: Offering, wanted: Offering) -> Revision:
    """Return the newest revision of the offering to move to; raise ``NotStarted`` where nobody may move there."""
    reasons = {reason.code for reason in standing_reasons(load([held.pk, wanted.pk]), held.pk, wanted.pk)}
    sentences = {
        "other_product": f"{wanted.sku} is for {wanted.product}, {held.sku} for {held.product}.",
        "other_kind": f"{wanted.sku} is of kind {wanted.get_kind_display()}, {held.sku} is not.",
        "retired": f"{wanted.sku} is retired. Choose an offering on sale.",
        "unpublished": f"{wanted.sku} has never been published. Publish it first.",
    }
    for code, sentence in sentences.items():
        if code in reasons:
            raise NotStarted(f"--to: {sentence}")
    return newest_revisions([wanted.pk])[wanted.pk]


def _group_id(name: str | None) -> int | None:
    """Return the key of a change group; raise ``NotStarted`` where there is none of that name."""
    if name is None:
        return None
    group = ChangeGroup.objects.filter(name=name).first() if name.isprintable() else None
    if group is None:
        raise NotStarted(f"--group: There is no change group named {name[:100]!r}.")
    return group.pk


def _holders(held: Offering, number: int | None) -> "QuerySet[Entitlement]":
    rows = Entitlement.objects.filter(offering=held, ended_on=None)
    if number is None:
        return rows
    revision = Revision.objects.filter(offering=held, number=number).first() if 0 < number < 2**31 else None
    if revision is None:
        raise NotStarted(f"--revision: {held.sku} has no revision {number}.")
    return rows.filter(revision=revision)
