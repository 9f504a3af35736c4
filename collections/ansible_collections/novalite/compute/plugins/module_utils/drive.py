# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance is told at birth, on its host: a drive, or a file that QEMU hands over, and what the metadata
service tells. Private, and replaced only when its content differs. Touches files; asks services of vendor data.

Made when an instance is created or rebuilt, and at no other time: only then does the guest act on it.
"""

from __future__ import annotations

import os

from . import failpoint, host_key, metadata_document
from .canonical import sha256_hex
from .domain_disk import CONFIG
from .durable_file import make_dir, read_file, remove_file, sync_file_system, write_file
from .host_error import HostError
from .iso import iso_from_tree
from .paths import instance_dir
from .result import Result
from .seed import seed_from
from .seed_kind import IGNITION_FILE, VFAT, drive_format, reason_against, seed_kind
from .seed_tree import LABELS, seed_tree, service_tree
from .vendor_targets import ask_targets
from .vfat import vfat_from_tree

_FILES = (CONFIG, IGNITION_FILE)


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make the drive of ``wanted["spec"]`` and ``wanted["contents"]`` (digest -> base64) what it should be."""
    result = make(host, wanted, check)
    if result.changed and not check:
        sync_file_system(host.state_dir)
    return result


def make(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Do what ``ensure`` does, and leave it to the caller to make it durable (once for many instances)."""
    spec = wanted["spec"]
    seed = seed_from(spec, wanted["contents"], wanted.get("secrets"))
    folder = instance_dir(host.state_dir, spec["uuid"])
    if not check:  # a look asks nobody, and makes nothing
        seed.vendor_data2 = ask_targets(spec, wanted["contents"])
    if not check or os.path.exists(os.path.join(folder, host_key.FILE)):
        seed.give_host_key(host_key.make(host.state_dir, spec))
    files = drive_files(spec, seed)
    there = {name: read_file(os.path.join(folder, name)) for name in _FILES}
    changed = any(there[name] != files.get(name) for name in _FILES)
    if changed and not check:
        make_dir(folder)
        with failpoint.around("drive.write"):
            _write(folder, files, there)
    told = metadata_document.write(host, spec, service_tree(spec, seed), check)
    return Result(changed or told, _digest(there), _digest(files))


def drive_files(spec, seed):
    # type: (dict, object) -> dict
    """Return name -> bytes of the files in the instance's folder that its guest reads. Raises: HostError
    ``bad_request``.
    """
    reason = reason_against(spec)
    if reason is not None:
        raise HostError("bad_request", reason)
    tree, form = seed_tree(spec, seed), drive_format(spec)
    if form is None:
        return tree
    return {CONFIG: (vfat_from_tree if form == VFAT else iso_from_tree)(tree, LABELS[seed_kind(spec)])}


def _write(folder, files, there):
    # type: (str, dict, dict) -> None
    for name in _FILES:
        path = os.path.join(folder, name)
        if name not in files:
            remove_file(path)
        elif files[name] != there[name]:
            write_file(path, files[name], durable=False)


def _digest(files):
    # type: (dict) -> dict
    data = next((files[name] for name in _FILES if files.get(name) is not None), None)
    return {"config_drive": None if data is None else "sha256:" + sha256_hex(data)}
