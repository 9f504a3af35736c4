# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest's firmware tables say of it, and the file that QEMU hands it. Both ways, pure.

A guest without a drive that is to ask the metadata service finds there that it is Nova's: cloud-init's ds-identify
looks at the product. Source: nova/virt/libvirt/driver.py, _get_guest_config_sysinfo; cloud-init: tools/ds-identify.
"""

from __future__ import annotations

import os.path

from .seed_kind import IGNITION_ENTRY, IGNITION_FILE, asks_the_service, has_ignition
from .virt_types import TEST
from .xml_tools import add

_NOVA = (("manufacturer", "OpenStack Foundation"), ("product", "OpenStack Nova"))
_SHOWN = ("manufacturer", "product", "serial", "uuid", "family")


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return what a spec asks for: ``system`` is a mapping of libvirt's names."""
    found = {}
    if virt_type == TEST:
        return found
    if asks_the_service(spec):
        found["sysinfo.system"] = dict(_NOVA, serial=spec["uuid"], uuid=spec["uuid"], family="Virtual Machine")
    if has_ignition(spec):
        found["sysinfo.ignition"] = True
    return found


def write(domain, hardware, folder):
    # type: (object, dict, str) -> None
    """Write ``<sysinfo>``, and that the firmware is to show it; ``folder`` is the instance's."""
    if "sysinfo.system" in hardware:
        add(domain.find("os"), "smbios", {"mode": "sysinfo"})
        system = add(add(domain, "sysinfo", {"type": "smbios"}), "system")
        for name in _SHOWN:
            add(system, "entry", {"name": name}, hardware["sysinfo.system"][name])
    if "sysinfo.ignition" in hardware:
        entry = {"name": IGNITION_ENTRY, "file": os.path.join(folder, IGNITION_FILE)}
        add(add(domain, "sysinfo", {"type": "fwcfg"}), "entry", entry)


def read(seen):
    # type: (object) -> dict
    """Return what a domain has of it; other files for the firmware are not ours to know."""
    found = {}
    for element in seen.sysinfo:
        if element.get("type") == "fwcfg":
            entry = element.find("entry[@name='%s']" % IGNITION_ENTRY)
            if entry is not None and os.path.basename(entry.get("file", "")) == IGNITION_FILE:
                found["sysinfo.ignition"] = True
        elif seen.inside("os", "smbios") is not None and seen.inside("os", "smbios").get("mode") == "sysinfo":
            entries = {entry.get("name"): entry.text for entry in element.findall("system/entry")}
            found["sysinfo.system"] = {name: entries[name] for name in _SHOWN if name in entries}
    return found
