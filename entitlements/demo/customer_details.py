"""What the demo knows of customers besides their names: owners, contacts, tags and free fields."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from entitlements.demo.run import SEED, DemoRun
from entitlements.models import Contact, Customer, CustomerField, FieldValue, Tag

OWNERS = ("operations", "support", "manager")
TAGS = ("Key account", "Partner", "Reference", "Education", "At risk")
FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "region", "label": "Region", "kind": "choice", "choices": "DACH\nNordics\nUK and Ireland\nAmericas"},
    {"key": "industry", "label": "Industry", "kind": "text"},
    {"key": "employees", "label": "Employees", "kind": "number"},
    {"key": "review_on", "label": "Next review", "kind": "date"},
    {"key": "buys_by_po", "label": "Buys by purchase order", "kind": "flag"},
)
INDUSTRIES = ("Automotive", "Logistics", "Robotics", "Insurance", "Health care", "Retail", "Public sector")
ROLES = ("Purchasing", "IT", "Engineering", "Finance", "Legal")
FIRST_NAMES = ("Mira", "Jonas", "Aisha", "Tomás", "Elena", "Oskar", "Ingrid", "Priya", "Luc", "Hanna", "Marek", "Zoë")
LAST_NAMES = ("Holm", "Weber", "Rahman", "Silva", "Petrov", "Lund", "Marchetti", "Iyer", "Moreau", "Kowalski", "Byrne")
SHOWCASE_CONTACTS = (
    ("Mira Holm", "mira.holm@halden.example", "Purchasing", True),
    ("Jonas Weber", "jonas.weber@halden.example", "IT", False),
)
SHOWCASE_VALUES = {"region": "Nordics", "industry": "Robotics", "employees": "1250", "buys_by_po": "yes"}


def write_details(run: DemoRun, customers: Sequence[Customer], showcase: Customer) -> None:
    """Write owners, contacts, tags and fields; two of three customers have them. Draws from numbers of its own."""
    random = Random(SEED)  # noqa: S311 (made-up data)
    fields = [CustomerField.objects.create(position=10 * place, **each) for place, each in enumerate(FIELDS, start=1)]
    tags = [Tag.objects.create(name=name) for name in TAGS]
    known = [customer for customer in customers if random.random() < 0.67]
    for customer in known:
        customer.owner = run.people[random.choice(OWNERS)]
    showcase.owner = run.people["operations"]
    Customer.objects.bulk_update([*known, showcase], ["owner"], batch_size=1000)
    Contact.objects.bulk_create([*_showcase_contacts(showcase), *_contacts(random, known)], batch_size=1000)
    Customer.tags.through.objects.bulk_create(_tagged(random, known, showcase, tags), batch_size=1000)
    FieldValue.objects.bulk_create(_values(run, random, known, showcase, fields), batch_size=1000)


def _showcase_contacts(showcase: Customer) -> Iterator[Contact]:
    for name, email, role, is_primary in SHOWCASE_CONTACTS:
        yield Contact(customer=showcase, name=name, email=email, role=role, is_primary=is_primary)


def _contacts(random: Random, customers: Sequence[Customer]) -> Iterator[Contact]:
    for number, customer in enumerate(customers):
        for place in range(random.choice((1, 1, 1, 2, 2, 3))):
            first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
            email = f"{first[0]}.{last}@customer-{number + 1}.example".lower().replace("é", "e")
            role = random.choice(ROLES)
            yield Contact(customer=customer, name=f"{first} {last}", email=email, role=role, is_primary=place == 0)


def _tagged(random: Random, customers: Sequence[Customer], showcase: Customer, tags: Sequence[Tag]) -> list[Any]:
    through: Any = Customer.tags.through
    chosen = [
        (customer, tag) for customer in customers for tag in random.sample(tags, k=random.choice((0, 0, 1, 1, 2)))
    ]
    return [
        through(customer=customer, tag=tag) for customer, tag in [*chosen, (showcase, tags[0]), (showcase, tags[2])]
    ]


def _values(
    run: DemoRun, random: Random, customers: Sequence[Customer], showcase: Customer, fields: Sequence[CustomerField]
) -> Iterator[FieldValue]:
    by_key = {field.key: field for field in fields}
    review = (run.today + timedelta(days=40)).isoformat()
    for key, value in {**SHOWCASE_VALUES, "review_on": review}.items():
        yield FieldValue(customer=showcase, field=by_key[key], value=value)
    for customer in customers:
        drawn = {
            "region": random.choice(by_key["region"].choice_list),
            "industry": random.choice(INDUSTRIES),
            "employees": str(random.choice((12, 40, 85, 150, 320, 900, 2400, 12_000))),
            "review_on": (run.today + timedelta(days=random.randint(-20, 300))).isoformat(),
            "buys_by_po": random.choice(("", "yes")),
        }
        yield from (
            FieldValue(customer=customer, field=by_key[key], value=value)
            for key, value in drawn.items()
            if value and random.random() < 0.8
        )
