# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting an instance that lies on the shelf: exactly the files that the plan named. Touches files."""

from __future__ import annotations

import errno
import os
import shutil

from . import failpoint, shelf
from .durable_file import io_failed, remove_file
from .host_error import HostError
from .instance_folder import ACTING, BUILDING, DELETING, is_housekeeping, list_files
from .paths import instance_dir
from .result import Result
from .states import SHUTOFF


def delete_from_shelf(host, uuid, disks, check=False):
    # type: (object, str, list, bool) -> Result
    """Make an instance on the shelf not exist. Raises: HostError ``bad_request``, ``protected``, ``files_left``."""
    state_dir = host.state_dir
    record = shelf.read_record(state_dir, uuid)
    if record["why"] == shelf.WHY_SHELVED:
        shelf.refuse_kept(record)
    folder = shelf.find_folder(state_dir, uuid)
    _check_named(folder, record, disks)
    files = shelf.list_disks(state_dir, record)
    if not check:
        if record["why"] != shelf.WHY_DELETING:  # from now on nobody restores what may be half gone
            shelf.write_record(state_dir, dict(record, why=shelf.WHY_DELETING, until=None, leaving=False))
        _remove(folder, disks)
        left = shelf.list_disks(state_dir, record)
        if left:
            raise HostError("files_left", "of %s there still is %s, which the plan did not name" % (uuid, left[0]))
        for marker in (BUILDING, DELETING, ACTING):
            remove_file(instance_dir(state_dir, uuid) + marker)
        shelf.forget_record(state_dir, uuid)
    return Result(True, {"shelf": record["why"], "files": files}, {"shelf": None, "files": []}, SHUTOFF)


def _check_named(folder, record, disks):
    # type: (str, dict, list) -> None
    """Raise HostError ``bad_request`` unless all paths are the instance's own."""
    known = set(shelf.kept_by_libvirt(record))
    for path in disks:
        name = os.path.basename(path)
        if path not in known and os.path.lexists(path) and os.path.join(folder, name) != path:
            raise HostError("bad_request", "%s is not a file of the instance's folder %s" % (path, folder))


def _remove(folder, disks):
    # type: (str, list) -> None
    with failpoint.around("files.remove"):
        for path in disks:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                remove_file(path)
        for name in list_files(folder):
            if is_housekeeping(name):
                remove_file(os.path.join(folder, name))
        try:
            os.rmdir(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
                raise io_failed(folder, error) from error
