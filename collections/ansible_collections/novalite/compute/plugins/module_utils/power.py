# SPDX-License-Identifier: GPL-3.0-or-later
"""Powering instances of ours on and off. Talks to libvirtd, waits."""

from __future__ import annotations

import time

from . import failpoint
from .host_error import HostError
from .instance_folder import clear_markers
from .result import Result
from .states import CRASHED, PAUSED, RUNNING, SHUTOFF, SUSPENDED, is_off

_TICK_S = 0.2
_PRESS_AGAIN_S = 10.0  # Source: nova/conf/compute.py, shutdown_retry_interval

# What starting means, by the state it starts from.
_START_FROM = {SHUTOFF: "start", CRASHED: "start", PAUSED: "resume"}


def start(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Make an instance run. Raises: HostError ``differs`` where it is neither off, paused nor running."""
    domain, _element, _spec = host.get_own(uuid)
    if not check:
        clear_markers(host.state_dir, uuid)
    return start_domain(host, domain, check)


def start_domain(host, domain, check=False):
    # type: (object, object, bool) -> Result
    """Make a domain run that is known to be ours."""
    power = host.connection.power(domain)
    if power == RUNNING:
        return Result(False, {"power": power}, {"power": power}, power)
    way = _START_FROM.get(power)
    if way is None:
        raise HostError("differs", "it is %s: only its guest or an operator can make it run" % power)
    if not check:
        with failpoint.around("domain.start"):
            getattr(host.connection, way)(domain)
    return Result(True, {"power": power}, {"power": RUNNING}, RUNNING)


def stop(host, uuid, timeout_s, check=False):
    # type: (object, str, float, bool) -> Result
    """Ask the guest to power off; after ``timeout_s`` take its power away (at once for 0)."""
    domain, _element, _spec = host.get_own(uuid)
    power = host.connection.power(domain)
    if is_off(power):
        return Result(False, {"power": power}, {"power": power}, power)
    # A guest that does not run cannot react.
    if not check and (power in (PAUSED, SUSPENDED) or not _ask(host, domain, timeout_s)):
        with failpoint.around("domain.destroy"):
            host.connection.destroy(domain)
    return Result(True, {"power": power}, {"power": SHUTOFF}, SHUTOFF)


def _ask(host, domain, timeout_s):
    # type: (object, object, float) -> bool
    """Press the power button now and then until the guest is off; tell whether it went off in time."""
    begin = time.monotonic()
    pressed, is_heard = None, True
    while True:
        now = time.monotonic()
        if now - begin >= timeout_s:
            return is_off(host.connection.power(domain))
        # Where QEMU did not take the message, it still stands before its door: no second one behind it.
        if is_heard and (pressed is None or now - pressed >= _PRESS_AGAIN_S):
            with failpoint.around("domain.shutdown"):
                is_heard = host.connection.press_power_button(domain)
            pressed = now
        if is_off(host.connection.power(domain)):
            return True
        time.sleep(min(_TICK_S, timeout_s))
