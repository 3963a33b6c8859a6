"""Links from a customer to the other systems that know it: CRM, billing, support."""

from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from entitlements.models import Customer


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A link to the page of a customer in another system."""

    name: str
    url: str


def links_of(customer: Customer) -> list[CustomerLink]:
    """Return the links of a customer, without those that need an account reference where there is none. Pure."""
    values = {"reference": customer.account_reference, "id": str(customer.pk)}
    found = []
    for name, pattern in settings.CUSTOMER_LINKS.items():
        url = pattern
        for word, value in values.items():
            url = url.replace(f"{{{word}}}", quote(value, safe=""))
        if values["reference"] or "{reference}" not in pattern:
            found.append(CustomerLink(name, url))
    return found
