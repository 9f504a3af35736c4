# SPDX-License-Identifier: GPL-3.0-or-later
"""What would let each filter pass on one host, by the filter's name. To add one: a function, and its row in ``RULES``.

A function takes what is asked and a row that its filter refuses, and returns the changes that are all needed there;
none where no change of its kind is enough. ``relaxed`` carries the changes out on a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.relaxation import OF_HOSTS, Relaxation
from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Reals

Found = tuple[Relaxation, ...]


@attrs.frozen(slots=True)
class Asked:
    """A request, and the hosts that it was refused by."""

    table: HostTable
    request: Request

    @property
    def shape(self) -> Shape:
        """Return the request's shape."""
        return self.request.shape


@attrs.frozen(slots=True)
class Rule:
    """How one filter is relaxed: the kind of change (what it costs at least), and the change on one host."""

    kind: str
    relax: Callable[[Asked, int], Found]


# ---- amounts -------------------------------------------------------------------------------------------------------

_WORDS = {VCPU: "{} fewer vCPUs", MEMORY_MB: "{} MiB less RAM", DISK_GB: "{} GiB less disk"}
_OWN = {"CoreFilter": VCPU, "RamFilter": MEMORY_MB, "DiskFilter": DISK_GB}


def _classes(name: str, asked: Asked) -> list[str]:
    own = _OWN.get(name)
    if own is not None:
        return [own]
    return [each for each, _ in asked.shape.resources if name == "UnitsFilter" or each not in _OWN.values()]


def _fits(asked: Asked, resource: str, row: int) -> int:
    """Return the largest amount not above what is asked that the host would give; 0 where there is none."""
    column = asked.table.resource(resource)
    room = min(int(column.free[row]), int(column.max_unit[row]), asked.shape.amounts[resource])
    step = max(int(column.step_size[row]), 1)
    amount = room // step * step
    return amount if amount >= max(int(column.min_unit[row]), 1) else 0


def _amounts(name: str) -> Callable[[Asked, int], Found]:
    def relax(asked: Asked, row: int) -> Found:
        found = []
        for resource in _classes(name, asked):
            wanted, fits = asked.shape.amounts[resource], _fits(asked, resource, row)
            if not fits:
                return ()
            if fits < wanted:
                less = _WORDS.get(resource, "{} fewer " + resource).format(wanted - fits)
                text = f"with {less} ({fits} instead of {wanted})"
                found.append(Relaxation("amount", name, resource, text, wanted, fits, (wanted - fits) / wanted))
        return tuple(found)

    return relax


def shares(name: str, asked: Asked) -> Reals:
    """Return, for a filter of amounts, the share given up on each host; infinite where nothing is left."""
    total: Reals = np.zeros(len(asked.table), dtype=np.float64)
    for resource in _classes(name, asked):
        column, wanted = asked.table.resource(resource), asked.shape.amounts[resource]
        room = np.minimum(np.minimum(column.free, column.max_unit), wanted)
        fits = room // np.maximum(column.step_size, 1) * np.maximum(column.step_size, 1)
        total += np.where(fits >= np.maximum(column.min_unit, 1), (wanted - fits) / wanted, np.inf)
    return total


# ---- wishes --------------------------------------------------------------------------------------------------------


def _pin(asked: Asked, row: int) -> Found:  # noqa: ARG001
    host = str(asked.shape.host)
    return (Relaxation("pin", "HostFilter", host, f"without the pin to {host}", host, None),)


def _zone(asked: Asked, row: int) -> Found:
    zone, here = str(asked.shape.zone), asked.table.zones[row]
    text = f"in zone {here} instead of {zone}" if here else f"without the zone {zone}"
    return (Relaxation("zone", "AvailabilityZoneFilter", zone, text, zone, here),)


def _traits(asked: Asked, row: int) -> Found:
    shape, has = asked.shape, asked.table.hosts[row].traits
    found = [_trait(trait, f"without the required trait {trait}") for trait in sorted(shape.required - has)]
    found += [_trait(trait, f"with the forbidden trait {trait} allowed") for trait in sorted(shape.forbidden & has)]
    for some in sorted((some for some in shape.any_of if not some & has), key=sorted):
        names = ",".join(sorted(some))
        found.append(_trait(names, f"without any of the traits {names.replace(',', ', ')}"))
    return tuple(found)


def _trait(subject: str, text: str) -> Relaxation:
    return Relaxation("trait", "TraitsFilter", subject, text, subject, None)


def _group_limit(asked: Asked, row: int) -> Found:
    group = asked.request.group
    if group is None:
        return ()
    needed = asked.table.members_of(asked.request).get(row, 0) + 1
    text = f"if {needed} of group {group.name} may share a host (max_server_per_host: {needed})"
    rule = "ServerGroupAntiAffinityFilter"
    return (Relaxation("group_limit", rule, group.name, text, group.max_server_per_host, needed),)


def _group(asked: Asked, row: int) -> Found:  # noqa: ARG001
    group = asked.request.group
    if group is None:
        return ()
    text = f"outside of group {group.name} (policy {group.policy})"
    return (Relaxation("group", "ServerGroupAffinityFilter", group.name, text, group.policy, None),)


