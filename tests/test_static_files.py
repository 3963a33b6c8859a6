"""Static files as production serves them: hashed names, every reference resolved."""

import json
from pathlib import Path

from django.core.management import call_command

from config.settings import HASHED_FILES


def test_every_file_that_a_style_sheet_or_script_names_is_there(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": HASHED_FILES}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert "css/tokens.css" in json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
