"""What a change of offering warns of, and where it keeps quiet."""

import pytest

from entitlements import engine
from entitlements.models import Entitlement
from entitlements.operations import ChangeOffering, ChangeTerms, TermChoice, TermMode
from offerings.rights import UNLIMITED, Value
from tests.cast import NOW, TODAY, Cast, day


def warned(cast: Cast, name: str, entitlement: Entitlement) -> list[str]:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk)
    return [warning.code for warning in engine.preview(operation, [entitlement.pk], at=NOW)[0].warnings]


@pytest.mark.parametrize(
    ("value", "target", "codes"),
    [
        (250, "bronze_annual", ["override_outlives_downgrade"]),
        (250, "gold_annual", []),
        (2, "bronze_annual", []),
        (3, "bronze_annual", ["override_equals_standard"]),
        (UNLIMITED, "bronze_annual", ["override_outlives_downgrade"]),
    ],
)
def test_a_kept_number_outlives_only_a_downgrade(cast: Cast, value: Value, target: str, codes: list[str]) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": value})
    assert warned(cast, target, entitlement) == codes


def test_a_day_set_by_hand_that_is_kept_is_said_and_no_days_are_lost(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")), [entitlement.pk], reason="r")
    assert warned(cast, "gold_monthly", entitlement) == ["day_kept"]


def test_a_term_kept_into_a_perpetual_license_loses_its_end(cast: Cast) -> None:
    keep = TermChoice(TermMode.KEEP)
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_perpetual").pk, term=keep)
    preview = engine.preview(operation, [cast.entitle("silver_annual").pk], at=NOW)[0]
    assert (preview.lead.after.expires_on, preview.warnings) == (None, ())
