"""The Django admin of change groups and of the global defaults."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from changegroups.models import ChangeDefaults, ChangeGroup
from tests.changegroups.conftest import make_group
from tests.factories import OfferingFactory, UserFactory

pytestmark = pytest.mark.django_db

NO_MODES = {
    "description": "",
    "change_mode": "",
    "subscribe_mode": "",
    "quantity_mode": "",
    "term_changes": "",
    "effective_for_upgrades": "",
    "effective_for_downgrades": "",
    "effective_at_same_level": "",
}
INLINE = {"memberships-INITIAL_FORMS": "0", "memberships-MIN_NUM_FORMS": "0", "memberships-MAX_NUM_FORMS": "1000"}


@pytest.fixture
def admin_client() -> Client:
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Product manager"))
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def offering_rows(*keys: int) -> dict[str, str]:
    rows = {"memberships-TOTAL_FORMS": str(len(keys)), **INLINE}
    for number, key in enumerate(keys):
        rows |= {f"memberships-{number}-offering": str(key), f"memberships-{number}-priority": str(number)}
    return rows


def test_a_group_is_made_with_its_offerings(admin_client: Client) -> None:
    keys = [OfferingFactory().pk for _each in range(2)]
    url = reverse("admin:changegroups_changegroup_add")
    answer = admin_client.post(url, {"name": "Atlas", **NO_MODES, **offering_rows(*keys)})
    assert answer.status_code == 302
    members = ChangeGroup.objects.get().memberships
    assert dict(members.values_list("offering", "priority")) == {keys[0]: 0, keys[1]: 1}
    assert LogEntry.objects.exists()


@pytest.mark.parametrize("name", ["Atlas", "ATLAS"])
def test_a_name_and_an_offering_are_taken_once(admin_client: Client, name: str) -> None:
    ChangeGroup.objects.create(name="Atlas")
    key = OfferingFactory().pk
    url = reverse("admin:changegroups_changegroup_add")
    text = admin_client.post(url, {"name": name, **NO_MODES, **offering_rows(key, key)}).content.decode()
    assert "Atlas is there already. Choose another name." in text
    assert ChangeGroup.objects.count() == 1


def test_an_offering_twice_in_a_group_is_refused(admin_client: Client) -> None:
    key = OfferingFactory().pk
    url = reverse("admin:changegroups_changegroup_add")
    answer = admin_client.post(url, {"name": "Atlas", **NO_MODES, **offering_rows(key, key)})
    assert answer.status_code == 200
    assert not ChangeGroup.objects.exists()


def test_the_list_counts_offerings_and_finds_groups_by_sku(admin_client: Client) -> None:
    make_group()
    url = reverse("admin:changegroups_changegroup_changelist")
    assert '<td class="field-size">3</td>' in admin_client.get(url, {"q": "PREMIUM"}).content.decode()
    assert "0 change groups" in admin_client.get(url, {"q": "GOLD"}).content.decode()


def test_the_page_of_a_group_opens(admin_client: Client) -> None:
    url = reverse("admin:changegroups_changegroup_change", args=[make_group().pk])
    assert "admin-autocomplete" in admin_client.get(url).content.decode()


def test_the_defaults_are_one_row_to_edit(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:changegroups_changedefaults_changelist")).status_code == 200
    url = reverse("admin:changegroups_changedefaults_change", args=[1])
    modes = {
        "change_mode": "upgrade",
        "subscribe_mode": "keep",
        "quantity_mode": "keep_same",
        "term_changes": "refused",
        "effective_for_upgrades": "immediately",
        "effective_for_downgrades": "end_of_term",
        "effective_at_same_level": "immediately",
    }
    assert admin_client.post(url, modes).status_code == 302
    saved = ChangeDefaults.objects.get()
    assert (saved.change_mode, saved.effective_for_downgrades) == ("upgrade", "end_of_term")


def test_the_defaults_are_neither_added_nor_deleted(admin_client: Client) -> None:
    ChangeDefaults.objects.create(pk=1)
    assert admin_client.get(reverse("admin:changegroups_changedefaults_add")).status_code == 403
    assert admin_client.post(reverse("admin:changegroups_changedefaults_delete", args=[1])).status_code == 403
    assert ChangeDefaults.objects.count() == 1


@pytest.mark.parametrize(
    ("allowed", "is_grouped", "is_refused"),
    [
        ("upgrade", False, True),
        ("downgrade", False, True),
        ("both", False, False),
        ("none", False, False),
        ("upgrade", True, False),
        ("downgrade", True, False),
    ],
)
def test_a_direction_needs_a_change_group(
    admin_client: Client, allowed: str, is_grouped: bool, is_refused: bool
) -> None:
    group = make_group()
    offering = group.offerings.first()
    assert offering is not None
    if not is_grouped:
        group.delete()
    url = reverse("admin:offerings_offering_change", args=[offering.pk])
    form = admin_client.get(url).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    charges = {f"charges-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    answer = admin_client.post(url, {**data, **charges, "allowed_changes": allowed})
    errors = answer.context["adminform"].form.errors if answer.context else {}
    assert ("allowed_changes" in errors) is is_refused
