# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may live where no rule lets it, found without a host table: what nearly every plan needs to know. Pure.

What is told here is a suspicion: the filters themselves have the last word (moves.py). Nobody whom a filter would
refuse is left out. Pins, zones and groups are not looked at here: the comparison of fleet and hosts tells of those
(diff/stay.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.extra_spec import AGGREGATE_SCOPE, demand_from_text
from novalite.model.rule_names import ENABLED_FILTERS
from novalite.schedule.ask import OWN_KEYS, ask_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from novalite.diff.index import Holders
    from novalite.model.flavor import Flavor
    from novalite.model.fleet import Fleet
    from novalite.model.image import Image
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedHost
    from novalite.model.snapshot import Snapshot

Said = dict[str, set[str]]  # key of metadata -> the values of all aggregates of a host

_PROJECTS, _FLAVORS = "filter_tenant_id", "instance_type"


def crowded(snapshot: Snapshot) -> set[str]:
    """Return the hosts that hold more of something than they offer."""
    return {
        host.name
        for host in snapshot.hosts.values()
        for name, taken in host.used.items()
        if taken and (held := host.inventories.get(name)) is not None and taken > held.capacity
    }


def suspects(fleet: Fleet, snapshot: Snapshot, living: Holders) -> set[str]:
    """Return who may be astray; ``living``: who was found of each instance. Of doubles nothing is told."""
    kinds = {(id(one.flavor), id(one.image)): one for one in fleet.instances.values()}
    rules = list(_suspicions(fleet, snapshot, kinds))
    if not rules:
        return set()
    alike = _alike(fleet, snapshot)
    known: dict[tuple[int, int, int], bool] = {}
    found = set()
    instances = fleet.instances
    for name, holders in living.items():
        if len(holders) != 1:
            continue
        one, host = instances[name], holders[0].host
        key = (id(one.flavor), id(one.image), alike[host])
        wrong = known.get(key)
        if wrong is None:
            wrong = known[key] = any(rule(one, host) for rule in rules)
        if wrong:
            found.add(name)
    return found


def _alike(fleet: Fleet, snapshot: Snapshot) -> dict[str, int]:
    """Return the number of each host's kind: hosts of one kind are one to all that is looked at here."""
    isolated = set(fleet.scheduler.get("isolated_hosts", ()))  # type: ignore[call-overload]
    inside: dict[str, list[str]] = {}
    for aggregate in fleet.aggregates:
        for name in aggregate.hosts:
            inside.setdefault(name, []).append(aggregate.name)
    numbers: dict[object, int] = {}
    return {
        host.name: numbers.setdefault(
            (
                host.traits,
                tuple([provider.traits for provider in host.providers]),
                tuple(inside.get(host.name, ())),
                host.name in isolated,
            ),
            len(numbers),
        )
        for host in snapshot.hosts.values()
    }


def _suspicions(
    fleet: Fleet, snapshot: Snapshot, kinds: Mapping[tuple[int, int], Instance]
) -> Iterator[Callable[[Instance, str], bool]]:
    """Yield what must be looked at in this fleet; a fleet of plain flavors and hosts has nothing of it."""
    on = set(fleet.scheduler.get("enabled_filters", ENABLED_FILTERS))  # type: ignore[call-overload]
    spoken = [(one.flavor, one.image) for one in kinds.values()]
    speaking = [(flavor, image) for flavor, image in spoken if flavor.extra_specs or image.properties]
    traits = {(id(flavor), id(image)): _traits(flavor, image) for flavor, image in speaking}
    if any(any(wishes) for wishes in traits.values()):
        yield lambda one, host: _lacks(traits.get((id(one.flavor), id(one.image))), snapshot.hosts[host])
    said = _said(fleet)
    if "AggregateInstanceExtraSpecsFilter" in on and any(_wishes(flavor) for flavor, _ in speaking):
        yield lambda one, host: not _matches(_wishes(one.flavor), said.get(host, {}))
    if "AggregateMultiTenancyIsolation" in on and _any_key(fleet, lambda key: key.startswith(_PROJECTS)):
        yield lambda one, host: one.project not in _listed(said.get(host, {}), _PROJECTS, one.project)
    if "AggregateTypeAffinityFilter" in on and _any_key(fleet, lambda key: key == _FLAVORS):
        yield lambda one, host: one.flavor.name not in said.get(host, {}).get(_FLAVORS, {one.flavor.name})
    properties = {key for _, image in speaking for key in image.properties}
    if "AggregateImagePropertiesIsolation" in on and _any_key(fleet, properties.__contains__):
        yield lambda one, host: bool(one.image.properties.keys() & said.get(host, {}).keys())
    if "IsolatedHostsFilter" in on and {"isolated_hosts", "isolated_images"} & fleet.scheduler.keys():
        yield _isolation(fleet)


def _traits(flavor: Flavor, image: Image) -> tuple[frozenset[str], frozenset[str], tuple[frozenset[str], ...]]:
    own = ask_from(flavor, image.properties).own
    return own.required, own.forbidden, own.any_of


def _lacks(
    wishes: tuple[frozenset[str], frozenset[str], tuple[frozenset[str], ...]] | None, host: ObservedHost
) -> bool:
    """Tell whether a host lacks a trait that is asked, or has one that is forbidden."""
    if wishes is None:
        return False
    required, forbidden, any_of = wishes
    held = host.traits.union(*(provider.traits for provider in host.providers))
    return not required <= held or not forbidden.isdisjoint(host.traits) or any(not held & one for one in any_of)


def _said(fleet: Fleet) -> dict[str, Said]:
    """Return what the aggregates of each host say."""
    found: dict[str, Said] = {}
    for aggregate in fleet.aggregates:
        for key, value in aggregate.metadata.items():
            values = {part.strip() for part in value.split(",")}
            for host in aggregate.hosts:
                found.setdefault(host, {}).setdefault(key, set()).update(values)
    return found


def _any_key(fleet: Fleet, holds: Callable[[str], bool]) -> bool:
    return any(holds(key) for aggregate in fleet.aggregates for key in aggregate.metadata)


def _wishes(flavor: Flavor) -> list[tuple[str, str]]:
    """Return what a flavor asks of the metadata of aggregates."""
    return [
        (key.removeprefix(AGGREGATE_SCOPE), value)
        for key, value in flavor.extra_specs.items()
        if key.startswith(AGGREGATE_SCOPE) or (":" not in key and key not in OWN_KEYS)
    ]


def _matches(wishes: Iterable[tuple[str, str]], said: Said) -> bool:
    return all(any(demand_from_text(text).matches(one) for one in said.get(key, ())) for key, text in wishes)


def _listed(said: Said, prefix: str, default: str) -> set[str]:
    """Return what is listed under all keys that begin so; the default where there is no such key."""
    lists = [values for key, values in said.items() if key.startswith(prefix)]
    return set().union(*lists) if lists else {default}


def _isolation(fleet: Fleet) -> Callable[[Instance, str], bool]:
    hosts, images = (set(fleet.scheduler.get(key, ())) for key in ("isolated_hosts", "isolated_images"))  # type: ignore[call-overload]
    return lambda one, host: (host in hosts) is images.isdisjoint((one.image.name, one.image.sha256))
