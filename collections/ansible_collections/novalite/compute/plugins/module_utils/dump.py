# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash dumps: a guest's memory in a file of its folder; the guest goes on. Talks to libvirtd, touches files.

Nova's crash dump presses the guest's NMI button and leaves the dump to the guest; this one needs nothing of the guest.
"""

from __future__ import annotations

import os
import re

from . import failpoint
from .durable_file import io_failed, make_dir, remove_file, sync_dir
from .host_error import HostError
from .paths import instance_dir
from .power import refuse_illegal
from .result import Result

NAME = re.compile(r"dump-[0-9]{4,}\.(kdump|elf)")


def dump(host, uuid, name, check=False):
    # type: (object, str, str, bool) -> Result
    """Write its memory to ``name`` in its folder: ``dump-NUMBER.kdump`` (compressed, for crash) or ``.elf`` (for gdb).

    Raises: HostError ``illegal``, ``bad_request``.
    """
    if NAME.fullmatch(name) is None:
        raise HostError("bad_request", "%r is no name of a dump" % (name,))
    domain, element, _spec = host.get_own(uuid)
    path = os.path.join(instance_dir(host.state_dir, uuid), name)
    if os.path.lexists(path):
        return Result(False, {"dump": path}, {"dump": path}, facts=_told(path))
    refuse_illegal("dump", host.connection.power(domain), element)
    if check:
        return Result(True, {"dump": None}, {"dump": path})
    part = path + ".part"
    make_dir(os.path.dirname(path))
    remove_file(part)
    try:
        with failpoint.around("dump.write"):
            host.connection.dump_memory(domain, part, name.endswith(".elf"))
            publish(part, path)
    except HostError:
        remove_file(part)
        raise
    return Result(True, {"dump": None}, {"dump": path}, facts=_told(path))


def publish(part, path, mode=0o600):
    # type: (str, str, int) -> None
    """Give a file that libvirt or a program wrote its mode, owner and name, durably."""
    try:
        with open(part, "rb") as stream:
            os.fchmod(stream.fileno(), mode)
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), 0, 0)
            os.fsync(stream.fileno())
        os.rename(part, path)
        sync_dir(os.path.dirname(path))
    except OSError as error:
        raise io_failed(part, error) from error


def _told(path):
    # type: (str) -> dict
    return {"path": path, "size_bytes": os.path.getsize(path)}
