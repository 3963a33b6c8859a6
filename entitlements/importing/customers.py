"""Import customers: a line is found again by its account reference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from config.edit_log import logged
from config.folding import fold
from config.names import folded_text
from entitlements.engine import rows
from entitlements.importing.cells import name_problem
from entitlements.importing.imports import BatchResult, By, Import, Outcome
from entitlements.importing.sheets import Row
from entitlements.importing.staging import Message, StagedLine
from entitlements.models import Act, Customer, derived_id
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One line: the customer it is about (``None`` where new), and the values it gives."""

    number: int
    key: UUID
    is_new: bool
    values: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Return what stands for the effect of the line."""
        return f"{self.number} {'new' if self.is_new else self.key} {sorted(self.values.items())}"


@dataclass(frozen=True)
class ImportCustomers(Import):
    """Customers by account reference: name."""

    name: ClassVar[str] = "import_customers"
    noun: ClassVar[tuple[str, str]] = ("customer", "customers")
    columns: ClassVar[tuple[str, ...]] = ("account_reference", "name")
    required: ClassVar[tuple[str, ...]] = ("account_reference",)
    example: ClassVar[dict[str, str]] = {"account_reference": "C-10288", "name": "Halden Robotics"}
    help: ClassVar[dict[str, str]] = {
        "account_reference": "The key in your billing system; finds a customer that is here already. Required.",
        "name": "Required for a new customer. Empty leaves the name as it is.",
    }
    permissions: ClassVar[tuple[str, ...]] = ("entitlements.add_customer", "entitlements.change_customer")
    names_twins: ClassVar[str] = "this account reference"

    def staged(self, row: Row) -> StagedLine:
        """Return the line; spellings of one account reference are one customer."""
        account = folded_text(row.cells.get("account_reference", ""))
        return StagedLine(row.line, row.cells, unit=account, twin=account)

    def problems_of(self, row: Row) -> Iterator[Message]:
        """Yield what is too long."""
        for name, longest in (("account_reference", REFERENCE_LENGTH), ("name", NAME_LENGTH)):
            if problem := name_problem(row.cells.get(name, ""), longest=longest):
                yield Message(row.line, name, problem)

    def preview(self, units: list[list[StagedLine]], by: By) -> BatchResult:
        """Return what a batch would do; two queries."""
        return self._planned(units, by)[0]

    def apply(self, units: list[list[StagedLine]], by: By, *, part_of: Act | None) -> BatchResult:
        """Write the customers with their lines in the log."""
        result, lines = self._planned(units, by)
        if not any(not each.is_warning for each in result.messages):
            _write(lines, by)
        return result

    def _planned(self, units: list[list[StagedLine]], by: By) -> tuple[BatchResult, list[CustomerLine]]:
        lines = [line for unit in units for line in unit]
        found = _by_account(line.unit for line in lines)
        result, planned = BatchResult(), []
        for line in lines:
            same = found.get(line.unit, [])
            if len(same) > 1:
                text = f"{len(same)} customers have this account reference. Give each its own first."
                result.messages.append(Message(line.number, "account_reference", text))
            elif not same and not line.cells.get("name"):
                text = "There is no customer with this account reference. Fill in the name of the new one."
                result.messages.append(Message(line.number, "name", text))
            else:
                planned.append(_line(line, same, by))
        result.outcomes = Counter(_outcome(each) for each in planned)
        result.messages += _namesakes(planned)
        result.fingerprints = [each.fingerprint for each in planned]
        return result, planned


def _line(line: StagedLine, same: list[Customer], by: By) -> CustomerLine:
    if not same:
        return CustomerLine(line.number, derived_id(by.key, "customer", line.unit), is_new=True, values=line.cells)
    [customer] = same
    values = {name: text for name, text in line.cells.items() if getattr(customer, name) != text}
    return CustomerLine(line.number, customer.pk, is_new=False, values=values)


def _outcome(line: CustomerLine) -> Outcome:
    if line.is_new:
        return Outcome.NEW
    return Outcome.CHANGED if line.values else Outcome.SAME


def _by_account(accounts: Iterable[str]) -> dict[str, list[Customer]]:
    """Return the customers by folded account reference; one query."""
    found: defaultdict[str, list[Customer]] = defaultdict(list)
    for customer in Customer.objects.filter(account_reference_folded__in=list(accounts)).order_by("pk"):
        found[customer.account_reference_folded].append(customer)
    return found


def _namesakes(lines: list[CustomerLine]) -> Iterator[Message]:
    """Yield a warning for each new customer with the name of another one; one query."""
    names = {fold(line.values["name"]): line for line in lines if line.is_new}
    rows = Customer.objects.filter(name_folded__in=list(names)).values_list("name_folded", "account_reference")
    for name, reference in rows if names else ():
        if name in names:
            text = f"There is a customer of this name already ({reference or 'without account reference'})."
            yield Message(names[name].number, "name", text, is_warning=True)


def _write(lines: list[CustomerLine], by: By) -> None:
    changed = [line for line in lines if line.values and not line.is_new]
    with logged(*(Customer(pk=line.key) for line in changed), made_by=by.made_by) as edit:
        added = Customer.objects.bulk_create(Customer(pk=line.key, **line.values) for line in lines if line.is_new)
        edit.add(*added)
        for names in {tuple(sorted(line.values)) for line in changed}:
            same = [line for line in changed if tuple(sorted(line.values)) == names]
            rows.update(Customer, [{"pk": line.key, **dict(sorted(line.values.items()))} for line in same])
