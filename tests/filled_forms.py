"""The forms of every page, filled in as a person would: what is sent from them makes something."""

from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.db import models
from django.test import Client

from config.models import RequestKey
from tests.addresses import every_address, values_of
from tests.entitlements.pages import seen_in
from tests.html_pages import Input, Page, PageForm

TYPED = {  # what a person types where any text would not do; others get a text of their own
    "offering": "GOLD-ANNUAL",
    "expires_on": "2031-01-01",
    "date_joined": "2026-01-01",
    "codes": "CODE-{n}",
    "code": "CODE-{n}",
    "sku": "SKU-{n}",
    "quantity": "3",
    "generate": "1",
    "priority": "{n}",
    "position": "{n}",
    "seat_limit": "7",
    "value": "7",
    "maintenance": "",
    "duration": "1 year",
    "billing_period": "",
    "maintenance_duration": "",
    "lease_period": "7 days",
    "offline_lease_period": "14 days",
    "grace_period": "3 days",
    "overdraft": "none",
    "currency": "EUR",
    "email": "person{n}@example.com",
    "password1": "A-long-pass-phrase-{n}",
    "password2": "A-long-pass-phrase-{n}",
    "default": "",
    "extra_seats": "",
}
ANEW = {"value", "expires_on"}  # what is there already would change nothing
numbers = count(1)


def html_of(answer: Any) -> str:
    """Return the HTML of an answer; empty for files and JSON."""
    is_html = "html" in answer.headers.get("Content-Type", "") and not answer.streaming
    return answer.content.decode() if is_html else ""


def posted_forms(browser: Client, things: dict[str, object]) -> list[tuple[str, str, PageForm]]:
    """Return each form that is posted, but for the one that logs out: its page, its address, and the form."""
    found: dict[Any, tuple[str, str, PageForm]] = {}
    for address in every_address():
        page = address.filled(values_of(address, things))
        for form in Page(html_of(browser.get(page))).posting():
            target = urlsplit(form.action).path or page
            if "logout" not in target:
                found.setdefault((target, *sorted(form.names - {"request_key"})), (page, target, form))
    return list(found.values())


def filled(browser: Client, page: str, form: PageForm) -> dict[str, list[str]]:
    """Return what a person sends who types into every empty field, and has seen the preview where there is one."""
    data, number = form.sent(), next(numbers)
    for each in form.inputs:
        typed = _typed(each, number)
        if typed is not None and (each.name in ANEW or not data.get(each.name, [""])[0].strip()):
            data[each.name] = [typed]
    button = next((b for b in form.buttons if b.name not in ("preview", "oldest", "find", "propose")), None)
    shown = (
        browser.post(page, {**data, "preview": "1"})
        if {"reference", "key"} & form.names and not page.startswith("/admin/")
        else None
    )
    if shown is not None and seen_in(shown):
        data["seen"] = seen_in(shown)
    return {**data, **({button.name: [button.value]} if button else {})}


def _typed(each: Input, number: int) -> str | None:
    name = each.name.rpartition("-")[2]
    if each.kind == "radio":
        return each.value or None
    if "__prefix__" in each.name or each.kind in ("hidden", "checkbox"):
        return None
    if name in TYPED:
        return TYPED[name].format(n=number)
    if each.kind == "select":
        return _chosen(each)
    if each.kind in ("number", "date", "time", "datetime-local"):
        return None
    return f"text_{number}" if each.kind != "email" else f"person{number}@example.com"


def _chosen(each: Input) -> str:
    """Return the first choice that is not empty; where the admin searches for choices, the first row."""
    if "data-model-name" not in each.attributes:
        return next((choice for choice in each.choices if choice), "")
    model = apps.get_model(each.attributes["data-app-label"], each.attributes["data-model-name"])
    related: Any = model._meta.get_field(each.attributes["data-field-name"]).remote_field.model
    order = "-pk" if each.name == "plan" else "pk"  # the first edition is not sold under the last plan
    return str(related._default_manager.values_list("pk", flat=True).order_by(order).first() or "")


def row_counts() -> dict[str, int]:
    """Return the number of rows of each model; sessions, lines of the log and keys are not things."""
    without = {"sessions.Session", "admin.LogEntry", RequestKey._meta.label}
    found: list[type[models.Model]] = [model for model in apps.get_models() if model._meta.label not in without]
    return {model._meta.label: model._base_manager.count() for model in found}
