"""Every door leads to the same change: page, admin action, command and call leave the same act."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entitlements import engine
from entitlements.models import Act, Change, Entitlement, Source
from entitlements.operations import ChangeOffering, RevertOverrides
from tests.cast import OLDEST, Cast

WORDS = {"reason": "Fewer users from 2027", "reference": "TCK-3507"}


def browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.operations, backend="django.contrib.auth.backends.ModelBackend")
    return client


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, html
    return found[1]


def by_call(cast: Cast, pk: UUID) -> None:
    operation = ChangeOffering(as_of=timezone.localdate(), revision_id=cast.revision("bronze_monthly").pk, seats=OLDEST)
    engine.apply(operation, [pk], made_by=cast.operations, source=Source.API, **WORDS)


def by_page(cast: Cast, pk: UUID) -> None:
    client, address = browser(cast), reverse("entitlements:change_offering", args=[pk])
    choices = {"target": cast.revision("bronze_monthly").pk, "seats": "release_oldest", **WORDS}
    seen = client.post(address, {**choices, "preview": "1"}).content.decode()
    answer = client.post(address, {**choices, "seen": hidden(seen, "seen")})
    assert answer.status_code == 302, answer.content.decode()


def by_admin(cast: Cast, pk: UUID) -> None:
    client, address = browser(cast), reverse("admin:entitlements_entitlement_changelist")
    choices = {
        "action": "change_offering",
        "_selected_action": str(pk),
        "target": cast.revision("bronze_monthly").pk,
        "seats": "release_oldest",
        "term": "default",
        **WORDS,
    }
    seen = client.post(address, choices).content.decode()
    answer = client.post(address, {**choices, "seen": hidden(seen, "seen"), "confirm": "1"})
    assert answer.status_code == 302, answer.content.decode()


def by_command(cast: Cast, _pk: UUID) -> None:
    call_command(
        "change_offering",
        "--from=SILVER-ANNUAL",
        "--to=BRONZE-MONTHLY",
        "--seats=release_oldest",
        "--yes",
        "--as=operations",
        f"--reason={WORDS['reason']}",
        f"--reference={WORDS['reference']}",
    )


DOORS = {
    "page": (by_page, Source.PAGE),
    "admin": (by_admin, Source.ADMIN),
    "command": (by_command, Source.COMMAND),
    "call": (by_call, Source.API),
}


def written(entitlement: Entitlement) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the newest act and change without what tells one entitlement from another."""
    change = Change.objects.filter(entitlement=entitlement).latest("sequence")
    act = Act.objects.values("operation", "asked", "reason", "reference", "made_by", "made_by_name").get(
        pk=change.act_id
    )
    seats = [seat["name"] for seat in change.delta["released"]]
    assert act is not None
    asked = {name: value for name, value in act["asked"].items() if name != "key"}
    changed = {
        "versions": (change.from_version, change.to_version),
        "revisions": (change.from_revision_id, change.to_revision_id),
        "delta": {**change.delta, "released": seats},
    }
    return {**act, "asked": asked}, changed


@pytest.mark.parametrize("door", DOORS)
def test_every_door_leaves_the_same_act_and_change(cast: Cast, door: str) -> None:
    by_itself, by_door = (cast.entitle("silver_annual", seats=5, overrides={"grace_period": "P30D"}) for _ in range(2))
    by_call(cast, by_itself.pk)
    walk, source = DOORS[door]
    walk(cast, by_door.pk)
    assert written(by_door) == written(by_itself)
    assert Act.objects.latest("made_at").source == source


def test_the_command_reverts_as_a_call_does(cast: Cast) -> None:
    by_itself = cast.entitle("silver_annual", overrides={"seat_limit": 250})
    by_door = cast.entitle("gold_annual", overrides={"seat_limit": 250})
    operation = RevertOverrides(as_of=timezone.localdate(), keys=("seat_limit",))
    engine.apply(operation, [by_itself.pk], made_by=cast.operations, source=Source.API, **WORDS)
    call_command(
        "revert_overrides",
        "--right=seat_limit",
        "--offering=GOLD-ANNUAL",
        "--yes",
        "--as=operations",
        f"--reason={WORDS['reason']}",
        f"--reference={WORDS['reference']}",
    )
    mine, theirs = (Change.objects.filter(entitlement=each).latest("sequence") for each in (by_itself, by_door))
    assert mine.delta == theirs.delta
    assert (mine.act.operation, mine.act.asked) == (theirs.act.operation, theirs.act.asked)


@pytest.mark.parametrize("door", ["page", "admin"])
def test_a_door_without_permission_is_shut(cast: Cast, door: str) -> None:
    entitlement = cast.entitle("silver_annual")
    client = Client()
    client.force_login(cast.people["viewer"], backend="django.contrib.auth.backends.ModelBackend")
    if door == "page":
        answer = client.post(reverse("entitlements:change_offering", args=[entitlement.pk]), {"target": "1"})
        assert answer.status_code == 403
    else:
        address = reverse("admin:entitlements_entitlement_changelist")
        client.post(address, {"action": "change_offering", "_selected_action": str(entitlement.pk), "target": "1"})
    assert Change.objects.filter(entitlement=entitlement).count() == 1
