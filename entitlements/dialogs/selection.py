"""The page of one act on a selection of entitlements: a preview of each, and one confirmation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import ConfirmPage, PreviewedForm, respond
from entitlements.dialogs.forms import OperationForm
from entitlements.dialogs.in_force import CounterBack, counters_back
from entitlements.dialogs.outcomes import outcomes_in_sentences, reasons
from entitlements.dialogs.panel import pairs_of, summary
from entitlements.dialogs.pinned import pinned_on_any
from entitlements.engine.apply import Result
from entitlements.history.chips import Chip, chip_in_force
from entitlements.history.money import money_line
from entitlements.history.prices import price_line_of, steps_of
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Source
from entitlements.operations import Move, OverrideOutcome, Preview
from entitlements.state.fields import ACTIVATED, DISABLED, GRACE, OFFERING

MOST_CHIPS = 8
WITHOUT_CHIP = {each.key for each in (OFFERING, GRACE, DISABLED, ACTIVATED)}  # the title or another chip names them


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """The preview of one entitlement of a selection, and of those that change with it, in chips."""

    preview: Preview

    @property
    def lead(self) -> Move:
        """Return the move to the entitlement that the customer ends with."""
        return self.preview.lead

    @property
    def summary(self) -> list[Chip]:
        """Return the number of values by direction."""
        return list(summary(self.preview))

    @property
    def chips(self) -> list[Chip]:
        """Return the first differences, without the offering, which is the same in every row."""
        return self._differences[:MOST_CHIPS]

    @property
    def more(self) -> int:
        """Return the number of differences without a chip."""
        return max(0, len(self._differences) - MOST_CHIPS)

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return the effect on each override in words."""
        return [override_row(effect, self.lead.compared, self.lead.after) for effect in self.lead.overrides]

    @property
    def price(self) -> str:
        """Return the price before and after in one line, of all entitlements that change together."""
        return price_line_of(pairs_of(self.preview))

    @property
    def money(self) -> str:
        """Return what is due, in one line; empty for nothing."""
        return money_line([self.preview.money], today=site_today())

    @property
    def counters_back(self) -> list[CounterBack]:
        """Return the usage counters that come back, of all moves."""
        return [each for move in self.preview.moves for each in counters_back(move)]

    @property
    def kept(self) -> list[str]:
        """Return the labels of the rights whose overrides are kept."""
        return [each.right.label for each in self.lead.overrides if each.outcome is OverrideOutcome.KEPT]

    @property
    def _differences(self) -> list[Chip]:
        effects = [effect for effect in self.lead.effects if effect.right.key not in WITHOUT_CHIP]
        return [chip_in_force(effect, self.lead.after) for effect in effects]


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts that differ from selection to selection.

    ``changed`` begins the sentence with the number of changed entitlements. ``done_url`` returns the next address, by
    default ``back_url``. ``confirm_button`` is the name of the confirming button; where it is empty, every POST
    confirms. ``partials`` are the ids of the parts of the template that htmx renews alone. ``row`` shows a preview.
    """

    template: str
    changed: str
    back_url: str
    done_url: Callable[[Result], str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    source: Source = Source.PAGE
    confirm_button: str = "confirm"
    partials: Sequence[str] = ()
    row: Callable[[Preview], PreviewRow] = PreviewRow


def respond_for_selection(
    request: AuthenticatedHttpRequest, form: OperationForm, ids: Sequence[UUID], selection: Selection
) -> HttpResponse:
    """Answer one request to the page of a selection. Constant queries for any number of entitlements."""
    pinned = SimpleLazyObject(lambda: pinned_on_any(request.user, ids))
    page = ConfirmPage(
        template=selection.template,
        back_url=selection.back_url,
        context=lambda previewed: {**_context(previewed, selection.row), "pinned": pinned, **selection.extra},
        report=lambda request, result: _report(request, selection, result),
        done_url=selection.done_url or (lambda _result: selection.back_url),
        source=selection.source,
        confirm_button=selection.confirm_button,
        partials={name: f"{selection.template}#{name}" for name in selection.partials},
    )
    return respond(request, form, ids, page)


def _context(previewed: PreviewedForm, row: Callable[[Preview], PreviewRow]) -> dict[str, Any]:
    accepted = [preview for preview in previewed.previews if not preview.is_blocked]
    return {
        "rows": [row(preview) for preview in previewed.previews],
        "change_count": len(accepted),
        "price": steps_of(pair for preview in accepted for pair in pairs_of(preview)) if accepted else [],
        "releases": sum(len(preview.released) for preview in accepted),
        "restores": sum(len(preview.restored) for preview in accepted),
        "reasons": reasons(previewed.previews),
        "offers_seats": previewed.form.data.get("seats") is not None
        or any(problem.field == "seats" for preview in previewed.previews for problem in preview.problems),
    }


def _report(request: AuthenticatedHttpRequest, selection: Selection, result: Result) -> None:
    for level, sentence in outcomes_in_sentences(result, changed=selection.changed):
        messages.add_message(request, level, sentence)
