"""What differs between two revisions, at the boundaries: nothing, one thing, only the definition, and the words."""

from typing import Any

import pytest

from offerings.models import Revision
from offerings.revisions import RevisionDiff, compare, show_term
from offerings.rights import Kind, Right


def revision(*rights: tuple[Right, object], prices: tuple[Any, ...] = (), **terms: str) -> Revision:
    return Revision(
        number=1,
        rights={right.key: value for right, value in rights if value is not None},
        definitions={right.key: {**right.to_json(), "position": place} for place, (right, _v) in enumerate(rights)},
        prices=list(prices),
        terms=terms,
    )


SSO = Right("feature.sso", Kind.FLAG, "SSO")
GB = Right("feature.gb", Kind.POOL, "Storage", "GB")
RENAMED = Right("feature.gb", Kind.POOL, "Space", "TB")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("license_type", "subscription", "subscription"),
        ("duration", "P1Y", "1 year"),
        ("billing_period", "P3M", "3 months"),
        ("maintenance_duration", "P14D", "14 days"),
        ("duration", "", ""),
        ("start_type", "first_activation", "first activation"),
        ("seats_sold", "per_quantity", "per quantity"),
        ("seats_sold", "not_sold", "not sold with this offering"),
        ("plan_type", "barter", "barter"),
    ],
)
def test_a_term_in_words(key: str, value: str, words: str) -> None:
    assert show_term(key, value) == words


@pytest.mark.parametrize(
    ("before", "after", "terms"),
    [
        ({}, {}, []),
        ({"duration": "P1Y"}, {"duration": "P1Y"}, []),
        ({"duration": "P1M"}, {"duration": "P1Y"}, [("Duration", "1 month", "1 year")]),
        ({}, {"duration": "P1Y"}, [("Duration", "", "1 year")]),
        ({"duration": ""}, {}, []),
        ({"plan_type": "paid"}, {}, [("Plan type", "paid", "")]),
        ({"unknown": "a"}, {"unknown": "b"}, []),
    ],
)
def test_the_terms_that_differ(before: dict[str, str], after: dict[str, str], terms: list[tuple[str, ...]]) -> None:
    diff = compare(revision(**before), revision(**after))
    assert [(change.label, change.before, change.after) for change in diff.terms] == terms
    assert (bool(diff), diff.count()) == (bool(terms), len(terms))


@pytest.mark.parametrize(
    ("before", "after", "names", "rights"),
    [
        ((), (), [], 0),
        (((GB, 1),), ((GB, 1),), [], 0),
        (((GB, 1),), ((GB, 2),), [], 1),
        (((GB, 1),), ((RENAMED, 1),), [("Name of a right", "Storage", "Space"), ("Unit of Space", "GB", "TB")], 0),
        ((), ((SSO, True),), [], 1),
        ((), ((SSO, False),), [("SSO", "not listed", "off")], 0),
        (((SSO, False),), (), [("SSO", "off", "not listed")], 0),
        ((), ((GB, None),), [("Storage", "not listed", "listed")], 0),
    ],
)
def test_the_names_and_rights_that_differ(
    before: tuple[Any, ...], after: tuple[Any, ...], names: list[tuple[str, ...]], rights: int
) -> None:
    diff = compare(revision(*before), revision(*after))
    assert [(change.label, change.before, change.after) for change in diff.names] == names
    assert len(diff.rights) == rights
    assert diff.count() == len(names) + rights


def test_what_was_never_published_differs_by_all_it_grants_but_by_no_name() -> None:
    diff = compare(None, revision((SSO, False), (GB, 5), duration="P1Y"))
    assert [change.right.key for change in diff.rights] == ["feature.gb"]
    assert ([change.label for change in diff.terms], diff.names) == (["Duration"], ())


def test_no_difference_is_false_and_counts_none() -> None:
    assert (bool(RevisionDiff()), RevisionDiff().count()) == (False, 0)
