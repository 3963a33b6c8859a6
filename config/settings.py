"""Settings of Upshift, read strictly from the environment and from an optional ``.env`` file.

A wrong or missing value stops the start with one line that names it. README.md lists every variable.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF

from config.numbers import NotANumber, read_whole

BASE_DIR = Path(__file__).resolve().parent.parent
HOST_NAME = re.compile(r"\.?[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")
PLACEHOLDER = re.compile(r"\{(?:reference|id)\}")
django_stubs_ext.monkeypatch()  # allows annotations such as ModelAdmin[Offering] at run time


# --- reading the environment -----------------------------------------------------------------------------------------


def stop(name: str, problem: str) -> NoReturn:
    """Stop the start with one line that names the variable and says what to write instead."""
    raise SystemExit(f"upshift: {name}: {problem}")


def read_env_file() -> None:
    """Read the file that ``ENV_FILE`` names, or ``.env`` in the checkout; real variables win over its lines."""
    named = os.environ.get("ENV_FILE")
    path = BASE_DIR / ".env" if named is None else Path(named)
    if path.is_file():
        environ.Env.read_env(path)
    elif named:
        stop("ENV_FILE", f"there is no file {named!r}")


def read_text(name: str, *, default: str = "") -> str:
    """Return a variable without surrounding blanks; a missing or empty one gives the default."""
    return os.environ.get(name, "").strip() or default


def read_flag(name: str, *, default: bool) -> bool:
    """Return an on/off variable; stop at any other word."""
    words = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
    text = read_text(name, default="on" if default else "off").lower()
    if text not in words:
        stop(name, f"{text!r} is neither on nor off")
    return words[text]


def read_whole_number(name: str, *, default: int) -> int:
    """Return a variable that is a whole number of 0 or more; stop at anything else."""
    text = read_text(name, default=str(default))
    try:
        return read_whole(text, least=0)
    except NotANumber:
        stop(name, f"{text!r} is not a whole number of 0 or more")


def read_limit(name: str) -> int | None:
    """Return a variable that is a whole number of 0 or more, ``None`` for an empty one; stop at anything else."""
    return read_whole_number(name, default=0) if read_text(name) else None


def read_choice(name: str, *, choices: set[str], default: str) -> str:
    """Return a variable that is one of ``choices``; stop at any other word."""
    text = read_text(name, default=default)
    if text not in choices:
        hint = f"; choose {', '.join(sorted(choices))}" if len(choices) < 10 else ""
        stop(name, f"{text!r} is not known{hint}")
    return text


def read_choices(name: str, *, choices: set[str]) -> frozenset[str]:
    """Return a variable that is a list of ``choices`` with commas between them; stop at any other word."""
    chosen = frozenset(word.strip() for word in read_text(name).split(",") if word.strip())
    for word in sorted(chosen - choices):
        stop(name, f"{word!r} is not known; choose from {', '.join(sorted(choices))}, with commas between them")
    return chosen


def read_secret_key(*, debug: bool) -> str:
    """Return the key that signs sessions; outside debug, stop at a short or well-known key."""
    key = read_text("SECRET_KEY", default="only-for-debug" if debug else "")
    if not key:
        stop("SECRET_KEY", "set it to a random text of 50 characters or more (or DEBUG=on for a trial)")
    if not debug and (len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-")):
        stop("SECRET_KEY", "too easy to guess; use a random text of 50 characters or more")
    return key


def read_allowed_hosts(*, debug: bool) -> list[str]:
    """Return the host names that the site answers to; stop at anything else."""
    text = read_text("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]" if debug else "")
    hosts = [host.strip() for host in text.split(",") if host.strip()]
    if not hosts:
        stop("ALLOWED_HOSTS", "set it to the site's host names, such as upshift.example.com, separated by commas")
    for host in hosts:
        if not HOST_NAME.fullmatch(host):
            stop("ALLOWED_HOSTS", f"{host!r} is not a host name; leave out https:// and the port, and name each host")
    return hosts


def read_database() -> dict[str, Any]:
    """Return the settings of the one database, which is PostgreSQL or SQLite."""
    url = read_text("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'upshift.sqlite3'}")
    scheme = url.partition("://")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        stop("DATABASE_URL", "start it with postgres:// or sqlite://; no other database is supported")
    try:
        database = environ.Env.db_url_config(url)
    except ValueError as error:
        stop("DATABASE_URL", f"cannot be read: {error}")
    if not database["NAME"]:
        stop("DATABASE_URL", "names no database; write postgres://user:password@host:port/name")
    return with_sqlite_options(database) if scheme == "sqlite" else with_postgresql_options(database)


def with_sqlite_options(database: dict[str, Any]) -> dict[str, Any]:
    """Make SQLite safe for several writers: WAL, a write lock from the first statement on, and a wait for the lock."""
    if database["NAME"] != ":memory:":
        file = BASE_DIR / database["NAME"]
        if not file.parent.is_dir():
            stop("DATABASE_URL", f"there is no folder {str(file.parent)!r} for the database's file")
        database["NAME"] = str(file)
    options = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000",
    }
    return database | {"OPTIONS": options}


def with_postgresql_options(database: dict[str, Any]) -> dict[str, Any]:
    """Keep connections open between requests, and test each before the next use."""
    options = {"connect_timeout": 5} | database.get("OPTIONS", {})
    return database | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def read_address_pattern(name: str) -> str:
    """Return an address with ``{reference}`` or ``{id}`` in it, for links to another system; stop at anything else."""
    text = read_text(name)
    if not text:
        return ""
    try:
        words = {word for _text, word, form, _conversion in Formatter().parse(text) if word is not None or form}
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        stop(name, f"{text!r} cannot be read: {error}")
    if parts.scheme not in {"http", "https"} or not HOST_NAME.fullmatch(host) or parts.username is not None:
        stop(name, f"{text!r} is no address; write one such as https://crm.example.com/accounts/{{reference}}")
    if not words or words - {"reference", "id"} or PLACEHOLDER.sub("", text).count("{"):
        stop(name, f"{text!r} needs {{reference}} (the account reference) or {{id}}, and no other word in braces")
    if not text.isprintable() or " " in text:
        stop(name, f"{text!r} has a blank or an invisible character in it")
    return text


read_env_file()

# --- the installation ------------------------------------------------------------------------------------------------

DEBUG = read_flag("DEBUG", default=False)
SECRET_KEY = read_secret_key(debug=DEBUG)
ALLOWED_HOSTS = read_allowed_hosts(debug=DEBUG)
DATABASES = {"default": read_database()}
TIME_ZONE = read_choice("TIME_ZONE", choices=available_timezones(), default="UTC")
BILLING_PRORATION = read_choice(
    "BILLING_PRORATION", choices={"actual", "actual_30", "strict_30_360", "off"}, default="actual"
)
AMENDMENT_DATES = read_choices("AMENDMENT_DATES", choices={"service_activation", "customer_acceptance"})

# What people without the permission to approve must propose to somebody who has it; by default nothing.
PROPOSE_OUTSIDE_GROUPS = read_flag("PROPOSE_OUTSIDE_GROUPS", default=False)
PROPOSE_OVERRIDES_BEYOND = read_limit("PROPOSE_OVERRIDES_BEYOND")
PROPOSE_RELEASES_OVER = read_limit("PROPOSE_RELEASES_OVER")
PROPOSE_CREDITS_OVER = read_limit("PROPOSE_CREDITS_OVER")
PROPOSE_BULK_OVER = read_limit("PROPOSE_BULK_OVER")
SITE_LABEL = read_text("SITE_LABEL")
CUSTOMER_LINKS = {
    label: pattern
    for label, name in {"CRM": "CRM_URL", "Billing": "BILLING_URL", "Support": "SUPPORT_URL"}.items()
    if (pattern := read_address_pattern(name))
}
HTTPS = read_flag("HTTPS", default=not DEBUG)
BEHIND_PROXY = read_flag("BEHIND_PROXY", default=False)

# --- the application -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "config",
    "offerings",
    "changegroups",
    "entitlements",
]

MIDDLEWARE = [
    "config.unreadable.RefuseUnreadable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.private_pages.PrivatePages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.web.LoginRequired",
    "config.profile.ReadersPreferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.sent_twice.SentTwice",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.web.shell",
                "entitlements.amendments.sidebar.set_aside",
            ]
        },
    }
]

FORM_RENDERER = "config.web.FormRenderer"

LANGUAGE_CODE = "en"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": PLAIN_FILES if DEBUG else HASHED_FILES},
}

# Files are served as edited with DEBUG=on. Tests start with DEBUG=on, which Django then switches off.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- login and lockout -----------------------------------------------------------------------------------------------

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "config.refusals.RefusedPermissions",  # the last: it grants nothing
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# The database counts failed logins, so that the count holds for every web process without a shared cache.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_CLIENT_IP_CALLABLE = "config.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# --- background work -------------------------------------------------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- headers and cookies ---------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = read_whole_number("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# The owner of a domain decides about the browsers' preload list, which is hard to leave.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- logging ---------------------------------------------------------------------------------------------------------

LOG_LEVEL = read_choice("LOG_LEVEL", choices={"DEBUG", "INFO", "WARNING", "ERROR"}, default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
