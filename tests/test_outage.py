"""The database is away: what every address answers then, with a connection that is really refused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from config.outage import is_away

ASK = """
import json, logging
import config.wsgi
from django.conf import settings
from django.test import Client
from django.test.utils import setup_test_environment
from tests.addresses import VARIABLE, every_address
logging.disable()
setup_test_environment(debug=False)
found = []
for address in every_address():
    path = address.filled(["7" if "int:" in v else "00000000-0000-0000-0000-000000000007" for v in address.variables])
    for method in ("GET", "POST"):
        for headers in ({}, {"HX-Request": "true"}):
            client = Client(raise_request_exception=False, headers=headers)
            client.cookies[settings.SESSION_COOKIE_NAME] = "s" * 32
            answer = client.generic(method, path, b"username=x&password=y", "application/x-www-form-urlencoded")
            text = "" if answer.streaming else answer.content.decode()
            found.append([method, path, answer.status_code, answer.headers.get("Retry-After"), text])
print(json.dumps(found))
"""
WITHOUT_DATABASE = {"/healthz", "/favicon.ico"}


@pytest.fixture(scope="module")
def answers() -> list[list[Any]]:
    """Return the answer of every address to somebody with a session, while nothing listens where the database is."""
    away = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "TEST_DATABASE_URL": ""}
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "on", "ENV_FILE": ""}
    command = [sys.executable, "-c", ASK]
    root = Path(__file__).parent.parent
    ran = subprocess.run(command, env=os.environ | away | settings, cwd=root, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return list(json.loads(ran.stdout))


def test_no_address_breaks_while_the_database_is_away(answers: list[list[Any]]) -> None:
    assert [answer for answer in answers if answer[2] >= 500 and answer[2] != 503] == []


def test_every_page_says_that_it_is_not_available_and_when_to_ask_again(answers: list[list[Any]]) -> None:
    asked = [answer for answer in answers if answer[0] == "GET" and answer[1] not in {*WITHOUT_DATABASE, "/readyz"}]
    wrong = [path for _m, path, status, retry, text in asked if (status, retry) != (503, "30") or "<h1>Not" not in text]
    assert wrong == []
    assert len(asked) > 300


def test_a_probe_of_the_process_goes_on_and_that_of_the_service_says_when_to_ask_again(
    answers: list[list[Any]],
) -> None:
    probes = {path: (status, retry, text) for method, path, status, retry, text in answers if method == "GET"}
    assert probes["/healthz"] == (200, None, "ok\n")
    assert probes["/readyz"] == (503, "30", "the database cannot be reached\n")


def failure(error: type[Exception], cause: Exception | None) -> Exception:
    """Return an error as Django raises it, with that of the driver behind it."""
    try:
        raise error("no") from cause
    except DatabaseError as raised:
        return raised
    except InterfaceError as raised:
        return raised


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *(("08000", True), ("08006", True), ("57P01", True), ("57P02", True), ("57P03", True), ("53300", True)),
        *(("57014", False), ("40P01", False), ("55P03", False), ("53100", False)),
    ],
)
def test_codes_of_the_connection_count_and_those_of_statements_do_not(code: str, expected: bool) -> None:
    assert is_away(failure(OperationalError, psycopg.errors.lookup(code)("no"))) is expected


def test_a_connection_without_an_answer_is_away() -> None:
    assert is_away(failure(OperationalError, psycopg.OperationalError("the connection is closed")))
    assert is_away(failure(InterfaceError, None))


def test_an_error_that_came_from_a_lost_connection_is_away() -> None:
    lost = failure(OperationalError, psycopg.OperationalError("gone"))
    later = ValueError("the page could not be shown")
    later.__context__ = lost
    assert is_away(later)


@pytest.mark.parametrize("error", [None, ValueError("x"), DatabaseError("x")])
def test_other_errors_are_not_away(error: Exception | None) -> None:
    assert not is_away(error)


@pytest.mark.django_db
def test_a_statement_that_the_database_refuses_is_not_away() -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not is_away(refused.value)
