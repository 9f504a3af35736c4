# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices of the host in a guest, and the IOMMU that the guest sees. Both ways, pure.

Source: nova/virt/libvirt/driver.py: _get_guest_pci_device, _get_iommu_model, _guest_add_iommu_device.
"""

from __future__ import annotations

from .claim import devices_of
from .virt_types import TEST
from .wishes import properties_of, wish
from .xml_features import is_x86
from .xml_tools import add

_ADDRESS_BITS = "48"  # of those QEMU has, 39 and 48, the larger
_PARTS = ("domain", "bus", "slot", "function")


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the devices that a spec's claim names, and its IOMMU."""
    found = {}
    devices = devices_of(spec)
    if devices:
        found["pci"] = devices
    model = wish(spec, "viommu_model")
    if model is not None and virt_type != TEST:
        found["iommu.model"] = _iommu(spec, model)
    return found


def _iommu(spec, model):
    # type: (dict, str) -> str
    """Return the model; ``auto`` is the one that every libvirt can (virtio's needs 8.3, and a guest that knows it)."""
    if model != "auto":
        return model
    return "intel" if is_x86(spec) else "smmuv3"


def write(devices, spec, hardware):
    # type: (object, dict, dict) -> None
    """Write ``<hostdev>`` for each device, and ``<iommu>``."""
    for address in hardware.get("pci", ()):
        device = add(devices, "hostdev", {"mode": "subsystem", "type": "pci", "managed": "yes"})
        add(add(device, "source"), "address", _address(address))
    if "iommu.model" in hardware:
        iommu = add(devices, "iommu", {"model": hardware["iommu.model"]})
        if hardware["iommu.model"] == "intel":
            machine = properties_of(spec).get("hw_machine_type") or "q35"
            driver = {"intremap": "on", "caching_mode": "on", "eim": "on" if "q35" in machine else "off"}
            add(iommu, "driver", dict(driver, iotlb="on", aw_bits=_ADDRESS_BITS))


def _address(text):
    # type: (str) -> dict
    numbers = text.replace(".", ":").split(":")
    return {name: "0x" + number for name, number in zip(_PARTS, numbers)}  # noqa: B905


def read(seen):
    # type: (object) -> dict
    """Return the devices of a domain."""
    found = {}
    addresses = [
        "%04x:%02x:%02x.%x" % tuple(int(address.get(name) or "0", 0) for name in _PARTS)
        for device in seen.devices.get("hostdev", ())
        if device.get("type") == "pci"
        for address in device.findall("source/address")
    ]
    if addresses:
        found["pci"] = addresses
    iommu = seen.device("iommu")
    if iommu is not None:
        found["iommu.model"] = iommu.get("model")
    return found
