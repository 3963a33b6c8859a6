"""The one table of a state's fields: a field added to a copy of it travels the whole way."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

import pytest
from django.db import connection, models

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Change, Entitlement
from entitlements.operations import Operation, Preview, UndoAct
from entitlements.operations.preview import single
from entitlements.operations.words import Words
from entitlements.state import Field, State, fields, load, loading
from offerings.rights import Kind, Right
from tests.cast import NOW, TODAY, Cast

COLOR = Right("color", Kind.TEXT, "Color", group="Offering")


@dataclass(frozen=True, slots=True)
class ColoredState(State):
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint(Operation):
    """Give an entitlement a color."""

    name = "paint"
    permission = "entitlements.change_terms"
    words = Words("Paint", "Paint", "Painted", "painted", "pencil", "info")

    color: str

    def preview(self, states: list[ColoredState], world: object) -> Preview:  # type: ignore[override]
        [before] = states
        return single(self, before, replace(before, color=self.color))


@pytest.fixture
def entitlement(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entitlement]:
    """Return an entitlement in a database, and a table, that have one field more."""
    held = cast.entitle()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is altered while checks of it wait
        cursor.execute("ALTER TABLE entitlements_entitlement ADD COLUMN color varchar(20)")
    column = models.CharField(max_length=20, null=True)
    column.contribute_to_class(Entitlement, "color")
    added = Field("color", "color", attrgetter("color"), right=COLOR)
    monkeypatch.setattr(fields, "FIELDS", (*fields.FIELDS, added))
    monkeypatch.setattr(loading, "State", ColoredState)
    try:
        yield held
    finally:
        Entitlement._meta.local_fields.remove(column)
        Entitlement._meta._expire_cache()  # type: ignore[attr-defined]
        del Entitlement.color  # type: ignore[attr-defined]


def paint(cast: Cast, entitlement: Entitlement, color: str) -> engine.Result:
    return cast.do(Paint(as_of=TODAY, color=color), [entitlement.pk])


def color_of(entitlement: Entitlement) -> str | None:
    [state] = load([entitlement.pk])
    assert isinstance(state, ColoredState)
    return state.color


def test_it_is_loaded_previewed_and_written(cast: Cast, entitlement: Entitlement) -> None:
    [preview] = engine.preview(Paint(as_of=TODAY, color="green"), [entitlement.pk], at=NOW)
    assert [(effect.right.key, effect.after) for effect in preview.lead.effects] == [("color", "green")]
    paint(cast, entitlement, "green")
    assert color_of(entitlement) == "green"


def test_it_counts_the_version_up_and_is_in_the_log(cast: Cast, entitlement: Entitlement) -> None:
    paint(cast, entitlement, "green")
    change = Change.objects.latest("sequence")
    assert (change.from_version, change.to_version) == (1, 2)
    assert change.delta["fields"] == {"color": [None, "green"]}


def test_undo_takes_it_back(cast: Cast, entitlement: Entitlement) -> None:
    paint(cast, entitlement, "green")
    act = paint(cast, entitlement, "red").act
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk])
    assert color_of(entitlement) == "green"


def test_another_value_is_another_fingerprint(cast: Cast, entitlement: Entitlement) -> None:
    seen = engine.preview(Paint(as_of=TODAY, color="green"), [entitlement.pk], at=NOW)[0].fingerprint
    paint(cast, entitlement, "red")
    assert engine.preview(Paint(as_of=TODAY, color="green"), [entitlement.pk], at=NOW)[0].fingerprint != seen


def test_a_recount_finds_what_does_not_fit_its_log(cast: Cast, entitlement: Entitlement) -> None:
    paint(cast, entitlement, "green")
    assert list(differences()) == []
    Entitlement.objects.filter(pk=entitlement.pk).update(color="blue")
    assert [found.name for found in differences()] == ["color against the log"]
