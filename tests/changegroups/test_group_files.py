"""Change groups as YAML, and the commands that read and write it."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from changegroups.models import ChangeGroup
from tests.changegroups.conftest import make_group
from tests.factories import OfferingFactory

pytestmark = pytest.mark.django_db

GOOD = """\
groups:
  Atlas moves:
    description: "Between all: of them"
    change_mode: upgrade
    self_service: true
    offerings:
      GOLD: 30
      SILVER: 30
      BRONZE: -10
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a good file, beside the offerings it names."""
    for sku in ("GOLD", "SILVER", "BRONZE"):
        OfferingFactory(sku=sku)
    path = tmp_path / "groups.yml"
    path.write_text(GOOD)
    return path


def run(command: str, *arguments: str | Path) -> str:
    output = StringIO()
    call_command(command, *map(str, arguments), stdout=output, stderr=output)
    return output.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(CommandError) as caught:
        run("import_change_groups", path)
    return str(caught.value)


def ranked(group: ChangeGroup) -> dict[str, int]:
    return dict(group.memberships.values_list("offering__sku", "priority"))


def test_a_group_is_made_as_the_file_says(file: Path) -> None:
    assert run("import_change_groups", file).startswith("Atlas moves: new.\n")
    group = ChangeGroup.objects.get()
    assert (group.change_mode, group.subscribe_mode, group.is_self_service) == ("upgrade", "", True)
    assert ranked(group) == {"GOLD": 30, "SILVER": 30, "BRONZE": -10}


def test_the_same_file_again_changes_nothing(file: Path) -> None:
    run("import_change_groups", file)
    assert run("import_change_groups", file) == "Atlas moves: unchanged.\n"


def test_a_dry_run_says_everything_and_writes_nothing(file: Path) -> None:
    output = run("import_change_groups", file, "--dry-run")
    assert "Added GOLD (priority 30)." in output
    assert output.endswith("Dry run: nothing was written.\n")
    assert not ChangeGroup.objects.exists()


def test_a_group_of_a_known_name_gets_exactly_what_the_file_says(file: Path) -> None:
    other, group = make_group("Other"), ChangeGroup.objects.create(name="ATLAS MOVES", change_mode="both")
    group.memberships.create(offering=OfferingFactory(sku="PLATINUM"), priority=1)
    group.memberships.create(offering=OfferingFactory._meta.model.objects.get(sku="GOLD"), priority=7)
    output = run("import_change_groups", file)
    for line in ("Change mode: both → upgrade only.", "Removed PLATINUM (priority 1).", "Priority of GOLD: 7 → 30."):
        assert line in output
    group.refresh_from_db()
    assert (group.name, ranked(group)) == ("Atlas moves", {"GOLD": 30, "SILVER": 30, "BRONZE": -10})
    assert len(ranked(other)) == 3


def test_what_is_exported_imports_again_without_a_change(file: Path, tmp_path: Path) -> None:
    run("import_change_groups", file)
    make_group("true", description="two\nlines: - and # signs", term_changes="refused")
    ChangeGroup.objects.create(name="Empty: 007")
    exported = tmp_path / "exported.yml"
    run("export_change_groups", "--output", exported)
    assert run("import_change_groups", exported).count("unchanged") == 3
    ChangeGroup.objects.all().delete()
    run("import_change_groups", exported)
    assert run("export_change_groups") == exported.read_text(encoding="utf-8")


def test_an_export_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_change_groups", "--output", tmp_path / "no" / "such" / "folder.yml")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("GOLD: 30", "PLATINUM: 30", "groups.Atlas moves.offerings.PLATINUM (line 7): There is no offering of this"),
        ("GOLD: 30", "GOLD: high", "groups.Atlas moves.offerings.GOLD (line 7): Write a whole number"),
        ("GOLD: 30", "GOLD: 1.5", "Write a whole number"),
        ("GOLD: 30", "GOLD: true", "Write a whole number"),
        ("GOLD: 30", "GOLD: 99999999999", "Write a whole number"),
        ("SILVER: 30", "GOLD: 20", "This name stands here twice."),
        ("change_mode: upgrade", "change_mode: sideways", "Write one of both, upgrade, downgrade, or leave it out"),
        ("change_mode: upgrade", "chang_mode: upgrade", "chang_mode (line 4): This is not known here."),
        ("self_service: true", "self_service: maybe", "This is text. Write true or false."),
        ("  Atlas moves:", "  ATLAS MOVES: {}\n  Atlas moves:", "Another group of this file has this name."),
        ("  Atlas moves:", f"  {'x' * 101}:", "Give the group a name of 1 to 100 characters."),
        ("groups:", "group:", "group (line 1): This is not known here."),
        ("groups:", "groups: &anchor", "Anchors and aliases"),
        ("description:", "description: !!python/object:os.system", "is not read"),
    ],
)
def test_a_bad_file_is_refused_whole_with_place_and_reason(file: Path, before: str, after: str, reason: str) -> None:
    file.write_text(GOOD.replace(before, after, 1))
    output = refusal(file)
    assert output.startswith(f"{file}: ")
    assert reason in output
    assert not ChangeGroup.objects.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"{}", '"groups" is missing.'),
        (b"- a", "a file of change groups is a map"),
        (b"PK\x03\x04", "not a file of change groups"),
        (b"\xff\xfe", "text in UTF-16, not in UTF-8"),
        (b"\xff", "not text in UTF-8"),
        (b"a,b\nc,d\n", "a table in CSV, not a file of change groups"),
        (b"groups: [", "not valid YAML"),
    ],
)
def test_what_is_no_file_of_groups_is_refused(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    assert reason in refusal(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.yml")
