# SPDX-License-Identifier: GPL-3.0-or-later
"""The two numbers of a filter as JSON values: what is asked, and what one host has. By the filter's name.

For programs: ``why`` of each filter says the same in words. A filter without an entry here compares nothing that could
be put so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable

Figures = tuple[Any, Any]  # asked, available
_OWN_FILTERS = {"CoreFilter": VCPU, "RamFilter": MEMORY_MB, "DiskFilter": DISK_GB}


def figures(name: str, table: HostTable, request: Request, row: int) -> Figures:
    """Return what a filter compares on one host; (None, None) where it compares no two values."""
    read = _READERS.get(name)
    return (None, None) if read is None else read(table, request, row)


def _amount(resource: str) -> Callable[[HostTable, Request, int], Figures]:
    def read(table: HostTable, request: Request, row: int) -> Figures:
        return request.shape.amounts.get(resource, 0), max(int(table.resource(resource).free[row]), 0)

    return read


def _others(table: HostTable, request: Request, row: int) -> Figures:
    asked = {name: amount for name, amount in request.shape.resources if name not in _OWN_FILTERS.values()}
    return asked, {name: max(int(table.resource(name).free[row]), 0) for name in asked}


def _units(table: HostTable, request: Request, row: int) -> Figures:
    found = {}
    for name, _ in request.shape.resources:
        units = table.resource(name)
        found[name] = {
            "min_unit": int(units.min_unit[row]),
            "max_unit": int(units.max_unit[row]),
            "step_size": int(units.step_size[row]),
        }
    return dict(request.shape.resources), found


def _traits(table: HostTable, request: Request, row: int) -> Figures:
    """Return the traits asked, those of the host itself apart where there are any, and what the tree has of all."""
    shape = request.shape
    has = frozenset().union(*(node.traits for node in table.providers.tree(row).nodes))
    root = shape.root_required | shape.root_forbidden
    concerned = shape.required | shape.forbidden | frozenset().union(*shape.any_of)
    asked: dict[str, Any] = {"required": sorted(shape.required), "forbidden": sorted(shape.forbidden)}
    asked["any_of"] = [sorted(some) for some in shape.any_of]
    if root:
        asked |= {"root_required": sorted(shape.root_required), "root_forbidden": sorted(shape.root_forbidden)}
    return asked, sorted((concerned & has) | (root & table.hosts[row].traits))


def _providers(table: HostTable, request: Request, row: int) -> Figures:
    """Return what each group asks, by its suffix, and what is free on each provider that offers any of it."""
    providers = table.providers
    layout = providers.layout(row, request.shape)
    asked: dict[str, dict[str, int]] = {}
    for slot in layout.demand.slots:
        asked.setdefault(slot.suffix, {}).update(slot.amounts)
    names, free = providers.names(row), providers.free(row, layout)
    found: dict[str, dict[str, int]] = {}
    for (node, name), left in zip(layout.stocks, free, strict=True):
        found.setdefault(names[node], {})[name] = max(left, 0)
    return asked, found


def _member_of(table: HostTable, request: Request, row: int) -> Figures:
    shape = request.shape
    asked = {"member_of": [sorted(names) for names in shape.member_of], "not": sorted(shape.not_member_of)}
    return asked, [aggregate.name for aggregate in table.aggregates_of(row)]


def _zone(table: HostTable, request: Request, row: int) -> Figures:
    return request.shape.zone, table.zones[row]


def _pin(table: HostTable, request: Request, row: int) -> Figures:
    return request.shape.host, table.names[row]


def _networks(table: HostTable, request: Request, row: int) -> Figures:
    asked = sorted(request.shape.networks)
    has = table.hosts[row].networks
    return [list(network) for network in asked], [list(network) for network in asked if network in has]


def _members(table: HostTable, request: Request, row: int) -> Figures:
    limit = request.group.max_server_per_host if request.group else 1
    return {"at_most": limit}, {"members": table.members_of(request).get(row, 0)}


def _together(table: HostTable, request: Request, row: int) -> Figures:
    return [table.names[other] for other in sorted(table.members_of(request))], table.names[row]


def _enabled(table: HostTable, request: Request, row: int) -> Figures:  # noqa: ARG001
    return True, bool(table.enabled[row])


_READERS: Mapping[str, Callable[[HostTable, Request, int], Figures]] = {
    **{name: _amount(resource) for name, resource in _OWN_FILTERS.items()},
    "ResourcesFilter": _others,
    "UnitsFilter": _units,
    "TraitsFilter": _traits,
    "ProvidersFilter": _providers,
    "MemberOfFilter": _member_of,
    "AvailabilityZoneFilter": _zone,
    "HostFilter": _pin,
    "NetworksFilter": _networks,
    "ServerGroupAntiAffinityFilter": _members,
    "ServerGroupAffinityFilter": _together,
    "ComputeFilter": _enabled,
}
