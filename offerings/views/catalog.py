"""Staff pages of the catalog: the list of offerings, one offering, one revision, review and publish."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from config.actors import name_of
from config.edit_log import edits_of
from config.filter_forms import read_filters
from config.lists.state import list_state
from config.paging import Page, numbered_page
from offerings.drafts import Draft
from offerings.forms import PublishForm
from offerings.holders import holders_by_offering, holders_by_revision
from offerings.models import Offering, OfferingKind, OfferingQuerySet, Revision
from offerings.offering_list import OFFERINGS, OfferingFilterForm
from offerings.prices import Price, price_line
from offerings.relations import BETWEEN_EDITIONS, LABELS, show_relation
from offerings.revisions import (
    PUBLISHED,
    TERMS,
    NotPublishable,
    Review,
    StaleReview,
    compare,
    diff_of,
    fingerprint,
    reviews,
    show_term,
    unpublished,
)
from offerings.revisions import publish as publish_revisions
from offerings.tables import RightGroup, diff_rows, right_groups

MOST_CHIPS = 6
MOST_EDITS = 10


@dataclass(frozen=True, slots=True)
class ListedOffering:
    """One row of the list of offerings."""

    offering: Offering
    review: Review
    price: str
    holders: int


@permission_required("offerings.view_offering", raise_exception=True)
@require_safe
def offerings(request: HttpRequest) -> HttpResponse:
    """List the offerings that fit the filters in the address, by default by product. Constant queries."""
    form = read_filters(request, OfferingFilterForm)
    shown_list = list_state(request, OFFERINGS, form)
    page: Page[Offering] = numbered_page(
        request, form.offerings().order_by(*shown_list.sorting), size=shown_list.page_size
    )
    context = {
        "list": shown_list,
        "form": form,
        "filters": form.values,
        "is_filtered": form.is_filtered,
        "page": page,
        "rows": _listed(list(page.rows)),
    }
    return render(request, "offerings/offerings.html", context)


def _listed(offerings: list[Offering]) -> list[ListedOffering]:
    holders = holders_by_offering(offering.pk for offering in offerings)
    return [
        ListedOffering(offering, review, _price_line(review.newest or review.draft), holders.get(offering.pk, 0))
        for offering, review in zip(offerings, reviews(offerings), strict=True)
    ]


def _price_line(snapshot: Draft | Revision) -> str:
    return price_line(snapshot.prices, snapshot.terms.get("billing_period", ""))


def _prices(snapshot: Draft | Revision) -> tuple[Price, ...]:
    return tuple(Price.from_json(stored) for stored in snapshot.prices)


@permission_required("offerings.view_offering", raise_exception=True)
@require_safe
def offering(request: HttpRequest, sku: str) -> HttpResponse:
    """Show one offering: its rights, prices, terms and relations, and every revision with its changes."""
    found = get_object_or_404(Offering.objects.select_related("product", "plan", "edition"), sku=_sku(sku))
    [review] = reviews([found])
    shown = review.newest or review.draft
    revisions = holders_by_revision([found.pk]).get(found.pk, [])
    context = {
        "offering": found,
        "review": review,
        "unpublished_rows": diff_rows(review.diff),
        "version": f"revision {review.newest.number}" if review.newest else "draft",
        **_content(found, shown),
        "relations": _relations(found, shown),
        "history": _history(revisions),
        "holders": sum(count for _, count in revisions),
        "edits": edits_of(found).exclude(action_flag=PUBLISHED)[:MOST_EDITS],
    }
    return render(request, "offerings/offering.html", context)


def _content(found: Offering, snapshot: Draft | Revision) -> dict[str, Any]:
    """Return the context that the pages of an offering and of a revision share.

    ``replaced`` are the rights of an add-on that replace those of the plan; ``groups`` are all other rights.
    """
    groups = right_groups(snapshot.sheet)
    replaced: list[RightGroup] = []
    if found.kind == OfferingKind.ADD_ON:
        replaced = [group for group in groups if any(row.right.is_feature for row in group.rows)]
    terms = ((label, show_term(key, snapshot.terms.get(key, ""))) for key, label in TERMS.items())
    return {
        "groups": [group for group in groups if group not in replaced],
        "replaced": replaced,
        "extensions": right_groups(snapshot.extension_sheet),
        "prices": _prices(snapshot),
        "terms": [(label, words) for label, words in terms if words],
    }


def _sku(text: str) -> str:
    """Return a text as a SKU, without NUL characters, which PostgreSQL refuses."""
    return text.replace("\0", "")


@dataclass(frozen=True, slots=True)
class Published:
    """One revision in the history of an offering."""

    revision: Revision
    holders: int
    rows: list[Any]
    is_first: bool

    @property
    def chips(self) -> list[Any]:
        """Return the first few differences."""
        return self.rows[:MOST_CHIPS]

    @property
    def more(self) -> int:
        """Return the number of differences without a chip."""
        return len(self.rows) - len(self.chips)


def _history(revisions: list[tuple[Revision, int]]) -> list[Published]:
    """Return the revisions, newest first, each with its holders and its differences from the revision before."""
    older_revisions = [revision for revision, _ in revisions[1:]]
    return [
        Published(newer, holders, diff_rows(diff_of(older, newer)) if older else [], is_first=older is None)
        for (newer, holders), older in zip(revisions, [*older_revisions, None], strict=False)
    ]


def _relations(found: Offering, snapshot: Draft | Revision) -> list[tuple[str, list[Any]]]:
    """Return what a revision says an add-on goes with, or the add-ons that go with a plan, by label."""
    if found.kind == OfferingKind.ADD_ON:
        words = [
            (LABELS[name], show_relation(name, snapshot.relations.get(name))) for name in (*BETWEEN_EDITIONS, "bought")
        ]
        return [(label, [{"name": text}]) for label, text in words if text]
    goes_with = Q(edition__available_for=found.edition) | Q(edition__available_for=None)
    add_ons = Offering.objects.on_sale().filter(goes_with, product=found.product_id, kind=OfferingKind.ADD_ON)
    rows = list(add_ons.distinct())
    return [("Add-ons", rows)] if rows else []


@permission_required("offerings.view_offering", raise_exception=True)
@require_safe
def revision(request: HttpRequest, sku: str, number: int) -> HttpResponse:
    """Show one revision: its rights, prices and terms, and its differences from the revision before."""
    found = get_object_or_404(Offering.objects.select_related("product"), sku=_sku(sku))
    revisions = holders_by_revision([found.pk]).get(found.pk, [])
    by_number = {revision.number: (revision, holders) for revision, holders in revisions}
    if number not in by_number:
        return redirect(found)
    shown, holders = by_number[number]
    before = by_number.get(number - 1, (None, 0))[0]
    context = {
        "offering": found,
        "revision": shown,
        "before": before,
        "newest_number": max(by_number),
        "holders": holders,
        "rows": diff_rows(diff_of(before, shown) if before else compare(None, shown)),
        **_content(found, shown),
    }
    return render(request, "offerings/revision.html", context)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One offering on the review page, with the revisions that customers hold and their number of holders."""

    review: Review
    rows: list[Any]
    holders: list[tuple[Revision, int]]


