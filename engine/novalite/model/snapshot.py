# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshot: all that the hosts reported at one moment; a file can be one (ganeti: any source can make a cluster)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.model.observed import ObservedHost, ObservedInstance, SetAside, Unknown


@attrs.frozen(slots=True)
class Snapshot:
    """``hosts`` and ``unknown`` are keyed by Ansible inventory name, sorted, and disjoint."""

    hosts: Mapping[str, ObservedHost]
    unknown: Mapping[str, Unknown] = attrs.field(factory=dict)

    @property
    def is_complete(self) -> bool:
        """Tell whether every host answered: only then may a missing instance be called absent."""
        return not self.unknown

    def instances(self) -> Iterator[ObservedInstance]:
        """Yield every marked domain, by host and then UUID."""
        for host in self.hosts.values():
            yield from host.instances

    def shelf(self) -> Iterator[SetAside]:
        """Yield every instance that was set aside, by host and then UUID."""
        for host in self.hosts.values():
            yield from host.shelf
