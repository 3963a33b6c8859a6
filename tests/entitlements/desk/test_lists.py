"""Every list alike: columns, order, page size and saved views, in the address and in the profile."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import site_today
from config.lists.columns import ListTable
from config.lists.views import SavedViewForm
from config.models import Preferences, SavedView
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.expiries import first_of_month
from entitlements.directory.customer_list import CUSTOMERS
from entitlements.history.timeline import Entry
from entitlements.operations import ChangeTerms
from entitlements.renewals.columns import RENEWALS
from offerings.offering_list import OFFERINGS
from tests.cast import Cast
from tests.entitlements.pages import client_of

pytestmark = pytest.mark.django_db
LISTS = [ENTITLEMENTS, CUSTOMERS, OFFERINGS, RENEWALS]
every_list = pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)


@pytest.fixture
def operations(cast: Cast, client: Client) -> Client:
    made = [cast.entitle() for _ in range(3)]
    this_month = first_of_month(site_today()).replace(day=28)
    cast.do(ChangeTerms(as_of=site_today(), expires_on=this_month), [made[0].pk], reason="Agreed", at=timezone.now())
    client.force_login(cast.operations)
    return client


def state(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.context["list"]


# --- columns and page size --------------------------------------------------------------------------------------------


@every_list
def test_a_list_opens_with_its_default_columns_and_order(operations: Client, table: ListTable) -> None:
    shown = state(operations, table.url)
    assert [column.key for column in shown.columns] == list(table.default_columns)
    assert (shown.sort, shown.page_size, shown.view) == (table.default_sort, 50, None)


@every_list
def test_a_list_has_its_own_search_beside_that_of_the_header(operations: Client, table: ListTable) -> None:
    html = operations.get(table.url).content.decode()
    assert [html.count(mark) for mark in ('data-search="f"', 'data-search="/"', "data-combobox")] == [1, 1, 1]
    assert html.count(f"<h1>{table.name.capitalize()}</h1>") == 1


@every_list
def test_chosen_columns_are_kept_in_the_profile_and_shown_from_then_on(operations: Client, table: ListTable) -> None:
    fixed, other = table.columns[0], table.columns[2]
    answer = operations.post(
        f"{table.page_url('columns')}?of=q%3Do%26page%3D2%26older%3Dx", {"columns": [other.key], "rows_per_page": 25}
    )
    assert (answer.status_code, answer["Location"]) == (302, f"{table.url}?q=o")
    html = operations.get(table.url).content.decode()
    head = html.partition("<thead>")[2].partition("</thead>")[0]
    assert [column.label in head for column in table.columns] == [column in (fixed, other) for column in table.columns]
    assert Preferences.objects.get().columns == {table.name: [fixed.key, other.key]}
    assert state(operations, table.url).page_size == 25


def test_default_columns_are_asked_for_with_one_button_and_the_page_size_stays(operations: Client) -> None:
    address = ENTITLEMENTS.page_url("columns")
    operations.post(address, {"columns": ["status"], "rows_per_page": 100})
    operations.post(address, {"reset": "1"})
    saved = Preferences.objects.get()
    assert (saved.columns, saved.rows_per_page) == ({}, 100)


def test_an_unknown_column_or_page_size_is_refused_on_its_field(operations: Client) -> None:
    for sent in ({"columns": ["secret"], "rows_per_page": 50}, {"columns": ["status"], "rows_per_page": 7}):
        answer = operations.post(ENTITLEMENTS.page_url("columns"), sent)
        assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (422, True)
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("stored", [{"entitlements": ["gone", 7]}, {"entitlements": "x"}, {"entitlements": None}])
def test_columns_that_are_no_longer_there_are_left_out(operations: Client, cast: Cast, stored: Any) -> None:
    Preferences.objects.create(user=cast.operations, columns=stored)
    assert "customer" in state(operations, ENTITLEMENTS.url).shown


def test_the_page_size_of_the_profile_is_that_of_every_list(operations: Client, cast: Cast) -> None:
    Preferences.objects.create(user=cast.operations, rows_per_page=25)
    for _ in range(27):
        cast.entitle()
    for table in (ENTITLEMENTS, CUSTOMERS):
        assert len(operations.get(table.url).context["rows"]) == 25


def test_a_choice_of_columns_is_logged(operations: Client) -> None:
    operations.post(ENTITLEMENTS.page_url("columns"), {"columns": ["status"], "rows_per_page": 50})
    assert "status" in LogEntry.objects.latest("pk").change_message


# --- order ------------------------------------------------------------------------------------------------------------


@every_list
def test_every_order_is_a_link_that_shows_its_arrow(operations: Client, table: ListTable) -> None:
    every = [column.key for column in table.columns if not column.is_fixed]
    operations.post(table.page_url("columns"), {"columns": every, "rows_per_page": 25})
    for sort, words in table.sorts.items():
        html = operations.get(table.url, {"sort": sort}).content.decode()
        head = html.partition("<thead>")[2].partition("</thead>")[0]
        direction = "descending" if sort.startswith("-") else "ascending"
        assert head.count("aria-sort=") == 1
        assert f'aria-sort="{direction}"' in head
        assert words in html


@every_list
def test_a_heading_keeps_the_filters_and_turns_around(operations: Client, table: ListTable) -> None:
    first = next(each for each in state(operations, f"{table.url}?q=a&page=3").headings if each.url)
    assert first.url.startswith(f"{table.url}?q=a")
    second = next(each for each in state(operations, first.url).headings if each.column == first.column)
    assert second.direction
    assert second.url != first.url


# --- saved views ------------------------------------------------------------------------------------------------------


def save(client: Client, table: ListTable = ENTITLEMENTS, query: str = "of=q%3Dcust", **sent: Any) -> Any:
    return client.post(f"{table.page_url('new_view')}?{query}", {"name": "Mine", **sent})


@every_list
def test_a_view_keeps_filters_order_and_columns(operations: Client, table: ListTable) -> None:
    columns = [column.key for column in table.columns[:2]]
    sort = next(sort for sort in table.sorts if sort != table.default_sort)
    asked = "&".join(["of=q%3Dcust%26older%3Dx%26view%3D3%26sort%3D" + sort, *(f"column={key}" for key in columns)])
    answer = save(operations, table, asked)
    view = SavedView.objects.get()
    assert answer["Location"] == f"{table.url}?q=cust&sort={sort}&view={view.pk}"
    shown = state(operations, answer["Location"])
    assert (shown.view, shown.sort, [column.key for column in shown.columns]) == (view, sort, columns)
    assert f"view={view.pk}" in shown.address_with(sort=table.default_sort)
    assert "Mine" in operations.get(table.url).content.decode()


def test_a_view_of_ones_own_is_nobody_elses(operations: Client, cast: Cast) -> None:
    save(operations)
    view, other = SavedView.objects.get(), Client()
    other.force_login(cast.people["administrator"])
    assert state(other, ENTITLEMENTS.url).views == []
    answer = other.get(ENTITLEMENTS.url, {"view": view.pk})
    assert "there is no such saved view any more" in answer.content.decode()
    for page in ("view", "delete_view"):
        assert other.get(ENTITLEMENTS.page_url(page, view.pk)).status_code == 404


def test_a_view_of_another_list_is_not_there(operations: Client) -> None:
    save(operations)
    view = SavedView.objects.get()
    assert operations.get(CUSTOMERS.page_url("view", view.pk)).status_code == 404
    assert state(operations, f"{CUSTOMERS.url}?view={view.pk}").view is None


def test_sharing_needs_the_permission(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["support"])
    answer = save(client, is_shared="on")
    assert (answer.status_code, SavedView.objects.exists()) == (422, False)
    assert "You may not share views." in answer.content.decode()
    assert "is_shared" not in client.get(ENTITLEMENTS.page_url("new_view")).context["form"].fields
    client.force_login(cast.operations)
    save(client, name="Ours", is_shared="on")
    ours = SavedView.objects.get(name="Ours")
    client.force_login(cast.people["support"])
    assert ours in state(client, ENTITLEMENTS.url).views
    assert client.post(ENTITLEMENTS.page_url("view", ours.pk), {"name": "Theirs"}).status_code == 403
    assert client.post(ENTITLEMENTS.page_url("delete_view", ours.pk)).status_code == 403
    client.force_login(cast.people["administrator"])
    assert client.post(ENTITLEMENTS.page_url("view", ours.pk), {"name": "All", "is_shared": "on"}).status_code == 302


def test_a_shared_view_stays_shared_when_its_owner_loses_the_right_and_is_not_shared_again(
    operations: Client, cast: Cast, client: Client
) -> None:
    save(operations, is_shared="on")
    view = SavedView.objects.get()
    page, logged = ENTITLEMENTS.page_url("view", view.pk), LogEntry.objects.count()
    cast.operations.groups.set(Group.objects.filter(name="Support"))
    viewer = client_of(cast.people["viewer"])
    assert state(viewer, ENTITLEMENTS.url).views == [view]
    assert operations.get(page).context["form"]["is_shared"].value() is True
    refused = operations.post(page, {"name": "Yours", "is_shared": "on"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["is_shared"])
    assert (SavedView.objects.get().name, LogEntry.objects.count()) == ("Mine", logged)
    assert operations.post(page, {"name": "Yours"}).status_code == 302
    assert state(viewer, ENTITLEMENTS.url).views == []
    assert operations.post(page, {"name": "Yours", "is_shared": "on"}).status_code == 422
    assert not SavedView.objects.get().is_shared


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that lets something happen to the saved views between the check of a form and its writing."""

    def plan(**changes: Any) -> None:
        check, views = SavedViewForm.full_clean, SavedView.objects.all()

        def then(form: SavedViewForm) -> None:
            check(form)
            views.update(**changes) if changes else views.delete()

        monkeypatch.setattr(SavedViewForm, "full_clean", then)

    return plan


