"""Titles that tell tabs apart, and the icon they carry."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import OfferingFactory, ProductFactory, UserFactory, published

TEMPLATES = Path(settings.BASE_DIR) / "templates"
NO_PAGES = {"base.html", "dialog.html", "ui/plain.html"}


def title_block(template: Path) -> str | None:
    text = template.read_text(encoding="utf-8").replace("{% block tab_title %}{% endblock %}", "")  # the tab's own
    found = re.search(r"{% block title %}(.*?){% endblock", text, flags=re.DOTALL)
    return found[1] if found else None


def pages() -> dict[str, Path]:
    """Return the templates that stand right on one of the frames."""
    extends = re.compile(r'{% extends (base_template|"(base|dialog|ui/plain)\.html") %}')
    found = {path.relative_to(TEMPLATES).as_posix(): path for path in sorted(TEMPLATES.rglob("*.html"))}
    return {name: path for name, path in found.items() if name not in NO_PAGES and extends.match(path.read_text())}


@pytest.mark.parametrize("name", pages())
def test_a_page_has_a_title_of_its_own(name: str) -> None:
    titles = {other: title_block(path) for other, path in pages().items()}
    assert titles[name], f"{name} needs a block title"
    assert [other for other, title in titles.items() if title == titles[name]] == [name]


def title(client: Client, address: str) -> str:
    found = re.search(r"<title>(.*?) · Upshift</title>", client.get(address).content.decode(), flags=re.DOTALL)
    assert found
    return found[1].strip()


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    return client


def test_offerings_of_one_name_are_told_apart_by_their_product(client: Client) -> None:
    for product in ("Atlas", "Borealis"):
        published(OfferingFactory(sku=product.upper(), name="Free", product=ProductFactory(name=product)))
    assert title(client, "/offerings/ATLAS/") == "Free, Atlas"
    assert title(client, "/offerings/BOREALIS/revisions/1/") == "Free, revision 1, Borealis"


def test_a_filtered_list_says_what_it_is_filtered_by(client: Client) -> None:
    assert title(client, "/offerings/") == "Offerings"
    assert title(client, "/offerings/?q=gold") == "gold · Offerings"


def test_a_browser_that_asks_for_the_icon_by_its_old_name_gets_it() -> None:
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (301, "/static/favicon.svg")
