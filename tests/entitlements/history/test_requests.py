"""Acts whose stored operation this version cannot read: nothing empty, and no name of the code's own."""

import re
from typing import Any

import pytest
from django.db.models import JSONField, Value
from django.test import Client
from django.urls import reverse

from entitlements.models import Act, Change, Entitlement, Source
from entitlements.operations import OPERATIONS, Renew, read
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown

READABLE = Renew(as_of=TODAY).asked()
UNREADABLE: dict[str, Any] = {
    "unknown name": {**READABLE, "operation": "merge_orders"},
    "later version": {**READABLE, "version": 99},
    "no version": {name: value for name, value in READABLE.items() if name != "version"},
    "version in words": {**READABLE, "version": "new"},
    "unknown step": {
        "operation": "together",
        "version": 1,
        "as_of": "2026-11-21",
        "steps": [{"operation": {"operation": "merge_orders"}}],
    },
    "unreadable day": {**READABLE, "as_of": "tomorrow"},
    "null step": {"operation": "together", "version": 1, "as_of": "2026-11-21", "steps": [{"operation": None}]},
    "number with a fraction": {"operation": "set_quantity", "version": 1, "as_of": "2026-11-21", "quantity": 1.5},
    "nothing": {},
    "list": [],
    "text": "x",
    "null": None,
}


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.operations)


def act_of(cast: Cast, entitlement: Entitlement, asked: Any, *, operation: str = "merge_orders") -> Act:
    """Append an act of another version that changed nothing a person sees, as that version would."""
    act = Act.objects.create(
        made_at=NOW,
        made_by=cast.operations,
        made_by_name="operations",
        source=Source.PAGE,
        operation=operation,
        asked=Value(None, JSONField()) if asked is None else asked,
    )
    last = Change.objects.filter(entitlement=entitlement).latest("sequence")
    Change.objects.create(
        act=act,
        entitlement=entitlement,
        unit=entitlement.pk,
        order_id=last.order_id,
        customer_id=last.customer_id,
        sequence=last.sequence + 1,
        from_version=last.to_version,
        to_version=last.to_version,
        from_revision_id=last.to_revision_id,
        to_revision_id=last.to_revision_id,
        delta={},
    )
    return act


@pytest.mark.parametrize("asked", UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_cannot_be_read_has_no_card(cast: Cast, client: Client, asked: Any) -> None:
    act = act_of(cast, cast.entitle(), asked)
    page = shown(client.get(reverse("entitlements:act", args=[act.pk])))
    assert 'id="request-title"' not in page
    assert not re.search(r"<dl[^>]*>\s*</dl>", page)
    assert "No value changed." in page


def test_what_can_be_read_has_one(cast: Cast, client: Client) -> None:
    act = cast.do(Renew(as_of=TODAY), [cast.entitle().pk]).act
    assert act is not None
    page = shown(client.get(reverse("entitlements:act", args=[act.pk])))
    assert 'id="request-title"' in page


def test_an_older_version_is_read(db: None) -> None:
    assert read({**READABLE, "version": 0}) == Renew(as_of=TODAY)


def test_no_page_shows_the_name_of_an_unknown_operation(cast: Cast, client: Client) -> None:
    entitlement = cast.entitle()
    act = act_of(cast, entitlement, UNREADABLE["unknown name"])
    addresses = [
        reverse("entitlements:act", args=[act.pk]),
        reverse("entitlements:acts"),
        reverse("entitlements:history", args=[entitlement.pk]),
        reverse("entitlements:customer_history", args=[entitlement.order.customer_id]),
        entitlement.order.get_absolute_url(),
        reverse("entitlements:undo_act", args=[act.pk]),
    ]
    for page in (shown(client.get(address)) for address in addresses):
        assert "merge_orders" not in page
        assert "Another change" in page


def test_the_file_says_another_change(cast: Cast, client: Client) -> None:
    act_of(cast, cast.entitle(), UNREADABLE["unknown name"])
    answer: Any = client.get(reverse("entitlements:acts_csv"))
    text = b"".join(answer.streaming_content).decode()
    assert "Another change" in text
    assert "merge_orders" not in text


@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_the_title_of_an_act_is_never_its_name_in_the_code(cast: Cast, client: Client, name: str) -> None:
    act = act_of(cast, cast.entitle(), {}, operation=name)
    answer = client.get(reverse("entitlements:act", args=[act.pk]))
    assert answer.context["title"].text != name
    assert "_" not in answer.context["title"].text
