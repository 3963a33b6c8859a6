"""Questions about many entitlements: status, search, filters, and that they agree with the pure rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.paging import sorted_page
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.filters import EntitlementFilterForm
from entitlements.desk.views.list import entitlements_with_columns
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from entitlements.models.orders import NamedBy
from entitlements.state import Status, loading, status_of
from tests.cast import TODAY, Cast

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
days = st.one_of(st.none(), st.integers(-2, 2).map(lambda offset: TODAY + timedelta(days=offset)))
moments = st.sampled_from([None, MOMENT])


@st.composite
def facts(draw: st.DrawFn) -> dict[str, object]:
    """Draw the columns a status depends on, close to today; the database wants the expiry after the start."""
    starts_on, expires_on = draw(days), draw(days)
    if starts_on and expires_on and expires_on <= starts_on:
        expires_on = starts_on + timedelta(days=1)
    return {
        "starts_on": starts_on,
        "expires_on": expires_on,
        "grace_ends_on": draw(days),
        "ended_on": draw(days),
        "activated_at": draw(moments),
        "disabled_at": draw(moments),
    }


def status_in_sql(entitlement: Entitlement, today: date) -> str:
    return Entitlement.objects.with_status(today).values_list("status", flat=True).get(pk=entitlement.pk)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(columns=facts(), customer_disabled_at=moments)
def test_the_annotation_and_the_rule_give_the_same_status(
    cast: Cast, columns: dict[str, object], customer_disabled_at: datetime | None
) -> None:
    entitlement = Entitlement.objects.first() or cast.entitle()
    Entitlement.objects.update(**columns)
    Customer.objects.update(disabled_at=customer_disabled_at)
    expected = status_of(
        today=TODAY,
        ended_on=columns["ended_on"],
        is_disabled=columns["disabled_at"] is not None,
        is_customer_disabled=customer_disabled_at is not None,
        is_activated=columns["activated_at"] is not None,
        starts_on=columns["starts_on"],
        expires_on=columns["expires_on"],
        grace_ends_on=columns["grace_ends_on"],
    )
    assert status_in_sql(entitlement, TODAY) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(
    columns=facts(),
    customer_disabled_at=moments,
    wanted=st.sets(st.sampled_from([status.value for status in Status])),
)
def test_the_filter_by_status_finds_what_the_annotation_says(
    cast: Cast, columns: dict[str, object], customer_disabled_at: datetime | None, wanted: set[str]
) -> None:
    entitlement = Entitlement.objects.first() or cast.entitle()
    Entitlement.objects.update(**columns)
    Customer.objects.update(disabled_at=customer_disabled_at)
    is_found = Entitlement.objects.in_status(wanted, TODAY).exists()
    assert is_found == (status_in_sql(entitlement, TODAY) in wanted)


def test_the_annotation_agrees_with_a_state_as_it_is_loaded(cast: Cast) -> None:
    entitlement = cast.entitle()
    [state] = loading.load([entitlement.pk])
    for day in (state.starts_on, state.expires_on, state.grace_ends_on):
        assert status_in_sql(entitlement, day) == state.status(day)


def test_the_annotation_knows_no_other_words_than_the_rule(cast: Cast) -> None:
    cast.entitle()
    assert Status(Entitlement.objects.with_status(TODAY).get().status) in Status


# --- search ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def tables_as_new(db: None) -> None:
    """Begin with tables that take no room: rows of earlier tests, though rolled back, would sway the plans."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE entitlements_customer, offerings_product CASCADE")


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    entitlement = cast.entitle()
    Order.objects.update(order_reference="SO-48213")
    Customer.objects.update(name="Halden Robotics")
    ActivationCode.objects.create(order_id=entitlement.order_id, code="7KQM-2XWA")
    return entitlement


@pytest.mark.parametrize("text", ["Halden", "robot", " HALDEN ROBOTICS ", "so-48", "SO-48213", "7kqm-2xwa", "", "  "])
def test_search_finds_by_part_of_the_name_start_of_the_reference_and_whole_code(held: Entitlement, text: str) -> None:
    assert list(Entitlement.objects.matching(text)) == [held]


@pytest.mark.parametrize(
    ("text", "way"), [("halden", NamedBy.CUSTOMER), ("so-482", NamedBy.REFERENCE), ("7kqm-2xwa", NamedBy.CODE)]
)
def test_search_finds_by_no_other_way_than_it_is_asked_to(held: Entitlement, text: str, way: NamedBy) -> None:
    assert list(Entitlement.objects.matching(text, [way])) == [held]
    assert not Entitlement.objects.matching(text, [each for each in NamedBy if each != way]).exists()
    assert not Entitlement.objects.matching(text, []).exists()


@pytest.mark.parametrize("text", ["48213", "7KQM", "Hal%", "H_lden", "nobody", "\0nobody"])
def test_search_leaves_out_what_only_looks_alike(held: Entitlement, text: str) -> None:
    assert list(Entitlement.objects.matching(text)) == []


def test_search_gives_an_entitlement_once_though_all_three_match(held: Entitlement) -> None:
    Order.objects.update(order_reference="HALDEN-1")
    ActivationCode.objects.create(order_id=held.order_id, code="HALDEN")
    assert list(Entitlement.objects.matching("halden")) == [held]


def test_search_is_a_union_and_never_one_or_over_a_join(held: Entitlement) -> None:
    sql = str(Entitlement.objects.matching("osprey").query)
    assert "UNION" in sql
    assert " OR " not in sql


# --- filters ---------------------------------------------------------------------------------------------------------


