"""Who ordered what, and when: customers with Faker's names, and the sales that become entitlements."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from entitlements.demo.catalog import Name
from entitlements.demo.desk import SEED, WEBSHOP, Desk
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from entitlements.models.orders import CODE_ALPHABET
from entitlements.operations import CreateEntitlement

OLDEST_SALE = 395  # days ago
FIRST_REFERENCE = 41_020
SHOWCASE_REFERENCE = 48_213
SOLD = {  # how often each offering is ordered, of a hundred
    Name("atlas", "bronze", "annual"): 9,
    Name("atlas", "bronze", "monthly"): 4,
    Name("atlas", "silver", "annual"): 13,
    Name("atlas", "silver", "monthly"): 4,
    Name("atlas", "gold", "annual"): 6,
    Name("atlas", "gold", "annual-per-seat"): 6,
    Name("atlas", "silver", "perpetual"): 4,
    Name("atlas", "silver", "trial"): 4,
    Name("github", "TEAM", "annual"): 8,
    Name("github", "TEAM", "monthly"): 5,
    Name("github", "ENTERPRISE", "annual"): 4,
    Name("slack", "PRO", "annual"): 7,
    Name("slack", "PRO", "monthly"): 4,
    Name("slack", "BUSINESS_PLUS", "annual"): 5,
    Name("slack", "PRO", "trial"): 3,
    Name("zapier", "PROFESSIONAL", "monthly"): 4,
    Name("zapier", "TEAM", "monthly"): 3,
    Name("planable", "STARTER", "monthly"): 3,
    Name("planable", "PREMIUM", "monthly"): 4,
}
QUANTITIES = (2, 3, 5, 5, 8, 10, 10, 12, 15, 20, 25, 40, 60)


@dataclass
class Sale:
    """One sale of one offering. ``days_ago`` is its day; the key is there once it is carried out.

    ``fill`` is the share of its seats that is taken, ``None`` for any.
    """

    offering: Name
    days_ago: int
    customer: Customer
    reference: str
    code: str
    quantity: int | None = None
    is_renewed: bool = True
    fill: float | None = None
    id: UUID | None = None

    @property
    def key(self) -> UUID:
        """Return the key of the entitlement; raise ``LookupError`` before it is there."""
        if self.id is None:
            raise LookupError(f"Sale {self.reference} has not been carried out yet.")
        return self.id


def draw_sales(desk: Desk, count: int) -> list[Sale]:
    """Return ``count`` sales, oldest first, and write their customers. One customer in five buys twice."""
    customers = make_customers(desk, (count * 5 + 5) // 6)
    days = sorted((_day_of_sale(desk) for _number in range(count)), reverse=True)
    names = desk.chance.choices(list(SOLD), weights=list(SOLD.values()), k=count)
    buyers = [*customers, *desk.chance.choices(customers, k=count - len(customers))]
    desk.chance.shuffle(buyers)
    reference = FIRST_REFERENCE
    sales = []
    for name, days_ago, customer in zip(names, days, buyers, strict=True):
        reference += desk.chance.randint(3, 30)
        reference += reference == SHOWCASE_REFERENCE
        sale = Sale(name, days_ago, customer, f"SO-{reference}", draw_code(desk))
        sale.quantity = desk.chance.choice(QUANTITIES) if is_per_quantity(desk, name) else None
        sales.append(sale)
    return sales


def make_customers(desk: Desk, count: int) -> list[Customer]:
    """Write customers with names of made-up companies."""
    from faker import Faker  # noqa: PLC0415 (only the demo has it)

    fakers = [Faker(locale) for locale in ("en_GB", "en_US", "de_DE", "fr_FR")]
    for faker in fakers:
        faker.seed_instance(SEED)
    names: dict[str, None] = {}
    while len(names) < count:
        names[desk.chance.choice(fakers).company()] = None
    rows = [
        Customer(name=name[:100], account_reference=f"C-{10_400 + 7 * number}") for number, name in enumerate(names)
    ]
    return Customer.objects.bulk_create(rows)


def draw_code(desk: Desk) -> str:
    """Return an activation code of the demo, the same on every run."""
    letters = "".join(desk.chance.choices(CODE_ALPHABET, k=16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def is_per_quantity(desk: Desk, name: Name) -> bool:
    """Tell whether an offering is sold by the seat."""
    return desk.catalog.offerings[name].seats_sold == "per_quantity"


def carry_out(desk: Desk, sale: Sale, *, at: datetime) -> None:
    """Make the entitlement of a sale; two of three come from the web shop."""
    by = WEBSHOP if desk.chance.random() < 0.65 else desk.people["operations"]
    act = desk.do(
        CreateEntitlement,
        at=at,
        by=by,
        reference=sale.reference,
        revision_id=desk.catalog.revision_id(sale.offering),
        customer_id=sale.customer.pk,
        order_reference=sale.reference,
        codes=(sale.code,),
        quantity=sale.quantity,
    )
    if act:
        sale.id = act.changes.values_list("entitlement", flat=True).get()


def date_back() -> None:
    """Give orders, their codes and customers the moment of their first entitlement; three statements."""
    first = Entitlement.objects.filter(order=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    Order.objects.update(created_at=Subquery(first))
    order = Order.objects.filter(pk=OuterRef("order")).values("created_at")
    ActivationCode.objects.update(created_at=Subquery(order))
    oldest = Order.objects.filter(customer=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    Customer.objects.update(created_at=Subquery(oldest))


def _day_of_sale(desk: Desk) -> int:
    recent = desk.chance.random() < 0.12
    return desk.chance.randint(1, 30) if recent else desk.chance.randint(31, OLDEST_SALE)
