# SPDX-License-Identifier: GPL-3.0-or-later
"""Where our files live on a host. Pure: it joins, it never looks.

::

    <state_dir>/                       0711
      images/<sha256>.<format>         0444  content-addressed, never changed once there
      images/<sha256>.part             0600  being delivered
      instances/<uuid>/                0711
        disk  disk.local  disk.swap    0600  root overlay, ephemeral disk, swap disk (Nova's names)
        disk.config                    0600  config drive
        ignition.json                  0600  in its place, what QEMU hands a guest that reads Ignition
        metadata.json                  0600  what the metadata service tells the guest; metadata_document.py
        metadata.password              0600  what the guest told it
        snapshot-NAME.disk  ...        0600  copies of the disks, of snapshots in place
        dump-NUMBER.kdump              0600  memory of the guest
        console.log                    what the guest said on its serial port
      instances/<uuid>.building        being made, or being deleted: see instance_folder.py
      instances/<uuid>.deleting
      shelf/<uuid>.json                0600  an instance that was set aside, and its folder: see shelf.py
      shelf/<uuid>/                    0711
      backups/<uuid>/NUMBER.qcow2      0600  whole root disks, oldest first; they outlive the instance
      lock                                   flock: held while a slice of a plan is applied
      journal.jsonl                          intents and results
      applied.json                           digests of the plans applied here, and a generation that only grows
"""

from __future__ import annotations

import os.path

from .names import UUID


def instances_dir(state_dir):
    # type: (str) -> str
    """Return the folder that holds one folder for each instance."""
    return os.path.join(state_dir, "instances")


def instance_dir(state_dir, instance_uuid):
    # type: (str, str) -> str
    """Return the folder of one instance; ValueError unless the UUID is one (it becomes part of a path)."""
    if UUID.fullmatch(instance_uuid) is None:
        raise ValueError("not a UUID: %r" % (instance_uuid,))
    return os.path.join(instances_dir(state_dir), instance_uuid)


def shelf_dir(state_dir):
    # type: (str) -> str
    """Return the folder of instances that were set aside."""
    return os.path.join(state_dir, "shelf")


def shelved_dir(state_dir, instance_uuid):
    # type: (str, str) -> str
    """Return the folder of one instance on the shelf; ValueError unless the UUID is one."""
    return os.path.join(shelf_dir(state_dir), os.path.basename(instance_dir(state_dir, instance_uuid)))


def record_path(state_dir, instance_uuid):
    # type: (str, str) -> str
    """Return the file that says what an instance on the shelf was."""
    return shelved_dir(state_dir, instance_uuid) + ".json"


def backups_dir(state_dir, instance_uuid):
    # type: (str, str) -> str
    """Return the folder of an instance's backups, which outlive it; ValueError unless the UUID is one."""
    if UUID.fullmatch(instance_uuid) is None:
        raise ValueError("not a UUID: %r" % (instance_uuid,))
    return os.path.join(state_dir, "backups", instance_uuid)


def image_path(state_dir, sha256, image_format):
    # type: (str, str, str) -> str
    """Return where an image lies on a host; ValueError unless digest and format are of their closed forms."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef") or image_format not in ("qcow2", "raw"):
        raise ValueError("not an image: %r, %r" % (sha256, image_format))
    return os.path.join(state_dir, "images", "%s.%s" % (sha256, image_format))
