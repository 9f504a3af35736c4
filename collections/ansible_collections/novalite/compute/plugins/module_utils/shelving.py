# SPDX-License-Identifier: GPL-3.0-or-later
"""Shelving: an instance that is not needed for a while is powered off and stays so; offloaded, it takes disk only.
Talks to libvirtd, touches files, runs qemu-img.

The state's key ``shelved`` is ``{"declared": whether the fleet said so}``, and ``offloaded`` while it lies on the
shelf. Offloaded it has no domain, and its root disk needs no image any more. Brought back, the root disk covers the
image again if the host still has it: whoever defines the domain anew from the spec relies on that. Source:
nova/compute/manager.py, shelve_instance, shelve_offload_instance, unshelve_instance.
"""

from __future__ import annotations

import json
import os
import struct
from xml.etree import ElementTree

from . import failpoint, power, shelf
from .canonical import canonical_json
from .domain_disk import ROOT
from .durable_file import remove_file, sync_file_system
from .host_error import HostError
from .image import has_image
from .image_header import QCOW2_MAGIC
from .instance import set_state
from .metadata import STATE_TAG, TAG, state_from_domain
from .operational_state import SHELVED
from .paths import image_path
from .program import run_program
from .result import Result
from .states import RUNNING, SHUTOFF, SUSPENDED, is_off
from .trash import bring_back, set_aside

_CONVERT_S = 6 * 3600.0


def shelve(host, uuid, timeout_s, declared=False, check=False):
    # type: (object, str, float, bool, bool) -> Result
    """Power it off, unless its memory is kept in a file, and mark it as shelved. Raises: HostError ``illegal``."""
    domain, element, _spec = host.get_own(uuid)
    before = host.connection.power(domain)
    is_marked = SHELVED in state_from_domain(element)
    if not is_marked:
        power.refuse_illegal("shelve", before, element)
    elif is_off(before):
        return Result(False, {"power": before}, {"power": before}, before)
    if not check:
        if before != SUSPENDED:
            power.stop(host, uuid, timeout_s)
        if not is_marked:
            set_state(host, uuid, {SHELVED: {"declared": declared}})
    return Result(True, {"power": before}, {"power": SHUTOFF}, SHUTOFF)


def offload(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Put a shelved instance onto the shelf, and make its root disk one that needs no image. Raises: HostError
    ``illegal``, ``not_found``.
    """
    domain, element, spec = host.find_own(uuid)
    record = shelf.read_record(host.state_dir, uuid)
    if domain is None and record is None:
        raise HostError("not_found", "no instance %s here" % uuid)
    if domain is not None:
        _check_offloadable(host, domain, element, uuid)
    elif record["why"] != shelf.WHY_SHELVED:
        raise HostError("illegal", "it is in the trash")
    if not check:
        if domain is not None:
            set_aside(host, (domain, element, spec), shelf.WHY_SHELVED, None, 0)
        elif record["leaving"]:
            shelf.write_record(host.state_dir, dict(record, leaving=False))
        shelf.move_in(host.state_dir, uuid)
        flatten(host.state_dir, shelf.root_disk(host.state_dir, uuid))
    return Result(True, {"shelf": None}, {"shelf": shelf.WHY_SHELVED}, SHUTOFF)


def _check_offloadable(host, domain, element, uuid):
    # type: (object, object, object, str) -> None
    now = host.connection.power(domain)
    power.refuse_illegal("offload", now, element)
    if now == SUSPENDED:
        raise HostError("illegal", "its saved memory would be lost: unshelve it, stop it, and shelve it again")
    if not is_off(now):
        raise HostError("illegal", "it is %s, although it is shelved: stop it first" % now)
    if _count_snapshots(shelf.root_disk(host.state_dir, uuid)):
        raise HostError("illegal", "there are snapshots in its disk, which offloading would lose: delete them first")


def _count_snapshots(path):
    # type: (str) -> int
    """Return how many internal snapshots a qcow2 file has. Source: QEMU, docs/interop/qcow2.txt."""
    header = shelf.read_header(path)
    return struct.unpack(">I", header[60:64])[0] if header[:4] == QCOW2_MAGIC and len(header) >= 64 else 0


def flatten(state_dir, path):
    # type: (str, str) -> None
    """Make a disk that covers an image one that holds all of it, compressed; nothing to do for one that covers none."""
    if not shelf.is_overlay(path):
        return
    part = path + ".new"
    remove_file(part)
    try:
        arguments = ["qemu-img", "convert", "-q", "-c", "-f", "qcow2", "-O", "qcow2", "--", path, part]
        run_program(arguments, _CONVERT_S)
        os.chmod(part, 0o600)
        sync_file_system(state_dir)
        with failpoint.around("shelf.flatten"):
            os.rename(part, path)
        sync_file_system(state_dir)
    finally:
        remove_file(part)


def unshelve(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Make a shelved instance run, offloaded or not. Raises: HostError ``illegal``, ``not_found``, ``name_taken``."""
    record = shelf.read_record(host.state_dir, uuid)
    if record is not None and (record["leaving"] or not host.has_uuid(uuid)):
        if record["why"] != shelf.WHY_SHELVED:
            raise HostError("illegal", "it is in the trash")
        return bring_back(host, record, RUNNING, check, lambda found: _ready(host, found))
    domain, element, _spec = host.get_own(uuid)
    before = host.connection.power(domain)
    if SHELVED not in state_from_domain(element):
        if before == RUNNING:
            return Result(False, {"power": before}, {"power": before}, before)
        power.refuse_illegal("unshelve", before, element)
    if not check:
        power.start(host, uuid)
        set_state(host, uuid, {SHELVED: None})
    return Result(True, {"power": before}, {"power": RUNNING}, RUNNING)


def _ready(host, record):
    # type: (object, dict) -> str
    """Make the disk what the domain says of it, or the other way round; return the XML, not shelved any more.

    The definition names the image below the disk. QEMU would obey that for a disk that covers none, too, and show the
    guest the image's content wherever the disk is empty.
    """
    domain = ElementTree.fromstring(record["xml"])
    path = shelf.root_disk(host.state_dir, record["uuid"])
    for disk in domain.findall("devices/disk"):
        source, backing = disk.find("source"), disk.find("backingStore")
        is_root = source is not None and os.path.basename(source.get("file") or "") == ROOT
        is_meant = is_root and backing is not None and backing.find("source") is not None
        if is_meant and not shelf.is_overlay(path) and not _cover(host.state_dir, record["spec"]["image"], path):
            disk.remove(backing)
    state = domain.find("metadata/%s/%s" % (TAG, STATE_TAG))
    if state is not None:
        left = {key: value for key, value in json.loads(state.text).items() if key != SHELVED}
        state.text = canonical_json(left).decode("utf-8")
    return ElementTree.tostring(domain, encoding="unicode")


def _cover(state_dir, image, path):
    # type: (str, dict, str) -> bool
    """Let a disk cover its image again, its content being the same; tell whether the image is there to be covered."""
    if not has_image(state_dir, image["sha256"], image["format"]):
        return False
    base = image_path(state_dir, image["sha256"], image["format"])
    arguments = ["qemu-img", "rebase", "-q", "-f", "qcow2", "-F", image["format"], "-b", base, "--", path]
    with failpoint.around("shelf.cover"):
        run_program(arguments, _CONVERT_S)
        sync_file_system(state_dir)
    return True
