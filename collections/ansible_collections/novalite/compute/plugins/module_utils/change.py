# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing an instance that exists: files, definition, then what runs. Talks to libvirtd, touches files.

The order makes every interruption repeatable: disks grow and new ones are durable before a definition names them, the
definition is true before the guest is touched, and files go when nothing uses them any more. What cannot be changed
while the guest runs is in its definition and waits for the next power-on: it is pending, and the facts say so.
"""

from __future__ import annotations

import os
from xml.etree import ElementTree

from . import deletion, failpoint, power, volume
from .domain_read import drift, own_files, read_domain
from .durable_file import remove_file, sync_file_system
from .host_error import HostError
from .image import has_image
from .instance_folder import clear_markers
from .live import apply_live, hot_changes, look
from .metadata import state_from_domain
from .operational_state import snapshots_reason
from .paths import instance_dir
from .pci_slots import assign_slots
from .redefine import redefine
from .result import Result
from .states import is_off

_AT_BIRTH = "the guest reads it at first boot: rebuild it"
# What no change in place can make true, and what can.
_OTHER_WAYS = {
    "uuid": "an instance keeps its identity",
    "project": "an instance keeps its identity",
    "domain": "an instance keeps its identity",
    "user_data_sha256": "the guest has read its user data: rebuild it",
    "image.sha256": "its root disk was made from the image: rebuild it",
    "image.format": "its root disk was made from the image: rebuild it",
    "image.properties.novalite_seed": _AT_BIRTH,
    "hostname": _AT_BIRTH,
    "config_drive": _AT_BIRTH,
    "files": _AT_BIRTH,
    "vendor_data_sha256": _AT_BIRTH,
    "vendor_targets": _AT_BIRTH,
    "admin_pass_sha256": _AT_BIRTH,
    "host_key": _AT_BIRTH,
    "guest_links": _AT_BIRTH,
}


def change(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make an instance what ``wanted["spec"]`` says; its power stays as it is.

    ``destroys`` are the disk files that go; ``leave``, if there, the paths of drift that are ignored, and stay.
    Raises: HostError ``differs`` or ``illegal`` where that cannot be, ``image_missing``, and ``not_true`` where what
    runs could not be changed: then it is pending.
    """
    spec, uuid = wanted["spec"], wanted["spec"]["uuid"]
    domain, element, there = host.get_own(uuid)
    state = host.connection.power(domain)
    _refuse(host, spec, there, state, element, wanted["destroys"])
    folder = instance_dir(host.state_dir, uuid)
    deletion.check_disks(folder, wanted["destroys"])
    growing = volume.find_growing(host.state_dir, there, spec, not is_off(state))
    paths = [
        entry["path"] for entry in drift(spec, read_domain(element)) if entry["path"] not in wanted.get("leave", ())
    ]
    is_defined = there == spec and not paths and host.connection.is_persistent(domain)
    changed = bool(growing) or not is_defined or _has_files_to_go(wanted["destroys"])
    if check:
        changed = changed or (not is_off(state) and bool(hot_changes(look(host, domain))))
        return Result(changed, {"spec": there}, {"spec": spec}, state)
    _make_disks(host, domain, spec, growing, state)
    if not is_defined:
        _define(host, domain, element, (there, spec), paths, state)
    failed = {}
    if not is_off(state):
        moved, failed = apply_live(host, domain)
        changed = changed or moved
    _remove(host, domain, folder, wanted["destroys"])
    clear_markers(host.state_dir, uuid)
    if failed:
        told = "; ".join("%s: %s" % item for item in sorted(failed.items()))
        raise HostError("not_true", "%s. It is defined, and waits for the next power-on" % told)
    return Result(changed, {"spec": there}, {"spec": spec}, state)


def _refuse(host, spec, there, state, element, destroys):
    # type: (object, dict, dict, str, object, list) -> None
    power.refuse_illegal("change", state, element)
    kept = snapshots_reason(state_from_domain(element))
    if kept is not None and _has_files_to_go(destroys):
        raise HostError("illegal", "%s: a disk of theirs would go" % kept)
    for path, way in _OTHER_WAYS.items():
        values = []
        for value in (there, spec):
            for key in path.split("."):
                value = value.get(key)
            values.append(value)
        if values[0] != values[1]:
            raise HostError("differs", "it exists with another %s: %s" % (path, way))
    medium = spec.get("cdrom")
    if medium and not has_image(host.state_dir, medium["sha256"], medium["format"]):
        raise HostError("image_missing", "image %s is not on this host" % medium["sha256"])


def _has_files_to_go(paths):
    # type: (list) -> bool
    return any(os.path.lexists(path) for path in paths)


def _make_disks(host, domain, spec, growing, state):
    # type: (object, object, dict, dict, str) -> None
    """Grow disks and make new ones, durable before the definition speaks of them."""
    for path, size in sorted(growing.items()):
        with failpoint.around("disk.grow"):
            if is_off(state):
                volume.grow(path, size)
            else:
                host.connection.resize_disk(domain, path, size)
    made = volume.make(host, {"spec": spec})
    if made.changed or growing:
        sync_file_system(host.state_dir)


def _define(host, domain, element, specs, paths, state):
    # type: (object, object, object, tuple, list, str) -> None
    existing = ElementTree.fromstring(host.connection.definition(domain))
    try:
        made = redefine(existing, specs[0], specs[1], host.state_dir, paths, state_from_domain(element))
    except KeyError as error:
        raise HostError("differs", "it differs in %s, which cannot be changed in place" % error) from error
    if not is_off(state):
        assign_slots(made, look(host, domain).running)
    with failpoint.around("domain.define"):
        host.connection.define(ElementTree.tostring(made, encoding="unicode"), validate=False)


def _remove(host, domain, folder, paths):
    # type: (object, object, str, list) -> None
    """Remove files that nothing uses any more; one that the guest did not let go of stays, and stays listed."""
    texts = [host.connection.domain_xml(domain), host.connection.running_xml(domain)]
    used = {path for text in texts if text for path in own_files(read_domain(text), folder)}
    going = [path for path in paths if path not in used and os.path.lexists(path)]
    if going:
        with failpoint.around("files.remove"):
            for path in going:
                remove_file(path)
