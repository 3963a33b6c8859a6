"""The commands that import: templates, dry runs, errors by line, exit codes."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entitlements.models import Act, Customer, Entitlement
from tests.cast import Cast

pytestmark = pytest.mark.django_db

HEAD = "account_reference;customer;order_reference;sku\n"


def run(command: str, *arguments: Any) -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=output, stderr=errors)
    except CommandError as error:
        return f"{output.getvalue()}exit {error.returncode}", f"{errors.getvalue()}{error}"
    return output.getvalue(), errors.getvalue()


def written(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("command", "why"), [("import_customers", []), ("import_entitlements", ["--reason", "Moved"])])
def test_a_template_can_be_imported_as_it_is(cast: Cast, tmp_path: Path, command: str, why: list[str]) -> None:
    template, _errors = run(command, "--template")
    output, errors = run(command, written(tmp_path, template), *why)
    assert (output.startswith("Imported file.csv: 1 line: 1 new, 0 changed, 0 the same"), errors) == (True, "")


def test_a_dry_run_counts_and_writes_nothing(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "C-1;Halden;SO-1;SILVER-ANNUAL\nC-1;;SO-2;SILVER-ANNUAL\n")
    output, _errors = run("import_entitlements", path, "--dry-run", "--reason", "Moved")
    assert output == (
        "Dry run: nothing was written. 2 lines: 2 new, 0 changed, 0 the same; 1 new customer and 2 new orders.\n"
    )
    assert not Customer.objects.exists()


def test_all_errors_are_printed_in_order_of_lines_and_nothing_is_written(cast: Cast, tmp_path: Path) -> None:
    path = written(
        tmp_path, HEAD + "C-1;Halden;SO-1;SILVER-ANNUAL\nC-2;;SO-2;SILVER-ANNUAL\nC-1;;SO-3;NO-SUCH\n;;;\n;;SO-4\n"
    )
    output, errors = run("import_entitlements", path, "--reason", "Moved")
    said = [line.strip().partition(":")[0] for line in errors.splitlines() if line.startswith("  line")]
    assert (output, said) == ("exit 1", ["line 3, customer", "line 4, sku", "line 6, sku"])
    assert "3 errors. Nothing was imported." in errors
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the file"),
        (["no-such.csv", "--reason", "x"], "No such file"),
        (["{file}"], "--reason: Give a reason"),
        (["{file}", "--reason", "x" * 501], "--reason: Use at most 500"),
        (["{file}", "--reason", "x", "--reference", "a\0b"], "--reference: Leave out control characters"),
        (["{empty}", "--reason", "x"], "This file is empty"),
    ],
)
def test_what_cannot_start_says_why_with_exit_code_2(
    cast: Cast, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "empty.csv").write_text("")
    path = written(tmp_path, HEAD + "C-1;Halden;SO-1;SILVER-ANNUAL\n")
    filled = [each.format(file=path, empty=tmp_path / "empty.csv") for each in arguments] or ["--reason", "x"]
    output, errors = run("import_entitlements", *filled)
    assert (output, sentence in errors) == ("exit 2", True)
    assert not Act.objects.exists()


def test_dates_with_slashes_are_read_as_the_option_says(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD.replace("sku", "sku;expires_on") + "C-1;Halden;SO-1;SILVER-ANNUAL;3/4/2028\n")
    refused, errors = run("import_entitlements", path, "--reason", "Moved")
    assert (refused, "can be 2028-04-03 or 2028-03-04" in errors) == ("exit 1", True)
    run("import_entitlements", path, "--reason", "Moved", "--dates", "month-first")
    assert str(Entitlement.objects.get().expires_on) == "2028-03-04"
