"""Export and erasure of one customer: nothing is forgotten, nothing of anybody else is touched, the log still holds."""

import json
import stat
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.actors import System
from entitlements import engine
from entitlements.directory.contacts import add_contact, edit_contact, remove_contact
from entitlements.directory.customer_values import values_of
from entitlements.directory.edits import add_customer, digest_of, edit_customer
from entitlements.directory.merging import merge, preview_merge
from entitlements.directory.notes import add_note
from entitlements.directory.switch import effect_of, switch
from entitlements.engine.check import check
from entitlements.models import (
    Act,
    Change,
    Customer,
    CustomerField,
    Entitlement,
    Erasure,
    Order,
    Seat,
    Source,
)
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    ReleaseSeats,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    TransferEntitlement,
    UndoAct,
)
from entitlements.privacy.erase import NotErased
from entitlements.privacy.erase import erase as erase_directly
from entitlements.privacy.export import customer_data
from entitlements.privacy.holdings import find_customer
from entitlements.privacy.past_names import past_names
from entitlements.privacy.redaction import Redaction
from tests.cast import NOW, TODAY, Cast

NAME, PERSON, EMAIL, DEVICE = "Halden Robotics", "Ana Ruiz", "ana@halden.example", "Anas-Notebook"
SECRETS = (NAME, PERSON, EMAIL, DEVICE, "Nordic plant")
ALL_SEATS = SeatChoice(SeatMode.RELEASE_ALL)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def halden(cast: Cast) -> Customer:
    """Return a disabled customer with a long story; one entitlement came from another customer, and one went to it."""
    by = cast.operations
    CustomerField.objects.create(key="site", label="Site", kind="text")
    customer = add_customer(
        name=NAME, account_reference="C-10288", tags=["VIP"], fields={"site": "Nordic plant"}, made_by=by
    )
    add_contact(customer, {"name": PERSON, "email": EMAIL, "role": "IT", "is_primary": True}, made_by=by)
    own, leaving, coming = (Order.objects.create(customer=customer, order_reference=f"SO-{n}").pk for n in range(3))
    kept = cast.entitle("silver_annual", order=own, seats=2)
    Seat.objects.filter(entitlement=kept).update(name=DEVICE)
    add_note(customer, f"{PERSON} decides.", made_by=by)
    add_note(kept, f"Ask {PERSON} first.", made_by=by)
    set_seats = SetOverrides(as_of=TODAY, values={"seat_limit": 9})
    act = cast.do(set_seats, [kept.pk], reason=f"{PERSON} asked for it.", reference="T-1").act
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [kept.pk], reason="Not after all.")
    cast.do(SetOverrides(as_of=TODAY, values={"grace_period": "P30D"}), [kept.pk], reason=f"{PERSON} again.")
    cast.do(ReleaseSeats(as_of=TODAY, seats=ALL_SEATS), [kept.pk], reason="Moved.")
    cast.occupy(kept, 1)
    gone, other = cast.entitle("gold_annual", order=leaving), cast.entitle("gold_annual")
    cast.do(set_seats, [gone.pk, other.pk], reason=f"{NAME} and another one.")
    elsewhere = Order.objects.create(customer=other.order.customer, order_reference="SO-X").pk
    cast.do(TransferEntitlement(as_of=TODAY, order_id=elsewhere), [gone.pk], reason=f"Sold by {NAME}.")
    arriving = cast.entitle("bronze_monthly")
    cast.do(TransferEntitlement(as_of=TODAY, order_id=coming), [arriving.pk])
    seen = effect_of(customer, today=TODAY).fingerprint
    switch(customer.pk, today=TODAY, made_by=by, reason=f"{PERSON} left.", seen=seen)
    assert list(check()) == []
    return Customer.objects.get(pk=customer.pk)


