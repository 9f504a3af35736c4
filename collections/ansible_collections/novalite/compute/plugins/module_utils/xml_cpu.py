# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's CPU: mode, sockets/cores/threads, NUMA cells, physical address bits. Both ways, pure.

Source: nova/virt/libvirt/driver.py, _get_guest_cpu_config and _get_guest_numa_config.
"""

from __future__ import annotations

from .claim import HUGE_KIB, cells_of
from .cpu_list import format_cpus, parse_cpus
from .cpu_topology import PARTS, topology_from_spec
from .virt_types import KVM, QEMU, TEST
from .wishes import whole, wish
from .xml_tools import add, size_kib, within

# Under kvm what the host has; emulated, all that the emulator can do, because distributions have begun to require
# x86-64-v2 and v3.
CPU_MODE = {KVM: "host-model", QEMU: "maximum"}


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the CPU of a spec."""
    found = {} if virt_type == TEST else {"cpu.mode": CPU_MODE[virt_type]}
    topology = topology_from_spec(spec)
    if topology is not None:
        found["cpu.topology"] = topology
    cells = cells_of(spec)
    if cells:
        is_huge = any((cell["page_size_kib"] or 0) > HUGE_KIB for cell in cells)
        found["cpu.numa"] = [
            [format_cpus(cell["all_cpus"]), cell["memory_mib"] * 1024, "shared" if is_huge else None] for cell in cells
        ]
    mode = wish(spec, "maxphysaddr_mode")
    if mode is not None and virt_type != TEST:
        # With the host's own bits their number is what the scheduler asks of hosts, and nothing to say here.
        bits = wish(spec, "maxphysaddr_bits") if mode == "emulate" else None
        found["cpu.maxphysaddr"] = [mode, None if bits is None else whole(bits, "hw:maxphysaddr_bits")]
    return found


def write(domain, hardware):
    # type: (object, dict) -> None
    """Write ``<cpu>``, where there is anything to say."""
    if not any(key.startswith("cpu.") for key in hardware):
        return
    cpu = within(domain, "cpu")
    if "cpu.mode" in hardware:
        cpu.set("mode", hardware["cpu.mode"])
    if "cpu.topology" in hardware:
        add(cpu, "topology", {name: str(part) for name, part in zip(PARTS, hardware["cpu.topology"])})  # noqa: B905
    if "cpu.maxphysaddr" in hardware:
        mode, bits = hardware["cpu.maxphysaddr"]
        add(cpu, "maxphysaddr", {"mode": mode} if bits is None else {"mode": mode, "bits": str(bits)})
    for number, (cpus, memory_kib, access) in enumerate(hardware.get("cpu.numa", ())):
        attributes = {"id": str(number), "cpus": cpus, "memory": str(memory_kib), "unit": "KiB"}
        if access:
            attributes["memAccess"] = access
        add(within(cpu, "numa"), "cell", attributes)


def read(seen):
    # type: (object) -> dict
    """Return the CPU of a domain."""
    found = {}
    cpu = seen.top.get("cpu")
    if cpu is None:
        return found
    if cpu.get("mode"):
        found["cpu.mode"] = cpu.get("mode")
    topology = cpu.find("topology")
    if topology is not None:
        found["cpu.topology"] = [int(topology.get(name, "1")) for name in PARTS]
    bits = cpu.find("maxphysaddr")
    if bits is not None:
        found["cpu.maxphysaddr"] = [bits.get("mode"), int(bits.get("bits")) if bits.get("bits") else None]
    cells = cpu.findall("numa/cell")
    if cells:
        found["cpu.numa"] = [
            [
                format_cpus(parse_cpus(cell.get("cpus", ""))),
                size_kib(cell.get("memory"), cell.get("unit")),
                cell.get("memAccess"),
            ]
            for cell in sorted(cells, key=lambda cell: int(cell.get("id", "0")))
        ]
    return found
