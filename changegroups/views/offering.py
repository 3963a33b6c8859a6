"""The change groups of one offering, and its change paths."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from changegroups import paths
from changegroups.offers import offers
from config.web import answering_template
from offerings.models import Offering


@permission_required(("changegroups.view_changegroup", "offerings.view_offering"), raise_exception=True)
@require_safe
def offering(request: HttpRequest, sku: str) -> HttpResponse:
    """Show the groups and change paths, as a page or as a card on the offering's page. Constant queries."""
    found = get_object_or_404(Offering.objects.select_related("product"), sku=sku.replace("\0", ""))
    ladder = paths.load([found.pk])
    groups = [(group, group.priorities[found.pk]) for group in ladder.groups if found.pk in group.priorities]
    targets = offers(ladder, found.pk)
    context = {
        "offering": found,
        "groups": groups,
        "offers": targets,
        "open": [offer for offer in targets if offer.is_open],
        "is_ranked": ladder.has_groups(found.product_id),
    }
    partials = {"open-moves": "changegroups/offering.html#open-moves"}
    return render(request, answering_template(request, "changegroups/offering.html", partials), context)
