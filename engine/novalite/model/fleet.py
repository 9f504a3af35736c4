# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet: everything one project declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.ignore import split_ignores
from novalite.shared import seed_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.model.aggregate import Aggregate
    from novalite.model.flavor import Flavor
    from novalite.model.ignore import Ignore
    from novalite.model.image import Image
    from novalite.model.instance import Instance
    from novalite.model.network import Network
    from novalite.model.pci import PciAlias
    from novalite.model.provider import SharingProvider
    from novalite.model.secret import Secret
    from novalite.model.survival import Goal
    from novalite.problem import Where


def _nowhere(*_: str) -> Where | None:
    return None


@attrs.frozen(slots=True)
class Fleet:
    """``instances`` is keyed by final name (``web-0``) and sorted by it; ``fingerprint`` covers every file read."""

    project: str
    instances: Mapping[str, Instance]
    aggregates: tuple[Aggregate, ...] = ()
    fingerprint: str = ""
    flavors: Mapping[str, Flavor] = attrs.field(factory=dict)  # all of them, also those that no instance has
    images: Mapping[str, Image] = attrs.field(factory=dict)
    networks: Mapping[str, Network] = attrs.field(factory=dict)
    sharing_providers: tuple[SharingProvider, ...] = ()  # in name order; what is used of them hosts tell
    scheduler: Mapping[str, object] = attrs.field(factory=dict)  # as written; schedule/options.py makes Options of it
    goals: tuple[Goal, ...] = ()  # what is to be survived
    drift_ignores: tuple[Ignore, ...] = ()  # those that expired are for the command to take out: it knows the day
    pci_aliases: Mapping[str, PciAlias] = attrs.field(factory=dict)
    secrets: Mapping[str, Secret] = attrs.field(factory=dict)  # token -> what it stands for in contents
    fingerprints: Mapping[str, str] = attrs.field(factory=dict)  # token -> of its value today, where a key is given
    place: Callable[..., Where | None] = attrs.field(default=_nowhere, eq=False, repr=False)  # of a path: keys, names

    def on_day(self, today: str) -> Fleet:
        """Return the fleet as it is on a day (2026-12-31): without the ignores that have expired."""
        held, expired = split_ignores(self.drift_ignores, today)
        return attrs.evolve(self, drift_ignores=held) if expired else self

    def watched(self, fingerprints: Mapping[str, str]) -> Fleet:
        """Return the fleet with the keyed fingerprints (by token) of the values of today."""
        used = {
            id(one): seed_secrets.tokens_in(one.content) for item in self.instances.values() for one in item.contents()
        }
        instances = {}
        for name, item in self.instances.items():
            found = {token for one in item.contents() for token in used[id(one)]} & fingerprints.keys()
            held = {self.secrets[token].label: fingerprints[token] for token in sorted(found)}
            instances[name] = attrs.evolve(item, secrets=held) if held else item
        return attrs.evolve(self, instances=instances, fingerprints=fingerprints)

    def zones(self) -> dict[str, str]:
        """Return the zone of each host that an aggregate puts in one; it goes before what the host itself says."""
        return {
            host: aggregate.metadata["availability_zone"]
            for aggregate in reversed(self.aggregates)
            if "availability_zone" in aggregate.metadata
            for host in aggregate.hosts
        }
