# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain's definition kept in a file of its folder, so that a rescue or a resize can put it back byte for byte. Talks
to libvirtd, touches files.
"""

from __future__ import annotations

import os

from . import failpoint
from .durable_file import read_file, remove_file, write_file
from .host_error import HostError
from .instance_folder import DEFINITION
from .paths import instance_dir


def keep(host, domain, uuid):
    # type: (object, object, str) -> str
    """Write down what the domain will be at its next start, secrets too, and return it."""
    text = host.connection.definition(domain)
    write_file(_path(host, uuid), text.encode("utf-8"))
    return str(text)


def put_back(host, uuid):
    # type: (object, str) -> object
    """Define the domain as it was and return it. Raises: HostError ``state_unreadable`` where the file is gone."""
    text = read_file(_path(host, uuid))
    if text is None:
        raise HostError("state_unreadable", "%s is gone: what was before is not known" % _path(host, uuid))
    with failpoint.around("domain.define"):
        return host.connection.define(text.decode("utf-8"), validate=False)


def forget(host, uuid):
    # type: (object, str) -> None
    """Remove the file."""
    remove_file(_path(host, uuid))


def _path(host, uuid):
    # type: (object, str) -> str
    return os.path.join(instance_dir(host.state_dir, uuid), DEFINITION)
