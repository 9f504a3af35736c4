# SPDX-License-Identifier: GPL-3.0-or-later
"""A host table and requests -> Problem. Pure.

Static rules are the real filters' own masks, one for each distinct shape. What booking changes is told in columns and
groups, for the filters named below; a request to which another filter with a changing answer applies, or whose guest
needs more than amounts of its host (topology, devices, suffixed groups), is ``opaque``: numbers cannot say what it
needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from novalite.model.natural import natural_key
from novalite.model.resource import DISK_GB, MEMORY_MB
from novalite.schedule import filters
from novalite.schedule.filters.limits import limits
from novalite.schedule.search.problem import NOWHERE, GroupRule, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Mask

# Filters whose changing answer is room in a column, or a group's rule.
_NUMBERS = frozenset(
    {
        "CoreFilter",
        "RamFilter",
        "DiskFilter",
        "ResourcesFilter",
        "ProvidersFilter",  # columns tell of whole trees; that a pool is shared is found by booking the answer
        "ServerGroupAffinityFilter",
        "ServerGroupAntiAffinityFilter",
        "NumInstancesFilter",
        "AggregateNumInstancesFilter",
        "IoOpsFilter",
        "AggregateIoOpsFilter",
    }
)
# (column, its filters, the option that limits it): what every new instance takes one of.
_SLOTS = (
    ("instances", ("NumInstancesFilter", "AggregateNumInstancesFilter"), "max_instances_per_host"),
    ("operations", ("IoOpsFilter", "AggregateIoOpsFilter"), "max_io_ops_per_host"),
)
# Filters that decide where an instance may be put, but do not drive out one that lives there already: a host that takes
# nothing new, a unit or a network that came or went. The others are what the fleet says of the instance.
STAYS = frozenset(
    {
        "ComputeFilter",
        "UnitsFilter",
        "NetworksFilter",
        "ImagePropertiesFilter",
        "ComputeCapabilitiesFilter",
        "SimpleCIDRAffinityFilter",
        "MetricsFilter",
    }
)
MAY_NOT_MOVE = "may not move"  # the name of a rule that is no filter's
LEAVE = "leaves its host"


@attrs.frozen(slots=True)
class Living:
    """An instance that exists, as it is declared now, and the host where it lives.

    ``cost``: MiB that a move copies. ``spec``: as its host knows it; what it says was claimed is free once it moved.
    """

    request: Request
    host: str
    movable: bool = True
    cost: int | None = None  # None: its memory and disk
    spec: Mapping[str, Any] = attrs.field(factory=dict, eq=False, repr=False)

    @property
    def copied(self) -> int:
        """Return what a move copies, in MiB."""
        amounts = self.request.shape.amounts
        return self.cost if self.cost is not None else amounts.get(MEMORY_MB, 0) + 1024 * amounts.get(DISK_GB, 0)


def is_opaque(table: HostTable, request: Request) -> bool:
    """Tell whether a request needs what columns and groups cannot say."""
    shape = request.shape
    if shape.groups or shape.topology is not None or shape.pci or shape.same_subtree:
        return True
    return bool(_beyond_numbers(table, request))


def _beyond_numbers(table: HostTable, request: Request) -> list[filters.Filter]:
    """Return the filters whose answers booking changes, in ways that columns and groups do not say."""
    by_tree = request.shape.groups or request.shape.same_subtree
    return [
        rule
        for rule in filters.applying(table, request, filters.BY_USAGE)
        if rule.NAME not in _NUMBERS or (by_tree and rule.NAME == "ProvidersFilter")
    ]


def problem_from_table(
    table: HostTable,
    requests: Iterable[Request],
    residents: Iterable[Living] = (),
    *,
    leave: Collection[str] = (),
) -> Problem:
    """Return the problem of new requests and of instances that exist and may have to move.

    ``residents`` are in the table's usage, counts and groups already, and taken out of them here; on a host that the
    table does not have they are left out. One that is opaque may go where every filter lets it as things are now.
    ``leave``: hosts that every resident must go from.
    """
    items: list[tuple[Request, Living | None]] = [(request, None) for request in requests]
    items += [(living.request, living) for living in residents if living.host in table.rows]
    items.sort(key=lambda item: natural_key(item[0].name))
    columns = list(dict.fromkeys(name for name in sorted({n for r, _ in items for n, _ in r.shape.resources})))
    demand = [[request.shape.amounts.get(name, 0) for name in columns] for request, _ in items]
    homes = tuple(table.rows[living.host] if living else NOWHERE for _, living in items)
    capacity = [table.resource(name).capacity for name in columns]
    free = [table.resource(name).free.copy() for name in columns]
    _vacate(free, demand, homes)
    slots = list(_slots(table, homes))
    classes, rules = _classes(table, items, homes, frozenset(leave))
    groups, group_of = _groups(table, items, homes)
    capacity += [column.limit for column in slots]
    free += [column.free for column in slots]
    rows = len(table)
    return Problem(
        hosts=tuple(table.names),
        items=tuple(request.name for request, _ in items),
        columns=(*columns, *(column.name for column in slots)),
        capacity=_stack(capacity, rows),
        free=np.maximum(_stack(free, rows), 0),
        demand=np.array(
            [
                [*line, *(column.takes(living) for column in slots)]
                for line, (_, living) in zip(demand, items, strict=True)
            ],
            dtype=np.int64,
        ).reshape(len(items), len(capacity)),
        class_of=classes,
        rules=rules,
        groups=groups,
        group_of=group_of,
        current=homes,
        cost=tuple(living.copied if living else 0 for _, living in items),
        weighed=(*(True for _ in columns), *(False for _ in slots)),
        in_use=_in_use(table, homes),
    )


@attrs.frozen(slots=True)
class _Slot:
    name: str
    limit: Integers
    free: Integers
    of_residents: bool

    def takes(self, living: Living | None) -> int:
        """Return how many an item takes."""
        return int(living is None or self.of_residents)


def _slots(table: HostTable, homes: Sequence[int]) -> Iterable[_Slot]:
    """Yield the columns of limits that are on."""
    known = {rule.NAME for rule in filters.ALL}
    for name, names, option in _SLOTS:
        enabled = [rule for rule in names if rule in known and rule in table.options.enabled_filters]
        if not enabled:
            continue
        common = int(getattr(table.options, option))
        limit = np.full(len(table), common, dtype=np.int64)
        if names[1] in enabled:
            said = limits(table, option, common)
            limit = np.minimum(limit, said) if names[0] in enabled else said
        used = (table.num_instances if name == "instances" else table.io_ops).copy()
        if name == "instances":
            held = used.copy()
            _leave(used, homes)
            # A host takes no more than the limit; who is there already need not go.
            limit = np.maximum(limit, np.where(held > used, held, limit))
        yield _Slot(name, limit, limit - used, of_residents=name == "instances")


def _vacate(free: Sequence[Integers], demand: Sequence[Sequence[int]], homes: Sequence[int]) -> None:
    """Give back what the residents take."""
    for line, row in zip(demand, homes, strict=True):
        if row != NOWHERE:
            for column, amount in zip(free, line, strict=True):
                column[row] += amount


def _stack(columns: Sequence[Integers], rows: int) -> Integers:
    return np.array(columns, dtype=np.int64).reshape(len(columns), rows).T.copy()


def _in_use(table: HostTable, homes: Sequence[int]) -> tuple[bool, ...]:
    """Tell which hosts hold an instance that is no item."""
    left = table.num_instances.copy()
    _leave(left, homes)
    return tuple(bool(count > 0) for count in left)


def _leave(counts: Integers, homes: Sequence[int]) -> None:
    """Take residents off the counts of their hosts."""
    for row in homes:
        if row != NOWHERE:
            counts[row] -= 1


def _classes(
    table: HostTable, items: Sequence[tuple[Request, Living | None]], homes: Sequence[int], leave: frozenset[str]
) -> tuple[tuple[int, ...], tuple[dict[str, Mask], ...]]:
    """Return each item's class, and the static rules of each class."""
    numbers: dict[object, int] = {}
    rules: list[dict[str, Mask]] = []
    class_of = []
    gone = np.array([name not in leave for name in table.names], dtype=np.bool_)
    for (request, living), home in zip(items, homes, strict=True):
        key = (request.shape, home if living else NOWHERE, living is None or living.movable)
        if key not in numbers:
            numbers[key] = len(rules)
            masks = {
                rule.NAME: rule.mask(table, request).copy()
                for rule in filters.applying(table, request, filters.BY_SHAPE)
            }
            if living is not None:
                _let_stay(masks, home)
                if leave:
                    masks[LEAVE] = gone
                if not living.movable:
                    masks[MAY_NOT_MOVE] = np.arange(len(table)) == home
                for rule in _beyond_numbers(table, request):
                    masks[rule.NAME] = rule.mask(table, request).copy()
                    masks[rule.NAME][home] = True
            rules.append(masks)
        class_of.append(numbers[key])
    return tuple(class_of), tuple(rules)


