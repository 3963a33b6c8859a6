"""The command that reverts one right on every entitlement."""

from argparse import ArgumentParser
from typing import Any

from config.clock import site_today
from entitlements.bulk.batches import Batches
from entitlements.bulk.command import EXIT_CODES, BulkCommand, NotStarted, offering_of, seat_choice
from entitlements.models import Entitlement, Override
from entitlements.operations import RevertOverrides
from entitlements.state import TERM_RIGHTS
from offerings.models import Feature
from offerings.rights import BUILT_IN, FEATURE_PREFIX


class Command(BulkCommand):
    """Revert one right to its standard by the same engine as the page, as one act."""

    help = (
        "Drop the override of one right from every entitlement that has it and has not ended, so that the standard "
        f"value is in force again. All is one act in the log. {EXIT_CODES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--right",
            required=True,
            metavar="KEY",
            help="Key of the right: seat_limit, grace_period, expires_on, feature.sso ...",
        )
        parser.add_argument("--offering", metavar="SKU", help="Only entitlements to this offering. Default: all.")
        super().add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Read the options and run the operation."""
        key = _known_key(options["right"])
        overridden = Override.objects.filter(key=key).values("entitlement")
        rows = Entitlement.objects.filter(pk__in=overridden, override_count__gt=0, ended_on=None)
        if options["offering"] is not None:
            rows = rows.filter(offering=offering_of("--offering", options["offering"]))
        operation = RevertOverrides(as_of=site_today(), keys=(key,), seats=seat_choice(options))
        self.run(Batches(operation, rows, self.batch_size), options)


def _known_key(key: str) -> str:
    """Return the key of a right; raise ``NotStarted`` for a key that neither a right nor an override has."""
    if key in BUILT_IN or key in TERM_RIGHTS:
        return key
    if key.isprintable() and key.startswith(FEATURE_PREFIX):
        name = key.removeprefix(FEATURE_PREFIX)
        if Feature.objects.filter(key=name).exists() or Override.objects.filter(key=key).exists():
            return key
    raise NotStarted(f"--right: There is no right {key[:80]!r}. A feature's key starts with {FEATURE_PREFIX!r}.")
