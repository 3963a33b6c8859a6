"""The product against the model: random sequences of steps, equal after every step.

The ordinary run draws new seeds each time. A failure names the seed of each sequence that differs, and how to run that
one again. The deep run: ``UPSHIFT_MODEL_SEQUENCES=5000 pytest tests/model/test_model.py``.

Only the driver and its catalog touch the product: ``make_catalog()`` (the five offerings, first revisions published),
``played(catalog, today)`` (a context that gives a ``Driver`` and rolls everything back at its end), and a ``Driver``
with ``carry_out(step)``, ``view(key)``, ``keys()``, ``can_undo(act)`` and ``differences()``.
"""

import os
from collections.abc import Iterator
from dataclasses import fields, replace
from random import SystemRandom
from typing import Any

import pytest

from tests.model import driver
from tests.model.driver_catalog import make_catalog
from tests.model.play import DIRECT, can_undo, carry_out
from tests.model.sequences import Script, write_script
from tests.model.steps import Step
from tests.model.world import View, World

SEQUENCES = int(os.environ.get("UPSHIFT_MODEL_SEQUENCES", "200"))
SEED = int(os.environ.get("UPSHIFT_MODEL_SEED") or SystemRandom().randrange(1_000_000_000))

# At the end of a sequence the product is asked whether acts can be undone: those the model would undo, and the newest.
NEWEST = 3


class Different(Exception):
    """The product does not do what the model says."""


class Versions:
    """The versions of the product that stand for those of the model: equal in one exactly where equal in the other."""

    def __init__(self) -> None:
        self._pairs: dict[int, set[tuple[int, int]]] = {}

    def agree(self, key: int, model: int, product: int) -> bool:
        """Return whether two versions of an entitlement fit to those seen before, and remember them."""
        pairs = self._pairs.setdefault(key, set())
        pairs.add((model, product))
        return all((one == model) == (other == product) for one, other in pairs)


@pytest.mark.django_db
def test_the_product_does_what_the_model_says() -> None:
    catalog = make_catalog()
    failures: list[tuple[Script, str]] = []
    for seed in range(SEED, SEED + SEQUENCES):
        script = write_script(seed)
        try:
            _play(catalog, script)
        except Different as difference:
            failures.append((script, str(difference)))
        except Exception as error:
            error.add_note(_whole(script))
            raise
    assert not failures, _report(failures)


def _play(catalog: Any, script: Script) -> None:
    """Play a script in the model and in the product, and compare after every step."""
    world = World(script.today)
    versions = Versions()
    with driver.played(catalog, script.today) as product:
        for number, step in enumerate(script.steps):
            world = _take(world, product, step, number=number)
            for line in _differing(world, product, versions):
                raise Different(f"after step {number}, {step}: {line}")
        for act in range(len(world.acts)):
            expected = can_undo(world, act)
            if (expected or act >= len(world.acts) - NEWEST) and product.can_undo(act) != expected:
                raise Different(f"at the end, undo of act {act}: the model says {expected}")
        if found := product.differences():
            raise Different(f"at the end, the recount differs: {found}")


def _take(world: World, product: Any, step: Step, *, number: int) -> World:
    """Take a step in both, and return the model's world after it. Traffic the model refuses is not sent."""
    after, outcome = carry_out(world, step)
    if type(step) in DIRECT:
        if outcome.is_accepted:
            product.carry_out(step)
        return after
    refusal = product.carry_out(step)
    if outcome.is_accepted == (refusal is None):
        return after
    model = "accepted" if outcome.is_accepted else f"refused ({outcome.why})"
    raise Different(f"step {number}, {step}: model: {model}, product: {refusal or 'accepted'}")


def _differing(world: World, product: Any, versions: Versions) -> Iterator[str]:
    """Yield a line for everything that is not equal."""
    if set(world.entitlements) != set(product.keys()):
        yield f"entitlements: model {sorted(world.entitlements)}, product {sorted(product.keys())}"
    for key in world.entitlements:
        expected, found = world.view(key), product.view(key)
        if expected.ended_on is not None:
            found = replace(found, checked_out=None, calls=None)
        if not versions.agree(key, expected.version, found.version):
            yield f"entitlement {key}: version: model {expected.version}, product {found.version}"
        for name in (each.name for each in fields(View) if each.name != "version"):
            if getattr(expected, name) != getattr(found, name):
                yield f"entitlement {key}: {name}: model {getattr(expected, name)}, product {getattr(found, name)}"


def _report(failures: list[tuple[Script, str]]) -> str:
    """Return the shortest failure whole, and a line for each of the others."""
    script, difference = min(failures, key=lambda failure: len(failure[0].steps))
    lines = [f"{len(failures)} of {SEQUENCES} sequences differ", "", _whole(script), "", difference, ""]
    lines += [f"Seed {each.seed}: {text}" for each, text in failures[:50] if each is not script]
    return "\n".join(lines)


def _whole(script: Script) -> str:
    """Return a sequence step by step, and how to run it again."""
    lines = [f"{number:3} {step}" for number, step in enumerate(script.steps)]
    repeat = f"Repeat: UPSHIFT_MODEL_SEED={script.seed} UPSHIFT_MODEL_SEQUENCES=1"
    return "\n".join([f"Seed {script.seed}, from {script.today}:", *lines, repeat])
