"""What the addresses of invoices say: the day and the grouping of a page, the days of a file."""

from datetime import date
from typing import Any, ClassVar

from config.filter_forms import FilterChoiceField, FilterDateField, FilterForm

GROUPINGS = (("product", "By product"), ("period", "By period"), ("trigger", "By trigger"))


class InvoiceFilterForm(FilterForm):
    """The day of an invoice, and what its lines are grouped by."""

    on = FilterDateField()
    by = FilterChoiceField(choices=[("", ""), *GROUPINGS])


class LinesFilterForm(FilterForm):
    """The days whose lines are in a file: from a day, to before another; either may be left out."""

    names: ClassVar = {"since": "from", "until": "to"}

    since = FilterDateField()
    until = FilterDateField()

    def add_prefix(self, field_name: str) -> str:
        """Return the name of a field in the address."""
        return str(self.names.get(field_name, field_name))

    def clean(self) -> dict[str, Any]:
        """Refuse days that leave nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", f"write a day after {since.isoformat()}; it is the first one left out")
        return cleaned

    @property
    def days(self) -> tuple[date | None, date | None]:
        """Return the first day, and the first one left out."""
        return self.values["since"], self.values["until"]
