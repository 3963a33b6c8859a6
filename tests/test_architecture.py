"""What holds for the code as a whole and no linter sees. Who imports whom is checked by ``make lint``."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.apps import apps
from django.core.management import find_commands, get_commands

CHECKOUT = Path(__file__).resolve().parent.parent
APPS = ("config", "offerings", "changegroups", "entitlements")
LAYER_NAMES = {"utils", "util", "common", "core", "helpers", "services", "mixins", "misc", "signals"}

MODULES = sorted(path for app in APPS for path in (CHECKOUT / app).rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((CHECKOUT / "templates").rglob("*.html"))


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def functions() -> Iterator[tuple[str, int]]:
    """Yield each function's name with its number of lines."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield f"{shown(module)}: {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def tags(template: Path) -> list[str]:
    """Return every opening tag of a template, comments left out."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", "", template.read_text(), flags=re.DOTALL)
    return re.findall(r"<[a-z][^>]*(?:{%[^%]*%}[^>]*)*>", text)


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {shown(module): len(module.read_text().splitlines()) for module in MODULES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_nine_of_ten_functions_have_25_lines_or_fewer() -> None:
    lengths = [length for _name, length in functions()]
    assert sum(length <= 25 for length in lengths) >= 0.9 * len(lengths)


def test_no_function_has_more_than_50_lines() -> None:
    assert [name for name, length in functions() if length > 50] == []


def test_no_module_is_named_after_a_layer() -> None:
    assert [shown(module) for module in MODULES if LAYER_NAMES & {module.stem, module.parent.name}] == []


def test_no_module_hangs_work_on_signals() -> None:
    assert [
        shown(module) for module in MODULES if re.search(r"django\.(db\.models|dispatch).*\bsignal", module.read_text())
    ] == []


def test_the_catalog_asks_its_users_for_one_thing_only_how_many_hold_what_is_sold() -> None:
    relations = re.compile(r'["\'](entitlements|memberships|change_groups)["\']|\b(entitlements|memberships)__')
    modules = [module for module in MODULES if module.is_relative_to(CHECKOUT / "offerings")]
    assert [shown(module) for module in modules if relations.search(module.read_text())] == ["offerings/holders.py"]


def test_no_command_shadows_another_apps() -> None:
    commands = {app.name: set(find_commands(f"{app.path}/management")) for app in apps.get_app_configs()}
    commands["django.core"] = set(find_commands(f"{Path(django.__file__).parent}/core/management"))
    assert {name for name, app in get_commands().items() if app in APPS} >= {"import_catalog", "change_offering"}
    pairs = [(app, other) for app in APPS for other in commands if other != app]
    twice = {(app, other, name) for app, other in pairs for name in commands[app] & commands[other]}
    assert twice == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=shown)
def test_a_template_has_nothing_that_the_security_policy_refuses(template: Path) -> None:
    refused = [tag for tag in tags(template) if re.search(r"\sstyle=|\son[a-z]+=|^<style", tag)]
    inline = [tag for tag in tags(template) if tag.startswith("<script") and not re.search(r"src=|nonce=|json", tag)]
    assert refused + inline == []


@pytest.mark.parametrize("template", TEMPLATES, ids=shown)
def test_what_htmx_does_also_works_without_it(template: Path) -> None:
    links = [tag for tag in tags(template) if re.match(r"<a\s", tag) and re.search(r"\shx-(get|post)", tag)]
    forms = [tag for tag in tags(template) if tag.startswith("<form") and re.search(r"\shx-(get|post)", tag)]
    assert [tag for tag in links if "href=" not in tag] + [tag for tag in forms if "action=" not in tag] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=shown)
def test_a_button_says_what_it_is(template: Path) -> None:
    assert [tag for tag in tags(template) if re.match(r"<button\b", tag) and not re.search(r"\stype=", tag)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=shown)
def test_no_row_of_a_table_includes_another_template(template: Path) -> None:
    rows = re.findall(r"<tr\b.*?</tr>", template.read_text(), flags=re.DOTALL)
    assert [row for row in rows if re.search(r"{%\s*include\b", row)] == []


@pytest.mark.parametrize(
    "path", [CHECKOUT / "Makefile", CHECKOUT / "README.md", *(CHECKOUT / ".ci").iterdir(), *MODULES]
)
def test_nothing_is_installed_but_the_pins_as_a_whole_closure(path: Path) -> None:
    """Without ``--no-deps`` pip resolves extras again, and refuses pins of which a newer version is out."""
    installs = [line for line in path.read_text().splitlines() if re.search(r"\bpip install\b", line)]
    whole = [line for line in installs if "--no-deps" in line and "--require-hashes" in line]
    assert installs == whole


def test_the_makefile_checks_that_the_pins_are_a_whole_closure() -> None:
    commands = [line for line in (CHECKOUT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    assert [len([line for line in commands if words in line]) for words in ("pip install", "pip check")] == [1, 1]
