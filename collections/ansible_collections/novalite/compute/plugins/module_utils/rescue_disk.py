# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk that an instance in rescue boots from: put into a definition, and left out where the definition is compared.
Pure.

All other devices keep their addresses, targets and order, so the guest's disks have the names they had. Source:
nova/virt/libvirt/blockinfo.py, _get_stable_device_rescue_mapping.
"""

from __future__ import annotations

import os.path
import string
from xml.etree import ElementTree

from .domain_build import add_disk
from .domain_disk import CDROM_BUS, DISK_BUS, PREFIX, Disk
from .instance_folder import RESCUE as FILE
from .metadata import STATE_TAG, TAG, mark_element
from .operational_state import RESCUE
from .paths import image_path, instance_dir


def rescue_path(state_dir, uuid):
    # type: (str, str) -> str
    """Return the disk's file."""
    return os.path.join(instance_dir(state_dir, uuid), FILE)


def with_rescue(definition, spec, state, image, state_dir):
    # type: (str, dict, dict, dict, str) -> str
    """Return a definition that boots the rescue disk, an overlay of ``image``, with the state in its mark."""
    domain = ElementTree.fromstring(definition)
    metadata = domain.find("metadata")
    metadata.remove(metadata.find(TAG))
    metadata.append(mark_element(spec, state))
    for boot in domain.findall("os/boot"):
        domain.find("os").remove(boot)
    devices = domain.find("devices")
    for device in devices:
        for boot in device.findall("boot"):
            device.remove(boot)
    is_drive = (image.get("properties") or {}).get("hw_rescue_device") == "cdrom"
    bus = _bus(spec, is_drive)
    device = "cdrom" if is_drive else "disk"
    disk = Disk(rescue_path(state_dir, spec["uuid"]), "qcow2", device, bus, _free(devices, bus))
    disk.backing = image_path(state_dir, image["sha256"], image["format"])
    disk.backing_format = image["format"]
    ElementTree.SubElement(add_disk(devices, disk), "boot", {"order": "1"})
    return ElementTree.tostring(domain, encoding="unicode")


def _bus(spec, is_drive):
    # type: (dict, bool) -> str
    """Return a bus that the instance has already: no controller moves."""
    properties = spec["image"]["properties"]
    return properties.get("hw_cdrom_bus", CDROM_BUS) if is_drive else properties.get("hw_disk_bus", DISK_BUS)


def _free(devices, bus):
    # type: (ElementTree.Element, str) -> str
    """Return the first target behind those that are taken."""
    taken = {target.get("dev") for target in devices.findall("disk/target")}
    prefix = PREFIX.get(bus, "sd")
    used = [index for index, letter in enumerate(string.ascii_lowercase) if prefix + letter in taken]
    return prefix + string.ascii_lowercase[1 + max(used, default=-1)]


def take_out(domain, state_dir):
    # type: (ElementTree.Element, str) -> bool
    """Remove the rescue disk from a domain whose mark says that it is in rescue, so that the rest can be compared; tell
    whether a disk is there that ought to be.
    """
    text = domain.findtext("metadata/" + TAG + "/" + STATE_TAG)
    if text is None or '"%s"' % RESCUE not in text:
        return True
    disk = _find_disk(domain, state_dir)
    if disk is not None:
        domain.find("devices").remove(disk)
    return disk is not None


def _find_disk(domain, state_dir):
    # type: (ElementTree.Element, str) -> object
    """Return the rescue disk of a domain, or None."""
    path = rescue_path(state_dir, domain.findtext("uuid"))
    disks = domain.findall("devices/disk")
    sources = [(disk, disk.find("source")) for disk in disks]
    return next((disk for disk, source in sources if source is not None and source.get("file") == path), None)
