"""What every operation is: an immutable value that describes itself, loads its world and previews itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from config.name_fields import hidden_problem
from entitlements.billing.due import NOTHING_BILLED, Billed, DueMemo
from entitlements.billing.money import Days, Money
from entitlements.billing.starts import Starts
from entitlements.models import AmendmentKind
from entitlements.operations.add_ons import add_on_problems
from entitlements.operations.consequences import consequences
from entitlements.operations.effects import DiffMemo
from entitlements.operations.money import money_of
from entitlements.operations.one_plan import NO_PLANS, OpenPlans, plans_among
from entitlements.operations.preview import Preview, Problem
from entitlements.operations.seats import count_problems
from entitlements.operations.words import Words, Work
from entitlements.state import NOTHING_HELD, Delta, Held, Revisions, SeatValue, State
from offerings import rights

VERSION = 1
RANKED = (AmendmentKind.UPGRADE, AmendmentKind.DOWNGRADE)
Unit = tuple[UUID, ...]
"""The keys of entitlements that can only change together; mostly one."""


@dataclass(frozen=True, slots=True)
class World:
    """What an operation needs to know beside the states, read once for all of them.

    ``at`` is the moment of the act (aware UTC). ``seats`` holds the active seats of entitlements where some must go;
    ``plans`` the open plans of orders that an entitlement may come into, ``held`` what is open in the orders with
    add-ons. ``memo`` and ``money`` share what is the same for many of a batch. ``triggers`` are the days of an
    amendment on which charges start, by trigger.
    """

    at: datetime
    seats: Mapping[UUID, tuple[SeatValue, ...]] = field(default_factory=dict)
    plans: OpenPlans = NO_PLANS
    held: Held = field(default_factory=dict, compare=False)
    memo: DiffMemo = field(default_factory=dict)
    money: DueMemo = field(default_factory=dict, compare=False)
    triggers: Days = field(default_factory=dict)

    def among(self, states: Sequence[State]) -> Self:
        """Return the world where entitlements are as ``states`` say, which nothing has written yet."""
        return replace(self, plans=plans_among(self.plans, states))


def label(text: str, **hints: Any) -> dict[str, Any]:
    """Return the metadata of a field that people are shown: its label, and hints for the field of a form.

    ``starts_with`` names the attribute of a state that the form starts from, ``choose`` what is searched for ("order"),
    ``help`` explains. For seats, ``modes`` are the choices, the first one chosen: then they are shown also
    where all seats fit. ``only_with`` names a field without which this one says nothing. ``beside`` of "add_ons" shows
    the field only where add-ons are open beside the entitlement.
    """
    return {"label": text, **hints}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is asked for. ``as_of`` is the day it counts from, in the site's zone.

    Subclasses add what is asked, ``load`` (a constant number of queries) and ``preview_moves`` (pure). Fields with a
    label are shown to people. A field ``key`` names what will be created; it is no part of what a person sees. ``tab``
    is the tab of the entitlement's page that offers the operation, and to which people come back. ``order_field`` is
    the field that says which order, or which plan, an entitlement comes to: problems with add-ons belong to it.
    """

    name: ClassVar[str]
    permission: ClassVar[str]
    words: ClassVar[Words]
    work: ClassVar[Work] = Work.OTHER
    creates: ClassVar[bool] = False
    takes_ids: ClassVar[bool] = True  # False where what is asked names the entitlements, or makes one
    has_dialog: ClassVar[bool] = True  # False where its page needs more than an entitlement
    may_wait: ClassVar[bool] = True  # False where it is about what is there now
    amends: ClassVar[AmendmentKind] = AmendmentKind.UPDATE_PRODUCT  # what kind of amendment it is when it waits
    tab: ClassVar[str] = "entitlement"
    order_field: ClassVar[str] = ""

    as_of: date = field(metadata=label("Counted from"))

    def asked(self) -> dict[str, Any]:
        """Return the operation as versioned JSON; ``operations.read`` reads it back."""
        return {"operation": self.name, "version": VERSION, **plain_fields(self)}

    def seen(self) -> dict[str, Any]:
        """Return what a person sees of the operation, as JSON: all but the key of what it creates."""
        return {name: value for name, value in self.asked().items() if name != "key"}

    @property
    def question(self) -> str:
        """Return what is asked without the day, as text: who asks the same needs to know the same."""
        asked = {name: value for name, value in self.seen().items() if name != "as_of"}
        return json.dumps(asked, sort_keys=True)

    @classmethod
    def applies_to(cls, state: State) -> bool:
        """Tell whether the menu of an entitlement offers the operation: not once the entitlement has ended."""
        return state.ended_on is None

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return the permissions without which a person cannot ask for it at all."""
        return (self.permission,)

    def parts(self, preview: Preview, world: Any) -> set[str]:
        """Return the permissions that parts of what it would do need beside its own. Pure."""
        return set()

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why."""
        return False

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return which entitlements move together; each alone where the operation does not say otherwise."""
        return [(key,) for key in ids]

    def units_among(self, ids: Sequence[UUID], states: Sequence[State]) -> list[Unit]:
        """Return the units where entitlements will be as ``states`` say, which nothing has written yet."""
        return self.units(ids)

    def named(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the entitlements that it is for, wherever it names them, without those that move along."""
        return tuple(ids)

    def on_day(self, day: date) -> Self:
        """Return the operation as it counts from another day."""
        return replace(self, as_of=day)

    def amendment_kind(self, preview: Preview) -> AmendmentKind:
        """Return the kind of the amendment that it is when it waits: a move that is ranked says so itself."""
        rank = str(preview.lead.path.get("rank"))
        return AmendmentKind(rank) if rank in RANKED else self.amends

    def amendment_name(self, preview: Preview) -> str:
        """Return what that amendment is called where nobody names it."""
        return self.words.title

    def created_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the keys of the entitlements that the operation creates, or may create, when it is for ``ids``."""
        return ()

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions to read together with those the states are on."""
        return ()

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the orders, beside those they are in, that entitlements come into when it is for ``ids``."""
        return ()

    @property
    def new_order(self) -> UUID | None:
        """Return the key of the order that all it does is in, and that it makes; ``None`` where it makes no such."""
        return None

    def into(self, order: UUID) -> Self:
        """Return what is left to ask for once that order is there."""
        raise TypeError(f"{type(self).__name__} makes no order of its own.")

    def world(self, states: Sequence[State], *, at: datetime, revisions: Revisions, held: Held = NOTHING_HELD) -> World:
        """Return what ``load`` reads, with what is open in the orders concerned."""
        return replace(self.load(states, at=at, revisions=revisions), held=held)

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read what the rules need beside the states; a constant number of queries, for any number of states.

        ``revisions`` holds those the states are on, and those of ``revision_ids`` that exist.
        """
        return World(at=at)

    def preview_unit(self, unit: Unit, states: Sequence[State], world: Any) -> Preview:
        """Return the preview of one unit by its keys; ``states`` are those of its entitlements that are there. Pure."""
        return self.preview(states, world)

    def preview(self, states: Sequence[State], world: Any) -> Preview:
        """Return what would happen to the entitlements of one unit, with what must be said of every change. Pure."""
        found = self.preview_moves(states, world)
        problems = (*count_problems(found.moves), *add_on_problems(found.moves, world.held, field=self.order_field))
        warnings = (*found.warnings, *consequences(found.moves, today=self.as_of, held=world.held))
        permissions = sorted({*self.permissions, *self.parts(found, world)})
        found = found.with_problems(problems)
        found = replace(found, warnings=tuple(dict.fromkeys(warnings)), permissions=tuple(permissions))
        return replace(found, money=self.money_of(found, world, NOTHING_BILLED))

    def money_of(self, preview: Preview, world: Any, billed: Billed) -> Money | None:
        """Return what a preview makes due; ``billed`` is what earlier changes made due. Pure."""
        starts = self.starts_of(preview, world)
        return money_of(preview.moves, on=self.as_of, billed=billed, memo=world.money, starts=starts)

    def starts_of(self, preview: Preview, world: Any) -> Starts:
        """Return what is known of the days on which charges start that a preview brings. Pure."""
        return Starts(world.triggers)

    def preview_moves(self, states: Sequence[State], world: Any) -> Preview:
        """Return the moves of one unit with the operation's own problems and warnings. Pure."""
        raise TypeError(f"{type(self).__name__} does not say what it would do.")

    @classmethod
    def title_of(cls, before: State | None, after: State, delta: Delta) -> str:
        """Return the title of one change in the log: what was done, in the past tense."""
        return cls.words.done


def plain_fields(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as JSON: days and keys as text, tuples as lists."""
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Operation):
        return value.asked()
    if is_dataclass(value):
        return plain_fields(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def text_problems(text: str, *, field: str, longest: int) -> list[Problem]:
    """Return what is wrong with words that people write: too long, or with characters no database stores."""
    found = []
    if len(text) > longest:
        message = f"Use at most {longest} characters; this has {len(text):,}."
        found.append(Problem(f"{field}_too_long", message, field))
    if rights.has_control_characters(text):
        found.append(Problem(f"{field}_invalid", "Leave out control characters.", field))
    return found


def name_problems(text: str, *, field: str, longest: int) -> list[Problem]:
    """Return what is wrong with a name: too long, or with a character that nobody sees."""
    found = [each for each in text_problems(text, field=field, longest=longest) if each.code == f"{field}_too_long"]
    hidden = hidden_problem(text)
    return [*found, Problem(f"{field}_invalid", hidden, field)] if hidden else found


def blockers(state: State) -> list[Problem]:
    """Return the problems that block every operation: the entitlement has ended."""
    if state.ended_on is None:
        return []
    return [Problem("ended", "This entitlement has ended. Create a new one instead.")]
