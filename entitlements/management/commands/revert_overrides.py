"""The command that reverts one right on every entitlement."""

from argparse import ArgumentParser
from typing import Any

from config.clock import site_today
from entitlements.bulk.command import EXIT_CODES, BulkCommand, known_right, offering_of, seat_choice
from entitlements.engine.scopes import OverriddenIn
from entitlements.operations import RevertOverrides


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
        key = known_right("--right", options["right"])
        sku = options["offering"]
        scope = OverriddenIn(key, None if sku is None else offering_of("--offering", sku).pk)
        self.run(RevertOverrides(as_of=site_today(), keys=(key,), seats=seat_choice(options)), scope, options)
