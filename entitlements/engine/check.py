"""Everything that ``check_entitlements`` looks at, one after the other."""

from collections.abc import Iterator
from uuid import UUID

from config.name_upkeep import StaleName, stale_names
from entitlements.engine.checks.amendments import amendment_differences
from entitlements.engine.checks.findings import Code, Difference
from entitlements.engine.checks.written_once import (
    act_differences,
    open_erasures,
    revision_differences,
    unprotected_tables,
)
from entitlements.engine.recount import BATCH_SIZE, Mender, Progress, differences


def check(
    *,
    batch_size: int = BATCH_SIZE,
    after: UUID | None = None,
    mend: Mender | None = None,
    progress: Progress | None = None,
) -> Iterator[Difference]:
    """Yield every difference: of triggers, erasures, revisions, acts, amendments, names, then entitlements.

    Memory stays flat, and no transaction is longer than the second look at one batch. With ``after`` an earlier run
    goes on with the entitlements beyond that key. See ``differences`` for the rest.
    """
    if after is None:
        yield from unprotected_tables()
        yield from open_erasures()
        yield from revision_differences(batch_size=batch_size)
        yield from act_differences(batch_size=batch_size)
        yield from amendment_differences(batch_size=batch_size)
        yield from map(_stale, stale_names())
    yield from differences(batch_size=batch_size, after=after, mend=mend, progress=progress)


def _stale(name: StaleName) -> Difference:
    subject = f"{name.field.model._meta.verbose_name} {name.key}"
    return Difference(subject, Code.NAME_STALE, name.field.name, name.stored or "nothing", name.folded)
