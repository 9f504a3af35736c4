# SPDX-License-Identifier: GPL-3.0-or-later
"""Has cloud-init ended in a guest, and well? Asked of the agent (it reads a file), else read from the serial log.

Neither starts a program in the guest: under load that would take longer than what is waited for.
Source: cloudinit/cmd/main.py (result.json), cloudinit/cmd/status.py, tools/cloud-init-generator (disabled).
"""

from __future__ import annotations

import json
import re

RESULT = "/run/cloud-init/result.json"
DISABLED = "/run/cloud-init/disabled"
_FINISHED = re.compile(r"Cloud-init v\. \S+ finished at ")
# What makes cloud-init call a boot bad; other warnings do not.
_FAILED = re.compile(r"\[(?:WARNING|ERROR|CRITICAL)\]: (.*(?:Running module \S+ .*failed|Failed to run module).*)")
_COMPLAINED = re.compile(r"\[(?:WARNING|ERROR|CRITICAL)\]: (.+)")
_MOST_ERRORS = 3
_SHOWN = 300


def trouble(agent_file, text):
    # type: (object, str) -> tuple
    """Return (what is wrong or None, whether waiting is in vain).

    ``agent_file(path)`` returns a file's text, or None where there is no such file; raises LookupError, with the
    reason, where nobody in the guest can be asked. ``text`` is what it said on its serial port.
    """
    try:
        result = agent_file(RESULT)
        if result is None and agent_file(DISABLED) is not None:
            return "cloud-init is switched off in the guest: it found no config drive or metadata service", True
    except LookupError:
        return _from_serial(text)
    if result is None:
        return "cloud-init has not ended%s" % _complaint(text), False
    try:
        errors = json.loads(result)["v1"]["errors"]
    except (ValueError, KeyError, TypeError):
        return "%s in the guest cannot be read" % RESULT, False  # it may be half written
    return (_errors(errors), True) if errors else (None, False)


def _from_serial(text):
    # type: (str) -> tuple
    """Return the same where no agent tells: what cloud-init printed on the console."""
    if not _FINISHED.search(text):
        return "cloud-init did not say on the serial port that it has ended%s" % _complaint(text), False
    errors = _FAILED.findall(text)
    return (_errors(errors), True) if errors else (None, False)


def _errors(errors):
    # type: (list) -> str
    told = "; ".join(_line(error) for error in errors[:_MOST_ERRORS])
    more = len(errors) - _MOST_ERRORS
    return "cloud-init status: error: %s%s" % (told, " (and %d more)" % more if more > 0 else "")


def _complaint(text):
    # type: (str) -> str
    """Return the last thing that cloud-init complained of, else the last line, as the end of a sentence."""
    found = _COMPLAINED.findall(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if found:
        return "; it warned: %s" % _line(found[-1])
    return "; last on the serial port: %s" % _line(lines[-1]) if lines else "; nothing on the serial port"


def _line(text):
    # type: (object) -> str
    """Return text of a guest as one short line without control characters."""
    words = " ".join(str(text).split())
    clean = "".join(letter if letter.isprintable() else "?" for letter in words)
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 3] + "..."