def everything() -> str:
    """Return every row of every table as text."""
    rows = {
        model._meta.label: list(QuerySet(model).order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.managed
    }
    return repr(rows)


def erase(*arguments: str) -> str:
    output = StringIO()
    call_command("erase_customer", *arguments, stdout=output)
    return output.getvalue()


# --- export ----------------------------------------------------------------------------------------------------------


def test_the_export_has_everything_that_is_held(halden: Customer, tmp_path: Path) -> None:
    path, held = tmp_path / "halden.json", customer_data(halden)
    call_command("export_customer", "c-10288", "--output", str(path))
    data = json.loads(path.read_text())
    assert data == json.loads(json.dumps(held))
    assert (data["customer"]["name"], data["customer"]["tags"]) == (NAME, ["VIP"])
    assert [each["email"] for each in data["contacts"]] == [EMAIL]
    assert data["fields"] == [{"field": "site", "label": "Site", "value": "Nordic plant"}]
    assert {each["name"] for each in data["seats"]} >= {DEVICE}
    assert {each["text"] for each in data["notes"]} == {f"{PERSON} decides.", f"Ask {PERSON} first."}
    assert {f"{PERSON} asked for it.", f"Sold by {NAME}."} <= {each["reason"] for each in data["acts"]}
    assert len(data["changes"]) == Change.objects.filter(customer=halden).count() + 1
    assert any(PERSON in each["text"] for each in data["edits"])
    assert {each["made_by"] for each in data["acts"]} == {"operations"}


def test_the_export_has_what_merged_customers_held(cast: Cast, halden: Customer) -> None:
    merged = merged_chain(cast, halden)
    data = customer_data(halden)
    assert [each["id"] for each in data["merged_customers"]] == [str(each.pk) for each in reversed(merged)]
    reasons = {each["reason"] for each in data["acts"]}
    assert {"Eva of Arden Holding asked.", "Eva of Borg Industries asked."} <= reasons
    sequences = {(each["entitlement"], each["sequence"]) for each in data["changes"]}
    held = Change.objects.filter(entitlement__in=[each["id"] for each in data["entitlements"]], customer__in=merged)
    assert {(str(each.entitlement_id), each.sequence) for each in held} <= sequences
    assert len(data["merges"]) == 2
    assert any("Arden Holding-77" in each["text"] for each in data["edits"])


def test_an_export_takes_as_many_queries_for_one_entitlement_as_for_many(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    customer = Customer.objects.create(name="Halden", account_reference="C-1")
    cast.entitle("silver_annual", order=Order.objects.create(customer=customer).pk, seats=1)
    customer_data(customer)  # the content types are kept from here on
    with CaptureQueriesContext(connection) as first:
        customer_data(customer)
    for _number in range(5):
        cast.entitle("gold_annual", order=Order.objects.create(customer=customer).pk, seats=2)
    with django_assert_num_queries(len(first)):
        customer_data(customer)


def test_a_file_is_for_its_owner_alone(halden: Customer, tmp_path: Path) -> None:
    path = tmp_path / "halden.json"
    call_command("export_customer", "C-10288", "--output", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_export_leaves_a_line_of_who_and_how_much(halden: Customer, cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "halden.json"
    call_command("export_customer", "C-10288", "--output", str(path), "--as", "administrator")
    line = LogEntry.objects.latest("pk")
    assert (line.user, line.object_id) == (cast.people["administrator"], str(halden.pk))
    assert line.change_message.startswith("Exported everything that is held (contacts 1, fields 1, orders ")


def test_an_export_that_cannot_be_written_leaves_no_line(halden: Customer, tmp_path: Path) -> None:
    before = everything()
    with pytest.raises(CommandError, match="--output: No such file"):
        call_command("export_customer", "C-10288", "--output", str(tmp_path / "none" / "halden.json"))
    assert everything() == before


def test_a_preview_of_an_export_only_counts(halden: Customer, tmp_path: Path) -> None:
    before, output = everything(), StringIO()
    call_command("export_customer", "C-10288", "--preview", stdout=output)
    assert output.getvalue().startswith(f"{NAME}: contacts 1, fields 1, orders ")
    assert everything() == before


def test_the_export_leaves_no_table_out(halden: Customer) -> None:
    """A new table either belongs to customers and is exported, or is named here."""
    others = {"erasure", "tag", "customerfield"}
    exported = {name.removesuffix("s").replace("_", "") for name in customer_data(halden)}
    exported |= {"fieldvalue", "customermerge"}  # as fields and merges
    ours = {model._meta.model_name for model in apps.get_app_config("entitlements").get_models()}
    assert ours - others - {"override", "featureuse"} <= exported | {"customer"}


def test_an_export_never_overwrites_a_file(halden: Customer, tmp_path: Path) -> None:
    path = tmp_path / "halden.json"
    path.write_text("kept")
    with pytest.raises(CommandError, match="--output: File exists"):
        call_command("export_customer", "C-10288", "--output", str(path))
    assert path.read_text() == "kept"


def test_a_reference_that_looks_like_a_key_comes_first(db: None) -> None:
    other = Customer.objects.create(name="Key")
    named = Customer.objects.create(name="Reference", account_reference=other.pk.hex)
    assert find_customer(other.pk.hex) == named
    assert find_customer(str(other.pk)) == other
    assert find_customer(named.pk.hex) == named


@pytest.mark.parametrize("text", ["", "nobody", "\0", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("command", ["export_customer", "erase_customer"])
def test_an_unknown_customer_is_said(db: None, command: str, text: str) -> None:
    with pytest.raises(CommandError, match="There is no customer") as refusal:
        call_command(command, text)
    assert refusal.value.returncode == 2


def test_a_reference_that_two_customers_have_is_said(db: None) -> None:
    for name in ("a", "b"):
        Customer.objects.create(name=name, account_reference="C-1")
    with pytest.raises(CommandError, match="Several customers have"):
        call_command("export_customer", "C-1")


# --- erasure ---------------------------------------------------------------------------------------------------------


def test_an_erasure_leaves_no_name_in_any_table(halden: Customer) -> None:
    before = everything()
    assert [secret for secret in SECRETS if secret not in before] == []
    erase("C-10288", "--yes")
    after = everything()
    assert [secret for secret in (*SECRETS, "C-10288", NAME.lower()) if secret in after] == []


def test_the_log_keeps_its_shape_and_numbers_and_the_check_is_clean(halden: Customer) -> None:
    def shape() -> list[Any]:
        acts = Act.objects.order_by("pk").values_list("pk", "made_at", "made_by_name", "operation", "source", "undoes")
        kept = [field.attname for field in Change._meta.concrete_fields if field.name not in ("delta", "warnings")]
        lines = LogEntry.objects.order_by("pk").values_list("pk", "action_time", "user", "object_id", "action_flag")
        return [list(acts), list(Change.objects.order_by("pk").values_list(*kept)), list(lines)[:count]]

    count = LogEntry.objects.count()
    before = shape()
    lengths = [line.change_message.count("\n") for line in LogEntry.objects.order_by("pk")]
    erase("C-10288", "--yes")
    assert shape() == before
    assert [line.change_message.count("\n") for line in LogEntry.objects.order_by("pk")][:count] == lengths
    assert list(check()) == []
    assert not Erasure.objects.filter(finished_at=None).exists()


def test_those_merged_into_the_customer_are_erased_too(cast: Cast, halden: Customer) -> None:
    Customer.objects.update(disabled_at=NOW)
    other = add_customer(name="Arden Holding", fields={"site": "Fjord"}, made_by=cast.operations)
    Customer.objects.filter(pk=other.pk).update(disabled_at=NOW)
    other.refresh_from_db()
    seen = preview_merge(other, halden).fingerprint
    assert merge(other, halden, taken=["site"], reason="Arden Holding is Halden.", made_by=cast.operations, seen=seen)
    with pytest.raises(CommandError, match="It was merged into"):
        erase(str(other.pk), "--yes")
    erase("C-10288", "--yes")
    after = everything()
    assert [secret for secret in (*SECRETS, "Arden Holding", "Fjord") if secret in after] == []
    assert list(check()) == []


def merged_chain(cast: Cast, halden: Customer) -> list[Customer]:
    """Return two customers with stories: the first merged into the second, and that one into Halden."""
    made = []
    for number, name in enumerate(("Arden Holding", "Borg Industries")):
        customer = add_customer(name=name, account_reference=f"{name}-77", made_by=cast.operations)
        add_contact(
            customer, {"name": f"Eva of {name}", "email": "", "role": "", "is_primary": True}, made_by=cast.operations
        )
        held = cast.entitle(
            "silver_annual", order=Order.objects.create(customer=customer, order_reference=f"SO-7{number}").pk, seats=2
        )
        Seat.objects.filter(entitlement=held).update(name=f"{name} laptop")
        cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 9}), [held.pk], reason=f"Eva of {name} asked.")
        cast.do(ReleaseSeats(as_of=TODAY, seats=ALL_SEATS), [held.pk], reason=f"New laptops for {name}.")
        made.append(customer)
    Customer.objects.update(disabled_at=NOW)
    first, second, last = (Customer.objects.get(pk=each.pk) for each in (*made, halden))
    for source, target in ((first, second), (second, last)):
        seen = preview_merge(source, target).fingerprint
        assert merge(source, target, taken=[], reason=f"{source} is {target}.", made_by=cast.operations, seen=seen)
    assert list(check()) == []
    return made


def test_a_chain_of_merged_customers_is_erased_as_one_with_all_they_held(cast: Cast, halden: Customer) -> None:
    merged = merged_chain(cast, halden)
    secrets = [*SECRETS, *("Arden", "Borg", "Eva of")]
    assert [secret for secret in secrets if secret not in everything()] == []
    erase("C-10288", "--yes")
    after = everything()
    assert [secret for secret in secrets if secret in after] == []
    assert {each.customer_id for each in Erasure.objects.all()} == {halden.pk, *(each.pk for each in merged)}
    assert not Erasure.objects.filter(finished_at=None).exists()
    assert len({each.name for each in Customer.objects.filter(name__startswith="Erased customer")}) == 3
    assert list(check()) == []


def test_each_customer_that_was_merged_has_a_line_of_its_erasure(cast: Cast, halden: Customer) -> None:
    merged = merged_chain(cast, halden)
    erase("C-10288", "--yes")
    lines = LogEntry.objects.filter(change_message__startswith="Erased with Erased customer")
    assert {line.object_id for line in lines} == {str(each.pk) for each in merged}


def test_names_from_before_are_erased_too(cast: Cast, halden: Customer) -> None:
    by = cast.operations
    seen = values_of(halden)
    old = replace(seen, name="Halden-Werke (Nord) AG", account_reference="HW-4711")
    edit_customer(halden, old, made_by=by, seen=seen.digest)
    edit_customer(halden, seen, made_by=by, seen=old.digest)
    bo = add_contact(
        halden, {"name": "Bo (the new)", "email": "bo@x.de", "role": "IT", "is_primary": False}, made_by=by
    )
    changed = {"name": "Bosse Ek", "email": "ek@x.de", "role": "", "is_primary": False}
    edit_contact(bo, changed, made_by=by, seen=digest_of(bo, list(changed)))
    remove_contact(halden, bo.pk, made_by=by)
    secrets = ("Halden-Werke (Nord) AG", "HW-4711", "Bo (the new)", "bo@x.de", "Bosse Ek", "ek@x.de")
    other = cast.entitle("gold_annual")
    held = Entitlement.objects.get(order__order_reference="SO-0")
    cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 7}), [held.pk, other.pk], reason=" and ".join(secrets))
    erase("C-10288", "--yes")
    after = everything()
    assert [secret for secret in secrets if secret in after] == []
    assert other.overrides.get().reason == " and ".join(["[erased]"] * 6)
    assert list(check()) == []


