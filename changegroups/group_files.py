"""Change groups as YAML: written, read back, and brought into the database.

groups:
  Atlas subscriptions:
    description: Moves between annual offerings
    change_mode: upgrade        # left out: the global default; so are the other modes
    self_service: true
    offerings:                  # SKU: priority, higher is further up
      GOLD-ANNUAL: 20
      SILVER-ANNUAL: 10
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from changegroups.edits import FIELDS, differences
from changegroups.forms import HIGHEST, LOWEST
from changegroups.models import MODES, NAME_LENGTH, ChangeGroup, Membership
from offerings.catalogs.fields import as_map, as_text
from offerings.catalogs.yaml_source import Node, load, read_bytes
from offerings.catalogs.yaml_writer import dump
from offerings.models import Offering

KNOWN = ("description", *MODES, "self_service", "offerings")
LONGEST_DESCRIPTION = 2000


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """One group as a file says it. A mode of empty text is the global default; ``priorities`` are by SKU."""

    name: str
    description: str
    modes: Mapping[str, str]
    is_self_service: bool
    priorities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a file does to one group: a sentence for each difference, none where it is so already."""

    name: str
    is_new: bool
    lines: tuple[str, ...]


def read_groups(path: Path) -> list[GroupEntry]:
    """Return the groups of a file; one query. Raises ``CatalogError`` naming file, place and reason."""
    root = load(read_bytes(path), file=str(path), holds="a file of change groups")
    entries = as_map(root)
    _refuse_unknown(entries, ("groups",))
    if "groups" not in entries:
        raise root.error('"groups" is missing. Write it with one entry for each group, by name.')
    groups = entries["groups"]
    nodes = {} if groups.value is None else as_map(groups)
    _refuse_twice(nodes)
    skus = {sku for node in nodes.values() for sku in _members(node)}
    known = set(Offering.objects.filter(sku__in=skus).values_list("sku", flat=True))
    return [_entry(name.strip(), node, known) for name, node in nodes.items()]


def _refuse_unknown(entries: Mapping[str, Node], known: Iterable[str]) -> None:
    for key, node in entries.items():
        if key not in known:
            raise node.error(f"This is not known here. Known are {', '.join(known)}.")


def _refuse_twice(nodes: Mapping[str, Node]) -> None:
    seen: set[str] = set()
    for name, node in nodes.items():
        if not name.strip() or len(name.strip()) > NAME_LENGTH:
            raise node.error(f"Give the group a name of 1 to {NAME_LENGTH} characters.")
        if name.strip().lower() in seen:
            raise node.error("Another group of this file has this name. Keep one of them.")
        seen.add(name.strip().lower())


def _members(node: Node) -> dict[str, Node]:
    members = as_map(node).get("offerings")
    return {} if members is None or members.value is None else as_map(members)


def _entry(name: str, node: Node, known: set[str]) -> GroupEntry:
    entries = as_map(node)
    _refuse_unknown(entries, KNOWN)
    description = _text(entries, "description")
    if len(description) > LONGEST_DESCRIPTION:
        raise entries["description"].error(f"Write {LONGEST_DESCRIPTION:,} characters at most.")
    return GroupEntry(
        name=name,
        description=description,
        modes={mode: _mode(entries, mode) for mode in MODES},
        is_self_service=_flag(entries, "self_service"),
        priorities={sku: _priority(sku, priority, known) for sku, priority in _members(node).items()},
    )


def _text(entries: Mapping[str, Node], key: str) -> str:
    node = entries.get(key)
    return "" if node is None or node.value is None else as_text(node)


def _mode(entries: Mapping[str, Node], mode: str) -> str:
    value = _text(entries, mode)
    if value and value not in MODES[mode].values:
        choices = ", ".join(MODES[mode].values)
        raise entries[mode].error(f"Write one of {choices}, or leave it out for the global default.")
    return value


def _flag(entries: Mapping[str, Node], key: str) -> bool:
    node = entries.get(key)
    if node is None or node.value is None:
        return False
    if not isinstance(node.value, bool):
        raise node.error(f"This is {node.type_name}. Write true or false.")
    return node.value


def _priority(sku: str, node: Node, known: set[str]) -> int:
    if sku not in known:
        raise node.error("There is no offering of this SKU. Correct it, or import the catalog first.")
    if isinstance(node.value, bool) or not isinstance(node.value, int) or not LOWEST <= node.value <= HIGHEST:
        raise node.error(f"Write a whole number from {LOWEST:,} to {HIGHEST:,}; higher is further up.")
    return node.value


def dump_groups() -> str:
    """Return all groups as YAML that ``read_groups`` reads back; two queries."""
    groups = ChangeGroup.objects.prefetch_related("memberships__offering").order_by("name")
    return dump({"groups": {group.name: _said(group) for group in groups}})


def _said(group: ChangeGroup) -> dict[str, Any]:
    said: dict[str, Any] = {"description": group.description} if group.description else {}
    said |= {mode: value for mode in MODES if (value := getattr(group, mode))}
    if group.is_self_service:
        said["self_service"] = True
    members = sorted(group.memberships.all(), key=lambda member: (-member.priority, member.offering.sku))
    return {**said, "offerings": {member.offering.sku: member.priority for member in members}}


@transaction.atomic
def write_groups(entries: Iterable[GroupEntry]) -> list[GroupChange]:
    """Bring groups up to what a file says, and return what that changed; groups of other names stay as they are.

    Each group gets exactly the offerings it is listed with. Nobody's name is logged: the console knows none.
    """
    wanted = list(entries)
    skus = {sku for entry in wanted for sku in entry.priorities}
    keys = dict(Offering.objects.filter(sku__in=skus).values_list("sku", "pk"))
    return [_write(entry, keys) for entry in wanted]


def _write(entry: GroupEntry, keys: Mapping[str, int]) -> GroupChange:
    found = ChangeGroup.objects.select_for_update().filter(name__iexact=entry.name).first()
    group = found or ChangeGroup()
    before = ChangeGroup(**{name: getattr(group, name) for name in FIELDS})
    values = {**entry.modes, "name": entry.name, "description": entry.description}
    for name, value in {**values, "is_self_service": entry.is_self_service}.items():
        setattr(group, name, value)
    lines = list(differences(before, group, FIELDS)) if found else []
    if lines or not found:
        group.save()
    lines += rank(group, {sku: (keys[sku], priority) for sku, priority in entry.priorities.items()})
    return GroupChange(entry.name, found is None, tuple(lines))


def rank(group: ChangeGroup, wanted: Mapping[str, tuple[int, int]]) -> list[str]:
    """Give a group exactly these offerings (key and priority by SKU), and return what that changed, in words."""
    held = {member.offering.sku: member for member in group.memberships.select_related("offering")}
    lines = [f"Took out {sku}." for sku in held if sku not in wanted]
    Membership.objects.filter(pk__in=[held[sku].pk for sku in held if sku not in wanted]).delete()
    new = [sku for sku in wanted if sku not in held]
    Membership.objects.bulk_create(
        Membership(group=group, offering_id=wanted[sku][0], priority=wanted[sku][1]) for sku in new
    )
    lines += [f"Added {sku} at priority {wanted[sku][1]}." for sku in new]
    return [*lines, *_reranked(held, wanted)]


def _reranked(held: Mapping[str, Membership], wanted: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    reranked = [member for sku, member in held.items() if sku in wanted and member.priority != wanted[sku][1]]
    for member in reranked:
        priority = wanted[member.offering.sku][1]
        yield f"Priority of {member.offering.sku}: {member.priority} → {priority}."
        member.priority = priority
    Membership.objects.bulk_update(reranked, ["priority"])
