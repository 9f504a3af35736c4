# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of an instance's disks as they are at one moment, whether it runs or not. Starts qemu-img, talks to libvirtd.

Of a guest that runs, QEMU copies all disks at once while the guest goes on writing (a full backup of libvirt's): what a
power cut at that moment would have left. Every copy is qcow2, so that holes stay holes.
"""

from __future__ import annotations

import json
from collections import namedtuple
from xml.etree import ElementTree

from .durable_file import remove_file
from .host_error import HostError
from .libvirt_guest import COPY_S
from .program import run_program
from .states import is_off
from .xml_tools import add

# path and format of a disk that the guest can write to, and the device that it is in the guest (vda).
Source = namedtuple("Source", "path format target")


def find_sources(host, domain, element, power):
    # type: (object, object, ElementTree.Element, str) -> list
    """Return the disks that the guest can write to, in their order: those it has now, where it runs."""
    if not is_off(power):
        element = ElementTree.fromstring(host.connection.running_xml(domain))
    found = []
    for disk in element.findall("devices/disk"):
        source, driver, target = disk.find("source"), disk.find("driver"), disk.find("target")
        if disk.get("device", "disk") != "disk" or disk.find("readonly") is not None or source is None:
            continue
        path = source.get("file") or source.get("dev") or ""
        kind = "raw" if driver is None else driver.get("type", "raw")
        found.append(Source(path, kind, "" if target is None else target.get("dev", "")))
    return found


def copy_disks(host, domain, power, pairs, keep_backing=False):
    # type: (object, object, str, list, bool) -> None
    """Copy disks; ``pairs`` are (Source, path of the copy).

    A copy holds everything that the guest sees. With ``keep_backing`` one of an overlay is an overlay of the same
    image. Raises: HostError; no copy is left then.
    """
    for _source, path in pairs:
        remove_file(path)
    try:
        if is_off(power):
            for source, path in pairs:
                _copy_at_rest(source, path, keep_backing)
            if not is_off(host.connection.power(domain)):
                raise HostError("in_use", "%s was started by somebody else while it was copied" % domain.name())
        else:
            host.connection.copy_disks(domain, _backup_xml(domain, pairs, host))
            for source, path in pairs:
                if keep_backing:
                    _put_on_backing(source, path)
    except HostError:
        for _source, path in pairs:
            remove_file(path)
        raise


def copy_file(source, path):
    # type: (str, str) -> None
    """Copy a file with its holes; a file system that can share the blocks does."""
    run_program(["cp", "--sparse=auto", "--reflink=auto", "--", source, path], COPY_S)


def convert(source, source_format, path, path_format):
    # type: (str, str, str, str) -> None
    """Write what a disk image shows, without what it is based on, as another image."""
    run_program(["qemu-img", "convert", "-f", source_format, "-O", path_format, "--", source, path], COPY_S)


def virtual_size(path, image_format):
    # type: (str, str) -> int
    """Return the size of the disk in an image file."""
    return int(_info(path, image_format)["virtual-size"])


def _copy_at_rest(source, path, keep_backing):
    # type: (Source, str, bool) -> None
    if keep_backing and source.format == "qcow2":
        copy_file(source.path, path)
    else:
        convert(source.path, source.format, path, "qcow2")


def _put_on_backing(source, path):
    # type: (Source, str) -> None
    """Make a whole copy an overlay of what its source is an overlay of; zeros over other data become explicit."""
    info = _info(source.path, source.format)
    if not info.get("backing-filename"):
        return
    arguments = ["-b", info["backing-filename"], "-F", info.get("backing-filename-format", "raw")]
    run_program(["qemu-img", "rebase", "-f", "qcow2"] + arguments + ["--", path], COPY_S)


def _info(path, image_format):
    # type: (str, str) -> dict
    """Return qemu-img's description; the file may be in use."""
    said = run_program(["qemu-img", "info", "-U", "--output=json", "-f", image_format, "--", path])
    return json.loads(said.decode("utf-8"))


def _backup_xml(domain, pairs, host):
    # type: (object, list, object) -> str
    """Return libvirt's document of a full backup of some disks into files."""
    wanted = {source.target: path for source, path in pairs}
    backup = ElementTree.Element("domainbackup", {"mode": "push"})
    disks = add(backup, "disks")
    element = ElementTree.fromstring(host.connection.running_xml(domain))
    for target in element.findall("devices/disk/target"):
        name = target.get("dev", "")
        disk = add(disks, "disk", {"name": name, "backup": "yes" if name in wanted else "no"})
        if name in wanted:
            disk.set("type", "file")
            add(disk, "target", {"file": wanted[name]})
            add(disk, "driver", {"type": "qcow2"})
    return ElementTree.tostring(backup, encoding="unicode")