@permission_required("offerings.publish_offering", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest) -> HttpResponseBase:
    """Review the unpublished changes of a ``product``, of some ``sku`` or of all offerings; POST publishes the chosen.

    What somebody else changed since the page was made is shown again, and nothing is published.
    """
    offerings = list(_selected(request))
    changes = unpublished(offerings)
    seen = fingerprint(changes)
    publishable = [change.offering_id for change in changes if not change.draft.problems]
    form_for = partial(PublishForm, publishable=publishable, is_choice=len(changes) > 1)
    form = form_for(request.POST or None, initial={"expected": seen})
    if request.method == "POST" and form.is_valid():
        chosen = [change for change in changes if change.offering_id in form.ticked] if len(changes) > 1 else changes
        try:
            if form.cleaned_data["expected"] != seen:
                raise StaleReview
            return _publish(request, chosen, note=form.cleaned_data["note"])
        except NotPublishable:
            return _review(request, form, changes, status=422)
        except StaleReview as refusal:
            messages.warning(request, str(refusal))
            fresh = form_for(initial={"expected": seen, "note": form.cleaned_data["note"], "chosen": form.ticked})
            return _review(request, fresh, changes, status=409)
    return _review(request, form, changes, status=422 if form.errors else 200)


def _review(request: HttpRequest, form: PublishForm, changes: list[Review], *, status: int) -> HttpResponse:
    revisions = holders_by_revision(change.offering_id for change in changes)
    reviewed = []
    for change in changes:
        holders = [(revision, count) for revision, count in revisions.get(change.offering_id, []) if count]
        reviewed.append(Reviewed(change, diff_rows(change.diff), holders))
    context = {
        "form": form,
        "changes": reviewed,
        "has_problems": any(change.draft.problems for change in changes),
        "compared": _selected(request).count(),
    }
    return render(request, "offerings/publish.html", context, status=status)


def _selected(request: HttpRequest) -> OfferingQuerySet:
    found = Offering.objects.all()
    skus = [_sku(sku) for sku in request.GET.getlist("sku")[:500]]
    product = read_filters(request, OfferingFilterForm).values["product"]
    if skus:
        return found.filter(sku__in=skus)
    return found.on_sale().filter(product__code=product) if product else found.on_sale()


def _publish(request: HttpRequest, changes: list[Review], *, note: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
    offerings = list(Offering.objects.filter(pk__in=[change.offering_id for change in changes]))
    published = publish_revisions(
        offerings, published_by=user, published_by_name=name_of(user), note=note, expected=fingerprint(changes)
    )
    text = ngettext("Published %(count)d revision.", "Published %(count)d revisions.", len(published))
    messages.success(request, f"{text % {'count': len(published)}} Customers keep theirs until they are moved.")
    product = read_filters(request, OfferingFilterForm).values["product"]
    if len(offerings) == 1:
        return redirect(offerings[0])
    return redirect(reverse("offerings:offerings", query={"product": product} if product else None))