@pytest.mark.parametrize("query", ["", "?of=q%3Dcust&column=status"])
def test_a_view_deleted_meanwhile_is_said_and_does_not_come_back(
    operations: Client, meanwhile: Callable[..., None], query: str
) -> None:
    save(operations)
    page = ENTITLEMENTS.page_url("view", SavedView.objects.get().pk)
    logged = LogEntry.objects.count()
    meanwhile()
    answer = operations.post(page + query, {"name": "Yours"}, follow=True)
    assert "The view Mine is not there any more, so nothing was saved." in answer.content.decode()
    assert (SavedView.objects.exists(), LogEntry.objects.count()) == (False, logged)
    assert operations.post(page, {"name": "Yours"}).status_code == 404


def test_a_view_that_its_owner_took_back_meanwhile_is_nobody_elses_to_edit(
    operations: Client, cast: Cast, meanwhile: Callable[..., None]
) -> None:
    save(operations, is_shared="on")
    page = ENTITLEMENTS.page_url("view", SavedView.objects.get().pk)
    meanwhile(is_shared=False)
    answer = client_of(cast.people["administrator"]).post(page, {"name": "All", "is_shared": "on"}, follow=True)
    assert "is not there any more" in answer.content.decode()
    assert (SavedView.objects.get().name, SavedView.objects.get().is_shared) == ("Mine", False)


