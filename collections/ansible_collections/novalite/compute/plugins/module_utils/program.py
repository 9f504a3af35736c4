# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one of the host's programs, without a shell and with a deadline. Starts processes."""

from __future__ import annotations

import os
import subprocess

from .host_error import HostError

_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}


def run_program(arguments, timeout_s=120.0):
    # type: (list, float) -> bytes
    """Return what the program wrote. Raises: HostError ``tool_missing``, ``tool_failed`` or ``deadline``."""
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout_s,
            env=_ENVIRONMENT,
            cwd=os.path.sep,
            check=False,
        )
    except OSError as error:
        raise HostError("tool_missing", "%s: %s" % (arguments[0], error.strerror)) from error
    except subprocess.TimeoutExpired:
        raise HostError("deadline", "%s did not end in %g s" % (arguments[0], timeout_s)) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise HostError("tool_failed", "%s ended with %d: %s" % (arguments[0], done.returncode, said))
    return done.stdout
