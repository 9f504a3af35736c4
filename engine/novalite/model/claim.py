# SPDX-License-Identifier: GPL-3.0-or-later
"""Claim: which parts of its host a guest gets. Chosen by the scheduler, obeyed by the host.

Cells, CPUs, pages and devices.

Source: nova/objects/instance_numa.py (InstanceNUMACell) and nova/objects/pci_device.py keep the same in a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(slots=True)
class ClaimedCell:
    """One guest cell and the host cell under it."""

    id: int
    host_cell: int
    cpus: tuple[int, ...] = ()  # guest CPUs that float over shared_cpus
    pcpus: tuple[tuple[int, int], ...] = ()  # (guest CPU, host CPU)
    memory_mib: int = 0
    page_size_kib: int | None = None  # None: whatever the host uses
    shared_cpus: tuple[int, ...] = ()  # of the host cell, for ``cpus``

    def to_spec(self) -> dict[str, Any]:
        """Return the cell as an instance spec carries it."""
        return {
            "id": self.id,
            "host_cell": self.host_cell,
            "cpus": list(self.cpus),
            "pcpus": {str(cpu): host_cpu for cpu, host_cpu in self.pcpus},
            "memory_mib": self.memory_mib,
            "page_size_kib": self.page_size_kib,
            "shared_cpus": list(self.shared_cpus),
        }


@attrs.frozen(slots=True)
class ClaimedDevice:
    """One PCI device, and the alias that asked for it."""

    alias: str
    address: str


@attrs.frozen(slots=True)
class Claim:
    """``emulator_cpus`` and ``shared_cpus`` are host CPUs; None: nothing is said, the host's default holds.

    ``shared_cpus`` is what all of the guest's shared CPUs may run on together; each cell has its own part of it.
    """

    cells: tuple[ClaimedCell, ...] = ()
    shared_cpus: tuple[int, ...] | None = None
    emulator_cpus: tuple[int, ...] | None = None
    pci: tuple[ClaimedDevice, ...] = ()

    def to_spec(self) -> dict[str, Any]:
        """Return the claim as an instance spec carries it."""
        return {
            "cells": [cell.to_spec() for cell in self.cells],
            "shared_cpus": None if self.shared_cpus is None else list(self.shared_cpus),
            "emulator_cpus": None if self.emulator_cpus is None else list(self.emulator_cpus),
            "pci": [{"alias": device.alias, "address": device.address} for device in self.pci],
        }


def claim_from_spec(spec: Mapping[str, Any] | None) -> Claim | None:
    """Return the claim that an instance spec carries (``to_spec`` turned round); None where it has none."""
    if not spec:
        return None
    cells = tuple(
        ClaimedCell(
            id=cell["id"],
            host_cell=cell["host_cell"],
            cpus=tuple(cell["cpus"]),
            pcpus=tuple(sorted((int(cpu), host_cpu) for cpu, host_cpu in cell["pcpus"].items())),
            memory_mib=cell["memory_mib"],
            page_size_kib=cell["page_size_kib"],
            shared_cpus=tuple(cell.get("shared_cpus") or ()),
        )
        for cell in spec["cells"]
    )
    shared, emulator = (None if spec.get(key) is None else tuple(spec[key]) for key in ("shared_cpus", "emulator_cpus"))
    return Claim(cells, shared, emulator, tuple(ClaimedDevice(item["alias"], item["address"]) for item in spec["pci"]))
