# SPDX-License-Identifier: GPL-3.0-or-later
"""The config drive on a host: built here, private, replaced only when its content differs. Touches files."""

from __future__ import annotations

import os

from . import failpoint
from .canonical import sha256_hex
from .config_drive import LABEL, config_drive_tree
from .domain_disk import CONFIG
from .durable_file import make_dir, read_file, sync_file_system, write_file
from .host_error import HostError
from .iso import iso_from_tree
from .paths import instance_dir
from .result import Result


def check_user_data(spec, user_data):
    # type: (dict, object) -> None
    """Raise HostError ``bad_request`` unless the bytes are those whose digest the spec names."""
    said = spec["user_data_sha256"]
    got = None if user_data is None else sha256_hex(user_data)
    if said != got:
        raise HostError("bad_request", "user data should have SHA-256 %s and has %s" % (said, got))


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make the config drive of ``wanted["spec"]`` and ``wanted["user_data"]`` (bytes or None) what it should be."""
    result = make(host, wanted, check)
    if result.changed and not check:
        sync_file_system(host.state_dir)
    return result


def make(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Do what ``ensure`` does, and leave it to the caller to make it durable (once for many instances)."""
    spec, user_data = wanted["spec"], wanted["user_data"]
    check_user_data(spec, user_data)
    folder = instance_dir(host.state_dir, spec["uuid"])
    path = os.path.join(folder, CONFIG)
    data = iso_from_tree(config_drive_tree(spec, user_data), LABEL)
    there = read_file(path)
    before = {"config_drive": None if there is None else "sha256:" + sha256_hex(there)}
    after = {"config_drive": "sha256:" + sha256_hex(data)}
    if there == data or check:
        return Result(there != data, before, after)
    make_dir(folder)
    with failpoint.around("drive.write"):
        write_file(path, data, durable=False)
    return Result(True, before, after)
