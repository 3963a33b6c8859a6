"""A form that is sent twice makes one thing, and is answered the same both times.

Every form of every page is filled in and sent, the Django admin's included: a new form that makes something fails here
until it carries a key.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import request_keys
from config.models import RequestKey
from config.request_keys import FIELD, KeyedRequest, claim, keep_answer
from entitlements.models import Customer
from tests.addresses import make_things
from tests.cast import Cast, make_cast
from tests.entitlements.pages import HTMX, client_of
from tests.filled_forms import filled, html_of, posted_forms, row_counts
from tests.html_pages import Page, PageForm
from tests.marked_data import superuser

NAMED = {
    *("entitlements.Entitlement", "entitlements.Customer", "entitlements.Order", "entitlements.Note"),
    *("entitlements.ActivationCode", "changegroups.ChangeGroup", "changegroups.Membership", "offerings.Revision"),
    *("entitlements.Act", "offerings.Offering", "offerings.Product", "auth.User"),
}
ROUNDS = 20
ADD = "/customers/new/"


def prepare(cast: Cast) -> dict[str, object]:
    """Return what stands for variables of routes; one offering has something to publish."""
    things = make_things(cast)
    cast.offerings["gold_annual"].seat_limit = 30
    cast.offerings["gold_annual"].save()
    return things


def led(answer: Any) -> tuple[int, str]:
    """Return the status of an answer, and where it leads."""
    return answer.status_code, answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")


def gained(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in after.items() if count > before[name]}


@contextmanager
def taken_back(browser: Client) -> Iterator[None]:
    cookies = browser.cookies.copy()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    browser.cookies = cookies


# --- every form ------------------------------------------------------------------------------------------------------


IN_STEPS = "/undo-all/"  # previews first; that its confirmation begins one act is tested in tests/entitlements/bulk


@pytest.mark.django_db
def test_every_form_makes_its_thing_once() -> None:
    things = prepare(make_cast())
    browser = client_of(superuser())
    forms = posted_forms(browser, things)
    keyed = {target for _page, target, form in forms if FIELD in form.names}
    wrong, made = {}, set()
    for page, target, form in forms:
        with taken_back(browser):
            data, start = filled(browser, page, form), row_counts()
            first, between = browser.post(target, data), row_counts()
            second, end = browser.post(target, data), row_counts()
        made |= set(gained(start, between))
        is_refused = first.status_code != 302 and "changelist" not in first.resolver_match.view_name
        if gained(between, end):
            wrong[target] = f"made {gained(between, end)} again"
        elif gained(start, between) and (FIELD not in form.names or led(first) != led(second)):
            wrong[target] = f"made {gained(start, between)}, answered {led(first)}, then {led(second)}"
        elif is_refused and target not in keyed and not target.endswith(IN_STEPS):
            wrong[target] = f"was refused with {first.status_code}: give it a key, or say in TYPED what to fill in"
    assert not wrong
    assert made >= NAMED


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_every_form_sent_twice_at_the_same_moment_makes_its_thing_once() -> None:
    from tests.roles import make_roles

    make_roles()
    things = prepare(make_cast())
    browser = client_of(superuser())
    wrong, rounds = [], 0
    for page, _target, form in posted_forms(browser, things):
        alone = _once(browser, page, form)
        for _round in range(ROUNDS if alone and alone == _once(browser, page, form) else 0):
            together, answers = _at_once(browser, page, form)
            rounds += 1
            if together != alone or len(set(answers)) != 1:
                wrong.append((page, alone, together, answers))
    call_command("flush", interactive=False, verbosity=0)
    assert not wrong
    assert rounds >= 15 * ROUNDS


def _fresh(browser: Client, page: str, form: PageForm) -> tuple[str, dict[str, list[str]]]:
    """Return the address and what is sent from the form as the page shows it now; nothing where it is gone."""
    shown = Page(html_of(browser.get(page))).posting()
    same = next((each for each in shown if each.action == form.action and each.names == form.names), None)
    return (form.action or page, filled(browser, page, same)) if same else ("", {})


def _once(browser: Client, page: str, form: PageForm) -> dict[str, int]:
    """Send a form once, and return the rows that it makes."""
    target, data = _fresh(browser, page, form)
    before = row_counts()
    if target and "password" not in target:
        browser.post(target, data)
    return gained(before, row_counts())


def _at_once(browser: Client, page: str, form: PageForm) -> tuple[dict[str, int], list[tuple[int, str]]]:
    """Send a form twice at the same moment, and return the rows that it makes and the answers."""
    target, data = _fresh(browser, page, form)
    before, start = row_counts(), Barrier(2)

    def send(_number: int) -> tuple[int, str]:
        client = Client()
        client.cookies = browser.cookies.copy()
        try:
            start.wait(timeout=30)
            return led(client.post(target, data))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))
    return gained(before, row_counts()), answers


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(cast: Cast) -> Client:
    return client_of(cast.operations)


def test_the_second_answer_says_that_the_form_came_twice(browser: Client) -> None:
    data = {"name": "Halden", FIELD: "k"}
    browser.post(ADD, data)
    assert "It was carried out once." in browser.post(ADD, data, follow=True).content.decode()


def test_a_dialog_that_is_sent_twice_leads_to_the_thing_both_times(browser: Client) -> None:
    data = {"name": "Halden", FIELD: "k"}
    answers = [browser.post(ADD, data, headers=HTMX) for _ in range(2)]
    assert {led(answer) for answer in answers} == {(200, Customer.objects.get(name="Halden").get_absolute_url())}


def test_a_window_of_the_admin_that_is_sent_twice_gives_the_same_row_both_times(cast: Cast) -> None:
    browser = client_of(superuser())
    parts = ("contacts", "field_values")
    counts = {f"{part}-{count}_FORMS": "0" for part in parts for count in ("TOTAL", "INITIAL")}
    data = {"name": "Halden", "account_reference": "", "_popup": "1", FIELD: "k", **counts}
    answers = [browser.post("/admin/entitlements/customer/add/?_popup=1", data) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert Customer.objects.filter(name="Halden").count() == 1


def test_a_refused_form_leaves_its_key(browser: Client) -> None:
    assert browser.post(ADD, {"name": "", FIELD: "k"}).status_code == 422
    assert not RequestKey.objects.exists()
    assert browser.post(ADD, {"name": "Halden", FIELD: "k"}).status_code == 302


def test_the_same_key_with_another_content_is_another_form(browser: Client) -> None:
    for name in ("Halden", "Nordwind"):
        browser.post(ADD, {"name": name, FIELD: "k"})
    assert Customer.objects.filter(name__in=["Halden", "Nordwind"]).count() == 2


def test_a_key_is_that_of_one_person(cast: Cast, browser: Client) -> None:
    data = {"name": "Halden", "is_another": "on", FIELD: "k"}
    browser.post(ADD, data)
    client_of(cast.people["administrator"]).post(ADD, data)
    assert Customer.objects.filter(name="Halden").count() == 2


def test_a_key_is_that_of_one_address(browser: Client, cast: Cast) -> None:
    one, other = (cast.entitle().order.customer for _ in range(2))
    for customer in (one, other):
        browser.post(f"/customers/{customer.pk}/notes/", {"text": "Call.", FIELD: "k"})
    assert [customer.notes.count() for customer in (one, other)] == [1, 1]


def test_a_preview_uses_no_key(browser: Client) -> None:
    browser.post("/entitlements/new/", {"preview": "1", FIELD: "k"})
    assert not RequestKey.objects.exists()


@pytest.mark.parametrize("path", ["/entitlements/a%00b/set-quantity/", "/%00/", "/admin/auth/user/%00/change/"])
def test_an_address_that_no_database_stores_is_refused_before_its_key(browser: Client, path: str) -> None:
    assert browser.post(path, {FIELD: "k"}).status_code in {400, 404}
    assert not RequestKey.objects.exists()


def test_a_form_without_a_key_is_carried_out_as_often_as_it_comes(browser: Client) -> None:
    for _ in range(2):
        browser.post(ADD, {"name": "Halden", "is_another": "on"})
    assert Customer.objects.filter(name="Halden").count() == 2


def test_every_form_has_a_key_of_its_own(browser: Client) -> None:
    first, second = (
        browser.get(ADD).content.decode().partition('name="request_key" value="')[2][:32] for _ in range(2)
    )
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize(("age", "is_new"), [(timedelta(hours=23, minutes=59), False), (timedelta(days=1), True)])
def test_a_key_lasts_for_a_day(db: None, age: timedelta, is_new: bool) -> None:
    request = KeyedRequest(person=1, address="/", key="k", digest="d")
    row, _new = claim(request)
    keep_answer(row, status=302, location="/there/")
    RequestKey.objects.update(used_at=timezone.now() - age)
    found, found_new = claim(request)
    assert (found_new, found.location) == (is_new, "" if is_new else "/there/")


def test_an_expired_key_that_is_not_removed_yet_is_new(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_keys, "MOST_PRUNED", 0)
    request = KeyedRequest(person=1, address="/", key="k", digest="d")
    claim(request)
    RequestKey.objects.update(used_at=timezone.now() - timedelta(days=2))
    assert claim(request)[1]


def test_a_key_costs_four_queries(browser: Client) -> None:
    counts = []
    for more in ({}, {FIELD: "k"}):
        with CaptureQueriesContext(connection) as queries:
            browser.post(ADD, {"name": f"Halden {more}", **more})
        counts.append(len([each for each in queries if "SAVEPOINT" not in each["sql"]]))
    assert counts[1] == counts[0] + 4


def test_each_new_key_removes_expired_ones(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_keys, "MOST_PRUNED", 2)
    old = timezone.now() - timedelta(days=2)
    for number in range(5):
        RequestKey.objects.create(person=1, address="/", key=str(number), digest="", used_at=old)
    claim(KeyedRequest(person=1, address="/", key="new", digest=""))
    assert RequestKey.objects.count() == 4
