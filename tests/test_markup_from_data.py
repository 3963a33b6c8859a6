"""Text that people wrote is text on every page: markup in any field of any model never becomes markup.

The rows come from all models, the pages from the resolver; a new field or a new page is looked at without being named.
"""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client

from tests.addresses import Address, every_address, values_of
from tests.cast import make_cast
from tests.entitlements.pages import HTMX, client_of
from tests.html_pages import Page, PageForm
from tests.marked_data import MARKUP, mark_everything, marked_models, superuser, text_fields

WITHOUT_TEXT = {  # JSON that holds no text of people's
    "offerings.Product.catalog": "counts and the digest of the imported file",
    "offerings.Feature.source": "kinds and units of the imported file",
    "offerings.Offering.seat_limit": "a number",
    "offerings.Revision.extensions": "numbers that add-ons add",
    "offerings.Revision.terms": "periods and words of choices",
    "entitlements.Act.scope": "keys",
    "entitlements.Amendment.entitlements": "keys",
    "entitlements.Amendment.money": "sums, and the words made of them",
    "config.Preferences.columns": "keys of columns",
    "config.SavedView.columns": "keys of columns",
    "django_tasks_database.DBTaskResult.args_kwargs": "tasks take no arguments",
    "django_tasks_database.DBTaskResult.return_value": "numbers",
    "django_tasks_database.DBTaskResult.worker_ids": "random names",
}


@pytest.fixture
def things(db: None) -> dict[str, object]:
    return mark_everything(make_cast())


@pytest.fixture
def browser(things: dict[str, object]) -> Client:
    return client_of(superuser())


def html_of(answer: Any) -> str:
    """Return the HTML of an answer; empty for files and JSON, which browsers do not read as HTML."""
    is_html = "html" in answer.headers.get("Content-Type", "") and not answer.streaming
    return answer.content.decode() if is_html else ""


def faults(answer: Any) -> list[str]:
    """Return the markup of people that a browser would run or show."""
    page = Page(html_of(answer))
    return [*page.handlers, *(f"<img src={source}>" for source in page.images if source == "x")]


def paths(things: dict[str, object]) -> dict[str, Address]:
    return {address.filled(values_of(address, things)): address for address in every_address()}


def test_every_text_field_of_every_row_holds_markup(things: dict[str, object]) -> None:
    """What is looked at below: a model without rows, or a text without markup, would be looked at in vain."""
    plain = []
    for model in marked_models():
        fields = [field for field in text_fields(model) if (field.max_length or 99) > 12]
        rows = model._base_manager.values_list(*(field.name for field in fields)) if fields else []
        plain += [f"{model._meta.label}: {row}" for row in rows if not all("'\"><" in text for text in row)]
        plain += [] if not fields or rows else [f"{model._meta.label}: no row"]
    assert not plain


def test_every_json_that_holds_texts_holds_markup(things: dict[str, object]) -> None:
    plain = []
    for model in apps.get_models():
        for field in (each for each in model._meta.concrete_fields if isinstance(each, models.JSONField)):
            name = f"{model._meta.label}.{field.name}"
            values = [json.dumps(value) for value in model._base_manager.values_list(field.name, flat=True)]
            if name not in WITHOUT_TEXT and not any("<img src=x" in value for value in values):
                plain.append(name)
    assert not plain


def test_no_page_shows_markup_of_people(browser: Client, things: dict[str, object]) -> None:
    found = {}
    for path in paths(things):
        for headers in ({}, HTMX):
            answer = browser.get(path, headers=headers)
            assert answer.status_code < 500
            if wrong := faults(answer):
                found[path] = wrong
    assert not found


def test_no_page_shows_markup_from_its_address(browser: Client, things: dict[str, object]) -> None:
    found = {}
    for path, address in paths(things).items():
        names = {"q"} if address.is_admin else Page(html_of(browser.get(path))).field_names()
        for name in sorted(names):
            if wrong := faults(browser.get(f"{path}?{urlencode({name: MARKUP})}", follow=True)):
                found[path, name] = wrong
    assert not found


def test_no_answer_to_a_form_shows_markup_of_people(browser: Client, things: dict[str, object]) -> None:
    """Each form as it stands, with its buttons, and with markup in every text; messages are followed to their page."""
    found = {}
    for path, form in forms_of(browser, things):
        for data in sent_by(form):
            with transaction.atomic():
                cookies = browser.cookies.copy()
                if wrong := faults(browser.post(path, data, follow=True)):
                    found[path] = wrong
                browser.cookies = cookies
                transaction.set_rollback(True)
    assert not found


def forms_of(browser: Client, things: dict[str, object]) -> list[tuple[str, PageForm]]:
    """Return the address and a form for each form of the site that is posted, but for the one that logs out."""
    found: dict[Any, tuple[str, PageForm]] = {}
    for path in paths(things):
        for form in Page(html_of(browser.get(path))).posting():
            target = urlsplit(form.action).path or path
            if "logout" not in target:
                found[target, *sorted(form.names)] = (target, form)
    return list(found.values())


def sent_by(form: PageForm) -> list[dict[str, Any]]:
    """Return what a person could send: the form untouched and the form full of markup, with its first buttons."""
    untouched = form.sent()
    texts = {each.name: [MARKUP] for each in form.inputs if each.kind in ("text", "search", "textarea")}
    buttons = [{each.name: each.value} for each in form.buttons[:2]] or [{}]
    return [{**data, **button} for data in (untouched, {**untouched, **texts}) for button in buttons]
