"""The picture of a change group at its boundaries: none, one, two on a rung, far apart, long names, and the words."""

import pytest

from changegroups.ladder import Picture, draw
from changegroups.paths import ChangeGroupValue, OfferingValue


def picture(priorities: dict[int, int], *, held: int | None = None, mode: str = "both", **names: str) -> Picture:
    modes = {"change_mode": mode, "subscribe_mode": "keep", "quantity_mode": "keep_same", "term_changes": "refused"}
    facts = {
        key: OfferingValue(key, f"SKU-{key}", names.get(f"o{key}", f"O{key}"), "plan", 1, "Atlas", revision_id=key)
        for key in priorities
    }
    subtitles = dict.fromkeys(priorities, "EUR 10.00")
    return draw(ChangeGroupValue(1, "G1", priorities=priorities, **modes), facts, current_id=held, subtitles=subtitles)


@pytest.mark.parametrize(
    ("priorities", "size"),
    [
        ({}, (690, 98)),
        ({1: 5}, (690, 98)),
        ({1: 5, 2: 6}, (690, 216)),
        ({1: 5, 2: 5}, (690, 98)),
        ({1: 5, 2: 5, 3: 5}, (856, 98)),
        ({1: 5, 2: 6, 3: 7}, (690, 334)),
    ],
)
def test_the_size_of_the_picture(priorities: dict[int, int], size: tuple[int, int]) -> None:
    drawn = picture(priorities)
    assert (drawn.width, drawn.height) == size
    assert len(drawn.rungs) == len(set(priorities.values()))
    assert (drawn.rung_width, drawn.rail_right) == (size[0] - 1, size[0] - 36)
    assert (drawn.rail_top, drawn.rail_bottom) == (49, size[1] - 49)


@pytest.mark.parametrize(
    ("priorities", "held", "lines"),
    [
        ({1: 1, 2: 2}, 1, ["M199 144V74"]),
        ({1: 2, 2: 1}, 1, ["M231 72V142"]),
        ({1: 1, 2: 1}, 1, ["M310 42H418"]),
        ({1: 1, 2: 1}, 2, ["M420 56H312"]),
        ({1: 1, 2: 2, 3: 3}, 1, ["M199 262V192", "M310 285C344 285 344 49 312 49"]),
        ({1: 3, 2: 2, 3: 1}, 1, ["M231 72V142", "M120 49C86 49 86 285 118 285"]),
        ({1: 1, 2: 1, 3: 1}, 1, ["M310 42H368", "M215 26C215 2 715 2 715 24"]),
        ({1: 1, 2: 2, 3: 2}, 1, ["M199 144V74", "M285 144C285 109 429 109 429 74"]),
    ],
)
def test_the_line_of_an_arrow(priorities: dict[int, int], held: int, lines: list[str]) -> None:
    assert [arrow.line for arrow in picture(priorities, held=held).arrows] == lines


@pytest.mark.parametrize(
    ("name", "shown"), [("x" * 23, "x" * 23), ("x" * 24, "x" * 24), ("x" * 25, f"{'x' * 23}…"), ("", "")]
)
def test_a_long_name_is_shortened_to_what_fits(name: str, shown: str) -> None:
    [node] = picture({1: 5}, o1=name).nodes
    assert node.name == shown


def test_what_is_closed_is_drawn_from_one_offering_alone_and_says_why() -> None:
    one, every = picture({1: 1, 2: 2}, held=2, mode="upgrade"), picture({1: 1, 2: 2}, mode="upgrade")
    assert [(node.offering.id, node.look, node.subtitle) for node in one.nodes] == [
        (2, "from", "EUR 10.00"),
        (1, "closed", "upgrade only"),
    ]
    assert [(arrow.tone, arrow.is_closed) for arrow in one.arrows] == [("quiet", True)]
    assert (one.tones, one.has_closed) == ((), True)
    assert [(arrow.tone, arrow.is_closed) for arrow in every.arrows] == [("ok", False)]
    assert (every.tones, every.has_closed) == ((("ok", "upgrade"),), False)


def test_what_the_picture_says_in_words() -> None:
    drawn = picture({1: 1, 2: 2, 3: 2})
    assert drawn.words == (
        "Ladder. Priority 2: O2, O3. Priority 1: O1. From O2: sideways to O3; down to O1. "
        "From O3: sideways to O2; down to O1. From O1: up to O2, O3."
    )
    assert drawn.open_paths[-1].sentence == "From O1: up to O2, O3."
    assert [each.sentence for each in picture({1: 5}).open_paths] == ["From O1: nothing is open."]
