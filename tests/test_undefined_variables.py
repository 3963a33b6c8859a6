"""The guard of the templates: a typo in one of ours fails its test."""

from pathlib import Path

import django.contrib.admin
import pytest
from django.template import Context, Origin, Template

from tests.undefined_variables import OUR_TEMPLATES

THEIRS = Path(django.contrib.admin.__file__).parent / "templates"


def rendered(text: str, *, folder: Path) -> str:
    return Template(text, origin=Origin(name=str(folder / "page.html"))).render(Context({"known": "value"}))


def test_a_template_of_ours_that_shows_an_undefined_variable_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"page\.html shows unknown, which is not defined"):
        rendered("{{ known }} {{ unknown }}", folder=OUR_TEMPLATES)


def test_asking_whether_a_variable_is_there_is_no_mistake() -> None:
    assert rendered("{% if unknown %}yes{% else %}no{% endif %}", folder=OUR_TEMPLATES) == "no"


def test_a_template_of_django_may_show_an_undefined_variable() -> None:
    assert rendered("{{ known }}{{ unknown }}", folder=THEIRS) == "value"
