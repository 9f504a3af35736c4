# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest boots with: machine, firmware, secure boot, boot menu. Both ways, pure.

libvirt chooses the firmware's files by what is asked here; asking for one file would tie a guest to one distribution.
Source: nova/virt/libvirt/driver.py, _configure_guest_by_virt_type.
"""

from __future__ import annotations

from .virt_types import TEST
from .wishes import extra_specs, is_yes, properties_of
from .xml_tools import add

MACHINE = {"x86_64": "q35", "aarch64": "virt"}
_SECURE = ("required", "optional")


def secure_boot(spec):
    # type: (dict) -> object
    """Return ``required``, ``optional``, ``disabled`` or None, whichever of flavor and image says it."""
    return extra_specs(spec).get("os:secure_boot") or properties_of(spec).get("os_secure_boot")


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the firmware of a spec; libvirt's test driver knows none.

    ``optional`` secure boot names neither: with system management mode on, libvirt takes what the host prefers, and
    distributions prefer the secure one.
    """
    properties = properties_of(spec)
    found = {}
    if virt_type == TEST:
        return found
    secure = secure_boot(spec)
    if properties.get("hw_firmware_type") == "uefi":
        found["os.firmware"] = "efi"
        if secure != "optional":
            found["os.secure_boot"] = secure == "required"
        if is_yes(properties.get("hw_firmware_stateless")):
            found["os.stateless"] = True
    if secure in _SECURE:
        found["features.smm"] = True
    menu = properties.get("hw_boot_menu")
    if is_yes(extra_specs(spec).get("hw:boot_menu") if menu in (None, "") else menu):
        found["os.boot_menu"] = True
    return found


def write(domain, spec, hardware, virt_type):
    # type: (object, dict, dict, str) -> None
    """Write ``<os>``; libvirt's test driver knows neither machines nor our architectures."""
    properties = properties_of(spec)
    has_efi = "os.firmware" in hardware
    os_element = add(domain, "os", {"firmware": "efi"} if has_efi else None)
    if virt_type == TEST:
        add(os_element, "type", text="hvm")
    else:
        arch = properties.get("hw_architecture", "x86_64")
        machine = properties.get("hw_machine_type") or MACHINE.get(arch, "virt")
        add(os_element, "type", {"arch": arch, "machine": machine}, "hvm")
    if "os.secure_boot" in hardware:
        enabled = "yes" if hardware["os.secure_boot"] else "no"
        add(add(os_element, "firmware"), "feature", {"enabled": enabled, "name": "secure-boot"})
    if "os.stateless" in hardware:
        add(os_element, "loader", {"stateless": "yes"})
    add(os_element, "boot", {"dev": "hd"})
    if "os.boot_menu" in hardware:
        add(os_element, "bootmenu", {"enable": "yes"})


def read(seen):
    # type: (object) -> dict
    """Return the firmware of a domain, as it was asked for or, from a libvirt that wrote down its choice, as chosen."""
    found = {}
    os_element = seen.top.get("os")
    if os_element is None:
        return found
    loader = os_element.find("loader")
    if os_element.get("firmware") == "efi" or (loader is not None and loader.get("type") == "pflash"):
        found["os.firmware"] = "efi"
        feature = os_element.find("firmware/feature[@name='secure-boot']")
        if feature is not None:
            found["os.secure_boot"] = feature.get("enabled") == "yes"
        elif loader is not None and loader.get("secure"):
            found["os.secure_boot"] = loader.get("secure") == "yes"
    if loader is not None and loader.get("stateless") == "yes":
        found["os.stateless"] = True
    menu = os_element.find("bootmenu")
    if menu is not None and menu.get("enable") == "yes":
        found["os.boot_menu"] = True
    smm = seen.inside("features", "smm")
    if smm is not None and smm.get("state", "on") == "on":
        found["features.smm"] = True
    return found
