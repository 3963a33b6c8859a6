"""The queue of proposals: its columns and orders."""

from functools import partial

from django.db.models import F

from config.lists.columns import Column, ColumnSort, ListTable
from config.paging import by_day, by_moment, by_text
from entitlements.amendments.columns import BY_NAME, WHERE

BY_SINCE = ColumnSort(partial(by_moment, F("requested_at")), "waiting longest first", "proposed last first")
BY_DAY = ColumnSort(partial(by_day, F("effective_on")), "earliest day first", "latest day first")
BY_PERSON = ColumnSort(partial(by_text, F("requested_by_name")), "people from A to Z", "people from Z to A")

PROPOSALS = ListTable(
    name="proposals",
    title="Everything that waits for approval",
    url_name="entitlements:proposals",
    permission="entitlements.view_amendment",
    default_sort="since",
    columns=(
        Column("proposal", "Proposal", BY_NAME, is_fixed=True),
        Column("by", "Proposed by", BY_PERSON),
        Column("since", "Waiting", BY_SINCE),
        Column("day", "Takes effect", BY_DAY),
        *WHERE,
        Column("reason", "Reason"),
        Column("due", "Due", is_default=False, kind="num"),
        Column("reference", "Reference", is_default=False),
    ),
)
