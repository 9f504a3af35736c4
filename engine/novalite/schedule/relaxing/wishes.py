# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a wish, or with a milder one: pin, zone, traits, groups, hints, extra specs, image properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.relaxation import Relaxation
from novalite.schedule import filters
from novalite.schedule.filters.traits import wrong_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.relaxing.asked import Asked, Found
    from novalite.schedule.table import Mask


def pin(asked: Asked, row: int) -> Found:  # noqa: ARG001
    """Return the change: without the pin."""
    host = str(asked.shape.host)
    return (Relaxation("pin", "HostFilter", host, f"without the pin to {host}", host, None),)


def zone(asked: Asked, row: int) -> Found:
    """Return the change: the host's own zone, or none."""
    zone, here = str(asked.shape.zone), asked.table.zones[row]
    text = f"in zone {here} instead of {zone}" if here else f"without the zone {zone}"
    return (Relaxation("zone", "AvailabilityZoneFilter", zone, text, zone, here),)


def traits(asked: Asked, row: int) -> Found:
    """Return the change: each missing or forbidden trait."""
    wrong = wrong_on(asked.table, asked.request, row)
    found = [_trait(trait, f"without the required trait {trait}") for trait in sorted(wrong.missing)]
    found += [_trait(trait, f"with the forbidden trait {trait} allowed") for trait in sorted(wrong.unwanted)]
    for some in sorted(wrong.none_of, key=sorted):
        names = ",".join(sorted(some))
        found.append(_trait(names, f"without any of the traits {names.replace(',', ', ')}"))
    return tuple(found)


def _trait(subject: str, text: str) -> Relaxation:
    return Relaxation("trait", "TraitsFilter", subject, text, subject, None)


def group_limit(asked: Asked, row: int) -> Found:
    """Return the change: room for one more of the group on a host."""
    group = asked.request.group
    if group is None:
        return ()
    needed = asked.table.members_of(asked.request).get(row, 0) + 1
    text = f"if {needed} of group {group.name} may share a host (max_server_per_host: {needed})"
    rule = "ServerGroupAntiAffinityFilter"
    return (Relaxation("group_limit", rule, group.name, text, group.max_server_per_host, needed),)


def group(asked: Asked, row: int) -> Found:  # noqa: ARG001
    """Return the change: outside of the group that keeps together."""
    group = asked.request.group
    if group is None:
        return ()
    text = f"outside of group {group.name} (policy {group.policy})"
    return (Relaxation("group", "ServerGroupAffinityFilter", group.name, text, group.policy, None),)


def hints(rule: str, *names: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter that reads scheduler hints: without them."""

    def relax(asked: Asked, row: int) -> Found:  # noqa: ARG001
        said = [name for name, _ in asked.shape.hints if name in names]
        return tuple(
            Relaxation("hint", rule, name, f"without the scheduler hint {name}", list(asked.shape.hint(name)))
            for name in said
        )

    return relax


def devices(asked: Asked, row: int) -> Found:  # noqa: ARG001
    """Return the change for PciPassthroughFilter: without the devices of the flavor's alias."""
    key = "pci_passthrough:alias"
    said = asked.shape.specs.get(key)
    text = f"without the PCI devices {said}"
    return (Relaxation("extra_spec", "PciPassthroughFilter", key, text, said, None),) if said else ()


def extra_specs(rule: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter that reads extra specs: without those that it refuses by."""

    def relax(asked: Asked, row: int) -> Found:
        refused = _refused(asked, rule, "extra_specs", row)
        return tuple(
            Relaxation("extra_spec", rule, key, f"without the extra spec {key}: {value}", value, None)
            for key, value in refused
        )

    return relax


def image_properties(rule: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter that reads image properties: without those that it refuses by."""

    def relax(asked: Asked, row: int) -> Found:
        refused = _refused(asked, rule, "image_properties", row)
        return tuple(
            Relaxation("image_property", rule, key, f"without the image property {key}: {value}", value, None)
            for key, value in refused
        )

    return relax


def _refused(asked: Asked, name: str, field: str, row: int) -> list[tuple[str, str]]:
    """Return the pairs of a field that the filter refuses a host by, each asked alone."""
    pairs: list[tuple[tuple[str, str], Mask]] | None = asked.memo.get((name, field))
    if pairs is None:
        (rule,) = (rule for rule in filters.ALL if name == rule.NAME)
        pairs = asked.memo[name, field] = []
        for pair in getattr(asked.shape, field):
            values: dict[str, Any] = {field: (pair,)}
            alone = asked.request._replace(shape=attrs.evolve(asked.shape, **values))
            if rule.applies(asked.table, alone):
                pairs.append((pair, rule.mask(asked.table, alone)))
    return [pair for pair, passed in pairs if not passed[row]]
