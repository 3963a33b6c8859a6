"""The dashboard: who sees it, that its numbers are those of the lists they lead to, how many queries it takes."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changegroups.models import ChangeGroup, Membership
from config.clock import site_today
from config.edit_log import logged
from entitlements.desk.activity import latest_acts, work_days
from entitlements.desk.counts import counts_on
from entitlements.desk.views.chart import chart_of
from entitlements.models import Act, Customer, Entitlement
from entitlements.operations import ChangeOffering, Disable, UndoAct, Work
from entitlements.state import Status
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import KEEP, NOW, TODAY, Cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

DASHBOARD = "/"


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


@pytest.fixture
def known(cast: Cast) -> SimpleNamespace:
    """Return six entitlements of which everything is known, with the catalog moved on from three of them."""
    held = SimpleNamespace(
        plain=cast.entitle("silver_annual"),
        overridden=cast.entitle("silver_annual", overrides={"seat_limit": 250}),
        crowded=cast.entitle("bronze_annual", seats=4),
        disabled=cast.entitle("silver_annual"),
        waiting=cast.entitle("silver_trial"),
        monthly=cast.entitle("silver_monthly", at=NOW - timedelta(days=5)),
    )
    cast.do(Disable(as_of=TODAY), [held.disabled.pk])
    Charge.objects.filter(offering=cast.offerings["silver_annual"]).update(amount="120")
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    return held


def page(client: Client) -> str:
    answer = client.get(DASHBOARD)
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- who sees it -----------------------------------------------------------------------------------------------------


def test_the_dashboard_is_refused_without_permission(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    assert client.get(DASHBOARD).status_code == 403


def test_people_without_a_session_are_sent_to_log_in(client: Client, db: None) -> None:
    assert client.get(DASHBOARD).url.startswith("/accounts/login/")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "leads_to"), [("viewer", "/offerings/"), ("manager", "/offerings/publish/")])
def test_unpublished_changes_lead_to_what_the_person_may_do(
    cast: Cast, client: Client, name: str, leads_to: str
) -> None:
    client.force_login(cast.people[name])
    tiles = {tile.label: tile for tile in client.get(DASHBOARD).context["watched"]}
    assert tiles["Unpublished changes"].url == leads_to


# --- its numbers -----------------------------------------------------------------------------------------------------


def test_every_number_is_that_of_a_known_cast(known: SimpleNamespace) -> None:
    counts = counts_on(TODAY)
    statuses = {status: count for status, count in counts.by_status.items() if count}
    assert statuses == {Status.ACTIVE: 4, Status.DISABLED: 1, Status.CREATED: 1}
    assert (counts.total, counts.overridden, counts.over_limit, counts.outdated) == (6, 1, 1, 3)
    assert counts.expiring == 1


def test_a_disabled_customer_moves_its_entitlements_to_that_status(known: SimpleNamespace) -> None:
    Customer.objects.filter(orders__entitlements=known.plain).update(disabled_at=NOW)
    assert counts_on(TODAY).by_status[Status.CUSTOMER_DISABLED] == 1


def test_the_last_of_30_days_counts_as_expiring_and_the_next_does_not(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    Entitlement.objects.filter(pk=entitlement.pk).update(expires_on=TODAY + timedelta(days=30))
    assert counts_on(TODAY).expiring == 1
    assert counts_on(TODAY - timedelta(days=1)).expiring == 0


def test_drafts_are_compared_again_after_an_edit_and_not_before(cast: Cast, viewer: Client) -> None:
    page(viewer)
    with CaptureQueriesContext(connection) as again:
        page(viewer)
    offering = cast.offerings["gold_annual"]
    offering.seat_limit = 26
    with logged(offering, made_by=cast.operations):
        offering.save()
    with CaptureQueriesContext(connection) as after:
        tiles = {tile.label: tile.count for tile in viewer.get(DASHBOARD).context["watched"]}
    assert (tiles["Unpublished changes"], len(after) > len(again)) == (1, True)


def test_an_edited_offering_counts_as_unpublished(cast: Cast, viewer: Client) -> None:
    Charge.objects.filter(offering=cast.offerings["gold_annual"]).update(amount="250")
    tiles = {tile.label: tile.count for tile in viewer.get(DASHBOARD).context["watched"]}
    assert tiles["Unpublished changes"] == 1


def test_every_number_leads_to_as_many_rows(known: SimpleNamespace, viewer: Client) -> None:
    answer = viewer.get(DASHBOARD)
    tiles = [*answer.context["statuses"], *answer.context["watched"]]
    entitlements = [tile for tile in tiles if tile.url.startswith("/entitlements/")]
    found = {tile.label: len(viewer.get(tile.url).context["rows"]) for tile in entitlements}
    assert found == {tile.label: tile.count for tile in entitlements}


def test_rights_set_by_hand_and_entitlements_with_one_are_counted_apart(cast: Cast, viewer: Client) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250, "sso": True})
    cast.entitle("gold_annual", overrides={"seat_limit": 300})
    [tile] = [tile for tile in viewer.get(DASHBOARD).context["watched"] if tile.label == "Overridden"]
    assert (tile.count, tile.hint) == (2, "3 rights set by hand")


def test_one_right_set_by_hand_is_said_in_the_singular(cast: Cast, viewer: Client) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250})
    assert "1 right set by hand" in page(viewer)


def test_what_has_ended_is_nothing_to_watch(cast: Cast, viewer: Client) -> None:
    held = cast.entitle("silver_annual", overrides={"seat_limit": 250})
    publish_another = cast.offerings["silver_annual"]
    Charge.objects.filter(offering=publish_another).update(amount="120")
    publish([publish_another], published_by=None, published_by_name="tests")
    created = Act.objects.get(operation="create_entitlement")
    for act in (Act.objects.get(operation="set_overrides"), created):
        cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk])
    cast.override(cast.entitle("gold_annual"), seat_limit=300)
    counts = counts_on(TODAY)
    assert (counts.by_status[Status.ENDED], counts.overridden, counts.overrides, counts.outdated) == (1, 1, 1, 0)
    answer = viewer.get(DASHBOARD)
    for tile in answer.context["watched"][:3]:
        assert len(viewer.get(tile.url).context["rows"]) == tile.count


def test_where_there_are_very_many_the_numbers_are_those_of_the_last_minute(
    cast: Cast, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlements.desk.counts.MANY", 0)
    cache.clear()
    cast.entitle()
    assert "1 entitlement, counted at" in page(viewer)
    cast.entitle()
    assert viewer.get(DASHBOARD).context["counts"].total == 1
    cache.clear()
    assert viewer.get(DASHBOARD).context["counts"].total == 2


# --- what was done ---------------------------------------------------------------------------------------------------


def test_changes_are_counted_by_day_and_kind_of_work(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", at=NOW - timedelta(days=3))
    cast.override(entitlement, at=NOW - timedelta(days=2), seat_limit=250)
    group = ChangeGroup.objects.create(name="Atlas plans", subscribe_mode="keep")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    for days_ago, name in ((1, "gold_annual"), (0, "silver_annual")):
        moment = NOW - timedelta(days=days_ago)
        operation = ChangeOffering(as_of=moment.date(), revision_id=cast.revision(name).pk, seats=KEEP)
        cast.do(operation, [entitlement.pk], at=moment)
    days = {day.day: {work for work, count in day.counts.items() if count} for day in work_days(TODAY) if day.total}
    assert days == {
        TODAY - timedelta(days=3): {Work.OTHER},
        TODAY - timedelta(days=2): {Work.OVERRIDES},
        TODAY - timedelta(days=1): {Work.UPGRADE},
        TODAY: {Work.DOWNGRADE},
    }


def test_a_change_before_the_30_days_is_left_out(cast: Cast) -> None:
    cast.entitle(at=NOW - timedelta(days=30))
    days = work_days(TODAY)
    assert (len(days), sum(day.total for day in days)) == (30, 0)


def test_the_chart_says_in_words_and_rows_what_it_draws(cast: Cast) -> None:
    for _number in range(3):
        cast.entitle(at=NOW)
    chart = chart_of(work_days(TODAY))
    assert chart.columns[-1].words == "21 Nov: other 3"
    assert [(day.day, numbers) for day, numbers in chart.rows] == [(TODAY, [0, 0, 0, 0, 3])]
    assert chart.columns[-1].bars[0].height == "60.00"


def test_the_latest_acts_are_told_newest_first_with_their_entitlement(cast: Cast) -> None:
    entitlement = cast.entitle()
    act = cast.override(entitlement, seat_limit=250)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk])
    told = latest_acts()
    assert [each.verb for each in told] == ["undid “Set override” on", "set an override on", "created"]
    assert {each.entitlement for each in told} == {entitlement}


def test_an_act_on_several_entitlements_says_how_many(cast: Cast, viewer: Client) -> None:
    held = [cast.entitle().pk, cast.entitle().pk]
    cast.do(Disable(as_of=TODAY), held)
    assert latest_acts()[0].count == 2
    assert "2 entitlements" in page(viewer)


def test_names_and_reasons_are_shown_as_text(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    Customer.objects.update(name="<b>Halden</b>")
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason="<script>alert(1)</script>")
    shown = page(viewer)
    assert "&lt;b&gt;Halden&lt;/b&gt;" in shown
    assert "<script>alert" not in shown


def test_an_empty_dashboard_says_what_comes(cast: Cast, viewer: Client) -> None:
    shown = page(viewer)
    assert "Nothing has been done yet" in shown
    assert "Nothing was changed." in shown


def test_the_dashboard_takes_as_many_queries_for_20_entitlements_as_for_10(cast: Cast, viewer: Client) -> None:
    counts = []
    for _round in range(2):
        for _number in range(10):
            cast.entitle(overrides={"seat_limit": 9}, at=timezone.now())
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(viewer)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Act.objects.filter(made_at__date=site_today()).exists()