def _hints(rule: str, *names: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter that reads scheduler hints: without them."""

    def relax(asked: Asked, row: int) -> Found:  # noqa: ARG001
        said = [name for name, _ in asked.shape.hints if name in names]
        return tuple(
            Relaxation("hint", rule, name, f"without the scheduler hint {name}", list(asked.shape.hint(name)))
            for name in said
        )

    return relax


# ---- hosts ---------------------------------------------------------------------------------------------------------


def _enable(asked: Asked, row: int) -> Found:
    name = asked.table.names[row]
    host = asked.table.hosts[row]
    if not host.up:
        return ()
    text = "if it were enabled (novalite_enabled: true)"
    return (Relaxation("enable", "ComputeFilter", name, text, True, False),)


def _networks(asked: Asked, row: int) -> Found:
    missing = sorted(asked.shape.networks - asked.table.hosts[row].networks)
    words = {"libvirt": "the network", "bridge": "the bridge"}
    return tuple(
        Relaxation("network", "NetworksFilter", source, f"if it had {words.get(kind, kind)} {source}", source, None)
        for kind, source in missing
    )


_SCOPE = "aggregate_instance_extra_specs:"


def _aggregate(asked: Asked, row: int) -> Found:
    """Return the first aggregate that would bring all that its own lack; else the extra specs to go without."""
    rule = "AggregateInstanceExtraSpecsFilter"
    wanted = {
        key.removeprefix(_SCOPE): (key, value)
        for key, value in asked.shape.extra_specs
        if key.startswith(_SCOPE) or ":" not in key
    }
    lacking = {key: said for key, said in wanted.items() if said[1] not in asked.table.metadata(row, key)}
    for aggregate in asked.table.aggregates:
        values = {key: [part.strip() for part in text.split(",")] for key, text in aggregate.metadata.items()}
        if lacking and all(value in values.get(key, ()) for key, (_, value) in lacking.items()):
            text = f"if it were in aggregate {aggregate.name}"
            return (Relaxation("aggregate", rule, aggregate.name, text, sorted(lacking), None),)
    return tuple(
        Relaxation("extra_spec", rule, key, f"without the extra spec {key}: {value}", value, None)
        for key, value in lacking.values()
    )


RULES: Mapping[str, Rule] = {
    **{name: Rule("amount", _amounts(name)) for name in (*_OWN, "ResourcesFilter", "UnitsFilter")},
    "HostFilter": Rule("pin", _pin),
    "AvailabilityZoneFilter": Rule("zone", _zone),
    "TraitsFilter": Rule("trait", _traits),
    "NetworksFilter": Rule("network", _networks),
    "ComputeFilter": Rule("enable", _enable),
    "AggregateInstanceExtraSpecsFilter": Rule("extra_spec", _aggregate),
    "ServerGroupAntiAffinityFilter": Rule("group_limit", _group_limit),
    "ServerGroupAffinityFilter": Rule("group", _group),
    "DifferentHostFilter": Rule("hint", _hints("DifferentHostFilter", "different_host")),
    "SameHostFilter": Rule("hint", _hints("SameHostFilter", "same_host")),
    "SimpleCIDRAffinityFilter": Rule("hint", _hints("SimpleCIDRAffinityFilter", "build_near_host_ip", "cidr")),
    "JsonFilter": Rule("hint", _hints("JsonFilter", "query")),
}


def relaxed(request: Request, changes: Iterable[Relaxation]) -> tuple[Request, frozenset[str]]:
    """Return the request with the changes carried out, and the rules that changes of the host satisfy instead."""
    mended = set()
    for change in changes:
        if change.kind in OF_HOSTS:
            mended.add(change.rule)
        elif change.kind == "group":
            request = attrs.evolve(request, group=None)
        elif change.kind == "group_limit":
            group = None if request.group is None else attrs.evolve(request.group, max_server_per_host=change.fits)
            request = attrs.evolve(request, group=group)
        else:
            request = attrs.evolve(request, shape=_without(request.shape, change))
    return request, frozenset(mended)


def _without(shape: Shape, change: Relaxation) -> Shape:
    subject = change.subject
    if change.kind == "amount":
        amounts = {**dict(shape.resources), subject: change.fits}
        return attrs.evolve(shape, resources=tuple(amounts.items()))
    if change.kind == "pin":
        return attrs.evolve(shape, host=None)
    if change.kind == "zone":
        return attrs.evolve(shape, zone=change.fits)
    if change.kind == "hint":
        return attrs.evolve(shape, hints=tuple(hint for hint in shape.hints if hint[0] != subject))
    if change.kind == "extra_spec":
        return attrs.evolve(shape, extra_specs=tuple(pair for pair in shape.extra_specs if pair[0] != subject))
    if change.kind == "image_property":
        kept = tuple(pair for pair in shape.image_properties if pair[0] != subject)
        return attrs.evolve(shape, image_properties=kept)
    return attrs.evolve(
        shape,
        required=shape.required - {subject},
        forbidden=shape.forbidden - {subject},
        any_of=tuple(some for some in shape.any_of if ",".join(sorted(some)) != subject),
    )
