"""Admin pages of offerings, with their prices and the marker of unpublished changes."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from offerings.admin.retiring import RetirableAdmin, SaleFilter
from offerings.forms import AmountField, OfferingForm
from offerings.models import Charge, Offering
from offerings.revisions import unpublished

MOST_REVIEWED = 100  # as many SKUs as fit an address of 4,000 characters


class ChargeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One price. The key never changes, because diffs compare prices by key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields and self.instance.pk:
            self.fields["key"].disabled = True


class ChargeInline(admin.TabularInline):  # type: ignore[type-arg]
    """The prices of an offering."""

    model = Charge
    form = ChargeForm
    extra = 0
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput(attrs={"size": 9})},
        models.DecimalField: {
            "form_class": AmountField,
            "widget": forms.TextInput(attrs={"size": 9, "inputmode": "decimal"}),
        },
    }


class ReviewedChangeList(ChangeList):
    """A page of offerings, each with its unpublished changes; a constant number of queries."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, and compare its drafts with their newest revisions."""
        super().get_results(request)
        offerings = list(self.result_list)
        changes = {change.offering_id: change for change in unpublished(offerings)}
        for offering in offerings:
            offering.unpublished = changes.get(offering.pk)
        self.result_list = offerings


@admin.register(Offering)
class OfferingAdmin(RetirableAdmin):
    """Offerings. Edits change the draft; "Review and publish" writes the draft as a revision."""

    form = OfferingForm
    view_on_site = False
    inlines = [ChargeInline]
    list_display = ["sku", "name", "marker", "newest", "product", "plan"]
    list_select_related = ["product", "plan"]
    list_filter = [SaleFilter, "kind", "product", "plan", "seats_sold"]
    search_fields = [
        "sku_folded__mentions",
        "name_folded__mentions",
        "product__name_folded__mentions",
        "product__code_folded__mentions",
        "edition__name_folded__mentions",
    ]
    autocomplete_fields = ["product", "edition", "plan"]
    actions = ["review_selected", "retire_selected", "reinstate_selected"]
    fieldsets = [
        (None, {"fields": ["sku", "name", "kind", "product", "edition", "plan", "allowed_changes", "position"]}),
        ("Seats", {"fields": ["seats_sold", "seat_limit", "extra_seats", "overdraft", "concurrency_mode"]}),
        (
            "Periods",
            {
                "fields": [
                    "lease_period",
                    "offline_lease_period",
                    "grace_period",
                    "usage_reset_schedule",
                    "maintenance",
                ]
            },
        ),
        ("On price lists", {"fields": ["is_private", "description"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offering]:
        """Add the number of the newest revision."""
        return super().get_queryset(request).with_newest_number()  # type: ignore[attr-defined, no-any-return]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list with unpublished changes."""
        return ReviewedChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Offering | None = None) -> list[str]:
        """Lock the fields that identify the offering: its SKU, kind and product."""
        return ["sku", "kind", "product"] if obj else []

    @admin.display(description="revision", ordering="newest_number")
    def newest(self, offering: Any) -> int | None:
        """Return the number of the newest revision."""
        number: int | None = offering.newest_number
        return number

    @admin.display(description="changes")
    def marker(self, offering: Any) -> SafeString | str:
        """Return a link to the review where the draft differs from the newest revision."""
        if offering.unpublished is None:
            return ""
        words = "unpublished changes" if offering.unpublished.newest else "not published yet"
        return format_html('<a href="{}">{}</a>', review_address(offering.sku), words)

    @admin.action(description="Review and publish selected…", permissions=["publish"])
    def review_selected(self, request: HttpRequest, queryset: QuerySet[Offering]) -> HttpResponse | None:
        """Redirect to the review of the selected offerings; refuse more than fit an address."""
        skus = list(queryset.values_list("sku", flat=True))
        if len(skus) > MOST_REVIEWED:
            message = f"Choose at most {MOST_REVIEWED} offerings, or review all of a product from its page."
            messages.error(request, message)
            return None
        return redirect(review_address(*skus))

    def retired_parents(self, row: Offering) -> str:
        """Return the retired ones of product, edition and plan in words."""
        parts = (("product", row.product), ("edition", row.edition), ("plan", row.plan))
        return ", ".join(f"its {word} {part}" for word, part in parts if part.is_retired)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may publish."""
        return request.user.has_perm("offerings.publish_offering")


def review_address(*skus: str) -> str:
    """Return the address of the review of some offerings."""
    return f"{reverse('offerings:publish')}?{urlencode({'sku': skus}, doseq=True)}"
