# SPDX-License-Identifier: GPL-3.0-or-later
"""UUID, domain name and MACs of new instances: chosen before anything is created, and kept for life. Pure."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import attrs

from novalite.shared import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


@attrs.frozen(slots=True)
class Identity:
    """Who a new instance is. ``clashes`` are MACs of the fleet's own choice that another domain has."""

    uuid: str
    domain: str
    macs: tuple[str, ...]
    clashes: tuple[str, ...] = ()


class Identities:
    """Everything that is taken, on any host, by anybody: instances of all projects, those that were set aside and may
    come back, and foreign domains.
    """

    def __init__(self, snapshot: Snapshot, deleted: tuple[ObservedInstance, ...] = ()) -> None:
        """Look at the snapshot; the MACs of what is deleted in the same plan are free, its UUIDs are not yet."""
        foreign = [domain for host in snapshot.hosts.values() for domain in host.foreign]
        ours = [*snapshot.instances(), *(aside.item for aside in snapshot.shelf())]
        self._uuids = {item.uuid for item in ours} | {domain.uuid for domain in foreign}
        self._domains = {item.domain for item in ours} | {domain.domain for domain in foreign}
        gone = {item.uuid for item in deleted}
        self._macs = {mac for item in ours if item.uuid not in gone for mac in macs_of(item)}
        self._macs.update(mac for domain in foreign for mac in domain.macs)

    def choose(self, instance: Instance) -> Identity:
        """Return a new identity, and take it: the first generation of the name whose UUID and domain are free."""
        uuid, domain = next(
            (uuid, domain)
            for uuid, domain in _generations(instance.project, instance.name)
            if uuid not in self._uuids and domain not in self._domains
        )
        said = [port.mac for port in instance.ports]
        clashes = tuple(mac for mac in said if mac is not None and mac in self._macs)
        self._macs.update(mac for mac in said if mac is not None)
        macs = tuple(mac or self._free_mac(uuid, index) for index, mac in enumerate(said))
        self._uuids.add(uuid)
        self._domains.add(domain)
        return Identity(uuid, domain, macs, clashes)

    def _free_mac(self, uuid: str, index: int) -> str:
        attempt = 0
        while (mac := names.mac_from_uuid(uuid, index, attempt)) in self._macs:
            attempt += 1
        self._macs.add(mac)
        return mac


def _generations(project: str, name: str) -> Iterator[tuple[str, str]]:
    return (
        (names.uuid_from_name(project, name, generation), names.domain_from_name(project, name, generation))
        for generation in count(1)
    )


def macs_of(item: ObservedInstance) -> Iterator[str]:
    """Yield the MACs of an instance's ports."""
    return (str(port["mac"]) for port in item.spec["ports"])
