# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of an instance: an overlay of its image, an empty ephemeral disk, a swap disk. Touches files, runs
qemu-img.

An overlay says little more than which image it covers and how large it is, so the first of a kind is made by qemu-img
and kept beside the image as a template; the others are copies of its few pages, 20 times faster than a process each.
"""

from __future__ import annotations

import os
import struct
import threading
import uuid as uuid_module

from . import failpoint
from .domain_disk import EPHEMERAL, ROOT, SWAP, guest_disk_names
from .durable_file import make_dir, read_file, remove_file, sync_file_system, write_file
from .host_error import HostError
from .image import has_image, image_virtual_bytes
from .image_header import HEADER_BYTES, virtual_bytes
from .paths import image_path, instance_dir
from .program import run_program
from .result import Result
from .units import BYTES_PER_GIB, BYTES_PER_MIB

_PAGE = 4096
_HEAD = 65536  # the first cluster, which holds the header and the name of the backing file
_templates = {}  # path -> bytes, for this process
_making = threading.Lock()  # several instances at a time are rebuilt or rescued, most of them from one image


def root_bytes(flavor, image_bytes):
    # type: (dict, int) -> int
    """Return the root disk's size: the flavor's, but never less than the image (a flavor of 0 is the image's size)."""
    size = max(flavor["disk_gib"] * BYTES_PER_GIB, image_bytes)
    return -(-size // 512) * 512


def missing_disks(state_dir, spec):
    # type: (str, dict) -> list
    """Return the names of those disks of an instance that are not there yet, the config drive left out."""
    folder = instance_dir(state_dir, spec["uuid"])
    return [name for name in guest_disk_names(spec) if not os.path.lexists(os.path.join(folder, name))]


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make the disks of ``wanted["spec"]`` that are not there; those that are there are never touched.

    Raises: HostError ``image_missing``.
    """
    result = make(host, wanted, check)
    if result.changed and not check:
        sync_file_system(host.state_dir)
    return result


def make(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Do what ``ensure`` does, and leave it to the caller to make it durable (once for many instances)."""
    spec, state_dir = wanted["spec"], host.state_dir
    folder = instance_dir(state_dir, spec["uuid"])
    missing = missing_disks(state_dir, spec)
    names = guest_disk_names(spec)
    result = Result(bool(missing), {"disks": [name for name in names if name not in missing]}, {"disks": names})
    if not missing:
        return result
    if check:
        return result
    make_dir(folder)
    for name in missing:
        with failpoint.around("disk.create"):
            _MAKERS[name](state_dir, spec, os.path.join(folder, name))
    return result


def check_image(state_dir, spec):
    # type: (str, dict) -> None
    """Raise HostError ``image_missing`` unless the host has the image from which a disk is to be made."""
    image_virtual_bytes(state_dir, spec["image"]["sha256"], spec["image"]["format"])


def make_overlay(state_dir, image, path):
    # type: (str, dict, str) -> None
    """Make an empty overlay of an image, as large as the image; the caller makes it durable."""
    size = image_virtual_bytes(state_dir, image["sha256"], image["format"])
    write_file(path, _template(state_dir, image, -(-size // 512) * 512), durable=False)


def replace_root(state_dir, spec):
    # type: (str, dict) -> None
    """Put a new root disk in the place of the old one, whose content is lost: durable before it has the name."""
    with failpoint.around("disk.replace"):
        _make_root(state_dir, spec, os.path.join(instance_dir(state_dir, spec["uuid"]), ROOT), durable=True)


def _make_root(state_dir, spec, path, durable=False):
    # type: (str, dict, str, bool) -> None
    image = spec["image"]
    base_bytes = image_virtual_bytes(state_dir, image["sha256"], image["format"])
    size = root_bytes(spec["flavor"], base_bytes)
    data = _template(state_dir, image, size)
    write_file(path, data, durable=durable)


def _template(state_dir, image, size):
    # type: (str, dict, int) -> bytes
    """Return the bytes of an empty overlay of this image and size."""
    base = image_path(state_dir, image["sha256"], image["format"])
    path = "%s.%d.overlay" % (base, size)
    with _making:
        return _templates.get(path) or _read_or_make(state_dir, image, size, path)


def _read_or_make(state_dir, image, size, path):
    # type: (str, dict, int, str) -> bytes
    base = image_path(state_dir, image["sha256"], image["format"])
    data = read_file(path)
    if data is None or not _is_overlay(data, base, size):
        if not has_image(state_dir, image["sha256"], image["format"]):
            raise HostError("image_missing", "image %s is not on this host" % image["sha256"])
        data = _make_template(path, base, image["format"], size)
    _templates[path] = data
    return data


def _is_overlay(data, base, size):
    # type: (bytes, str, int) -> bool
    """Tell whether a template is one: a file system that lost power, or a state dir that moved, may say otherwise."""
    try:
        return virtual_bytes(data[:HEADER_BYTES], "qcow2", len(data)) == size and base.encode("utf-8") in data[:_HEAD]
    except ValueError:
        return False


def _make_template(path, base, base_format, size):
    # type: (str, str, str, int) -> bytes
    part = path + ".part"
    arguments = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, "--", part, str(size)]
    try:
        run_program(arguments)
        data = read_file(part)
    finally:
        remove_file(part)
    write_file(path, data, mode=0o444)
    return data


def _make_ephemeral(_state_dir, spec, path):
    # type: (str, dict, str) -> None
    write_file(path, b"", durable=False, size=spec["flavor"]["ephemeral_gib"] * BYTES_PER_GIB)


def _make_swap(_state_dir, spec, path):
    # type: (str, dict, str) -> None
    size = spec["flavor"]["swap_mib"] * BYTES_PER_MIB
    write_file(path, swap_header(spec["uuid"], size), durable=False, size=size)


def fit_swap(state_dir, spec):
    # type: (str, dict) -> None
    """Make the swap disk anew where it has another size; what is in it is worth nothing while the guest is off."""
    path = os.path.join(instance_dir(state_dir, spec["uuid"]), SWAP)
    wanted = spec["flavor"]["swap_mib"] * BYTES_PER_MIB
    if wanted and os.path.lexists(path) and os.path.getsize(path) != wanted:
        with failpoint.around("disk.create"):
            write_file(path, swap_header(spec["uuid"], wanted), size=wanted)


def swap_header(instance_uuid, size):
    # type: (str, int) -> bytes
    """Return the first page of a Linux swap area, as mkswap writes it for pages of 4 KiB."""
    identity = uuid_module.uuid5(uuid_module.UUID(instance_uuid), "swap").bytes
    header = b"\0" * 1024 + struct.pack("<III", 1, size // _PAGE - 1, 0) + identity
    return header.ljust(_PAGE - 10, b"\0") + b"SWAPSPACE2"


def find_growing(state_dir, before, after, is_running):
    # type: (str, dict, dict, bool) -> dict
    """Return path -> bytes of the disks that a spec makes larger than they are.

    Raises: HostError ``differs`` where one would lose its end, or a swap disk's size changes under a guest that runs.
    """
    growing = {}
    folder = instance_dir(state_dir, after["uuid"])
    for name, key in _SIZE_KEYS:
        path = os.path.join(folder, name)
        old, new = before["flavor"][key], after["flavor"][key]
        if old == new or (not new and name != ROOT) or not os.path.lexists(path):
            continue
        size, present = _wanted_bytes(state_dir, after, name), _present_bytes(path, name)
        if size < present:
            raise HostError("differs", "%s has %d bytes and never shrinks, to %d" % (path, present, size))
        if size > present:
            growing[path] = size
    if is_running and os.path.join(folder, SWAP) in growing:
        raise HostError("differs", "a swap disk in use keeps its size: power the instance off first")
    return growing


def _wanted_bytes(state_dir, spec, name):
    # type: (str, dict, str) -> int
    flavor, image = spec["flavor"], spec["image"]
    if name == EPHEMERAL:
        return flavor["ephemeral_gib"] * BYTES_PER_GIB
    if name == SWAP:
        return flavor["swap_mib"] * BYTES_PER_MIB
    return root_bytes(flavor, image_virtual_bytes(state_dir, image["sha256"], image["format"]))


def _present_bytes(path, name):
    # type: (str, str) -> int
    with open(path, "rb") as stream:
        return virtual_bytes(stream.read(HEADER_BYTES), "qcow2" if name == ROOT else "raw", os.path.getsize(path))


def grow(path, size):
    # type: (str, int) -> None
    """Make a disk larger that nobody uses. A swap disk is an empty one of the new size."""
    name = os.path.basename(path)
    disk_format = "qcow2" if name == ROOT else "raw"
    run_program(["qemu-img", "resize", "-q", "-f", disk_format, "--", path, str(size)])
    if name == SWAP:
        with open(path, "r+b") as stream:
            stream.write(swap_header(os.path.basename(os.path.dirname(path)), size))


# File -> the flavor's key that says its size.
_SIZE_KEYS = ((ROOT, "disk_gib"), (EPHEMERAL, "ephemeral_gib"), (SWAP, "swap_mib"))

_MAKERS = {ROOT: _make_root, EPHEMERAL: _make_ephemeral, SWAP: _make_swap}
