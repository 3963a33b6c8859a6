"""Who gets what at which address: one table, written by hand from the roles, for every address of Upshift.

An address without a row fails, and so does a row without an address. ``login`` is a redirect to the login page; all
else is the status of the answer. Forms are posted empty: 422 and the like say that the form was open to the person.
The pages of the Django admin are its own, and checked with the models they edit.
"""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from tests.addresses import every_address, make_things
from tests.cast import Cast

ROLES = ("visitor", "no role", "viewer", "support", "operations", "manager", "administrator")
TABLE = """
ask   address                           visitor  no role  viewer  support  operations  manager  administrator
GET   favicon.ico                       301      301      301     301      301         301      301
POST  favicon.ico                       301      301      301     301      301         301      301
GET   healthz                           200      200      200     200      200         200      200
GET   readyz                            200      200      200     200      200         200      200
GET   login                             200      302      302     302      302         302      302
POST  login                             200      302      302     302      302         302      302
GET   logout                            login    405      405     405      405         405      405
POST  logout                            login    login    login   login    login       login    login
GET   profile                           login    200      200     200      200         200      200
POST  profile                           login    422      422     422      422         422      422
GET   password_change                   login    200      200     200      200         200      200
POST  password_change                   login    200      200     200      200         200      200
GET   password_change_done              login    200      200     200      200         200      200
GET   shortcuts                         login    200      200     200      200         200      200
GET   offerings:offerings               login    403      200     200      200         200      200
GET   offerings:offerings_columns       login    403      200     200      200         200      200
POST  offerings:offerings_columns       login    403      422     422      422         422      422
GET   offerings:offerings_views         login    403      200     200      200         200      200
GET   offerings:offerings_new_view      login    403      200     200      200         200      200
POST  offerings:offerings_new_view      login    403      422     422      422         422      422
GET   offerings:offerings_view          login    403      403     403      200         200      200
POST  offerings:offerings_view          login    403      403     403      422         422      422
GET   offerings:offerings_delete_view   login    403      403     403      200         200      200
POST  offerings:offerings_delete_view   login    403      403     403      302         302      302
GET   offerings:compare                 login    403      200     200      200         200      200
GET   offerings:import                  login    403      403     403      403         200      200
POST  offerings:import                  login    403      403     403      403         422      422
GET   offerings:publish                 login    403      403     403      403         200      200
POST  offerings:publish                 login    403      403     403      403         200      200
GET   offerings:offering                login    403      200     200      200         200      200
GET   offerings:revision                login    403      200     200      200         200      200
GET   changegroups:changegroups         login    403      200     200      200         200      200
POST  changegroups:changegroups         login    403      403     403      403         422      422
GET   changegroups:defaults             login    403      200     200      200         200      200
POST  changegroups:defaults             login    403      403     403      403         422      422
GET   changegroups:offering             login    403      200     200      200         200      200
GET   changegroups:group                login    403      200     200      200         200      200
POST  changegroups:group                login    403      403     403      403         422      422
GET   changegroups:remove               login    403      403     403      403         200      200
POST  changegroups:remove               login    403      403     403      403         302      302
GET   changegroups:suggestions          login    403      403     403      403         200      200
GET   changegroups:add                  login    403      403     403      403         405      405
POST  changegroups:add                  login    403      403     403      403         422      422
GET   changegroups:priority             login    403      403     403      403         405      405
POST  changegroups:priority             login    403      403     403      403         422      422
GET   changegroups:remove_offering      login    403      403     403      403         405      405
POST  changegroups:remove_offering      login    403      403     403      403         302      302
GET   admin/login/                      login    403      302     302      302         302      302
POST  admin/login/                      login    403      302     302      302         302      302
GET   admin/password_change/            login    302      302     302      302         302      302
POST  admin/password_change/            login    302      302     302      302         302      302
GET   entitlements:dashboard            login    403      200     200      200         200      200
GET   entitlements:entitlements         login    403      200     200      200         200      200
GET   entitlements:entitlements_columns  login    403      200     200      200         200      200
POST  entitlements:entitlements_columns  login    403      422     422      422         422      422
GET   entitlements:entitlements_views   login    403      200     200      200         200      200
GET   entitlements:entitlements_new_view  login    403      200     200      200         200      200
POST  entitlements:entitlements_new_view  login    403      422     422      422         422      422
GET   entitlements:entitlements_view    login    403      403     403      200         200      200
POST  entitlements:entitlements_view    login    403      403     403      422         422      422
GET   entitlements:entitlements_delete_view  login    403      403     403      200         200      200
POST  entitlements:entitlements_delete_view  login    403      403     403      302         302      302
GET   entitlements:entitlements_csv     login    403      200     200      200         200      200
GET   entitlements:filter_menus         login    403      200     200      200         200      200
GET   entitlements:create               login    403      403     403      200         403      200
POST  entitlements:create               login    403      403     403      422         403      422
GET   entitlements:entitlement          login    403      200     200      200         200      200
GET   entitlements:seats                login    403      200     200      200         200      200
GET   entitlements:actions              login    403      200     200      200         200      200
GET   entitlements:entitlement_amendments login    403     200     200      200         200      200
GET   entitlements:history              login    403      200     200      200         200      200
GET   entitlements:notes                login    403      200     200      200         200      200
POST  entitlements:notes                login    403      403     422      422         403      422
GET   entitlements:change_offering      login    403      403     403      200         403      200
POST  entitlements:change_offering      login    403      403     403      422         403      422
GET   entitlements:override             login    403      403     403      200         403      200
POST  entitlements:override             login    403      403     403      422         403      422
GET   entitlements:revert               login    403      403     403      200         403      200
POST  entitlements:revert               login    403      403     403      409         403      409
GET   entitlements:activate             login    403      403     403      200         403      200
POST  entitlements:activate             login    403      403     403      409         403      409
GET   entitlements:renew                login    403      403     403      200         403      200
POST  entitlements:renew                login    403      403     403      409         403      409
GET   entitlements:disable              login    403      403     403      200         403      200
POST  entitlements:disable              login    403      403     403      409         403      409
GET   entitlements:enable               login    403      403     403      200         403      200
POST  entitlements:enable               login    403      403     403      409         403      409
GET   entitlements:change_terms         login    403      403     403      200         403      200
POST  entitlements:change_terms         login    403      403     403      409         403      409
GET   entitlements:set_quantity         login    403      403     403      200         403      200
POST  entitlements:set_quantity         login    403      403     403      422         403      422
GET   entitlements:release_seats        login    403      403     200      200         403      200
POST  entitlements:release_seats        login    403      403     409      409         403      409
GET   entitlements:transfer_entitlement login    403      403     403      200         403      200
POST  entitlements:transfer_entitlement login    403      403     403      422         403      422
GET   entitlements:remove_product       login    403      403     403      200         403      200
POST  entitlements:remove_product       login    403      403     403      409         403      409
GET   entitlements:undo                 login    403      403     403      200         403      200
POST  entitlements:undo                 login    403      403     403      409         403      409
GET   entitlements:import_entitlements  login    403      403     403      200         403      200
POST  entitlements:import_entitlements  login    403      403     403      422         403      422
GET   entitlements:entitlements_template login   403      403     403      200         403      200
GET   entitlements:import_customers     login    403      403     403      200         403      200
POST  entitlements:import_customers     login    403      403     403      422         403      422
GET   entitlements:customers_template   login    403      403     403      200         403      200
GET   entitlements:customers            login    403      200     200      200         200      200
GET   entitlements:customers_columns    login    403      200     200      200         200      200
POST  entitlements:customers_columns    login    403      422     422      422         422      422
GET   entitlements:customers_views      login    403      200     200      200         200      200
GET   entitlements:customers_new_view   login    403      200     200      200         200      200
POST  entitlements:customers_new_view   login    403      422     422      422         422      422
GET   entitlements:customers_view       login    403      403     403      200         200      200
POST  entitlements:customers_view       login    403      403     403      422         422      422
GET   entitlements:customers_delete_view  login    403      403     403      200         200      200
POST  entitlements:customers_delete_view  login    403      403     403      302         302      302
GET   entitlements:add_customer         login    403      403     403      200         403      200
POST  entitlements:add_customer         login    403      403     403      422         403      422
GET   entitlements:customer             login    403      200     200      200         200      200
GET   entitlements:customers_csv        login    403      200     200      200         200      200
GET   entitlements:customer_details     login    403      200     200      200         200      200
GET   entitlements:add_contact          login    403      403     403      200         403      200
POST  entitlements:add_contact          login    403      403     403      422         403      422
GET   entitlements:edit_contact         login    403      403     403      200         403      200
POST  entitlements:edit_contact         login    403      403     403      422         403      422
GET   entitlements:remove_contact       login    403      403     403      200         403      200
POST  entitlements:remove_contact       login    403      403     403      302         403      302
GET   entitlements:customer_orders      login    403      200     200      200         200      200
GET   entitlements:customer_notes       login    403      200     200      200         200      200
POST  entitlements:customer_notes       login    403      403     422      422         403      422
GET   entitlements:customer_history     login    403      200     200      200         200      200
GET   entitlements:edit_customer        login    403      403     403      200         403      200
POST  entitlements:edit_customer        login    403      403     403      422         403      422
GET   entitlements:merge_customer       login    403      403     403      200         403      200
POST  entitlements:merge_customer       login    403      403     403      404         403      404
GET   entitlements:undo_merge           login    403      403     403      302         403      302
POST  entitlements:undo_merge           login    403      403     403      302         403      302
GET   entitlements:disable_customer     login    403      403     403      200         403      200
POST  entitlements:disable_customer     login    403      403     403      422         403      422
GET   entitlements:enable_customer      login    403      403     403      302         403      302
POST  entitlements:enable_customer      login    403      403     403      302         403      302
GET   entitlements:renewals             login    403      200     200      200         200      200
GET   entitlements:renewals_csv         login    403      200     200      200         200      200
GET   entitlements:renewals_columns    login    403      200     200      200         200      200
POST  entitlements:renewals_columns    login    403      422     422      422         422      422
GET   entitlements:renewals_views      login    403      200     200      200         200      200
GET   entitlements:renewals_new_view   login    403      200     200      200         200      200
POST  entitlements:renewals_new_view   login    403      422     422      422         422      422
GET   entitlements:renewals_view       login    403      403     403      200         200      200
POST  entitlements:renewals_view       login    403      403     403      422         422      422
GET   entitlements:renewals_delete_view  login    403      403     403      200         200      200
POST  entitlements:renewals_delete_view  login    403      403     403      302         302      302
GET   entitlements:renew_many           login    403      403     403      405         403      405
POST  entitlements:renew_many           login    403      403     403      302         403      302
GET   entitlements:contacted_many       login    403      403     405      405         403      405
POST  entitlements:contacted_many       login    403      403     302      302         403      302
GET   entitlements:contacted            login    403      403     200      200         403      200
POST  entitlements:contacted            login    403      403     302      302         403      302
GET   entitlements:amendments           login    403      200     200      200         200      200
GET   entitlements:amendments_csv       login    403      200     200      200         200      200
GET   entitlements:amendments_columns   login    403      200     200      200         200      200
POST  entitlements:amendments_columns   login    403      422     422      422         422      422
GET   entitlements:amendments_views     login    403      200     200      200         200      200
GET   entitlements:amendments_new_view  login    403      200     200      200         200      200
POST  entitlements:amendments_new_view  login    403      422     422      422         422      422
GET   entitlements:amendments_view      login    403      403     403      200         200      200
POST  entitlements:amendments_view      login    403      403     403      422         422      422
GET   entitlements:amendments_delete_view  login    403      403     403      200         200      200
POST  entitlements:amendments_delete_view  login    403      403     403      302         302      302
GET   entitlements:amendment            login    403      200     200      200         200      200
GET   entitlements:move_amendment       login    403      403     403      200         403      200
POST  entitlements:move_amendment       login    403      403     403      422         403      422
GET   entitlements:edit_amendment       login    403      403     403      200         403      200
POST  entitlements:edit_amendment       login    403      403     403      422         403      422
GET   entitlements:cancel_amendment     login    403      403     403      200         403      200
POST  entitlements:cancel_amendment     login    403      403     403      422         403      422
GET   entitlements:apply_amendment      login    403      403     403      200         403      200
POST  entitlements:apply_amendment      login    403      403     403      409         403      409
GET   entitlements:amend                login    403      403     403      200         403      200
GET   entitlements:amend_order          login    403      403     403      200         403      200
GET   entitlements:update_product       login    403      403     403      200         403      200
POST  entitlements:update_product       login    403      403     403      422         403      422
GET   entitlements:proposals            login    403      200     200      200         200      200
GET   entitlements:proposals_csv        login    403      200     200      200         200      200
GET   entitlements:proposals_columns    login    403      200     200      200         200      200
POST  entitlements:proposals_columns    login    403      422     422      422         422      422
GET   entitlements:proposals_views      login    403      200     200      200         200      200
GET   entitlements:proposals_new_view   login    403      200     200      200         200      200
POST  entitlements:proposals_new_view   login    403      422     422      422         422      422
GET   entitlements:proposals_view       login    403      403     403      200         200      200
POST  entitlements:proposals_view       login    403      403     403      422         422      422
GET   entitlements:proposals_delete_view  login    403      403     403      200         200      200
POST  entitlements:proposals_delete_view  login    403      403     403      302         302      302
GET   entitlements:approve_proposal     login    403      403     403      200         403      200
POST  entitlements:approve_proposal     login    403      403     403      409         403      422
GET   entitlements:decline_proposal     login    403      403     403      200         403      200
POST  entitlements:decline_proposal     login    403      403     403      422         403      422
GET   entitlements:edit_proposal        login    403      403     403      200         403      200
POST  entitlements:edit_proposal        login    403      403     403      422         403      422
GET   entitlements:order                login    403      200     200      200         200      200
GET   entitlements:order_conditions     login    403      200     200      200         200      200
GET   entitlements:edit_order           login    403      403     403      200         403      200
POST  entitlements:edit_order           login    403      403     403      409         403      409
GET   entitlements:edit_billing         login    403      403     403      200         403      200
POST  entitlements:edit_billing         login    403      403     403      409         403      409
GET   entitlements:order_invoice        login    403      200     200      200         200      200
GET   entitlements:order_lines_csv      login    403      200     200      200         200      200
GET   entitlements:edit_renewal         login    403      403     403      200         403      200
POST  entitlements:edit_renewal         login    403      403     403      409         403      409
GET   entitlements:add_codes            login    403      403     403      200         403      200
POST  entitlements:add_codes            login    403      403     403      422         403      422
GET   entitlements:remove_code          login    403      403     403      200         403      200
POST  entitlements:remove_code          login    403      403     403      302         403      302
GET   entitlements:invoice_lines        login    403      200     200      200         200      200
GET   entitlements:lines_csv            login    403      200     200      200         200      200
GET   entitlements:drift_report         login    403      200     200      200         200      200
GET   entitlements:move_revision        login    403      403     403      200         403      200
POST  entitlements:move_revision        login    403      403     403      200         403      200
GET   entitlements:override_report      login    403      200     200      200         200      200
GET   entitlements:override_report_csv  login    403      200     200      200         200      200
GET   entitlements:revert_many          login    403      403     403      405         403      405
POST  entitlements:revert_many          login    403      403     403      302         403      302
GET   entitlements:acts                 login    403      200     200      200         200      200
GET   entitlements:acts_csv             login    403      200     200      200         200      200
GET   entitlements:edit                 login    403      200     200      200         200      200
GET   entitlements:act                  login    403      200     200      200         200      200
GET   entitlements:undo_act             login    403      403     403      200         403      200
POST  entitlements:undo_act             login    403      403     403      409         403      409
GET   entitlements:undo_many            login    403      403     403      200         403      200
POST  entitlements:undo_many            login    403      403     403      200         403      200
GET   entitlements:search               login    403      200     200      200         200      200
GET   entitlements:pin_note             login    403      403     405      405         403      405
POST  entitlements:pin_note             login    403      403     302      302         403      302
GET   entitlements:unpin_note           login    403      403     405      405         403      405
POST  entitlements:unpin_note           login    403      403     302      302         403      302
"""
NOTHING: dict[str, object] = {
    "<uuid:pk>": UUID(int=0),
    "<uuid:act_id>": UUID(int=0),
    "<uuid:code_id>": UUID(int=0),
    "<uuid:contact_id>": UUID(int=0),
    "<str:key>": "no_right",
    "<str:sku>": "NO-SKU",
    "<int:pk>": 999_999,
    "<int:member_pk>": 999_999,
    "<int:view_id>": 999_999,
    "<int:number>": 999_999,
}


