"""Pages of rows that can only be read downwards."""

from collections.abc import Sequence

import pytest
from django.http import Http404
from django.test import RequestFactory

from config.paging import LARGEST_NUMBER, Page, older_page, read_number

SIZE = 3


def page_at(address: str) -> Page[int]:
    """Return a page of the numbers 7 to 1."""

    def rows_below(place: int | None) -> tuple[Sequence[int], int | None]:
        below = [number for number in range(7, 0, -1) if place is None or number < place]
        return below[:SIZE], below[SIZE - 1] if len(below) > SIZE else None

    return older_page(RequestFactory().get(address), read=read_number, rows_below=rows_below)


def test_the_first_page_leads_to_older_rows_alone() -> None:
    assert page_at("/log/?q=a") == Page([7, 6, 5], older="/log/?q=a&older=5")


def test_a_page_in_between_leads_both_ways() -> None:
    assert page_at("/log/?q=a&older=5") == Page([4, 3, 2], older="/log/?q=a&older=2", newest="/log/?q=a")


def test_the_last_page_leads_to_the_newest_alone() -> None:
    assert page_at("/log/?older=2") == Page([1], newest="/log/")


@pytest.mark.parametrize("place", ["", "x", "-1", "²", str(LARGEST_NUMBER + 1), "9" * 30])
def test_a_bad_place_gives_the_first_page(place: str) -> None:
    assert page_at(f"/log/?older={place}").rows == [7, 6, 5]


def test_a_place_below_every_row_is_not_found() -> None:
    with pytest.raises(Http404):
        page_at("/log/?older=1")


@pytest.mark.parametrize("address", ["/log/", "/log/?older=2"])
def test_a_page_with_neighbours_is_not_the_whole_list(address: str) -> None:
    assert not page_at(address).is_whole


def test_a_page_without_neighbours_is_the_whole_list() -> None:
    assert Page([1]).is_whole
