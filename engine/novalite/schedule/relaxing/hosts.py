# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host would need: to be enabled, a network, an aggregate, room under a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.extra_spec import AGGREGATE_SCOPE, demand_from_text
from novalite.model.relaxation import Relaxation
from novalite.schedule.filters import aggregate_io_ops, aggregate_num_instances, io_ops, num_instances
from novalite.schedule.relaxing.wishes import extra_specs

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.aggregate import Aggregate
    from novalite.schedule.relaxing.asked import Asked, Found


def enable(asked: Asked, row: int) -> Found:
    """Return the change: the host enabled."""
    name = asked.table.names[row]
    host = asked.table.hosts[row]
    if not host.up:
        return ()
    text = "if it were enabled (novalite_enabled: true)"
    return (Relaxation("enable", "ComputeFilter", name, text, True, False),)


def networks(asked: Asked, row: int) -> Found:
    """Return the change: each network that is missing."""
    missing = sorted(asked.shape.networks - asked.table.hosts[row].networks)
    words = {"libvirt": "the network", "bridge": "the bridge"}
    return tuple(
        Relaxation("network", "NetworksFilter", source, f"if it had {words.get(kind, kind)} {source}", source, None)
        for kind, source in missing
    )


_AGGREGATE_SPECS = "AggregateInstanceExtraSpecsFilter"


def aggregate_specs(asked: Asked, row: int) -> Found:
    """Return the first aggregate that would bring all that the host's own lack; else the extra specs to go without."""
    refused = extra_specs(_AGGREGATE_SPECS)(asked, row)
    wanted = {change.subject.removeprefix(AGGREGATE_SCOPE): str(change.asked) for change in refused}
    for aggregate in asked.table.aggregates if wanted else ():
        if all(_says(aggregate, key, value) for key, value in wanted.items()):
            text = f"if it were in aggregate {aggregate.name}"
            return (Relaxation("aggregate", _AGGREGATE_SPECS, aggregate.name, text, sorted(wanted), None),)
    return refused


def _says(aggregate: Aggregate, key: str, value: str) -> bool:
    demand = demand_from_text(value)
    return any(demand.matches(part.strip()) for part in aggregate.metadata.get(key, "").split(",") if part.strip())


def member_of(asked: Asked, row: int) -> Found:
    """Return the aggregates to be put into, the first of each set, and those to be taken out of."""
    own = {aggregate.name for aggregate in asked.table.aggregates_of(row)}
    known = {aggregate.name for aggregate in asked.table.aggregates}
    found = []
    for names in sorted((names for names in asked.shape.member_of if not names & own), key=sorted):
        if not names & known:
            return ()
        found.append(_member(min(names & known), "if it were in aggregate {}"))
    found += [_member(name, "if it were not in aggregate {}") for name in sorted(asked.shape.not_member_of & own)]
    return tuple(found)


def _member(name: str, text: str) -> Relaxation:
    return Relaxation("aggregate", "MemberOfFilter", name, text.format(name), name, None)


def tenancy(asked: Asked, row: int) -> Found:  # noqa: ARG001
    """Return the project that the aggregates of a host would have to list."""
    project = asked.shape.project
    text = f"if its aggregates listed project {project} (filter_tenant_id)"
    return (Relaxation("aggregate", "AggregateMultiTenancyIsolation", project, text, project, None),)


def type_affinity(asked: Asked, row: int) -> Found:  # noqa: ARG001
    """Return the flavor that the aggregates of a host would have to list."""
    flavor = asked.shape.flavor
    text = f"if its aggregates listed flavor {flavor} (instance_type)"
    return (Relaxation("aggregate", "AggregateTypeAffinityFilter", flavor, text, flavor, None),)


def isolated(asked: Asked, row: int) -> Found:
    """Return whether the host would have to be isolated, or not."""
    name = asked.table.names[row]
    is_isolated = name in asked.table.options.isolated_hosts
    text = f"if it were {'not ' if is_isolated else ''}in isolated_hosts"
    return (Relaxation("host_limit", "IsolatedHostsFilter", name, text, is_isolated, not is_isolated),)


_LIMITS = {
    "NumInstancesFilter": (num_instances, "max_instances_per_host"),
    "AggregateNumInstancesFilter": (aggregate_num_instances, "max_instances_per_host"),
    "IoOpsFilter": (io_ops, "max_io_ops_per_host"),
    "AggregateIoOpsFilter": (aggregate_io_ops, "max_io_ops_per_host"),
}


def limit(rule: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter that counts: a higher limit."""
    module, option = _LIMITS[rule]

    def relax(asked: Asked, row: int) -> Found:
        table = asked.table
        count = int((table.num_instances if module.COUNTER == "num_instances" else table.io_ops)[row])
        text = f"with {option}: {count + 1} for it"
        return (Relaxation("host_limit", rule, option, text, int(module.limits(table)[row]), count + 1),)

    return relax
