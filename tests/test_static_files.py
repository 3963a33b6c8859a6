"""Static files: hashed names in production, every reference resolved, and no class or icon that nothing uses."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings as site
from django.core.management import call_command

from config.settings import HASHED_FILES


def test_every_file_that_a_style_sheet_or_script_names_is_there(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": HASHED_FILES}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert "css/tokens.css" in json.loads((tmp_path / "staticfiles.json").read_text())["paths"]


# --- nothing that is not used ----------------------------------------------------------------------------------------

STYLES = sorted((site.BASE_DIR / "static" / "css").rglob("*.css"))
# Classes that others set: htmx while it waits, and Django's admin on its own pages.
SET_BY_OTHERS = {"htmx-request"}
OF_THE_ADMIN = "admin.css"


def rules(style: Path) -> Iterator[str]:
    """Yield the selectors of each rule of a style sheet."""
    text = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)
    for selectors in re.findall(r"([^{};]+)\{", text):
        if not selectors.strip().startswith("@"):
            yield selectors.strip()


def sources(*patterns: str) -> str:
    """Return all templates, scripts and modules of the app in one text."""
    folders = ("templates", "static/js", "config", "offerings", "changegroups", "entitlements")
    files = (path for folder in folders for pattern in patterns for path in (site.BASE_DIR / folder).rglob(pattern))
    return "\n".join(path.read_text(encoding="utf-8") for path in files if "migrations" not in path.parts)


def test_every_class_of_the_style_sheets_is_used() -> None:
    found = re.findall(r'class(?:Name)?\s?=\s?\\?"([^"]*)"', sources("*.html", "*.js", "*.py"))
    used = {name for text in found for name in re.findall(r"[\w-]+", text)} | SET_BY_OTHERS
    used |= set(re.findall(r'"([a-z-]+)"', sources("*.py")))  # chosen by a value, such as the look of a node
    named = {
        name
        for style in STYLES
        if style.name != OF_THE_ADMIN
        for selector in rules(style)
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", selector)
    }
    assert named - used == set()


def test_a_class_has_one_block() -> None:
    blocks = Counter(selector for style in STYLES for selector in rules_at_top(style))
    assert [selector for selector, count in blocks.items() if count > 1] == []


def test_a_class_belongs_to_one_component() -> None:
    owners: dict[str, set[str]] = {}
    for style in STYLES:
        if style.parent.name == "components":
            for selectors in rules(style):
                for name in re.findall(r"(?:^|,\s*)\.([\w-]+)(?=\s*(?:,|$))", selectors):
                    owners.setdefault(name, set()).add(style.name)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}


def rules_at_top(style: Path) -> list[str]:
    """Return the selectors of rules of one class that stand in a layer, and in no media query."""
    return re.findall(r"(?m)^  (\.[\w-]+) \{", style.read_text(encoding="utf-8"))


def test_every_icon_of_the_sprite_is_used() -> None:
    sprite = (site.BASE_DIR / "static" / "vendor" / "tabler" / "icons.svg").read_text(encoding="utf-8")
    symbols = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    templates = sources("*.html")
    used = set(re.findall(r'icon="([a-z-]+)"', templates)) | set(re.findall(r'"([a-z-]+)"', sources("*.py")))
    for address in re.findall(r'#((?:{%.*?%}|{{.*?}}|[a-z-])+)"', templates):
        used |= set(re.findall(r"[a-z-]+", re.sub(r"{%.*?%}|{{.*?}}", " ", address)))
    assert symbols - used == set()
