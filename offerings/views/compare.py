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

from offerings.compare import DRAFT, Asked, Snapshot, matrix, number_of, read_asked
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

    asked: Asked
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
        """Return the first charge and when it falls due."""
        return price_line(self.snapshot.prices[:1], self.snapshot.terms.get("billing_period", ""))

    @property
    def versions(self) -> list[tuple[str, Asked]]:
        """Return what else of the offering can take this place: earlier and later revisions, and its draft."""
        numbers = [n for n in range(self.newest, max(self.newest - OLDER_REVISIONS, 0), -1) if n != self.number]
        found = [(f"Show revision {number}", Asked(self.offering.sku, str(number))) for number in numbers]
        return [*found, ("Show the draft", Asked(self.offering.sku, DRAFT))] if self.number else found


@dataclass(frozen=True, slots=True)
class ColumnLink:
    """A link that changes which columns are shown."""

    label: str
    url: str
    icon: str


@permission_required("offerings.view_offering", raise_exception=True)
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Compare offerings and revisions, six at most; the queries do not grow with columns, rights or revisions."""
    offered = list(Offering.objects.on_sale().select_related("product").order_by(*ORDER)[:MOST_OFFERED])
    asked = [found for text in request.GET.getlist("with")[:MOST_READ] if (found := read_asked(text))]
    columns, problems = _columns(_with_skus(asked, offered))
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


# --- what is asked for -----------------------------------------------------------------------------------------------


def _with_skus(asked: Iterable[Asked], offered: Iterable[Offering]) -> list[Asked]:
    """Return what was asked for by SKU, also where a person typed a name that one offering alone has."""
    named: dict[str, list[str]] = {}
    for offering in offered:
        named.setdefault(offering.name.upper(), []).append(offering.sku)
    found = []
    for each in asked:
        sku, *others = named.get(each.sku.upper(), [each.sku])
        found.append(Asked((each.sku if others else sku).upper(), each.version))
    return found


def _columns(asked: Sequence[Asked]) -> tuple[list[Column], list[str]]:
    """Return the columns that exist, and a sentence about each that does not; at most 8 queries."""
    offerings = {found.sku: found for found in _offerings({each.sku for each in asked})}
    newest = newest_revisions(offering.pk for offering in offerings.values())
    snapshots = _snapshots(asked, offerings, newest)
    places: dict[tuple[int, int], Asked] = {}
    for each, snapshot in snapshots.items():
        places.setdefault((snapshot.offering_id, number_of(snapshot)), each)
    shown, left_out = list(places.values())[:MOST], list(places.values())[MOST:]
    keys = {each: found.pk for each in shown if isinstance(found := snapshots[each], Revision)}
    holders = holders_of(keys.values())
    numbers = {offering_id: revision.number for offering_id, revision in newest.items()}
    columns = []
    for each in shown:
        offering, held = offerings[each.sku], holders.get(keys.get(each, 0), 0)
        columns.append(Column(each, offering, snapshots[each], numbers.get(offering.pk, 0), held))
    missing = [_missing(each, offerings.get(each.sku), numbers) for each in asked if each not in snapshots]
    return columns, [*missing, *(f"{MOST} columns fit. Remove one to see {each}." for each in left_out)]


def _offerings(skus: Iterable[str]) -> Iterable[Offering]:
    return Offering.objects.filter(sku__in=list(skus)).select_related("product", "plan")


def _snapshots(
    asked: Iterable[Asked], offerings: Mapping[str, Offering], newest: Mapping[int, Revision]
) -> dict[Asked, Snapshot]:
    """Return what exists of what was asked for, in the same order; at most 5 queries."""
    found = [(each, offerings[each.sku].pk) for each in dict.fromkeys(asked) if each.sku in offerings]
    numbered = _numbered((pk, each.number) for each, pk in found if each.number)
    drawn_up = {each.sku for each, pk in found if each.version == DRAFT or (not each.version and pk not in newest)}
    compiled = drafts(offerings[sku] for sku in sorted(drawn_up)) if drawn_up else []
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


def _missing(asked: Asked, offering: Offering | None, numbers: Mapping[int, int]) -> str:
    """Say what is wrong with a column that was asked for, and what to write instead."""
    if offering is None:
        return (
            f"There is no offering {asked.sku[:40]}, or several have that name. Write a SKU, or choose from the list."
        )
    number = numbers.get(offering.pk, 0)
    if not number:
        return f"{offering.name} is not published yet. Write {offering.sku} to see its draft."
    known = f"{offering.sku}:{number}"
    return f"{offering.name} has no revision {asked.version[:20]}. Its newest is {number}: write {known}."


# --- where to go from here -------------------------------------------------------------------------------------------


def _address(columns: Iterable[Asked | str]) -> str:
    return f"{reverse('offerings:compare')}?{urlencode({'with': [str(each) for each in columns]}, doseq=True)}"


def _links(columns: Sequence[Column], place: int) -> list[ColumnLink]:
    """Return the links of one column's menu."""
    asked = [column.asked for column in columns]
    before, here, after = asked[:place], asked[place], asked[place + 1 :]
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
    """Return what could be added: offerings of the same kind and product, or at first the plans of each product."""
    asked = [column.asked for column in columns]
    if not columns:
        return _product_starts(offered)
    shown = {column.offering.pk for column in columns}
    kinds = {(column.offering.product_id, column.offering.kind) for column in columns}
    near = [o for o in offered if (o.product_id, o.kind) in kinds and o.pk not in shown]
    return [ColumnLink(o.name, _address([*asked, o.sku]), "plus") for o in near[:MOST]] if len(columns) < MOST else []


def _product_starts(offered: Iterable[Offering]) -> list[ColumnLink]:
    plans: dict[Product, list[str]] = {}
    for offering in offered:
        if offering.kind == OfferingKind.PLAN:
            plans.setdefault(offering.product, []).append(offering.sku)
    return [ColumnLink(product.name, _address(skus[:MOST]), "box") for product, skus in plans.items()]