def _let_stay(masks: dict[str, Mask], home: int) -> None:
    for name, mask in masks.items():
        if name in STAYS:
            mask[home] = True


def _groups(
    table: HostTable, items: Sequence[tuple[Request, Living | None]], homes: Sequence[int]
) -> tuple[tuple[GroupRule, ...], tuple[int, ...]]:
    """Return the groups, with the members that are no items, and each item's group."""
    numbers: dict[str, int] = {}
    found: list[tuple[str, str, int, dict[int, int]]] = []
    group_of = []
    for (request, _), home in zip(items, homes, strict=True):
        if request.group is None:
            group_of.append(NOWHERE)
            continue
        name, policy = request.group.name, request.group.policy
        if name not in numbers:
            numbers[name] = len(found)
            enabled = "affinity" not in policy or policy.startswith("soft") or _enforced(table, policy)
            held = dict(table.members.get(name, {}))
            found.append((name, policy if enabled else "", request.group.max_server_per_host, held))
        counts = found[numbers[name]][3]
        if home != NOWHERE and counts.get(home, 0):
            counts[home] -= 1
        group_of.append(numbers[name])
    rules = tuple(
        GroupRule(name, policy, limit, {row: count for row, count in sorted(counts.items()) if count})
        for name, policy, limit, counts in found
    )
    return rules, tuple(group_of)


def _enforced(table: HostTable, policy: str) -> bool:
    """Tell whether the filter of a hard policy is on."""
    wanted = {"affinity": "ServerGroupAffinityFilter", "anti-affinity": "ServerGroupAntiAffinityFilter"}[policy]
    return wanted in table.options.enabled_filters
