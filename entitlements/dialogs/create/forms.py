"""The form that creates an entitlement: customer, order, offering, quantity and codes."""

from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from config.number_fields import WholeNumberField
from entitlements.dialogs.forms import KeyField, OperationForm
from entitlements.dialogs.order_search import customers_named, read_key
from entitlements.models import Customer, Order
from entitlements.operations import CreateEntitlement, Problem
from entitlements.operations.create_entitlement import existing
from offerings.models import Offering, Revision, SeatsSold
from offerings.revisions import newest_revisions

NEW = "new"
ORDERS = 50
LONGEST_CODES = 6_000
CODES_TOO_LONG = f"Use at most {LONGEST_CODES:,} characters: that is room for more than 100 codes."


class CreateForm(OperationForm):
    """Text that becomes one ``CreateEntitlement``.

    ``customer`` is the key of a customer, or "new"; ``order`` is the key of one of the customer's orders, or empty.
    """

    autofocus = ""

    customer_name = forms.CharField(required=False)
    customer = forms.CharField(required=False)
    order = forms.CharField(required=False)
    order_reference = forms.CharField(required=False)
    codes = forms.CharField(
        required=False, max_length=LONGEST_CODES, error_messages={"max_length": CODES_TOO_LONG}, widget=forms.Textarea
    )
    offering = forms.CharField(error_messages={"required": "Choose what to give the customer."})
    quantity = WholeNumberField(required=False, error_messages={"invalid": "Write a whole number."})
    key = KeyField()

    # --- choices -------------------------------------------------------------------------------------------------

    def _text(self, name: str) -> str:
        return str(self.data.get(name) or "").replace("\0", "").strip()

    @cached_property
    def customers(self) -> list[Customer]:
        """Return the first customers with the typed text in their name; none for no text. Two queries at most."""
        return customers_named(self._text("customer_name"))

    @cached_property
    def chosen_customer(self) -> Customer | None:
        """Return the chosen customer, as long as the typed text is in the name. One query at most."""
        key = read_key(self._text("customer"))
        customer = next((each for each in self.customers if each.pk == key), None)
        if customer is None and key is not None:
            customer = Customer.objects.current().filter(pk=key, name_folded__finds=self._text("customer_name")).first()
        return customer

    @cached_property
    def merged_customer(self) -> Customer | None:
        """Return the customer of the key where it was merged into another one meanwhile. One query at most."""
        key = read_key(self._text("customer"))
        if key is None or self.chosen_customer is not None:
            return None
        merged = Customer.objects.filter(pk=key, merged_into__isnull=False).select_related("merged_into")
        return merged.first()

    @property
    def listed_customers(self) -> list[Customer]:
        """Return the customers found, and the chosen one."""
        chosen = self.chosen_customer
        return self.customers if chosen is None or chosen in self.customers else [chosen, *self.customers]

    @property
    def is_new_customer(self) -> bool:
        """Tell whether the form makes a customer: the person chose so, or no name contains the text."""
        if not self._text("customer_name") or self.chosen_customer or self.merged_customer:
            return False
        return self._text("customer") == NEW or not self.customers

    @cached_property
    def orders(self) -> list[Order]:
        """Return the newest orders of the chosen customer; one query, none without a customer."""
        if self.chosen_customer is None:
            return []
        return list(Order.objects.filter(customer=self.chosen_customer)[:ORDERS])

    @property
    def chosen_order(self) -> Order | None:
        """Return the chosen order; ``None`` for an order of another customer."""
        key = read_key(self._text("order"))
        return next((order for order in self.orders if order.pk == key), None)

    @cached_property
    def offerings(self) -> list[Offering]:
        """Return the published offerings on sale, by product. One query."""
        published = Exists(Revision.objects.filter(offering=OuterRef("pk")))
        rows = Offering.objects.on_sale().filter(published).with_sold_name().select_related("product")
        return list(rows.order_by("product__name", "product", "-kind", "position", "name", "sku"))

    @cached_property
    def revision(self) -> Revision | None:
        """Return the newest revision of the chosen offering; ``None`` without one. Two queries."""
        offering = Offering.objects.filter(sku=self._text("offering")).first()
        return newest_revisions([offering.pk]).get(offering.pk) if offering else None

    @property
    def is_per_quantity(self) -> bool:
        """Tell whether the chosen offering is sold per quantity."""
        return self.revision is not None and self.revision.terms["seats_sold"] == SeatsSold.PER_QUANTITY

    # --- operation -------------------------------------------------------------------------------------------------

    def clean_codes(self) -> tuple[str, ...]:
        """Return the codes in capitals; the text has one code a line."""
        lines = (line.strip().upper() for line in self.cleaned_data["codes"].splitlines())
        codes = tuple(line for line in lines if line)
        if not codes and self.chosen_order is None:
            raise ValidationError("Give at least one code: 2 to 50 capital letters, digits and dashes.")
        return codes

    def clean_offering(self) -> str:
        """Return the SKU of a published offering."""
        sku: str = self.cleaned_data["offering"]
        if self.revision is None:
            raise ValidationError(f"No published offering has the SKU {sku[:60]}. Choose one from the list.")
        return sku

    def clean(self) -> dict[str, Any]:
        """Check the choice of customer and order; a repeated request is left to the preview."""
        cleaned: dict[str, Any] = super().clean() or {}
        if merged := self.merged_customer:
            self.add_error("customer_name", f"{merged} was merged into {merged.merged_into}. Choose that customer.")
        elif not self._text("customer_name") and self.chosen_customer is None:
            self.add_error("customer_name", "Type the name of a customer, or of a new one.")
        elif self.chosen_customer is None and not self.is_new_customer and not existing([cleaned["key"]]):
            self.add_error("customer_name", "Choose one of the customers found, or the new one.")
        if self._text("order") and self.chosen_customer and self.chosen_order is None:
            self.add_error("order", f"Choose an order of {self.chosen_customer}, or a new one.")
        return cleaned

    def build(self) -> CreateEntitlement:
        """Return the operation; raise ``LookupError`` for a form without an offering."""
        cleaned, customer, order = self.cleaned_data, self.chosen_customer, self.chosen_order
        if self.revision is None:
            raise LookupError("The form is not valid: it names no offering.")
        return CreateEntitlement(
            as_of=self.as_of,
            revision_id=self.revision.pk,
            order_id=order.pk if order else None,
            customer_id=customer.pk if customer and not order else None,
            customer_name="" if customer else cleaned["customer_name"],
            order_reference="" if order else cleaned["order_reference"],
            codes=() if order else cleaned["codes"],
            quantity=cleaned["quantity"],
            key=cleaned["key"],
        )

    def field_of(self, problem: Problem) -> str | None:
        """Return the name of the field of a problem; problems of the customer belong to the name."""
        return "customer_name" if problem.field == "customer" else super().field_of(problem)
