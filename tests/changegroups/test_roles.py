"""What each role may do with change groups."""

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db

LOOK = {"view_changegroup", "view_membership", "view_changedefaults"}
EDIT = {
    "add_changegroup",
    "change_changegroup",
    "delete_changegroup",
    "add_membership",
    "change_membership",
    "delete_membership",
    "change_changedefaults",
}
OUTSIDE = {"change_outside_group"}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Viewer", LOOK),
        ("Support", LOOK),
        ("Operations", LOOK | OUTSIDE),
        ("Product manager", LOOK | EDIT),
        ("Administrator", LOOK | EDIT | OUTSIDE),
    ],
)
def test_a_role_may_do_this_and_nothing_else(role: str, allowed: set[str]) -> None:
    ours = Group.objects.get(name=role).permissions.filter(content_type__app_label="changegroups")
    assert set(ours.values_list("codename", flat=True)) == allowed
