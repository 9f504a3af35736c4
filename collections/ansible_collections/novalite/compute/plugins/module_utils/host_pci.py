# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's PCI devices that guests may have: those that the operator's ``novalite_pci_devices`` name. Talks to
libvirtd, only where any are named.

Source: nova/pci/devspec.py. Each entry is Nova's ``device_spec``: ``vendor_id``, ``product_id`` (``*``: any),
``address`` (a glob, or the regular expressions of domain, bus, slot and function), and tags: all other keys.
``devname`` is refused: a name that a driver gives changes with the driver.
"""

from __future__ import annotations

import fnmatch
import re

from .claim import full_address
from .host_error import HostError

_MATCHED = ("vendor_id", "product_id", "address")
_PARTS = ("domain", "bus", "slot", "function")
_KINDS = {"phys_function": "type-VF", "virt_functions": "type-PF"}


def read_pci(host, said):
    # type: (object, object) -> list
    """Return the devices: ``address``, ``vendor_id``, ``product_id``, ``type``, and where there is anything to say
    ``numa_node``, ``parent`` (a virtual function's physical one) and ``tags``.

    Raises: HostError ``bad_request`` where an entry cannot be read.
    """
    if not said:
        return []
    entries = [_entry(one) for one in (said if isinstance(said, list) else [said])]
    found = []
    for element in host.connection.pci_devices():
        device = device_from_xml(element)
        tags = None if device is None else next((tags for match, tags in entries if match(device)), None)
        if tags is not None:
            found.append(dict(device, tags=tags) if tags else device)
    return found


def device_from_xml(element):
    # type: (object) -> object
    """Return what a ``<device>`` element says of a PCI device; None for one that guests cannot have (a bridge)."""
    capability = element.find("capability[@type='pci']")
    kinds = [one.get("type") for one in capability.findall("capability")]
    header = capability.find("capability[@type='pci-bridge']")
    if header is not None:
        return None
    numbers = [int(capability.findtext(part) or "0", 0) for part in _PARTS]
    device = {
        "address": "%04x:%02x:%02x.%x" % tuple(numbers),
        "vendor_id": _number(capability.find("vendor")),
        "product_id": _number(capability.find("product")),
        "type": next((_KINDS[kind] for kind in kinds if kind in _KINDS), "type-PCI"),
    }
    node = capability.find("numa")
    if node is not None and node.get("node"):
        device["numa_node"] = int(node.get("node"))
    parent = capability.find("capability[@type='phys_function']/address")
    if parent is not None:
        device["parent"] = "%04x:%02x:%02x.%x" % tuple(int(parent.get(part) or "0", 0) for part in _PARTS)
    return device


def _number(element):
    # type: (object) -> str
    """Return a vendor's or product's number as Nova writes it: four hexadecimal digits."""
    return "%04x" % int((None if element is None else element.get("id")) or "0", 16)


def _entry(said):
    # type: (object) -> tuple
    """Return (does it match a device, its tags) of one entry."""
    try:
        ids = {key: str(said[key]).lower() for key in _MATCHED[:2] if said.get(key) not in (None, "", "*")}
        address = _address_matcher(said.get("address"))
        tags = {key: _text(value) for key, value in said.items() if key not in _MATCHED and value is not None}
        if "devname" in said:
            raise ValueError("devname changes with the driver: say the address")
    except (AttributeError, TypeError, ValueError, re.error) as error:
        raise HostError("bad_request", "novalite_pci_devices: %r: %s" % (said, error)) from error

    def match(device):
        # type: (dict) -> bool
        return all(device[key] == value for key, value in ids.items()) and address(device)

    return match, {key: tags[key] for key in sorted(tags)}


def _text(value):
    # type: (object) -> str
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address_matcher(said):
    # type: (object) -> object
    """Return a test of a device. The address of a physical function stands for its virtual functions too."""
    if said in (None, ""):
        return lambda _device: True
    if isinstance(said, dict):
        patterns = [re.compile(str(said.get(part, ".*")), re.IGNORECASE) for part in _PARTS]
        return lambda device: all(
            pattern.fullmatch(part)
            for pattern, part in zip(patterns, device["address"].replace(".", ":").split(":"))  # noqa: B905
        )
    text = str(said).lower()
    if not re.search(r"[*?\[]", text):
        exact = full_address(text)
        return lambda device: exact in (device["address"], device.get("parent"))
    if text.count(":") == 1:
        text = "*:" + text
    if "." not in text and not text.endswith("*"):
        text += ".*"
    return lambda device: fnmatch.fnmatchcase(device["address"], text)
