"""The picture of a change group: every open move is drawn and said once, inside the frame."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from changegroups.ladder import Picture, draw
from changegroups.models import ChangeMode
from changegroups.paths import ChangeGroupValue, Ladder, OfferingValue


def offering(key: int, name: str = "") -> OfferingValue:
    return OfferingValue(key, f"SKU-{key}", name or f"Offering {key}", "plan", 1, "Atlas", revision_id=key)


def group(priorities: dict[int, int], mode: str = ChangeMode.BOTH) -> ChangeGroupValue:
    modes = {"subscribe_mode": "keep", "quantity_mode": "keep_same", "term_changes": "allowed"}
    return ChangeGroupValue(1, "Group", change_mode=mode, priorities=priorities, **modes)


def picture(priorities: dict[int, int], mode: str = ChangeMode.BOTH, held: int | None = None) -> Picture:
    offerings = {key: offering(key) for key in priorities}
    return draw(group(priorities, mode), offerings, current_id=held, subtitles={})


GROUPS = st.dictionaries(st.integers(1, 9), st.integers(-3, 3), min_size=1, max_size=9)


@given(GROUPS, st.sampled_from(list(ChangeMode)))
def test_every_open_move_has_one_arrow(priorities: dict[int, int], mode: str) -> None:
    ladder = Ladder({key: offering(key) for key in priorities}, (group(priorities, mode),))
    count = sum(path.is_open for key in priorities for path in ladder.paths(key))
    drawn = picture(priorities, mode)
    assert sum(not arrow.is_closed for arrow in drawn.arrows) == count
    assert sum(each.count for each in drawn.open_paths) == count


@given(GROUPS, st.sampled_from(list(ChangeMode)))
def test_from_one_offering_every_other_is_open_or_shut(priorities: dict[int, int], mode: str) -> None:
    held = min(priorities)
    drawn = picture(priorities, mode, held)
    assert len(drawn.arrows) == len(priorities) - 1
    shut = {node.offering.id for node in drawn.nodes if node.look == "closed"}
    assert len(shut) == sum(arrow.is_closed for arrow in drawn.arrows)


@given(GROUPS)
@example({1: 0, 2: 1, 3: -1, 4: 2, 5: 2, 6: 2, 7: -2, 8: -2, 9: -2})
def test_everything_stays_inside_the_frame(priorities: dict[int, int]) -> None:
    drawn = picture(priorities)
    for arrow in drawn.arrows:
        assert all(-8 <= int(number) <= max(drawn.width, drawn.height) for number in re.findall(r"-?\d+", arrow.line))
    assert all(node.x + 190 <= drawn.width and node.y + 46 <= drawn.height for node in drawn.nodes)


@given(GROUPS)
def test_no_two_boxes_overlap_and_equal_priorities_stand_side_by_side(priorities: dict[int, int]) -> None:
    drawn = picture(priorities)
    assert len({(node.x, node.y) for node in drawn.nodes}) == len(priorities)
    assert len({node.y for node in drawn.nodes}) == len(set(priorities.values())) == len(drawn.rungs)
    assert [rung.priority for rung in drawn.rungs] == sorted(set(priorities.values()), reverse=True)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (ChangeMode.BOTH, "From Offering 2: up to Offering 3; sideways to Offering 4; down to Offering 1."),
        (ChangeMode.UPGRADE, "From Offering 2: up to Offering 3."),
        (ChangeMode.DOWNGRADE, "From Offering 2: down to Offering 1."),
    ],
)
def test_the_words_say_what_is_drawn(mode: str, words: str) -> None:
    drawn = picture({1: 10, 2: 20, 3: 30, 4: 20}, mode, 2)
    assert drawn.words.endswith(words)
    assert words in [each.sentence for each in drawn.open_paths]


def test_an_offering_alone_has_no_move() -> None:
    assert [each.sentence for each in picture({1: 10}).open_paths] == ["From Offering 1: nothing is open."]


def test_a_long_name_is_shortened_to_its_box() -> None:
    drawn = draw(group({1: 10}), {1: offering(1, "A very long name of an offering")}, current_id=None, subtitles={})
    assert drawn.nodes[0].name == "A very long name of an …"
