"""The tables of before and after: the page of an act shows what its preview showed, in the same rows."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.models import Act
from tests.cast import Cast
from tests.entitlements.pages import address, client_of, look_and_confirm, shown


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def rows(page: str, table: str) -> list[str]:
    """Return the rows of a table without their last cells, which differ."""
    [found] = re.findall(rf'<table class="{table}" data-density="tight">.*?<tbody>(.*?)</tbody>', page, flags=re.DOTALL)
    return [" ".join(row.split()) for row in found.split("</tr>")]


def test_the_values_of_an_act_are_the_rows_of_its_preview(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle()
    url, data = address("change_offering", entitlement), {"target": cast.revision("gold_annual").pk}
    previewed = shown(staff.post(url, {**data, "preview": "1"}))
    look_and_confirm(staff, url, data)
    done = shown(staff.get(reverse("entitlements:act", args=[Act.objects.latest("made_at").pk])))
    assert rows(done, "table diff moves") == rows(previewed, "table diff moves")
    assert len(rows(done, "table diff moves")) > 5


def test_the_overrides_of_an_act_are_those_of_its_preview(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250, "connectors": 20})
    url = address("change_offering", entitlement)
    data = {"target": cast.revision("gold_annual").pk, "drop": "seat_limit"}
    previewed = shown(staff.post(url, {**data, "preview": "1"}))
    look_and_confirm(staff, url, data)
    done = shown(staff.get(reverse("entitlements:act", args=[Act.objects.latest("made_at").pk])))

    def without_last_cell(page: str) -> list[str]:
        return sorted(
            re.sub(r"<td[^>]*>((?!<td).)*</td>$", "", row.strip()).strip() for row in rows(page, "table moves")
        )

    assert without_last_cell(done) == without_last_cell(previewed)
    assert "<s>250</s> 25" in done
    assert '<td class="switched">dropped</td>' in done
    assert 'name="drop"' in previewed
    assert 'name="drop"' not in done
