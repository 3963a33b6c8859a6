"""The drift report: who is behind the catalog, and moving them by command or on a page."""

import re
import shlex

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.desk.drift import drift
from entitlements.models import Act, Customer, Entitlement
from offerings.models import EditionValue, Offering, Revision
from offerings.revisions import publish
from tests.cast import Cast
from tests.entitlements.pages import HTMX, client_of, shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

REPORT = "/reports/drift/"


def publish_again(cast: Cast, name: str = "silver_annual", *, connectors: int = 9) -> None:
    """Let the catalog move on: another number of connectors in the edition of one offering."""
    offering = cast.offerings[name]
    EditionValue.objects.filter(edition=offering.edition, feature__key="connectors").update(value=connectors)
    publish([offering], published_by=None, published_by_name="tests")


def first(name: str = "SILVER-ANNUAL") -> Revision:
    return Revision.objects.get(offering__sku=name, number=1)


def move(name: str = "SILVER-ANNUAL") -> str:
    return reverse("entitlements:move_revision", args=[first(name).pk])


def choices(cast: Cast, name: str = "silver_annual", **more: str) -> dict[str, str]:
    return {"target": str(cast.revision(name).pk), "seats": "refuse", "term": "default", **more}


def seen_in(answer: object) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', shown(answer))


# --- who sees it -----------------------------------------------------------------------------------------------------


