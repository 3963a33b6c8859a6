"""The drift report, and the page that moves outdated entitlements to the newest revision."""

import shlex

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.clock import site_today
from config.filter_forms import FilterForm, SearchField, read_filters
from config.selection import LARGEST_SELECTION, read_seen
from config.web import AuthenticatedHttpRequest
from entitlements.desk.drift import OutdatedRevision, drift, drift_of
from entitlements.dialogs.change_offering.forms import ChangeSelectionForm
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.selection import Selection, respond_for_selection
from entitlements.models import Entitlement, new_id
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.operations import ChangeOffering, SeatMode, TermMode
from offerings.models import Product, Revision


class ProductFilterForm(FilterForm):
    """The filter of the drift report: a product by code."""

    product = SearchField(longest=LONGEST_SEARCH)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def drift_report(request: HttpRequest) -> HttpResponse:
    """List entitlements on earlier revisions, by offering and revision. Constant queries.

    ``product`` in the address is a code to filter by.
    """
    product = read_filters(request, ProductFilterForm).values["product"]
    products = list(Product.objects.order_by("name"))
    groups = drift(product=product)
    context = {
        "groups": groups,
        "total": sum(group.count for group in groups),
        "products": products,
        "product": product,
        "is_unknown": bool(product) and product not in {each.code for each in products},
        "may_move": request.user.has_perm(ChangeOffering.permission),
    }
    return render(request, "entitlements/desk/drift_report.html", context)


@permission_required(ChangeOffering.permission, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def move_revision(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Move the entitlements on an earlier revision: at most ``LARGEST_SELECTION`` here, more by the shown command."""
    revision = get_object_or_404(Revision.objects.select_related("offering__product"), pk=pk)
    outdated = drift_of(revision)
    if outdated is None:
        raise Http404("This revision is the newest of its offering.")
    back_url = reverse("entitlements:drift_report")
    context = {"outdated": outdated, "largest": LARGEST_SELECTION, "back_url": back_url}
    if outdated.count > LARGEST_SELECTION:
        return render(request, "entitlements/dialogs/drift_move.html", {**context, "command": _command(outdated)})
    chosen = list(Entitlement.objects.filter(revision=revision, ended_on=None).order_by("pk")[:LARGEST_SELECTION])
    if not chosen and request.method != "POST":
        return HttpResponseRedirect(back_url)
    entitlements = chosen or [Entitlement(offering=revision.offering)]  # the choices after the last one has moved
    form = ChangeSelectionForm(request.POST or _initial_data(outdated), as_of=site_today(), entitlements=entitlements)
    selection = Selection(
        template="entitlements/dialogs/drift_move.html",
        partials=("preview", "command"),
        changed=ChangeOffering.words.changed,
        back_url=back_url,
        extra={**context, "command": _command(outdated, form)},
    )
    seen = list(read_seen(request.POST))[:LARGEST_SELECTION] if "confirm" in request.POST else []
    ids = list(dict.fromkeys([*(row.pk for row in chosen), *seen]))
    return respond_for_selection(request, form, ids, selection)


def _initial_data(outdated: OutdatedRevision) -> QueryDict:
    return initial_data(target=outdated.newest.pk, seats=SeatMode.REFUSE, term=TermMode.DEFAULT, key=new_id())


def _command(outdated: OutdatedRevision, form: ChangeSelectionForm | None = None) -> str:
    """Return the command with the same choices, quoted for a shell; one query where the form has a target."""
    sku = outdated.revision.offering.sku
    chosen = form.cleaned_data if form is not None and form.is_valid() else {}
    words = ["manage.py", "change_offering", "--from", sku, "--revision", str(outdated.revision.number)]
    if "target" in chosen:
        sku = Revision.objects.values_list("offering__sku", flat=True).get(pk=chosen["target"])
    words += ["--to", sku]
    if chosen.get("seats", SeatMode.REFUSE) != SeatMode.REFUSE:
        words += ["--seats", chosen["seats"]]
    if chosen.get("term", TermMode.DEFAULT) != TermMode.DEFAULT:
        words += ["--term", str(chosen["expires_on"] if chosen["term"] == TermMode.DATE else chosen["term"])]
    words += ["--reason", chosen.get("reason") or f"Move to revision {outdated.newest.number}"]
    if chosen.get("reference"):
        words += ["--reference", chosen["reference"]]
    return shlex.join(words)
