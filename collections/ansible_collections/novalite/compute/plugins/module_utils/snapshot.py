# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in place: full copies of an instance's disks beside them, with names and parents. Talks to libvirtd,
touches files, starts qemu-img.

The state's key ``snapshots`` is ``{"current": NAME or None, "kept": {NAME: {"parent": NAME or None, "since": time,
"power": power state, "disks": [names of files]}}}``; the copy of ``disk`` in snapshot ``a`` is ``snapshot-a.disk``.
Files come before what names them and go before it, so that whatever interrupts, the same again ends it. Why copies and
not chains of overlays: ARCHITECTURE.md, Decisions.
"""

from __future__ import annotations

import os
import time

from . import failpoint, power, under_way
from .disk_copy import convert, copy_disks, copy_file, find_sources, virtual_size
from .dump import publish
from .durable_file import io_failed, remove_file, sync_dir
from .host_error import HostError
from .instance import set_state
from .metadata import state_from_domain
from .names import is_name
from .operational_state import SNAPSHOTS
from .paths import instance_dir
from .power import refuse_illegal
from .program import run_program
from .result import Result
from .states import is_off

REVERT = "snapshot_revert"


def snapshot_path(folder, name, disk):
    # type: (str, str, str) -> str
    """Return where the copy of a disk lies; ValueError for what is no name (it becomes part of a path)."""
    if not is_name(name):
        raise ValueError("no name of a snapshot: %r" % (name,))
    return os.path.join(folder, "snapshot-%s.%s" % (name, disk))


def _kept(element):
    # type: (object) -> dict
    return state_from_domain(element).get(SNAPSHOTS) or {"current": None, "kept": {}}


def create(host, uuid, name, check=False):
    # type: (object, str, str, bool) -> Result
    """Copy all disks that the guest can write to, as they are at one moment. One that is there already is left alone.

    Raises: HostError ``illegal``, also where a disk does not lie in the instance's own folder.
    """
    domain, element, _spec = host.get_own(uuid)
    snapshots, state = _kept(element), host.connection.power(domain)
    if name in snapshots["kept"]:
        return Result(False, snapshots, snapshots)
    refuse_illegal("snapshot", state, element)
    folder = instance_dir(host.state_dir, uuid)
    sources = find_sources(host, domain, element, state)
    _check_own(sources, folder)
    entry = {
        "parent": snapshots["current"],
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "power": state,
        "disks": [os.path.basename(source.path) for source in sources],
    }
    after = {"current": name, "kept": dict(snapshots["kept"], **{name: entry})}
    if not check:
        paths = [snapshot_path(folder, name, disk) for disk in entry["disks"]]
        with failpoint.around("snapshot.write"):
            copy_disks(host, domain, state, [(one, path + ".part") for one, path in zip(sources, paths)], True)  # noqa: B905
            for path in paths:
                publish(path + ".part", path)
        set_state(host, uuid, {SNAPSHOTS: after})
    return Result(True, snapshots, after)


def _check_own(sources, folder):
    # type: (list, str) -> None
    for source in sources:
        if os.path.dirname(source.path) != folder:
            raise HostError("illegal", "%s is not in its folder: snapshots are of such disks only" % source.path)
    if not sources:
        raise HostError("illegal", "it has no disk that a snapshot could be of")


def revert(host, uuid, name, check=False):
    # type: (object, str, str, bool) -> Result
    """Put the disks back as they were; one that runs is powered off at once, and started again.

    A disk that has grown since keeps its size. Raises: HostError ``illegal``, ``not_found``, ``protected``.
    """
    domain, element, spec = host.get_own(uuid)
    snapshots, state = _kept(element), host.connection.power(domain)
    entry = snapshots["kept"].get(name)
    if entry is None:
        raise HostError("not_found", "%s has no snapshot %s" % (spec["name"], name))
    reason = under_way.reason_against(host, uuid, REVERT, state, state_from_domain(element))
    if reason is not None:
        raise HostError("illegal", reason)
    if spec.get("protect"):
        raise HostError("protected", "%s is protected: reverting destroys what its disks hold now" % spec["name"])
    folder = instance_dir(host.state_dir, uuid)
    sources = find_sources(host, domain, element, state)
    _check_own(sources, folder)
    _check_fits(entry, sources, folder, name)
    after = dict(snapshots, current=name)
    if not check:
        with failpoint.around("snapshot.prepare"):
            for source in sources:
                _prepare(source, snapshot_path(folder, name, os.path.basename(source.path)))
        before = under_way.begin(host, spec, REVERT, state)
        power.stop(host, uuid, 0)
        with failpoint.around("snapshot.revert"):
            _put_back(sources, folder)
        set_state(host, uuid, {SNAPSHOTS: after})
        if not is_off(before):
            power.start_domain(host, domain)
        under_way.end(host, uuid)
    return Result(True, snapshots, after)


def _check_fits(entry, sources, folder, name):
    # type: (dict, list, str, str) -> None
    """Raise HostError ``illegal`` where a copy is missing, or is of a disk that is no longer there."""
    disks = [os.path.basename(source.path) for source in sources]
    if sorted(disks) != sorted(entry["disks"]):
        raise HostError("illegal", "%s is of %s; the disks now are %s" % (name, entry["disks"], disks))
    missing = [disk for disk in disks if not os.path.isfile(snapshot_path(folder, name, disk))]
    if missing:
        raise HostError("illegal", "%s lacks its copy of %s: it was deleted half" % (name, ", ".join(missing)))


def _prepare(source, copy):
    # type: (object, str) -> None
    """Make the file that is to become the disk, as large as the disk is now, owned as it is."""
    new = source.path + ".new"
    remove_file(new)
    if source.format == "qcow2":
        copy_file(copy, new)
    else:
        convert(copy, "qcow2", new, source.format)
    size = virtual_size(source.path, source.format)
    if virtual_size(new, source.format) < size:
        run_program(["qemu-img", "resize", "-q", "-f", source.format, "--", new, str(size)])
    try:
        found = os.stat(source.path)
        os.chmod(new, 0o600)
        if os.geteuid() == 0:
            os.chown(new, found.st_uid, found.st_gid)
        with open(new, "rb") as stream:
            os.fsync(stream.fileno())
    except OSError as error:
        raise io_failed(new, error) from error


def _put_back(sources, folder):
    # type: (list, str) -> None
    try:
        for source in sources:
            os.rename(source.path + ".new", source.path)
        sync_dir(folder)
    except OSError as error:
        raise io_failed(folder, error) from error


def delete(host, uuid, name, check=False):
    # type: (object, str, str, bool) -> Result
    """Remove a snapshot's copies; those made after it stay, as children of its parent.

    Raises: HostError ``illegal``.
    """
    domain, element, _spec = host.get_own(uuid)
    snapshots = _kept(element)
    entry = snapshots["kept"].get(name)
    if entry is None:
        return Result(False, snapshots, snapshots)
    refuse_illegal("snapshot", host.connection.power(domain), element)
    folder = instance_dir(host.state_dir, uuid)
    after = _without(snapshots, name)
    if not check:
        with failpoint.around("snapshot.remove"):
            for disk in entry["disks"]:
                remove_file(snapshot_path(folder, name, disk))
        set_state(host, uuid, {SNAPSHOTS: after if after["kept"] else None})
    return Result(True, snapshots, after)


def _without(snapshots, name):
    # type: (dict, str) -> dict
    parent = snapshots["kept"][name]["parent"]
    kept = {
        other: dict(entry, parent=parent) if entry["parent"] == name else entry
        for other, entry in snapshots["kept"].items()
        if other != name
    }
    return {"current": parent if snapshots["current"] == name else snapshots["current"], "kept": kept}


def untrue_reason(step, state):
    # type: (dict, dict) -> object
    """Return what is not as a step left it, or None; ``state`` is the instance's operational state."""
    snapshots = state.get(SNAPSHOTS) or {"current": None, "kept": {}}
    name, is_there = step["snapshot"], step["snapshot"] in snapshots["kept"]
    if step["what"] == "create" and not is_there:
        return "the snapshot is not there"
    if step["what"] == "delete" and is_there:
        return "the snapshot is still there"
    if step["what"] == "revert" and snapshots["current"] != name:
        return "its disks are those of %s" % snapshots["current"]
    return None
