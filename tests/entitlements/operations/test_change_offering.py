"""Changing the offering of an entitlement: what it does, what it keeps, what stands against it."""

from datetime import timedelta

import pytest

from entitlements import engine
from entitlements.models import Change, Entitlement, Override, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    Effect,
    Preview,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    TermChoice,
    TermMode,
)
from offerings.models import Feature
from offerings.revisions import publish
from tests.cast import KEEP, NOW, OLDEST, TODAY, Cast, day, is_done
from tests.factories import EditionFactory, OfferingFactory, ProductFactory


def to(cast: Cast, name: str, **choices: object) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **choices)


def look(operation: ChangeOffering, entitlement: Entitlement) -> Preview:
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def effect(preview: Preview, key: str) -> Effect:
    return next(each for each in preview.lead.effects if each.right.key == key)


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def warned(preview: Preview) -> list[str]:
    return [warning.code for warning in preview.warnings]


def test_every_right_takes_the_value_of_the_target(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    preview = look(to(cast, "gold_annual"), entitlement)
    assert effect(preview, "seat_limit").shown_after == "25"
    assert effect(preview, "feature.audit_log").direction == "added"
    assert effect(preview, "feature.connectors").shown_after == "unlimited"
    assert effect(preview, "feature.data_region").direction == "removed"


def test_the_change_is_written_with_who_and_why(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(to(cast, "gold_annual"), [entitlement.pk], reason="Customer asked", reference="TCK-1")
    entitlement.refresh_from_db()
    change = Change.objects.select_related("act").latest("sequence")
    assert entitlement.offering == cast.offerings["gold_annual"]
    assert entitlement.seat_limit == 25
    assert (change.act.reason, change.act.reference, change.act.made_by) == ("Customer asked", "TCK-1", cast.operations)
    assert (change.from_version, change.to_version, entitlement.version) == (1, 2, 2)


def test_an_overridden_right_is_never_touched(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": 250})
    before = Override.objects.values().get()
    cast.do(to(cast, "gold_annual"), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.seat_limit == 250
    assert Override.objects.values().get() == before


def test_removing_the_override_after_a_move_gives_the_new_standard(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": 250})
    cast.do(to(cast, "gold_annual"), [entitlement.pk])
    preview = engine.preview(RevertOverrides(as_of=TODAY, keys=("seat_limit",)), [entitlement.pk], at=NOW)[0]
    assert preview.lead.overrides[0].shown_standard_before == "25"
    cast.do(RevertOverrides(as_of=TODAY, keys=("seat_limit",)), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.seat_limit == 25


def test_the_preview_shows_kept_value_old_and_new_standard(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": 250})
    kept = look(to(cast, "gold_annual"), entitlement).lead.overrides[0]
    assert (kept.value, kept.shown_standard_before, kept.standard_after, kept.outcome) == (250, "5", 25, "kept")


def test_a_chosen_override_is_dropped_in_the_same_step(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": 250, "sso": True})
    cast.do(to(cast, "gold_annual", drop_overrides=("seat_limit",)), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.seat_limit == 25
    assert list(Override.objects.values_list("key", flat=True)) == ["feature.sso"]


def test_a_kept_flag_that_outlives_a_downgrade_is_a_warning(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"sso": True})
    assert "override_outlives_downgrade" in warned(look(to(cast, "bronze_annual"), entitlement))


def test_a_kept_override_that_equals_the_new_standard_stays_and_is_a_warning(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"sso": True})
    assert "override_equals_standard" in warned(look(to(cast, "gold_annual"), entitlement))
    cast.do(to(cast, "gold_annual"), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.override_count == 1


def test_an_override_of_a_kind_the_target_no_longer_has_is_a_problem_until_dropped(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"sso": True})
    Feature.objects.filter(key="sso").update(kind="text")
    cast.editions["gold"].values.filter(feature__key="sso").update(value="saml")
    publish([cast.offerings["gold_annual"]], published_by=None, published_by_name="tests")
    assert codes(look(to(cast, "gold_annual"), entitlement)) == ["override_invalid"]
    assert codes(look(to(cast, "gold_annual", drop_overrides=("feature.sso",)), entitlement)) == []


def test_too_many_seats_are_refused_and_counted(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    problem = look(to(cast, "bronze_annual"), entitlement).problems[0]
    assert problem.code == "seats_over_limit"
    assert "5 seats are in use and 3 allowed" in problem.message


def test_the_oldest_seats_are_released(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    preview = look(to(cast, "bronze_annual", seats=OLDEST), entitlement)
    assert [str(seat) for seat in preview.released] == ["device-0", "device-1"]
    cast.do(to(cast, "bronze_annual", seats=OLDEST), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.seats_used == 3
    assert set(Seat.objects.filter(released_at=None).values_list("name", flat=True)) == {
        "device-2",
        "device-3",
        "device-4",
    }


def test_chosen_seats_are_released_even_without_need(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=2)
    chosen = Seat.objects.get(name="device-1")
    cast.do(to(cast, "gold_annual", seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (chosen.pk,))), [entitlement.pk])
    chosen.refresh_from_db()
    assert chosen.released_at == NOW


def test_all_seats_are_released_along_with_a_change(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=2)
    cast.do(to(cast, "gold_annual", seats=SeatChoice(SeatMode.RELEASE_ALL)), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.seats_used == 0


def test_too_few_chosen_seats_say_how_many_are_missing(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    chosen = Seat.objects.get(name="device-4")
    preview = look(to(cast, "bronze_annual", seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (chosen.pk,))), entitlement)
    assert preview.problems[0].message.startswith("Choose 1 more seat.")


def test_seats_can_be_kept_over_the_limit_with_a_warning(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    assert "over_limit" in warned(look(to(cast, "bronze_annual", seats=KEEP), entitlement))
    cast.do(to(cast, "bronze_annual", seats=KEEP), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.seats_used, entitlement.seat_capacity) == (5, 3)


def test_usage_counters_reset_unless_kept(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.use(entitlement, "api_calls", 41_208)
    reset = look(to(cast, "gold_annual"), entitlement).lead.counters_reset
    assert [right.key for right in reset] == ["feature.api_calls"]
    assert look(to(cast, "gold_annual", keep_counters=True), entitlement).lead.counters_reset == ()


def test_element_pools_keep_what_is_checked_out_with_a_warning(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=1)
    cast.use(entitlement, "dashboards", 6, seat=Seat.objects.get())
    preview = look(to(cast, "bronze_annual"), entitlement)
    assert "checked_out_over_limit" in warned(preview)
    assert preview.lead.after.checked_out == {"feature.dashboards": 6}


def test_a_pool_the_target_no_longer_has_allows_only_returns(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=1)
    cast.use(entitlement, "dashboards", 6, seat=Seat.objects.get())
    Feature.objects.get(key="dashboards").retire()
    publish([cast.offerings["gold_annual"]], published_by=None, published_by_name="tests")
    preview = look(to(cast, "gold_annual"), entitlement)
    assert [warning.message for warning in preview.warnings if warning.code == "checked_out_over_limit"] == [
        "feature.dashboards: 6 are checked out, 0 allowed. Only returns are possible until 0 are left."
    ]


def test_the_term_is_kept_where_license_type_and_duration_are_equal(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    after = look(to(cast, "gold_annual"), entitlement).lead.after
    assert (after.starts_on, after.expires_on) == (day("2026-03-01"), day("2027-03-01"))


def test_the_term_restarts_where_durations_differ_and_says_what_is_lost(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    preview = look(to(cast, "gold_monthly"), entitlement)
    assert preview.lead.after.expires_on == day("2026-12-21")
    assert preview.warnings[0].message.startswith("100 days of the current term are lost.")


def test_what_is_left_can_be_added_to_the_new_term(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    preview = look(to(cast, "gold_monthly", term=TermChoice(TermMode.RESTART_AND_ADD)), entitlement)
    assert preview.lead.after.expires_on == day("2026-12-21") + timedelta(days=100)
    assert preview.warnings == ()


def test_a_date_can_be_chosen_and_counts_as_set_by_hand(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(to(cast, "gold_annual", term=TermChoice(TermMode.DATE, day("2028-01-01"))), [entitlement.pk], reason="r")
    entitlement.refresh_from_db()
    assert (entitlement.expires_on, entitlement.standard_expires_on) == (day("2028-01-01"), day("2027-03-01"))
    assert entitlement.override_count == 1


def test_the_day_that_was_set_by_hand_already_keeps_its_author(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    until = TermChoice(TermMode.DATE, day("2028-01-01"))
    cast.do(to(cast, "gold_annual", term=until), [entitlement.pk], reason="r")
    assert codes(look(to(cast, "gold_annual", term=until), entitlement)) == ["already_there"]


def test_a_term_cannot_be_stretched_beyond_the_year_2999(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    until = TermChoice(TermMode.DATE, day("2999-12-31"))
    cast.do(to(cast, "gold_annual", term=until), [entitlement.pk], reason="r")
    operation = to(cast, "bronze_monthly", term=TermChoice(TermMode.RESTART_AND_ADD), drop_overrides=("expires_on",))
    assert codes(look(operation, entitlement)) == ["expiry_too_late"]


def test_a_perpetual_license_has_no_expiry(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    assert look(to(cast, "silver_perpetual"), entitlement).lead.after.expires_on is None


def test_a_perpetual_license_has_no_term_to_keep(cast: Cast) -> None:
    entitlement = cast.entitle("silver_perpetual")
    preview = look(to(cast, "gold_annual", term=TermChoice(TermMode.KEEP)), entitlement)
    assert codes(preview) == ["no_term_to_keep"]


def test_moving_to_a_newer_revision_keeps_expiry_and_counters(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.use(entitlement, "api_calls", 41_208)
    cast.offerings["silver_annual"].seat_limit = 8
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    preview = look(to(cast, "silver_annual"), entitlement)
    assert preview.lead.after.seat_limit == 8
    assert preview.lead.after.expires_on == day("2027-03-01")
    assert preview.lead.after.counters == {"feature.api_calls": 41_208}


def test_the_same_revision_with_nothing_else_to_do_is_refused(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    assert codes(look(to(cast, "silver_annual"), entitlement)) == ["already_there"]


def test_an_entitlement_not_yet_activated_activates_where_the_plan_starts_on_creation(cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    preview = look(to(cast, "gold_annual"), entitlement)
    assert (preview.lead.before.activated_at, preview.lead.after.activated_at) == (None, NOW)
    assert preview.lead.after.expires_on == day("2027-11-21")


def test_a_fixed_offering_takes_its_own_number_of_seats(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=40)
    after = look(to(cast, "gold_annual"), entitlement).lead.after
    assert (after.quantity, after.seat_limit) == (None, 25)


def test_the_quantity_follows_the_old_seats_into_an_offering_sold_per_seat(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    after = look(to(cast, "gold_seats"), entitlement).lead.after
    assert (after.quantity, after.seat_limit) == (5, 5)


@pytest.mark.parametrize("quantity", [0, -1, 10**20])
def test_a_quantity_out_of_range_is_a_problem(cast: Cast, quantity: int) -> None:
    entitlement = cast.entitle("silver_annual")
    preview = look(to(cast, "gold_seats", quantity=quantity), entitlement)
    assert preview.problems[0].field == "quantity"


def test_an_offering_of_another_product_is_refused(cast: Cast) -> None:
    other = ProductFactory()
    cast.offerings["other"] = OfferingFactory(
        product=other, edition=EditionFactory(product=other), plan=cast.plans["annual"]
    )
    publish([cast.offerings["other"]], published_by=None, published_by_name="tests")
    assert codes(look(to(cast, "other"), cast.entitle())) == ["other_product"]


def test_a_plan_does_not_become_an_add_on(cast: Cast) -> None:
    assert codes(look(to(cast, cast.add_on()), cast.entitle())) == ["other_kind"]


def test_an_earlier_revision_is_refused_and_names_the_newest(cast: Cast) -> None:
    earlier = to(cast, "gold_annual")
    raise_seats(cast, "gold_annual")
    problem = look(earlier, cast.entitle()).problems[0]
    assert (problem.code, problem.message) == (
        "not_newest_revision",
        "Gold annual, revision 1 is no longer the newest. Choose revision 2.",
    )


def test_the_newest_revision_of_a_retired_offering_is_open_to_its_holders(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    raise_seats(cast, "silver_annual")
    cast.offerings["silver_annual"].retire()
    assert codes(look(to(cast, "silver_annual"), entitlement)) == []


def raise_seats(cast: Cast, name: str) -> None:
    """Publish a revision of an offering with one seat more."""
    cast.offerings[name].seat_limit += 1
    cast.offerings[name].save()
    publish([cast.offerings[name]], published_by=None, published_by_name="tests")


def test_an_override_on_a_right_the_target_lacks_is_a_problem_until_dropped(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"sso": True})
    Feature.objects.get(key="sso").retire()
    publish([cast.offerings["gold_annual"]], published_by=None, published_by_name="tests")
    assert codes(look(to(cast, "gold_annual"), entitlement)) == ["override_without_right"]
    assert codes(look(to(cast, "gold_annual", drop_overrides=("feature.sso",)), entitlement)) == []


def test_an_override_to_drop_that_is_gone_is_said(cast: Cast) -> None:
    found = look(to(cast, "gold_annual", drop_overrides=("seat_limit",)), cast.entitle())
    warnings = [(warning.code, warning.field) for warning in found.warnings]
    assert (codes(found), warnings) == ([], [("override_gone", "seat_limit")])


def test_a_target_that_does_not_exist_is_a_problem_on_its_field(cast: Cast) -> None:
    problem = look(ChangeOffering(as_of=TODAY, revision_id=10**9), cast.entitle()).problems[0]
    assert (problem.code, problem.field) == ("unknown_offering", "target")


def test_a_retired_target_is_refused(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.offerings["gold_annual"].retire()
    assert codes(look(to(cast, "gold_annual"), entitlement)) == ["retired"]


def test_a_disabled_entitlement_may_be_changed_with_a_warning(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    Entitlement.objects.filter(pk=entitlement.pk).update(disabled_at=NOW)
    preview = look(to(cast, "gold_annual"), entitlement)
    assert (codes(preview), warned(preview)) == ([], ["disabled"])


def test_a_lease_refresh_between_preview_and_confirm_is_no_matter(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    operation = to(cast, "bronze_annual", seats=OLDEST)
    seen = look(operation, entitlement)
    Seat.objects.update(last_refresh_at=NOW, lease_expires_at=NOW + timedelta(days=30))
    result = engine.apply(
        operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, expected={seen.id: seen.fingerprint}
    )
    assert is_done(result)


def test_another_seat_to_be_released_makes_the_preview_stale(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    operation = to(cast, "bronze_annual", seats=OLDEST)
    seen = look(operation, entitlement)
    Seat.objects.filter(name="device-0").update(released_at=NOW)
    cast.occupy(entitlement, 1)
    result = engine.apply(
        operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, expected={seen.id: seen.fingerprint}
    )
    assert [outcome.status for outcome in result.outcomes] == [engine.OutcomeStatus.STALE]
    assert result.act is None


def test_a_new_day_makes_the_preview_stale(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    seen = look(to(cast, "gold_annual"), entitlement)
    tomorrow = ChangeOffering(as_of=TODAY + timedelta(days=1), revision_id=cast.revision("gold_annual").pk)
    result = engine.apply(
        tomorrow, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, expected={seen.id: seen.fingerprint}
    )
    assert result.outcomes[0].status is engine.OutcomeStatus.STALE
