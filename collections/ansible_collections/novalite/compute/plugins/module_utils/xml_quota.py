# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits on what a guest may do: its CPU time, its disks, its network cards. Both ways, pure.

Source: nova/virt/libvirt/driver.py, _update_guest_cputune; imagebackend.py, disk_qos; designer.py,
set_vif_bandwidth_config. As in Nova each disk and each card has the whole limit; here a CD-ROM has none.
"""

from __future__ import annotations

from .wishes import extra_specs, is_yes, whole, wish
from .xml_tools import add, within

_CPU = ("shares", "period", "quota")
DISK_LIMITS = tuple("%s_%s_sec" % (way, what) for what in ("bytes", "iops") for way in ("total", "read", "write"))
WAYS = ("inbound", "outbound")
VIF_LIMITS = ("average", "peak", "burst")
_MOST_QUEUES = 256  # of a tap device, since Linux 4.0


def wanted(spec, _virt_type):
    # type: (dict, str) -> dict
    """Return the limits of a spec, and how its network cards are driven."""
    found = {}
    for name in _CPU:
        value = _number(spec, "cpu_" + name)
        if value is not None:
            found["cputune." + name] = value
    limits = {name: _number(spec, "disk_" + name) for name in DISK_LIMITS}
    limits = {name: value for name, value in limits.items() if value}
    if limits:
        found["disks.iotune"] = limits
    bandwidth = {}
    for way in WAYS:
        values = {name: _number(spec, "vif_%s_%s" % (way, name)) for name in VIF_LIMITS}
        values = {name: value for name, value in values.items() if value}
        if values:
            bandwidth[way] = values
    if bandwidth and spec["ports"]:
        found["ports.bandwidth"] = bandwidth
    driver = _driver(spec)
    if driver and spec["ports"]:
        found["ports.driver"] = driver
    return found


def _number(spec, name):
    # type: (dict, str) -> object
    said = extra_specs(spec).get("quota:" + name)
    return None if said in (None, "") else whole(said, "quota:" + name)


def _driver(spec):
    # type: (dict) -> dict
    driver = {}
    vcpus = spec["flavor"].get("max_vcpus") or spec["flavor"]["vcpus"]
    if is_yes(wish(spec, "vif_multiqueue_enabled")) and vcpus > 1:
        driver["queues"] = str(min(vcpus, _MOST_QUEUES))
    if is_yes(wish(spec, "virtio_packed_ring")):
        driver["packed"] = "on"
    return driver


def write(domain, hardware):
    # type: (object, dict) -> None
    """Write the limits; disks and network cards must be there already."""
    for name in _CPU:
        if "cputune." + name in hardware:
            add(within(domain, "cputune"), name, text=str(hardware["cputune." + name]))
    limits = hardware.get("disks.iotune")
    for disk in domain.findall("devices/disk[@device='disk']") if limits else ():
        tune = add(disk, "iotune")
        for name, value in limits.items():
            add(tune, name, text=str(value))
    for card in domain.findall("devices/interface"):
        if "ports.driver" in hardware:
            add(card, "driver", hardware["ports.driver"])
        for way, values in hardware.get("ports.bandwidth", {}).items():
            add(within(card, "bandwidth"), way, {name: str(value) for name, value in values.items()})


def read(seen):
    # type: (object) -> dict
    """Return the limits of a domain. Disks or cards that differ among themselves show as a list of theirs."""
    found = {}
    for name in _CPU:
        element = seen.inside("cputune", name)
        if element is not None and element.text:
            found["cputune." + name] = int(element.text)
    disks = [_iotune(disk) for disk in seen.devices.get("disk", ()) if disk.get("device", "disk") == "disk"]
    cards = seen.devices.get("interface", ())
    _note(found, "disks.iotune", disks)
    _note(found, "ports.bandwidth", [_bandwidth(card) for card in cards])
    _note(found, "ports.driver", [_driven(card) for card in cards])
    return found


def _note(found, key, values):
    # type: (dict, str, list) -> None
    if any(values):
        found[key] = values[0] if all(value == values[0] for value in values) else values


def _iotune(disk):
    # type: (object) -> dict
    tune = disk.find("iotune")
    values = {} if tune is None else {name: int(tune.findtext(name) or 0) for name in DISK_LIMITS}
    return {name: value for name, value in values.items() if value}


def _bandwidth(card):
    # type: (object) -> dict
    found = {}
    bandwidth = card.find("bandwidth")
    for way in () if bandwidth is None else WAYS:
        element = bandwidth.find(way)
        values = {} if element is None else {name: int(element.get(name) or 0) for name in VIF_LIMITS}
        values = {name: value for name, value in values.items() if value}
        if values:
            found[way] = values
    return found


def _driven(card):
    # type: (object) -> dict
    element = card.find("driver")
    if element is None:
        return {}
    return {name: element.get(name) for name in ("queues", "packed") if element.get(name)}
