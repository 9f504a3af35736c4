# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is and has, apart from its domains. Talks to libvirtd, asks the file system."""

from __future__ import annotations

import os
from xml.etree import ElementTree

from .domain_listing import existing_parent
from .host_devices import read_devices, read_supported
from .units import BYTES_PER_GIB
from .virt_types import TEST
from .xml_firmware import MACHINE


def read_capacity(host):
    # type: (object) -> dict
    """Return the sizes: ``cpus``, ``memory_mib``, and the file system under the state dir in GiB."""
    node = host.connection.node()
    status = os.statvfs(existing_parent(host.state_dir))
    return {
        "cpus": node["cpus"],
        "memory_mib": node["memory_mib"],
        "disk_gib": status.f_blocks * status.f_frsize // BYTES_PER_GIB,
        "disk_free_gib": status.f_bavail * status.f_frsize // BYTES_PER_GIB,
    }


def read_platform(host, capabilities, virt_type):
    # type: (object, ElementTree.Element, str) -> dict
    """Return ``host_uuid``, ``arch``, ``cpu_model``, ``cpu_features``, ``machines``, ``supported``, and what
    host_devices.py finds.
    """
    cpu = capabilities.find("host/cpu")
    arch = capabilities.findtext("host/cpu/arch") or ""
    model, features = _read_cpu(host, cpu)
    # Asked of the machine that guests get: libvirt's own default, the old PC, has no secure boot.
    machine = MACHINE.get(arch)
    document = None if virt_type == TEST else host.connection.domain_capabilities(arch, virt_type, machine)
    found = {
        "host_uuid": capabilities.findtext("host/uuid"),
        "arch": arch,
        "cpu_model": model,
        "cpu_features": features,
        "machines": _read_machines(capabilities, arch),
        "supported": read_supported(capabilities, virt_type),
    }
    vendor = capabilities.findtext("host/cpu/vendor")
    if vendor:
        found["cpu_vendor"] = vendor
    bits = capabilities.find("host/cpu/maxphysaddr")
    if bits is not None and bits.get("bits"):
        found["cpu_maxphysaddr_bits"] = int(bits.get("bits"))
    return dict(found, **read_devices(document))


def _read_cpu(host, cpu):
    # type: (object, object) -> tuple
    """Return the model and all its features; capabilities list only those that the model does not imply."""
    if cpu is None or cpu.find("model") is None:
        return None, []
    wanted = ElementTree.Element("cpu")
    wanted.extend([child for child in cpu if child.tag in ("arch", "model", "vendor", "feature")])
    text = host.connection.expand_cpu(ElementTree.tostring(wanted, encoding="unicode"))
    source = cpu if text is None else ElementTree.fromstring(text)
    return cpu.findtext("model"), sorted({feature.get("name") for feature in source.findall("feature")})


def _read_machines(capabilities, arch):
    # type: (ElementTree.Element, str) -> list
    """Return the names that machine types are asked for by (``q35``), not the dated ones behind them."""
    found = set()
    for guest in capabilities.findall("guest/arch"):
        if guest.get("name") == arch:
            found.update(machine.text for machine in guest.iter("machine") if machine.get("canonical"))
    return sorted(found)


def read_pools(host):
    # type: (object) -> dict
    """Return the storage pools as libvirt last saw them."""
    return {
        name: {
            "path": path,
            "active": active,
            "capacity_gib": capacity // BYTES_PER_GIB,
            "available_gib": available // BYTES_PER_GIB,
        }
        for name, path, active, capacity, available in host.connection.pools()
    }


def list_bridges():
    # type: () -> list
    """Return the host's bridges, libvirt's own too."""
    try:
        return sorted(name for name in os.listdir("/sys/class/net") if os.path.isdir("/sys/class/net/%s/bridge" % name))
    except OSError:
        return []
