"""One act on a selection of entitlements: what happens to each, confirmed at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse

from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import Page, Shown, respond
from entitlements.dialogs.forms import OperationForm
from entitlements.dialogs.outcomes import outcomes_in_sentences, reasons
from entitlements.dialogs.panel import summary
from entitlements.engine.apply import Result
from entitlements.history.chips import Chip, chip_of
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Source
from entitlements.operations import Move, OverrideOutcome, Preview
from entitlements.state.fields import ACTIVATED, DISABLED, GRACE, OFFERING

MOST_CHIPS = 8
NOT_WORTH_A_CHIP = {each.key for each in (OFFERING, GRACE, DISABLED, ACTIVATED)}  # another chip or the title says it


@dataclass(frozen=True, slots=True)
class Selection:
    """How the page of one selection differs from others.

    ``changed`` begins the sentence that says how many were changed, ``done_url`` says where people go then: back
    where it is not given. ``confirm_button`` is the name of the button that confirms; empty where every POST does.
    ``partials`` names the parts of the template that htmx renews alone, each by its id.
    """

    template: str
    changed: str
    back_url: str
    done_url: Callable[[Result], str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    source: Source = Source.PAGE
    confirm_button: str = "confirm"
    partials: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What would happen to one entitlement of a selection, or to those that move with it, in chips."""

    preview: Preview

    @property
    def lead(self) -> Move:
        """Return the move that says what the customer ends with."""
        return self.preview.lead

    @property
    def summary(self) -> list[Chip]:
        """Return how many values go which way."""
        return list(summary(self.preview))

    @property
    def chips(self) -> list[Chip]:
        """Return the first differences; the offering, the same in every row, is left out."""
        return self._differences[:MOST_CHIPS]

    @property
    def more(self) -> int:
        """Return how many differences the chips leave out."""
        return max(0, len(self._differences) - MOST_CHIPS)

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return what becomes of each value set by hand, in words."""
        return [override_row(effect) for effect in self.lead.overrides]

    @property
    def kept(self) -> list[str]:
        """Return the rights that stay as they were set by hand."""
        return [each.right.label for each in self.lead.overrides if each.outcome is OverrideOutcome.KEPT]

    @property
    def _differences(self) -> list[Chip]:
        return [chip_of(effect) for effect in self.lead.effects if effect.right.key not in NOT_WORTH_A_CHIP]


def respond_for_selection(
    request: AuthenticatedHttpRequest, form: OperationForm, ids: Sequence[UUID], selection: Selection
) -> HttpResponse:
    """Answer one request to the page of a selection. Constant queries for any number of entitlements."""
    page = Page(
        template=selection.template,
        back_url=selection.back_url,
        context=lambda shown: {**_context(shown), **selection.extra},
        report=lambda request, result: _report(request, selection, result),
        done_url=selection.done_url or (lambda _result: selection.back_url),
        source=selection.source,
        confirm_button=selection.confirm_button,
        partials={name: f"{selection.template}#{name}" for name in selection.partials},
    )
    return respond(request, form, ids, page)


def _context(shown: Shown) -> dict[str, Any]:
    going = [preview for preview in shown.previews if not preview.is_blocked]
    return {
        "rows": [PreviewRow(preview) for preview in shown.previews],
        "going": len(going),
        "releases": sum(len(preview.released) for preview in going),
        "restores": sum(len(preview.restored) for preview in going),
        "reasons": reasons(shown.previews),
        "asks_for_seats": shown.form.data.get("seats") is not None
        or any(problem.field == "seats" for preview in shown.previews for problem in preview.problems),
    }


def _report(request: AuthenticatedHttpRequest, selection: Selection, result: Result) -> None:
    for level, sentence in outcomes_in_sentences(result, changed=selection.changed):
        messages.add_message(request, level, sentence)
