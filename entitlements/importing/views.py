"""The pages that import a file: choose it, review the dry run, confirm. And the templates to start from."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from config.csv_export import stream_csv
from config.web import AuthenticatedHttpRequest
from entitlements.importing.customers import ImportCustomers
from entitlements.importing.encodings import UnreadableFile
from entitlements.importing.entitlements import ImportedEntitlements
from entitlements.importing.forms import MOST_LINES, ImportEntitlementsForm, ImportFileForm
from entitlements.importing.imports import (
    By,
    Import,
    NotImported,
    Outcome,
    Report,
    Source,
    counts_in_words,
    errors_of,
    made_in_words,
    warnings_of,
)
from entitlements.importing.staging import Message, Staging
from entitlements.importing.templates import template_rows

MOST_SHOWN = 500
STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]
TONES = {Outcome.NEW: "added", Outcome.CHANGED: "changed", Outcome.SAME: ""}


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One page: the kind of file, its form, and the names of its addresses."""

    kind: type[Import]
    form: type[ImportFileForm]
    address: str
    list_address: str
    template_address: str


CUSTOMERS = ImportPage(
    ImportCustomers,
    ImportFileForm,
    *("entitlements:import_customers", "entitlements:customers", "entitlements:customers_template"),
)
ENTITLEMENTS = ImportPage(
    ImportedEntitlements,
    ImportEntitlementsForm,
    *("entitlements:import_entitlements", "entitlements:entitlements", "entitlements:entitlements_template"),
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a file would do, with the first errors and warnings."""

    report: Report
    errors: list[Message]
    warnings: list[Message]

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Return the word, the tone and the number of each outcome."""
        return [(each.value, TONES[each], self.report.outcomes[each]) for each in Outcome]

    @property
    def errors_left_out(self) -> int:
        """Return how many errors are not shown."""
        return self.report.errors - len(self.errors)

    @property
    def warnings_left_out(self) -> int:
        """Return how many warnings are not shown."""
        return self.report.warnings - len(self.warnings)

    @property
    def made(self) -> str:
        """Return what is made on the way, in words."""
        return made_in_words(self.report)


@permission_required(ImportCustomers.permissions, raise_exception=True)
@require_http_methods(METHODS)
def import_customers(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Import customers from a CSV file."""
    return _import(request, CUSTOMERS)


@permission_required(ImportedEntitlements.permissions, raise_exception=True)
@require_http_methods(METHODS)
def import_entitlements(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Import entitlements from a CSV file."""
    return _import(request, ENTITLEMENTS)


@permission_required(ImportCustomers.permissions, raise_exception=True)
@require_safe
def customers_template(_request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Answer with the empty file of the import of customers."""
    head, *rows = template_rows(ImportCustomers)
    return stream_csv("customers-template.csv", head, rows)


@permission_required(ImportedEntitlements.permissions, raise_exception=True)
@require_safe
def entitlements_template(_request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Answer with the empty file of the import of entitlements."""
    head, *rows = template_rows(ImportedEntitlements)
    return stream_csv("entitlements-template.csv", head, rows)


def _import(request: AuthenticatedHttpRequest, page: ImportPage) -> HttpResponse:
    """Show the form, and with a file the dry run; import the file once the person confirms the dry run."""
    if request.method != "POST":
        return _show(request, page, page.form(user_id=request.user.pk, kind=page.kind))
    form = page.form(request.POST, request.FILES, user_id=request.user.pk, kind=page.kind)
    is_valid = form.is_valid()
    form.keep_file()
    if not is_valid or form.errors:
        return _show(request, page, form, status=REFUSED)
    try:
        with Staging() as staging:
            return _with_file(request, page, form, staging)
    except UnreadableFile as error:
        form.add_error("file", str(error))
        return _show(request, page, form, status=REFUSED)


def _with_file(
    request: AuthenticatedHttpRequest, page: ImportPage, form: ImportFileForm, staging: Staging
) -> HttpResponse:
    assert form.kept_file is not None  # noqa: S101 (the form is valid)
    file, cleaned = form.opened(), form.cleaned_data
    work = page.kind(Source(form.kept_file.name, form.kept_file.digest, form.days))
    work.stage(file, staging, most=MOST_LINES)
    work = replace(work, lines=staging.count())
    by = By(request.user, cleaned.get("reason", ""), cleaned.get("reference", ""))
    if "confirm" in request.POST:
        try:
            report = work.carry_out(staging, by, expected=cleaned["expected"])
        except NotImported:
            messages.warning(request, "The data changed since this was shown, so nothing was imported. Look again.")
        else:
            return _done(request, page, form.kept_file.name, report)
    report = work.dry_run(staging, by)
    seen = DryRun(report, errors_of(staging, MOST_SHOWN), warnings_of(staging, MOST_SHOWN))
    form.data["expected"] = report.fingerprint  # type: ignore[index]  # a copy that can be written
    return _show(request, page, form, seen, status=STALE if "confirm" in request.POST else 200)


def _done(request: AuthenticatedHttpRequest, page: ImportPage, name: str, report: Report) -> HttpResponse:
    made = made_in_words(report)
    text = f"Imported {name}: {counts_in_words(report)}{f'; {made}' if made else ''}."
    if report.act is None:
        messages.success(request, text)
        return redirect(page.list_address)
    list_url, noun = reverse(page.list_address), page.kind.noun[1]
    messages.success(request, format_html('{} <a href="{}">All {}</a>', text, list_url, noun))
    return redirect("entitlements:act", report.act.pk)


def _show(
    request: AuthenticatedHttpRequest,
    page: ImportPage,
    form: ImportFileForm,
    seen: DryRun | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "seen": seen,
        "file": form.kept_file.name if form.kept_file else "",
        "noun": page.kind.noun[1],
        "columns": page.kind.help.items(),
        "required": page.kind.required,
        "address": reverse(page.address),
        "list_url": reverse(page.list_address),
        "template_url": reverse(page.template_address),
        "command": page.kind.name,
    }
    return render(request, "entitlements/importing/import.html", context, status=status)
