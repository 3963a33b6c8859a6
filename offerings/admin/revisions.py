"""Admin pages of revisions, which are read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from config.logged_admin import LoggedAdmin
from offerings.models import Revision
from offerings.revisions import compare, diff_of
from offerings.tables import diff_rows, right_groups


@admin.register(Revision)
class RevisionAdmin(LoggedAdmin):
    """The published revisions, each with its changes."""

    list_display = ["offering_name", "sku", "number", "published_at", "published_by_name", "note"]
    list_display_links = ["offering_name", "number"]
    list_filter = ["published_at", "offering__kind", "offering__product"]
    search_fields = ["offering__sku_folded__mentions", "offering_name", "note", "published_by_name"]
    list_select_related = ["offering"]
    ordering = ["-published_at", "-pk"]
    fields = ("offering", "number", "published_at", "published_by_name", "note", "changes", "rights_in_force")
    readonly_fields = fields
    actions = None
    list_address = "offerings:offerings"

    def title_of(self, row: Revision) -> str:
        """Return the name that was published, with the number."""
        return str(row)

    def subtitle_of(self, row: Revision) -> str:
        """Return the product and the SKU."""
        return f"{row.offering.product} · {row.offering.sku}"

    def page_of(self, row: Revision) -> str:
        """Return the page of the revision."""
        return reverse("offerings:revision", args=[row.offering.sku, row.number])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        """Load the offerings and products too, which name the revisions."""
        return super().get_queryset(request).select_related("offering__product")

    @admin.display(description="SKU", ordering="offering__sku")
    def sku(self, revision: Revision) -> str:
        """Return the offering's SKU."""
        return revision.offering.sku

    @admin.display(description="changes")
    def changes(self, revision: Revision) -> SafeString:
        """Return the differences from the revision before; one query."""
        before = Revision.objects.filter(offering=revision.offering_id, number=revision.number - 1).first()
        diff = diff_of(before, revision) if before else compare(None, revision)
        return render_to_string("admin/offerings/diff.html", {"rows": diff_rows(diff)})

    @admin.display(description="rights")
    def rights_in_force(self, revision: Revision) -> SafeString:
        """Return the rights in words."""
        return render_to_string("admin/offerings/rights.html", {"groups": right_groups(revision.sheet)})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: revisions are published."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        """Refuse: revisions never change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        """Refuse: revisions stay."""
        return False
