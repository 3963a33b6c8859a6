"""No address answers anything with a 500: not malformed headers, keys, numbers, texts or pages, for nobody.

Every address of the resolver is asked for by every role, with draws from the seed that pytest prints:
``--hypothesis-seed=N`` repeats a run. ``FUZZ_DRAWS`` multiplies the requests.
"""

import logging
import os
import random
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from config.wsgi import application
from tests.addresses import Address, every_address, make_things, values_of
from tests.cast import Cast
from tests.html_pages import Page

DRAWS = int(os.environ.get("FUZZ_DRAWS", "1"))
ROLES = ("superuser", "visitor", "no role", "viewer", "support", "operations", "manager", "administrator")
TOKEN = "a" * 32
BACKEND = "django.contrib.auth.backends.ModelBackend"
TEXTS = (
    *("", " ", "\0", "a\0b", "\udfff", "\ud83d\ude00", "'", '"', "%", "\\", "{{ x }}", "<img src=x onerror=alert(1)>"),
    *("0", "-1", "1", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "9" * 30),
    *("9" * 5_000, "1.000", "1,5", "1e400", "1e-400", "NaN", "Infinity", "-Infinity", "1_000", "+5", "0x10"),
    *("\uff11\uff12", "\u0663", "\u00b2", "\u2167", "\u202e", "\ufeff", "e\u0301" * 200, "x" * 5_000, "\U0010ffff"),
    *("00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-00000000000}", "urn:uuid:1", "g" * 32),
    *("0001-01-01", "9999-12-31", "10000-01-01", "2027-02-30", "P999999999999Y", "P1D", "1 year", "unlimited"),
    *("../../etc/passwd", "//elsewhere.example/", "http://[", "javascript:alert(1)", "null", "[]", "[" * 3_000, "{}"),
    *("253402300800000000-", "99999999999999999999-" + "0" * 32, "-62135596800000001-" + "0" * 32, "0-" + "f" * 32),
    *("a-" + "0" * 32, "9999-12-31-" + "0" * 32, "SILVER-ANNUAL:99999999999999999999", "seat_limit", "on"),
)
CHARSETS = ("utf-7", "rot13", "base64", "utf-16", "idna", "none", "\xff")
COOKIES = ("sessionid=\xff\0", "csrftoken=", "=;=;", "messages=[[", "messages=\xff", "messages=W10:1:2", "x" * 9_000)
BY_NAME: dict[str, tuple[str, ...]] = {
    "HX-Current-URL": ("http://[", "http://[::1", "//", "http://testserver:99999999/", "\xff"),
    "Host": ("", "[", "a b", "testserver:99999999", "testserver:x", "\xff", "elsewhere.example"),
    "Accept-Language": ("\xff", "en;q=9999999", "x" * 5_000, ",,,", "*;q=nan"),
    "Cookie": COOKIES,
    "Referer": ("http://[", "\xff", "https://"),
    "Content-Type": (
        *(
            "multipart/form-data",
            "multipart/form-data; boundary=\xff",
            "",
            "x",
            "a/b;=",
            "text/plain; charset*=bogus''utf-8",
            "text/plain; charset*=utf-8''%00",
        ),
        *(f"text/html; charset={name}" for name in CHARSETS),
        *(f"application/x-www-form-urlencoded; charset={name}" for name in CHARSETS),
        *(f"multipart/form-data; boundary=x; charset={name}" for name in CHARSETS),
    ),
    "Content-Length": ("-1", "x", "99999999999999999999", ""),
    "Accept": ("\xff", "*", "text/html;q=x"),
    "X-Forwarded-For": ("\0", "x", "1.2.3.4,"),
    "X-Forwarded-Proto": ("\xff",),
    "If-Modified-Since": ("x", "Thu, 01 Jan 99999 00:00:00 GMT"),
    "If-None-Match": ("\xff",),
    "Range": ("bytes=9-1",),
    "Origin": ("http://[",),
    "HX-Request": ("true",),
    "HX-Target": ("\xff", "preview"),
    "HX-Boosted": ("?",),
    "HX-History-Restore-Request": ("true",),
    "Triggering-Event": ("{",),
}
HEADERS = [(name, value) for name, values in BY_NAME.items() for value in values]
ALWAYS = ("page", "older", "newer", "q", "next", "o", "p", "all", "_popup", "_to_field", "_changelist_filters", "e")
ADMIN = ("action", "select_across", "index", "_selected_action", "app_label", "model_name", "field_name", "term")


