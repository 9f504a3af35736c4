# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that may never come back: libvirt's have no time limit of their own. Starts threads.

A call that is late is given up, not ended: its thread stays behind until the process ends, which does not wait for it.
"""

from __future__ import annotations

import threading

from .host_error import HostError


def call_in_time(function, limit_s, message):
    # type: (object, float, str) -> object
    """Return what a function returns, or raise what it raises. Raises: HostError ``deadline`` after ``limit_s``."""
    came = {}

    def work():
        # type: () -> None
        try:
            came["value"] = function()
        except BaseException as error:
            came["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit_s)
    if "error" in came:
        raise came["error"]
    if "value" not in came:
        raise HostError("deadline", "%s in %g s" % (message, limit_s))
    return came["value"]