def test_a_reason_that_later_acts_of_others_quote_is_erased_with_it(cast: Cast, halden: Customer) -> None:
    other = Entitlement.objects.exclude(changes__customer=halden).get(overrides__reason=f"{NAME} and another one.")
    revert = RevertOverrides(as_of=TODAY, keys=("seat_limit",))
    act = cast.do(revert, [other.pk], reason="Over.").act
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [other.pk], reason="Back.")
    erase("C-10288", "--yes")
    assert NAME not in everything()
    assert other.overrides.get().reason == "[erased] and another one."
    assert list(check()) == []


def test_what_an_act_asked_for_others_too_loses_the_name(cast: Cast, halden: Customer) -> None:
    """One act makes a customer an entitlement, and another customer's with it."""
    creations = [
        CreateEntitlement(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, customer_name=name, codes=(code,))
        for name, code in (("Ostrava Steel", "OST-1"), ("Palmer Foods", "PAL-1"))
    ]
    act = cast.do(creations[0]).act
    engine.apply(creations[1], made_by=cast.operations, source=Source.PAGE, at=NOW, part_of=act)
    ostrava = Customer.objects.get(name="Ostrava Steel")
    Customer.objects.filter(pk=ostrava.pk).update(disabled_at=NOW)
    assert Act.objects.get(pk=act.pk).asked["customer_name"] == "Ostrava Steel"
    erase(str(ostrava.pk), "--yes")
    assert Act.objects.get(pk=act.pk).asked["customer_name"] == "[erased]"
    assert ("Ostrava" in everything(), "Palmer Foods" in everything()) == (False, True)
    assert list(check()) == []


