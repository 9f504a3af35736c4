# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance's root disk as an image of its own: for other instances, or as a backup. Talks to libvirtd, touches
files, starts qemu-img.

Source: nova/virt/libvirt/driver.py, snapshot; nova/compute/manager.py, backup_instance and _rotate_backups.
"""

from __future__ import annotations

import os
import re

from . import failpoint, image
from .disk_copy import copy_disks, find_sources, virtual_size
from .dump import publish
from .durable_file import io_failed, make_dir, remove_file
from .host_error import HostError
from .names import UUID
from .paths import backups_dir, image_path
from .power import refuse_illegal
from .result import Result

BACKUP = re.compile(r"[0-9]{4,}\.qcow2")
_PART = ".snapshot.part"


def make_image(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Copy the root disk, with what it is based on, to the images of the host, under its digest, which is told.

    Raises: HostError ``illegal``.
    """
    domain, power, root = _root(host, uuid, "snapshot")
    if check:
        return Result(True)
    folder = os.path.join(host.state_dir, "images")
    make_dir(folder)
    for name in os.listdir(folder):
        if name.endswith(_PART):  # of an attempt that was interrupted: the lock is ours
            remove_file(os.path.join(folder, name))
    part = os.path.join(folder, uuid + _PART)
    copy_disks(host, domain, power, [(root, part)])
    try:
        sha256 = image.digest_of(part)
        told = {"sha256": sha256, "format": "qcow2", "size_bytes": os.path.getsize(part)}
    except OSError as error:
        raise io_failed(part, error) from error
    told["virtual_bytes"] = virtual_size(part, "qcow2")
    is_new = not image.has_image(host.state_dir, sha256, "qcow2")
    if is_new:
        image.publish(part, image_path(host.state_dir, sha256, "qcow2"))
    remove_file(part)
    return Result(is_new, facts=told)


def _root(host, uuid, action):
    # type: (object, str, str) -> tuple
    """Return (domain, power state, root disk)."""
    domain, element, _spec = host.get_own(uuid)
    power = host.connection.power(domain)
    refuse_illegal(action, power, element)
    sources = find_sources(host, domain, element, power)
    if not sources:
        raise HostError("illegal", "it has no disk to copy")
    return domain, power, sources[0]


def list_backups(state_dir, uuid):
    # type: (str, str) -> list
    """Return the paths of an instance's backups, oldest first."""
    folder = backups_dir(state_dir, uuid)
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(names, key=_number) if BACKUP.fullmatch(name)]


def list_gone_backups(state_dir, present):
    # type: (str, set) -> list
    """Return ``{"uuid", "paths"}`` for each instance that has backups and is not among the UUIDs that are here."""
    try:
        names = os.listdir(os.path.join(state_dir, "backups"))
    except OSError:
        return []
    gone = sorted(name for name in names if UUID.fullmatch(name) and name not in present)
    found = [{"uuid": uuid, "paths": list_backups(state_dir, uuid)} for uuid in gone]
    return [entry for entry in found if entry["paths"]]


def _number(name):
    # type: (str) -> int
    head = name.partition(".")[0]
    return int(head) if head.isdigit() else 0


def back_up(host, uuid, name, removes, check=False):
    # type: (object, str, str, list, bool) -> Result
    """Copy the root disk to ``name`` among the instance's backups, and remove those that the plan named.

    Raises: HostError ``illegal``, ``bad_request``.
    """
    folder = backups_dir(host.state_dir, uuid)
    for path in removes:
        if os.path.dirname(path) != folder or BACKUP.fullmatch(os.path.basename(path)) is None:
            raise HostError("bad_request", "%s is no backup of this instance" % path)
    if BACKUP.fullmatch(name) is None:
        raise HostError("bad_request", "%r is no name of a backup" % (name,))
    domain, power, root = _root(host, uuid, "backup")
    path = os.path.join(folder, name)
    before = list_backups(host.state_dir, uuid)
    gone = [other for other in removes if other in before]
    is_new = path not in before
    if not check:
        make_dir(folder, 0o700)
        if is_new:
            with failpoint.around("backup.write"):
                copy_disks(host, domain, power, [(root, path + ".part")])
                publish(path + ".part", path)
        with failpoint.around("backup.remove"):
            for other in gone:
                remove_file(other)
    facts = {} if check else {"path": path, "size_bytes": os.path.getsize(path)}
    return Result(bool(is_new or gone), {"backups": before}, {"backups": facts}, facts=facts)
