# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavor: how big an instance is, and what its guest hardware is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.shared import units

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
    pci: tuple[PciRequest, ...] = ()  # pci_passthrough:alias, each alias looked up in the fleet's

    def resources(self) -> dict[str, int]:
        """Return what one instance asks of a host, by resource class; zero amounts are left out.

        Source: nova/scheduler/utils.py, ResourceRequest: DISK_GB = root + ephemeral + swap rounded up to GiB.
        """
        disk = self.disk_gib + self.ephemeral_gib + units.gib_ceil(self.swap_mib)
        amounts = {"VCPU": self.vcpus, "MEMORY_MB": self.ram_mib, "DISK_GB": disk}
        return {name: amount for name, amount in amounts.items() if amount}

    def required_traits(self) -> frozenset[str]:
        """Return the traits a host must have (``trait:NAME=required``)."""
        return self._traits("required")

    def forbidden_traits(self) -> frozenset[str]:
        """Return the traits a host must not have (``trait:NAME=forbidden``)."""
        return self._traits("forbidden")

    def _traits(self, wanted: str) -> frozenset[str]:
        return frozenset(
            key.removeprefix("trait:")
            for key, value in self.extra_specs.items()
            if key.startswith("trait:") and value == wanted
        )

    def to_spec(self) -> dict[str, object]:
        """Return the flavor as an instance spec carries it."""
        return {
            "name": self.name,
            "vcpus": self.vcpus,
            "ram_mib": self.ram_mib,
            "disk_gib": self.disk_gib,
            "ephemeral_gib": self.ephemeral_gib,
            "swap_mib": self.swap_mib,
            "extra_specs": dict(self.extra_specs),
        }
