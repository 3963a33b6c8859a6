"""When a change group lets a change take effect: stored, chosen, shown, and read from files."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from changegroups import paths
from changegroups.group_files import dump_groups
from changegroups.models import MODES, ChangeDefaults, ChangeGroup, Effective
from changegroups.paths import ChangePath, Rank, Route
from tests.changegroups.conftest import make_group
from tests.changegroups.test_paths_boundaries import BASE, group, offering

END, NOW = Effective.END_OF_TERM, Effective.IMMEDIATELY
NAMES = [name for name, choices in MODES.items() if choices is Effective]


@pytest.mark.parametrize(
    ("rank", "name"),
    [
        (Rank.UPGRADE, "effective_for_upgrades"),
        (Rank.DOWNGRADE, "effective_for_downgrades"),
        (Rank.SAME_LEVEL, "effective_at_same_level"),
    ],
)
def test_each_rank_has_a_day_of_its_own(rank: Rank, name: str) -> None:
    waits = group(**{name: END})
    assert {other: Route(other, waits).effective for other in Rank if other is not Rank.UNRANKED} == {
        Rank.UPGRADE: NOW,
        Rank.DOWNGRADE: NOW,
        Rank.SAME_LEVEL: NOW,
        rank: END,
    }


def test_no_group_says_nothing() -> None:
    assert (Route(Rank.UNRANKED).effective, Route(Rank.UNRANKED, BASE).effective) == ("", NOW)


@pytest.mark.parametrize(
    ("own", "said", "binds"),
    [
        (frozenset(), NOW, False),
        (frozenset({"effective_for_upgrades"}), NOW, True),
        (frozenset({"effective_for_downgrades"}), NOW, False),
        (frozenset(), END, True),
        (frozenset({"effective_for_upgrades"}), END, True),
    ],
)
def test_immediately_is_a_rule_only_where_the_group_says_it_itself(
    own: frozenset[str], said: Effective, binds: bool
) -> None:
    found = replace(group(effective_for_upgrades=said), own_days=own)
    assert Route(Rank.UPGRADE, found).binds is binds
    assert not Route(Rank.UNRANKED).binds


@pytest.mark.parametrize(("name", "differs"), [("effective_for_upgrades", True), ("effective_for_downgrades", False)])
def test_groups_that_differ_in_the_day_of_this_rank_need_a_choice(name: str, differs: bool) -> None:
    routes = (Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2, **{name: END})))
    assert ChangePath(offering(2, "Gold"), routes).needs_choice is differs


@pytest.mark.django_db
def test_a_group_follows_the_default_unless_it_says_otherwise() -> None:
    ChangeDefaults.objects.create(pk=1, effective_for_downgrades=END)
    own = make_group(effective_at_same_level=END)
    value = paths.group_value(own, ChangeDefaults.current(), {})
    assert [getattr(value, name) for name in NAMES] == [NOW, END, END]
    assert value.own_days == {"effective_at_same_level"}
    own.effective_for_downgrades = NOW
    assert paths.group_value(own, ChangeDefaults.current(), {}).effective_for_downgrades == NOW


@pytest.mark.django_db
def test_the_page_of_a_group_saves_it_and_says_it(manager: Client) -> None:
    found = make_group()
    page = manager.get(found.get_absolute_url()).content.decode()
    assert page.count("Global default (immediately)") == 3
    data = {"name": "Atlas", "description": "", **dict.fromkeys(MODES, ""), "effective_for_downgrades": END.value}
    preview = manager.post(found.get_absolute_url(), {**data, "preview": "1", "try": "PREMIUM-Y"}).content.decode()
    assert "; at the end of the term" in preview
    assert ChangeGroup.objects.get().effective_for_downgrades == ""
    assert manager.post(found.get_absolute_url(), data).status_code == 302
    assert ChangeGroup.objects.get().effective_for_downgrades == END
    said = LogEntry.objects.latest("pk").change_message
    assert said == "Effective for downgrades: global default → at the end of the term."


@pytest.mark.django_db
def test_the_page_of_global_defaults_has_each_of_them(manager: Client) -> None:
    page = manager.get(reverse("changegroups:defaults")).content.decode()
    for words in ("Effective for upgrades", "Effective for downgrades", "Effective at same level"):
        assert words in page


@pytest.mark.django_db
def test_files_have_it(tmp_path: Path) -> None:
    make_group(effective_for_upgrades=END)
    text = dump_groups()
    assert "effective_for_upgrades: end_of_term" in text
    file = tmp_path / "groups.yaml"
    file.write_text(text.replace("effective_for_upgrades", "effective_at_same_level"))
    call_command("import_change_groups", file)
    row = ChangeGroup.objects.get()
    assert (row.effective_for_upgrades, row.effective_at_same_level) == ("", END)
    file.write_text(text.replace("end_of_term", "someday"))
    with pytest.raises(CommandError, match="Write one of immediately, end_of_term"):
        call_command("import_change_groups", file)
