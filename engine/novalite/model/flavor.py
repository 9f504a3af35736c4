# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavor: how big an instance is, and what its guest hardware is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.pci import PciRequest


@attrs.frozen(slots=True)
class Flavor:
    """Sizes as in Nova; ``ram_mib`` and ``swap_mib`` in MiB, disks in GiB."""

    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    extra_specs: Mapping[str, str] = attrs.field(factory=dict)
    max_vcpus: int | None = None  # what it can be given while it runs
    max_ram_mib: int | None = None
    pci: tuple[PciRequest, ...] = ()  # pci_passthrough:alias, each alias looked up in the fleet's

    def resources(self, properties: Mapping[str, str] | None = None) -> dict[str, int]:
        """Return what one instance of an image with these properties takes of a host in all, by resource class.

        ``module_utils/amounts.py`` does it, for hosts too: what is asked for is what is counted.
        """
        found: dict[str, int] = amounts.total_resources(self.to_spec(), dict(properties or {}))
        return found

    def to_spec(self) -> dict[str, object]:
        """Return the flavor as an instance spec carries it."""
        spec: dict[str, object] = {
            "name": self.name,
            "vcpus": self.vcpus,
            "ram_mib": self.ram_mib,
            "disk_gib": self.disk_gib,
            "ephemeral_gib": self.ephemeral_gib,
            "swap_mib": self.swap_mib,
            "extra_specs": dict(self.extra_specs),
        }
        limits = {"max_vcpus": self.max_vcpus, "max_ram_mib": self.max_ram_mib}
        spec.update((key, value) for key, value in limits.items() if value is not None)
        return spec
