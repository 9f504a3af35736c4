# SPDX-License-Identifier: GPL-3.0-or-later
"""The shelf: instances that were set aside on their host, as files. Their domains are undefined. Touches files.

A record ``shelf/UUID.json`` (durable, 0600) holds all that brings an instance back: its spec, its operational state,
the XML of its domain, its power before. It is there before anything else is done and until after all of it is undone,
so that no moment is without one: beside a domain it says that setting it aside, or bringing it back (``leaving``), was
interrupted; where there is no domain it is the instance. The folder is moved by a rename; where it lies tells how far
that came.

``why`` is ``trashed`` (``until`` a time, UTC, from which a plan may delete it), ``kept`` (no plan deletes it),
``shelved`` (Nova's SHELVED_OFFLOADED), or ``deleting`` (a plan said that all of it goes).
"""

from __future__ import annotations

import errno
import json
import os
import struct
import time
from xml.etree import ElementTree

from . import failpoint
from .canonical import canonical_json, fingerprint
from .domain_disk import CONFIG, ROOT
from .domain_usage import usage_from_spec
from .durable_file import io_failed, make_dir, read_file, remove_file, sync_dir, write_file
from .host_error import HostError
from .image_header import HEADER_BYTES, QCOW2_MAGIC
from .instance_folder import is_housekeeping, list_files
from .names import UUID
from .operational_state import SHELVED, TRASHED, lock_reason
from .paths import instance_dir, record_path, shelf_dir, shelved_dir

FORMAT = "novalite.shelf/1"
WHY_TRASHED = "trashed"
WHY_KEPT = "kept"
WHY_SHELVED = "shelved"
WHY_DELETING = "deleting"
WHYS = (WHY_TRASHED, WHY_KEPT, WHY_SHELVED, WHY_DELETING)
NVRAM_DIR = "/var/lib/libvirt/qemu/nvram"  # libvirt's own place, one file for each domain name
TPM_DIR = "/var/lib/libvirt/swtpm"  # libvirt's own place, one folder for each UUID

_KEYS = ("uuid", "why", "until", "leaving", "power", "spec", "state", "xml")


def new_record(spec, state, xml, power, why, keep_s=None):
    # type: (dict, dict, str, str, str, object) -> dict
    """Return the record of an instance; it may be deleted ``keep_s`` seconds from now (None: never)."""
    made = {"spec": spec, "state": state, "xml": xml, "power": power, "uuid": spec["uuid"], "leaving": False}
    return dict(made, why=why, until=until_from_now(keep_s))


def until_from_now(keep_s):
    # type: (object) -> object
    """Return the time so many seconds from now, as text; None for never."""
    if keep_s is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + keep_s))


def read_record(state_dir, uuid):
    # type: (str, str) -> object
    """Return the record of a UUID, or None. Raises: HostError ``state_unreadable`` for one that is damaged."""
    path = record_path(state_dir, uuid)
    data = read_file(path)
    if data is None:
        return None
    try:
        record = json.loads(data.decode("utf-8"))
        if record["format"] != FORMAT or record["uuid"] != uuid or record["spec"]["uuid"] != uuid:
            raise ValueError("it is that of something else")
        if record["why"] not in WHYS:
            raise ValueError("it says %r" % (record["why"],))
        return {key: record[key] for key in _KEYS}
    except (ValueError, KeyError, TypeError) as error:
        raise HostError("state_unreadable", "%s cannot be read: %s" % (path, error)) from error


def write_record(state_dir, record):
    # type: (str, dict) -> None
    """Make a record durable: from now on nothing of the instance is lost."""
    with failpoint.around("shelf.record"):
        make_dir(shelf_dir(state_dir))
        write_file(record_path(state_dir, record["uuid"]), canonical_json(dict(record, format=FORMAT)) + b"\n")


def forget_record(state_dir, uuid):
    # type: (str, str) -> None
    """Remove the record of an instance that is back, that never went, or of which nothing is left."""
    with failpoint.around("shelf.forget"):
        remove_file(record_path(state_dir, uuid))


def move_in(state_dir, uuid):
    # type: (str, str) -> None
    """Move the folder of an instance onto the shelf, if it is not there already."""
    with failpoint.around("shelf.move"):
        _move(instance_dir(state_dir, uuid), shelved_dir(state_dir, uuid))


def move_out(state_dir, uuid):
    # type: (str, str) -> None
    """Move the folder of an instance to where its domain looks for it."""
    with failpoint.around("shelf.return"):
        _move(shelved_dir(state_dir, uuid), instance_dir(state_dir, uuid))


def _move(source, goal):
    # type: (str, str) -> None
    if not os.path.isdir(source):
        return
    make_dir(os.path.dirname(goal))
    try:
        os.rename(source, goal)
        sync_dir(os.path.dirname(goal))
        sync_dir(os.path.dirname(source))
    except OSError as error:  # a folder that is not empty is never overwritten
        raise io_failed(goal, error) from error


def find_folder(state_dir, uuid):
    # type: (str, str) -> str
    """Return where the files of an instance on the shelf are: still, or again, in its own place if the move is not
    done.
    """
    folder = shelved_dir(state_dir, uuid)
    return folder if os.path.isdir(folder) else instance_dir(state_dir, uuid)


