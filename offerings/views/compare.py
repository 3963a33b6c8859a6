"""Offerings side by side; the address names the columns: ``?with=SKU&with=SKU:3&with=SKU:draft``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from offerings.compare import DRAFT, ColumnQuery, Snapshot, matrix, number_of, read_column_query
from offerings.drafts import drafts
from offerings.holders import holders_of
from offerings.models import Offering, OfferingKind, Product, Revision
from offerings.prices import price_line
from offerings.revisions import newest_revisions

MOST = 6
MOST_OFFERED = 1000
MOST_READ = 50
OLDER_REVISIONS = 8
ORDER = ("product__name", "product", "-kind", "position", "name", "sku")


@dataclass(frozen=True, slots=True)
class Column:
    """One offering of the comparison, as a revision or, where ``number`` is 0, as its draft."""

    query: ColumnQuery
    offering: Offering
    snapshot: Snapshot
    newest: int
    holders: int

    @property
    def number(self) -> int:
        """Return the number of the revision; 0 is the draft."""
        return number_of(self.snapshot)

    @property
    def price(self) -> str:
        """Return the charges and when they fall due."""
        return price_line(self.snapshot.prices, self.snapshot.terms.get("billing_period", ""))

    @property
    def versions(self) -> list[tuple[str, ColumnQuery]]:
        """Return the other versions that the column can show: earlier and later revisions, and the draft."""
        numbers = [n for n in range(self.newest, max(self.newest - OLDER_REVISIONS, 0), -1) if n != self.number]
        found = [(f"Show revision {number}", ColumnQuery(self.offering.sku, str(number))) for number in numbers]
        return [*found, ("Show the draft", ColumnQuery(self.offering.sku, DRAFT))] if self.number else found


@dataclass(frozen=True, slots=True)
class ColumnLink:
    """A link that changes which columns are shown."""

    label: str
    url: str
    icon: str


@permission_required("offerings.view_offering", raise_exception=True)
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Compare offerings and revisions, six at most. Constant queries."""
    offered = list(Offering.objects.on_sale().select_related("product").order_by(*ORDER)[:MOST_OFFERED])
    queries = [found for text in request.GET.getlist("with")[:MOST_READ] if (found := read_column_query(text))]
    columns, problems = _columns(_with_skus(queries, offered))
    context = {
        "columns": [(column, _links(columns, place)) for place, column in enumerate(columns)],
        "names": ", ".join(dict.fromkeys(column.snapshot.offering_name for column in columns)),
        "products": ", ".join(dict.fromkeys(column.offering.product.name for column in columns)),
        "matrix": matrix([column.snapshot for column in columns]),
        "problems": problems,
        "offered": offered,
        "suggested": _suggested(columns, offered),
        "is_full": len(columns) >= MOST,
    }
    return render(request, "offerings/compare.html", context)


# --- from queries to columns -----------------------------------------------------------------------------------------


def _with_skus(queries: Iterable[ColumnQuery], offered: Iterable[Offering]) -> list[ColumnQuery]:
    """Return the queries by SKU, also where a person typed a name that only one offering has."""
    named: dict[str, list[str]] = {}
    for offering in offered:
        named.setdefault(offering.name.upper(), []).append(offering.sku)
    found = []
    for each in queries:
        sku, *others = named.get(each.sku.upper(), [each.sku])
        found.append(ColumnQuery((each.sku if others else sku).upper(), each.version))
    return found


def _columns(queries: Sequence[ColumnQuery]) -> tuple[list[Column], list[str]]:
    """Return the columns that exist, and a sentence about each one that does not; at most 8 database queries."""
    rows = Offering.objects.filter(sku__in={each.sku for each in queries}).select_related("product", "plan")
    offerings = {row.sku: row for row in rows}
    newest = newest_revisions(offering.pk for offering in offerings.values())
    snapshots = _snapshots(queries, offerings, newest)
    places: dict[tuple[int, int], ColumnQuery] = {}
    for each, snapshot in snapshots.items():
        places.setdefault((snapshot.offering_id, number_of(snapshot)), each)
    shown, left_out = list(places.values())[:MOST], list(places.values())[MOST:]
    keys = {each: found.pk for each in shown if isinstance(found := snapshots[each], Revision)}
    holders = holders_of(keys.values())
    numbers = {offering_id: revision.number for offering_id, revision in newest.items()}
    columns = [
        Column(
            query=each,
            offering=offerings[each.sku],
            snapshot=snapshots[each],
            newest=numbers.get(offerings[each.sku].pk, 0),
            holders=holders.get(keys.get(each, 0), 0),
        )
        for each in shown
    ]
    missing = [_missing(each, offerings.get(each.sku), numbers) for each in queries if each not in snapshots]
    return columns, [*missing, *(f"{MOST} columns fit. Remove one to see {each}." for each in left_out)]


