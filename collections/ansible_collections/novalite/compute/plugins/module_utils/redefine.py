# SPDX-License-Identifier: GPL-3.0-or-later
"""An existing domain's definition and the spec it is to have -> its new definition. Pure.

What libvirt or somebody else put there stays: PCI addresses (a guest names its network cards after them), the machine
type as libvirt froze it, firmware files and NVRAM, what our language cannot say. Only those parts change about which
the old spec and the new one differ, or in which the domain differs from the new one (``REPAIRS``).
"""

from __future__ import annotations

import copy
from collections import namedtuple
from xml.etree import ElementTree

from .domain_build import domain_element
from .metadata import TAG, mark_element
from .redefine_devices import merge_devices, put, texts

# Prefix of a path of drift; elements of the domain that are written anew; devices that come and go; children of devices
# that are written anew, by the device's tag; devices that are written anew but for their address.
Repair = namedtuple("Repair", "prefix tops presence children devices")

_CPUS, _MEMORY = ("vcpu", "vcpus"), ("memory", "currentMemory")
_MENU, _SHOWN = "os/bootmenu", "os/smbios"
_CARD = {"interface": ("mac", "source", "mtu", "link", "filterref")}
REPAIRS = (
    Repair("flavor.vcpus", _CPUS, (), {}, ()),
    Repair("flavor.max_vcpus", _CPUS, (), {}, ()),
    Repair("flavor.ram_mib", _MEMORY, (), {}, ()),
    Repair("flavor.max_ram_mib", _MEMORY, (), {}, ()),
    Repair("disks", (), ("disk",), {}, ()),
    Repair("cdrom", (), ("disk",), {"medium": ("source",)}, ()),
    Repair("ports.", (), (), _CARD, ()),
    Repair("ports", (), ("interface",), {}, ()),
    Repair("hardware.cpu.", ("cpu",), (), {}, ()),
    Repair("hardware.vcpu.", _CPUS, (), {}, ()),
    Repair("hardware.cputune.", ("cputune",), (), {}, ()),
    Repair("hardware.numatune", ("numatune",), (), {}, ()),
    Repair("hardware.memory.", ("memoryBacking",), (), {}, ()),
    Repair("hardware.os.boot_menu", (_MENU,), (), {}, ()),
    Repair("hardware.os.", ("os",), (), {}, ()),
    Repair("hardware.sysinfo.", ("sysinfo", _SHOWN), (), {}, ()),
    Repair("hardware.features.", ("features",), (), {}, ()),
    Repair("hardware.clock.", ("clock",), (), {}, ()),
    Repair("hardware.launch_security", ("launchSecurity",), (), {}, ()),
    Repair("hardware.disks.iotune", (), (), {"disk": ("iotune",)}, ()),
    Repair("hardware.ports.bandwidth", (), (), {"interface": ("bandwidth",)}, ()),
    Repair("hardware.ports.driver", (), (), {"interface": ("driver",)}, ()),
    Repair("hardware.video.", (), (), {}, ("video",)),
    Repair("hardware.sound.", (), (), {}, ("sound",)),
    Repair("hardware.usb.model", (), (), {}, ("usb",)),
    Repair("hardware.usb.redirected", (), (), {}, ("redirdev",)),
    Repair("hardware.serial.", (), (), {}, ("serial", "console")),
    Repair("hardware.agent", (), (), {}, ("channel",)),
    Repair("hardware.rng", (), (), {}, ("rng",)),
    Repair("hardware.watchdog.", (), (), {}, ("watchdog",)),
    Repair("hardware.pci", (), (), {}, ("hostdev",)),
    Repair("hardware.iommu.", (), (), {}, ("iommu",)),
    Repair("hardware.tpm", (), (), {}, ("tpm",)),
)

# Written by hand elsewhere, or never: the name and the UUID are for life.
_LEFT_ALONE = ("name", "uuid", "title", "metadata", "devices")
# What belongs together: one of them alone would contradict what is left of the others.
_TOGETHER = (_CPUS, _MEMORY)


def repairs_of(paths):
    # type: (list) -> list
    """Return the repairs that some paths of drift need. Raises: KeyError for a path that no row is about."""
    found = []
    for path in paths:
        rows = [row for row in REPAIRS if path == row.prefix or (row.prefix[-1] == "." and path.startswith(row.prefix))]
        if not rows:
            raise KeyError(path)
        found.append(rows[0])
    return found


def redefine(existing, before, after, state_dir, paths, state=None):
    # type: (ElementTree.Element, dict, dict, str, list, object) -> ElementTree.Element
    """Return the definition that makes a domain's spec ``after`` where it was ``before``.

    ``existing`` is its persistent definition, ``paths`` are those in which that differs from ``after``, ``state`` is
    its operational state. Raises: ValueError where a spec asks for hardware that cannot be; KeyError as above.
    """
    virt_type = existing.get("type")
    base, goal = (domain_element(spec, virt_type, state_dir) for spec in (before, after))
    if _machine(base) != _machine(goal):  # nothing that was assigned on one machine has a place on another
        goal.find("metadata").clear()
        goal.find("metadata").append(mark_element(after, state))
        return goal
    repairs = repairs_of(paths)
    made = copy.deepcopy(existing)
    _set_mark(made, goal, after, state)
    _merge_tops(made, base, goal, {tag for row in repairs for tag in row.tops})
    merge_devices(made.find("devices"), base.find("devices"), goal.find("devices"), repairs)
    return made


def _machine(domain):
    # type: (ElementTree.Element) -> dict
    return domain.find("os/type").attrib


def _set_mark(made, goal, spec, state):
    # type: (ElementTree.Element, ElementTree.Element, dict, object) -> None
    metadata = made.find("metadata")
    if metadata is None:
        metadata = ElementTree.SubElement(made, "metadata")
    for old in metadata.findall(TAG):
        metadata.remove(old)
    metadata.append(mark_element(spec, state))
    put(made, goal, "title")


def _merge_tops(made, base, goal, forced):
    # type: (ElementTree.Element, ElementTree.Element, ElementTree.Element, set) -> None
    tags = [child.tag for child in list(base) + list(goal) if child.tag not in _LEFT_ALONE]
    changed = {tag for tag in tags if texts(base, tag) != texts(goal, tag)} | forced
    for group in _TOGETHER:
        if changed & set(group):
            changed.update(group)
    for tag in sorted(changed - {"os", _MENU, _SHOWN}):
        put(made, goal, tag)
    if changed & {"os", _MENU, _SHOWN}:
        _merge_os(made.find("os"), base.find("os"), goal.find("os"), "os" in forced)


def _merge_os(made, base, goal, is_forced):
    # type: (ElementTree.Element, ElementTree.Element, ElementTree.Element, bool) -> None
    """The machine type stays as libvirt froze it, and the firmware's files while no other firmware is asked for."""
    other = base.attrib != goal.attrib or any(texts(base, tag) != texts(goal, tag) for tag in ("firmware", "loader"))
    if other or is_forced:
        made.attrib.clear()
        made.attrib.update(goal.attrib)
        for tag in ("firmware", "loader", "nvram"):
            put(made, goal, tag)
    for tag in ("boot", "bootmenu", "smbios"):
        put(made, goal, tag)
