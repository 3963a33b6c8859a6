"""The page that imports a price catalog: choose a file, review the dry run, confirm."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from offerings.catalogs import importer
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.import_log import counts_in_words
from offerings.catalogs.import_plan import Action, ImportPlan, Item, Section
from offerings.import_form import COMMAND, ImportForm
from offerings.models import Product

MOST_SHOWN = 500
SIGNS = {Action.ADDED: "+", Action.CHANGED: "→", Action.RETIRED: "\N{MINUS SIGN}", Action.REINSTATED: "+"}
TONES = {Action.ADDED: "added", Action.CHANGED: "changed", Action.RETIRED: "removed", Action.REINSTATED: "added"}


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the dry run, with the sign and the colour of its action."""

    item: Item
    sign: str
    tone: str


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """One section of the dry run: its rows, its counts (word, tone, number), and the number of rows left out."""

    name: str
    rows: tuple[PlannedRow, ...]
    counts: tuple[tuple[str, str, int], ...]
    unchanged: int
    more: int


@permission_required(("offerings.add_offering", "offerings.change_offering"), raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def import_catalog(request: HttpRequest) -> HttpResponse:
    """Show the form, and with a file the dry run; import the file once the person confirms the dry run."""
    if request.method != "POST":
        return _page(request, ImportForm(user_id=_user(request).pk))
    form = ImportForm(request.POST, request.FILES, user_id=_user(request).pk)
    plan = _plan(form)
    if plan is None:
        _keep_file(form)
        return _page(request, form, status=422)
    if "confirm" not in request.POST:
        return _page(request, form.with_dry_run(expected=plan.fingerprint), plan)
    if plan.emptied and form.cleaned_data["confirmation"].strip() != plan.product.code:
        problem = f"Write {plan.product.code} here, or choose another file or product."
        unconfirmed = form.with_dry_run(expected=plan.fingerprint)
        return _page(request, unconfirmed, plan, confirmation_error=problem, status=422)
    try:
        return _import(request, form)
    except importer.StalePlan as refusal:
        messages.warning(request, str(refusal))
        fresh = _plan(form) or plan
        return _page(request, form.with_dry_run(expected=fresh.fingerprint), fresh, status=409)


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
    return user


def _plan(form: ImportForm) -> ImportPlan | None:
    """Return the plan of the import; ``None`` where the form has errors, some of which are added here."""
    if not form.is_valid() or form.catalog is None or form.upload is None:
        return None
    into_existing = form.cleaned_data["into_existing"]
    try:
        form.upload.keep(form.user_id, command=COMMAND)
        return importer.preview_import(form.catalog, product_code=form.product_code, into_existing=into_existing)
    except importer.MadeByHand as error:
        form.add_error("into_existing", error.reason)
    except (CatalogError, ValidationError) as error:
        form.add_error("file", str(error) if isinstance(error, CatalogError) else error)
    return None


def _keep_file(form: ImportForm) -> None:
    """Keep a readable file in a form with errors, so that the person corrects the errors alone."""
    if form.upload and "\N{REPLACEMENT CHARACTER}" not in form.upload.text:
        data = form.data.copy() if isinstance(form.data, QueryDict) else QueryDict(mutable=True)
        try:
            data["kept"] = form.upload.keep(form.user_id, command=COMMAND)
        except ValidationError:
            data["kept"] = ""
        form.data = data


def _import(request: HttpRequest, form: ImportForm) -> HttpResponse:
    user, catalog = _user(request), form.catalog
    assert catalog is not None  # noqa: S101 (the form is valid)
    imported = importer.import_catalog(
        catalog,
        product_code=form.product_code,
        made_by=user,
        into_existing=form.cleaned_data["into_existing"],
        expected=form.cleaned_data["expected"],
    )
    counts, file = counts_in_words(imported.plan), imported.plan.head["file"]
    product = imported.product
    text = format_html("Imported {} into {}: {}.", file, product.name, counts)
    if user.has_perm("offerings.publish_offering") and imported.plan.items:
        address = reverse("offerings:publish", query={"product": product.code})
        text = format_html('{} <a href="{}">Review and publish</a>', text, address)
    messages.success(request, text)
    return redirect(reverse("offerings:offerings", query={"product": product.code}))


def _page(
    request: HttpRequest, form: ImportForm, plan: ImportPlan | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "plan": plan,
        "sections": list(_sections(plan)) if plan else [],
        "product": plan.product if plan else None,
        "file": plan.head["file"] if plan else form.upload.name if form.upload else "",
        "confirmation_error": "",
        "has_products": Product.objects.exists(),
        **more,
    }
    return render(request, "offerings/import.html", context, status=status)


def _sections(plan: ImportPlan) -> Iterator[PlannedSection]:
    for section in Section:
        items = [item for item in plan.items if item.section == section]
        counts = ((action.value, TONES[action], len(plan.chosen(section, action))) for action in Action)
        yield PlannedSection(
            name=section.value.capitalize(),
            rows=tuple(PlannedRow(item, SIGNS[item.action], TONES[item.action]) for item in items[:MOST_SHOWN]),
            counts=tuple(count for count in counts if count[2]),
            unchanged=plan.unchanged[section],
            more=max(len(items) - MOST_SHOWN, 0),
        )