ROUTES = {each.name: each.route for each in every_address() if not each.is_admin}
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]
Table = dict[tuple[str, str], str]


def column(role: str) -> Table:
    """Return what the table says about a role: an answer for each method and address."""
    place = 2 + ROLES.index(role)
    return {(method, name): row[place] for row in ROWS for method, name in [row[:2]]}


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """Return the cast, and somebody who may log in and nothing else."""
    cast.people["no role"] = User.objects.create_user("no role")
    return cast


@pytest.fixture
def places(cast: Cast) -> dict[str, object]:
    """Return what stands for the variable parts of a route."""
    return make_things(cast)


def filled(route: str, places: dict[str, object]) -> str:
    """Return the path of a route, with things in the place of its variables."""
    for variable, value in places.items():
        start, _bracket, _name = variable.rpartition("<")
        route = route.replace(variable, f"{start}{value}")
    assert "<" not in route, f"say in places() what stands for the variables of {route}"
    return f"/{route}"


def answer(person: User | None, method: str, path: str) -> str:
    """Ask for one page as a person who has just logged in, and return the answer; nothing of it stays written."""
    client = Client()
    with transaction.atomic():
        if person:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    is_login = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
    return "login" if is_login else str(response.status_code)


def test_every_address_has_one_row_for_looking_and_every_row_an_address() -> None:
    assert sorted(name for method, name, *_answers in ROWS if method == "GET") == sorted(ROUTES)
    assert {name for method, name, *_answers in ROWS if method == "POST"} <= set(ROUTES)


