"""The cast of the tests: one small vendor with known offerings, people and customers.

Atlas Analytics comes in Bronze (3 seats), Silver (5) and Gold (25), by the month and by the year; Gold also per seat.
Everything an entitlement needs is made through the real operations, at a moment the test chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User

from entitlements import engine
from entitlements.models import Act, Change, Entitlement, FeatureUse, Order, Seat, Source
from entitlements.operations import (
    CreateEntitlement,
    Operation,
    SeatChoice,
    SeatMode,
    SetOverrides,
)
from offerings.models import Charge, Edition, Offering, Plan, Product, Revision
from offerings.revisions import newest_revisions, publish
from offerings.rights import Value
from tests.factories import (
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
)

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
TODAY = NOW.date()
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEEP = SeatChoice(SeatMode.KEEP)
OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)

FEATURES = {
    "sso": ("flag", "Single sign-on"),
    "audit_log": ("flag", "Audit log"),
    "api_calls": ("count", "API calls a month"),
    "dashboards": ("pool", "Dashboards"),
    "connectors": ("number", "Connectors"),
    "data_region": ("text", "Data region"),
    "training_ends": ("date", "Training ends"),
}
EDITIONS: dict[str, dict[str, Value]] = {
    "bronze": {"api_calls": 10_000, "dashboards": 2, "connectors": 3, "data_region": "eu-central"},
    "silver": {"api_calls": 100_000, "dashboards": 10, "connectors": 8, "data_region": "eu-central"},
    "gold": {"sso": True, "audit_log": True, "api_calls": 1_000_000, "dashboards": 50, "connectors": "unlimited"},
}


@dataclass
class Cast:
    """Everybody and everything the tests know by name."""

    atlas: Product
    plans: dict[str, Plan]
    editions: dict[str, Edition]
    offerings: dict[str, Offering]
    people: dict[str, User] = field(default_factory=dict)

    @property
    def operations(self) -> User:
        """Return the person who changes entitlements all day."""
        return self.people["operations"]

    def revision(self, name: str) -> Revision:
        """Return the newest revision of an offering."""
        offering = self.offerings[name]
        return newest_revisions([offering.pk])[offering.pk]

    def add_on(self) -> str:
        """Publish an add-on of the product, and return its name."""
        self.editions["support"] = EditionFactory(product=self.atlas, key="support", name="Support", kind="add_on")
        return self.offer("support", "annual", kind="add_on", seats_sold="not_sold", seat_limit=None)

    def offer(self, edition: str, plan: str, **fields: object) -> str:
        """Publish an offering of an edition and a plan, and return its name."""
        _offer(self, edition, plan, **fields)
        name = f"{edition}_{plan}"
        publish([self.offerings[name]], published_by=None, published_by_name="tests")
        return name

    def entitle(
        self,
        name: str = "silver_annual",
        *,
        quantity: int | None = None,
        seats: int = 0,
        overrides: Mapping[str, Value] | None = None,
        at: datetime = START,
        order: UUID | None = None,
    ) -> Entitlement:
        """Give a customer an entitlement, with seats in use and overrides, and return it."""
        operation = CreateEntitlement(
            as_of=at.date(),
            revision_id=self.revision(name).pk,
            quantity=quantity,
            order_id=order,
            customer_name="" if order else f"Customer {Entitlement.objects.count()}",
            order_reference="" if order else f"SO-{Entitlement.objects.count()}",
        )
        result = self.do(operation, at=at)
        entitlement = Entitlement.objects.get(pk=result.outcomes[0].preview.id)
        self.occupy(entitlement, seats)
        if overrides:
            self.override(entitlement, **overrides)
        entitlement.refresh_from_db()
        return entitlement

    def occupy(self, entitlement: Entitlement, count: int, *, at: datetime = START) -> list[Seat]:
        """Activate seats one day after another, as clients would, and return them."""
        held = Seat.objects.filter(entitlement=entitlement).count()
        seats = [
            Seat(
                entitlement=entitlement,
                seat_id=f"{entitlement.pk.hex[-6:]}-{held + number}",
                name=f"device-{held + number}",
                activated_at=at + timedelta(days=held + number),
                last_refresh_at=NOW - timedelta(hours=1),
                lease_expires_at=NOW + timedelta(days=14),
            )
            for number in range(count)
        ]
        Seat.objects.bulk_create(seats)
        Entitlement.objects.filter(pk=entitlement.pk).update(
            seats_used=Seat.objects.filter(entitlement=entitlement, released_at=None).count()
        )
        entitlement.refresh_from_db()
        return seats

    def override(self, entitlement: Entitlement, *, at: datetime = START, **values: Value) -> Act:
        """Set rights by hand; a feature is named without its prefix."""
        keys = {name if name in BUILT_IN_NAMES else f"feature.{name}": value for name, value in values.items()}
        operation = SetOverrides(as_of=at.date(), values=keys, seats=KEEP)
        result = self.do(operation, [entitlement.pk], at=at, reason="October migration")
        entitlement.refresh_from_db()
        assert result.act is not None
        return result.act

    def use(self, entitlement: Entitlement, key: str, amount: int, *, seat: Seat | None = None) -> None:
        """Count use of a feature, or check it out for a seat."""
        FeatureUse.objects.update_or_create(
            entitlement=entitlement, key=f"feature.{key}", seat=seat, defaults={"amount": amount}
        )

    def do(
        self, operation: Operation, ids: Sequence[UUID] = (), *, at: datetime = NOW, reason: str = "", **words: str
    ) -> engine.Result:
        """Carry out an operation as the operations person; it must succeed."""
        result = engine.apply(
            operation,
            ids,
            made_by=self.operations,
            source=Source.PAGE,
            reason=reason,
            reference=words.get("reference", ""),
            at=at,
        )
        assert is_done(result), [problem for outcome in result.outcomes for problem in outcome.preview.problems]
        return result


BUILT_IN_NAMES = ("seat_limit", "overdraft", "lease_period", "offline_lease_period", "grace_period", "maintenance")


def make_cast() -> Cast:
    """Make the whole cast."""
    atlas = ProductFactory(code="atlas", name="Atlas Analytics")
    features = {
        key: FeatureFactory(product=atlas, key=key, kind=kind, name=name) for key, (kind, name) in FEATURES.items()
    }
    editions = {}
    for key, values in EDITIONS.items():
        editions[key] = EditionFactory(product=atlas, key=key, name=key.title())
        for feature, value in values.items():
            EditionValueFactory(edition=editions[key], feature=features[feature], value=value)
    plans = {
        "annual": PlanFactory(code="annual", name="Annual", duration="P1Y"),
        "monthly": PlanFactory(code="monthly", name="Monthly", duration="P1M"),
        "perpetual": PlanFactory(code="perpetual", name="Perpetual", license_type="perpetual", duration=""),
        "trial": PlanFactory(
            code="trial", name="Trial", plan_type="trial", start_type="first_activation", duration="P1M"
        ),
        "seats": PlanFactory(code="annual-per-seat", name="Annual per seat", duration="P1Y"),
    }
    cast = Cast(atlas, plans, editions, {})
    for name, seat_limit in (("bronze", 3), ("silver", 5), ("gold", 25)):
        for plan in ("annual", "monthly"):
            _offer(cast, name, plan, seat_limit=seat_limit)
    _offer(cast, "silver", "perpetual", seat_limit=5)
    _offer(cast, "silver", "trial", seat_limit=5)
    _offer(cast, "gold", "seats", seats_sold="per_quantity", seat_limit=None)
    publish(cast.offerings.values(), published_by=None, published_by_name="tests")
    cast.people = {name: make_person(name) for name in ("operations", "support", "viewer")}
    cast.people["manager"] = make_person("manager", role="Product manager")
    cast.people["administrator"] = make_person("administrator", role="Administrator")
    LogEntry.objects.all().delete()  # how the catalog came about: each test begins with an empty log
    return cast


def _offer(cast: Cast, edition: str, plan: str, **fields: object) -> None:
    offering = OfferingFactory(
        sku=f"{edition}-{plan}".upper(),
        name=f"{edition.replace('_', ' ').capitalize()} {plan}" if plan != "seats" else "Gold per seat",
        product=cast.atlas,
        edition=cast.editions[edition],
        plan=cast.plans[plan],
        **fields,
    )
    Charge.objects.create(offering=offering, key="price", amount="100", currency="EUR")
    cast.offerings[f"{edition}_{plan}"] = offering


def make_person(name: str, *, role: str = "") -> User:
    """Make a person with a role; the role is named like the person unless said."""
    person = User.objects.create_user(name, password=f"{name}-password", is_staff=True)
    person.groups.add(Group.objects.get(name=role or name.title()))
    return person


def is_done(result: engine.Result) -> bool:
    """Tell whether everything asked for was carried out."""
    return bool(result.outcomes) and all(outcome.status is engine.OutcomeStatus.CHANGED for outcome in result.outcomes)


def changes_of(entitlement: Entitlement) -> list[Change]:
    """Return the log of an entitlement, oldest first."""
    return list(Change.objects.filter(entitlement=entitlement).order_by("sequence"))


def day(text: str) -> date:
    """Return a date from ISO text."""
    return date.fromisoformat(text)


def order_of(entitlement: Entitlement) -> Order:
    """Return the order of an entitlement."""
    return Order.objects.get(pk=entitlement.order_id)
