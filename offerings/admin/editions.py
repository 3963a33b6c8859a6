"""Admin pages of editions, with a typed field per feature of the product."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from offerings.admin.retiring import RetirableAdmin, SaleFilter, product_address, review_address
from offerings.forms import EditionForm, edition_form_for
from offerings.models import Edition, EditionValue, OfferingKind

ADD_ON_FIELDS = ["available_for", "depends_on", "excludes"]


@admin.register(Edition)
class EditionAdmin(RetirableAdmin):
    """Editions and the value of each feature; an empty field means the feature's default."""

    list_display = ["name", "product", "kind", "key", "position", "retired_at"]
    list_filter = [SaleFilter, "kind", "product"]
    search_fields = [
        "name_folded__mentions",
        "key_folded__mentions",
        "product__name_folded__mentions",
        "product__code_folded__mentions",
    ]
    autocomplete_fields = ["product", *ADD_ON_FIELDS]

    list_address = "offerings:offerings"

    def page_of(self, row: Edition) -> str:
        """Return the list of the product's offerings, which the edition is sold as."""
        return product_address("offerings", row.product)

    def page_words(self, row: Edition) -> str:
        """Return the words of the link to the offerings."""
        return f"Back to the offerings of {row.product}"

    def title_of(self, row: Edition) -> str:
        """Return a title with the edition alone; the product is beside it."""
        return f"Edition {row.name}"

    def subtitle_of(self, row: Edition) -> str:
        """Return the product."""
        return str(row.product)

    def review_address(self, row: Edition | None) -> str:
        """Return the review of the offerings that sell the edition."""
        if row is None:
            return super().review_address(row)
        skus = list(row.offerings.on_sale().values_list("sku", flat=True))
        return review_address(*skus) if skus else product_address("publish", row.product)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        """Load the products too, which are parts of the names of editions."""
        return super().get_queryset(request).select_related("product")

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> list[str]:
        """Lock the fields that the values depend on."""
        return ["product", "kind", "key"] if obj else []

    def get_form(
        self,
        request: HttpRequest,
        obj: Edition | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        """Return the form with the fields of the product's features."""
        kwargs["form"] = edition_form_for(obj) if self.has_change_permission(request, obj) else EditionForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Edition | None = None) -> Any:
        """Group the features under their headings."""
        basic = ["product", "kind", "key", "name", "position", "description"]
        if obj is None or not self.has_change_permission(request, obj):
            return [(None, {"fields": basic})]
        if obj.kind == OfferingKind.ADD_ON:
            basic += ADD_ON_FIELDS
        return [(None, {"fields": basic}), *_feature_fieldsets(obj)]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Store the typed values; an empty field deletes the stored value."""
        super().save_related(request, form, formsets, change)
        for (feature_id, effect), value in form.changed_values().items():
            row = {"edition": form.instance, "feature_id": feature_id, "effect": effect}
            if value is None:
                EditionValue.objects.filter(**row).delete()
            else:
                EditionValue.objects.update_or_create(**row, defaults={"value": value})

    def response_add(self, request: HttpRequest, obj: Edition, post_url_continue: str | None = None) -> HttpResponse:
        """Redirect to the values of the features, which are known once the product is saved."""
        if "_continue" not in request.POST and "_addanother" not in request.POST and "_popup" not in request.POST:
            messages.success(request, f"{obj} was added. Now give its features their values.")
            return redirect(reverse("admin:offerings_edition_change", args=[obj.pk]))
        return super().response_add(request, obj, post_url_continue)


def _feature_fieldsets(edition: Edition) -> list[tuple[str, dict[str, Any]]]:
    groups: dict[str, list[str]] = {}
    for name, field in edition_form_for(edition).base_fields.items():
        if name.startswith(("value_", "adds_")):
            groups.setdefault(field.right.group, []).append(name)  # type: ignore[attr-defined]
    return [
        (group, {"fields": names, "description": "Leave a field empty for the value shown in grey."})
        for group, names in groups.items()
    ]
