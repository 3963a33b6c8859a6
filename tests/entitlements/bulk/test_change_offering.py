"""change_offering: the path of the page, for all who hold an offering, as one act."""

import sys
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from changegroups.models import ChangeGroup, Membership
from entitlements.bulk.batches import Batches, Log
from entitlements.engine.scopes import HoldersOf
from entitlements.management.commands.change_offering import Command
from entitlements.models import Act, Change, Entitlement, Override, Seat, Source
from entitlements.operations import ChangeOffering
from offerings.models import Edition, OfferingKind
from offerings.revisions import publish
from tests.add_ons import beside, offer_add_on
from tests.cast import TODAY, Cast
from tests.entitlements.bulk.tables import dump
from tests.factories import OfferingFactory

MOVE = ("change_offering", "--from", "SILVER-ANNUAL", "--to", "BRONZE-ANNUAL", "--reason", "Silver is withdrawn")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command(*words, stdout=StringIO())
    return caught.value


def publish_another(cast: Cast, name: str) -> None:
    offering = cast.offerings[name]
    offering.seat_limit += 1
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")


def test_all_holders_move_and_the_log_says_who_and_why(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "nightly")
    for _number in range(3):
        cast.entitle("silver_annual")
    other = cast.entitle("gold_annual")
    out = run(*MOVE, "--reference", "TCK-9", "--yes")
    act = Act.objects.latest("made_at")
    assert out.splitlines()[1] == "3 entitlements changed; 0 refused."
    assert Entitlement.objects.filter(offering__sku="BRONZE-ANNUAL").count() == 3
    assert Entitlement.objects.get(pk=other.pk).version == 1
    assert (act.source, act.made_by, act.made_by_name) == ("command", None, "system (nightly)")
    assert (act.operation, act.reason, act.reference) == ("change_offering", "Silver is withdrawn", "TCK-9")


def test_all_batches_are_one_act(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(5):
        cast.entitle("silver_annual")
    monkeypatch.setattr(Command, "batch_size", 2)
    run(*MOVE, "--yes")
    act = Act.objects.get(operation="change_offering")
    assert Change.objects.filter(act=act).count() == 5


def test_a_first_batch_of_refusals_does_not_stop_the_rest(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for seats in (5, 4, 0, 1):
        cast.entitle("silver_annual", seats=seats)
    monkeypatch.setattr(Command, "batch_size", 2)
    error = refusal(*MOVE, "--yes")
    assert (error.returncode, str(error)) == (1, "2 of 4 entitlements refused.")
    assert Change.objects.filter(act=Act.objects.get(operation="change_offering")).count() == 2


def test_refusals_are_summed_up_by_reason(cast: Cast) -> None:
    cast.entitle("silver_annual", seats=5)
    cast.entitle("silver_annual", seats=4)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command(*MOVE, "--yes", stdout=out)
    assert "        2  seats_over_limit: for example, " in out.getvalue()
    assert "entitlements changed" in out.getvalue()


def test_a_preview_writes_nothing_and_says_what_would_happen(cast: Cast) -> None:
    cast.entitle("silver_annual", seats=5, overrides={"sso": True})
    before = dump()
    out = run(*MOVE, "--preview", "--seats", "release_oldest")
    assert dump() == before
    assert "1 entitlement would be changed, 2 seats would be released; 0 would be refused." in out
    assert "override_outlives_downgrade" in out


def test_a_preview_with_refusals_exits_1(cast: Cast) -> None:
    cast.entitle("silver_annual", seats=5)
    assert refusal(*MOVE, "--preview").returncode == 1


def test_seats_are_released_oldest_first(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=5)
    run(*MOVE, "--yes", "--seats", "release_oldest")
    gone = Seat.objects.filter(entitlement=held, released_at__isnull=False).order_by("activated_at")
    assert [seat.name for seat in gone] == ["device-0", "device-1"]


def test_overrides_are_kept(cast: Cast) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250})
    before = Override.objects.values().get()
    run(*MOVE, "--yes")
    assert Override.objects.values().get() == before


