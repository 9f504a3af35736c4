# SPDX-License-Identifier: GPL-3.0-or-later
"""Locking an instance against everything but looking and unlocking, with a reason; kept in its mark. Talks to libvirtd.

The state's key ``lock`` is ``{"reason": text}``.
"""

from __future__ import annotations

from .instance import set_state
from .operational_state import LOCK
from .result import Result  # noqa: F401 (in type comments)


def lock(host, uuid, reason, check=False):
    # type: (object, str, str, bool) -> Result
    """Lock it, or give its lock another reason."""
    return set_state(host, uuid, {LOCK: {"reason": reason}}, check)


def unlock(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Take its lock away."""
    return set_state(host, uuid, {LOCK: None}, check)
