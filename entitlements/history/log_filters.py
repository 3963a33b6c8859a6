"""What the log is narrowed to, read from its address and written back into one."""

from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from entitlements.history.log import ACTS, EDIT_KINDS, EDITS, KINDS_OF_ACTS, LogQuery
from entitlements.models import Source
from entitlements.models.customers import LONGEST_SEARCH


def read_log_query(query: QueryDict) -> LogQuery:
    """Return what an address asks for; a kind, source or day that there is not is left out."""
    kind, source = query.get("kind", ""), query.get("source", "")
    return LogQuery(
        person=_text(query, "person"),
        kind=kind if kind in {ACTS, EDITS, *KINDS_OF_ACTS, *EDIT_KINDS} else "",
        offering=_text(query, "offering"),
        customer=_text(query, "customer"),
        source=source if source in Source.values else "",
        reference=_text(query, "reference"),
        first_day=_day(query.get("from", "")),
        last_day=_day(query.get("to", "")),
    )


def log_address(query: LogQuery) -> str:
    """Return the query of an address that asks for the same, without what is empty."""
    chosen = {
        "person": query.person,
        "kind": query.kind,
        "offering": query.offering,
        "customer": query.customer,
        "source": query.source,
        "reference": query.reference,
        "from": query.first_day.isoformat() if query.first_day else "",
        "to": query.last_day.isoformat() if query.last_day else "",
    }
    return urlencode({name: value for name, value in chosen.items() if value})


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()[:LONGEST_SEARCH]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
