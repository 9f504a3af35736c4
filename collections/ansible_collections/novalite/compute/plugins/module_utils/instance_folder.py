# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance's folder while there is no domain: are the files in it ours to finish, ours to remove, or somebody's
data?

Touches files. A marker says which, because files alone do not: ``.building`` (gone once the domain is defined, so
nothing under it ever ran) and ``.deleting`` (a plan said that all of it goes). Both say whose it is, so that the next
plan can name what an interrupted apply left; ``.building`` also holds the fingerprint of the spec it is built from.
"""

from __future__ import annotations

import errno
import json
import os

from . import failpoint
from .canonical import canonical_json, fingerprint
from .domain_disk import CONFIG, EPHEMERAL, ROOT, SWAP
from .durable_file import io_failed, make_dir, read_file, remove_file, write_file
from .host_error import HostError
from .paths import instance_dir

BUILDING = ".building"
DELETING = ".deleting"
CONSOLE = "console.log"
_DISKS = (ROOT, EPHEMERAL, SWAP, CONFIG)


def list_files(folder):
    # type: (str) -> list
    """Return the names in a folder, sorted; none where there is no folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise io_failed(folder, error) from error


def is_housekeeping(name):
    # type: (str) -> bool
    """Tell whether a file holds nothing that a plan would have to name: markers, console logs, half-written files."""
    return (
        name in (BUILDING, DELETING, CONSOLE, CONFIG)
        or name.startswith(CONSOLE + ".")
        or (name.endswith(".new") and name[:-4] in _DISKS + (BUILDING, DELETING))
    )


def prepare_folder(state_dir, spec):
    # type: (str, dict) -> None
    """Make the folder ready for building: empty, or holding only what an earlier attempt at the same spec made.

    Raises: HostError ``files_in_the_way`` where there are files that no attempt of ours accounts for.
    """
    folder = instance_dir(state_dir, spec["uuid"])
    wanted = _marker(spec, fingerprint(spec))
    names = list_files(folder)
    building = read_file(os.path.join(folder, BUILDING)) if BUILDING in names else None
    if building == wanted and DELETING not in names:
        return
    disks = [name for name in names if not is_housekeeping(name)]
    if disks and building is None and DELETING not in names:
        raise HostError(
            "files_in_the_way",
            "%s holds %s of an instance that has no domain any more: move them away or delete them, then apply again"
            % (folder, ", ".join(disks)),
        )
    for name in names:
        if name in _DISKS or is_housekeeping(name):
            remove_file(os.path.join(folder, name))
    with failpoint.around("folder.create"):
        make_dir(folder)
        write_file(os.path.join(folder, BUILDING), wanted, durable=False)


def clear_markers(state_dir, instance_uuid):
    # type: (str, str) -> None
    """Say that the domain is there to stay: from now on the files may hold a guest's data."""
    for marker in (BUILDING, DELETING):
        remove_file(os.path.join(instance_dir(state_dir, instance_uuid), marker))


def begin_deleting(folder, spec):
    # type: (str, dict) -> None
    """Say that a plan wants all of this gone. After a power cut that swallows it, the files are in the way: the safe
    side.
    """
    if os.path.isdir(folder):
        write_file(os.path.join(folder, DELETING), _marker(spec), durable=False)


def _marker(spec, made_from=None):
    # type: (dict, object) -> bytes
    return canonical_json({"project": spec["project"], "name": spec["name"], "spec": made_from})


def is_unfinished(folder):
    # type: (str) -> bool
    """Tell whether a marker is still there beside a domain: an apply was interrupted just after it defined it."""
    return os.path.lexists(os.path.join(folder, BUILDING)) or os.path.lexists(os.path.join(folder, DELETING))


def describe_leftover(folder):
    # type: (str) -> dict
    """Return what a folder without a domain is: ``state`` is ``deleting``, ``building``, or ``data`` (nobody's to
    remove: a guest's disks whose domain somebody undefined); ``disks`` are the files a plan would have to name.
    """
    names = list_files(folder)
    state = "deleting" if DELETING in names else "building" if BUILDING in names else "data"
    owner = {}
    if state != "data":
        try:
            said = json.loads((read_file(os.path.join(folder, "." + state)) or b"").decode("utf-8"))
            owner = {"project": str(said["project"]), "name": str(said["name"])}
        except (ValueError, KeyError, TypeError):
            state = "data"  # a marker cut short by a power cut: the safe side
    return {
        "uuid": os.path.basename(folder),
        "path": folder,
        "state": state,
        "project": owner.get("project"),
        "name": owner.get("name"),
        "disks": [os.path.join(folder, name) for name in names if not is_housekeeping(name)],
    }


def remove_folder(folder, disks):
    # type: (str, list) -> None
    """Remove the named files and our housekeeping, then the folder.

    Raises: HostError ``files_left`` where other files keep the folder in being.
    """
    with failpoint.around("files.remove"):
        for path in disks:
            remove_file(path)
        names = list_files(folder)
        for name in names:
            if is_housekeeping(name) and name != DELETING:
                remove_file(os.path.join(folder, name))
        left = [name for name in names if not is_housekeeping(name)]
        # The marker goes last. With files left it goes too: they were not named, so nobody may take them for ours.
        remove_file(os.path.join(folder, DELETING))
        if left:
            raise HostError("files_left", "%s still holds %s, which the plan did not name" % (folder, ", ".join(left)))
        try:
            os.rmdir(folder)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise io_failed(folder, error) from error