def refuse_kept(record):
    # type: (dict) -> None
    """Raise HostError ``protected`` where its mark protects an instance, or a lock does."""
    lock = lock_reason(record["state"])
    if record["spec"].get("protect") or lock is not None:
        raise HostError("protected", "%s is %s" % (record["spec"]["name"], "protected" if lock is None else "locked"))


def root_disk(state_dir, uuid):
    # type: (str, str) -> str
    """Return the path of the root disk of an instance, on the shelf or in its own place."""
    return os.path.join(find_folder(state_dir, uuid), ROOT)


def read_header(path):
    # type: (str) -> bytes
    """Return the first bytes of a file; none where there is no file."""
    try:
        with open(path, "rb") as stream:
            return stream.read(HEADER_BYTES)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return b""
        raise io_failed(path, error) from error


def is_overlay(path):
    # type: (str) -> bool
    """Tell whether a file is a qcow2 image that covers another one."""
    header = read_header(path)
    return header[:4] == QCOW2_MAGIC and struct.unpack(">Q", header[8:16])[0] != 0


def is_on_shelf(state_dir, uuid):
    # type: (str, str) -> bool
    """Tell whether a UUID has a record."""
    return os.path.lexists(record_path(state_dir, uuid))


def list_uuids(state_dir):
    # type: (str) -> list
    """Return the UUIDs that have a record, sorted."""
    names = [name[: -len(".json")] for name in list_files(shelf_dir(state_dir)) if name.endswith(".json")]
    return [name for name in names if UUID.fullmatch(name)]


def state_of(record):
    # type: (dict) -> dict
    """Return the operational state of an instance with a record: no mark can hold it while there is no domain."""
    leaving = {"leaving": True} if record["leaving"] else {}
    if record["why"] != WHY_SHELVED:
        trashed = dict(leaving, why=record["why"], until=record["until"], power=record["power"])
        return dict(record["state"], **{TRASHED: trashed})
    shelved = dict(record["state"].get(SHELVED) or {}, offloaded=True, **leaving)
    return dict(record["state"], **{SHELVED: shelved})


def list_entries(state_dir, without=()):
    # type: (str, object) -> list
    """Return the instances on the shelf as host facts carry them, sorted by UUID, those ``without`` left out: they have
    a domain. ``expired`` is by this host's clock.
    """
    now = until_from_now(0)
    entries = []
    for uuid in list_uuids(state_dir):
        record = None if uuid in without else read_record(state_dir, uuid)
        if record is not None:
            entries.append(_entry(state_dir, record, now))
    return entries


def _entry(state_dir, record, now):
    # type: (str, dict, str) -> dict
    spec, uuid = record["spec"], record["uuid"]
    state = state_of(record)
    disk = usage_from_spec(spec).get("DISK_GB")
    entry = {
        "uuid": uuid,
        "project": spec["project"],
        "name": spec["name"],
        "domain": spec["domain"],
        "why": record["why"],
        "until": record["until"],
        "expired": record["until"] is not None and record["until"] <= now,
        "power": record["power"],
        "spec": spec,
        "state": state,
        "disks": list_disks(state_dir, record),
        "usage": {"DISK_GB": disk} if disk else {},
        "fingerprint": fingerprint({"spec": spec, "power": record["power"], "state": state, "shelf": record["why"]}),
    }
    is_moved = not os.path.isdir(instance_dir(state_dir, uuid))
    is_flat = record["why"] != WHY_SHELVED or not is_overlay(root_disk(state_dir, uuid))
    if not (is_moved and is_flat) and not record["leaving"]:
        entry["unfinished"] = True
    return entry


def list_disks(state_dir, record):
    # type: (str, dict) -> list
    """Return every file that deleting an instance on the shelf destroys: its own, and what libvirt kept of it."""
    folder = find_folder(state_dir, record["uuid"])
    names = [name for name in list_files(folder) if name == CONFIG or not is_housekeeping(name)]
    return [os.path.join(folder, name) for name in names] + list(kept_by_libvirt(record))


def kept_by_libvirt(record):
    # type: (dict) -> list
    """Return the paths of the variables of its firmware and of the state of its TPM, those that are there."""
    domain = ElementTree.fromstring(record["xml"])
    has_tpm = domain.find("devices/tpm/backend[@type='emulator']") is not None
    paths = _nvram(domain) + ([os.path.join(TPM_DIR, record["uuid"])] if has_tpm else [])
    return [path for path in paths if os.path.lexists(path)]


def _nvram(domain):
    # type: (ElementTree.Element) -> list
    """Return where the variables of a domain's firmware may be; a definition need not say it before the first start."""
    element = domain.find("os/nvram")
    source = None if element is None else element.find("source")
    said = None if element is None else (element.text or "").strip() or (source is not None and source.get("file"))
    if said:
        return [said]
    has_variables = (
        domain.find("os[@firmware='efi']") is not None or domain.find("os/loader[@type='pflash']") is not None
    )
    return [os.path.join(NVRAM_DIR, "%s_VARS.fd" % domain.findtext("name"))] if has_variables else []
