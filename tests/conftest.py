"""What every test shares: which tests run where, and how property tests are drawn."""

import gc
import random
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from tests.cast import Cast
from tests.kept_cast import KeptCast

settings.register_profile("upshift", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", parent=settings.get_profile("upshift"), max_examples=1000)
settings.load_profile("upshift")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for a second run on another database."""
    words = "leave out the tests that use no database: on the second database they are the same tests again"
    parser.addoption("--with-database", action="store_true", help=words)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw a seed for the property tests of this run, unless one is given with --hypothesis-seed."""
    if config.option.hypothesis_seed is None and not hasattr(config, "workerinput"):
        config.option.hypothesis_seed = random.SystemRandom().randrange(2**32)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the seed, so that a run can be repeated."""
    terminalreporter.write_line(f"Property tests drew from --hypothesis-seed={config.option.hypothesis_seed}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run cannot do (browser tests unless asked for, PostgreSQL tests on SQLite) or need not."""
    unwanted = [] if "browser" in config.getoption("markexpr") else ["browser"]
    if connection.vendor != "postgresql":
        unwanted.append("postgres")
    left_out = {item for item in items if any(item.get_closest_marker(name) for name in unwanted)}
    if config.getoption("with_database"):
        left_out.update(item for item in items if not _uses_database(item))
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Leave what the tests are made of out of garbage collection: it stays to the end, and is large."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _uses_database(item: pytest.Item) -> bool:
    """Tell whether a test may reach the database; pytest-django refuses every query of the others."""
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or "django_db_setup" in names


@pytest.fixture(autouse=True)
def _forget_diffs() -> None:
    """Forget what was kept of earlier tests: their rows are gone, and the database gives the ids out again."""
    from django.core.cache import cache

    from offerings import revisions

    revisions._cached_diff.cache_clear()
    revisions._found.cache_clear()
    cache.clear()


KEPT = pytest.StashKey[KeptCast]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep or end the transaction with the cast before the fixtures of a test are made."""
    if KEPT not in item.config.stash:
        item.config.stash[KEPT] = KeptCast(item.config.stash[blocking_manager_key])
    item.config.stash[KEPT].prepare(item)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, pytestconfig: pytest.Config) -> Iterator[None]:
    """Say that there are tables; end the transaction with the cast before they are dropped."""
    kept = pytestconfig.stash[KEPT]
    kept.is_ready = True
    yield
    kept.drop()


@pytest.fixture
def cast(db: None, pytestconfig: pytest.Config) -> Cast:
    """Return the cast, a copy for each test."""
    return pytestconfig.stash[KEPT].copy()
