"""Entitlements from a file: made, changed and left alone by the real operations, all or nothing."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.engine.check import check
from entitlements.engine.scopes import ChangedBy
from entitlements.importing.imports import NotImported
from entitlements.models import Act, ActivationCode, Change, Customer, Entitlement, Order, Override
from entitlements.operations import ImportEntitlements, UndoAct
from tests.cast import NOW, Cast
from tests.entitlements.importing.files import bring_in, by, look, staged
from tests.factories import FeatureFactory, OfferingFactory, ProductFactory, published

HEAD = "account_reference,customer,order_reference,sku,quantity,starts_on,expires_on,override:seats\n"
FIRST = HEAD + "C-1,Halden Robotics,SO-1,SILVER-ANNUAL,,,,\n"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


@pytest.fixture
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def held(order_reference: str, sku: str) -> Entitlement:
    return Entitlement.objects.get(order__order_reference=order_reference, offering__sku=sku)


def test_a_new_line_makes_customer_order_code_and_entitlement(cast: Cast) -> None:
    done = bring_in(cast, "entitlements", FIRST)
    assert (done.errors, done.counts, done.report.made) == ([], (1, 0, 0), {"order": 1, "customer": 1})
    made = held("SO-1", "SILVER-ANNUAL")
    assert (made.order.customer.name, made.order.customer.account_reference) == ("Halden Robotics", "C-1")
    assert ActivationCode.objects.filter(order=made.order).count() == 1
    act = Act.objects.get()
    assert (act.source, act.operation, act.reason) == ("import", "import_entitlements", "Moved from the old system")
    assert (act.asked["file"], act.asked["lines"]) == ("file.csv", 1)


def test_a_dry_run_writes_nothing(cast: Cast) -> None:
    done = look(cast, "entitlements", FIRST)
    assert done.counts == (1, 0, 0)
    assert [model.objects.count() for model in (Customer, Order, Act)] == [0, 0, 0]


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    text = HEAD + "C-1,Halden,SO-1,SILVER-ANNUAL,,2026-03-01,2027-06-01,250\nC-2,Osprey,SO-2,GOLD-SEATS,7,,,\n"
    first = bring_in(cast, "entitlements", text)
    again = bring_in(cast, "entitlements", text)
    assert (first.errors, first.counts) == ([], (2, 0, 0))
    assert (again.errors, again.counts, Act.objects.count()) == ([], (0, 0, 2), 1)


def test_a_new_line_with_term_and_overrides_is_one_change(cast: Cast) -> None:
    bring_in(cast, "entitlements", HEAD + "C-1,Halden,SO-1,SILVER-ANNUAL,,2026-03-01,2027-06-01,250\n")
    made = held("SO-1", "SILVER-ANNUAL")
    assert (made.starts_on, made.standard_expires_on, made.expires_on) == (
        date(2026, 3, 1),
        date(2027, 3, 1),
        date(2027, 6, 1),
    )
    assert made.seat_limit == 250
    assert Override.objects.get(entitlement=made, key="seat_limit").reason == "Moved from the old system"
    assert Change.objects.filter(entitlement=made).count() == 1


def test_a_line_that_differs_goes_through_the_operations(cast: Cast) -> None:
    there = cast.entitle("gold_seats", quantity=5)
    reference = there.order.order_reference
    done = bring_in(cast, "entitlements", HEAD + f",,{reference},GOLD-SEATS,9,,never,\n")
    there.refresh_from_db()
    assert (done.errors, done.counts, there.quantity, there.expires_on) == ([], (0, 1, 0), 9, None)


@pytest.mark.parametrize(("cell", "value", "is_floor"), [("40", 40, False), ("at least 40", 40, True)])
def test_an_override_is_exact_or_a_floor(cast: Cast, cell: str, value: int, is_floor: bool) -> None:
    there = cast.entitle(overrides={"seat_limit": 9})
    bring_in(cast, "entitlements", HEAD + f",,{there.order.order_reference},SILVER-ANNUAL,,,,{cell}\n")
    override = Override.objects.get(entitlement=there)
    assert (override.value, override.is_floor) == (value, is_floor)


def test_the_word_standard_drops_an_override_and_an_empty_cell_keeps_it(cast: Cast) -> None:
    kept, dropped = (cast.entitle(overrides={"seat_limit": 9}) for _ in range(2))
    rows = [
        f",,{kept.order.order_reference},SILVER-ANNUAL,,,,\n",
        f",,{dropped.order.order_reference},SILVER-ANNUAL,,,,Standard\n",
    ]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert (done.errors, done.counts) == ([], (0, 1, 1))
    assert list(Override.objects.values_list("entitlement", flat=True)) == [kept.pk]


def test_what_is_lowered_below_the_seats_in_use_is_an_error_of_its_line(cast: Cast) -> None:
    there = cast.entitle("gold_seats", quantity=5, seats=4)
    done = bring_in(cast, "entitlements", f"{HEAD},,{there.order.order_reference},GOLD-SEATS,2,,,\n")
    assert done.said == [(2, "quantity")]
    assert "4 seats are in use" in done.errors[0].text


def test_every_error_is_said_by_line_and_column_and_nothing_is_written(cast: Cast) -> None:
    cast.entitle()
    before = Act.objects.count()
    rows = [
        "C-1,Halden,SO-A,SILVER-ANNUAL,,,,\n",
        "C-1,Halden,SO-B,NO-SUCH,,,,\n",
        "C-1,Halden,SO-C,GOLD-SEATS,1.000,,,\n",
        "C-1,Halden,SO-D,SILVER-ANNUAL,,03/04/2026,,lots\n",
        ",,SO-E,SILVER-ANNUAL,,,,\n",
        "C-9,,SO-F,SILVER-ANNUAL,,,,\n",
        "C-1,Halden,,SILVER-ANNUAL,,,,\n",
        "C-1,Halden,SO-A,SILVER-ANNUAL,,,,\n",
        "C-1,Holden,SO-G,SILVER-ANNUAL,,,,\n",
        "C-1,Halden,SO-H,SILVER-ANNUAL,5,,,\n",
        "C-1,Halden,SO-I,GOLD-SEATS,,,,\n",
    ]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert sorted(done.said) == [
        (3, "sku"),
        (4, "quantity"),
        (5, "override:seats"),
        (5, "starts_on"),
        (6, "account_reference"),
        (7, "customer"),
        (8, "order_reference"),
        (9, ""),
        (10, "customer"),
        (11, "quantity"),
        (12, "quantity"),
    ]
    assert (Act.objects.count(), Customer.objects.filter(name="Halden").count()) == (before, 0)


def test_lines_of_one_order_are_one_unit_wherever_they_stand(cast: Cast) -> None:
    name = cast.add_on()
    add_on = cast.offerings[name].sku
    rows = [f"C-1,Halden,SO-1,{add_on},,,,\n", "C-2,Osprey,SO-2,SILVER-ANNUAL,,,,\n", "C-1,,so 1,SILVER-ANNUAL,,,,\n"]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert (done.errors, done.counts, done.report.made) == ([], (3, 0, 0), {"order": 2, "customer": 2})
    order = Order.objects.get(order_reference="SO-1")
    assert Change.objects.filter(order=order).values("unit").distinct().count() == 1
    assert list(check()) == []


def test_two_plans_of_a_product_in_one_order_are_an_error(cast: Cast) -> None:
    rows = ["C-1,Halden,SO-1,SILVER-ANNUAL,,,,\n", "C-1,Halden,SO-1,GOLD-ANNUAL,,,,\n"]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert done.said == [(3, "")]
    assert "two plans" in done.errors[0].text


def test_an_order_of_another_account_is_an_error(cast: Cast) -> None:
    there = cast.entitle()
    done = look(cast, "entitlements", HEAD + f"C-7,Osprey,{there.order.order_reference},SILVER-ANNUAL,,,,\n")
    assert done.said == [(2, "account_reference")]


def test_an_error_of_the_engine_takes_back_the_batches_before(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitlements.importing.imports.BATCH_SIZE", 1)
    rows = ["C-1,Halden,SO-1,SILVER-ANNUAL,,,,\n", "C-2,Osprey,SO-2,SILVER-ANNUAL,,,,\n"]
    with staged("entitlements", HEAD + "".join(rows)) as (work, staging):
        seen = work.dry_run(staging, by(cast))
        cast.offerings["silver_annual"].__class__.objects.filter(sku="SILVER-ANNUAL").update(retired_at=NOW)
        with pytest.raises(Exception, match="Nothing was imported") as refusal:
            work.carry_out(staging, by(cast), expected=seen.fingerprint)
    assert refusal.value.report.errors == 2  # type: ignore[attr-defined]
    assert [model.objects.count() for model in (Customer, Act, LogEntry)] == [0, 0, 0]


def test_what_changed_since_the_dry_run_is_not_imported(cast: Cast) -> None:
    there = cast.entitle("gold_seats", quantity=5)
    with staged("entitlements", HEAD + f",,{there.order.order_reference},GOLD-SEATS,9,,,\n") as (work, staging):
        seen = work.dry_run(staging, by(cast))
        cast.override(there, sso=False)
        with pytest.raises(Exception, match="Nothing was imported"):
            work.carry_out(staging, by(cast), expected=seen.fingerprint)
    there.refresh_from_db()
    assert there.quantity == 5


def test_batches_are_one_act_and_customers_and_orders_leave_lines(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitlements.importing.imports.BATCH_SIZE", 2)
    rows = [f"C-{n % 3},Customer {n % 3},SO-{n},SILVER-ANNUAL,,,,\n" for n in range(7)]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert (done.errors, done.counts) == ([], (7, 0, 0))
    assert (Act.objects.count(), Change.objects.count(), Customer.objects.count()) == (1, 7, 3)
    names = list(LogEntry.objects.values_list("content_type__model", flat=True))
    assert (names.count("customer"), names.count("order")) == (3, 7)
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"operations"}


def test_an_import_is_undone_as_one(cast: Cast) -> None:
    there = cast.entitle("gold_seats", quantity=5)
    rows = ["C-1,Halden,SO-X,SILVER-ANNUAL,,,,\n", f",,{there.order.order_reference},GOLD-SEATS,9,,,\n"]
    done = bring_in(cast, "entitlements", HEAD + "".join(rows))
    assert done.report.act is not None
    scope = ChangedBy(done.report.act.pk)
    cast.do(
        UndoAct(as_of=date(2026, 11, 21), act_id=done.report.act.pk), list(scope.rows().values_list("pk", flat=True))
    )
    there.refresh_from_db()
    assert (there.quantity, held("SO-X", "SILVER-ANNUAL").ended_on) == (5, date(2026, 11, 21))
    assert list(check()) == []


def test_a_part_without_permission_is_an_error_of_its_line(cast: Cast) -> None:
    person = cast.people["operations"]
    from django.contrib.auth.models import Permission

    for group in person.groups.all():
        group.permissions.remove(Permission.objects.get(codename="override_rights"))
    done = look(cast, "entitlements", HEAD + "C-1,Halden,SO-1,SILVER-ANNUAL,,,,250\n")
    assert [(each.line, "set or drop overrides" in each.text) for each in done.errors] == [(2, True)]


def test_a_start_activates_what_waits_for_its_first_use(cast: Cast) -> None:
    done = bring_in(cast, "entitlements", HEAD + "C-1,Halden,SO-1,SILVER-TRIAL,,2026-11-01,,\n")
    made = held("SO-1", "SILVER-TRIAL")
    assert (done.errors, made.starts_on, made.expires_on) == ([], date(2026, 11, 1), date(2026, 12, 1))


def test_codes_are_kept_and_one_that_is_taken_is_an_error(cast: Cast) -> None:
    head = "account_reference,customer,order_reference,sku,activation_code\n"
    first = bring_in(cast, "entitlements", head + "C-1,Halden,SO-1,SILVER-ANNUAL,hald-1\n")
    assert (first.errors, ActivationCode.objects.get().code) == ([], "HALD-1")
    again = look(cast, "entitlements", head + "C-1,,SO-1,SILVER-ANNUAL,HALD-1\nC-2,Osprey,SO-2,SILVER-ANNUAL,HALD-1\n")
    assert (again.said, again.counts[2]) == ([(3, "activation_code")], 1)


def test_one_code_on_two_new_orders_is_an_error_of_the_later_line(cast: Cast) -> None:
    head = "account_reference,customer,order_reference,sku,activation_code\n"
    rows = [
        "C-1,Halden,SO-1,SILVER-ANNUAL,hald-1\n",
        "C-2,Osprey,SO-2,SILVER-ANNUAL,ＨＡＬＤ-1\n",
        "C-2,Osprey,SO-3,SILVER-ANNUAL,OTHER-1\n",
        "C-2,Osprey,so 3,GOLD-SEATS,other-1\n",
        "C-3,Kite,SO-4,SILVER-ANNUAL,\n",
        "C-3,Kite,SO-5,SILVER-ANNUAL,\n",
    ]
    done = look(cast, "entitlements", head + "".join(rows[:3] + rows[4:]))
    assert done.said == [(3, "activation_code")]
    assert "Line 2 gives this code to another order" in done.errors[0].text
    assert done.counts == (4, 0, 0)
    shared = look(cast, "entitlements", head + "".join(rows[2:4]))
    assert "activation_code" not in [column for _line, column in shared.said]


def test_two_columns_of_one_right_are_an_error(cast: Cast) -> None:
    head = "account_reference,customer,order_reference,sku,override:seats,override:seat_limit\n"
    rows = ["C-1,Halden,SO-1,SILVER-ANNUAL,9,9\n", "C-1,Halden,SO-2,SILVER-ANNUAL,,9\n"]
    done = look(cast, "entitlements", head + "".join(rows))
    assert (done.said, done.counts) == ([(2, "override:seat_limit")], (1, 0, 0))
    assert "The column override:seats is the same right." in done.errors[0].text


@pytest.mark.parametrize("cell", ["Standard", "standard", "STANDARD."])
def test_the_word_standard_is_no_value_of_a_text(cast: Cast, cell: str) -> None:
    FeatureFactory(product=cast.atlas, key="care", kind="text", name="Care")
    published(cast.offerings["silver_annual"])
    line = f"C-1,Halden,SO-{{}},SILVER-ANNUAL,{cell}{{}}\n"
    head = "account_reference,customer,order_reference,sku,override:care\n"
    done = look(cast, "entitlements", head + line.format(1, "") + line.format(2, " hours"))
    assert (done.said, done.counts) == ([(2, "override:care")], (1, 0, 0))
    assert "can be a text, or the word that drops the override" in done.errors[0].text


def test_a_customer_that_is_made_after_the_dry_run_is_not_taken_unseen(cast: Cast) -> None:
    with staged("entitlements", FIRST) as (work, staging):
        seen = work.dry_run(staging, by(cast))
        Customer.objects.create(name="Halden Robotics", account_reference="C-1")
        with pytest.raises(NotImported):
            work.carry_out(staging, by(cast), expected=seen.fingerprint)
        again = work.dry_run(staging, by(cast))
        work.carry_out(staging, by(cast), expected=again.fingerprint)
    assert (Customer.objects.count(), Act.objects.count()) == (1, 1)


def test_another_customer_of_the_account_is_not_taken_unseen(cast: Cast) -> None:
    first = Customer.objects.create(name="Halden Robotics", account_reference="C-1")
    with staged("entitlements", FIRST) as (work, staging):
        seen = work.dry_run(staging, by(cast))
        Customer.objects.filter(pk=first.pk).update(account_reference="C-2", account_reference_folded="c2")
        Customer.objects.create(name="Halden Robotics", account_reference="C-1")
        with pytest.raises(NotImported):
            work.carry_out(staging, by(cast), expected=seen.fingerprint)
    assert not Order.objects.exists()


def test_the_work_on_the_messages_of_a_long_order_grows_with_its_lines(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    preview = ImportEntitlements._preview_lines

    def counted(self: ImportEntitlements, order: Any, lines: Any, *rest: Any) -> Any:
        looked.append(len(lines))
        return preview(self, order, lines, *rest)

    monkeypatch.setattr(ImportEntitlements, "_preview_lines", counted)
    skus = [published(OfferingFactory(product=ProductFactory(), sku=f"P-{n}")).offering.sku for n in range(40)]
    rows = [f"C-1,Halden,SO-1,{sku},{'5' if number in (7, 35) else ''},,,\n" for number, sku in enumerate(skus)]
    done = look(cast, "entitlements", HEAD + "".join(rows))
    assert [line for line, _column in done.said] == [9, 37]
    assert sum(looked) == 80
    looked.clear()
    look(cast, "entitlements", HEAD + "".join(rows[:30]))
    assert sum(looked) == 30 + sum(range(1, 31))


@pytest.mark.parametrize("action", [look, bring_in])
def test_queries_do_not_grow_with_the_lines(cast: Cast, action: Any) -> None:
    counts = []
    for count in (10, 20):
        for _ in range(3):
            cast.entitle("gold_seats", quantity=5)
        rows = [f"C-{count}-{n},Customer {n},SO-{count}-{n},SILVER-ANNUAL,,,2028-01-01,{n + 6}\n" for n in range(count)]
        references = Order.objects.filter(entitlements__offering__sku="GOLD-SEATS").values_list(
            "order_reference", flat=True
        )
        rows += [f",,{each},GOLD-SEATS,{count},,,\n" for each in references]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            done = action(cast, "entitlements", HEAD + "".join(rows))
        assert done.errors == []
        counts.append(len(queries))
    assert counts[0] == counts[1]
