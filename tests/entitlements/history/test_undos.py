"""Chains of undos of any length: titles, words, counts, and how many queries they take."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.history.titles import title_of
from entitlements.history.undos import title_of_act, titles_of, undone_counts
from entitlements.models import Act, Entitlement
from entitlements.operations import ChangeOffering, Disable, UndoAct
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown

DEPTHS = range(8)  # the undo of a redo of an undo ...


def chain(cast: Cast, entitlement: Entitlement, *, length: int) -> list[Act]:
    """Change the offering, undo that, redo it and so on; return the acts, oldest first."""
    act = cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk]).act
    assert act is not None
    acts = [act]
    for number in range(1, length):
        at = NOW + timedelta(minutes=number)
        act = cast.do(UndoAct(as_of=TODAY, act_id=acts[-1].pk), [entitlement.pk], at=at).act
        assert act is not None
        acts.append(act)
    return [Act.objects.get(pk=each.pk) for each in acts]


@pytest.fixture
def operations(cast: Cast) -> Client:
    return client_of(cast.operations)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "text", "icon", "way_back", "undone"),
    [
        (0, "Changed offering", "swap", "Undo", "undone"),
        (1, "Undid: Changed offering", "undo", "Redo", "redone"),
        (2, "Redid: Changed offering", "redo", "Undo", "undone"),
        (3, "Undid: Changed offering", "undo", "Redo", "redone"),
        (20, "Redid: Changed offering", "redo", "Undo", "undone"),
        (21, "Undid: Changed offering", "undo", "Redo", "redone"),
    ],
)
def test_undo_and_redo_take_turns(depth: int, text: str, icon: str, way_back: str, undone: str) -> None:
    title = title_of("change_offering", depth=depth)
    assert (title.text, title.icon, title.way_back, title.undone_word) == (text, icon, way_back, undone)
    assert title.tone == ("quiet" if depth else ChangeOffering.words.tone)


def test_taking_back_has_the_next_title() -> None:
    assert title_of("renew").taken_back == title_of("renew", depth=1)


def test_an_operation_of_another_version_has_a_general_title() -> None:
    assert title_of("merge_orders", depth=1).text == "Undid: Another change"


# --- chains ----------------------------------------------------------------------------------------------------------


def test_each_title_follows_the_whole_chain(cast: Cast) -> None:
    acts = chain(cast, cast.entitle(), length=len(DEPTHS))
    titles = titles_of(acts)
    assert [titles[act.pk] for act in acts] == [title_of("change_offering", depth=depth) for depth in DEPTHS]


def test_chains_of_several_acts_stay_apart(cast: Cast) -> None:
    first, second = chain(cast, cast.entitle(), length=3), chain(cast, cast.entitle(), length=2)
    titles = titles_of([first[-1], second[-1]])
    assert [titles[act.pk].depth for act in (first[-1], second[-1])] == [2, 1]


def test_a_page_of_undos_takes_one_query_and_a_page_without_takes_none(cast: Cast) -> None:
    acts = chain(cast, cast.entitle(), length=5) + chain(cast, cast.entitle(), length=3)
    for rows, count in ((acts, 1), (acts[:1], 0)):
        with CaptureQueriesContext(connection) as seen:
            titles_of(rows)
        assert len(seen) == count


def test_every_second_act_of_a_chain_is_undone_up_to_its_end(cast: Cast) -> None:
    acts = chain(cast, cast.entitle(), length=len(DEPTHS))
    counts = undone_counts(act.pk for act in acts)
    # The newest stands; the one before is taken back; the one before that stands again.
    assert [counts.get(act.pk, 0) for act in reversed(acts)] == [0, 1, 0, 1, 0, 1, 0, 1]


def test_what_is_undone_is_counted_in_one_query(cast: Cast) -> None:
    acts = chain(cast, cast.entitle(), length=6)
    with CaptureQueriesContext(connection) as seen:
        undone_counts(act.pk for act in acts)
    assert len(seen) == 1


def test_nothing_is_counted_without_acts(db: None) -> None:
    assert (undone_counts([]), titles_of([])) == ({}, {})


# --- pages -----------------------------------------------------------------------------------------------------------


def test_every_page_gives_an_act_the_same_title(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle()
    acts = chain(cast, entitlement, length=6)
    expected = [title_of("change_offering", depth=depth).text for depth in (5, 4, 3, 2, 1)]
    order = entitlement.order
    feed = operations.get(order.get_absolute_url()).context["feed"]
    pages = {
        "list": operations.get(reverse("entitlements:acts")).context["page"].rows,
        "entitlement": operations.get(reverse("entitlements:history", args=[entitlement.pk])).context["page"].rows,
        "customer": operations.get(reverse("entitlements:customer_history", args=[order.customer_id]))
        .context["page"]
        .rows,
        "order": feed.entries,
    }
    assert {name: [row.title for row in rows][:5] for name, rows in pages.items()} == dict.fromkeys(pages, expected)
    shown_titles = [operations.get(reverse("entitlements:act", args=[act.pk])).context["title"].text for act in acts]
    assert shown_titles[:0:-1] == expected


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_page_of_an_act_and_its_way_back_use_one_verb(cast: Cast, operations: Client, depth: int) -> None:
    entitlement = cast.entitle()
    act = chain(cast, entitlement, length=depth + 1)[-1]
    verb, other = ("Redo", "Undo") if depth % 2 else ("Undo", "Redo")
    addresses = [
        reverse("entitlements:act", args=[act.pk]),
        reverse("entitlements:undo_act", args=[act.pk]),
        reverse("entitlements:undo", args=[entitlement.pk, act.pk]),
    ]
    pages = [shown(operations.get(address)) for address in addresses]
    assert f"{verb}…" in pages[0]
    assert f"{other}…" not in pages[0]
    for page in pages[1:]:
        assert f"{verb}: Changed offering" in page
        assert f"{other}: Changed offering" not in page


def test_a_redo_says_neither_undoes_nor_undid(cast: Cast, operations: Client) -> None:
    redo = chain(cast, cast.entitle(), length=3)[-1]
    page = shown(operations.get(reverse("entitlements:act", args=[redo.pk])))
    assert "<dt>Redoes</dt>" in page
    assert "Undid" not in page
    assert "<dt>Undoes</dt>" not in page


def test_an_undo_that_was_redone_says_so(cast: Cast, operations: Client) -> None:
    _change, undo, _redo = chain(cast, cast.entitle(), length=3)
    page = shown(operations.get(reverse("entitlements:act", args=[undo.pk])))
    assert '<span class="chip">redone</span>' in page
    assert "<dt>Redone by</dt>" in page
    assert ">undone<" not in page


def test_the_list_takes_as_many_queries_for_a_deep_chain_as_for_a_short_one(cast: Cast, operations: Client) -> None:
    def queries() -> int:
        operations.get(reverse("entitlements:acts"))
        with CaptureQueriesContext(connection) as seen:
            operations.get(reverse("entitlements:acts"))
        return len(seen)

    chain(cast, cast.entitle(), length=2)
    few = queries()
    chain(cast, cast.entitle(), length=9)
    assert queries() == few


def test_the_root_of_a_chain_is_its_own_title(cast: Cast) -> None:
    [act] = chain(cast, cast.entitle(), length=1)
    assert title_of_act(act) == title_of("change_offering")


def test_an_act_too_large_for_a_page_is_not_read_whole(
    cast: Cast, operations: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlements.dialogs.undo.views.LARGEST_SELECTION", 2)
    act = cast.do(Disable(as_of=TODAY), [cast.entitle().pk for _ in range(4)]).act
    assert act is not None
    with CaptureQueriesContext(connection) as seen:
        answer = operations.get(reverse("entitlements:undo_act", args=[act.pk]))
    assert answer.status_code == 302
    assert answer.url == reverse("entitlements:undo_many", args=[act.pk])
    [keys] = [each["sql"] for each in seen if 'SELECT "entitlements_change"."entitlement_id"' in each["sql"]]
    assert keys.endswith("LIMIT 3")
