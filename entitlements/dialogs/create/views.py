"""The dialog that creates an entitlement."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements import schedule
from entitlements.dialogs.confirm import ConfirmPage, PreviewedForm, form_methods, respond, with_undo_link
from entitlements.dialogs.create.forms import CreateForm
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.pinned import pinned_on_customer
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.dialogs.waiting import Days
from entitlements.engine.apply import Result
from entitlements.history.money import due_line, money_groups
from entitlements.history.prices import price_rows
from entitlements.models import Customer, Order, generate_code
from entitlements.operations import CreateEntitlement, Preview
from entitlements.operations.create_entitlement import MOST_NAMED
from entitlements.state import OrderValue
from offerings import rights
from offerings.tables import right_groups

TEMPLATE = "entitlements/dialogs/create.html"


@permission_required(CreateEntitlement.permission, raise_exception=True)
@form_methods
def create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the form with its preview, and create the entitlement.

    ``customer``, ``order`` and ``offering`` in the address are initial choices, ``customer_name`` is an initial text;
    ``when`` and ``effective_on`` are the day on which it is to be created, in an order that is there or a new one.
    """
    form = CreateForm(request.POST if request.method == "POST" else _initial_data(request), as_of=site_today())
    if request.user.has_perm(schedule.PERMISSION):
        form.find_days = Days
    page = ConfirmPage(
        template=TEMPLATE,
        partials={name: f"{TEMPLATE}#{name}" for name in ("customers", "order", "quantity", "preview")},
        back_url=_back_url(request, form),
        context=lambda previewed: _context(request.user, form, previewed),
        report=_report,
        done_url=lambda result: reverse("entitlements:entitlement", args=[result.outcomes[0].preview.id]),
    )
    return respond(request, form, (), page)


def _initial_data(request: AuthenticatedHttpRequest) -> QueryDict:
    """Return the initial data of the form: a new activation code, and the choices in the address."""
    names = ("customer", "order", "offering", "when", "effective_on")
    choices = {name: request.GET.get(name, "") for name in names}
    data = initial_data(codes=generate_code(), **choices)
    chosen = CreateForm(data, as_of=site_today()).chosen_customer
    data["customer_name"] = chosen.name if chosen else request.GET.get("customer_name", "")
    return data


def _back_url(request: AuthenticatedHttpRequest, form: CreateForm) -> str:
    """Return the page that the person came from: that of the order in the address, else the list."""
    if "order" in request.GET and form.chosen_order:
        return form.chosen_order.get_absolute_url()
    return reverse("entitlements:entitlements")


def _report(request: AuthenticatedHttpRequest, result: Result) -> None:
    """Add the message about the new entitlement, with a link that undoes the act."""
    if result.act is None:
        return
    made = result.outcomes[0].preview.lead.after
    text = f"Created {made.revision.offering_name} for {made.order.customer_name}."
    messages.success(request, with_undo_link(text, user=request.user, entitlement_id=made.id, act=result.act))


def _context(user: User, form: CreateForm, previewed: PreviewedForm) -> dict[str, Any]:
    """Return the context; one query for pinned notes where a customer is chosen and its part of the page is shown."""
    customer = form.chosen_customer
    preview = previewed.previews[0] if previewed.previews else None
    return {
        "preview": preview,
        "made": _made(preview, previewed.form) if preview else None,
        "preview_url": f"{reverse('entitlements:create')}?preview=1",
        "list_url": reverse("entitlements:entitlements"),
        "words": CreateEntitlement.words,
        "notes_on_customer": SimpleLazyObject(lambda: pinned_on_customer(user, customer) if customer else None),
        "errors": previewed.form.is_confirmed and bool(previewed.form.errors),
    }


def _same_orders(order: OrderValue) -> list[Order]:
    """Return the first orders with the reference of a new order; one query, none for an order there is."""
    same = Order.objects.of_reference(order.order_reference).exclude(pk=order.id).select_related("customer")
    return list(same[:MOST_NAMED]) if order.is_new else []


def _made(preview: Preview, form: Any) -> dict[str, Any]:
    """Return the new entitlement in words; one query where the customer is new, one for a new order."""
    after = preview.lead.after
    status, name = after.status(form.waits_until or form.as_of), after.order.customer_name.strip()
    return {
        "state": after,
        "status": status,
        "tone": STATUS_TONES[status],
        "seats": rights.show_stored(after.right("seat_limit"), after.seat_limit) if after.seat_limit else "",
        "price": price_rows([("", (None, after))]),
        "money": money_groups([preview.money], today=site_today()),
        "due_line": due_line([preview.money], on=form.waits_until),
        "groups": right_groups(after.revision.sheet),
        "same_orders": _same_orders(after.order),
        "namesakes": Customer.objects.current().filter(name_folded=name).count() if after.order.is_new_customer else 0,
    }
