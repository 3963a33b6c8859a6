"""Every command that writes leaves a line in History that names who ran it; every other one writes nothing.

The tests walk every command of ours: a new one fails until it is listed here.
"""

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db.models import QuerySet
from django.test import Client

from changegroups.models import ChangeGroup
from entitlements.history.log import log_lines
from entitlements.history.log_filters import EDIT_KINDS, LogFilters
from entitlements.history.log_lines import LogLine
from entitlements.models import Act, Amendment, Customer
from entitlements.operations import SetOverrides
from offerings.models import Charge, Offering
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of
from tests.entitlements.schedule.asking import MARCH, scheduled
from tests.factories import UserFactory
from tests.offerings.catalogs.real import FILES

pytestmark = pytest.mark.django_db
APPS = ("config", "offerings", "changegroups", "entitlements")
GROUPS = "groups:\n  Atlas:\n    change_mode: upgrade\n    offerings: {SILVER-ANNUAL: 10, GOLD-ANNUAL: 20}\n"
Arguments = Callable[[Cast, Path], list[str]]


def change_amount(_cast: Cast, _folder: Path) -> list[str]:
    Charge.objects.filter(offering__sku="SILVER-ANNUAL").update(amount=125)
    return ["--sku", "SILVER-ANNUAL", "--note", "Dearer."]


def groups_file(_cast: Cast, folder: Path) -> list[str]:
    path = folder / "groups.yml"
    path.write_text(GROUPS)
    return [str(path)]


def disable(cast: Cast, _folder: Path) -> list[str]:
    return ["disable", "--entitlement", str(cast.entitle().pk), "--reason", "Unpaid", "--yes"]


def move(cast: Cast, _folder: Path) -> list[str]:
    cast.entitle("silver_annual")
    return ["--from", "SILVER-ANNUAL", "--to", "GOLD-ANNUAL", "--reason", "Thanks", "--yes"]


def revert(cast: Cast, _folder: Path) -> list[str]:
    cast.override(cast.entitle(), seat_limit=9)
    return ["--right", "seat_limit", "--reason", "Over", "--yes"]


def undo(cast: Cast, _folder: Path) -> list[str]:
    return [str(cast.override(cast.entitle(), seat_limit=9).pk), "--reason", "Too early", "--yes"]


def erase(cast: Cast, _folder: Path) -> list[str]:
    customer = cast.entitle().order.customer
    Customer.objects.filter(pk=customer.pk).update(account_reference="C-1", disabled_at=NOW)
    return ["C-1", "--yes"]


def export(cast: Cast, folder: Path) -> list[str]:
    Customer.objects.filter(pk=cast.entitle().order.customer_id).update(account_reference="C-1")
    return ["C-1", "--output", str(folder / "customer.json")]


def due(cast: Cast, _folder: Path) -> list[str]:
    """Schedule something, and let its day come."""
    scheduled(cast, SetOverrides(as_of=TODAY, values={"seat_limit": 9}), cast.entitle(), MARCH)
    Amendment.objects.update(effective_on=TODAY)
    return []


def customers_file(_cast: Cast, folder: Path) -> list[str]:
    path = folder / "customers.csv"
    path.write_text("account_reference,name\nC-10288,Halden Robotics\n")
    return [str(path)]


def entitlements_file(_cast: Cast, folder: Path) -> list[str]:
    path = folder / "entitlements.csv"
    path.write_text("account_reference,customer,order_reference,sku\nC-1,Halden,SO-1,SILVER-ANNUAL\n")
    return [str(path), "--reason", "Moved"]


READING: dict[str, list[str]] = {
    "billing_periods": ["--anchor", "2027-01-31", "--every", "P1M"],
    "check_entitlements": [],
    "export_catalog": ["atlas"],
    "export_change_groups": [],
    "prorate": [os.devnull],
}
WRITING: dict[str, Arguments] = {
    "import_catalog": lambda _cast, _folder: [str(FILES["planable-2019"]), "--product", "planable", "--publish"],
    "publish_offerings": change_amount,
    "import_change_groups": groups_file,
    "import_customers": customers_file,
    "import_entitlements": entitlements_file,
    "rank_plans": lambda _cast, _folder: ["--product", "atlas"],
    "change_offering": move,
    "operate": disable,
    "apply_amendments": due,
    "revert_overrides": revert,
    "undo_act": undo,
    "erase_customer": erase,
    "export_customer": export,
}
REPAIRING = "check_entitlements"  # reads, but for --repair
IN_AN_EMPTY_DATABASE = {"seed_demo"}  # there is nobody yet to name with --as
GOES_ON = {"resume_act"}  # as the one who began, in an act that is in the log: tests/entitlements/bulk
PREVIEWS = {
    **dict.fromkeys(
        (
            *("import_catalog", "import_change_groups", "import_customers", "import_entitlements", "rank_plans"),
            "apply_amendments",
        ),
        "--dry-run",
    ),
    **dict.fromkeys(
        (
            *("publish_offerings", "change_offering", "operate", "revert_overrides", "undo_act"),
            *("erase_customer", "export_customer"),
        ),
        "--preview",
    ),
}
SAME_AGAIN = (
    *("import_catalog", "publish_offerings", "import_change_groups", "import_customers", "import_entitlements"),
    "rank_plans",
)


