# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest said on its first serial port: kept by libvirt's virtlogd in the instance's folder. Touches files.

libvirt begins the file anew whenever it starts a domain (``append='off'``); the one before is kept under another name
where we start it. virtlogd itself lets it grow to 2 MiB, then goes on in an empty file.

Source: nova/virt/libvirt/driver.py, get_console_output, for the size of an answer.
"""

from __future__ import annotations

import errno
import os
import stat

from .durable_file import io_failed
from .find_own import find_called, find_set_aside, identity
from .instance_folder import CONSOLE
from .packed import pack
from .paths import instance_dir
from .result import Result

PREVIOUS = CONSOLE + ".previous"
MOST_BYTES = 256 * 1024


def keep_previous(state_dir, instance_uuid):
    # type: (str, str) -> None
    """Keep what was said so far, before a start that begins the file anew; where nothing was said, nothing changes."""
    folder = instance_dir(state_dir, instance_uuid)
    path = os.path.join(folder, CONSOLE)
    try:
        if os.path.getsize(path):
            os.rename(path, os.path.join(folder, PREVIOUS))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise io_failed(path, error) from error


def read_log(path, lines, since, most=MOST_BYTES):
    # type: (str, int, object, int) -> dict
    """Return ``{"text", "end", "run", "is_cut"}``: the last lines of a file (0: all), or what came after ``since``.

    ``since`` is (run, end) of an earlier answer; another run means that the file was begun anew, and is read from its
    beginning. No answer is longer than ``most`` bytes: then it is cut at its beginning, and says so.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return {"text": "", "end": 0, "run": "", "is_cut": False}
        raise io_failed(path, error) from error
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        size = found.st_size if stat.S_ISREG(found.st_mode) else 0
        run = "%d" % found.st_ino
        begin = since[1] if since is not None and since[0] == run and since[1] <= size else 0
        place = max(begin, size - most)
        stream.seek(place)
        data = stream.read(size - place)
    if since is None and lines:
        data = b"".join(data.splitlines(True)[-lines:])
    is_cut = place > begin and (not lines or data.count(b"\n") < lines)
    return {"text": data.decode("utf-8", "replace"), "end": size, "run": run, "is_cut": is_cut}


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Return what the instances called ``wanted["name"]`` said; nothing is ever changed, and no lock is taken."""
    del check
    name = PREVIOUS if wanted["previous"] else CONSOLE
    since = (wanted["run"], wanted["end"]) if wanted["run"] else None
    answers = []
    for _domain, _element, spec, power in find_called(host, wanted["name"], wanted["project"]):
        path = os.path.join(instance_dir(host.state_dir, spec["uuid"]), name)
        answers.append(dict(identity(spec, power), **read_log(path, wanted["lines"], since)))
    answers += find_set_aside(host, wanted["name"], wanted["project"])
    return Result(False, facts={"packed": pack(answers)})
