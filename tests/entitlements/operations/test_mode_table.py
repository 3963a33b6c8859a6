"""Every combination of modes, from the group or from the global defaults, against the rules written as text."""

from itertools import product

import pytest

from changegroups.models import ChangeDefaults, ChangeGroup, ChangeMode, Membership, QuantityMode, SubscribeMode
from entitlements import engine
from entitlements.operations import ChangeOffering, Preview
from tests.cast import NOW, TODAY, Cast, day

OPEN = """
mode          upgrade   same level   downgrade
both          yes       yes          yes
upgrade       yes       no           no
downgrade     no        no           yes
"""
TERM = """
                 same terms   other terms
keep             kept         kept
new_term         restarted    restarted
create_new       new          new
keep_if_match    kept         new
"""
QUANTITY = """
keep_same       refused
allow_change    chosen
"""
PRIORITIES = {"upgrade": 9, "same level": 5, "downgrade": 1}
TARGETS = {"same terms": "gold_seats", "other terms": "gold_monthly"}


def cell(table: str, row: str, column: int) -> str:
    line = next(line for line in table.strip().splitlines() if line.split()[:1] == [row])
    return line.split()[1 + column]


def term_of(preview: Preview) -> str:
    if len(preview.moves) > 1:
        return "new"
    return "kept" if preview.lead.after.starts_on == day("2026-03-01") else "restarted"


def modes_set(group: ChangeGroup, *, by_default: bool, **modes: str) -> None:
    """Put the modes into the group, or into the global defaults with the group saying nothing."""
    ChangeDefaults.objects.update_or_create(pk=1, defaults=modes if by_default else {})
    ChangeGroup.objects.filter(pk=group.pk).update(**(dict.fromkeys(modes, "") if by_default else modes))


@pytest.mark.parametrize("change_mode", ChangeMode.values)
@pytest.mark.parametrize("direction", PRIORITIES)
@pytest.mark.parametrize("terms", TARGETS)
def test_every_combination_does_what_the_tables_say(cast: Cast, change_mode: str, direction: str, terms: str) -> None:
    target = TARGETS[terms]
    group = ChangeGroup.objects.create(name="Atlas plans")
    Membership.objects.create(group=group, offering=cast.offerings["silver_annual"], priority=5)
    Membership.objects.create(group=group, offering=cast.offerings[target], priority=PRIORITIES[direction])
    entitlement = cast.entitle("silver_annual")
    quantity = 9 if target == "gold_seats" else None
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(target).pk, quantity=quantity)
    is_open = cell(OPEN, change_mode, list(PRIORITIES).index(direction)) == "yes"
    for subscribe, carried, by_default in product(SubscribeMode.values, QuantityMode.values, [False, True]):
        modes_set(
            group, by_default=by_default, change_mode=change_mode, subscribe_mode=subscribe, quantity_mode=carried
        )
        [preview] = engine.preview(operation, [entitlement.pk], at=NOW)
        codes = [problem.code for problem in preview.problems]
        combination = (subscribe, carried, by_default)
        assert ("wrong_direction" in codes) is not is_open, combination
        if is_open:
            assert term_of(preview) == cell(TERM, subscribe, list(TARGETS).index(terms)), combination
            is_refused = quantity is not None and cell(QUANTITY, carried, 0) == "refused"
            assert ("quantity_kept" in codes) is is_refused, combination
            assert not set(codes) - {"quantity_kept"}, combination
            assert preview.lead.after.override_count == 0, combination