def run(command: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output, stderr=output)
    return output.getvalue()


def content() -> dict[str, list[Any]]:
    """Return every row of every table."""
    models = [model for model in apps.get_models() if model._meta.managed]
    return {model._meta.label: list(QuerySet(model).order_by("pk").values_list()) for model in models}


def lines(*, by: str) -> list[LogLine]:
    """Return the lines of History that name somebody, newest first."""
    return list(log_lines(LogFilters(person=by), editable=EDIT_KINDS))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


def test_every_command_of_ours_is_listed_once() -> None:
    ours = sorted(name for name, app in get_commands().items() if app in APPS)
    assert sorted([*READING, *WRITING, *IN_AN_EMPTY_DATABASE, *GOES_ON]) == ours


@pytest.mark.parametrize("command", WRITING)
def test_a_command_that_writes_takes_a_person_and_a_preview(command: str) -> None:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    assert {"--as", PREVIEWS[command]} <= set(parser._option_string_actions)


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_writes_nothing(cast: Cast, command: str) -> None:
    cast.entitle()
    Customer.objects.update(account_reference="C-1")
    before = content()
    run(command, *READING[command])
    assert content() == before


@pytest.mark.parametrize("command", WRITING)
def test_a_preview_writes_nothing(cast: Cast, folder: Path, command: str) -> None:
    arguments = WRITING[command](cast, folder)
    before = content()
    run(command, *arguments, PREVIEWS[command])
    assert content() == before


@pytest.mark.parametrize("command", WRITING)
def test_a_command_leaves_a_line_of_the_person_it_runs_for(cast: Cast, boss: User, folder: Path, command: str) -> None:
    run(command, *WRITING[command](cast, folder), "--as", "boss")
    assert lines(by="boss")


