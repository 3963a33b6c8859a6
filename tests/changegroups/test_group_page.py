"""The page of a change group: saving, the preview of what is not saved, its offerings, and who may do what."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changegroups.models import ChangeDefaults, ChangeGroup, ChangeMode, Membership
from tests.changegroups.conftest import HTMX, LogIn, make_group, more_members
from tests.factories import OfferingFactory, ProductFactory, published

pytestmark = pytest.mark.django_db

MODES = {
    "change_mode": "",
    "subscribe_mode": "",
    "quantity_mode": "",
    "term_changes": "",
    "effective_for_upgrades": "",
    "effective_for_downgrades": "",
    "effective_at_same_level": "",
}
SAID = {"name": "Atlas", "description": "", **MODES}


def address(name: str, group: ChangeGroup, *args: int) -> str:
    return reverse(f"changegroups:{name}", args=[group.pk, *args])


def shown(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def words(text: str) -> str:
    """Return what the picture says to people who do not see it."""
    found = re.search(r'role="img" aria-label="([^"]*)"', text)
    assert found
    return found[1]


def member(group: ChangeGroup, sku: str = "PREMIUM-M") -> Membership:
    return group.memberships.get(offering__sku=sku)


def logged() -> list[str]:
    return [
        entry.get_change_message()
        for entry in LogEntry.objects.filter(content_type__model="changegroup").order_by("pk")
    ]


def test_each_mode_names_its_global_default(viewer: Client) -> None:
    ChangeDefaults.objects.create(pk=1, subscribe_mode="keep")
    text = shown(viewer.get(make_group().get_absolute_url()))
    assert "Global default (both)" in text
    assert "Global default (keep)" in text


def test_saving_writes_what_changed_and_logs_it(manager: Client) -> None:
    group = make_group()
    manager.post(group.get_absolute_url(), {**SAID, "name": "Atlas moves", "change_mode": "upgrade"})
    group.refresh_from_db()
    assert (group.name, group.change_mode) == ("Atlas moves", "upgrade")
    assert logged() == ["Name: Atlas → Atlas moves.\nChange mode: global default → upgrade only."]


def test_saving_what_is_there_already_logs_nothing(manager: Client) -> None:
    manager.post(make_group().get_absolute_url(), SAID)
    assert logged() == []


def test_a_name_of_another_group_is_refused_and_what_was_typed_stays(manager: Client) -> None:
    group = make_group()
    ChangeGroup.objects.create(name="Borealis")
    answer = manager.post(group.get_absolute_url(), {**SAID, "name": "borealis", "change_mode": "downgrade"})
    text = shown(answer, 422)
    assert "already. Choose another name." in text
    assert '<option value="downgrade" selected>' in text
    assert "<h1>Atlas " in text


def test_the_preview_draws_the_mode_that_is_not_saved(manager: Client) -> None:
    group = make_group()
    text = shown(manager.post(group.get_absolute_url(), {**SAID, "change_mode": "upgrade", "preview": "1"}))
    assert "From Premium-M: up to Premium-Y." in words(text)
    assert "not saved yet" in text
    group.refresh_from_db()
    assert group.change_mode == ""
    assert logged() == []


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (ChangeMode.BOTH, "From Premium-M: up to Premium-Y; down to Basic-M."),
        (ChangeMode.UPGRADE, "From Premium-M: up to Premium-Y."),
        (ChangeMode.DOWNGRADE, "From Premium-M: down to Basic-M."),
    ],
)
def test_the_ladder_shows_the_moves_of_the_mode(viewer: Client, mode: str, sentence: str) -> None:
    text = shown(viewer.get(make_group(change_mode=mode).get_absolute_url()))
    assert words(text).endswith(sentence)
    assert f"<li>{sentence}</li>" in text


def test_the_ladder_shows_moves_from_the_offering_that_is_picked(viewer: Client) -> None:
    text = shown(viewer.get(make_group().get_absolute_url(), {"from": "BASIC-M"}))
    assert words(text).endswith("From Basic-M: up to Premium-Y, Premium-M.")


def test_a_bookmark_of_an_offering_that_left_shows_another(viewer: Client) -> None:
    text = shown(viewer.get(make_group().get_absolute_url(), {"from": "GONE", "try": "GONE"}))
    assert "From Premium-M" in words(text)


def test_trying_says_what_staff_and_customers_are_offered_and_why_not(viewer: Client) -> None:
    text = shown(viewer.get(make_group(change_mode=ChangeMode.UPGRADE).get_absolute_url(), {"try": "PREMIUM-M"}))
    assert "Atlas is upgrade only; this is a downgrade." in text
    assert "Atlas is not open to customers." in text
    assert "Keep if terms match, else create new; quantity may change" in text


def test_trying_follows_what_is_typed(manager: Client) -> None:
    group = make_group()
    typed = {**SAID, "term_changes": "refused", "is_self_service": "on", "preview": "1", "try": "PREMIUM-M"}
    text = shown(manager.post(group.get_absolute_url(), typed))
    assert "Atlas refuses another license type or duration." in text
    assert "not open to customers" not in text


def test_a_group_without_offerings_says_what_to_do(viewer: Client) -> None:
    text = shown(viewer.get(ChangeGroup.objects.create(name="Empty").get_absolute_url()))
    assert "Add two offerings or more below" in text


def test_names_and_descriptions_are_escaped(viewer: Client) -> None:
    group = make_group(name="<i>Atlas</i>", description='"><script>x</script>')
    more_members(group, 1)[0].memberships.update(priority=5)
    OfferingFactory._meta.model.objects.filter(sku="BASIC-M").update(name='<img src="x">')
    text = shown(viewer.get(group.get_absolute_url(), {"from": "BASIC-M"}))
    assert "<i>Atlas" not in text
    assert "<script>x" not in text
    assert "<img" not in text


def test_suggestions_know_product_name_and_sku_and_leave_out_members(manager: Client) -> None:
    group = make_group()
    for sku, name in (("GOLD", "Gold annual"), ("SILVER", "Silver annual")):
        OfferingFactory(sku=sku, name=name, product=ProductFactory(name=f"Borealis {name}"))
    assert '<option value="GOLD">' in shown(manager.get(address("suggestions", group), {"offering": "borealis gold"}))
    assert shown(manager.get(address("suggestions", group), {"offering": "premium"})).strip() == ""
    assert shown(manager.get(address("suggestions", group), {"offering": ""})).strip() == ""


@pytest.mark.parametrize("text", ["GOLD", "gold", "gold annual", "Borealis: Gold annual"])
def test_an_offering_is_added_above_the_others(manager: Client, text: str) -> None:
    group = make_group()
    OfferingFactory(sku="GOLD", name="Gold annual", product=ProductFactory(name="Borealis"))
    answer = manager.post(address("add", group), {"offering": text})
    assert answer.status_code == 302
    assert member(group, "GOLD").priority == 40
    assert logged() == ["Added GOLD (priority 40)."]


def test_where_several_are_found_they_are_listed_to_choose_from(manager: Client) -> None:
    group = make_group()
    for sku in ("GOLD-M", "GOLD-Y"):
        OfferingFactory(sku=sku, name="Gold")
    text = shown(manager.post(address("add", group), {"offering": "gold"}), 422)
    assert "Several offerings are found. Choose one." in text
    assert 'name="offering" value="GOLD-Y"' in text
    assert group.memberships.count() == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write a product, a name or a SKU."),
        ("BASIC-M", "is in the group already"),
        ("nothing like it", "No offering on sale is found"),
        ("OLD", "is retired"),
        ("nul\0", "No offering on sale is found"),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_reason(manager: Client, text: str, sentence: str) -> None:
    group = make_group()
    OfferingFactory(sku="OLD", name="Vintage").retire()
    assert sentence in shown(manager.post(address("add", group), {"offering": text}), 422)
    assert group.memberships.count() == 3


def test_a_priority_is_saved_in_place_and_what_was_typed_elsewhere_stays(manager: Client) -> None:
    group = make_group()
    typed = {**SAID, "change_mode": "upgrade", "priority": "5"}
    text = shown(manager.post(address("priority", group, member(group).pk), typed, headers=HTMX))
    assert member(group).priority == 5
    assert '<option value="upgrade" selected>' in text
    assert "Premium-M is at priority 5." in text
    assert "<html" not in text
    assert logged() == ["Priority of PREMIUM-M: 20 → 5."]


def test_a_priority_is_saved_without_scripts(manager: Client) -> None:
    group = make_group()
    answer = manager.post(address("priority", group, member(group).pk), {"priority": "-7"}, follow=True)
    assert member(group).priority == -7
    assert "Premium-M is at priority -7." in shown(answer)


def test_the_same_priority_again_is_no_change(manager: Client) -> None:
    group = make_group()
    manager.post(address("priority", group, member(group).pk), {"priority": "20"})
    assert logged() == []


@pytest.mark.parametrize("text", ["", "high", "1.5", "99999999999999999999", "-2147483649"])
def test_a_priority_that_is_no_whole_number_is_refused(manager: Client, text: str) -> None:
    group = make_group()
    answer = manager.post(address("priority", group, member(group).pk), {"priority": text})
    assert "Premium-M: Write a priority" in shown(answer, 422)
    assert member(group).priority == 20


def test_equal_priorities_are_shown_as_one_level(viewer: Client) -> None:
    group = make_group()
    group.memberships.filter(offering__sku="PREMIUM-M").update(priority=30)
    text = shown(viewer.get(group.get_absolute_url()))
    assert "same level as Premium-M" in text
    assert "Priority 30: Premium-M, Premium-Y." in words(text).replace("Premium-Y, Premium-M", "Premium-M, Premium-Y")


def test_taking_an_offering_out_is_done_at_once_and_can_be_undone(manager: Client) -> None:
    group = make_group()
    text = shown(manager.post(address("remove_offering", group, member(group).pk), follow=True))
    assert not group.memberships.filter(offering__sku="PREMIUM-M").exists()
    assert "The offering itself is unchanged." in text
    assert 'name="priority" value="20"' in text
    manager.post(address("add", group), {"offering": "PREMIUM-M", "priority": "20"})
    assert member(group).priority == 20
    assert logged() == ["Removed PREMIUM-M (priority 20).", "Added PREMIUM-M (priority 20)."]


def test_an_offering_of_another_group_is_not_moved_through_this_one(manager: Client) -> None:
    group, other = make_group(), ChangeGroup.objects.create(name="Other")
    for name in ("priority", "remove_offering"):
        answer = manager.post(address(name, other, member(group).pk), {"priority": "1"})
        assert answer.status_code == 404
    assert member(group).priority == 20


def test_people_who_only_look_see_no_way_to_edit_and_are_refused(viewer: Client) -> None:
    group = make_group()
    text = shown(viewer.get(group.get_absolute_url()))
    assert 'class="priority"' not in text
    assert 'form="group-form" class="button"' not in text.replace('name="preview" value="1" ', "preview ")
    key = member(group).pk
    posts = [(group.get_absolute_url(), SAID), (address("add", group), {"offering": "X"})]
    posts += [(address(name, group, key), {"priority": "1"}) for name in ("priority", "remove_offering")]
    assert [viewer.post(url, data).status_code for url, data in posts] == [403] * 4
    assert viewer.get(address("suggestions", group)).status_code == 403


def test_the_page_is_refused_without_permission(client_as: LogIn) -> None:
    group = make_group()
    stranger = client_as("")
    assert stranger.get(group.get_absolute_url()).status_code == 403
    assert stranger.get(reverse("changegroups:offering", args=["BASIC-M"])).status_code == 403


def test_an_offerings_page_leads_to_its_groups_and_open_moves(viewer: Client) -> None:
    make_group(name="Atlas moves", change_mode=ChangeMode.UPGRADE)
    url = reverse("changegroups:offering", args=["BASIC-M"])
    assert url in shown(viewer.get(reverse("offerings:offering", args=["BASIC-M"])))
    text = shown(viewer.get(url))
    assert "Atlas moves" in text
    assert "2 of 2 open to staff" in text
    assert "<html" not in shown(viewer.get(url, headers=HTMX))


@pytest.mark.parametrize(
    ("has_group", "sentence"), [(True, "no move is open from here"), (False, "all are open to each other, unranked")]
)
def test_an_offering_without_group_says_what_holds(viewer: Client, has_group: bool, sentence: str) -> None:
    product = ProductFactory()
    for sku in ("ONE", "TWO"):
        published(OfferingFactory(sku=sku, product=product))
    if has_group:
        group = ChangeGroup.objects.create(name="Other")
        Membership.objects.create(group=group, offering=product.offerings.get(sku="TWO"))
    assert sentence in shown(viewer.get(reverse("changegroups:offering", args=["ONE"])))


def test_the_pages_queries_do_not_grow_with_the_group(viewer: Client) -> None:
    group = make_group()
    urls = [group.get_absolute_url(), reverse("changegroups:offering", args=["BASIC-M"])]
    counts = []
    for count in (1, 12):
        more_members(group, count)
        for url in urls:
            viewer.get(url)
            with CaptureQueriesContext(connection) as queries:
                shown(viewer.get(url))
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(("target", "parts"), [("moves", ["moves"]), ("members", ["members", "moves"])])
def test_htmx_gets_the_parts_alone_that_a_choice_renews(manager: Client, target: str, parts: list[str]) -> None:
    headers = {"HX-Request": "true", "HX-Target": target}
    text = shown(manager.post(make_group().get_absolute_url(), {**SAID, "preview": "1"}, headers=headers))
    assert re.findall(r'id="(moves|members|group-form)"', text) == parts
    assert text.count("hx-swap-oob") == len(parts) - 1


def test_the_page_of_an_offering_loads_the_card_of_its_open_moves_alone(viewer: Client) -> None:
    make_group()
    headers = {"HX-Request": "true", "HX-Target": "open-moves"}
    text = shown(viewer.get(reverse("changegroups:offering", args=["PREMIUM-M"]), headers=headers))
    assert text.lstrip().startswith('<section class="card" id="open-moves"')
