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
from entitlements.importing.customer_details import FIELD, Details, Known, look_up, read_details, write_details
from entitlements.importing.imports import BatchResult, By, Import, Outcome
from entitlements.importing.sheets import Row
from entitlements.importing.staging import Message, StagedLine
from entitlements.models import Act, Customer, derived_id
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One line: the customer it is about, and the values it changes."""

    number: int
    key: UUID
    is_new: bool
    values: Mapping[str, str]
    details: Details

    @property
    def fingerprint(self) -> str:
        """Return what stands for the effect of the line."""
        return f"{self.number} {'new' if self.is_new else self.key} {sorted(self.values.items())} {self.details}"


@dataclass(frozen=True)
class ImportCustomers(Import):
    """Customers by account reference: name, owner, tags, primary contact, free fields."""

    name: ClassVar[str] = "import_customers"
    noun: ClassVar[tuple[str, str]] = ("customer", "customers")
    columns: ClassVar[tuple[str, ...]] = (
        *("account_reference", "name", "owner", "tags", "contact", "contact_email", "contact_role"),
        FIELD,
    )
    required: ClassVar[tuple[str, ...]] = ("account_reference",)
    example: ClassVar[dict[str, str]] = {
        "account_reference": "C-10288",
        "name": "Halden Robotics",
        "owner": "",
        "tags": "key account, robotics",
        "contact": "Ada Lind",
        "contact_email": "ada.lind@halden.example",
        "contact_role": "purchasing",
    }
    help: ClassVar[dict[str, str]] = {
        "account_reference": "The key in your billing system; finds a customer that is here already. Required.",
        "name": "Required for a new customer.",
        "owner": "The username of who looks after the customer, or none.",
        "tags": "Separated by commas; they replace those the customer has. Or none.",
        "contact": "The name of the primary contact, who is added where there is none.",
        "contact_email": "The e-mail address of the primary contact.",
        "contact_role": "The role of the primary contact.",
        "field:NAME": "One for each free field, by key or label: a value, or none.",
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
        """Return what a batch would do; constant queries."""
        return self._planned(units, by).result

    def apply(self, units: list[list[StagedLine]], by: By, *, part_of: Act | None) -> BatchResult:
        """Write the customers with their lines in the log."""
        _lock_customers(line.unit for unit in units for line in unit)
        plan = self._planned(units, by)
        if not any(not each.is_warning for each in plan.result.messages):
            _write(plan, by)
        return plan.result

    def _planned(self, units: list[list[StagedLine]], by: By) -> "CustomerPlan":
        lines = [line for unit in units for line in unit]
        found = _by_account(line.unit for line in lines)
        known = look_up(lines, (each for same in found.values() for each in same))
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
                customer = same[0] if same else None
                details, problems = read_details(line.cells, customer, known)
                result.messages += (Message(line.number, column, text) for column, text in problems)
                planned += [] if problems else [_line(line, customer, details, by)]
        result.outcomes = Counter(_outcome(each) for each in planned)
        result.messages += _namesakes(planned)
        result.fingerprints = [each.fingerprint for each in planned]
        return CustomerPlan(result, planned, known)


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """What a batch does in numbers, its lines, and what was there before."""

    result: BatchResult
    lines: list[CustomerLine]
    known: Known


def _line(line: StagedLine, customer: Customer | None, details: Details, by: By) -> CustomerLine:
    texts = {name: line.cells[name] for name in ("account_reference", "name") if name in line.cells}
    if customer is None:
        key = derived_id(by.key, "customer", line.unit)
        return CustomerLine(line.number, key, is_new=True, values=texts, details=details)
    values = {name: text for name, text in texts.items() if getattr(customer, name) != text}
    return CustomerLine(line.number, customer.pk, is_new=False, values=values, details=details)


def _outcome(line: CustomerLine) -> Outcome:
    if line.is_new:
        return Outcome.NEW
    return Outcome.CHANGED if line.values or line.details else Outcome.SAME


def _by_account(accounts: Iterable[str]) -> dict[str, list[Customer]]:
    """Return the customers by folded account reference; one query."""
    found: defaultdict[str, list[Customer]] = defaultdict(list)
    for customer in Customer.objects.current().filter(account_reference_folded__in=list(accounts)).order_by("pk"):
        found[customer.account_reference_folded].append(customer)
    return found


def _lock_customers(accounts: Iterable[str]) -> None:
    """Lock the customers with these account references, in order of keys, so that none is merged meanwhile.

    One that was merged while this waited is not found again, and the import does not do what was shown.
    """
    bare = Customer.objects.select_for_update(no_key=True).filter(account_reference_folded__in=list(accounts))
    list(bare.order_by("pk").values_list("pk", flat=True))


def _namesakes(lines: list[CustomerLine]) -> Iterator[Message]:
    """Yield a warning for each new customer with the name of another one; one query."""
    names = {fold(line.values["name"]): line for line in lines if line.is_new}
    rows = (
        Customer.objects.current().filter(name_folded__in=list(names)).values_list("name_folded", "account_reference")
    )
    for name, reference in rows if names else ():
        if name in names:
            text = f"There is a customer of this name already ({reference or 'without account reference'})."
            yield Message(names[name].number, "name", text, is_warning=True)


def _write(plan: CustomerPlan, by: By) -> None:
    lines = plan.lines
    changed = [line for line in lines if _outcome(line) is Outcome.CHANGED]
    with logged(*(Customer(pk=line.key) for line in changed), made_by=by.made_by) as edit:
        added = Customer.objects.bulk_create(Customer(pk=line.key, **line.values) for line in lines if line.is_new)
        edit.add(*added)
        for names in {tuple(sorted(line.values)) for line in changed if line.values}:
            same = [line for line in changed if tuple(sorted(line.values)) == names]
            rows.update(Customer, [{"pk": line.key, **dict(sorted(line.values.items()))} for line in same])
        write_details({line.key: line.details for line in lines if line.details}, plan.known, edit=edit)
