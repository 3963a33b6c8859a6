"""The change-offering dialog along change groups: directions, reasons, the choice of a group, going outside."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Change, Entitlement
from offerings.models import Offering
from tests.cast import NOW, Cast, make_person


@pytest.fixture
def staff(cast: Cast) -> Client:
    return logged_in(cast, "operations")


def logged_in(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def ranked(cast: Cast, *names: str, group: str = "Atlas plans", **modes: str) -> ChangeGroup:
    made = ChangeGroup.objects.create(name=group, **modes)
    for priority, name in enumerate(names):
        Membership.objects.create(group=made, offering=cast.offerings[name], priority=priority)
    return made


def address(entitlement: Entitlement) -> str:
    return reverse("entitlements:change_offering", args=[entitlement.pk])


def changer(cast: Cast) -> Client:
    """Return the client of a person who may change offerings, but not outside of change groups."""
    cast.people["changer"] = make_person("changer", role="Viewer")
    permission = Permission.objects.get(codename="change_offering", content_type__model="entitlement")
    cast.people["changer"].user_permissions.add(permission)
    return logged_in(cast, "changer")


def confirm(client: Client, entitlement: Entitlement, choices: dict[str, str]) -> int:
    seen = client.post(address(entitlement), {**choices, "preview": "1"}).content.decode()
    found = re.findall(r'name="seen" value="([^"]+)"', seen)
    assert found
    return client.post(address(entitlement), {**choices, "seen": found}).status_code


def test_targets_stand_under_their_direction(staff: Client, cast: Cast) -> None:
    ranked(cast, "bronze_annual", "silver_annual", "gold_annual")
    page = staff.get(address(cast.entitle())).content.decode()
    places = [page.index(f"</svg>{heading}</h2>") for heading in ("Upgrade", "Downgrade")]
    places.append(page.index("outside change groups, with a reason"))
    assert places == sorted(places)
    assert places[0] < page.index("Gold annual") < places[1] < page.index("Bronze annual") < places[2]


def test_each_closed_target_is_listed_once_with_its_reason(staff: Client, cast: Cast) -> None:
    ranked(cast, "bronze_annual", "silver_annual", "gold_annual")
    Offering.objects.filter(sku="GOLD-MONTHLY").update(retired_at=NOW)
    entitlement = cast.entitle()
    for client in (staff, changer(cast)):
        page = client.get(address(entitlement)).content.decode()
        assert page.count("<b>Silver monthly</b>") == 1
        assert page.count("<b>Gold monthly</b>") == 1
        assert "No change group holds both Silver annual and Silver monthly." in page
        assert "</svg>Closed</h2>" in page


def test_closed_targets_say_why(staff: Client, cast: Cast) -> None:
    ranked(cast, "bronze_annual", "silver_annual", change_mode="upgrade")
    page = staff.get(address(cast.entitle())).content.decode()
    assert "Atlas plans is upgrade only; this is a downgrade." in page
    assert "No change group holds both Silver annual and Gold annual." in page


def test_only_people_with_permission_see_what_is_outside(staff: Client, cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    entitlement = cast.entitle()
    assert "outside change groups" in staff.get(address(entitlement)).content.decode()
    assert "outside change groups" not in changer(cast).get(address(entitlement)).content.decode()


def test_going_outside_needs_a_reason_and_is_marked(staff: Client, cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    entitlement, target = cast.entitle(), f"outside:{cast.revision('bronze_annual').pk}"
    assert confirm(staff, entitlement, {"target": target}) == 422
    assert confirm(staff, entitlement, {"target": target, "reason": "Agreed with sales"}) == 302
    assert Change.objects.latest("act__made_at").delta["path"] == {"outside": True}


def test_the_person_chooses_the_group_where_terms_differ(staff: Client, cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="keep")
    other = ranked(cast, "silver_annual", "gold_annual", group="Restarts", subscribe_mode="new_term")
    entitlement, target = cast.entitle(), str(cast.revision("gold_annual").pk)
    page = staff.post(address(entitlement), {"target": target, "preview": "1"}).content.decode()
    assert f'name="group-{target}"' in page
    assert page.count("<b>Gold annual</b>") == 1
    assert confirm(staff, entitlement, {"target": target}) == 422
    assert confirm(staff, entitlement, {"target": target, f"group-{target}": str(other.pk)}) == 302
    assert Change.objects.latest("act__made_at").delta["path"]["name"] == "Restarts"


def test_create_new_is_said_before_and_leads_to_both_entitlements(staff: Client, cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    entitlement, target = cast.entitle(seats=2), str(cast.revision("gold_annual").pk)
    page = staff.post(address(entitlement), {"target": target, "preview": "1"}).content.decode()
    assert "This entitlement ends today, and a new one starts in the same order." in page
    assert confirm(staff, entitlement, {"target": target}) == 302
    assert Entitlement.objects.filter(order=entitlement.order_id).count() == 2


def test_a_group_key_that_is_none_breaks_nothing(staff: Client, cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    target = str(cast.revision("gold_annual").pk)
    for text in ("abc", "9" * 40, "-1", "999999"):
        answer = staff.post(address(cast.entitle()), {"target": target, f"group-{target}": text})
        assert answer.status_code in (302, 409, 422)