def test_a_rename_keeps_the_filters_that_were_kept_meanwhile(
    operations: Client, meanwhile: Callable[..., None]
) -> None:
    save(operations)
    meanwhile(query="overridden=on")
    operations.post(ENTITLEMENTS.page_url("view", SavedView.objects.get().pk), {"name": "Yours"})
    assert SavedView.objects.values_list("name", "query").get() == ("Yours", "overridden=on")


def test_a_view_is_renamed_and_what_it_keeps_stays(operations: Client) -> None:
    save(operations)
    view = SavedView.objects.get()
    operations.post(ENTITLEMENTS.page_url("view", view.pk), {"name": "Yours"})
    renamed = SavedView.objects.get()
    assert (renamed.name, renamed.query, renamed.columns) == ("Yours", view.query, view.columns)


def test_a_view_keeps_what_is_on_screen_when_asked_to(operations: Client) -> None:
    save(operations)
    keep = state(operations, f"{ENTITLEMENTS.url}?overridden=on&view={SavedView.objects.get().pk}").links["keep"]
    operations.post(keep, {"name": "Mine"})
    assert SavedView.objects.get().query == "overridden=on"


@pytest.mark.parametrize("name", ["", "  ", "mine", "ＭＩＮＥ", "x" * 61, "a\u200bb"])
def test_a_name_that_cannot_be_is_refused_on_its_field(operations: Client, name: str) -> None:
    save(operations)
    answer = save(operations, name=name)
    assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (422, True)
    assert SavedView.objects.count() == 1