def test_every_row_has_an_answer_for_every_role() -> None:
    assert {len(row) for row in ROWS} == {2 + len(ROLES)}


def test_no_address_without_a_row_for_posting_takes_a_form(cast: Cast, places: dict[str, object]) -> None:
    person = cast.people["administrator"]
    posted = {name for method, name in column("administrator") if method == "POST"}
    closed = {name: filled(route, places) for name, route in ROUTES.items() if name not in posted}
    assert {name: answer(person, "POST", path) for name, path in closed.items()} == dict.fromkeys(closed, "405")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_the_table_says(cast: Cast, places: dict[str, object], role: str) -> None:
    paths = {name: filled(route, places) for name, route in ROUTES.items()}
    person = cast.people.get(role)
    expected = column(role)
    assert {(method, name): answer(person, method, paths[name]) for method, name in expected} == expected


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_see_a_thing_is_told_that_there_is_none(cast: Cast, role: str) -> None:
    """An address of nothing is 404 where the table says 200, and the same refusal as ever where it does not."""
    paths = {name: filled(route, NOTHING) for name, route in ROUTES.items() if "<" in route}
    seen = {name: said for (method, name), said in column(role).items() if method == "GET" and name in paths}
    expected = {name: "404" if said in {"200", "302"} else said for name, said in seen.items()}
    assert {name: answer(cast.people.get(role), "GET", path) for name, path in paths.items()} == expected