def test_a_customer_that_came_into_use_meanwhile_is_not_erased(cast: Cast, halden: Customer) -> None:
    before = everything()
    Customer.objects.filter(pk=halden.pk).update(disabled_at=None)
    with pytest.raises(NotErased, match=r"1 of its entitlements are in use\. Disable the customer first\."):
        erase_directly(halden, made_by=System("tests"), today=TODAY)
    Customer.objects.filter(pk=halden.pk).update(disabled_at=halden.disabled_at)
    assert everything() == before


def test_a_customer_that_was_merged_meanwhile_is_not_erased(cast: Cast, halden: Customer) -> None:
    merged = merged_chain(cast, halden)
    before = everything()
    with pytest.raises(NotErased, match="It was merged into Borg Industries"):
        erase_directly(merged[0], made_by=System("tests"), today=TODAY)
    assert everything() == before


def test_what_others_hold_is_left_but_for_the_names(halden: Customer) -> None:
    other = Entitlement.objects.exclude(order__customer=halden).filter(override_count=1)
    assert {each.overrides.get().reason for each in other} == {f"{NAME} and another one."}
    erase("C-10288", "--yes")
    assert {each.overrides.get().reason for each in other.all()} == {"[erased] and another one."}
    assert Act.objects.get(reason="Sold by [erased].")