def test_the_term_can_end_on_a_day(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    run(*MOVE, "--yes", "--term", "2098-06-30")
    held.refresh_from_db()
    assert held.expires_on == date(2098, 6, 30)


def test_the_term_can_restart(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    run(*MOVE, "--yes", "--term", "restart")
    held.refresh_from_db()
    assert held.starts_on == timezone.localdate()


def test_the_same_sku_twice_updates_to_the_newest_revision(cast: Cast) -> None:
    cast.entitle("silver_annual")
    publish_another(cast, "silver_annual")
    newest = cast.entitle("silver_annual")
    out = run("change_offering", "--from", "SILVER-ANNUAL", "--to", "SILVER-ANNUAL", "--reason", "Update", "--yes")
    assert out.splitlines()[1] == "1 entitlement changed; 0 refused."
    assert set(Entitlement.objects.values_list("revision__number", flat=True)) == {2}
    assert Entitlement.objects.get(pk=newest.pk).version == 1


def test_only_holders_of_one_revision_are_met(cast: Cast) -> None:
    cast.entitle("silver_annual")
    publish_another(cast, "silver_annual")
    later = cast.entitle("silver_annual")
    run(*MOVE, "--revision", "2", "--yes")
    assert list(Entitlement.objects.filter(offering__sku="BRONZE-ANNUAL")) == [later]


def test_nothing_to_do_is_no_failure(cast: Cast) -> None:
    assert run(*MOVE, "--yes") == "Nothing to do: no entitlement fits.\n"


def test_an_ended_entitlement_is_left_alone(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    Entitlement.objects.filter(pk=held.pk).update(ended_on=held.starts_on)
    assert "Nothing to do" in run(*MOVE, "--yes")


def test_a_yes_at_the_terminal_is_enough(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.entitle("silver_annual")
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    out = run(*MOVE)
    assert "Change 1 entitlement? [y/N]" in out
    assert Entitlement.objects.get().offering.sku == "BRONZE-ANNUAL"


def test_anything_but_yes_changes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.entitle("silver_annual")
    before = dump()
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    error = refusal(*MOVE)
    assert (error.returncode, str(error)) == (2, "Not confirmed: nothing was changed.")
    assert dump() == before


def test_without_a_terminal_yes_must_be_given(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.entitle("silver_annual")
    monkeypatch.setattr(sys, "stdin", StringIO("y\n"))
    error = refusal(*MOVE)
    assert error.returncode == 2
    assert str(error).startswith("--yes:")
    assert Change.objects.count() == 1


def test_a_terminal_shows_how_far_it_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        cast.entitle("silver_annual")
    monkeypatch.setattr(Command, "batch_size", 2)
    screen = Terminal()
    call_command(*MOVE, "--yes", stdout=StringIO(), stderr=screen)
    assert screen.getvalue() == f"\r[{'#' * 20}{'.' * 10}] 2 of 3\r[{'#' * 30}] 3 of 3\n"


def test_no_terminal_shows_no_bar(cast: Cast) -> None:
    cast.entitle("silver_annual")
    screen = StringIO()
    call_command(*MOVE, "--yes", stdout=StringIO(), stderr=screen)
    assert screen.getvalue() == ""


def test_a_person_can_be_named(cast: Cast) -> None:
    cast.entitle("silver_annual")
    run(*MOVE, "--yes", "--as", "operations")
    assert Act.objects.latest("made_at").made_by == cast.operations


@pytest.mark.parametrize(
    ("username", "sentence"),
    [
        ("viewer", "--as: viewer lacks the permission entitlements.change_offering."),
        ("nobody", "--as: There is no person with the username 'nobody'."),
    ],
)
def test_a_person_without_the_permission_is_refused(cast: Cast, username: str, sentence: str) -> None:
    cast.entitle("silver_annual")
    before = dump()
    error = refusal(*MOVE, "--yes", "--as", username)
    assert (error.returncode, str(error)) == (2, sentence)
    assert dump() == before


def test_a_person_who_left_is_refused(cast: Cast) -> None:
    cast.people["operations"].is_active = False
    cast.people["operations"].save()
    assert "lacks the permission" in str(refusal(*MOVE, "--preview", "--as", "operations"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "NOPE"), "--from: There is no offering with the SKU 'NOPE'."),
        (("--to", "NOPE"), "--to: There is no offering with the SKU 'NOPE'."),
        (("--to", "\udcff"), "--to: There is no offering with the SKU"),
        (("--to", "RETIRED"), "--to: RETIRED is retired. Choose an offering on sale."),
        (("--to", "DRAFT"), "--to: DRAFT has never been published. Publish it first."),
        (("--to", "ELSEWHERE"), "--to: ELSEWHERE is for Other, SILVER-ANNUAL for Atlas Analytics."),
        (("--to", "ADD-ON"), "--to: ADD-ON is of kind add-on, SILVER-ANNUAL is not."),
        (("--revision", "7"), "--revision: SILVER-ANNUAL has no revision 7."),
        (("--revision", "99999999999999999999"), "--revision: SILVER-ANNUAL has no revision"),
        (("--reason", "  "), "--reason: Give a reason"),
        (("--reason", "x" * 501), "--reason: Use at most 500 characters; this has 501."),
        (("--reason", "\udcff"), "--reason: Leave out control characters"),
        (("--reference", "x" * 101), "--reference: Use at most 100 characters; this has 101."),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_written(cast: Cast, words: tuple[str, ...], sentence: str) -> None:
    make_odd_offerings(cast)
    cast.entitle("silver_annual")
    before = dump()
    error = refusal(*MOVE, *words, "--yes")
    assert error.returncode == 2
    assert str(error).startswith(sentence)
    assert dump() == before


@pytest.mark.parametrize("words", [("--term", "soon"), ("--seats", "release_chosen"), ("--revision", "x")])
def test_a_word_that_is_no_choice_is_refused(cast: Cast, words: tuple[str, str]) -> None:
    assert words[0] in str(refusal(*MOVE, *words, "--yes"))


def test_a_reason_is_required(cast: Cast) -> None:
    assert "--reason" in str(refusal(*MOVE[:-2], "--yes"))


def make_odd_offerings(cast: Cast) -> None:
    edition, plan = cast.editions["bronze"], cast.plans["perpetual"]
    retired = OfferingFactory(sku="RETIRED", product=cast.atlas, edition=edition, plan=plan)
    publish([retired], published_by=None, published_by_name="tests")
    retired.retire()
    OfferingFactory(sku="DRAFT", product=cast.atlas, edition=edition, plan=cast.plans["trial"])
    OfferingFactory(sku="ELSEWHERE", product__name="Other")
    add_on = Edition.objects.create(product=cast.atlas, key="more", name="More", kind=OfferingKind.ADD_ON)
    OfferingFactory(sku="ADD-ON", product=cast.atlas, edition=add_on, plan=plan, kind=OfferingKind.ADD_ON)


def test_a_batch_met_twice_is_never_asked_for(cast: Cast) -> None:
    """Rows leave the queryset as they are changed, and those refused stay in it."""
    for seats in (0, 5, 0, 5, 0):
        cast.entitle("silver_annual", seats=seats)
    operation = ChangeOffering(as_of=timezone.localdate(), revision_id=cast.revision("bronze_annual").pk)
    scope = HoldersOf(cast.offerings["silver_annual"].pk)
    tally = Batches(operation, scope, size=1).preview(made_by=cast.operations, progress=lambda _done: None)
    assert (tally.changed, tally.refused) == (3, 2)


def test_a_change_group_opens_the_way_to_another_product(cast: Cast) -> None:
    elsewhere = OfferingFactory(sku="ELSEWHERE", product__name="Other", plan=cast.plans["annual"])
    publish([elsewhere], published_by=None, published_by_name="tests")
    entitlement = cast.entitle("silver_annual")
    group = ChangeGroup.objects.create(name="Across", subscribe_mode="create_new")
    for priority, offering in enumerate((cast.offerings["silver_annual"], elsewhere)):
        Membership.objects.create(group=group, offering=offering, priority=priority)
    run(*MOVE, "--to", "ELSEWHERE", "--group", "Across", "--yes")
    assert Entitlement.objects.exclude(pk=entitlement.pk).get(order=entitlement.order_id).offering == elsewhere


def test_a_change_group_that_is_none_stops_the_command(cast: Cast) -> None:
    assert "There is no change group named 'None such'." in str(refusal(*MOVE, "--group", "None such"))


def test_what_left_the_scope_before_its_batch_is_locked_is_said_and_left_alone(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    entitlement = cast.entitle("silver_annual")
    scope = HoldersOf(cast.offerings["silver_annual"].pk)
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk)
    monkeypatch.setattr("entitlements.bulk.batches.batches_of_ids", lambda _rows, size, after: [[entitlement.pk]])
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    log = Log(cast.operations, Source.COMMAND, reason="r")
    tally = Batches(operation, scope).apply(log, progress=lambda _done: None)
    assert (tally.changed, tally.refused, tally.outside, tally.act) == (0, 0, 1, None)
    entitlement.refresh_from_db()
    assert entitlement.offering == cast.offerings["gold_annual"]


def test_every_holder_takes_the_quantity_that_is_given(cast: Cast) -> None:
    other = cast.offer("bronze", "perpetual", seats_sold="per_quantity", seat_limit=None)
    sku = cast.offerings[other].sku
    for _number in range(2):
        cast.entitle("silver_annual")
    run("change_offering", "--from", "SILVER-ANNUAL", "--to", sku, "--quantity", "7", "--reason", "Seven", "--yes")
    assert list(Entitlement.objects.values_list("quantity", "offering__sku")) == [(7, sku)] * 2


def test_a_quantity_where_none_is_sold_is_refused(cast: Cast) -> None:
    cast.entitle("silver_annual")
    before = dump()
    assert refusal(*MOVE, "--quantity", "7", "--yes").returncode == 1
    assert dump() == before


def test_named_overrides_are_dropped_where_there_are_any(cast: Cast) -> None:
    cast.entitle("silver_annual", overrides={"seat_limit": 250, "sso": True})
    cast.entitle("silver_annual", overrides={"sso": True})
    cast.entitle("silver_annual")
    out = run(*MOVE, "--drop-override", "seat_limit", "--drop-override", "feature.sso", "--yes")
    assert "3 entitlements changed; 0 refused." in out
    assert not Override.objects.exists()


def test_an_override_of_no_right_stops_the_command(cast: Cast) -> None:
    cast.entitle("silver_annual")
    error = refusal(*MOVE, "--drop-override", "seats", "--yes")
    assert error.returncode == 2
    assert str(error).startswith("--drop-override: There is no right 'seats'.")


def test_add_ons_that_do_not_fit_are_refused_or_dropped_as_asked(cast: Cast) -> None:
    golden = offer_add_on(cast, "golden", available_for=["silver"])
    plans = [cast.entitle("silver_annual") for _ in range(2)]
    gone, kept = beside(cast, plans[0], golden), beside(cast, plans[1], offer_add_on(cast, "free"))
    with pytest.raises(CommandError):
        run(*MOVE, "--preview")
    assert run(*MOVE, "--drop-add-ons", "unfitting", "--yes").splitlines()[1] == "2 entitlements changed; 0 refused."
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.ended_on, kept.ended_on) == (timezone.localdate(), None)
    assert Act.objects.latest("made_at").changes.count() == 3
