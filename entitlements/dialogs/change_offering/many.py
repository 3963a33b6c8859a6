"""Change the offering of several entitlements at once: text that becomes one ``ChangeOffering``."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Entitlement
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import ChangeOffering, SeatChoice, SeatMode, TermChoice, TermMode
from entitlements.operations.terms import TERMS
from offerings.models import Offering, Revision
from offerings.revisions import newest_revisions

SEATS = {
    SeatMode.REFUSE: "Refuse where more are in use than allowed",
    SeatMode.RELEASE_OLDEST: "Release the oldest, as many as must go",
    SeatMode.RELEASE_ALL: "Release all",
    SeatMode.KEEP: "Keep, over the limit",
}


class ChangeManyForm(forms.Form):
    """Target, seats, term, counters, and why."""

    target = forms.TypedChoiceField(
        coerce=int,
        label="Change to",
        error_messages={"required": "Choose an offering.", "invalid_choice": "Choose one of the offerings listed."},
    )
    seats = forms.ChoiceField(choices=[(mode.value, words) for mode, words in SEATS.items()])
    term = forms.ChoiceField(choices=[(mode.value, words) for mode, words in TERMS.items()])
    expires_on = forms.DateField(
        required=False,
        label="Until",
        help_text="With “Until a date”: the first day without the license.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write a date as 2027-06-30."},
    )
    group = forms.ModelChoiceField(
        ChangeGroup.objects.all(),
        required=False,
        label="Change group",
        empty_label="As it is open",
        help_text="Needed only where several groups open a move on different terms.",
        error_messages={"invalid_choice": "Choose one of the change groups listed."},
    )
    keep_counters = forms.BooleanField(required=False, label="Keep what is used of usage counts")
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    reference = forms.CharField(required=False, max_length=REFERENCE_LENGTH, help_text="Ticket or order.")

    def __init__(self, *args: Any, entitlements: Iterable[Entitlement], **options: Any) -> None:
        """Offer what the products of ``entitlements`` have on sale, and newer revisions of what they hold."""
        super().__init__(*args, **options)
        choices: dict[str, list[tuple[int, str]]] = {}
        for revision in _targets(entitlements):
            name = f"{revision} ({revision.offering.sku})"
            choices.setdefault(str(revision.offering.product), []).append((revision.pk, name))
        self.fields["target"].choices = [("", "Choose…"), *choices.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the date where the term is to end on one."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("term") == TermMode.DATE and not cleaned.get("expires_on") and "expires_on" not in self.errors:
            self.add_error("expires_on", "Give the day the term is to end.")
        return cleaned

    def operation(self, *, as_of: date) -> ChangeOffering:
        """Return what is asked for, counted from ``as_of``; the form must be valid."""
        mode = TermMode(self.cleaned_data["term"])
        return ChangeOffering(
            as_of=as_of,
            revision_id=self.cleaned_data["target"],
            seats=SeatChoice(SeatMode(self.cleaned_data["seats"])),
            term=TermChoice(mode, self.cleaned_data["expires_on"] if mode is TermMode.DATE else None),
            keep_counters=self.cleaned_data["keep_counters"],
            group_id=self.cleaned_data["group"].pk if self.cleaned_data["group"] else None,
        )


def _targets(entitlements: Iterable[Entitlement]) -> list[Revision]:
    """Return the newest revision of each offering that any of them may move to; two queries."""
    rows = list(entitlements)
    held = {row.offering_id for row in rows}
    groups = Membership.objects.filter(offering__in=held).values("group")
    members = Membership.objects.filter(group__in=groups).values("offering")
    on_sale = Q(retired_at=None) | Q(pk__in=held)
    within_reach = Q(product__in={row.product_id for row in rows}) | Q(pk__in=members)
    offerings = Offering.objects.filter(on_sale, within_reach).select_related("product")
    named = {offering.pk: offering for offering in offerings.order_by("product__name", "product", "name", "sku")}
    newest = newest_revisions(named)
    for key, revision in newest.items():
        revision.offering = named[key]
    return [newest[key] for key in named if key in newest]
