"""The third-party files in static/vendor are exactly the ones that the manifest lists."""

import hashlib
import json
import re
from typing import Any

import pytest
from django.conf import settings

VENDOR = settings.BASE_DIR / "static" / "vendor"
PACKAGES: list[dict[str, Any]] = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["packages"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_every_listed_file_has_the_listed_sum(package: dict[str, Any]) -> None:
    sums = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in package["files"]}
    assert sums == package["files"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_every_package_names_its_version_licence_and_source(package: dict[str, Any]) -> None:
    assert all(package[key] for key in ("name", "version", "licence", "package"))
    assert any(name.endswith("LICENSE") for name in package["files"])


def test_no_file_is_unlisted() -> None:
    listed = {name for package in PACKAGES for name in package["files"]}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found - listed == {"manifest.json", "README.md"}


def test_the_sprite_holds_exactly_the_icons_of_the_manifest() -> None:
    tabler = next(package for package in PACKAGES if package["name"] == "Tabler Icons")
    symbols = re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler" / "icons.svg").read_text(encoding="utf-8"))
    assert symbols == sorted(tabler["icons"])


def test_every_icon_a_template_or_script_names_is_in_the_sprite() -> None:
    tabler = next(package for package in PACKAGES if package["name"] == "Tabler Icons")
    used = {
        name
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"\{\{ icons \}\}#([a-z-]+)\"", path.read_text(encoding="utf-8"))
    }
    assert used <= set(tabler["icons"])