@pytest.mark.parametrize("command", WRITING)
def test_without_a_person_the_line_names_the_process(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LOGNAME", "deploy")
    run(command, *WRITING[command](cast, folder))
    assert lines(by="system (deploy)")
    assert "system (deploy)" in client_of(cast.people["administrator"]).get("/history/").content.decode()


@pytest.mark.parametrize("command", SAME_AGAIN)
def test_the_same_again_leaves_no_line(cast: Cast, boss: User, folder: Path, command: str) -> None:
    arguments = WRITING[command](cast, folder)
    run(command, *arguments)
    run(command, *arguments, "--as", "boss")
    assert lines(by="boss") == []


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("username", ["nobody", "viewer", "system (deploy)", "\x00"])
def test_who_is_unknown_or_lacks_the_permission_starts_nothing(
    cast: Cast, folder: Path, command: str, username: str
) -> None:
    User.objects.create(username="system (deploy)", is_active=False, is_superuser=True)
    arguments = WRITING[command](cast, folder)
    before = content()
    with pytest.raises(CommandError, match="--as: ") as refusal:
        run(command, *arguments, "--as", username)
    assert (refusal.value.returncode, content()) == (2, before)


@pytest.mark.parametrize(("options", "name"), [([], "system (deploy)"), (["--as", "boss"], "boss")])
def test_a_repair_leaves_a_line_of_who_ran_it(
    cast: Cast, boss: User, monkeypatch: pytest.MonkeyPatch, options: list[str], name: str
) -> None:
    monkeypatch.setenv("LOGNAME", "deploy")
    held = cast.entitle(seats=2)
    type(held).objects.filter(pk=held.pk).update(seats_used=1)
    run(REPAIRING, "--repair", *options)
    [line] = lines(by=name)
    assert line.title == "Wrote on an entitlement"
    assert line.text == "Recounted what was stored wrong: seats_used 1 → 2."


def test_the_demo_leaves_lines_of_its_people_and_processes(settings: Any) -> None:
    run("seed_demo", "--entitlements", "3", "--force")
    found = list(log_lines(LogFilters(), editable=EDIT_KINDS))
    assert {"Miguel Sato", "Olivia Brandt", "Ada Lindqvist"} <= {line.by for line in found}
    titles = {"Added product", "Added offering", "Added change group", "Published offering", "Edited edition"}
    assert titles <= {line.title for line in found if line.by == "Miguel Sato"}
    edited = ("offerings", "changegroups")
    assert not LogEntry.objects.filter(content_type__app_label__in=edited).exclude(user__username="manager").exists()


# --- what the lines say ----------------------------------------------------------------------------------------------


def test_an_import_says_every_value_before_and_after(cast: Cast, boss: User, tmp_path: Path) -> None:
    first, second = tmp_path / "prices.yml", tmp_path / "later" / "prices.yml"
    second.parent.mkdir()
    text = FILES["planable-2019"].read_text()
    first.write_text(text)
    run("import_catalog", str(first), "--product", "planable", "--as", "boss")
    offering = Offering.objects.filter(product__code="planable", charges__amount__gt=0).earliest("pk")
    amount = offering.charges.get().amount
    assert amount is not None
    second.write_text(text.replace(f"price: {amount.normalize():f}", f"price: {amount.normalize() + 1:f}"))
    run("import_catalog", str(second), "--product", "planable", "--as", "boss")
    product, changed = lines(by="boss")[:2]
    assert product.text.startswith("Imported prices.yml: 1 offering changed.")
    assert changed.text == f"Amount of charge price: {amount.normalize():f} → {amount.normalize() + 1:f}."
    assert (changed.thing, changed.url) == (str(offering), offering.get_absolute_url())


def test_an_import_has_one_line_for_its_product_that_names_every_feature(cast: Cast, boss: User) -> None:
    run("import_catalog", str(FILES["github-2025"]), "--product", "github", "--as", "boss")
    found = lines(by="boss")
    assert {line.title for line in found} == {"Added product", "Added offering", "Added plan"}
    [product] = [line for line in found if line.title == "Added product"]
    features = list(Offering.objects.filter(product__code="github")[0].product.features.all())
    assert [str(feature) for feature in features if f"Added feature {feature}: " not in product.text] == []


def test_a_publication_says_number_note_and_values(cast: Cast, boss: User, folder: Path) -> None:
    run("publish_offerings", *change_amount(cast, folder), "--as", "boss")
    [line] = lines(by="boss")
    assert line.title == "Published offering"
    assert line.text.splitlines() == [
        "Revision: 1 → 2.",
        "Note: Dearer.",
        "Price: EUR 100.00 → EUR 125.00.",
    ]


def test_groups_of_a_file_say_values_before_and_after(cast: Cast, boss: User, folder: Path) -> None:
    group = ChangeGroup.objects.create(name="Atlas")
    group.memberships.create(offering=cast.offerings["silver_annual"], priority=7)
    run("import_change_groups", *groups_file(cast, folder), "--as", "boss")
    [line] = lines(by="boss")
    assert (line.title, line.url) == ("Edited change group", group.get_absolute_url())
    assert line.text.splitlines() == [
        "Change mode: global default → upgrade only.",
        "Added GOLD-ANNUAL (priority 20).",
        "Priority of SILVER-ANNUAL: 7 → 10.",
    ]


def test_offering_and_group_show_their_own_edits(cast: Cast, boss: User, folder: Path) -> None:
    run("import_change_groups", *groups_file(cast, folder), "--as", "boss")
    group = ChangeGroup.objects.get()
    viewer = client_of(cast.people["viewer"])
    assert "GOLD-ANNUAL (priority 20)." in viewer.get(group.get_absolute_url()).content.decode()
    offering = cast.offerings["gold_annual"]
    url = f"/admin/offerings/offering/{offering.pk}/retire/"
    client_of(boss).post(url, {"confirm": "yes"})
    assert "Retired: none → " in viewer.get(offering.get_absolute_url()).content.decode()


# --- the user that names a process -----------------------------------------------------------------------------------


@pytest.fixture
def process_user(cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setenv("LOGNAME", "deploy")
    run("rank_plans", "--product", "atlas")
    return User.objects.get(username="system (deploy)")


def test_a_process_cannot_log_in_and_may_nothing(process_user: User) -> None:
    assert (process_user.is_active, process_user.is_staff, process_user.has_usable_password()) == (False, False, False)
    answer = Client().post("/accounts/login/", {"username": process_user.username, "password": "!"})
    assert answer.status_code == 200


def test_nobody_can_take_the_name_of_a_process(process_user: User, boss: User) -> None:
    typed = {"username": "system (backup)", "usable_password": "false"}
    answer = client_of(boss).post("/admin/auth/user/add/", typed)
    assert "Enter a valid username" in answer.content.decode()


def test_a_process_is_no_person_in_lists_of_people(process_user: User, boss: User) -> None:
    client = client_of(boss)
    assert "system (deploy)" not in client.get("/admin/auth/user/").content.decode()
    assert client.get(f"/admin/auth/user/{process_user.pk}/change/").status_code == 302


def test_acts_name_a_process_as_edits_do(cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "deploy")
    run("operate", *disable(cast, folder))
    act = Act.objects.latest("pk")
    assert (act.made_by, act.made_by_name) == (None, "system (deploy)")


def test_a_process_that_shares_its_name_with_a_person_stays_another(cast: Cast, folder: Path) -> None:
    UserFactory(username="deploy")
    run("operate", *disable(cast, folder), "--as", "operations")
    assert lines(by="deploy") == []
