"""What acts make due on their day, or amendments were last seen to, in sum: for lists and files."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self
from uuid import UUID

from django.db.models import Exists, OuterRef

from entitlements.billing.money import sums_now
from entitlements.history.money import NOT_KNOWN, amount_in_words
from entitlements.models import Act, Change

BATCH = 500
CELLS = ("due", "due currency", "due in words")  # the header of ``Dues.cells``
NOT_SUMMED = "see its page"


@dataclass(frozen=True, slots=True)
class Dues:
    """What is due now, in sum by currency: pairs of currency and amount, ``None`` where a part of it is not known.

    ``is_summed`` is false where there is too much to add up for a list.
    """

    sums: tuple[tuple[str, Decimal | None], ...] = ()
    is_summed: bool = True

    def __str__(self) -> str:
        if not self.is_summed:
            return NOT_SUMMED
        words = [NOT_KNOWN if amount is None else amount_in_words(currency, amount) for currency, amount in self.sums]
        return " + ".join(dict.fromkeys(words))

    def __bool__(self) -> bool:
        return bool(self.sums) or not self.is_summed

    @property
    def cells(self) -> tuple[Decimal | None, str | None, str]:
        """Return the cells below ``CELLS``; amount and currency are empty where there is none, or more than one."""
        if len(self.sums) != 1 or self.sums[0][1] is None:
            return None, None, str(self)
        [(currency, amount)] = self.sums
        return amount, currency, str(self)

    @classmethod
    def added(cls, sums: Iterable[tuple[str, Decimal | None]]) -> Self:
        """Return pairs of currency and amount in sum; what is not known makes its currency not known."""
        found: dict[str, Decimal | None] = {}
        for currency, amount in sums:
            before = found.get(currency, Decimal(0))
            found[currency] = None if before is None or amount is None else before + amount
        return cls(tuple(sorted(found.items())))


NOTHING_DUE = Dues()
NOT_ADDED_UP = Dues(is_summed=False)


def dues_of_acts(acts: Collection[UUID], *, too_many: Collection[UUID] = ()) -> Mapping[UUID, Dues]:
    """Return what acts made due on their day, by act; an act that made nothing due is not in it.

    Those among ``too_many`` are not added up. One query, one more for those; none without acts.
    """
    left = set(acts) - set(too_many)
    with_money = Change.objects.filter(money__isnull=False).order_by()
    rows = with_money.filter(act__in=left).values_list("act", "money")
    found: dict[UUID, list[tuple[str, Decimal | None]]] = {}
    for act, money in rows.iterator(chunk_size=BATCH) if left else ():
        found.setdefault(act, []).extend(sums_now(money))
    some = Act.objects.filter(Exists(with_money.filter(act=OuterRef("pk"))), pk__in=too_many).order_by()
    not_added_up = some.values_list("pk", flat=True) if too_many else ()
    return {**{act: Dues.added(sums) for act, sums in found.items()}, **dict.fromkeys(not_added_up, NOT_ADDED_UP)}