def test_the_line_says_who_erased_and_how_much(halden: Customer, cast: Cast) -> None:
    erase("C-10288", "--yes", "--as", "administrator")
    line = LogEntry.objects.latest("pk")
    assert (line.user, line.object_id) == (cast.people["administrator"], str(halden.pk))
    assert line.change_message.startswith(
        "Erased all names, contacts, notes and reasons (contacts 1, fields 1, notes 2,"
    )
    halden.refresh_from_db()
    assert line.object_repr == halden.name == f"Erased customer {halden.pk.hex[-8:]}"


def test_operations_go_on_after_an_erasure(cast: Cast, halden: Customer) -> None:
    erase("C-10288", "--yes")
    held = Entitlement.objects.get(order__order_reference="SO-0")
    gold = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk)
    act = cast.do(gold, [held.pk]).act
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk])
    assert list(check()) == []


def test_a_preview_and_a_customer_in_use_erase_nothing(halden: Customer) -> None:
    before = everything()
    assert "contacts 1" in erase("C-10288", "--preview")
    assert everything() == before
    Customer.objects.update(disabled_at=None)
    with pytest.raises(CommandError, match=r"1 of its entitlements are in use\. Disable the customer first\."):
        erase("C-10288", "--yes")
    assert PERSON in everything()


