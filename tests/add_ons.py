"""Add-ons for the tests: published offerings that go with, need and exclude each other."""

from collections.abc import Iterable

from entitlements.models import Entitlement
from offerings.models import Edition
from offerings.revisions import publish
from offerings.rights import Value
from tests.cast import START, Cast
from tests.factories import EditionFactory, EditionValueFactory


def offer_add_on(
    cast: Cast,
    key: str,
    *,
    available_for: Iterable[str] = (),
    depends_on: Iterable[str] = (),
    excludes: Iterable[str] = (),
    values: dict[str, Value] | None = None,
    extensions: dict[str, Value] | None = None,
    plan: str = "annual",
    source_name: str = "",
    **fields: object,
) -> str:
    """Publish an add-on, and return its name: the key of its edition with that of its plan.

    Editions are named by key, features without prefix. Each one bought adds ``extra_seats`` where that is given.
    """
    names = {"name": key.replace("_", " ").capitalize(), "source_name": source_name}
    edition = EditionFactory(product=cast.atlas, key=key, kind="add_on", **names)
    cast.editions[key] = edition
    relate(cast, key, available_for=available_for, depends_on=depends_on, excludes=excludes)
    features = {each.key: each for each in cast.atlas.features.all()}
    for effect, given in (("replaces", values or {}), ("extends", extensions or {})):
        for name, value in given.items():
            EditionValueFactory(edition=edition, feature=features[name], value=value, effect=effect)
    return cast.offer(key, plan, **{"kind": "add_on", "seats_sold": "not_sold", "seat_limit": None, **fields})


def relate(cast: Cast, key: str, **relations: Iterable[str]) -> None:
    """Set relations of the draft of an add-on; ``publish_again`` makes them count."""
    for field, keys in relations.items():
        getattr(cast.editions[key], field).set([_edition(cast, each) for each in keys])


def _edition(cast: Cast, key: str) -> Edition:
    return cast.editions[key]


def publish_again(cast: Cast, name: str) -> None:
    """Publish what has been edited of an offering."""
    publish([cast.offerings[name]], published_by=None, published_by_name="tests")


def beside(cast: Cast, plan: Entitlement, name: str, *, quantity: int | None = None) -> Entitlement:
    """Sell an add-on into the order of a plan."""
    return cast.entitle(name, order=plan.order_id, quantity=quantity, at=START)