def _snapshots(
    queries: Iterable[ColumnQuery], offerings: Mapping[str, Offering], newest: Mapping[int, Revision]
) -> dict[ColumnQuery, Snapshot]:
    """Return the snapshots of the queries that exist, in the same order; at most 5 database queries."""
    found = [(each, offerings[each.sku].pk) for each in dict.fromkeys(queries) if each.sku in offerings]
    numbered = _numbered((pk, each.number) for each, pk in found if each.number)
    draft_skus = {each.sku for each, pk in found if each.version == DRAFT or (not each.version and pk not in newest)}
    compiled = drafts(offerings[sku] for sku in sorted(draft_skus)) if draft_skus else []
    by_version: dict[tuple[int, str], Snapshot] = {
        **{(draft.offering_id, DRAFT): draft for draft in compiled},
        **{(draft.offering_id, ""): draft for draft in compiled},
        **{(pk, ""): revision for pk, revision in newest.items()},
        **{(revision.offering_id, str(revision.number)): revision for revision in numbered},
    }
    return {each: by_version[pk, each.version] for each, pk in found if (pk, each.version) in by_version}


def _numbered(places: Iterable[tuple[int, int]]) -> Iterable[Revision]:
    """Return the revisions with these offerings and numbers; one query, or none."""
    wanted = [Q(offering=offering_id, number=number) for offering_id, number in places]
    return Revision.objects.filter(reduce(or_, wanted)) if wanted else []


def _missing(query: ColumnQuery, offering: Offering | None, numbers: Mapping[int, int]) -> str:
    """Return a sentence that says why a column is missing, and what to write instead."""
    if offering is None:
        return (
            f"There is no offering {query.sku[:40]}, or several have that name. Write a SKU, or choose from the list."
        )
    number = numbers.get(offering.pk, 0)
    if not number:
        return f"{offering.name} is not published yet. Write {offering.sku} to see its draft."
    known = f"{offering.sku}:{number}"
    return f"{offering.name} has no revision {query.version[:20]}. Its newest is {number}: write {known}."


# --- links to other columns ------------------------------------------------------------------------------------------


def _address(columns: Iterable[ColumnQuery | str]) -> str:
    return f"{reverse('offerings:compare')}?{urlencode({'with': [str(each) for each in columns]}, doseq=True)}"


def _links(columns: Sequence[Column], place: int) -> list[ColumnLink]:
    """Return the links of one column's menu."""
    queries = [column.query for column in columns]
    before, here, after = queries[:place], queries[place], queries[place + 1 :]
    links = [
        ColumnLink(label, _address([*before, version, *after]), "revision")
        for label, version in columns[place].versions
    ]
    if before:
        links.append(ColumnLink("Move to the left", _address([*before[:-1], here, before[-1], *after]), "arrow-left"))
    if after:
        links.append(ColumnLink("Move to the right", _address([*before, after[0], here, *after[1:]]), "arrow-right"))
    return [*links, ColumnLink("Remove from the comparison", _address([*before, *after]), "close")]


def _suggested(columns: Sequence[Column], offered: Iterable[Offering]) -> list[ColumnLink]:
    """Return links that add an offering of the same kind and product; without columns, the plans of each product."""
    queries = [column.query for column in columns]
    if not columns:
        return _product_starts(offered)
    shown = {column.offering.pk for column in columns}
    kinds = {(column.offering.product_id, column.offering.kind) for column in columns}
    near = [o for o in offered if (o.product_id, o.kind) in kinds and o.pk not in shown]
    return [ColumnLink(o.name, _address([*queries, o.sku]), "plus") for o in near[:MOST]] if len(columns) < MOST else []


def _product_starts(offered: Iterable[Offering]) -> list[ColumnLink]:
    plans: dict[Product, list[str]] = {}
    for offering in offered:
        if offering.kind == OfferingKind.PLAN:
            plans.setdefault(offering.product, []).append(offering.sku)
    return [ColumnLink(product.name, _address(skus[:MOST]), "box") for product, skus in plans.items()]
