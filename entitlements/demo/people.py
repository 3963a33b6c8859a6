"""The people of the demo: one for each role, all with the same known password."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

PASSWORD = "upshift-demo"  # noqa: S105 (known on purpose: the demo's people guard made-up data alone)
PEOPLE = {
    "administrator": ("Ada", "Lindqvist", "Administrator"),
    "manager": ("Miguel", "Sato", "Product manager"),
    "operations": ("Olivia", "Brandt", "Operations"),
    "support": ("Samir", "Novak", "Support"),
    "viewer": ("Vera", "Okafor", "Viewer"),
}
WITH_ADMIN_SITE = ("administrator", "manager")


def make_people(*, joined_at: datetime) -> dict[str, User]:
    """Create a person for each role and return the people by username; writes."""
    password = make_password(PASSWORD)
    roles = {role.name: role for role in Group.objects.all()}
    people = {}
    for username, (first_name, last_name, role) in PEOPLE.items():
        person = User.objects.create(
            username=username,
            first_name=first_name,
            last_name=last_name,
            email=f"{username}@upshift.example",
            password=password,
            is_staff=username in WITH_ADMIN_SITE,
            is_superuser=username == "administrator",
            date_joined=joined_at,
        )
        person.groups.add(roles[role])
        people[username] = person
    return people
