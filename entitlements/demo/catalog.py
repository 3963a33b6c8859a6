"""The catalog of the demo: four imported price catalogs, added offerings, and later publications."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet

from config.actors import name_of
from config.edit_log import logged
from entitlements.demo.atlas import make_atlas, make_plans
from offerings import catalogs
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog
from offerings.models import Charge, Edition, EditionValue, Offering, OfferingKind, Plan, Product, SeatsSold
from offerings.revisions import newest_revisions, publish
from offerings.rights import Value

FILES = {
    "github": "github-2025.yml",
    "planable": "planable-2019.yml",
    "slack": "slack-2024.yml",
    "zapier": "zapier-2024.yml",
}
FOLDER = Path(catalogs.__file__).parent / "demo"
LADDERS = {
    "atlas": ("bronze", "silver", "gold"),
    "github": ("TEAM", "ENTERPRISE"),
    "planable": ("STARTER", "PREMIUM", "ENTERPRISE"),
    "slack": ("PRO", "BUSINESS_PLUS", "ENTERPRISE_GRID"),
    "zapier": ("PROFESSIONAL", "TEAM", "ENTERPRISE"),
}
YEARLY = ("github", "slack")
MONTHS_PAID_A_YEAR = 10


class Name(NamedTuple):
    """The name of an offering in the demo: product, edition and plan."""

    product: str
    edition: str
    plan: str


class Edit(NamedTuple):
    """An edit of the catalog: values of one edition by feature key, and a factor for the prices of its offerings."""

    product: str
    edition: str
    values: dict[str, Value] = {}
    price_factor: Decimal = Decimal(1)


class Publication(NamedTuple):
    """Edits that were published together ``days_ago`` days ago, with the note of the publication."""

    days_ago: int
    note: str
    edits: tuple[Edit, ...]


PUBLICATIONS = (
    Publication(
        300,
        "More API calls and connectors, as announced in spring.",
        (
            Edit("atlas", "silver", {"api_calls": 100_000, "connectors": 8}),
            Edit("atlas", "gold", {"dashboards": 50}),
        ),
    ),
    Publication(
        210,
        "Team: a third more Actions minutes.",
        (Edit("github", "TEAM", {"githubActionsQuota": 4000, "githubCodepacesStorage": 30}),),
    ),
    Publication(
        165,
        "Business Plus costs 4 % more and runs more workflows.",
        (Edit("slack", "BUSINESS_PLUS", {"useWorkflowsPremium": 3000}, Decimal("1.04")),),
    ),
    Publication(
        120,
        "Professional: tasks as in the new price list.",
        (Edit("zapier", "PROFESSIONAL", {"tasksLimit": 1500}),),
    ),
    Publication(
        75, "Premium: two more workspaces.", (Edit("planable", "PREMIUM", {"workspacesLimit": 7, "usersLimit": 10}),)
    ),
    Publication(
        40,
        "Classic exports end. The audit log joins Silver. Prices up by 5 %.",
        (
            Edit("atlas", "bronze", {"classic_exports": False}, Decimal("1.05")),
            Edit("atlas", "silver", {"classic_exports": False, "audit_log": True}, Decimal("1.05")),
            Edit("atlas", "gold", {"classic_exports": False}, Decimal("1.05")),
        ),
    ),
    Publication(25, "Enterprise: price of the new year.", (Edit("github", "ENTERPRISE", {}, Decimal("1.05")),)),
)
UNPUBLISHED = Edit("planable", "STARTER", {"workspacesLimit": 2})


@dataclass
class DemoCatalog:
    """The offerings by name, with the newest revision of each."""

    offerings: dict[Name, Offering]
    newest: dict[int, int] = field(default_factory=dict)

    def revision_id(self, name: Name) -> int:
        """Return the key of the newest revision of an offering."""
        return self.newest[self.offerings[name].pk]

    def above(self, name: Name, *, steps: int = 1) -> Name | None:
        """Return the same plan ``steps`` editions higher on the ladder of the product; ``None`` without one."""
        ladder = LADDERS[name.product]
        place = ladder.index(name.edition) + steps
        found = name._replace(edition=ladder[place]) if 0 <= place < len(ladder) else None
        return found if found in self.offerings else None

    def publish(self, edits: Iterable[Edit], *, note: str, at: datetime, by: User) -> None:
        """Edit the catalog and publish the products of the edits; writes."""
        for edit in edits:
            apply_edit(edit, at=at, by=by)
        revisions = publish(
            Offering.objects.filter(product__code__in={edit.product for edit in edits}),
            published_by=by,
            published_by_name=name_of(by),
            note=note,
            at=at,
        )
        self.newest |= {revision.offering_id: revision.pk for revision in revisions}


def make_catalog(*, at: datetime, by: User) -> DemoCatalog:
    """Import the price catalogs, add further offerings, and publish all of them; writes."""
    for code, file in FILES.items():
        import_catalog(read_catalog(FOLDER / file), product_code=code, made_by=by)
    LogEntry.objects.update(action_time=at)  # the log of an empty database holds the imports alone
    imported = list(Offering.objects.values_list("pk", flat=True))
    with logged(made_by=by, at=at) as edit:
        plans = make_plans()
        make_atlas(plans)
        for code in YEARLY:
            for offering in Offering.objects.filter(product__code=code, kind=OfferingKind.PLAN, plan__code="monthly"):
                _add_annual_offering(offering, plans["annual"])
        _add_trial_offering(
            Offering.objects.get(product__code="slack", edition__key="PRO", plan__code="monthly"), plans["trial"]
        )
        atlas = Product.objects.get(code="atlas")
        edit.add(atlas, *atlas.features.all(), *atlas.editions.all(), *Offering.objects.exclude(pk__in=imported))
    publish(
        Offering.objects.all(),
        published_by=by,
        published_by_name=name_of(by),
        note="First publication: imported price lists and Atlas Analytics.",
        at=at,
    )
    offerings = Offering.objects.filter(kind=OfferingKind.PLAN).select_related("product", "edition", "plan")
    named = {Name(each.product.code, each.edition.key, each.plan.code): each for each in offerings}
    newest = newest_revisions(each.pk for each in named.values())
    return DemoCatalog(named, {offering_id: revision.pk for offering_id, revision in newest.items()})


def apply_edit(edit: Edit, *, at: datetime, by: User) -> None:
    """Edit the draft of an edition and of the prices of its offerings, with the lines in the log; writes."""
    offerings = Offering.objects.filter(product__code=edit.product, edition__key=edit.edition, kind=OfferingKind.PLAN)
    editions = Edition.objects.filter(offerings__in=offerings).distinct()
    with logged(*editions, *offerings, made_by=by, at=at):
        _write_edit(edit, offerings)


def _write_edit(edit: Edit, offerings: QuerySet[Offering]) -> None:
    for offering in offerings.select_related("edition", "product")[:1]:
        for feature in offering.product.features.filter(key__in=edit.values):
            EditionValue.objects.update_or_create(
                edition=offering.edition, feature=feature, defaults={"value": edit.values[feature.key]}
            )
    if edit.price_factor != 1:
        charges = list(Charge.objects.filter(offering__in=offerings, amount__isnull=False))
        for charge in charges:
            charge.amount = round((charge.amount or Decimal(0)) * edit.price_factor, 2)
        Charge.objects.bulk_update(charges, ["amount"])


def _add_annual_offering(monthly: Offering, plan: Plan) -> None:
    charges = list(monthly.charges.all())
    yearly = Offering.objects.get(pk=monthly.pk)
    yearly.pk = None
    yearly.sku = f"{monthly.product.code}-{monthly.edition.key.partition('_')[0]}-Y".upper()
    yearly.name = f"{monthly.edition.name} annual"
    yearly.plan = plan
    yearly.save(force_insert=True)
    for charge in charges:
        charge.pk = None
        charge.offering = yearly
        charge.amount = charge.amount and charge.amount * MONTHS_PAID_A_YEAR
        charge.save(force_insert=True)


def _add_trial_offering(monthly: Offering, plan: Plan) -> None:
    Offering.objects.create(
        sku=f"{monthly.product.code}-TRIAL".upper(),
        name=f"{monthly.edition.name} trial",
        product=monthly.product,
        edition=monthly.edition,
        plan=plan,
        seats_sold=SeatsSold.FIXED,
        seat_limit=10,
    )
