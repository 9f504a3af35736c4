# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of an instance: which there are, in which order, and where they are attached. Pure."""

from __future__ import annotations

import os.path
import string

from .paths import image_path, instance_dir
from .seed_kind import VFAT, drive_format

ROOT = "disk"
EPHEMERAL = "disk.local"
SWAP = "disk.swap"
CONFIG = "disk.config"

DISK_BUS = "virtio"
# Not Nova's sata: Debian's cloud kernel has no AHCI driver and would not find its config drive.
CDROM_BUS = "scsi"

PREFIX = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd", "xen": "xvd", "fdc": "fd"}


class Disk(object):
    """One disk: ``backing`` is the image it is an overlay of, or None; ``path`` is None for an empty drive;
    ``is_shared`` where the file itself is an image that others use too.
    """

    __slots__ = ("backing", "backing_format", "bus", "device", "format", "is_shared", "path", "target")

    def __init__(self, path, disk_format, device, bus, target, backing=None, backing_format=None):
        # type: (object, str, str, str, str, object, object) -> None
        self.path = path
        self.format = disk_format
        self.device = device
        self.bus = bus
        self.target = target
        self.backing = backing
        self.backing_format = backing_format
        self.is_shared = False


def disk_names(spec):
    # type: (dict) -> list
    """Return the names of the disks' files, in the order of attachment; the second CD-ROM drive has none of its own."""
    flavor = spec["flavor"]
    names = [ROOT]
    if flavor["ephemeral_gib"]:
        names.append(EPHEMERAL)
    if flavor["swap_mib"]:
        names.append(SWAP)
    return names + [CONFIG] if drive_format(spec) else names


def guest_disk_names(spec):
    # type: (dict) -> list
    """Return the names of the disks that hold a guest's data: the config drive is no such disk."""
    return [name for name in disk_names(spec) if name != CONFIG]


def buses_from_spec(spec):
    # type: (dict) -> set
    """Return the buses that the disks are on."""
    return {disk.bus for disk in disks_from_spec(spec, "")}


def disk_targets(spec):
    # type: (dict) -> dict
    """Return name -> device name, such as ``vda``, of the disks that have a file of their own."""
    disks = disks_from_spec(spec, "")
    return {name: disk.target for name, disk in zip(disk_names(spec), disks)}  # noqa: B905


def disks_from_spec(spec, state_dir):
    # type: (dict, str) -> list
    """Return the instance's disks; letters are given in order, for each kind of bus on its own."""
    properties = spec["image"]["properties"]
    folder = instance_dir(state_dir, spec["uuid"])
    letters = {}
    disks = []
    for name in disk_names(spec):
        is_drive = name == CONFIG and drive_format(spec) != VFAT
        bus = properties.get("hw_cdrom_bus", CDROM_BUS) if is_drive else properties.get("hw_disk_bus", DISK_BUS)
        prefix = PREFIX.get(bus, "sd")
        letter = string.ascii_lowercase[letters.setdefault(prefix, 0)]
        letters[prefix] += 1
        disk = Disk(os.path.join(folder, name), "raw", "cdrom" if is_drive else "disk", bus, prefix + letter)
        if name == ROOT:
            image = spec["image"]
            disk.format = "qcow2"
            disk.backing = image_path(state_dir, image["sha256"], image["format"])
            disk.backing_format = image["format"]
        disks.append(disk)
    if "cdrom" in spec:
        image = spec["cdrom"]
        bus = properties.get("hw_cdrom_bus", CDROM_BUS)
        prefix = PREFIX.get(bus, "sd")
        target = prefix + string.ascii_lowercase[letters.get(prefix, 0)]
        disks.append(Disk(medium_path(spec, state_dir), image["format"] if image else "raw", "cdrom", bus, target))
        disks[-1].is_shared = True
    return disks


def medium_path(spec, state_dir):
    # type: (dict, str) -> object
    """Return the image file in the second CD-ROM drive, or None where there is none."""
    image = spec.get("cdrom")
    return image_path(state_dir, image["sha256"], image["format"]) if image else None
