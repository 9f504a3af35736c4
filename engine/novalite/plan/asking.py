# SPDX-License-Identifier: GPL-3.0-or-later
"""Which line of the fleet asks for what a rule holds to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.problem import Where

Path = tuple[str, ...]


def place_of_rule(fleet: Fleet, rule: str, instance: Instance, host: str | None) -> Where | None:
    """Return the line of the fleet that a rule goes by, for an instance on a host; None where no line is known."""
    if rule.startswith("ServerGroup"):
        return instance.group.where if instance.group is not None else None
    paths = _PATHS.get(rule)
    if paths is None:
        return None
    return next((place for path in paths(fleet, instance, host) if (place := fleet.place(*path)) is not None), None)


def _own(key: str) -> Callable[[Fleet, Instance, str | None], Iterator[Path]]:
    """Return the paths of an instance's key: its own, that of the entry with a count, the default's."""

    def paths(_: Fleet, instance: Instance, __: str | None) -> Iterator[Path]:
        yield "instances", instance.name, key
        yield "instances", instance.name.rpartition("-")[0], key
        yield "defaults", key

    return paths


def _traits(_: Fleet, instance: Instance, __: str | None) -> Iterator[Path]:
    for key in instance.flavor.extra_specs:
        if key.startswith(("trait", "any_trait")):
            yield "flavors", instance.flavor.name, "extra_specs", key
    for key in instance.image.properties:
        if key.startswith("trait"):
            yield "images", instance.image.name, "properties", key
    yield "flavors", instance.flavor.name, "extra_specs"


def _specs(_: Fleet, instance: Instance, __: str | None) -> Iterator[Path]:
    for key in instance.flavor.extra_specs:
        if ":" not in key or key.startswith("aggregate_instance_extra_specs:"):
            yield "flavors", instance.flavor.name, "extra_specs", key


def _metadata(key: str) -> Callable[[Fleet, Instance, str | None], Iterator[Path]]:
    """Return the paths of a metadata key (what it begins with) of the aggregates of a host."""

    def paths(fleet: Fleet, _: Instance, host: str | None) -> Iterator[Path]:
        for aggregate in fleet.aggregates:
            if host is None or host in aggregate.hosts:
                yield from (
                    ("aggregates", aggregate.name, "metadata", said)
                    for said in aggregate.metadata
                    if said.startswith(key)
                )

    return paths


def _scheduler(*keys: str) -> Callable[[Fleet, Instance, str | None], Iterator[Path]]:
    return lambda *_: (("scheduler", key) for key in keys)


_PATHS: dict[str, Callable[[Fleet, Instance, str | None], Iterator[Path]]] = {
    "HostFilter": _own("host"),
    "AvailabilityZoneFilter": _own("availability_zone"),
    "TraitsFilter": _traits,
    "AggregateInstanceExtraSpecsFilter": _specs,
    "AggregateMultiTenancyIsolation": _metadata("filter_tenant_id"),
    "AggregateTypeAffinityFilter": _metadata("instance_type"),
    "AggregateImagePropertiesIsolation": _metadata(""),
    "IsolatedHostsFilter": _scheduler("isolated_hosts", "isolated_images"),
}
