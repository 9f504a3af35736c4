# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to both schedulers, and how it is written down for Nova's side (driver.py)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import attrs

from novalite.schedule.options import DEFAULT, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.aggregate import Aggregate
    from novalite.model.server_group import ServerGroup
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request

OPTION_GROUPS = {"metrics": "metrics"}
PREFILTER_OPTIONS = frozenset({"policy", "enabled_filters", "enabled_weighers", "image_metadata_prefilter"})


@attrs.frozen
class Case:
    """Hosts and one request, with the rules whose answers are compared; or a whole batch."""

    theme: str
    hosts: tuple[Host, ...]
    request: Request
    filters: tuple[str, ...] = ()
    weighers: tuple[str, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    options: Options = DEFAULT
    members: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict)
    from_cell: str | None = None  # the cell of an instance that moves between cells

    def to_json(self) -> dict[str, Any]:
        """Write it for the driver."""
        hosts = [host_json(host) for host in self.hosts]
        return {
            "hosts": hosts,
            "aggregates": [aggregate_json(aggregate) for aggregate in self.aggregates],
            "options": options_json(self.options),
            "request": {**request_json(self.request, self.members, hosts), "from_cell": self.from_cell},
            "filters": self.filters,
            "weighers": self.weighers,
        }


def identity(name: str) -> str:
    """Return a UUID that depends on a name alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def member_uuid(group: str, host: str, index: int) -> str:
    """Return the UUID of a member that lived on a host before."""
    return identity(f"{group}@{host}/{index}")


def host_json(host: Host) -> dict[str, Any]:
    """Return one host."""
    return {
        "name": host.name,
        "uuid": identity(host.name),
        "zone": host.zone,
        "enabled": host.enabled,
        "up": host.up,
        "traits": sorted(host.traits),
        "inventories": {name: attrs.asdict(held) for name, held in host.inventories.items()},
        "used": dict(host.used),
        "address": host.address,
        "hypervisor_type": host.hypervisor_type,
        "hypervisor_version": host.hypervisor_version,
        "supported": sorted(host.supported),
        "cpu_info": dict(host.cpu_info),
        "stats": dict(host.stats),
        "metrics": dict(host.metrics),
        "pci": [{**attrs.asdict(pool), "tags": dict(pool.tags)} for pool in host.pci],
        "residents": [
            {"uuid": guest.uuid, "image_properties": dict(guest.image_properties)} for guest in host.residents
        ],
        "num_instances": host.num_instances,
        "io_ops": host.io_ops,
        "failed_builds": host.failed_builds,
        "cell": host.cell,
    }


def aggregate_json(aggregate: Aggregate) -> dict[str, Any]:
    """Return one aggregate."""
    return {"name": aggregate.name, "hosts": list(aggregate.hosts), "metadata": dict(aggregate.metadata)}


def request_json(
    request: Request, members: Mapping[str, Mapping[str, int]], hosts: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return one request; its group's members are put on the hosts as written."""
    shape = request.shape
    group = group_json(request.group, members, hosts) if request.group else None
    return {
        "name": request.name,
        "uuid": request.uuid or identity(request.name),
        "resources": dict(shape.resources),
        "required": sorted(shape.required | shape.root_required),
        "forbidden": sorted(shape.forbidden | shape.root_forbidden),
        "zone": shape.zone,
        "flavor": shape.flavor,
        "extra_specs": dict(shape.extra_specs),
        "image": shape.image or "image",
        "image_properties": dict(shape.image_properties),
        "project": shape.project,
        "pci": [
            {"alias": asked.alias, "count": asked.count, "specs": [dict(spec) for spec in asked.specs]}
            for asked in shape.pci
        ],
        "hints": {name: list(values) for name, values in shape.hints},
        "group": group,
    }


def group_json(
    group: ServerGroup, members: Mapping[str, Mapping[str, int]], hosts: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Return a server group; Nova counts members by their UUIDs among a host's guests."""
    counts = members.get(group.name, {})
    by_name = {host["name"]: host for host in hosts}
    found = []
    for name, count in counts.items():
        for index in range(count):
            found.append(member_uuid(group.name, name, index))
            guests = by_name[name]["residents"] if name in by_name else []
            if all(guest["uuid"] != found[-1] for guest in guests):
                guests.append({"uuid": found[-1], "image_properties": {}})
    return {
        "uuid": identity(group.name),
        "name": group.name,
        "policy": group.policy,
        "max_server_per_host": group.max_server_per_host,
        "members": found,
        "hosts": [name for name, count in counts.items() if count],
    }


def options_json(options: Options) -> dict[str, Any]:
    """Return what differs from the defaults, in Nova's sections."""
    found: dict[str, Any] = {}
    for field in attrs.fields(Options):
        value = getattr(options, field.name)
        if value == field.default or field.name in PREFILTER_OPTIONS:
            continue
        if field.name == "metrics":
            found |= {f"metrics.{name}": _plain(name, part) for name, part in attrs.asdict(value).items()}
        else:
            found[f"filter_scheduler.{field.name}"] = _plain(field.name, value)
    return found


def _plain(name: str, value: Any) -> Any:
    if name.endswith("weight_setting"):
        return [f"{key}={ratio}" for key, ratio in value]
    return sorted(value) if isinstance(value, frozenset) else value
