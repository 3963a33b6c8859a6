"""The catalog's forms in the Django admin, filled in as a browser would send them."""

from django.test import Client
from django.urls import reverse


def address(row: object, page: str = "change") -> str:
    return reverse(f"admin:offerings_{row._meta.model_name}_{page}", args=[row.pk])


def posted(client: Client, url: str, **changes: object) -> dict[str, object]:
    """Return what a browser would send from the form at ``url``, with some fields changed."""
    answer = client.get(url)
    form = answer.context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
    for formset in answer.context["inline_admin_formsets"]:
        data |= {bound.html_name: bound.value() for bound in formset.formset.management_form}
    return data | changes


def save(client: Client, row: object, **changes: object) -> dict[str, list[str]]:
    """Post the change form and return its errors; {} where it was saved."""
    url = address(row)
    answer = client.post(url, posted(client, url, **changes))
    return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)
