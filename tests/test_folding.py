"""Names as people mean them: what is one name, what looks like one, and what nobody sees in a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.folding import LOOK_ALIKES, fold, hidden_at, skeleton

ONE_NAME = [
    ("angstrom", ["Ångström", "ANGSTROM", "Angstro\u0308m", "\u212bngström", "Ａｎｇｓｔｒｏｍ"]),
    ("ромашка", ["Ромашка", "РОМАШКА"]),
    ("елка", ["Ёлка", "елка"]),
    ("obrien", ["O'Brien", "O’Brien", "OBrien", "O`Brien", "O´Brien", "Oʼbrien", "O＇BRIEN"]),
    ("strasse", ["Straße", "STRASSE", "straẞe"]),
    ("istanbul", ["İstanbul", "ıstanbul", "ISTANBUL"]),
    ("lodz", ["Łódź", "Lodz"]),
    ("soren aegir", ["Søren Ægir", "soren  aegir", "Soren\u00a0Aegir"]),
    ("find", ["ﬁnd"]),
    ("so 48213", ["SO-48213", "so–48213", "SO 48213", " SO_48213 ", "ＳＯ－４８２１３"]),
    ("123", ["١٢٣", "１２３"]),
    ("acme inc", ["Acme, Inc.", "ACME® Inc", "Ac\u00adme\u200b Inc"]),
    ("at & t", ["AT&T", "AT & T", "at＆t"]),
    ("σισυφοσ", ["Σίσυφος", "ΣΙΣΥΦΟΣ"]),
    ("שלום", ["שָׁלוֹם", "שלום"]),
    ("محمد", ["مُحَمَّد", "محـمد"]),
    ("1 2", ["½"]),
    ("!!!", ["!!!", " !!! "]),
    ("tm", ["™"]),
    ("", ["", " ", "\u200b", "\0", "\u3164", "\ud800", "\u0301"]),
]
OTHER_NAMES = [
    ("C", "C#"),
    ("C", "C++"),
    ("1.5", "15"),
    ("Coca Cola", "CocaCola"),
    ("か", "が"),
    ("दिल", "दल"),
    ("กิน", "กน"),
    ("Аtlas", "Atlas"),
    ("P1", "Pl"),
]


@pytest.mark.parametrize(("folded", "spellings"), ONE_NAME)
def test_spellings_of_one_name_are_folded_to_one_text(folded: str, spellings: list[str]) -> None:
    assert {fold(each) for each in spellings} == {folded}


@pytest.mark.parametrize(("one", "other"), OTHER_NAMES)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_single_character_is_folded_to_a_text_that_stays() -> None:
    single = [fold(chr(code)) for code in range(0x3400)]
    assert [each for each in single if fold(each) != each] == []


@given(st.text())
def test_a_folded_text_can_be_stored_and_has_no_blank_at_its_ends(text: str) -> None:
    folded = fold(text)
    assert "\0" not in folded
    assert folded.encode().decode().strip() == folded


@given(st.text(st.characters(max_codepoint=0x17F)))
def test_case_makes_no_other_name(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Atlas", "Аtlas"),
        ("COM", "СОМ"),
        ("P1O", "Pl0"),
        ("API", "APl"),
        ("Ζeta", "Zeta"),
        ("TIER-1", "TIER-I"),
        ("Ątlas", "Аtlas"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mail", "mall"),
        ("file", "flle"),
        ("Gold", "Cold"),
        ("S5", "SS"),
        ("PRO-1", "PRO-L"),
        ("IT", "LT"),
        ("TEAM1", "TEAML"),
    ],
)
def test_what_does_not_look_the_same_has_two_skeletons(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("letter", [chr(code) for code in LOOK_ALIKES])
def test_each_look_alike_has_the_skeleton_of_its_latin_letter(letter: str) -> None:
    assert skeleton(letter) == skeleton(letter.translate(LOOK_ALIKES))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", None),
        ("Acme", None),
        ("Ångström & Söhne (Köln) №5", None),
        ("Acme\u202e", 4),
        ("\ufeffAcme", 0),
        ("Ac\u200bme", 2),
        ("Ac\u00adme", 2),
        ("Acme\nInc", 4),
        ("Acme\tInc", 4),
        ("Acme\0", 4),
        ("Acme\u2028", 4),
        ("Acme\ud800", 4),
        ("Acme\ue000", 4),
        ("Acme\u3164", 4),
        ("Acme\ufe0f", 4),
        ("Acme\u200d", 4),
        ("A\u200dB", 1),
        ("\u200cمی", 0),
        ("می\u200cخواهم", None),
        ("می\u200dخواهم", 2),
        ("می\u200c", 2),
        ("می\u200cA", 2),
        ("A\u200cمی", 1),
        ("क्\u200dष", None),
        ("क्\u200cष", None),
        ("क\u200dष", 1),
        ("क्\u200d", 2),
        ("क्\u200d ष", 2),
    ],
)
def test_the_first_hidden_character_is_found(text: str, position: int | None) -> None:
    assert hidden_at(text) == position
