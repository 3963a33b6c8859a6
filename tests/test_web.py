"""What every page shares: answers to htmx, the permission gate, the shell's context and the error pages."""

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.shortcuts import render
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from config.web import admin_login, redirect_after, shell, wants_part


def page_request(**headers: str) -> HttpRequest:
    request = RequestFactory(headers=headers).get("/somewhere/")
    request.htmx = HtmxDetails(request)
    request.user = AnonymousUser()
    return request


def htmx_request(**headers: str) -> HttpRequest:
    return page_request(**{"HX-Request": "true"} | headers)


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("robin")


class ReasonForm(forms.Form):
    reason = forms.CharField(help_text="It is kept in the history.")
    reference = forms.CharField(required=False)
    seats = forms.ChoiceField(choices=[("refuse", "Refuse"), ("oldest", "Release oldest")], widget=forms.RadioSelect)
    keep = forms.BooleanField(label="Keep what is used", required=False)


# --- htmx ------------------------------------------------------------------------------------------------------------


def test_after_a_dialog_the_browser_is_sent_to_the_page() -> None:
    answer = redirect_after(htmx_request(), "/entitlements/")
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/entitlements/")


def test_after_a_plain_form_the_browser_is_redirected() -> None:
    answer = redirect_after(page_request(), "/entitlements/")
    assert (answer.status_code, answer["Location"]) == (302, "/entitlements/")


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_page_that_htmx_asks_for_whole_is_a_page(header: str) -> None:
    assert wants_part(htmx_request(**{header: "true"})) is None


def test_a_request_that_never_met_htmx_is_a_page() -> None:
    assert wants_part(RequestFactory().get("/")) is None


def test_the_frame_is_the_page_or_nothing() -> None:
    assert shell(page_request())["base_template"] == "base.html"
    assert shell(htmx_request())["base_template"] == "ui/part.html"


# --- who may come in -------------------------------------------------------------------------------------------------


def test_an_ended_session_sends_the_whole_page_to_the_login_and_back(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/offerings/?q=gold"}
    answer = client.get("/accounts/password/", headers=headers)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/offerings/%3Fq%3Dgold"


def test_an_ended_session_never_leads_to_another_site(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/"}
    answer = client.get("/accounts/password/", headers=headers)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/"


def test_visitors_of_the_admin_log_in_at_the_one_door(client: Client) -> None:
    assert client.get("/admin/login/?next=/admin/auth/")["Location"] == "/accounts/login/?next=/admin/auth/"


def test_people_who_are_not_staff_are_told_that_the_admin_is_not_for_them(client: Client, person: User) -> None:
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert b"You may not do this" in answer.content


def test_staff_at_the_admin_login_are_already_inside(person: User) -> None:
    person.is_staff = True
    request = page_request()
    request.user = person
    assert admin_login(request)["Location"] == "/admin/"


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_refused_field_names_its_errors_and_its_help_to_screen_readers() -> None:
    html = str(ReasonForm({})["reason"].as_field_group())
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in html
    assert 'id="id_reason_error"' in html
    assert "data-invalid" in html


def test_an_optional_field_says_so() -> None:
    assert "optional" in str(ReasonForm()["reference"].as_field_group())


def test_radios_are_a_fieldset_with_a_legend() -> None:
    html = str(ReasonForm()["seats"].as_field_group())
    assert "<fieldset" in html
    assert "<legend>Seats</legend>" in html


def test_a_checkbox_stands_before_its_label() -> None:
    html = str(ReasonForm()["keep"].as_field_group())
    assert html.index("<input") < html.index("Keep what is used")


def test_what_people_typed_is_shown_as_text() -> None:
    form = ReasonForm({"reason": "<script>alert(1)</script>"})
    assert "<script>" not in str(form)


# --- one template, dialog and page -----------------------------------------------------------------------------------


def dialog_answer(request: HttpRequest) -> str:
    context = {"form": ReasonForm(), "back_url": "/back/"}
    return render(request, "dialog.html", context).content.decode()


def test_in_a_dialog_the_form_posts_through_htmx_and_has_no_page_around_it(person: User) -> None:
    html = dialog_answer(htmx_request())
    assert 'hx-post="/somewhere/"' in html
    assert "<html" not in html


def test_as_a_page_the_form_posts_plainly_and_cancel_leads_back(person: User) -> None:
    html = dialog_answer(page_request())
    assert 'action="/somewhere/"' in html
    assert 'href="/back/"' in html
    assert "hx-post" not in html


# --- error pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_the_pages_for_broken_requests_need_no_context(name: str) -> None:
    assert "Nothing was changed" in render_to_string(name)


def test_a_missing_page_is_named_as_such(client: Client, db: None) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content


def test_a_form_without_its_token_is_refused_in_plain_words(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "robin"})
    assert answer.status_code == 403
    assert b"This form was not accepted" in answer.content
