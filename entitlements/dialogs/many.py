"""One act on several entitlements from a page: look at what happens to each, confirm what was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from config.clock import site_today
from config.selection import read_seen
from entitlements import engine
from entitlements.dialogs.outcomes import reasons, told
from entitlements.history.timeline import NOT_WORTH_A_CHIP, Chip, chip_of
from entitlements.models import Source
from entitlements.operations import Operation, Preview
from entitlements.operations.previews import OFFERING, OverrideOutcome

STALE, REFUSED = 409, 422
MOST_CHIPS = 8


class ManyForm(Protocol):
    """A form whose text becomes one operation on several entitlements."""

    cleaned_data: dict[str, Any]

    def is_valid(self) -> bool:
        """Tell whether the text can become an operation."""

    def operation(self, *, as_of: date) -> Operation:
        """Return the operation, counted from ``as_of``."""


@dataclass(frozen=True, slots=True)
class Many:
    """The words and places of one page. ``done`` begins the sentence that says how many were changed."""

    template: str
    done: str
    back_url: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What would happen to one entitlement, in chips."""

    preview: Preview

    @property
    def chips(self) -> list[Chip]:
        """Return the first differences; the offering, the same in every row, is left out."""
        return self._differences[:MOST_CHIPS]

    @property
    def more(self) -> int:
        """Return how many differences the chips leave out."""
        return max(0, len(self._differences) - MOST_CHIPS)

    @property
    def kept(self) -> list[str]:
        """Return the rights that stay as they were set by hand."""
        return [each.right.label for each in self.preview.overrides if each.outcome is OverrideOutcome.KEPT]

    @property
    def _differences(self) -> list[Chip]:
        unsaid = {*NOT_WORTH_A_CHIP, OFFERING.key}
        return [chip_of(effect) for effect in self.preview.effects if effect.right.key not in unsaid]


def answer_many(request: HttpRequest, form: ManyForm, ids: Sequence[UUID], many: Many) -> HttpResponse:
    """Show what the form asks for would do to ``ids``, or with ``confirm`` carry out what was seen.

    What is carried out is what was shown: the entitlements whose fingerprints come back. Constant queries.
    """
    is_confirmed = request.method == "POST" and "confirm" in request.POST
    if not form.is_valid():
        return _show(request, form, many, previews=[], status=REFUSED if is_confirmed else 200)
    operation = form.operation(as_of=site_today())
    if not is_confirmed:
        return _show(request, form, many, previews=engine.preview(operation, ids))
    return _carry_out(request, form, operation, many)


def _carry_out(request: HttpRequest, form: ManyForm, operation: Operation, many: Many) -> HttpResponse:
    seen = read_seen(request.POST)
    result = engine.apply(
        operation,
        list(seen),
        made_by=cast("User", request.user),  # nobody else gets through the login
        source=Source.PAGE,
        expected=seen,
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    for level, sentence in told(result, done=many.done):
        messages.add_message(request, level, sentence)
    if result.act is not None or not result.outcomes:
        return HttpResponseRedirect(many.back_url)
    is_stale = any(outcome.status is engine.Status.STALE for outcome in result.outcomes)
    previews = [outcome.preview for outcome in result.outcomes]
    return _show(request, form, many, previews=previews, status=STALE if is_stale else REFUSED)


def _show(
    request: HttpRequest, form: ManyForm, many: Many, *, previews: Sequence[Preview], status: int = 200
) -> HttpResponse:
    going = [preview for preview in previews if not preview.is_blocked]
    context = {
        "form": form,
        "rows": [PreviewRow(preview) for preview in previews],
        "going": len(going),
        "releases": sum(len(preview.release) for preview in going),
        "reasons": reasons(previews),
        "back_url": many.back_url,
        **many.context,
    }
    return render(request, many.template, context, status=status)
