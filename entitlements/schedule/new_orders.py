"""What makes an order of its own, and waits: the order is made at once, and holds nothing until then.

So its reference and its codes are kept for it, and it shows what waits for it. Where that is cancelled or declined, the
order stays as the record of what was asked for.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.utils import timezone

from config.actors import System
from config.edit_log import logged
from entitlements.engine.write import write_orders
from entitlements.models import Customer, Order
from entitlements.operations import Operation, Preview, Problem

ASKED_ALREADY = Problem("asked_already", "This has been asked for already: the same request came twice.")


def twice_problems(operation: Operation) -> list[Problem]:
    """Return a problem where the order that an operation makes is there already; one query, none without one."""
    is_there = operation.new_order and Order.objects.filter(pk=operation.new_order).exists()
    return [ASKED_ALREADY] if is_there else []


def make_order(previews: Sequence[Preview], *, made_by: User | System) -> Order:
    """Write the order that is made for what previews show, with its codes, and its customer where that is new.

    Each with its line in the log.
    """
    value = previews[0].lead.after.order
    with logged(made_by=made_by) as edit:
        write_orders([value], at=timezone.now())
        edit.add(Order(pk=value.id), *([Customer(pk=value.customer_id)] if value.is_new_customer else []))
    return Order.objects.get(pk=value.id)
