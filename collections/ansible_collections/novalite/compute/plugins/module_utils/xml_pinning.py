# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest's CPUs and memory live on its host: pins, real time, NUMA nodes, pages. Both ways, pure.

Source: nova/virt/libvirt/driver.py: _get_guest_numa_config, _get_emulatorpin_cpuset, _get_guest_memory_backing_config.
"""

from __future__ import annotations

from .claim import HUGE_KIB, cells_of, claim_of
from .cpu_list import format_cpus, parse_cpus
from .memory_encryption import model_of
from .wishes import extra_specs, image_wish, is_yes, wish
from .xml_tools import add, size_kib, within

_PRIORITY = 1  # Nova's realtime_scheduler_priority


def wanted(spec, _virt_type):
    # type: (dict, str) -> dict
    """Return where a spec's claim puts it, and how its memory is held."""
    found = {}
    cells = cells_of(spec)
    shared = sorted(int(cpu) for cpu in claim_of(spec).get("shared_cpus") or ())
    if shared and not cells:
        found["vcpu.cpuset"] = format_cpus(shared)
    pins = _pins(cells)
    if pins:
        found["cputune.vcpupin"] = pins
    realtime = realtime_cpus(spec)
    emulator = _emulator(spec, cells, realtime)
    if emulator:
        found["cputune.emulatorpin"] = format_cpus(emulator)
    if realtime:
        found["cputune.vcpusched"] = {format_cpus(realtime): ["fifo", _PRIORITY]}
    nodes = {str(number): str(cell["host_cell"]) for number, cell in enumerate(cells) if cell["host_cell"] is not None}
    if nodes:
        found["numatune"] = nodes
    pages = {str(number): cell["page_size_kib"] for number, cell in enumerate(cells)}
    pages = {number: size for number, size in pages.items() if size and size > HUGE_KIB}
    if pages:
        found["memory.hugepages"] = pages
    if realtime:
        found["memory.nosharepages"] = True
    if realtime or is_yes(wish(spec, "locked_memory")) or model_of(spec) is not None:
        found["memory.locked"] = True
    return found


def _pins(cells):
    # type: (list) -> dict
    """Return guest CPU -> host CPUs; pinned ones have one, floating ones the set they share."""
    pins = {}
    for cell in cells:
        pins.update({guest: str(host) for guest, host in cell["pcpus"].items()})
        if cell["shared_cpus"]:
            pins.update(dict.fromkeys(cell["floating"], format_cpus(cell["shared_cpus"])))
    return {str(guest): pins[guest] for guest in sorted(pins)}


def _emulator(spec, cells, realtime):
    # type: (dict, list, list) -> list
    """Return the host CPUs of QEMU's own threads: those claimed, else those of the guest's CPUs that are not real time.

    Guests that nobody pins, or whose CPUs float anywhere, are left to the kernel.
    """
    said = claim_of(spec).get("emulator_cpus")
    if said:
        return sorted(int(cpu) for cpu in said)
    if any(cell["floating"] and not cell["shared_cpus"] for cell in cells):
        return []
    pinned = [host for cell in cells for guest, host in cell["pcpus"].items() if guest not in realtime]
    return pinned + [cpu for cell in cells if cell["floating"] for cpu in cell["shared_cpus"]]


def realtime_cpus(spec):
    # type: (dict) -> list
    """Return the guest CPUs that run in real time, sorted."""
    if not is_yes(extra_specs(spec).get("hw:cpu_realtime")):
        return []
    everyone = "0-%d" % (spec["flavor"]["vcpus"] - 1)
    mask = image_wish(spec, "cpu_realtime_mask") or everyone
    return parse_cpus(everyone + "," + mask if mask.strip().startswith("^") else mask)


