"""Health probes: what a load balancer learns without logging in."""

import os
import subprocess
import sys

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_answers_without_login_and_without_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_answers_without_login_when_all_migrations_are_applied(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_how_many_migrations_are_missing(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"migrations not applied: 1\n")


def test_readyz_says_that_the_database_cannot_be_reached() -> None:
    asked = "import config.wsgi; from django.test import Client; r = Client().get('/readyz', HTTP_HOST='localhost'); "
    away = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "postgres://nobody@/none?host=/no/such/folder"}
    answer = subprocess.run(
        [sys.executable, "-c", asked + "print(r.status_code, r.text)"],
        env=os.environ | away,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip() == "503 the database cannot be reached"


def test_health_answers_are_never_cached(client: Client) -> None:
    assert "no-store" in client.get("/healthz")["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_probes_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
