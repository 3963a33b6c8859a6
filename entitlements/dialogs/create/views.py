"""Give a customer an entitlement: choose, see what would be made, make it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.clock import site_today
from config.web import redirect_after, require
from entitlements import engine
from entitlements.dialogs.confirm import with_way_back
from entitlements.dialogs.create.forms import CreateForm
from entitlements.dialogs.tones import TONES
from entitlements.models import Customer, Source, generate_code
from entitlements.operations import Preview
from entitlements.state import UNBORN
from offerings import rights
from offerings.tables import right_groups


@require("entitlements.create_entitlement")
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Show the form, with ``?preview`` what it would make, and make it; ``?customer=`` and ``?order=`` choose first."""
    is_asked = request.method == "POST" and not {"preview", "find"} & {*request.GET, *request.POST}
    form = CreateForm(request.POST if request.method == "POST" else _first_words(request), as_of=site_today())
    if is_asked:
        return _create(request, form)
    return _show(request, form)


def _first_words(request: HttpRequest) -> QueryDict:
    """Return what the form starts with: a fresh code, and whatever the address names."""
    words = QueryDict(mutable=True)
    words["codes"] = generate_code()
    for name in ("customer", "order", "offering"):
        words[name] = request.GET.get(name, "")
    chosen = CreateForm(words, as_of=site_today()).chosen_customer
    words["customer_name"] = chosen.name if chosen else request.GET.get("customer_name", "")
    return words


def _create(request: HttpRequest, form: CreateForm) -> HttpResponse:
    operation, user = form.operation(), request.user
    assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
    if operation is None:
        return _show(request, form, errors=True, status=422)
    seen = {UNBORN: form.cleaned_data["fingerprint"]}
    result = engine.apply(operation, made_by=user, source=Source.PAGE, expected=seen)
    [outcome] = result.outcomes
    if result.act is not None:
        made = outcome.preview.after
        text = f"Created {made.revision.offering_name} for {made.order.customer_name}."
        messages.success(request, with_way_back(text, user=user, entitlement_id=made.id, act=result.act))
        return redirect_after(request, reverse("entitlements:entitlement", args=[made.id]))
    form.add_problems(outcome.preview.problems)
    if form.errors:
        return _show(request, form, errors=True, status=422)
    return _show(request, form, stale=True, status=409 if seen[UNBORN] else 200)


def _show(request: HttpRequest, form: CreateForm, *, status: int = 200, **said: bool) -> HttpResponse:
    """Show the form with its preview; ``errors`` shows what is wrong, ``stale`` asks to look again."""
    # Problems found on the way to writing are on the form already: the preview is of what was typed.
    operation = CreateForm(form.data, as_of=form.as_of).operation()
    [preview] = engine.preview(operation) if operation else [None]
    context = {
        "form": form,
        "preview": preview,
        "made": _made(preview, form) if preview else None,
        "preview_url": f"{reverse('entitlements:create')}?preview=1",
        "back_url": reverse("entitlements:entitlements"),
        **said,
    }
    return render(request, "entitlements/dialogs/create.html", context, status=status)


def _made(preview: Preview, form: CreateForm) -> dict[str, Any]:
    """Return what would be made, in words."""
    after = preview.after
    status = after.status(form.as_of)
    limit = after.right("seat_limit")
    return {
        "state": after,
        "status": status,
        "tone": TONES[status],
        "seats": rights.show(limit, after.seat_limit) if rights.is_valid(limit, after.seat_limit) else "",
        "groups": right_groups(after.revision.sheet),
        "namesakes": _namesakes(after.order.customer_name) if after.order.customer_id is None else 0,
    }


def _namesakes(name: str) -> int:
    return Customer.objects.filter(name__iexact=name.strip()).count()
