"""The command that lists billing periods."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.numbers import whole_number
from entitlements.billing.periods import NoPeriod, Schedule
from offerings.periods import parse_period

MOST = 10_000


class Command(BaseCommand):
    """``manage.py billing_periods``: computes, touches no data."""

    help = (
        "Write the billing periods that count from an anchor day, one a line: START END, ISO days, END exclusive. "
        "Months are added to the anchor and then clamped: 2027-01-31, 2027-02-28, 2027-03-31."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the anchor, the length and the number."""
        parser.add_argument("--anchor", required=True, metavar="DAY", help="first day of the first period: 2027-01-31")
        parser.add_argument("--every", required=True, metavar="PERIOD", help="length of each: P1M, P3M, P1Y, P1W, P10D")
        parser.add_argument(
            "--count", type=whole_number(least=1, most=MOST), default=12, metavar="N", help="how many. Default: 12."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the periods; nothing where one of them is not in the calendar."""
        try:
            schedule = Schedule(_day(options["anchor"]), parse_period(options["every"]))
            periods = schedule.periods(options["count"])
        except NoPeriod as error:
            raise CommandError(str(error)) from error
        except ValueError as error:
            raise CommandError(f"--every: {error}") from error
        for period in periods:
            self.stdout.write(f"{period.start} {period.end}")


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise CommandError("--anchor: Write a day of the calendar as YYYY-MM-DD, such as 2027-01-31.")
    return day
