# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest is powered off, in words: every line of a plan that does it says so. Pure."""

from __future__ import annotations

from novalite.shared import states

STOP_TIMEOUT_S = 60  # Source: nova/conf/compute.py, shutdown_timeout


def way_off(power: str, timeout_s: int | None = None) -> str:
    """Return how a guest in this power state goes off within ``timeout_s`` (0: at once)."""
    limit = STOP_TIMEOUT_S if timeout_s is None else timeout_s
    if not limit or power in (states.PAUSED, states.ASLEEP, states.CRASHED):
        return "its power is taken away at once"
    return f"by its power button, and after {limit} s its power is taken away"