def test_without_a_terminal_it_has_to_be_said(halden: Customer) -> None:
    with pytest.raises(CommandError, match="--yes: Give it to erase without a question"):
        erase("C-10288")


@pytest.mark.parametrize(("typed", "is_erased"), [("C-10288\n", True), ("yes\n", False), ("", False)])
def test_at_a_terminal_the_reference_is_typed(
    halden: Customer, monkeypatch: pytest.MonkeyPatch, typed: str, is_erased: bool
) -> None:
    terminal = StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    if is_erased:
        erase("C-10288")
    else:
        with pytest.raises(CommandError, match=r"Not confirmed: nothing was erased\."):
            erase("C-10288")
    halden.refresh_from_db()
    assert (halden.name != NAME) is is_erased


# --- the guard -------------------------------------------------------------------------------------------------------


def refused(sql: str, *values: Any) -> bool:
    """Tell whether the database refuses a statement."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def key_of(row: Any) -> str:
    return row.pk.hex if connection.vendor == "sqlite" else str(row.pk)


def test_the_log_is_closed_without_an_open_erasure_and_after_one(halden: Customer) -> None:
    change = Change.objects.filter(customer=halden).earliest("pk")
    texts = (
        ("UPDATE entitlements_act SET reason = 'x' WHERE id = %s", key_of(change.act)),
        ("UPDATE entitlements_change SET delta = delta WHERE id = %s", key_of(change)),
    )
    assert all(refused(*text) for text in texts)
    erase("C-10288", "--yes")
    assert all(refused(*text) for text in texts)


def test_an_open_erasure_lets_texts_of_its_customer_through_and_nothing_else(cast: Cast, halden: Customer) -> None:
    change = Change.objects.filter(customer=halden).earliest("pk")
    foreign = Change.objects.get(entitlement=cast.entitle("gold_monthly"))
    Erasure.objects.create(customer=halden, made_by_name="x", begun_at=NOW)
    assert not refused("UPDATE entitlements_act SET reason = 'x' WHERE id = %s", key_of(change.act))
    assert not refused("UPDATE entitlements_change SET warnings = warnings WHERE id = %s", key_of(change))
    for sql, row in (
        ("UPDATE entitlements_act SET made_by_name = 'x' WHERE id = %s", change.act),
        ("UPDATE entitlements_act SET operation = 'x' WHERE id = %s", change.act),
        ("UPDATE entitlements_change SET to_version = 99 WHERE id = %s", change),
        ("UPDATE entitlements_change SET sequence = 99 WHERE id = %s", change),
        ("DELETE FROM entitlements_change WHERE id = %s", change),
        ("DELETE FROM entitlements_act WHERE id = %s", change.act),
        ("UPDATE entitlements_act SET reason = 'x' WHERE id = %s", foreign.act),
        ("UPDATE entitlements_change SET warnings = warnings WHERE id = %s", foreign),
    ):
        assert refused(sql, key_of(row)), sql


def test_an_open_erasure_leaves_the_log_of_those_beside_closed(cast: Cast, halden: Customer) -> None:
    """What another customer did with an entitlement that one act changed along with the customer's is its own."""
    shared = Change.objects.exclude(customer=halden).get(act__reason=f"{NAME} and another one.", from_customer=None)
    later = SetOverrides(as_of=TODAY, values={"grace_period": "P20D"})
    cast.do(later, [shared.entitlement_id], reason="Theirs.")
    cast.occupy(shared.entitlement, 1)
    cast.do(ReleaseSeats(as_of=TODAY, seats=ALL_SEATS), [shared.entitlement_id], reason="Theirs.")
    released = Change.objects.filter(entitlement=shared.entitlement_id).latest("sequence")
    first = Change.objects.filter(entitlement=shared.entitlement_id).earliest("sequence")
    Order.objects.filter(pk=first.order_id).update(order_reference_folded="another")
    Erasure.objects.create(customer=halden, made_by_name="x", begun_at=NOW)
    update = "UPDATE entitlements_change SET delta = delta WHERE id = %s"
    assert [refused(update, key_of(each)) for each in (shared, first, released)] == [False, True, True]
    assert refused("UPDATE entitlements_act SET reason = 'x' WHERE id = %s", key_of(released.act))


