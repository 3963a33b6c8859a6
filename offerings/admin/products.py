"""Admin pages of products and their features."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from offerings import rights
from offerings.admin.retiring import RetirableAdmin, SaleFilter, product_address
from offerings.admin.wording import in_words
from offerings.forms import FeatureForm, ProductForm
from offerings.models import Feature, Product, Revision


@admin.register(Product)
class ProductAdmin(RetirableAdmin):
    """Products. The code never changes."""

    form = ProductForm
    list_display = [
        "name",
        "code",
        in_words(Product, "lease_period"),
        in_words(Product, "grace_period"),
        "retired_at",
    ]
    search_fields = ["name_folded__mentions", "code_folded__mentions"]
    ordering = ["name"]
    list_address = "offerings:offerings"

    def page_of(self, row: Product) -> str:
        """Return the list of the product's offerings."""
        return product_address("offerings", row)

    def page_words(self, row: Product) -> str:
        """Return the words of the link to the offerings."""
        return f"Back to the offerings of {row}"

    def review_address(self, row: Product | None) -> str:
        """Return the review of the product's offerings."""
        return product_address("publish", row) if row else super().review_address(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Lock the code, which commands and SKUs use."""
        return ["code"] if obj else []


@admin.register(Feature)
class FeatureAdmin(RetirableAdmin):
    """Features. Product and key never change, because revisions name them."""

    form = FeatureForm
    list_display = ["name", "key", "product", "kind", "shown_default", "unit", "group", "retired_at"]
    list_select_related = ["product"]
    list_filter = [SaleFilter, "kind", "product"]
    search_fields = [
        "name_folded__mentions",
        "key_folded__mentions",
        "product__name_folded__mentions",
        "product__code_folded__mentions",
    ]
    autocomplete_fields = ["product"]
    fields = ["product", "key", "name", "kind", "default", "unit", "group", "position", "description"]

    list_address = "offerings:offerings"

    def page_of(self, row: Feature) -> str:
        """Return the list of the product's offerings, whose pages show the feature."""
        return product_address("offerings", row.product)

    def page_words(self, row: Feature) -> str:
        """Return the words of the link to the offerings."""
        return f"Back to the offerings of {row.product}"

    def subtitle_of(self, row: Feature) -> str:
        """Return the product."""
        return str(row.product)

    def review_address(self, row: Feature | None) -> str:
        """Return the review of the offerings of the feature's product."""
        return product_address("publish", row.product) if row else super().review_address(row)

    @admin.display(description="default")
    def shown_default(self, feature: Feature) -> str:
        """Return the default in words."""
        return rights.show_stored(feature.right, feature.default_value)

    def get_readonly_fields(self, request: HttpRequest, obj: Feature | None = None) -> list[str]:
        """Lock product and key, which name the right in revisions and overrides."""
        return ["product", "key"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete a feature that a revision names, because another feature could then get its key."""
        return super().has_delete_permission(request, obj) and (obj is None or not is_published(obj))

    def save_model(self, request: HttpRequest, obj: Feature, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save, and warn about the effects of a new kind."""
        super().save_model(request, obj, form, change)
        if change and "kind" in form.changed_data:
            messages.warning(
                request,
                f"{obj.name} is of kind {obj.get_kind_display()} from the next revisions on. Values of the old kind in "
                "editions must be corrected before they can be published; published revisions keep the old kind.",
            )


def is_published(feature: Feature) -> bool:
    """Tell whether any revision of the product names the feature; one query."""
    revisions = Revision.objects.filter(offering__product=feature.product_id)
    return revisions.filter(definitions__has_key=feature.right.key).exists()