def test_a_deleted_view_is_gone_and_its_address_says_so(operations: Client) -> None:
    save(operations)
    view = SavedView.objects.get()
    page = ENTITLEMENTS.page_url("delete_view", view.pk)
    assert "Delete view" in operations.get(page).content.decode()
    assert operations.post(page)["Location"] == ENTITLEMENTS.page_url("views")
    assert not SavedView.objects.exists()
    assert "no such saved view" in operations.get(ENTITLEMENTS.url, {"view": view.pk}).content.decode()


def test_what_is_done_to_views_is_logged(operations: Client) -> None:
    save(operations)
    view = SavedView.objects.get()
    operations.post(ENTITLEMENTS.page_url("view", view.pk), {"name": "Yours"})
    operations.post(ENTITLEMENTS.page_url("delete_view", view.pk))
    lines = LogEntry.objects.filter(object_id=str(view.pk)).order_by("pk")
    assert [(line.object_repr, line.action_flag) for line in lines] == [("Mine", 1), ("Yours", 2), ("Yours", 3)]
    assert "Mine → Yours" in lines[1].change_message


def test_history_shows_what_is_done_to_views_to_those_who_see_people(operations: Client, cast: Cast) -> None:
    save(operations)
    ask = {"kind": "people"}
    lines = client_of(cast.people["administrator"]).get(reverse("entitlements:acts"), ask).context["page"].rows
    assert [(line.title, line.thing) for line in lines] == [("Added saved view", "Mine")]
    assert not operations.get(reverse("entitlements:acts"), ask).context["page"].rows


@pytest.mark.parametrize("of", ["%00=%00", "a" * 5000, "q=%FF", "q", "&&&", "q=<script>"])
def test_odd_filters_of_a_view_break_nothing(operations: Client, of: str) -> None:
    answer = operations.post(f"{ENTITLEMENTS.page_url('new_view')}?of={of}", {"name": "Odd"})
    assert answer.status_code == 302
    assert "<script>" not in operations.get(answer["Location"]).content.decode()


def test_the_menu_and_the_page_of_views_take_the_same_queries_for_many(operations: Client, cast: Cast) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert operations.get(address).status_code == 200
        return len(captured)

    def make(count: int) -> None:
        for number in range(count):
            owner = cast.people["administrator"] if number % 2 else cast.operations
            name = f"View {SavedView.objects.count()}"
            SavedView.objects.create(
                owner=owner, list_name="entitlements", name=name, columns=["status"], is_shared=True
            )

    addresses = (ENTITLEMENTS.url, ENTITLEMENTS.page_url("views"))
    make(10)
    few = [queries(address) for address in addresses]
    make(10)
    assert [queries(address) for address in addresses] == few


def test_the_pages_of_a_list_need_its_permission(client: Client, cast: Cast) -> None:
    stranger = cast.people["viewer"]
    stranger.groups.clear()
    client.force_login(stranger)
    for name in ("columns", "views", "new_view"):
        assert client.get(reverse(f"entitlements:entitlements_{name}")).status_code == 403


# --- chips of a change ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "first"), [(0, 0), (6, 6), (7, 7), (8, 6), (30, 6)])
def test_more_than_six_chips_are_folded_away_but_never_a_single_one(count: int, first: int) -> None:
    entry: Any = Entry(change=None, heading=None, chips=tuple(range(count)))  # type: ignore[arg-type]
    assert (len(entry.first_chips), entry.first_chips + entry.more_chips) == (first, entry.chips)
