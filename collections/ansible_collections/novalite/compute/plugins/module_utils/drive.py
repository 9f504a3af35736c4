# SPDX-License-Identifier: GPL-3.0-or-later
"""The config drive on a host: built here, private, replaced only when its content differs. Touches files."""

from __future__ import annotations

import os

from . import failpoint
from .canonical import sha256_hex
from .config_drive import LABEL, config_drive_tree
from .domain_disk import CONFIG
from .durable_file import make_dir, read_file, sync_file_system, write_file
from .iso import iso_from_tree
from .paths import instance_dir
from .result import Result
from .seed import seed_from


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make the config drive of ``wanted["spec"]`` and ``wanted["contents"]`` (digest -> base64) what it should be."""
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
    path = os.path.join(folder, CONFIG)
    data = iso_from_tree(config_drive_tree(spec, seed), LABEL)
    there = read_file(path)
    before = {"config_drive": None if there is None else "sha256:" + sha256_hex(there)}
    after = {"config_drive": "sha256:" + sha256_hex(data)}
    if there == data or check:
        return Result(there != data, before, after)
    make_dir(folder)
    with failpoint.around("drive.write"):
        write_file(path, data, durable=False)
    return Result(True, before, after)
