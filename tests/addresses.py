"""Every address of the site, made from the resolver: pages of Upshift and of the Django admin alike."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote as admin_quote
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver

from changegroups.models import ChangeGroup, Membership
from config.clock import site_today
from config.models import SavedView
from entitlements.directory.notes import add_note
from entitlements.models import ActivationCode, Amendment, Contact, Entitlement
from entitlements.operations import SetOverrides
from entitlements.schedule import Request, propose, schedule
from offerings.revisions import publish
from tests.cast import Cast

VARIABLE = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)")
NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Address:
    """One address: its name with the namespace (its route where it has none), its route, its view, and whose it is."""

    name: str
    route: str
    view: Any
    is_admin: bool

    @property
    def variables(self) -> list[str]:
        """Return the variable parts of the route, such as ``<uuid:pk>``."""
        return VARIABLE.findall(self.route)

    def filled(self, values: list[str]) -> str:
        """Return the path with ``values``, as they stand in an address, in place of the variable parts."""
        parts = VARIABLE.split(self.route)
        return "/" + "".join(part + value for part, value in zip(parts, [*values, ""], strict=True))


def every_address() -> list[Address]:
    """Return every address of the site in the order of the resolver."""
    return list(_walk(get_resolver().url_patterns, route="", space=""))


def _walk(patterns: list[URLPattern | URLResolver], *, route: str, space: str) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            name = space + pattern.name if pattern.name else here
            yield Address(name, here, pattern.callback, is_admin=space.startswith("admin:"))
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, route=here, space=inner)


# --- what stands for the variable parts -------------------------------------------------------------------------------


def make_things(cast: Cast) -> dict[str, object]:
    """Make one thing of each kind; return what stands for the variable parts of Upshift's own routes."""
    entitlement = cast.entitle(seats=2)
    act = cast.override(entitlement, seat_limit=250)
    held = cast.revision("silver_annual")
    cast.offerings["silver_annual"].seat_limit = 6
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    group = ChangeGroup.objects.create(name="Atlas")
    member = Membership.objects.create(group=group, offering=cast.offerings["silver_annual"], priority=10)
    return {
        "entitlements/<uuid:pk>": entitlement.pk,
        "customers/<uuid:pk>": entitlement.order.customer_id,
        "orders/<uuid:pk>": entitlement.order_id,
        "renewals/<uuid:pk>": entitlement.pk,
        "amendments/<uuid:pk>": _amendment(entitlement, cast).pk,
        "proposals/<uuid:pk>": _proposal(entitlement, cast).pk,
        "history/edits/<int:pk>": LogEntry.objects.latest("pk").pk,
        "history/<uuid:pk>": act.pk,
        "notes/<uuid:pk>": add_note(entitlement, "Call first.", made_by=cast.operations).pk,
        "<uuid:act_id>": act.pk,
        "<uuid:code_id>": ActivationCode.objects.create(order_id=entitlement.order_id, code="7KQM-2XWA").pk,
        "<uuid:contact_id>": Contact.objects.create(customer=entitlement.order.customer, name="Ana Ruiz").pk,
        "<str:key>": "seat_limit",
        "drift/<int:pk>": held.pk,
        "change-groups/<int:pk>": group.pk,
        "<int:member_pk>": member.pk,
        "<str:sku>": "SILVER-ANNUAL",
        "<int:number>": held.number,
        **{
            f"{name}/views/<int:view_id>": _shared_view(name, cast)
            for name in ("entitlements", "customers", "offerings", "renewals", "amendments", "proposals")
        },
    }


def _amendment(entitlement: Entitlement, cast: Cast) -> Amendment:
    """Schedule another grace period for the far future."""
    answer = schedule(
        SetOverrides(as_of=site_today(), values={"grace_period": "P30D"}),
        [entitlement.pk],
        on=date(2999, 1, 1),
        made_by=cast.operations,
        seen=None,
        reason="as agreed",
    )
    assert answer.amendment, answer.problems
    return answer.amendment


def _proposal(entitlement: Entitlement, cast: Cast) -> Amendment:
    """Propose another grace period, as the administrator."""
    operation = SetOverrides(as_of=site_today(), values={"grace_period": "P40D"})
    person = cast.people["administrator"]
    [row] = propose(Request(operation, (entitlement.pk,), person, on=None, reason="as agreed")).rows
    return row


def _shared_view(list_name: str, cast: Cast) -> int:
    view = SavedView(owner=cast.people["administrator"], list_name=list_name, name="Ours", columns=[], is_shared=True)
    view.save()
    return view.pk


def values_of(address: Address, things: Mapping[str, object]) -> list[str]:
    """Return the values of the variable parts that lead to something; in the admin, to the first row of each model."""
    parts = VARIABLE.split(address.route)
    found = []
    for place, variable in enumerate(address.variables):
        whole = f"{parts[place].rpartition('//')[2]}{variable}"
        known = next((value for name, value in things.items() if whole.endswith(name)), None)
        found.append(_of_admin(address, variable) if known is None else quote(str(known), safe=""))
    return found


def _of_admin(address: Address, variable: str) -> str:
    assert address.is_admin, f"say in make_things() what stands for {variable} of {address.route}"
    if "app_label" in variable:
        return "entitlements"
    if "content_type_id" in variable:
        return str(ContentType.objects.get_for_model(apps.get_model("entitlements", "customer")).pk)
    model = admin_model(address)
    row = model._default_manager.order_by("pk").first() if model else None
    return admin_quote(str(row.pk)) if row else str(NOTHING)


def admin_model(address: Address) -> Any:
    """Return the model that a page of the admin is about; ``None`` for other pages."""
    by_route = {f"admin/{m._meta.app_label}/{m._meta.model_name}/": m for m in [*admin.site._registry, LogEntry]}
    if address.route.startswith("admin/r/"):
        return apps.get_model("entitlements", "customer")
    return next((model for route, model in by_route.items() if address.route.startswith(route)), None)
