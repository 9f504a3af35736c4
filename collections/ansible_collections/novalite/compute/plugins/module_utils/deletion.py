# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting an instance: power off, undefine, remove the files that the plan named. Talks to libvirtd, touches files.

The order makes every interruption repeatable: what is marked as being deleted stays so until its last file is gone.
"""

from __future__ import annotations

import os

from . import failpoint, shelf
from .domain_read import own_files, read_domain
from .host_error import HostError
from .instance_folder import begin_deleting, clear_markers, is_marked, list_files, remove_folder
from .metadata import state_from_domain
from .operational_state import lock_reason
from .paths import instance_dir, shelved_dir
from .result import Result
from .shelf_deletion import delete_from_shelf
from .states import SHUTOFF, is_off


def check_disks(folder, disks, besides=None):
    # type: (str, list, object) -> None
    """Raise HostError ``bad_request`` unless all paths lie directly in the instance's own folder, or ``besides``."""
    for path in disks:
        name = os.path.basename(path)
        is_own = path in [os.path.join(own, name) for own in (folder, besides) if own is not None]
        if name in ("", ".", "..") or not is_own:
            raise HostError("bad_request", "%s is not a file of the instance's folder %s" % (path, folder))


def delete(host, uuid, disks, check=False):
    # type: (object, str, list, bool) -> Result
    """Make an instance not exist, and destroy exactly the files named in ``disks``, the console log and the config
    drive.

    Raises: HostError ``foreign_domain``, ``mark_unreadable``, ``protected``, ``in_use``, ``files_left``.
    """
    folder = instance_dir(host.state_dir, uuid)
    domain, element, spec = host.find_own(uuid)
    if domain is None and shelf.is_on_shelf(host.state_dir, uuid):
        return delete_from_shelf(host, uuid, disks, check)
    check_disks(folder, disks, shelved_dir(host.state_dir, uuid))
    check_unused(host, uuid, disks)
    if domain is None:
        return _delete_rest(folder, disks, check)
    refuse_kept(spec, element)
    power = host.connection.power(domain)
    files = own_files(read_domain(element), folder)
    before = {"spec": spec, "power": power, "files": files}
    if not check:
        clear_markers(host.state_dir, uuid)  # a move onto the shelf that was interrupted is not wanted any more
        begin_deleting(folder, spec)
        try:
            _take_away(host, domain, power)
        except HostError:
            # It is still there, and may stay: the marker must not outlive this attempt and doom its files later.
            if host.connection.find_domain(uuid) is not None:
                clear_markers(host.state_dir, uuid)
            raise
        host.note_undefined(element.findtext("name"), uuid)
        remove_folder(folder, disks)
    return Result(True, before, {"spec": None, "power": None, "files": []}, SHUTOFF)


def refuse_kept(spec, element):
    # type: (dict, object) -> None
    """Raise HostError ``protected`` where the mark protects an instance, or a lock does, or it was adopted."""
    if spec.get("adopted"):
        raise HostError("protected", "%s was adopted: it is released, never deleted" % spec["name"])
    if spec.get("protect"):
        raise HostError(
            "protected",
            "%s is protected on this host: apply it with protect: false first, and delete it in a plan made after that"
            % spec["name"],
        )
    lock = lock_reason(state_from_domain(element))
    if lock is not None:
        raise HostError("protected", "%s is locked (%s): unlock it first" % (spec["name"], lock))


def check_unused(host, uuid, disks):
    # type: (object, str, list) -> None
    """Raise HostError ``in_use`` where another domain has one of the files for a disk."""
    for path in disks:
        others = host.disk_users(path) - {uuid}
        if others:
            raise HostError("in_use", "%s is a disk of another domain too, %s" % (path, ", ".join(sorted(others))))


def _take_away(host, domain, power):
    # type: (object, object, str) -> None
    """Power a domain off and undefine it. Raises: HostError ``in_use`` where somebody else started it in between."""
    if not is_off(power):
        with failpoint.around("domain.destroy"):
            host.connection.destroy(domain)
    with failpoint.around("domain.undefine"):
        host.connection.undefine(domain)
    # A domain that runs while it is undefined goes on without a definition, on the disks that would go now.
    if not is_off(host.connection.power(domain)):
        raise HostError("in_use", "%s runs again: somebody else started it; its files are left" % domain.name())


def _delete_rest(folder, disks, check):
    # type: (str, list, bool) -> Result
    """Remove what is left where the domain is gone already: an interrupted deletion, or files that the plan names."""
    names = list_files(folder)
    is_empty = os.path.isdir(folder) and not names
    is_there = is_marked(folder) or is_empty or any(os.path.lexists(path) for path in disks)
    if is_there and not check:
        remove_folder(folder, disks)
    return Result(is_there, {"spec": None, "files": names}, {"spec": None, "files": [] if is_there else names}, SHUTOFF)