def test_overridden_are_those_with_a_right_set_by_hand(cast: Cast) -> None:
    cast.entitle()
    overridden = cast.entitle(overrides={"seat_limit": 250})
    assert list(Entitlement.objects.overridden()) == [overridden]


def test_an_offering_is_held_on_any_of_its_revisions(cast: Cast) -> None:
    silver = cast.entitle("silver_annual")
    cast.entitle("gold_annual")
    assert list(Entitlement.objects.of_offering("SILVER-ANNUAL")) == [silver]


def test_an_unknown_offering_is_held_by_nobody(cast: Cast) -> None:
    cast.entitle()
    assert list(Entitlement.objects.of_offering("GONE")) == []


def test_a_product_is_held_under_any_of_its_offerings(cast: Cast) -> None:
    held = {cast.entitle("silver_annual").pk, cast.entitle("gold_annual").pk}
    assert {each.pk for each in Entitlement.objects.of_product("atlas")} == held
    assert not Entitlement.objects.of_product("gone").exists()


def test_overridden_in_one_right_leaves_out_overrides_of_others(cast: Cast) -> None:
    cast.entitle(overrides={"sso": True})
    wanted = cast.entitle(overrides={"sso": True, "seat_limit": 250})
    assert list(Entitlement.objects.overridden_in("seat_limit")) == [wanted]


def test_over_the_limit_starts_beyond_the_overdraft(cast: Cast) -> None:
    at_capacity, over, unlimited = (cast.entitle() for _ in range(3))
    Entitlement.objects.filter(pk=at_capacity.pk).update(seats_used=7, seat_limit=5, seat_capacity=7)
    Entitlement.objects.filter(pk=over.pk).update(seats_used=8, seat_limit=5, seat_capacity=7)
    Entitlement.objects.filter(pk=unlimited.pk).update(seats_used=8, seat_limit=None, seat_capacity=None)
    assert list(Entitlement.objects.over_limit(TODAY)) == [over]


def test_expiring_before_a_day_leaves_out_that_day_and_never(cast: Cast) -> None:
    before, on_the_day, never = (cast.entitle() for _ in range(3))
    Entitlement.objects.filter(pk=before.pk).update(expires_on=TODAY + timedelta(days=29))
    Entitlement.objects.filter(pk=on_the_day.pk).update(expires_on=TODAY + timedelta(days=30))
    Entitlement.objects.filter(pk=never.pk).update(expires_on=None)
    assert list(Entitlement.objects.expiring_before(TODAY + timedelta(days=30))) == [before]


# --- indexes ---------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("text", "index"), [("robot", "customer_folded_trigrams"), ("SO-48", "order_by_folded_reference")]
)
def test_each_look_up_of_a_search_has_its_index(held: Entitlement, text: str, index: str) -> None:
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan", "indexonlyscan"):  # with few rows, reading a whole index is as cheap
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("SET LOCAL enable_hashjoin = off")
    assert index in Entitlement.objects.matching(text).explain()


def plan_of(query: str) -> str:
    """Return how PostgreSQL reads a page from the middle of the list where it must not read or sort whole tables."""
    filters = EntitlementFilterForm(QueryDict(query)).filters
    found = entitlements_with_columns(filters, TODAY, reader=User(is_superuser=True))
    request = RequestFactory().get(f"/entitlements/?{query}")
    with connection.cursor() as cursor:
        for way in ("seqscan", "sort", "hashjoin", "mergejoin", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    with CaptureQueriesContext(connection) as queries:
        sorted_page(request, found, sorting=ENTITLEMENTS.sorting(filters.sort), size=50)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        return "\n".join(line for [line] in cursor.fetchall())


NOBODY = "0" * 32


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "index", "condition"),
    [
        (f"sort=changed&older=1-{NOBODY}", "entitlement_newest", "(ROW(changed_at, id) > ROW("),
        (f"sort=-changed&older=1-{NOBODY}", "entitlement_newest", "(ROW(changed_at, id) < ROW("),
        (f"sort=expires&older=2026-01-01-{NOBODY}", "entitlement_by_expiry", "(ROW(COALESCE(expires_on, "),
        (f"sort=seats&newer=3-{NOBODY}", "entitlement_by_seats_used", "(ROW(seats_used, id) < ROW("),
        (f"sort=customer&older=HALDEN-{NOBODY}", "customer_by_folded_name", "name_folded"),
        (f"offering=SILVER-ANNUAL&older=1-{NOBODY}", "entitlement_by_offering", "(ROW(changed_at, id) < ROW("),
        (f"product=atlas&older=1-{NOBODY}", "entitlement_by_product", "(ROW(changed_at, id) < ROW("),
        (f"overridden=on&older=1-{NOBODY}", "entitlement_overridden", "(ROW(changed_at, id) < ROW("),
        (f"over_limit=on&older=1-{NOBODY}", "entitlement_over_limit", "(ROW(changed_at, id) < ROW("),
        (f"status=disabled&older=1-{NOBODY}", "entitlement_disabled", "(ROW(changed_at, id) < ROW("),
        (f"status=ended&older=1-{NOBODY}", "entitlement_ended", "(ROW(changed_at, id) < ROW("),
        ("expires_before=2026-04-01&sort=expires", "entitlement_by_expiry", "< '2026-04-01'::date"),
    ],
)
def test_each_sort_and_filter_is_read_from_its_index(held: Entitlement, query: str, index: str, condition: str) -> None:
    plan = plan_of(query)
    assert index in plan
    assert "Index Cond" in plan
    assert condition in plan


@pytest.mark.postgres
def test_who_has_a_right_overridden_is_read_from_its_index(held: Entitlement) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "override_by_right" in Entitlement.objects.overridden_in("seat_limit").order_by().explain()
