"""Files as people bring them, and a short way to import one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO

from entitlements.importing.cells import DayOrder
from entitlements.importing.customers import ImportCustomers
from entitlements.importing.entitlements import ImportedEntitlements
from entitlements.importing.imports import By, Import, NotImported, Report, Source, digest_of
from entitlements.importing.staging import Message, Staging
from tests.cast import Cast


@dataclass(frozen=True)
class Done:
    """What an import did or would do, and what is said of its lines."""

    report: Report
    errors: list[Message]
    warnings: list[Message]

    @property
    def said(self) -> list[tuple[int, str]]:
        """Return the line and the column of each error."""
        return [(each.line, each.column) for each in self.errors]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return how many lines are new, changed and the same."""
        return tuple(self.report.outcomes[each] for each in ("new", "changed", "the same"))  # type: ignore[return-value]


KINDS: dict[str, type[Import]] = {"customers": ImportCustomers, "entitlements": ImportedEntitlements}


@contextmanager
def staged(kind: str, text: str | bytes, **options: object) -> Iterator[tuple[Import, Staging]]:
    """Read a file."""
    file = BytesIO(text.encode() if isinstance(text, str) else text)
    days = DayOrder(str(options.pop("days", "")))
    work = KINDS[kind](Source("file.csv", digest_of(file), days))
    with Staging() as staging:
        work.stage(file, staging, **options)  # type: ignore[arg-type]
        yield replace(work, lines=staging.count()), staging


def by(cast: Cast, **words: str) -> By:
    """Return the operations person, with a reason."""
    return By(cast.operations, **{"reason": "Moved from the old system", **words})  # type: ignore[arg-type]


def look(cast: Cast, kind: str, text: str | bytes, **options: object) -> Done:
    """Do a dry run."""
    with staged(kind, text, **options) as (work, staging):
        report = work.dry_run(staging, by(cast))
        return _done(report, staging)


def bring_in(cast: Cast, kind: str, text: str | bytes, **options: object) -> Done:
    """Do a dry run, then import what it showed, unless it found errors."""
    with staged(kind, text, **options) as (work, staging):
        seen = work.dry_run(staging, by(cast))
        if seen.errors:
            return _done(seen, staging)
        try:
            report = work.carry_out(staging, by(cast), expected=seen.fingerprint)
        except NotImported as error:
            report = error.report
        return _done(report, staging)


def _done(report: Report, staging: Staging) -> Done:
    return Done(report, list(staging.messages(warnings=False)), list(staging.messages(warnings=True)))
