# SPDX-License-Identifier: GPL-3.0-or-later
"""Power states: libvirt's numbers, and the words that plans and snapshots use. Pure."""

from __future__ import annotations

RUNNING = "running"
PAUSED = "paused"
SHUTOFF = "shutoff"
CRASHED = "crashed"  # the guest told that it panicked, and its definition keeps its process (on_crash: preserve)
SUSPENDED = "suspended"  # off, with its memory in a file from which the next start goes on (Nova's suspend)
ASLEEP = "asleep"  # the guest put itself to sleep (S3); libvirt calls it pmsuspended
UNKNOWN = "unknown"

POWER_STATES = (RUNNING, PAUSED, SHUTOFF, CRASHED, SUSPENDED, ASLEEP, UNKNOWN)

# virDomainState -> word. Source: nova/virt/libvirt/guest.py (LIBVIRT_POWER_STATE): blocked counts as running,
# being shut down counts as shut off.
POWER_FROM_LIBVIRT = {
    0: UNKNOWN,
    1: RUNNING,
    2: RUNNING,
    3: PAUSED,
    4: SHUTOFF,
    5: SHUTOFF,
    6: CRASHED,
    7: ASLEEP,
}


def power_from_libvirt(state):
    # type: (int) -> str
    """Return the word for a virDomainState number; a number from the future is ``unknown``."""
    return POWER_FROM_LIBVIRT.get(state, UNKNOWN)


def is_off(power):
    # type: (str) -> bool
    """Tell whether no guest process exists in this state."""
    return power in (SHUTOFF, SUSPENDED)


def is_shut(power):
    # type: (str) -> bool
    """Tell whether the guest is off, and nothing of its memory is kept."""
    return power == SHUTOFF
