# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance's folder while there is no domain: are the files in it ours to finish, ours to remove, or somebody's
data?

Touches files. A marker beside the folder says which, because files alone do not: ``UUID.building`` (gone once the
domain is defined, so nothing under it ever ran) and ``UUID.deleting`` (a plan said that all of it goes). A marker is
there before the folder is touched and until after it is gone, so that no moment is without one. Both say whose it is,
so that the next plan can name what an interrupted apply left; ``.building`` also holds the fingerprint of the spec it
is built from. ``UUID.acting`` stands beside an instance while an action takes it through several steps (under_way.py).
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
from .host_key import FILES as HOST_KEYS
from .metadata_document import DOCUMENT, PASSWORD
from .names import UUID
from .paths import instance_dir, record_path, shelved_dir
from .seed_kind import IGNITION_FILE

BUILDING = ".building"
DELETING = ".deleting"
ACTING = ".acting"
_MARKERS = (DELETING, BUILDING, ACTING)
CONSOLE = "console.log"
RESCUE = "disk.rescue"  # the disk of a rescue; rescue.py
KEPT = ".resize-old"  # ending of the disks that a resize keeps until it is confirmed; resize.py
DEFINITION = "domain.before"  # the definition from before a rescue or a resize
_DISKS = (ROOT, EPHEMERAL, SWAP, CONFIG)
_KEPT = ("snapshot-", "dump-")


def list_files(folder):
    # type: (str) -> list
    """Return the names in a folder, sorted; none where there is no folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise io_failed(folder, error) from error


def kept_files(folder):
    # type: (str) -> list
    """Return the paths of the files that actions left beside an instance's disks: snapshots, dumps."""
    names = [name for name in list_files(folder) if name.startswith(_KEPT) and not is_housekeeping(name)]
    return [os.path.join(folder, name) for name in names]


def is_housekeeping(name):
    # type: (str) -> bool
    """Tell whether a file holds nothing that a plan would have to name: console logs, half-written files."""
    return (
        name in (CONSOLE, CONFIG, IGNITION_FILE, DEFINITION, DOCUMENT, PASSWORD)
        or name in HOST_KEYS
        or name.startswith(CONSOLE + ".")
        or (name.endswith(".new") and name[:-4] in (*_DISKS, IGNITION_FILE, RESCUE, DEFINITION, DOCUMENT, PASSWORD))
        or (name.endswith(".part") and name.startswith(_KEPT))
    )


def prepare_folder(state_dir, spec):
    # type: (str, dict) -> None
    """Make the folder ready for building: empty, or holding only what an earlier attempt at the same spec made.

    Raises: HostError ``files_in_the_way`` where there are files that no attempt of ours accounts for.
    """
    folder = instance_dir(state_dir, spec["uuid"])
    wanted = _marker(spec, fingerprint(spec))
    names = list_files(folder)
    building, deleting = read_file(folder + BUILDING), read_file(folder + DELETING)
    disks = [name for name in names if not is_housekeeping(name)]
    if disks and building is None and deleting is None:
        raise HostError(
            "files_in_the_way",
            "%s holds %s of an instance that has no domain any more: move them away or delete them, then apply again"
            % (folder, ", ".join(disks)),
        )
    if building != wanted or deleting is not None:
        for name in names:
            if name in _DISKS or is_housekeeping(name):
                remove_file(os.path.join(folder, name))
        make_dir(os.path.dirname(folder))
        write_file(folder + BUILDING, wanted, durable=False)
        remove_file(folder + DELETING)
    with failpoint.around("folder.create"):
        make_dir(folder)


def clear_markers(state_dir, instance_uuid):
    # type: (str, str) -> None
    """Say that the domain is there to stay: from now on the files may hold a guest's data."""
    for marker in (BUILDING, DELETING, ACTING):
        remove_file(instance_dir(state_dir, instance_uuid) + marker)
    if not os.path.isdir(shelved_dir(state_dir, instance_uuid)):
        remove_file(record_path(state_dir, instance_uuid))


def begin_deleting(folder, spec):
    # type: (str, dict) -> None
    """Say that a plan wants all of this gone. After a power cut that swallows it, the files are in the way: the safe
    side.
    """
    if os.path.isdir(folder):
        write_file(folder + DELETING, _marker(spec), durable=False)


def _marker(spec, made_from=None):
    # type: (dict, object) -> bytes
    return canonical_json({"project": spec["project"], "name": spec["name"], "spec": made_from})


def is_of_an_action(name):
    # type: (str) -> bool
    """Tell whether a file is one that an action keeps or makes beside the disks; deleting the instance destroys it."""
    return name == RESCUE or name.endswith(KEPT)


def is_marked(folder):
    # type: (str) -> bool
    """Tell whether an apply was interrupted here; beside a domain: just after it was defined, or before it went, or in
    the middle of an action.
    """
    return any(os.path.lexists(folder + marker) for marker in _MARKERS)


def list_folders(instances):
    # type: (str) -> list
    """Return the UUIDs that have a folder or a marker below ``instances``, sorted."""
    found = set()
    for name in list_files(instances):
        for marker in _MARKERS:
            if name.endswith(marker):
                name = name[: -len(marker)]
        if UUID.fullmatch(name):
            found.add(name)
    return sorted(found)


def describe_leftover(folder):
    # type: (str) -> dict
    """Return what a folder without a domain is: ``state`` is ``deleting``, ``building``, or ``data`` (nobody's to
    remove: a guest's disks whose domain somebody undefined); ``disks`` are the files a plan would have to name.
    """
    said = [(marker, read_file(folder + marker)) for marker in (DELETING, BUILDING)]
    state, text = next(((marker[1:], text) for marker, text in said if text is not None), ("data", None))
    owner = {}
    if text is not None:
        try:
            marker = json.loads(text.decode("utf-8"))
            owner = {"project": str(marker["project"]), "name": str(marker["name"])}
        except (ValueError, KeyError, TypeError):
            state = "data"  # a marker cut short by a power cut: the safe side
    return {
        "uuid": os.path.basename(folder),
        "path": folder,
        "state": state,
        "project": owner.get("project"),
        "name": owner.get("name"),
        "disks": [os.path.join(folder, name) for name in list_files(folder) if not is_housekeeping(name)],
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
            if is_housekeeping(name):
                remove_file(os.path.join(folder, name))
        left = [name for name in names if not is_housekeeping(name)]
        if not left:
            try:
                os.rmdir(folder)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise io_failed(folder, error) from error
        # The markers go last. With files left they go too: those were not named, so nobody may take them for ours.
        for marker in _MARKERS:
            remove_file(folder + marker)
        if left:
            raise HostError("files_left", "%s still holds %s, which the plan did not name" % (folder, ", ".join(left)))
