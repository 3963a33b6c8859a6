"""The dialog that changes the offering of an entitlement, or updates it to a newer revision."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone

from changegroups.paths import Rank
from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.change_offering.choices import Targets, TargetsOnce, add_on_choices, term_options
from entitlements.dialogs.change_offering.forms import ChangeOfferingForm
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.panel import Panel
from entitlements.dialogs.waiting import When
from entitlements.operations import ChangeOffering, TermMode
from entitlements.state import RevisionValue, State

RANKS = {str(rank): rank for rank in (Rank.UPGRADE, Rank.DOWNGRADE)}


@permission_required(ChangeOffering.permission, raise_exception=True)
@form_methods
def change_offering(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Change the offering; ``target`` in the address is the initial choice of a revision.

    ``rank`` in the address offers only what is an upgrade, or a downgrade.
    """
    today = site_today()
    around = TargetsOnce(pk)
    form = ChangeOfferingForm(form_data(request, pk, initial_data(when=When.GROUP.value)), as_of=today)
    form.find_targets = around.get
    rank = RANKS.get(request.GET.get("rank", ""))
    if rank:
        form.listed = _listed(around.get(state_or_404(pk)), rank)
    dialog = Dialog.of(
        ChangeOffering,
        **({"title": f"{str(rank).capitalize()}"} if rank else {}),
        template="entitlements/dialogs/change_offering.html",
        partial="entitlements/dialogs/change_offering.html#preview",
        context=lambda panel: _context(
            panel, form, form.waits_until or today, request.user, around.get(panel.state), rank
        ),
    )
    return respond_in_dialog(request, pk, form, dialog)


def _listed(targets: Targets, rank: Rank) -> set[str]:
    """Return the targets of one direction."""
    return {target.value for group in targets.ranked(rank) for target in group.targets}


def _context(
    panel: Panel, form: ChangeOfferingForm, day: date, user: User, targets: Targets, rank: Rank | None
) -> Mapping[str, Any]:
    """Return what the choices show, as of the day of the change."""
    state = panel.state
    target = panel.preview.lead.after.revision if panel.preview else state.revision
    outside = targets.outside() if not rank and user.has_perm("changegroups.change_outside_group") else ()
    subscribe = targets.subscribe_mode(target, form.chosen_group())
    return {
        "groups": targets.ranked(rank) if rank else targets.groups(outside),
        "rank": rank,
        "outside": outside,
        "group_options": targets.group_options(target),
        "group_name": f"group-{form.chosen_target}",
        "group_chosen": form.chosen_group(),
        "target": target,
        "term_options": list(_term_options(state, target, form, day, subscribe)),
        "add_ons": add_on_choices(state, target, dropped=form.dropped_add_ons),
        "used": "; ".join(f"{state.right(key).label}, {used:,}" for key, used in state.counters.items() if used),
        "largest_part": state.quantity - 1 if state.revision.is_per_quantity and state.quantity else 0,
    }


def _term_options(
    state: State, target: RevisionValue, form: ChangeOfferingForm, day: date, subscribe: str
) -> Iterator[tuple[str, str]]:
    """Yield the choices for the term; at its end there is nothing to keep."""
    options = term_options(state, target, form.term_mode, at=timezone.now(), today=day, subscribe=subscribe)
    nothing_left = (TermMode.DEFAULT, TermMode.KEEP) if form.starts_a_term else ()
    return (option for option in options if option[0] not in nothing_left)
