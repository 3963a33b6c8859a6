"""Add activation codes to an order and remove them, each with its line in the log."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from config.edit_log import logged
from entitlements.models import ActivationCode, Order, code_format, generate_code

AT_ONCE = 100


def problems_of(codes: Sequence[str]) -> list[str]:
    """Return the problems of codes that cannot be added, each with its code. One query."""
    problems = []
    used = used_codes(codes)
    for code in dict.fromkeys(codes):
        try:
            code_format(code)
        except ValidationError as error:
            problems.append(f"{code[:60]}: {error.message}")
        if code in used:
            problems.append(f"{code} is in use already. Choose another code.")
        if codes.count(code) > 1:
            problems.append(f"{code} is there twice. Give each code once.")
    return problems


def used_codes(codes: Sequence[str]) -> frozenset[str]:
    """Return those of ``codes`` that belong to an order already. One query."""
    return frozenset(ActivationCode.objects.filter(code__in=codes).values_list("code", flat=True))


def add_codes(order: Order, codes: Sequence[str], *, generate: int, made_by: User) -> list[str]:
    """Add codes that passed ``problems_of``, and ``generate`` new ones; return all added codes.

    Raises ``IntegrityError``, with nothing written, where another person added one of the codes after the check.
    """
    added = [*codes, *(generate_code() for _ in range(generate))]
    with logged(order, made_by=made_by):
        ActivationCode.objects.bulk_create([ActivationCode(order=order, code=code) for code in added])
    return added


def remove_code(order: Order, key: UUID, *, made_by: User) -> str:
    """Remove a code from an order and return the code; return an empty text for an unknown key."""
    with logged(order, made_by=made_by):
        code = ActivationCode.objects.select_for_update().filter(order=order, pk=key).first()
        if code is None:
            return ""
        code.delete()
    return code.code
