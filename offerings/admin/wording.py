"""Fields of the catalog in words, for people who may look at a form and not change it.

Django shows such a form from the columns: ``P14D``, ``"unlimited"`` in quotes, ``829.500000``.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.db.models import Model

from offerings.models import Charge
from offerings.rights import BUILT_IN

WORDED = frozenset({*BUILT_IN, "duration", "billing_period", "maintenance_duration", "default"}) - {"maintenance"}


@cache
def in_words(model: type[Model], name: str) -> Callable[[Any], str]:
    """Return a column of the admin that shows a field of a model as people read it."""

    def shown(row: Any) -> str:
        return row.value_in_words(name) or "-"

    shown.__name__ = name
    field: Any = model._meta.get_field(name)
    shown.short_description = field.verbose_name  # type: ignore[attr-defined]
    return shown


def worded(model: type[Model], names: Iterable[Any]) -> list[Any]:
    """Return the fields of a form, those in words that are columns of codes."""
    return [in_words(model, name) if name in WORDED else name for name in names]


def price_in_words(charge: Charge) -> str:
    """Return a price as people read it."""
    return charge.price.words


price_in_words.short_description = "price"  # type: ignore[attr-defined]
