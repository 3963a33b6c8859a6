"""The overrides of the override report, each with the state of its entitlement."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from entitlements.history.words import shown, value_cell
from entitlements.models import Override
from entitlements.operations.effect_words import effect_words
from entitlements.state import TERM_RIGHTS, State, load_alone
from offerings import rights
from offerings.change_words import SAME, ChangeWords
from offerings.models import Feature
from offerings.prices import price_label
from offerings.rights import BUILT_IN, FEATURE_PREFIX, PRICE_PREFIX, Direction, Right

BATCH = 500


@dataclass(frozen=True, slots=True)
class ReportedOverride:
    """One override, with its standard by the revision in force."""

    override: Override
    state: State

    @property
    def right(self) -> Right:
        """Return the overridden right."""
        return self.state.right(self.override.key)

    @property
    def shown_value(self) -> str:
        """Return the value in force in words."""
        return shown(self.right, self.override.value)

    @property
    def shown_standard(self) -> str:
        """Return the standard in words."""
        return shown(self.right, self.state.standard(self.override.key))

    @property
    def value_cell(self) -> int | Decimal | str:
        """Return the value in force for a file, where a number stays a number."""
        return value_cell(self.right, self.override.value)

    @property
    def standard_cell(self) -> int | Decimal | str:
        """Return the standard for a file, where a number stays a number."""
        return value_cell(self.right, self.state.standard(self.override.key))

    @property
    def direction(self) -> Direction:
        """Return the direction from the standard to the override; SAME where both are equal."""
        standard = self.state.standard(self.override.key)
        if not rights.is_valid(self.right, self.override.value):
            return Direction.CHANGED
        return rights.compare(self.right, standard, self.override.value)

    @property
    def word(self) -> str:
        """Return the step from the standard to the override in a word: raised, later, same as standard."""
        return self.words.word

    @property
    def words(self) -> ChangeWords:
        """Return how the step from the standard to the override is said."""
        if self.direction is Direction.SAME:
            return ChangeWords(SAME.tone, SAME.sign, "same as standard")
        standard = self.state.standard(self.override.key)
        return effect_words(self.right, "" if standard is None else standard, self.direction)


def reported(overrides: Sequence[Override]) -> list[ReportedOverride]:
    """Return overrides with the states of their entitlements, in the same order; five queries for any number."""
    states = {state.id: state for state in load_alone({override.entitlement_id for override in overrides})}
    return [ReportedOverride(override, states[override.entitlement_id]) for override in overrides]


def reported_in_batches(overrides: Iterable[Override]) -> Iterator[ReportedOverride]:
    """Yield the rows of ``reported``, read in batches, so memory stays flat for any number."""
    rows = iter(overrides)
    while batch := list(islice(rows, BATCH)):
        yield from reported(batch)


def overridden_rights() -> list[tuple[str, str]]:
    """Return key and label of every overridden right, in order of the label; two queries."""
    keys = list(Override.objects.order_by().values_list("key", flat=True).distinct())
    names = {key.removeprefix(FEATURE_PREFIX) for key in keys if key.startswith(FEATURE_PREFIX)}
    features = dict(Feature.objects.filter(key__in=names).order_by("-pk").values_list("key", "name"))
    labels = {key: right.label for key, right in {**BUILT_IN, **TERM_RIGHTS}.items()}
    labels |= {f"{FEATURE_PREFIX}{key}": name for key, name in features.items()}
    labels |= {key: price_label(key) for key in keys if key.startswith(PRICE_PREFIX)}
    return sorted(((key, labels.get(key, key)) for key in keys), key=lambda pair: (pair[1].lower(), pair[0]))


def people_who_overrode() -> list[str]:
    """Return the names of the people who set current overrides, sorted; one query."""
    found = Override.objects.order_by("set_by_name").values_list("set_by_name", flat=True)
    return list(found.distinct())
