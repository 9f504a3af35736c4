# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain holds of its host that nobody else may have, or that its NUMA cells must count. Pure.

``{"cells": [{"host_cell", "floating", "pinned", "memory_mib", "page_size_kib"}], "emulator", "pinned", "pci"}``, each
key only where there is anything: ``floating`` is a number of vCPUs, ``pinned`` and ``emulator`` are host CPUs,
``pinned`` outside of cells that of guests without cells. A guest without cells takes part in no cell's usage, as in
Nova (hardware.py, numa_usage_from_instance_numa).
"""

from __future__ import annotations

from .claim import cells_of, claim_of, devices_of
from .cpu_list import parse_cpus


def holdings_from_spec(spec):
    # type: (dict) -> dict
    """Return what the claim of an instance of ours holds, if its domain is as it was made."""
    cells = [
        {
            "host_cell": cell["host_cell"],
            "floating": len(cell["floating"]),
            "pinned": sorted(cell["pcpus"].values()),
            "memory_mib": cell["memory_mib"],
            "page_size_kib": cell["page_size_kib"],
        }
        for cell in cells_of(spec)
    ]
    emulator = sorted(int(cpu) for cpu in claim_of(spec).get("emulator_cpus") or ())
    return _without_empty({"cells": cells, "emulator": emulator, "pci": devices_of(spec)})


def holdings_from_facts(facts):
    # type: (dict) -> dict
    """Return what any domain holds, as its XML says: a vCPU pinned to one CPU has it for itself."""
    hardware = facts["hardware"]
    pins = {int(guest): parse_cpus(cpus) for guest, cpus in hardware.get("cputune.vcpupin", {}).items()}
    owned = {guest: cpus[0] for guest, cpus in pins.items() if len(cpus) == 1}
    nodes = hardware.get("numatune", {})
    pages = hardware.get("memory.hugepages", {})
    cells, inside = [], set()
    for number, (text, memory_kib, _access) in enumerate(hardware.get("cpu.numa", ())):
        guests = parse_cpus(text)
        inside.update(guests)
        node = parse_cpus(nodes.get(str(number), ""))
        pinned = sorted({owned[guest] for guest in guests if guest in owned})
        cells.append(
            {
                "host_cell": node[0] if len(node) == 1 else None,
                "floating": sum(1 for guest in guests if guest not in owned),
                "pinned": pinned,
                "memory_mib": memory_kib // 1024,
                "page_size_kib": pages.get(str(number)),
            }
        )
    everywhere = {cpu for cpus in pins.values() for cpu in cpus}
    emulator = sorted(set(parse_cpus(hardware.get("cputune.emulatorpin", ""))) - everywhere)
    outside = sorted({cpu for guest, cpu in owned.items() if guest not in inside})
    return _without_empty({"cells": cells, "emulator": emulator, "pinned": outside, "pci": hardware.get("pci", [])})


def _without_empty(found):
    # type: (dict) -> dict
    return {key: value for key, value in found.items() if value}
