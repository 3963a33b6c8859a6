"""Add activation codes to an order, and remove them; each with its line in the log."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from config.edit_log import log_edit
from entitlements.models import ActivationCode, Order, code_format, generate_code

AT_ONCE = 100


def problems_of(codes: Sequence[str]) -> list[str]:
    """Return a sentence for every code that cannot be added, naming it. One query."""
    found = []
    taken = taken_of(codes)
    for code in dict.fromkeys(codes):
        try:
            code_format(code)
        except ValidationError as error:
            found.append(f"{code[:60]}: {error.message}")
        if code in taken:
            found.append(f"{code} is in use already. Choose another code.")
        if codes.count(code) > 1:
            found.append(f"{code} is there twice. Give each code once.")
    return found


def taken_of(codes: Sequence[str]) -> frozenset[str]:
    """Return those of the codes that an order has already. One query."""
    return frozenset(ActivationCode.objects.filter(code__in=codes).values_list("code", flat=True))


def add_codes(order: Order, codes: Sequence[str], *, generate: int, made_by: User) -> list[str]:
    """Add codes that passed ``problems_of``, and generated ones; return all of them.

    Raise ``IntegrityError`` where somebody else was faster with one of them; then nothing is written.
    """
    added = [*codes, *(generate_code() for _ in range(generate))]
    with transaction.atomic():
        ActivationCode.objects.bulk_create([ActivationCode(order=order, code=code) for code in added])
        words = "activation code" if len(added) == 1 else f"{len(added)} activation codes"
        log_edit(order, f"Added {words}: {', '.join(added)}.", made_by=made_by)
    return added


def remove_code(order: Order, key: UUID, *, made_by: User) -> str:
    """Remove a code of an order and return it; empty where it is gone already."""
    with transaction.atomic():
        code = ActivationCode.objects.select_for_update().filter(order=order, pk=key).first()
        if code is None:
            return ""
        code.delete()
        log_edit(order, f"Removed activation code: {code.code}.", made_by=made_by)
    return code.code
