"""Give a customer an entitlement: choose, see what would be made, make it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import Page, Shown, form_methods, respond, with_way_back
from entitlements.dialogs.create.forms import CreateForm
from entitlements.dialogs.tones import TONES
from entitlements.engine.apply import Result
from entitlements.models import Customer, generate_code
from entitlements.operations import CreateEntitlement, Preview
from offerings import rights
from offerings.tables import right_groups

TEMPLATE = "entitlements/dialogs/create.html"


@permission_required(CreateEntitlement.permission, raise_exception=True)
@form_methods
def create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the form with what it would make, and make it; ``?customer=`` and ``?order=`` choose first."""
    form = CreateForm(request.POST if request.method == "POST" else _first_words(request), as_of=site_today())
    page = Page(
        template=TEMPLATE,
        partials={name: f"{TEMPLATE}#{name}" for name in ("customers", "order", "quantity", "preview")},
        back_url=reverse("entitlements:entitlements"),
        context=_context,
        report=_report,
        done_url=lambda result: reverse("entitlements:entitlement", args=[result.outcomes[0].preview.id]),
    )
    return respond(request, form, (), page)


def _first_words(request: AuthenticatedHttpRequest) -> QueryDict:
    """Return what the form starts with: a fresh code, and whatever the address names."""
    words = QueryDict(mutable=True)
    words["codes"] = generate_code()
    for name in ("customer", "order", "offering"):
        words[name] = request.GET.get(name, "")
    chosen = CreateForm(words, as_of=site_today()).chosen_customer
    words["customer_name"] = chosen.name if chosen else request.GET.get("customer_name", "")
    return words


def _report(request: AuthenticatedHttpRequest, result: Result) -> None:
    """Leave the message that says what was created, with a link that takes it back."""
    if result.act is None:
        return
    made = result.outcomes[0].preview.lead.after
    text = f"Created {made.revision.offering_name} for {made.order.customer_name}."
    messages.success(request, with_way_back(text, user=request.user, entitlement_id=made.id, act=result.act))


def _context(shown: Shown) -> dict[str, Any]:
    preview = shown.previews[0] if shown.previews else None
    return {
        "preview": preview,
        "made": _made(preview, shown.form) if preview else None,
        "preview_url": f"{reverse('entitlements:create')}?preview=1",
        "words": CreateEntitlement.words,
        "errors": shown.form.is_confirmed and bool(shown.form.errors),
    }


def _made(preview: Preview, form: Any) -> dict[str, Any]:
    """Return what would be made, in words."""
    after = preview.lead.after
    status = after.status(form.as_of)
    return {
        "state": after,
        "status": status,
        "tone": TONES[status],
        "seats": rights.show_stored(after.right("seat_limit"), after.seat_limit) if after.seat_limit else "",
        "groups": right_groups(after.revision.sheet),
        "namesakes": _namesakes(after.order.customer_name) if after.order.is_new_customer else 0,
    }


def _namesakes(name: str) -> int:
    return Customer.objects.filter(name__iexact=name.strip()).count()
