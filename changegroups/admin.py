"""Django admin of change groups, with their offerings, and of the global defaults."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from changegroups.forms import HIGHEST, LOWEST
from changegroups.models import MODES, ChangeDefaults, ChangeGroup, Effective, Membership
from config.logged_admin import LoggedAdmin
from config.number_fields import WHOLE_NUMBER_COLUMNS
from offerings.admin import OfferingAdmin
from offerings.forms import OfferingForm
from offerings.models import AllowedChanges, Offering

EFFECTIVE = [name for name, choices in MODES.items() if choices is Effective]


class UniqueOfferingsFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The typed offerings of a group, each once."""

    def clean(self) -> None:
        """Refuse an offering that is typed twice, with a sentence that names it."""
        super().clean()
        typed = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        chosen = Counter(row.get("offering") for row in typed if not row.get("DELETE"))
        if repeated := [str(offering) for offering, count in chosen.items() if offering and count > 1]:
            raise ValidationError(f"An offering is in a group once. Here twice: {', '.join(repeated)}.")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """The offerings of a group, highest priority first."""

    model = Membership
    formset = UniqueOfferingsFormSet
    fields = ("offering", "priority")
    formfield_overrides = WHOLE_NUMBER_COLUMNS
    autocomplete_fields = ("offering",)
    ordering = ("-priority", "offering__name", "pk")
    extra = 0
    verbose_name = "offering"
    verbose_name_plural = f"offerings, by priority ({LOWEST} to {HIGHEST}; higher is further up)"


@admin.register(ChangeGroup)
class ChangeGroupAdmin(LoggedAdmin):
    """Change groups: an empty mode is the global default."""

    inlines = [MembershipInline]
    list_display = ["name", "change_mode", "subscribe_mode", "quantity_mode", "is_self_service", "size"]
    list_filter = ["change_mode", "is_self_service"]
    search_fields = ["name_folded__mentions", "description", "memberships__offering__sku_folded__mentions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeGroup]:
        """Add the number of offerings of each group."""
        groups: QuerySet[ChangeGroup] = super().get_queryset(request)
        return groups.annotate(members=Count("memberships", distinct=True))

    @admin.display(description="offerings", ordering="members")
    def size(self, group: ChangeGroup) -> int:
        """Return the number of offerings of a group."""
        count: int = group.members  # type: ignore[attr-defined]  # annotated above
        return count


@admin.register(ChangeDefaults)
class ChangeDefaultsAdmin(LoggedAdmin):
    """The global defaults: one row, which staff edit but neither add nor delete."""

    list_display = ["__str__", "change_mode", "subscribe_mode", "quantity_mode", "term_changes", *EFFECTIVE]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ChangeDefaults | None = None) -> bool:
        """Refuse: the row stays."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeDefaults]:
        """Create the row where nobody has saved it yet, with the defaults in force."""
        ChangeDefaults.objects.get_or_create(pk=1)
        return super().get_queryset(request)


class GroupedOfferingForm(OfferingForm):
    """The form of an offering, with the rule that a direction needs a change group to rank it."""

    def clean(self) -> dict[str, Any]:
        """Refuse "upgrade only" and "downgrade only" where no change group holds an offering of the product."""
        cleaned: dict[str, Any] = super().clean() or {}
        product = cleaned.get("product") or (self.instance.product if self.instance.product_id else None)
        has_direction = cleaned.get("allowed_changes") in (AllowedChanges.UPGRADE, AllowedChanges.DOWNGRADE)
        if has_direction and product and not Membership.objects.filter(offering__product=product).exists():
            advice = "Put one into a change group first, or allow both or none."
            self.add_error("allowed_changes", f"Nothing ranks the offerings of {product}. {advice}")
        return cleaned


admin.site.unregister(Offering)


@admin.register(Offering)
class GroupedOfferingAdmin(OfferingAdmin):
    """The catalog's page of offerings, which knows of change groups."""

    form = GroupedOfferingForm
