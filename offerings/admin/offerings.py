"""Admin pages of offerings, with their prices and the marker of unpublished changes."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from offerings.admin.clone_page import clone_page
from offerings.admin.discard_page import discard_page
from offerings.admin.retiring import MOST_REVIEWED, RetirableAdmin, SaleFilter, review_address
from offerings.admin.wording import price_in_words
from offerings.amounts import in_minor_units
from offerings.drafts import Draft
from offerings.forms import AmountField, OfferingForm
from offerings.models import Charge, Offering
from offerings.prices import price_line
from offerings.revisions import Review, reviews


class ChargeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One price. The key never changes, because diffs compare prices by key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        charge = self.instance
        if "key" in self.fields and charge.pk:
            self.fields["key"].disabled = True
        if charge.pk and charge.amount is not None:
            self.initial["amount"] = in_minor_units(charge.amount, charge.currency)


class ChargeInline(admin.StackedInline):  # type: ignore[type-arg]
    """The prices of an offering."""

    model = Charge
    form = ChargeForm
    extra = 0
    verbose_name = "price"
    verbose_name_plural = "prices"
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput(attrs={"size": 9})},
        models.DecimalField: {
            "form_class": AmountField,
            "widget": forms.TextInput(attrs={"size": 9, "inputmode": "decimal"}),
        },
    }

    def get_fields(self, request: HttpRequest, obj: Offering | None = None) -> Any:
        """Show the prices in words to people who may only look."""
        if obj is None or self.has_change_permission(request, obj):
            return [("key", "kind", "per"), ("amount", "currency", "unit"), ("trigger", "text")]
        return [("key", price_in_words), ("kind", "per", "trigger")]

    def get_readonly_fields(self, request: HttpRequest, obj: Offering | None = None) -> Any:
        """Say that the price in words is not for typing."""
        return [] if obj is None or self.has_change_permission(request, obj) else [price_in_words]


class ReviewedChangeList(ChangeList):
    """A page of offerings, each with its draft and the changes that are not published; a constant number of queries."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, and compare its drafts with their newest revisions."""
        super().get_results(request)
        offerings = list(self.result_list)
        for offering, review in zip(offerings, reviews(offerings), strict=True):
            offering.review = review
        self.result_list = offerings


@admin.register(Offering)
class OfferingAdmin(RetirableAdmin):
    """Offerings. Edits change the draft; "Review and publish" writes the draft as a revision."""

    form = OfferingForm
    list_address = "offerings:offerings"
    inlines = [ChargeInline]
    list_display = ["sku", "name", "marker", "newest", "price", "product", "plan"]
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

    def title_of(self, row: Offering) -> str:
        """Return a title that says that the form edits the draft."""
        return f"Draft of {row.name}"

    def subtitle_of(self, row: Offering) -> str:
        """Return the product and the SKU, because products may have offerings of one name."""
        return f"{row.product} · {row.sku}"

    def review_address(self, row: Offering | None) -> str:
        """Return the review of the one offering."""
        return review_address(row.sku) if row else super().review_address(row)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that put a draft back and that clone an offering."""
        gate = self.admin_site.admin_view
        return [
            path("<path:object_id>/discard/", gate(self.discard_view), name="offerings_offering_discard"),
            path("<path:object_id>/clone/", gate(self.clone_view), name="offerings_offering_clone"),
            *super().get_urls(),
        ]

    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a draft back to its newest revision, after a page that shows what is lost."""
        offering = self.changeable(request, object_id)
        return discard_page(request, offering, self._context(request, offering))

    def clone_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a draft that is like another one."""
        offering = self.viewable(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied("offerings.add_offering")
        return clone_page(request, offering, self._context(request, offering))

    def _context(self, request: HttpRequest, offering: Offering) -> dict[str, Any]:
        context = {"opts": self.opts, "original": offering, "site_url": self.page_of(offering)}
        return {**self.admin_site.each_context(request), **context}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add the ways to put the draft back and to clone it, where there is a draft and the person may."""
        if obj is not None and self.has_add_permission(request):
            context["clone_url"] = self._address("clone", obj.pk)
        if obj is not None and self.has_change_permission(request, obj):
            [review] = reviews([obj])
            if review.newest and review.diff:
                context["discard_url"] = self._address("discard", obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)

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

    @admin.display(description="draft's price")
    def price(self, offering: Any) -> str:
        """Return the first price of the draft and the number of others."""
        draft: Draft = offering.review.draft
        return price_line(draft.prices, draft.terms["billing_period"])

    @admin.display(description="changes")
    def marker(self, offering: Any) -> SafeString | str:
        """Return a link to the review where the draft differs from the newest revision."""
        review: Review = offering.review
        if not review.is_unpublished:
            return ""
        words = "unpublished changes" if review.newest else "not published yet"
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
