"""The sales of the demo: customers with names by Faker, and orders that become entitlements."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from entitlements.demo.catalog import Name
from entitlements.demo.run import SEED, WEBSHOP, DemoRun
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from entitlements.models.orders import CODE_ALPHABET
from entitlements.operations import CreateEntitlement

OLDEST_SALE = 395  # days ago
FIRST_REFERENCE = 41_020
SHOWCASE_REFERENCE = 48_213
SALES_PER_HUNDRED = {  # by offering
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
    """One sale of one offering, ``days_ago`` days ago. ``id`` is the entitlement, once it exists.

    ``fill`` is the used share of the seats, ``None`` for a random one.
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
        """Return the key of the entitlement; raise ``LookupError`` before it exists."""
        if self.id is None:
            raise LookupError(f"Sale {self.reference} has no entitlement yet.")
        return self.id


def draw_sales(run: DemoRun, count: int) -> list[Sale]:
    """Return ``count`` sales, oldest first, and write their customers. One customer in five buys twice."""
    customers = make_customers(run, (count * 5 + 5) // 6)
    days = sorted((_day_of_sale(run) for _number in range(count)), reverse=True)
    names = run.random.choices(list(SALES_PER_HUNDRED), weights=list(SALES_PER_HUNDRED.values()), k=count)
    buyers = [*customers, *run.random.choices(customers, k=count - len(customers))]
    run.random.shuffle(buyers)
    reference = FIRST_REFERENCE
    sales = []
    for name, days_ago, customer in zip(names, days, buyers, strict=True):
        reference += run.random.randint(3, 30)
        reference += reference == SHOWCASE_REFERENCE
        sale = Sale(name, days_ago, customer, f"SO-{reference}", draw_code(run))
        sale.quantity = run.random.choice(QUANTITIES) if is_per_quantity(run, name) else None
        sales.append(sale)
    return sales


def make_customers(run: DemoRun, count: int) -> list[Customer]:
    """Write customers with names of made-up companies."""
    from faker import Faker  # noqa: PLC0415 (only the demo installs Faker)

    fakers = [Faker(locale) for locale in ("en_GB", "en_US", "de_DE", "fr_FR")]
    for faker in fakers:
        faker.seed_instance(SEED)
    names: dict[str, None] = {}
    while len(names) < count:
        names[run.random.choice(fakers).company()] = None
    rows = [
        Customer(name=name[:100], account_reference=f"C-{10_400 + 7 * number}") for number, name in enumerate(names)
    ]
    return Customer.objects.bulk_create(rows)


def draw_code(run: DemoRun) -> str:
    """Return an activation code of the demo, the same on every run."""
    letters = "".join(run.random.choices(CODE_ALPHABET, k=16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def is_per_quantity(run: DemoRun, name: Name) -> bool:
    """Tell whether an offering is sold per quantity."""
    return run.catalog.offerings[name].seats_sold == "per_quantity"


def create_entitlement(run: DemoRun, sale: Sale, at: datetime) -> None:
    """Create the entitlement of a sale, two of three as the web shop."""
    by = WEBSHOP if run.random.random() < 0.65 else run.people["operations"]
    act = run.carry_out(
        CreateEntitlement,
        at=at,
        by=by,
        reference=sale.reference,
        revision_id=run.catalog.revision_id(sale.offering),
        customer_id=sale.customer.pk,
        order_reference=sale.reference,
        codes=(sale.code,),
        quantity=sale.quantity,
    )
    if act:
        sale.id = act.changes.values_list("entitlement", flat=True).get()


def date_back() -> None:
    """Set the creation of orders, codes and customers to that of their first entitlement; three statements."""
    first = Entitlement.objects.filter(order=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    Order.objects.update(created_at=Subquery(first))
    order = Order.objects.filter(pk=OuterRef("order")).values("created_at")
    ActivationCode.objects.update(created_at=Subquery(order))
    oldest = Order.objects.filter(customer=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    Customer.objects.update(created_at=Subquery(oldest))


def _day_of_sale(run: DemoRun) -> int:
    recent = run.random.random() < 0.12
    return run.random.randint(1, 30) if recent else run.random.randint(31, OLDEST_SALE)
