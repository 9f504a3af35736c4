# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim of an instance: which of its host's CPUs, NUMA cells, pages and PCI devices the scheduler gave it. Pure.

``{"cells": [{"id", "host_cell", "cpus", "pcpus": {guest CPU: host CPU}, "memory_mib", "page_size_kib",
"shared_cpus"}], "shared_cpus": [...], "emulator_cpus": [...], "pci": [{"alias", "address"}]}``; a cell's ``cpus`` are
guest CPUs that float, on the host CPUs of its own ``shared_cpus``, else on those of the whole claim, else anywhere.
"""

from __future__ import annotations

import re

HUGE_KIB = 64  # a page of this size or less is a plain one: 4 KiB, on some ARM and POWER hosts 16 or 64

_ADDRESS = re.compile(r"(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])")


def claim_of(spec):
    # type: (dict) -> dict
    """Return the claim of a spec; empty where it has none."""
    return spec.get("claim") or {}


def cells_of(spec):
    # type: (dict) -> list
    """Return the claimed cells in the order of guest nodes, whole: numbers are numbers, ``all_cpus`` the guest's CPUs.

    Guest nodes are numbered from 0 as libvirt demands. Raises: ValueError where the cells do not hold each guest CPU
    once.
    """
    claim = claim_of(spec)
    cells = []
    for cell in sorted(claim.get("cells") or (), key=lambda cell: cell["id"]):
        pcpus = {int(guest): int(host) for guest, host in (cell.get("pcpus") or {}).items()}
        floating = [int(cpu) for cpu in cell.get("cpus") or ()]
        shared = cell.get("shared_cpus") or claim.get("shared_cpus")
        cells.append(
            {
                "host_cell": cell.get("host_cell"),
                "pcpus": pcpus,
                "floating": floating,
                "all_cpus": sorted(floating + list(pcpus)),
                "shared_cpus": sorted(int(cpu) for cpu in shared or ()),
                "memory_mib": int(cell["memory_mib"]),
                "page_size_kib": cell.get("page_size_kib"),
            }
        )
    numbers = sorted(cpu for cell in cells for cpu in cell["all_cpus"])
    if cells and numbers != list(range(spec["flavor"]["vcpus"])):
        raise ValueError("the cells of the claim do not hold each of the %d vCPUs once" % spec["flavor"]["vcpus"])
    return cells


def devices_of(spec):
    # type: (dict) -> list
    """Return the addresses of the claimed PCI devices, in their order. Raises: ValueError for what is no address."""
    return [full_address(device["address"]) for device in claim_of(spec).get("pci") or ()]


def full_address(text):
    # type: (str) -> str
    """Return a PCI address as ``0000:81:00.0``. Raises: ValueError for what is none."""
    match = _ADDRESS.fullmatch(str(text).lower())
    if match is None:
        raise ValueError("not a PCI address such as 0000:81:00.0: %r" % (text,))
    domain, bus, slot, function = match.groups()
    return "%04x:%02x:%02x.%s" % (int(domain or "0", 16), int(bus, 16), int(slot, 16), function)
