# SPDX-License-Identifier: GPL-3.0-or-later
"""Power states of instances of ours, and the ways between them. Talks to libvirtd, waits."""

from __future__ import annotations

import time

from . import console_log, failpoint
from .host_error import HostError
from .instance_folder import clear_markers
from .metadata import state_from_domain
from .result import Result
from .states import ASLEEP, CRASHED, PAUSED, RUNNING, SHUTOFF, SUSPENDED, is_off, is_shut
from .transitions import TRANSITIONS, illegal_reason

_TICK_S = 0.2
_PRESS_AGAIN_S = 10.0  # Source: nova/conf/compute.py, shutdown_retry_interval


def start(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Make an instance run, whatever state it is in. Raises: HostError ``illegal`` where nobody knows that."""
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
        raise HostError("illegal", "it is %s: only an operator can make it run" % power)
    if not check:
        if power == CRASHED:
            power_off(host, domain, power, 0)
        if way == "start":
            console_log.keep_previous(host.state_dir, domain.UUIDString())
        with failpoint.around("domain.start"):
            getattr(host.connection, way)(domain)
    return Result(True, {"power": power}, {"power": RUNNING}, RUNNING)


# What makes a domain run, by the state it is in; a start goes on from memory that was saved.
_START_FROM = {SHUTOFF: "start", CRASHED: "start", SUSPENDED: "start", PAUSED: "unpause", ASLEEP: "wake"}


def stop(host, uuid, timeout_s, check=False):
    # type: (object, str, float, bool) -> Result
    """Ask the guest to power off; after ``timeout_s`` take its power away (at once for 0).

    Raises: HostError ``illegal`` where its memory is kept in a file, which would be lost.
    """
    domain, _element, _spec = host.get_own(uuid)
    power = host.connection.power(domain)
    if is_shut(power):
        return Result(False, {"power": power}, {"power": power}, power)
    if power == SUSPENDED:
        raise HostError("illegal", "%s: its memory would be lost" % illegal_reason("stop", power))
    if not check:
        power_off(host, domain, power, timeout_s)
    return Result(True, {"power": power}, {"power": SHUTOFF}, SHUTOFF)


def put_back(host, uuid, before):
    # type: (object, str, str) -> None
    """Start an instance that an action powered off, if it ran before."""
    if not is_off(before):
        start_domain(host, host.get_own(uuid)[0])


def refuse_illegal(action, power, element):
    # type: (str, str, object) -> None
    """Raise HostError ``illegal`` where Nova would not do this to the domain in its power state and by its mark."""
    reason = illegal_reason(action, power, state_from_domain(element))
    if reason is not None:
        raise HostError("illegal", reason)


def ensure(host, uuid, goal, timeout_s, check=False):
    # type: (object, str, str, float, bool) -> Result
    """Bring an instance to a power state that a fleet can declare: running, shutoff, paused or suspended."""
    if goal == SHUTOFF:
        return stop(host, uuid, timeout_s, check)
    if goal == RUNNING:
        return start(host, uuid, check)
    domain, _element, _spec = host.get_own(uuid)
    power = host.connection.power(domain)
    if is_shut(power):
        start(host, uuid, check)
        if check:
            return Result(True, {"power": power}, {"power": goal}, goal)
    return act(host, _WAY_TO[goal], uuid, check)


_WAY_TO = {PAUSED: "pause", SUSPENDED: "suspend"}


def act(host, action, uuid, check=False):
    # type: (object, str, str, bool) -> Result
    """Pause, unpause, suspend or resume. Raises: HostError ``illegal`` in a state in which Nova would refuse it too."""
    domain, element, _spec = host.get_own(uuid)
    power, goal = host.connection.power(domain), TRANSITIONS[action].goal
    if power == goal:
        return Result(False, {"power": power}, {"power": power}, power)
    refuse_illegal(action, power, element)
    if not check:
        effect, call = _ACTIONS[action]
        if call == "start":
            console_log.keep_previous(host.state_dir, uuid)
        with failpoint.around(effect):
            getattr(host.connection, call)(domain)
    return Result(True, {"power": power}, {"power": goal}, goal)


# Action -> (failpoint, call of the connection).
_ACTIONS = {
    "pause": ("domain.pause", "pause"),
    "unpause": ("domain.start", "unpause"),
    "suspend": ("domain.save", "save"),
    "resume": ("domain.start", "start"),
}


def reboot(host, uuid, hard, timeout_s, check=False):
    # type: (object, str, bool, float, bool) -> Result
    """Start it anew: after the guest powered itself off, or, when it does not within ``timeout_s`` or ``hard`` is
    asked, after its power was taken away. Raises: HostError ``illegal``.
    """
    domain, element, _spec = host.get_own(uuid)
    power = host.connection.power(domain)
    refuse_illegal("hard_reboot" if hard else "reboot", power, element)
    if not check:
        before = host.connection.run_id(uuid)
        if not is_off(power):
            power_off(host, domain, power, 0 if hard else timeout_s)
        elif power == SUSPENDED:
            host.connection.forget_saved(domain)
        start_domain(host, domain)
        if host.connection.run_id(uuid) in (None, before):
            raise HostError("not_true", "it still is the same run")
    return Result(True, {"power": power}, {"power": RUNNING}, RUNNING)


def power_off(host, domain, power, timeout_s):
    # type: (object, object, str, float) -> None
    """Ask the guest of a domain to power off, and take its power away after ``timeout_s`` (0: at once)."""
    # A guest that does not run cannot react.
    if power in (PAUSED, ASLEEP, CRASHED) or not timeout_s or not _ask(host, domain, timeout_s):
        with failpoint.around("domain.destroy"):
            host.connection.destroy(domain)


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