def test_an_erasure_is_finished_once_and_stays(halden: Customer) -> None:
    erasure = Erasure.objects.create(customer=halden, made_by_name="x", begun_at=NOW)
    key = key_of(erasure)
    assert refused("DELETE FROM entitlements_erasure WHERE id = %s", key)
    assert refused("UPDATE entitlements_erasure SET made_by_name = 'y' WHERE id = %s", key)
    assert [each.code for each in check()] == ["erasure_open"]
    Erasure.objects.filter(pk=erasure.pk).update(finished_at=NOW)
    assert list(check()) == []
    for sql in (
        "UPDATE entitlements_erasure SET finished_at = NULL WHERE id = %s",
        "UPDATE entitlements_erasure SET made_by_name = 'y' WHERE id = %s",
        "DELETE FROM entitlements_erasure WHERE id = %s",
    ):
        assert refused(sql, key), sql


def test_a_failed_erasure_leaves_everything_as_it_was(halden: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("stop")

    monkeypatch.setattr("entitlements.privacy.erase.log_edit", fail)
    with pytest.raises(RuntimeError):
        erase("C-10288", "--yes")
    assert everything() == before


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_whole", "text", "left"),
    [
        (True, "", ""),
        (True, "Anything", "[erased]"),
        (False, "", ""),
        (False, "ACME and AC of acme-east", "[erased] and AC of [erased]-east"),
        (False, "Acme Holding", "[erased]"),
        (False, "Nobody", "Nobody"),
    ],
)
def test_a_text_is_replaced_whole_or_in_its_names(is_whole: bool, text: str, left: str) -> None:
    assert Redaction.of(["Acme", "AC", "", "Acme Holding"], is_whole=is_whole).text(text) == left


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Name: Old AG → New AG.", {"Old AG", "New AG"}),
        ("Name: A → B → C.", {"A", "B → C", "A → B", "C"}),
        ("Account reference: none → C-1.", {"C-1"}),
        ("Name: Halden.\nAccount reference: C-2.", {"Halden", "C-2"}),
        ("Added contact Bo (IT) (e-mail bo@x.de, role IT, primary no).", {"Bo (IT)", "bo@x.de"}),
        ("Removed contact Bo (primary yes).", {"Bo"}),
        ("Contact Bo → Bosse.", {"Bo", "Bosse"}),
        ("E-mail of contact Bo: a@x.de → none.", {"a@x.de"}),
        ("Role of contact Bo: IT → Legal.", set()),
        ("Tags added: VIP.", set()),
        ("", set()),
    ],
)
def test_past_names_are_read_from_lines(line: str, found: set[str]) -> None:
    assert past_names([line]) == found


def test_without_names_nothing_is_found() -> None:
    assert Redaction.of(["", "ab"], is_whole=False).text("about") == "about"


def test_the_name_of_a_new_customer_goes_from_what_was_asked() -> None:
    asked = {"operation": "together", "steps": [{"customer_name": "Halden", "order_reference": "SO-1"}], "quantity": 3}
    wanted = {
        "operation": "together",
        "steps": [{"customer_name": "[erased]", "order_reference": "SO-1"}],
        "quantity": 3,
    }
    assert Redaction.of([], is_whole=True).asked(asked) == wanted
