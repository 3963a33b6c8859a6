"""The command that carries out any operation on the entitlements named."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entitlements.management.commands.operate import NAMES
from entitlements.models import Act, Customer, Entitlement, Order
from entitlements.operations import BY_NAME
from tests.cast import Cast
from tests.entitlements.every_operation import EXAMPLES


def operate(*words: str, **options: object) -> str:
    out = StringIO()
    call_command("operate", *words, "--reason", "Agreed", stdout=out, **{"yes": True, **options})
    return out.getvalue()


def test_every_operation_has_an_example() -> None:
    assert set(EXAMPLES) == set(BY_NAME)


def test_every_operation_on_entitlements_that_are_named_is_offered() -> None:
    assert set(NAMES) == set(BY_NAME) - {"create_entitlement", "import_entitlements", "together"}


def test_a_transfer(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=9)
    order = Order.objects.create(customer=Customer.objects.create(name="Osprey Freight"))
    out = operate("transfer_entitlement", f"order_id={order.pk}", "--entitlement", str(entitlement.pk))
    entitlement.refresh_from_db()
    assert (entitlement.order, Act.objects.latest("made_at").source) == (order, "command")
    assert "1 entitlement changed" in out


def test_a_part(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=9)
    target = cast.revision("gold_annual").pk
    operate("change_offering", f"revision_id={target}", "count=4", "--entitlement", str(entitlement.pk))
    entitlement.refresh_from_db()
    assert (entitlement.quantity, Entitlement.objects.count()) == (5, 2)


def test_a_part_of_a_field(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    target = cast.revision("gold_annual").pk
    words = ("change_offering", f"revision_id={target}", "term.mode=restart", "--entitlement", str(entitlement.pk))
    assert "1 entitlement would be changed" in operate(*words, preview=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set_quantity", "number=5"], "number: set_quantity has no such field. It has quantity, seats."),
        (["set_quantity"], "quantity: set_quantity needs this field, with a value that fits."),
        (["set_quantity", "quantity=abc"], "quantity: Write a whole number, in digits alone."),
        (["set_quantity", "quantity=1.5"], "quantity: Write a whole number, in digits alone."),
        (["set_quantity", "quantity=true"], "quantity: Write a whole number, in digits alone."),
        (["set_quantity", "quantity=9223372036854775808"], "quantity: Write a whole number up to"),
        (["set_quantity", "quantity=5", "as_of=3000-01-01"], "as_of: set_quantity needs this field"),
        (["set_overrides", "values=5"], "values: set_overrides needs this field"),
        (["revert_overrides", "keys=[[1]]"], "keys: revert_overrides needs this field"),
        (["change_offering", "revision_id={}"], "revision_id: Write a whole number, in digits alone."),
        (["change_offering", "revision_id=1", "term.mode=never"], "term: change_offering needs this field"),
        (["change_offering", "term=5", "term.mode=keep"], "term.mode: term has a value already, which has no parts."),
        (["transfer_entitlement", "order_id=nonsense"], "order_id: transfer_entitlement needs this field"),
    ],
)
def test_what_cannot_be_read_starts_nothing(cast: Cast, words: list[str], said: str) -> None:
    entitlement = cast.entitle("gold_seats", quantity=9)
    with pytest.raises(CommandError, match=said) as error:
        operate(*words, "--entitlement", str(entitlement.pk))
    assert error.value.returncode == 2


def test_an_unknown_entitlement_is_named(cast: Cast) -> None:
    key = "00000000-0000-0000-0000-000000000001"
    with pytest.raises(CommandError, match=f"There is no entitlement {key}"):
        operate("disable", "--entitlement", key)