def write(domain, hardware):
    # type: (object, dict) -> None
    """Write cpuset, ``<cputune>``, ``<numatune>`` and ``<memoryBacking>``."""
    if "vcpu.cpuset" in hardware:
        domain.find("vcpu").set("cpuset", hardware["vcpu.cpuset"])
    for guest, cpus in hardware.get("cputune.vcpupin", {}).items():
        add(within(domain, "cputune"), "vcpupin", {"vcpu": guest, "cpuset": cpus})
    if "cputune.emulatorpin" in hardware:
        add(within(domain, "cputune"), "emulatorpin", {"cpuset": hardware["cputune.emulatorpin"]})
    for cpus, (scheduler, priority) in hardware.get("cputune.vcpusched", {}).items():
        attributes = {"vcpus": cpus, "scheduler": scheduler, "priority": str(priority)}
        add(within(domain, "cputune"), "vcpusched", attributes)
    nodes = hardware.get("numatune", {})
    if nodes:
        tune = within(domain, "numatune")
        add(tune, "memory", {"mode": "strict", "nodeset": format_cpus(int(node) for node in nodes.values())})
        for guest, node in nodes.items():
            add(tune, "memnode", {"cellid": guest, "mode": "strict", "nodeset": node})
    _write_backing(domain, hardware)


def _write_backing(domain, hardware):
    # type: (object, dict) -> None
    for guest, size in hardware.get("memory.hugepages", {}).items():
        pages = within(within(domain, "memoryBacking"), "hugepages")
        add(pages, "page", {"size": str(size), "unit": "KiB", "nodeset": guest})
    if "memory.nosharepages" in hardware:
        add(within(domain, "memoryBacking"), "nosharepages")
    if "memory.locked" in hardware:
        add(within(domain, "memoryBacking"), "locked")


def read(seen):
    # type: (object) -> dict
    """Return where a domain is put."""
    found = {}
    vcpu = seen.top.get("vcpu")
    if vcpu is not None and vcpu.get("cpuset"):
        found["vcpu.cpuset"] = _cpus(vcpu.get("cpuset"))
    pins = {pin.get("vcpu"): _cpus(pin.get("cpuset")) for pin in seen.all_inside("cputune", "vcpupin")}
    if pins:
        found["cputune.vcpupin"] = {guest: pins[guest] for guest in sorted(pins, key=int)}
    emulator = seen.inside("cputune", "emulatorpin")
    if emulator is not None:
        found["cputune.emulatorpin"] = _cpus(emulator.get("cpuset"))
    schedules = seen.all_inside("cputune", "vcpusched")
    if schedules:
        found["cputune.vcpusched"] = _schedules(schedules)
    nodes = {node.get("cellid"): _cpus(node.get("nodeset")) for node in seen.all_inside("numatune", "memnode")}
    if nodes:
        found["numatune"] = {guest: nodes[guest] for guest in sorted(nodes, key=int)}
    _read_backing(seen.top.get("memoryBacking"), found)
    return found


def _cpus(text):
    # type: (object) -> str
    return format_cpus(parse_cpus(text or ""))


def _schedules(elements):
    # type: (list) -> dict
    """libvirt may divide one element into one for each CPU."""
    cpus = {}
    for element in elements:
        key = (element.get("scheduler"), int(element.get("priority", "0")))
        cpus.setdefault(key, set()).update(parse_cpus(element.get("vcpus", "")))
    return {format_cpus(cpus[key]): list(key) for key in sorted(cpus, key=str)}


def _read_backing(backing, found):
    # type: (object, dict) -> None
    if backing is None:
        return
    pages = {}
    for page in backing.findall("hugepages/page"):
        for node in parse_cpus(page.get("nodeset", "0")):
            pages[str(node)] = size_kib(page.get("size"), page.get("unit"))
    if pages:
        found["memory.hugepages"] = {node: pages[node] for node in sorted(pages, key=int)}
    elif backing.find("hugepages") is not None:
        found["memory.hugepages"] = {}
    for key in ("nosharepages", "locked"):
        if backing.find(key) is not None:
            found["memory." + key] = True
