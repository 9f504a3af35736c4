# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole definition of domains that somebody else made, for adopting them. Talks to libvirtd, reads disks, changes
nothing.

``{"uuid", "domain", "power", "persistent", "xml", "sha256", "disks"}`` for each: ``xml`` is what it will be at its next
start, ``sha256`` its meaning (domain_meaning.py), ``disks`` are ``{"target", "path", "virtual_bytes", "chain", "image",
"error"}``: ``chain`` are the files below the path, ``image`` is the SHA-256 of the last of them where that is known.
"""

from __future__ import annotations

import hashlib
import json
import os
from xml.etree import ElementTree

from .deadline import call_in_time
from .domain_meaning import meaning_sha256, parts_of_domain
from .domain_usage import read_network_mounts
from .host_error import HostError
from .packed import pack
from .program import run_program
from .result import Result

_INFO_S = 30
_READ_S = 900
_CHUNK = 1024 * 1024


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Return ``packed``: the domains of ``wanted["uuids"]``. ``images`` are those whose digest may be looked for,
    SHA-256 -> size in bytes, besides those that the host holds. Check mode is the same.
    """
    del check
    sizes = dict(_sizes_here(host.state_dir), **wanted["images"])
    look = _Disks(host.state_dir, sizes)
    rows = [row for row in host.connection.list_domains() if row.uuid in wanted["uuids"]]
    found = call_in_time(lambda: [_domain(host, row, look) for row in rows], _READ_S, "reading the disks did not end")
    return Result(False, facts={"packed": pack({"domains": [one for one in found if one is not None]})})


def _domain(host, row, look):
    # type: (object, object, _Disks) -> object
    text = host.connection.domain_xml(row.domain)
    if text is None:
        return None
    element = ElementTree.fromstring(text)
    disks = [look.disk(disk) for disk in element.findall("devices/disk") if disk.get("device") in (None, "disk", "lun")]
    return {
        "uuid": row.uuid,
        "domain": row.name,
        "power": row.power,
        "persistent": row.persistent,
        "xml": text,
        "sha256": meaning_sha256(parts_of_domain(element)),
        "disks": [disk for disk in disks if disk is not None],
    }


class _Disks(object):
    """Looks at disks with qemu-img; hashes a base only where its size is that of an image that is known."""

    def __init__(self, state_dir, sizes):
        # type: (str, dict) -> None
        self.folder = os.path.join(state_dir, "images")
        self.sizes = sizes
        self.remote = read_network_mounts()
        self.known = {}  # path of a base -> SHA-256 or None

    def disk(self, element):
        # type: (object) -> object
        """Return what one disk is made of, or None where it is no file or block device of this host."""
        source, target, driver = element.find("source"), element.find("target"), element.find("driver")
        path = None if source is None else source.get("file") or source.get("dev")
        if path is None or target is None:
            return None
        found = {"target": target.get("dev"), "path": path, "virtual_bytes": None, "chain": [], "image": None}
        try:
            rows = _chain(path, driver.get("type", "raw") if driver is not None else "raw")
            found["virtual_bytes"] = rows[0]["virtual-size"]
            found["chain"] = [row["filename"] for row in rows[1:]]
            found["image"] = self.image(found["chain"][-1]) if found["chain"] else None
        except (HostError, ValueError, KeyError, IndexError, TypeError) as error:
            found["error"] = str(error)
        return found

    def image(self, path):
        # type: (str) -> object
        """Return the SHA-256 of a base, where it is one of the known images."""
        stem, ending = os.path.splitext(os.path.basename(path))
        if os.path.dirname(path) == self.folder and ending in (".qcow2", ".raw") and len(stem) == 64:
            return stem  # the name is the proof (image.py)
        if path not in self.known:
            self.known[path] = self._hashed(path)
        return self.known[path]

    def _hashed(self, path):
        # type: (str) -> object
        if path.startswith(self.remote):
            return None
        try:
            if not os.path.isfile(path) or os.path.getsize(path) not in self.sizes.values():
                return None
            digest = hashlib.sha256()
            with open(path, "rb") as stream:
                for data in iter(lambda: stream.read(_CHUNK), b""):
                    digest.update(data)
        except OSError:
            return None
        return digest.hexdigest() if digest.hexdigest() in self.sizes else None


def _chain(path, disk_format):
    # type: (str, str) -> list
    """Return what qemu-img says of a disk and of the files below it; it may be in use (-U)."""
    words = ["qemu-img", "info", "-U", "--output=json", "--backing-chain", "-f", disk_format, "--", path]
    return json.loads(run_program(words, _INFO_S).decode("utf-8"))


def _sizes_here(state_dir):
    # type: (str) -> dict
    folder = os.path.join(state_dir, "images")
    found = {}
    try:
        for name in os.listdir(folder):
            stem, ending = os.path.splitext(name)
            if ending in (".qcow2", ".raw"):
                found[stem] = os.path.getsize(os.path.join(folder, name))
    except OSError:
        pass
    return found
