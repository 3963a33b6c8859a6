"""Change groups as YAML files: writing a file, reading a file, and writing its groups to the database.

groups:
  Atlas subscriptions:
    description: Moves between annual offerings
    change_mode: upgrade        # a mode that is left out is the global default
    effective_for_downgrades: end_of_term
    self_service: true
    offerings:                  # SKU: priority, higher is further up
      GOLD-ANNUAL: 20
      SILVER-ANNUAL: 10
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from changegroups.forms import HIGHEST, LOWEST
from changegroups.models import MODES, NAME_LENGTH, ChangeGroup, Membership
from config.actors import System
from config.differences import differences
from config.edit_log import logged
from config.folding import fold
from config.name_fields import hidden_problem
from config.snapshots import snapshot_of
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.fields import as_map, as_text, as_whole
from offerings.catalogs.yaml_source import Node, load, read_bytes
from offerings.catalogs.yaml_writer import dump
from offerings.models import Offering

KEYS = ("description", *MODES, "self_service", "offerings")
LONGEST_DESCRIPTION = 2000


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """One group of a file. A mode of empty text is the global default; ``priorities`` are by SKU."""

    name: str
    description: str
    modes: Mapping[str, str]
    is_self_service: bool
    priorities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The changes of one group, a sentence each; no sentence where file and group are equal."""

    name: str
    is_new: bool
    lines: tuple[str, ...]


def read_groups(path: Path) -> list[GroupEntry]:
    """Return the groups of a file; one query. Raises ``CatalogError`` naming file, place and reason."""
    root = load(read_bytes(path), file=str(path), holds="a file of change groups")
    entries = as_map(root)
    _refuse_unknown_keys(entries, ("groups",))
    if "groups" not in entries:
        raise root.error('"groups" is missing. Write it with one entry for each group, by name.')
    groups = entries["groups"]
    nodes = {} if groups.value is None else as_map(groups)
    _check_names(nodes)
    skus = {sku for node in nodes.values() for sku in _members(node)}
    known = set(Offering.objects.filter(sku__in=skus).values_list("sku", flat=True))
    return [_entry(name.strip(), node, known) for name, node in nodes.items()]


def _refuse_unknown_keys(entries: Mapping[str, Node], known: Iterable[str]) -> None:
    for key, node in entries.items():
        if key not in known:
            raise node.error(f"This is not known here. Known are {', '.join(known)}.")


def _check_names(nodes: Mapping[str, Node]) -> None:
    """Raise ``CatalogError`` at a name that is empty, too long or repeated, or has a hidden character."""
    seen: set[str] = set()
    for name, node in nodes.items():
        if not name.strip() or len(name.strip()) > NAME_LENGTH:
            raise node.error(f"Give the group a name of 1 to {NAME_LENGTH} characters.")
        if hidden := hidden_problem(name.strip()):
            raise node.error(hidden)
        if fold(name) in seen:
            raise node.error("Another group of this file has this name. Keep one of them.")
        seen.add(fold(name))


def _members(node: Node) -> dict[str, Node]:
    members = as_map(node).get("offerings")
    return {} if members is None or members.value is None else as_map(members)


def _entry(name: str, node: Node, known: set[str]) -> GroupEntry:
    entries = as_map(node)
    _refuse_unknown_keys(entries, KEYS)
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
    return as_whole(node, least=LOWEST, most=HIGHEST)


def dump_groups() -> str:
    """Return all groups as YAML that ``read_groups`` reads; a constant number of queries."""
    groups = ChangeGroup.objects.prefetch_related("memberships__offering").order_by("name")
    return dump({"groups": {group.name: _group_map(group) for group in groups}})


def _group_map(group: ChangeGroup) -> dict[str, Any]:
    entries: dict[str, Any] = {"description": group.description} if group.description else {}
    entries |= {mode: value for mode in MODES if (value := getattr(group, mode))}
    if group.is_self_service:
        entries["self_service"] = True
    members = sorted(group.memberships.all(), key=lambda member: (-member.priority, member.offering.sku))
    return {**entries, "offerings": {member.offering.sku: member.priority for member in members}}


@transaction.atomic
def write_groups(entries: Iterable[GroupEntry], *, made_by: User | System) -> list[GroupChange]:
    """Write the groups of a file with their lines in the log, and return the changes of each.

    Each group gets exactly the offerings of its entry; groups of other names are unchanged.
    """
    listed = list(entries)
    skus = {sku for entry in listed for sku in entry.priorities}
    ids = dict(Offering.objects.filter(sku__in=skus).values_list("sku", "pk"))
    return [_write_group(entry, ids, made_by) for entry in listed]


def _write_group(entry: GroupEntry, ids: Mapping[str, int], made_by: User | System) -> GroupChange:
    found = ChangeGroup.objects.select_for_update().filter(name_folded=entry.name).first()
    group = found or ChangeGroup(name=entry.name)
    if alike := ChangeGroup(pk=group.pk, name=entry.name).same_names():
        raise CatalogError(f"change group {entry.name}", "", alike["name"])
    with logged(*filter(None, [found]), made_by=made_by) as edit:
        if found is None:
            group.save()
            edit.add(group)
        before = snapshot_of(group)
        values = {**entry.modes, "name": entry.name, "description": entry.description}
        for name, value in {**values, "is_self_service": entry.is_self_service}.items():
            setattr(group, name, value)
        group.save()
        rank_offerings(group, {sku: (ids[sku], priority) for sku, priority in entry.priorities.items()})
        lines = differences(before, snapshot_of(group))
    return GroupChange(entry.name, found is None, lines)


def rank_offerings(group: ChangeGroup, wanted: Mapping[str, tuple[int, int]]) -> None:
    """Give a group exactly these offerings (id and priority by SKU). Writes; the caller logs."""
    current = {member.offering.sku: member for member in group.memberships.select_related("offering")}
    removed = [member.pk for sku, member in current.items() if sku not in wanted]
    Membership.objects.filter(pk__in=removed).delete()
    Membership.objects.bulk_create(
        Membership(group=group, offering_id=wanted[sku][0], priority=wanted[sku][1])
        for sku in wanted
        if sku not in current
    )
    kept = [(member, wanted[sku][1]) for sku, member in current.items() if sku in wanted]
    reranked = [(member, priority) for member, priority in kept if member.priority != priority]
    for member, priority in reranked:
        member.priority = priority
    Membership.objects.bulk_update([member for member, _priority in reranked], ["priority"])
