# SPDX-License-Identifier: GPL-3.0-or-later
"""What instances are told, read from ``instances/UUID/metadata.json``; what they told us, beside it. Touches files.

A document is read again when it is another file than before; its contents are never kept in memory.
"""

from __future__ import annotations

import base64
import errno
import ipaddress
import json
import os
import re

FORMAT = "novalite.metadata/1"
DOCUMENT = "metadata.json"
PASSWORD = "metadata.password"
PASSWORD_BYTES = 1020  # Nova's, 4 x 255
DELETING = ".deleting"
MOST_BYTES = 64 << 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Known(object):
    """Who an instance is: ``uuid``, ``has_drive``, and ``ports``, pairs of MAC and addresses."""

    def __init__(self, said):
        # type: (dict) -> None
        self.uuid = said["uuid"]
        self.has_drive = bool(said["has_drive"])
        self.ports = [
            (port["mac"].lower(), frozenset(str(ipaddress.ip_address(address)) for address in port["addresses"]))
            for port in said["ports"]
        ]


class Documents(object):
    """The instances of a host that are told something."""

    def __init__(self, state_dir):
        # type: (str) -> None
        self.folder = os.path.join(state_dir, "instances")
        self._seen = {}

    def known(self):
        # type: () -> list
        """Return the instances that are on the host now, each as ``Known``; what cannot be read is nobody."""
        seen = {}
        names = set(_list(self.folder))
        for name in names:
            if _UUID.fullmatch(name) and name + DELETING not in names:
                stamp = _stamp(os.path.join(self.folder, name, DOCUMENT))
                if stamp is None:
                    continue
                old = self._seen.get(name)
                seen[name] = old if old is not None and old[0] == stamp else (stamp, self._read_known(name))
        self._seen = seen
        return [known for _stamp, known in seen.values() if known is not None]

    def _read_known(self, uuid):
        # type: (str) -> object
        try:
            said = self._read(uuid)
            return None if said is None else Known(said)
        except (KeyError, TypeError, AttributeError, ValueError):
            return None

    def _read(self, uuid):
        # type: (str) -> object
        try:
            said = json.loads(_read_own(os.path.join(self.folder, uuid, DOCUMENT)).decode("utf-8"))
            return said if said["format"] == FORMAT and said["uuid"] == uuid else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def tree(self, uuid):
        # type: (str) -> object
        """Return path -> bytes of what an instance is told now, or None."""
        said = self._read(uuid)
        try:
            return said and {path: base64.b64decode(said["contents"][digest]) for path, digest in said["tree"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def password(self, uuid):
        # type: (str) -> bytes
        """Return what the guest posted, or nothing."""
        try:
            return _read_own(os.path.join(self.folder, uuid, PASSWORD))
        except OSError:
            return b""

    def keep_password(self, uuid, data):
        # type: (str, bytes) -> bool
        """Keep what the guest posted; tell whether there was none before. Raises: OSError."""
        path = os.path.join(self.folder, uuid, PASSWORD)
        if not data:  # it counts as none in Nova
            return not os.path.lexists(path)
        part = path + ".new"
        try:
            os.unlink(part)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(part, path)  # unlike a rename it never replaces
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
            return False
        finally:
            os.unlink(part)
        return True


def _list(folder):
    # type: (str) -> list
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _stamp(path):
    # type: (str) -> object
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _read_own(path):
    # type: (str) -> bytes
    """Return the bytes of a file of ours: no link, nobody else's. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or status.st_mode & 0o170022 != 0o100000 or status.st_size > MOST_BYTES:
            raise OSError(errno.EPERM, "not a file of ours", path)
        return stream.read()
