"""Import entitlements: a line is found again by its order reference and its SKU."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils import timezone

from config.edit_log import Edit, write_lines
from config.folding import capitals
from config.names import folded_text
from entitlements.engine.approval import too_many
from entitlements.importing.asked import Reading, RightsMemo, Wanted, changes_to, read_line
from entitlements.importing.cells import name_problem
from entitlements.importing.imports import BatchResult, By, Import, Outcome, Report
from entitlements.importing.lookups import Found, look_up
from entitlements.importing.sheets import OVERRIDE, UNTIL, Row
from entitlements.importing.staging import Message, StagedLine
from entitlements.models import Act, Customer, Order, Source, code_format, derived_id
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH
from entitlements.operations import CreateEntitlement, ImportEntitlements, ImportLine, ImportOrder, Preview
from entitlements.operations.create_entitlement import CreationWorld
from entitlements.operations.import_entitlements import line_of
from entitlements.schedule import carry_out_many, preview_many
from entitlements.state import OrderValue, RevisionValue, State
from offerings.models import Offering

NO_PROPOSAL = "A file cannot be proposed: let them import it."
COLUMN_OF = {
    "offering": "sku",
    "customer_name": "customer",
    "codes": "activation_code",
    "seats": "quantity",
    "drop": "sku",
    "term": "expires_on",
}
"""The columns of the fields of operations, where they have other names."""


@dataclass
class Batch:
    """The orders of a batch with what they do, and what is wrong. ``chosen`` says whose each new order will be."""

    orders: list[ImportOrder]
    messages: list[Message]
    same: int = 0
    chosen: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ImportedEntitlements(Import):
    """Entitlements by order reference and SKU: quantity, term, overrides; with the orders and customers they need."""

    name: ClassVar[str] = "import_entitlements"
    noun: ClassVar[tuple[str, str]] = ("entitlement", "entitlements")
    columns: ClassVar[tuple[str, ...]] = (
        *("account_reference", "customer", "order_reference", "sku", "quantity"),
        *("starts_on", "expires_on", "activation_code", OVERRIDE, UNTIL),
    )
    required: ClassVar[tuple[str, ...]] = ("order_reference", "sku")
    example: ClassVar[dict[str, str]] = {
        "account_reference": "C-10288",
        "customer": "Halden Robotics",
        "order_reference": "SO-48213",
        "sku": "SILVER-ANNUAL",
        "quantity": "",
        "starts_on": "2026-03-01",
        "expires_on": "2027-03-01",
        "activation_code": "",
        "override:seats": "250",
        "until:seats": "",
    }
    help: ClassVar[dict[str, str]] = {
        "account_reference": "The customer of a new order; a customer that is not here yet is made.",
        "customer": "The name of a customer that is made. Nobody is renamed.",
        "order_reference": "Finds an order that is here already, else makes one. Required.",
        "sku": "With the order, finds the entitlement; else makes one on the newest revision. Required.",
        "quantity": "Seats bought, where sold per quantity.",
        "starts_on": "The first day of the term. Starts the term of what has not been activated.",
        "expires_on": "The first day without the license, or never.",
        "activation_code": "Of a new order. Empty: one is made.",
        "override:RIGHT": "One for each right set by hand, by key or label: a value, “at least 50”, or “standard”.",
        "until:RIGHT": "The first day without that value, or never. Empty: what is agreed stays, else no end.",
    }
    permissions: ClassVar[tuple[str, ...]] = (ImportEntitlements.permission,)
    names_twins: ClassVar[str] = "this order reference and SKU"

    def staged(self, row: Row) -> StagedLine:
        """Return the line; spellings of one order reference are one order."""
        names = ("order_reference", "account_reference", "customer")
        unit, owner, named = (folded_text(row.cells.get(name, "")) for name in names)
        twin = f"{unit}|{row.cells['sku']}" if unit and "sku" in row.cells else ""
        return StagedLine(
            row.line,
            row.cells,
            unit=unit,
            twin=twin,
            owner=owner,
            named=named,
            label=row.cells.get("customer", ""),
            code=capitals(row.cells.get("activation_code", "")),
        )

    def problems_of(self, row: Row) -> Iterator[Message]:
        """Yield what is too long, or no activation code."""
        longest = {"customer": NAME_LENGTH, "account_reference": REFERENCE_LENGTH, "order_reference": REFERENCE_LENGTH}
        for name, most in longest.items():
            if problem := name_problem(row.cells.get(name, ""), longest=most):
                yield Message(row.line, name, problem)
        code = row.cells.get("activation_code")
        if code is not None:
            try:
                code_format(capitals(code))
            except ValidationError as error:
                yield Message(row.line, "activation_code", str(error.message))

    def preview(self, units: list[list[StagedLine]], by: By) -> BatchResult:
        """Return what a batch would do; constant queries."""
        batch, operation = self._planned(units, by)
        previews = preview_many(operation, made_by=by.made_by) if batch.orders else []
        return _result(batch, previews)

    def apply(self, units: list[list[StagedLine]], by: By, *, part_of: Act | None) -> BatchResult:
        """Write a batch as part of one act, with lines in the log for the orders and customers that it makes."""
        batch, operation = self._planned(units, by)
        if batch.orders and not any(not each.is_warning for each in batch.messages):
            result = carry_out_many(
                operation,
                made_by=by.made_by,
                source=Source.IMPORT,
                reason=by.reason,
                reference=by.reference,
                part_of=part_of,
                act_id=by.key,
            )
            _log_made(batch, by, result.act)
            return _result(batch, [each.preview for each in result.outcomes], result.act)
        return _result(batch, [])

    def problems_of_all(self, report: Report, by: By) -> list[Message]:
        """Return that the file is for more entitlements than the person may change at once; batches are parts of it."""
        found = too_many(report.outcomes[Outcome.NEW] + report.outcomes[Outcome.CHANGED], by.made_by)
        return [Message(0, "", f"{problem.message} {NO_PROPOSAL}") for problem in found]

    def _planned(self, units: list[list[StagedLine]], by: By) -> tuple[Batch, ImportEntitlements]:
        planner = _Planner(look_up(line for unit in units for line in unit), self, by)
        for lines in units:
            planner.plan(lines)
        operation = ImportEntitlements(
            as_of=planner.as_of,
            file=self.source.name,
            digest=self.source.digest,
            lines=self.lines,
            orders=tuple(planner.batch.orders),
        )
        return planner.batch, operation


class _Planner:
    """Turns the lines of one order after the other into what is asked of the engine."""

    def __init__(self, found: Found, file: ImportedEntitlements, by: By) -> None:
        self.found = found
        self.days = file.source.days
        self.by = by
        self.as_of: date = by.as_of
        self.at: datetime = timezone.now()
        self.batch = Batch([], [])
        self.memo: RightsMemo = {}

    def plan(self, lines: Sequence[StagedLine]) -> None:
        """Add what the lines of one order do."""
        order = self._order(lines)
        if order is None:
            self._read_alone(lines)
            return
        planned = [each for line in lines if (each := self._line(line, lines[0], order)) is not None]
        doing = tuple(each for each in planned if each.operations)
        self.batch.same += len(planned) - len(doing)
        if doing:
            self.batch.orders.append(ImportOrder(order, doing))

    def _read_alone(self, lines: Sequence[StagedLine]) -> None:
        """Say what is wrong in the cells of lines whose order cannot be made: all errors are said at once."""
        for line in lines:
            if offering := self._offering(line):
                self._read(line, self.found.revisions[self.found.newest[offering.pk]])

    def _say(self, line: StagedLine, column: str, text: str, *, is_warning: bool = False) -> None:
        self.batch.messages.append(Message(line.number, column, text, is_warning))

    # --- the order and its customer -------------------------------------------------------------------------------

    def _order(self, lines: Sequence[StagedLine]) -> OrderValue | None:
        """Return the order of the lines, one to be made where there is none; ``None`` after saying what is wrong."""
        given = next((line for line in lines if "account_reference" in line.cells), lines[0])
        account = given.owner
        for line in lines:
            if line.owner and line.owner != account:
                self._say(line, "account_reference", f"Line {given.number:,} gives this order to another account.")
                return None
        there = self.found.orders.get(lines[0].unit, [])
        if not there:
            return self._new_order(lines, given)
        same = [each for each in there if not account or each.customer.account_reference_folded == account]
        if len(same) == 1:
            return self._known_order(same[0], lines, given)
        if same:
            whose = "of this account" if account else "of several customers: give the account reference"
            self._say(
                given, "order_reference", f"{len(same)} orders {whose} have this reference. Change them on their pages."
            )
            return None
        customer = there[0].customer
        whose = f"{customer.name} ({customer.account_reference or 'without account reference'})"
        text = f"This order is one of {whose}. Correct the account reference, or the order reference."
        self._say(given, "account_reference", text)
        return None

    def _known_order(self, order: Order, lines: Sequence[StagedLine], given: StagedLine) -> OrderValue:
        customer = order.customer
        self._check_name(given, customer)
        for line in lines:
            code = capitals(line.cells.get("activation_code", ""))
            if code and code not in self.found.codes.get(order.pk, set()):
                self._say(line, "activation_code", "This order has other codes. Add the code on the page of the order.")
        is_disabled = customer.disabled_at is not None
        return OrderValue(order.pk, customer.pk, customer.name, order.order_reference, is_customer_disabled=is_disabled)

    def _check_name(self, line: StagedLine, customer: Customer) -> None:
        name = line.cells.get("customer", "")
        if name and line.named != customer.name_folded:
            text = f"This customer is called {customer.name} here, and stays so. Import customers to rename them."
            self._say(line, "customer", text, is_warning=True)

    def _new_order(self, lines: Sequence[StagedLine], given: StagedLine) -> OrderValue | None:
        account, name = given.cells.get("account_reference", ""), given.cells.get("customer") or given.owner_label
        if not account and not name:
            self._say(
                lines[0], "account_reference", "This order is new. Say whose it is: fill in the account reference."
            )
            return None
        folded = given.owner if account else given.named
        same = self.found.by_account.get(folded, []) if account else self.found.by_name.get(folded, [])
        if len(same) > 1:
            what, how = (
                ("account reference", "Give each its own") if account else ("name", "Give the account reference")
            )
            self._say(given, "account_reference", f"{len(same)} customers have this {what}. {how} first.")
            return None
        if not same and not name:
            text = "There is no customer with this account reference. Fill in the name of the new one."
            self._say(given, "customer", text)
            return None
        codes = dict.fromkeys(
            capitals(line.cells["activation_code"]) for line in lines if "activation_code" in line.cells
        )
        if same:
            self._check_name(given, same[0])
        key = derived_id(self.by.key, "customer", "account" if account else "name", folded)
        is_there = bool(same) and same[0].pk != key  # an earlier batch may have made the customer
        self.batch.chosen.append(f"{lines[0].unit} {same[0].pk if is_there else 'new'}")
        return OrderValue(
            derived_id(self.by.key, "order", lines[0].unit),
            same[0].pk if same else key,
            same[0].name if same else name,
            lines[0].cells["order_reference"],
            is_customer_disabled=bool(same) and same[0].disabled_at is not None,
            is_new=True,
            is_new_customer=not same,
            new_codes=tuple(codes),
            needs_code=not codes,
            account_reference="" if same else account,
        )

    # --- the lines ------------------------------------------------------------------------------------------------

    def _line(self, line: StagedLine, first: StagedLine, order: OrderValue) -> ImportLine | None:
        """Return what a line does to its entitlement, or that it does nothing; ``None`` after saying what is wrong."""
        offering = self._offering(line)
        if offering is None:
            return None
        states = self.found.states.get((order.id, offering.pk), [])
        if len(states) > 1:
            text = f"This order has {len(states)} entitlements to this offering. Change them on their pages."
            self._say(line, "sku", text)
            return None
        if states:
            return self._change(line, states[0])
        return self._creation(line, order, self.found.newest[offering.pk], is_first=line is first)

    def _offering(self, line: StagedLine) -> Offering | None:
        """Return the offering of a line; ``None`` after saying that none is published with this SKU."""
        sku = line.cells["sku"]
        offering = self.found.offerings.get(sku)
        if offering is None:
            self._say(line, "sku", f"The SKU {sku[:40]} is not in the catalog. Correct it, or add the offering.")
        elif offering.pk not in self.found.newest:
            self._say(line, "sku", f"The SKU {sku[:40]} is not published. Correct it, or publish the offering.")
            return None
        return offering

    def _read(self, line: StagedLine, revision: RevisionValue) -> Reading | None:
        reading = read_line(line.cells, revision, as_of=self.as_of, days=self.days, memo=self.memo)
        for column, text in reading.problems:
            self._say(line, column, text)
        return None if reading.problems else reading

    def _change(self, line: StagedLine, state: State) -> ImportLine | None:
        reading = self._read(line, state.revision)
        if reading is None:
            return None
        return ImportLine(line.number, state.id, changes_to(state, reading.wanted, as_of=self.as_of, at=self.at))

    def _creation(self, line: StagedLine, order: OrderValue, revision_id: int, *, is_first: bool) -> ImportLine | None:
        revision = self.found.revisions[revision_id]
        key = derived_id(self.by.key, "line", line.number)
        reading = self._read(line, revision)
        if reading is None:
            return None
        is_ours = order.is_new and is_first
        create = CreateEntitlement(
            as_of=self.as_of,
            revision_id=revision_id,
            order_id=None if is_ours else order.id,
            customer_id=order.customer_id if is_ours and not order.is_new_customer else None,
            customer_name=order.customer_name if is_ours and order.is_new_customer else "",
            order_reference=order.order_reference if is_ours else "",
            codes=order.new_codes if is_ours else (),
            quantity=reading.wanted.quantity,
            key=key,
        )
        made = create.preview_moves([], CreationWorld(at=self.at, target=revision, order=order)).moves[0].after
        later = changes_to(made, _without_quantity(reading), as_of=self.as_of, at=self.at)
        return ImportLine(line.number, key, (create, *later))


def _without_quantity(reading: Reading) -> Wanted:
    return replace(reading.wanted, quantity=None)


def _result(batch: Batch, previews: Sequence[Preview], act: Act | None = None) -> BatchResult:
    """Return the outcomes, with the problems of previews as errors of lines and their warnings as warnings."""
    lines = {line.entitlement_id: line for order in batch.orders for line in order.lines}
    outcomes = Counter(Outcome.NEW if line.creation else Outcome.CHANGED for line in lines.values())
    outcomes[Outcome.SAME] += batch.same
    messages = list(batch.messages)
    for preview in previews:
        first = min((lines[key].number for key in preview.ids if key in lines), default=0)
        said = [(each.field, each.message, False) for each in preview.problems]
        said += [(each.field, each.message, True) for each in preview.warnings]
        for place, words, is_warning in said:
            number, field = line_of(place)
            messages.append(Message(number or first, COLUMN_OF.get(field, field), words, is_warning))
    new = [each.order for each in batch.orders if each.order.is_new]
    made = Counter(order=len(new), customer=len({each.customer_id for each in new if each.is_new_customer}))
    fingerprints = sorted(each.fingerprint for each in previews)
    return BatchResult(outcomes, made, messages, [*fingerprints, *batch.chosen], act)


def _log_made(batch: Batch, by: By, act: Act | None) -> None:
    """Write the lines of the orders and customers that the batch made into the log of edits; constant statements."""
    if act is None:
        return
    new = [each.order for each in batch.orders if each.order.is_new]
    edit = Edit()
    edit.add(*(Customer(pk=each.customer_id) for each in new if each.is_new_customer))
    edit.add(*(Order(pk=each.id) for each in new))
    write_lines(edit.lines(), made_by=by.made_by, at=act.made_at)