def test_the_report_is_refused_without_permission(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get(REPORT).status_code == 403


@pytest.mark.parametrize(("name", "status"), [("viewer", 403), ("support", 403), ("manager", 403), ("operations", 200)])
def test_moving_needs_its_permission(cast: Cast, name: str, status: int) -> None:
    cast.entitle()
    publish_again(cast)
    client = client_of(cast.people[name])
    assert client.get(move()).status_code == status
    assert ("Move…" in shown(client.get(REPORT))) == (status == 200)


# --- the report ------------------------------------------------------------------------------------------------------


def test_entitlements_behind_are_counted_by_revision_with_the_difference(cast: Cast) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    cast.entitle()
    publish_again(cast)
    cast.entitle()
    [group] = drift()
    [outdated] = group.revisions
    assert (outdated.revision.number, outdated.count, outdated.overridden) == (1, 2, 1)
    assert [(row.label, row.before, row.after) for row in outdated.chips] == [("Connectors", "8", "9")]


def test_ended_entitlements_are_not_behind(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    Entitlement.objects.update(ended_on="2026-05-01")
    assert drift() == []


def test_the_report_is_narrowed_to_a_product(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    client = client_of(cast.people["viewer"])
    assert len(client.get(REPORT, {"product": "atlas"}).context["groups"]) == 1
    assert "No such product" in shown(client.get(REPORT, {"product": "gone"}))


def test_names_from_the_catalog_are_shown_as_text(cast: Cast) -> None:
    cast.entitle()
    Offering.objects.filter(sku="SILVER-ANNUAL").update(name="<b>Silver</b>")
    cast.offerings["silver_annual"].refresh_from_db()
    publish_again(cast)
    assert "&lt;b&gt;Silver&lt;/b&gt;" in shown(client_of(cast.people["viewer"]).get(REPORT))


def test_nobody_behind_is_said(cast: Cast) -> None:
    cast.entitle()
    assert "Everybody is on the newest revision" in shown(client_of(cast.people["viewer"]).get(REPORT))


def test_the_report_takes_as_many_queries_for_several_revisions_as_for_one(cast: Cast) -> None:
    client = client_of(cast.operations)
    counts = []
    for names in (["silver_annual"], ["silver_monthly", "gold_annual", "bronze_annual"]):
        for number, name in enumerate(names):
            cast.entitle(name)
            publish_again(cast, name, connectors=20 + number + len(names))
        with CaptureQueriesContext(connection) as queries:
            client.get(REPORT)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- moving ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_would_happen_to_each_before_anything_is_asked(cast: Cast) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    publish_again(cast)
    answer = client_of(cast.operations).get(move())
    for words in ("1 of 1 would change", "Connectors 8 → <b>9</b>", "Seats kept as set by hand"):
        assert words in re.sub(r"<span[^>]*visually-hidden.*?</span>", "", shown(answer))
    assert Act.objects.filter(operation="change_offering").count() == 0


def test_what_was_seen_is_carried_out_as_one_act(cast: Cast) -> None:
    held = [cast.entitle(), cast.entitle()]
    publish_again(cast)
    client = client_of(cast.operations)
    seen = seen_in(client.get(move()))
    answer = client.post(move(), {**choices(cast, reason="New terms"), "seen": seen, "confirm": "1"}, follow=True)
    assert "Changed the offering of 2 entitlements." in shown(answer)
    act = Act.objects.get(operation="change_offering")
    assert (act.changes.count(), act.reason, act.source) == (2, "New terms", "page")
    newest = cast.revision("silver_annual")
    assert {row.revision_id for row in Entitlement.objects.filter(pk__in=[each.pk for each in held])} == {newest.pk}


def test_another_choice_than_the_one_seen_changes_nothing_and_is_shown_first(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    client = client_of(cast.operations)
    seen = seen_in(client.get(move()))
    answer = client.post(move(), {**choices(cast, "gold_annual"), "seen": seen, "confirm": "1"})
    assert answer.status_code == 409
    assert "1 entitlement was not changed: what would happen is not what you saw." in shown(answer)
    assert not Act.objects.filter(operation="change_offering").exists()


def test_nothing_is_moved_where_one_of_those_seen_moved_in_between(cast: Cast) -> None:
    first_held, _second = cast.entitle(), cast.entitle()
    publish_again(cast)
    client = client_of(cast.operations)
    seen = seen_in(client.get(move()))
    cast.override(first_held, seat_limit=9)
    answer = client.post(move(), {**choices(cast), "seen": seen, "confirm": "1"}, follow=True)
    assert answer.status_code == 409
    assert "2 entitlements were not changed" in shown(answer)
    assert not Act.objects.filter(operation="change_offering").exists()


def test_entitlements_that_cannot_move_are_refused_with_the_reason(cast: Cast) -> None:
    cast.entitle(seats=5)
    publish_again(cast)
    answer = client_of(cast.operations).post(move(), {**choices(cast, "bronze_annual"), "preview": "1"})
    assert "0 of 1 would change" in shown(answer)
    assert "Refused, and left as they are:" in shown(answer)
    assert 'name="confirm"' not in shown(answer)


def test_a_choice_that_is_none_is_refused_on_its_field(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    data = {**choices(cast), "target": "999999", "confirm": "1"}
    answer = client_of(cast.operations).post(move(), data)
    assert answer.status_code == 422
    assert "Choose one of the offerings listed." in shown(answer)


def test_the_newest_revision_has_nowhere_to_move(cast: Cast) -> None:
    cast.entitle()
    assert client_of(cast.operations).get(move()).status_code == 404


def test_htmx_gets_the_preview_without_the_frame(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    answer = client_of(cast.operations).post(move(), choices(cast), headers=HTMX)
    assert 'id="preview"' in shown(answer)
    assert "<html" not in shown(answer)


def test_customers_are_shown_as_text_in_the_preview(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    Customer.objects.update(name="<i>Halden</i>")
    assert "&lt;i&gt;Halden&lt;/i&gt;" in shown(client_of(cast.operations).get(move()))


def test_the_preview_takes_as_many_queries_for_20_entitlements_as_for_10(cast: Cast) -> None:
    client = client_of(cast.operations)
    counts = []
    for _round in range(2):
        for _number in range(10):
            entitlement = cast.entitle()
            Entitlement.objects.filter(pk=entitlement.pk).update(revision=first())
        if cast.revision("silver_annual").number == 1:
            publish_again(cast)
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(move()).context["rows"]) in (10, 20)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_shown_does_what_it_says(cast: Cast) -> None:
    entitlement = cast.entitle()
    publish_again(cast)
    answer = client_of(cast.operations).post(move(), {**choices(cast, reason="It's agreed"), "preview": "1"})
    program, name, *words = shlex.split(answer.context["command"])
    assert (program, name) == ("manage.py", "change_offering")
    call_command(name, *words, "--yes")
    entitlement.refresh_from_db()
    assert entitlement.revision == cast.revision("silver_annual")
    assert Act.objects.get(operation="change_offering").reason == "It's agreed"


def test_the_command_follows_the_choices(cast: Cast) -> None:
    cast.entitle()
    publish_again(cast)
    data = choices(cast, "gold_annual", term="date", expires_on="2027-06-30", reference="T-1") | {"seats": "keep"}
    command = client_of(cast.operations).post(move(), {**data, "preview": "1"}).context["command"]
    assert "--to GOLD-ANNUAL --seats keep --term 2027-06-30 --reason" in command
    assert command.endswith("--reference T-1")


def test_a_large_group_has_the_command_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitlements.desk.views.drift_report.LARGEST_SELECTION", 1)
    cast.entitle()
    cast.entitle()
    publish_again(cast)
    answer = client_of(cast.operations).get(move())
    assert "manage.py change_offering --from SILVER-ANNUAL --revision 1" in shown(answer)
    assert 'name="seen"' not in shown(answer)
