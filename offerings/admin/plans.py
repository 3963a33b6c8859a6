"""Admin pages of plans."""

from django.contrib import admin
from django.http import HttpRequest

from offerings.admin.retiring import RetirableAdmin, SaleFilter, review_address
from offerings.forms import PlanForm
from offerings.models import Plan
from offerings.periods import parse_period


@admin.register(Plan)
class PlanAdmin(RetirableAdmin):
    """Plans. The code never changes."""

    form = PlanForm
    list_display = ["name", "code", "license_type", "plan_type", "start_type", "shown_duration", "retired_at"]
    list_filter = [SaleFilter, "license_type", "plan_type", "start_type"]
    search_fields = ["name_folded__mentions", "code_folded__mentions"]

    list_address = "offerings:offerings"

    def review_address(self, row: Plan | None) -> str:
        """Return the review of the offerings that are sold under the plan."""
        return review_address(*row.offerings.on_sale().values_list("sku", flat=True)) if row else review_address()

    @admin.display(description="duration", ordering="duration")
    def shown_duration(self, plan: Plan) -> str:
        """Return the duration in words."""
        return parse_period(plan.duration).words if plan.duration else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[str]:
        """Lock the code, which commands use."""
        return ["code"] if obj else []