@dataclass
class Known:
    """What is known of one address: the path of a thing, the names it reads, and what its forms would send there."""

    address: Address
    path: str
    names: set[str] = field(default_factory=set)
    forms: list[dict[str, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """One request."""

    role: str
    method: str
    path: str
    query: bytes
    body: bytes
    headers: dict[str, str]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the connection of the test, and its transaction, when a request starts and ends; keep the log short."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    cast.people["no role"] = User.objects.create_user("no role")
    cast.people["superuser"] = User.objects.create_superuser("superuser")
    return cast


@pytest.fixture
def browsers(cast: Cast) -> dict[str, str]:
    """Return the session cookie of every role."""
    found = {"visitor": ""}
    for name in ROLES:
        if name != "visitor":
            client = Client()
            client.force_login(cast.people[name], backend=BACKEND)
            found[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return found


class Server(RequestFactory):
    """The site as a WSGI server runs it: the real application, with the cross-site check on."""

    def request(self, **environ: Any) -> Any:
        """Send one request; return status, headers, body and the error behind a 500."""
        found: dict[str, Any] = {"error": None}

        def start(status: str, headers: list[tuple[str, str]], *_rest: Any) -> None:
            found.update(status=int(status[:3]), headers=dict(headers))

        def remember(sender: Any, **_rest: Any) -> None:
            found["error"] = sys.exc_info()[1]

        got_request_exception.connect(remember)
        try:
            chunks = application(self._base_environ(**environ), start)
            found["body"] = b"".join(chunks)
            chunks.close()
        finally:
            got_request_exception.disconnect(remember)
        return SimpleNamespace(**found)


def ask(asked: Asked, browsers: dict[str, str]) -> Any:
    """Send one request and return the answer, read to its end; nothing of it stays written."""
    cookies = f"{settings.CSRF_COOKIE_NAME}={TOKEN}; {settings.SESSION_COOKIE_NAME}={browsers[asked.role]}"
    meta: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers.items()}
    meta["HTTP_COOKIE"] = f"{cookies}; {meta.get('HTTP_COOKIE', '')}"
    meta["HTTP_X_CSRFTOKEN"] = TOKEN
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if (value := meta.pop(f"HTTP_{name}", None)) is not None:
            meta[name] = value
    meta.setdefault("CONTENT_TYPE", "application/x-www-form-urlencoded")
    meta["QUERY_STRING"] = asked.query.decode("latin-1")
    with transaction.atomic():
        answer = Server().generic(asked.method, asked.path, asked.body, **meta)
        transaction.set_rollback(True)
    return answer


def known_addresses(cast: Cast, browsers: dict[str, str]) -> list[Known]:
    """Look at every address once, and return what its page offers to send."""
    things = make_things(cast)
    found = {}
    for address in every_address():
        path = address.filled(values_of(address, things))
        found[path] = Known(address, path)
    for known in list(found.values()):
        answer = ask(Asked("superuser", "GET", known.path, b"", b"", {}), browsers)
        assert answer.status < 500, f"{known.path}: {answer.error!r}"
        if "html" not in answer.headers.get("Content-Type", "") or answer.status != 200:
            continue
        page = Page(answer.body.decode())
        known.names |= page.field_names()
        for form in page.posting():
            target = urlsplit(form.action or known.path).path
            if target in found:
                buttons: list[dict[str, list[str]]] = [{b.name: [b.value]} for b in form.buttons] or [{}]
                found[target].forms += [{**form.sent(), **button} for button in buttons]
                found[target].names |= form.names
    return list(found.values())


def draw(rnd: random.Random, known: Known, role: str) -> Asked:
    """Return one request with a few things wrong."""
    values = known.address.variables
    path = known.path
    if values and rnd.random() < 0.4:
        path = known.address.filled([quoted(rnd.choice(TEXTS), plus=False) for _ in values])
    names = sorted(known.names | {*ALWAYS, *(ADMIN if known.address.is_admin else ())})
    query = pairs(rnd, names, most=3) if rnd.random() < 0.6 else []
    method, body = rnd.choice((("GET", []), ("POST", pairs(rnd, names, most=5))))
    if method == "POST" and known.forms and rnd.random() < 0.8:
        body = [(name, value) for name, values in rnd.choice(known.forms).items() for value in values]
        for _ in range(rnd.choice((0, 1, 1, 2))):
            place = rnd.randrange(len(body))
            body[place] = (body[place][0], rnd.choice(TEXTS))
        body += [("confirm", "1")] * rnd.randrange(2)
    headers = dict(rnd.sample(HEADERS, rnd.choice((0, 0, 1, 2))))
    if rnd.random() < 0.3:
        headers["HX-Request"] = "true"
    return Asked(role, method, path, encoded(query, utf7=rnd.random() < 0.1), encoded(body), headers)


def pairs(rnd: random.Random, names: list[str], *, most: int) -> list[tuple[str, str]]:
    return [(rnd.choice(names), rnd.choice(TEXTS)) for _ in range(rnd.randint(1, most))]


def encoded(pairs: list[tuple[str, str]], *, utf7: bool = False) -> bytes:
    """Return a query; in UTF-7 a lone surrogate arrives as one."""
    if utf7:
        return urlencode([(n, v.encode("utf-7", "surrogatepass")) for n, v in pairs]).encode()
    return "&".join(f"{quoted(n)}={quoted(v)}" for n, v in pairs).encode()


def quoted(text: str, *, plus: bool = True) -> str:
    """Return text for an address; surrogates stay in it as bytes that are no UTF-8."""
    raw = text.encode("utf-8", "surrogatepass")
    return quote_plus(raw) if plus else quote(raw, safe="")


def requests(rnd: random.Random, known: list[Known]) -> Iterator[Asked]:
    """Yield ``DRAWS`` requests to each address by every role, and two more by somebody who may do everything."""
    for each in known:
        for role in (*ROLES, "superuser", "superuser") * DRAWS:
            yield draw(rnd, each, role)


@pytest.mark.filterwarnings("default::RuntimeWarning")  # Django's own filters by date read dates without a zone
def test_nothing_that_is_sent_to_any_address_breaks_it(
    cast: Cast, browsers: dict[str, str], pytestconfig: pytest.Config
) -> None:
    rnd = random.Random(pytestconfig.option.hypothesis_seed)
    broken: dict[str, str] = {}
    for asked in requests(rnd, known_addresses(cast, browsers)):
        answer = ask(asked, browsers)
        if answer.status >= 500:
            text = "".join(traceback.format_exception(answer.error)) if answer.error else str(answer)
            broken.setdefault(kind_of(answer.error), f"{asked}\n{text}")
    assert not broken, "\n\n".join(f"{kind}\n{text}" for kind, text in broken.items())


@pytest.mark.parametrize("role", ["visitor", "superuser"])
def test_no_header_breaks_a_page(browsers: dict[str, str], role: str) -> None:
    broken = {}
    for path, (name, value) in product(("/", "/admin/", "/no/such/page/"), HEADERS):
        for method, more in (("GET", {"HX-Request": "true"}), ("POST", {})):
            answer = ask(Asked(role, method, path, b"q=1", b"name=x", {**more, name: value}), browsers)
            if answer.status >= 500:
                broken[(name, value)] = kind_of(answer.error)
    assert not broken


def test_no_body_breaks_a_page(browsers: dict[str, str]) -> None:
    bodies = (b"x=" + b"1" * 3_000_000, b"x=1&" * 3_000, b"--x\r\nbroken", b"%\xff")
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    paths, hosts = ("/customers/new/", "/admin/", "/no/such/page/"), ("testserver", "a b")
    broken = {}
    for path, host, body, kind in product(paths, hosts, bodies, kinds):
        answer = ask(Asked("superuser", "POST", path, b"", body, {"Content-Type": kind, "Host": host}), browsers)
        if answer.status >= 500:
            broken[(path, host, body[:20], kind)] = kind_of(answer.error)
    assert not broken


def kind_of(error: BaseException | None) -> str:
    """Return the kind of an error and the place in our own code, or the last place, where it came from."""
    if error is None:
        return "unknown"
    places = traceback.extract_tb(error.__traceback__)
    own = [each for each in places if "site-packages" not in each.filename and "/tests/" not in each.filename]
    last = (own or places)[-1]
    return f"{type(error).__name__} in {last.filename.rpartition('/')[2]}:{last.lineno} / {places[-1].name}"
