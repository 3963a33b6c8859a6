"""The list of change groups and the global defaults: who sees and edits them, and what the log keeps."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changegroups import edits
from changegroups.models import ChangeDefaults, ChangeGroup, ChangeMode
from offerings.models import Offering
from tests.changegroups.conftest import HTMX, LogIn, make_group
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("changegroups:changegroups")
DEFAULTS = reverse("changegroups:defaults")
CHOSEN = {
    "change_mode": "upgrade",
    "subscribe_mode": "keep",
    "quantity_mode": "keep_same",
    "term_changes": "refused",
    "effective_for_upgrades": "immediately",
    "effective_for_downgrades": "end_of_term",
    "effective_at_same_level": "immediately",
}


def removal(group: ChangeGroup) -> str:
    return reverse("changegroups:remove", args=[group.pk])


def test_the_list_names_each_group_with_its_mode_and_its_size(viewer: Client) -> None:
    make_group(change_mode=ChangeMode.UPGRADE)
    ChangeGroup.objects.create(name="Empty")
    text = viewer.get(LIST).content.decode()
    assert "Upgrade only" in text
    assert "Global default (both)" in text


def test_an_empty_list_says_what_holds_without_groups(viewer: Client) -> None:
    assert "unranked" in viewer.get(LIST).content.decode()


def test_a_group_is_added_and_opened(manager: Client) -> None:
    answer = manager.post(LIST, {"name": " Atlas subscriptions "})
    group = ChangeGroup.objects.get(name="Atlas subscriptions")
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())
    entry = LogEntry.objects.get()
    assert (entry.is_addition(), entry.object_repr) == (True, "Atlas subscriptions")
    assert entry.change_message.splitlines()[:2] == ["Name: Atlas subscriptions.", "Change mode: global default."]


@pytest.mark.parametrize("name", ["Atlas", "ATLAS", "", "   ", "x" * 101, "nul\0"])
def test_a_name_that_is_taken_empty_or_too_long_is_refused(manager: Client, name: str) -> None:
    ChangeGroup.objects.create(name="Atlas")
    answer = manager.post(LIST, {"name": name})
    assert answer.status_code == 422
    assert ChangeGroup.objects.count() == 1
    assert 'role="alert"' in answer.content.decode()


def test_a_name_somebody_else_takes_at_the_same_moment_is_refused() -> None:
    ChangeGroup.objects.create(name="Atlas")
    with pytest.raises(edits.NameExistsError):
        edits.add_group(ChangeGroup(name="atlas"), made_by=UserFactory())
    assert not LogEntry.objects.exists()


def test_names_are_escaped(manager: Client) -> None:
    manager.post(LIST, {"name": "<b>Atlas</b>"})
    assert "<b>Atlas</b>" not in manager.get(LIST).content.decode()


def test_removing_says_first_what_stops_working(manager: Client) -> None:
    group = make_group(change_mode=ChangeMode.UPGRADE)
    text = manager.get(removal(group)).content.decode()
    assert "3 open moves" in text
    assert "up to Premium-Y, Premium-M" in text
    assert ChangeGroup.objects.count() == 1


def test_removing_keeps_offerings_and_is_logged(manager: Client) -> None:
    group = make_group()
    answer = manager.post(removal(group), headers=HTMX)
    assert answer["HX-Redirect"] == LIST
    assert (ChangeGroup.objects.count(), Offering.objects.count()) == (0, 3)
    entry = LogEntry.objects.get(content_type__model="changegroup")
    assert (entry.is_deletion(), entry.object_repr) == (True, "Atlas")
    assert entry.change_message.splitlines()[-1] == "PREMIUM-Y (priority 30)."


def test_a_group_that_is_gone_is_not_found(manager: Client) -> None:
    assert manager.get(reverse("changegroups:remove", args=[999])).status_code == 404


def test_the_defaults_are_saved_in_one_row_and_logged(manager: Client) -> None:
    for _time in range(2):
        assert manager.post(DEFAULTS, CHOSEN).status_code == 302
    assert [row.change_mode for row in ChangeDefaults.objects.all()] == ["upgrade"]
    assert "Change mode: both → upgrade only." in LogEntry.objects.get().get_change_message()


def test_a_default_that_is_no_mode_is_refused(manager: Client) -> None:
    assert manager.post(DEFAULTS, {**CHOSEN, "change_mode": "sideways"}).status_code == 422
    assert not ChangeDefaults.objects.exists()


def test_the_defaults_name_the_groups_that_follow_them(viewer: Client) -> None:
    ChangeGroup.objects.create(name="Follower", **{**CHOSEN, "change_mode": ""})
    text = viewer.get(DEFAULTS).content.decode()
    assert text.count("Follower") == 1
    assert text.count("No group follows it.") == 6


def test_people_who_only_look_get_no_way_to_edit(viewer: Client) -> None:
    group = make_group()
    assert '<form class="end adder"' not in viewer.get(LIST).content.decode()
    assert viewer.post(LIST, {"name": "New"}).status_code == 403
    assert viewer.post(DEFAULTS, CHOSEN).status_code == 403
    assert viewer.get(removal(group)).status_code == 403


@pytest.mark.parametrize("address", [LIST, DEFAULTS])
def test_the_pages_are_refused_without_permission(client_as: LogIn, address: str) -> None:
    assert client_as("").get(address).status_code == 403


def test_the_lists_queries_do_not_grow_with_it(viewer: Client) -> None:
    counts = []
    for number in range(2):
        for more in range(10):
            ChangeGroup.objects.create(name=f"Group {number} {more}")
        viewer.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            viewer.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
