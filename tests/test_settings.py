"""The start: every wrong or missing value stops it with one line that names the variable."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
KEY = "a-key-of-more-than-fifty-characters-for-these-tests-0123456789"
PRODUCTION = {"SECRET_KEY": KEY, "ALLOWED_HOSTS": "upshift.example"}
SHOW = "from config import settings; print({expression})"


def start(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Start Python with nothing but these variables; no ``.env`` file is read."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={"ENV_FILE": "", **environment},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def setting(expression: str, environment: dict[str, str]) -> str:
    """Return what a setting is under these variables."""
    shown = start(environment, "-c", SHOW.format(expression=f"settings.{expression}"))
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + KEY),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", " , "),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "https://upshift.example"),
        ("ALLOWED_HOSTS", "upshift.example:8000"),
        ("ALLOWED_HOSTS", "one.example two.example"),
        ("ALLOWED_HOSTS", "[::1"),
        ("DATABASE_URL", "sqlite:///no-such-folder/upshift.sqlite3"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "upshift.sqlite3"),
        ("DATABASE_URL", "postgres://host"),
        ("DATABASE_URL", "postgres://user:password@host:port/name"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("DEBUG", "maybe"),
        ("HTTPS", "perhaps"),
        ("BEHIND_PROXY", "2"),
        ("HSTS_SECONDS", "-1"),
        ("HSTS_SECONDS", "1 year"),
        ("PROPOSE_OUTSIDE_GROUPS", "perhaps"),
        ("PROPOSE_OVERRIDES_BEYOND", "10%"),
        ("PROPOSE_RELEASES_OVER", "-1"),
        ("PROPOSE_CREDITS_OVER", "9.50"),
        ("PROPOSE_BULK_OVER", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("ENV_FILE", "no-such-file"),
        ("AMENDMENT_DATES", "acceptance"),
        ("AMENDMENT_DATES", "service_activation customer_acceptance"),
        ("CRM_URL", "crm.example/{reference}"),
        ("CRM_URL", "ftp://crm.example/{reference}"),
        ("CRM_URL", "javascript:alert(1)//{reference}"),
        ("CRM_URL", "https://crm.example/accounts"),
        ("CRM_URL", "https://{reference}.example/"),
        ("CRM_URL", "https://user:password@crm.example/{reference}"),
        ("BILLING_URL", "https://billing.example/{account}"),
        ("BILLING_URL", "https://billing.example/{reference!r}"),
        ("BILLING_URL", "https://billing.example/{reference}{}"),
        ("SUPPORT_URL", "https://support.example/{reference"),
        ("SUPPORT_URL", "https://support.example/a b/{reference}"),
        ("SUPPORT_URL", "https:///{id}"),
    ],
)
def test_a_wrong_value_stops_the_start_with_one_line_that_names_it(name: str, value: str) -> None:
    stopped = start({**PRODUCTION, name: value}, "manage.py", "check")
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.startswith(f"upshift: {name}: ")
    assert stopped.stderr.count("\n") == 1


def test_the_dates_of_amendments_are_a_list() -> None:
    assert setting("AMENDMENT_DATES", PRODUCTION) == "frozenset()"
    chosen = setting("AMENDMENT_DATES", {**PRODUCTION, "AMENDMENT_DATES": " service_activation, "})
    assert chosen == "frozenset({'service_activation'})"


def test_a_message_about_the_database_address_never_shows_its_password() -> None:
    stopped = start({**PRODUCTION, "DATABASE_URL": "postgres://user:hunter2@host:port/name"}, "manage.py", "check")
    assert "hunter2" not in stopped.stderr


def test_debug_is_off_unless_it_is_asked_for() -> None:
    assert setting("DEBUG", PRODUCTION) == "False"


def test_debug_starts_without_any_other_variable() -> None:
    assert setting("ALLOWED_HOSTS", {"DEBUG": "on"}) == "['localhost', '127.0.0.1', '[::1]']"


def test_hosts_are_names_of_a_domain_and_what_is_below_it_or_addresses() -> None:
    hosts = "upshift.example,.example.com,10.0.0.7,[2001:db8::1],web_1"
    assert setting("ALLOWED_HOSTS", {**PRODUCTION, "ALLOWED_HOSTS": hosts}) == str(hosts.split(","))


def test_a_secret_key_that_starts_with_a_dollar_sign_is_taken_as_it_is() -> None:
    assert setting("SECRET_KEY", {**PRODUCTION, "SECRET_KEY": f"${KEY}"}) == f"${KEY}"


def test_a_real_variable_wins_over_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("DEBUG=on\nTIME_ZONE=Europe/Vienna\nSITE_LABEL=From the file\n")
    environment = {"ENV_FILE": str(file), "TIME_ZONE": "Asia/Tokyo"}
    assert setting("TIME_ZONE, settings.SITE_LABEL", environment) == "Asia/Tokyo From the file"


def test_sqlite_waits_for_other_writers_and_takes_the_write_lock_first() -> None:
    options = setting("DATABASES['default']['OPTIONS']", PRODUCTION)
    assert "'transaction_mode': 'IMMEDIATE'" in options
    assert "journal_mode=WAL" in options
    assert "busy_timeout" in options


def test_a_relative_sqlite_file_is_in_the_checkout() -> None:
    name = setting("DATABASES['default']['NAME']", {**PRODUCTION, "DATABASE_URL": "sqlite:///other.sqlite3"})
    assert name == str(CHECKOUT / "other.sqlite3")


def test_postgresql_connections_stay_open_and_are_tested_before_use() -> None:
    environment = {**PRODUCTION, "DATABASE_URL": "postgres://user:password@host/name"}
    database = "DATABASES['default']"
    shown = setting(f"{database}['CONN_MAX_AGE'], settings.{database}['CONN_HEALTH_CHECKS']", environment)
    assert shown == "600 True"


def test_production_settings_pass_the_deployment_check() -> None:
    checked = start(PRODUCTION, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr


def test_gunicorn_stops_with_the_same_one_line() -> None:
    stopped = start({"ALLOWED_HOSTS": "upshift.example"}, "-m", "gunicorn", "--bind", "127.0.0.1:0")
    assert stopped.returncode == 1
    assert stopped.stderr.splitlines()[-1].startswith("upshift: SECRET_KEY: ")
    assert "Traceback" not in stopped.stderr


def test_links_to_other_systems_are_read_in_their_order() -> None:
    links = {
        "SUPPORT_URL": "http://help.example:8443/find?q={reference}&id={id}",
        "CRM_URL": "https://crm.example/{id}",
    }
    assert setting("CUSTOMER_LINKS", PRODUCTION | links) == str(
        {"CRM": links["CRM_URL"], "Support": links["SUPPORT_URL"]}
    )
    assert setting("CUSTOMER_LINKS", PRODUCTION) == "{}"


@pytest.mark.parametrize(("value", "limit"), [(None, "None"), ("", "None"), ("0", "0"), ("25", "25")])
def test_a_limit_is_none_until_somebody_sets_it(value: str | None, limit: str) -> None:
    environment = PRODUCTION if value is None else {**PRODUCTION, "PROPOSE_RELEASES_OVER": value}
    assert setting("PROPOSE_RELEASES_OVER", environment) == limit
