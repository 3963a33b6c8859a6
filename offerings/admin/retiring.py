"""Admin pages of rows that staff retire, and delete only while nothing refers to them."""

from typing import Any, TypeAlias

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from config.edit_log import logged
from config.logged_admin import LoggedAdmin
from config.number_fields import WHOLE_NUMBER_COLUMNS
from offerings.admin.wording import worded
from offerings.models import Edition, Offering, Plan, Product, Retirable

Row: TypeAlias = Retirable
PARENTS_OF_OFFERINGS = (Product, Edition, Plan)  # an offering is on sale only while all three are


MOST_REVIEWED = 100  # as many SKUs as fit an address of 4,000 characters


def review_address(*skus: str) -> str:
    """Return the address of the review of some offerings; of all where there are none, or more than fit an address."""
    return reverse("offerings:publish", query={"sku": skus} if 0 < len(skus) <= MOST_REVIEWED else None)


def product_address(page: str, product: Product) -> str:
    """Return the address of a page about the offerings of a product: their list, or their review."""
    return reverse(f"offerings:{page}", query={"product": product.code})


def is_referred_to(row: models.Model) -> bool:
    """Tell whether rows that no cascade deletes refer to ``row``; one query per relation at most."""
    for relation in row._meta.related_objects:
        cascades = getattr(relation, "on_delete", None) is models.CASCADE
        rows: QuerySet[models.Model] = models.QuerySet(relation.related_model)
        if not cascades and rows.filter(**{relation.field.name: row}).exists():
            return True
    return False


class SaleFilter(admin.SimpleListFilter):
    """A filter for rows on sale (the default), retired rows, or both."""

    title = "sale"
    parameter_name = "sale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices besides "on sale"."""
        return [("retired", "Retired"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Name the default choice, which Django calls "All"."""
        first, *others = super().choices(changelist)
        return [{**first, "display": "On sale"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the selected choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(retired_at__isnull=self.value() != "retired")


class RetirableAdmin(LoggedAdmin):
    """Retire rows after a confirmation, and put them back on sale; delete only rows that nothing refers to."""

    change_form_template = "admin/offerings/change_form.html"
    retire_template = "admin/offerings/retire.html"
    actions = ["retire_selected", "reinstate_selected"]
    list_filter = [SaleFilter]
    empty_value_display = "-"
    formfield_overrides = WHOLE_NUMBER_COLUMNS

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the fields in words to people who may only look."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [(heading, {**each, "fields": worded(self.model, each["fields"])}) for heading, each in found]

    def review_address(self, row: Any) -> str:
        """Return the address of the review of the offerings that a row is part of; ``None`` is a row to be added."""
        return reverse("offerings:publish")

    def may_publish(self, request: HttpRequest) -> bool:
        """Tell whether the person may publish."""
        return bool(request.user.has_perm("offerings.publish_offering"))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add the address of the review, which "Save and review" goes on to."""
        if self.may_publish(request) and not context["is_popup"]:
            context["review_url"] = self.review_address(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the review where the person asked for it."""
        return self._reviewed(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go on to the review where the person asked for it."""
        return self._reviewed(request, obj) or super().response_change(request, obj)

    def _reviewed(self, request: HttpRequest, row: Row) -> HttpResponse | None:
        if "_review" not in request.POST or not self.may_publish(request):
            return None
        messages.success(request, f"{self.title_of(row)} is saved. Nothing is published yet.")
        return redirect(self.review_address(row))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Remove the action that deletes several rows: staff retire them instead."""
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Refuse to delete a row that other rows refer to."""
        return super().has_delete_permission(request, obj) and (obj is None or not is_referred_to(obj))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Suggest only rows on sale in the fields of other forms; the list has a filter of its own."""
        if request.path == reverse(f"{self.admin_site.name}:autocomplete"):
            queryset = queryset.filter(retired_at=None)
        return super().get_search_results(request, queryset, search_term)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete one row; show an error where another row refers to the row by now."""
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except (ProtectedError, RestrictedError):
            messages.error(request, "This is in use by now, so it was not deleted. Retire it instead.")
            return redirect(self._address("change", quote(unquote(object_id))))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Remove the button that deletes the related row of a field."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and hasattr(field.widget, "can_delete_related"):
            field.widget.can_delete_related = False
        return field

    @admin.action(description="Retire selected…", permissions=["change"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Row]) -> HttpResponse | None:
        """Ask for a confirmation, then retire the selected rows."""
        return self._retire(request, queryset, is_action=True)

    @admin.action(description="Put selected back on sale", permissions=["change"])
    def reinstate_selected(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        """Put the selected rows back on sale, except for rows with retired parents."""
        rows = []
        for row in queryset.exclude(retired_at=None):
            if parents := self.retired_parents(row):
                messages.error(request, f"{row} stays retired, because {parents} is. Put that back on sale first.")
            elif same := row.same_on_sale():
                messages.error(request, f"{row} stays retired, because {same} has the same key. Retire that first.")
            else:
                rows.append(row)
        with logged(*rows, made_by=request.user):  # type: ignore[arg-type]
            for row in rows:
                row.reinstate()
        if rows:
            messages.success(request, f"Put back on sale: {', '.join(map(str, rows))}.")

    def retired_parents(self, row: Any) -> str:
        """Return the retired rows without which ``row`` cannot be on sale, in words; empty where there are none."""
        return ""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that retire one row and put it back on sale."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<path:object_id>/retire/", self.admin_site.admin_view(self.retire_view), name=f"{name}_retire"),
            path("<path:object_id>/sell/", self.admin_site.admin_view(self.sell_view), name=f"{name}_sell"),
            *super().get_urls(),
        ]

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a confirmation, then retire one row."""
        row = self.changeable(request, object_id)
        answer = self._retire(request, self.get_queryset(request).filter(pk=row.pk), is_action=False)
        return answer or redirect(self._address("change", quote(row.pk)))

    def sell_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put one row back on sale."""
        row = self.changeable(request, object_id)
        if request.method == "POST":
            self.reinstate_selected(request, self.get_queryset(request).filter(pk=row.pk))
        return redirect(self._address("change", quote(row.pk)))

    def changeable(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of an address; raise where there is none, or where the person may not change it."""
        row = self._found(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied(f"{self.opts.app_label}.change_{self.opts.model_name}")
        return row

    def viewable(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of an address; raise where there is none, or where the person may not look at it."""
        row = self._found(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied(f"{self.opts.app_label}.view_{self.opts.model_name}")
        return row

    def _found(self, request: HttpRequest, object_id: str) -> Row:
        row: Row | None = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404("There is no such row.")
        return row

    def _retire(self, request: HttpRequest, queryset: QuerySet[Row], *, is_action: bool) -> HttpResponse | None:
        rows = list(queryset.filter(retired_at=None))
        if not rows:
            messages.info(request, "That is retired already.")
            return None
        if self._offerings_of(rows) and not request.user.has_perm("offerings.change_offering"):
            raise PermissionDenied("offerings.change_offering")
        if request.method != "POST" or "confirm" not in request.POST:
            return self._confirmation(request, rows, is_action=is_action)
        retired = [*rows, *self._offerings_of(rows)]
        with logged(*retired, made_by=request.user):  # type: ignore[arg-type]
            for row in retired:
                row.retire()
        messages.success(request, f"Retired: {', '.join(map(str, retired))}.")
        return None

    def _offerings_of(self, rows: list[Row]) -> list[Offering]:
        """Return the offerings that retire together with products, editions or plans."""
        if self.model not in PARENTS_OF_OFFERINGS:
            return []
        found = Offering.objects.on_sale().filter(**{f"{self.opts.model_name}__in": rows})
        return list(found.select_related("product"))

    def _confirmation(self, request: HttpRequest, rows: list[Row], *, is_action: bool) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Retire {self.opts.verbose_name_plural if len(rows) > 1 else self.opts.verbose_name}",
            "opts": self.opts,
            "rows": rows,
            "offerings": self._offerings_of(rows),
            "is_action": is_action,
            "back_url": self._address("changelist") if is_action else self._address("change", quote(rows[0].pk)),
        }
        return TemplateResponse(request, self.retire_template, context)

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)
