# SPDX-License-Identifier: GPL-3.0-or-later
"""Is an instance up, as its set understands it? Waits, looks and connects; the mark keeps that one was not.

``step["ready"]`` has one key or several, and all must hold: ``power`` (running), ``cloud_init`` (done), ``serial`` (a
regular expression), ``port`` (TCP, from this host), ``agent`` (ping). An instance that goes off meanwhile will not come
up by itself, and ends the wait.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time

from . import cloud_init
from .console_log import read_log
from .guest_ssh import own_addresses
from .host_error import HostError
from .instance import set_state
from .instance_folder import CONSOLE
from .operational_state import UNREADY
from .paths import instance_dir
from .result import Result
from .states import CRASHED, RUNNING, is_off
from .steps_check import step_uuid

_TICK_S = 0.5
_LONG_TICK_S = 1.5  # once it takes longer than a moment
_MOMENT_S = 10.0
_CONNECT_S = 3.0
_LOG_BYTES = 4 * 1024 * 1024  # more than virtlogd keeps in one file
_SHOWN = 200


class _Instance(object):
    """What the checks look at."""

    def __init__(self, host, domain, spec, step):
        # type: (object, object, dict, dict) -> None
        self.host = host
        self.domain = domain
        self.spec = spec
        self.held = set()  # what was there once is not asked again while the rest is waited for: asking costs the guest
        self.is_over = False  # what is missing will not come by itself
        self.is_gate = bool(step.get("gate"))  # it was up before this plan: what it said long ago may be gone

    def log(self):
        # type: () -> str
        """Return the path of what it said on its serial port since its start."""
        return os.path.join(instance_dir(self.host.state_dir, self.spec["uuid"]), CONSOLE)

    def said(self):
        # type: () -> str
        """Return the text of that."""
        return read_log(self.log(), 0, None, _LOG_BYTES)["text"]


def _power(_instance, _wanted):
    # type: (_Instance, object) -> object
    return None  # that it runs is asked of every instance


def _cloud_init(instance, _wanted):
    # type: (_Instance, object) -> object
    def agent_file(path):
        # type: (str) -> object
        return instance.host.connection.agent_file(instance.domain, path)

    reason, instance.is_over = cloud_init.trouble(agent_file, instance.said())
    if reason is not None and instance.is_gate and not instance.is_over and os.path.exists(instance.log() + ".0"):
        return None
    return reason


def _serial(instance, wanted):
    # type: (_Instance, object) -> object
    text = instance.said()
    if re.search(wanted, text, re.MULTILINE) or (instance.is_gate and os.path.exists(instance.log() + ".0")):
        return None
    lines = text.split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), None)
    said = "nothing" if last is None else "%r last" % last[-_SHOWN:]
    return "it did not say /%s/ on its serial port, but %s" % (wanted, said)


def _port(instance, wanted):
    # type: (_Instance, object) -> object
    addresses = addresses_of(instance.host.connection, instance.spec)
    if not addresses:
        return "it has no address: no fixed_ip, and its MAC no lease"
    troubles = []
    for address in addresses:
        try:
            socket.create_connection((address, int(wanted)), _CONNECT_S).close()
            return None
        except OSError as error:
            why = "no answer" if isinstance(error, socket.timeout) else (error.strerror or str(error)).lower()
            troubles.append("port %s of %s: %s" % (wanted, address, why))
    return "; ".join(troubles)


def _agent(instance, _wanted):
    # type: (_Instance, object) -> object
    trouble = instance.host.connection.agent_trouble(instance.domain)
    return None if trouble is None else "its agent does not answer: %s" % trouble


# Key -> what is looked at: (instance, wanted) -> what is missing, or None. In the order in which guests come up.
CHECKS = {"power": _power, "agent": _agent, "serial": _serial, "port": _port, "cloud_init": _cloud_init}


def addresses_of(connection, spec):
    # type: (object, dict) -> list
    """Return the addresses at which its host reaches an instance: those that are its own, then those it was leased."""
    found = own_addresses(spec)
    macs = {port["mac"].lower() for port in spec["ports"]}
    for _name, _active, _bridge, leases in connection.networks():
        found += [address for mac, address in leases if mac.lower() in macs and address not in found]
    return found


def wait(host, step, check=False):
    # type: (object, dict, bool) -> Result
    """Wait until an instance is ready, and, where the step says ``pause_s``, still is after that.

    Raises: HostError ``not_ready`` with what was seen, ``bad_request`` where nobody knows what is waited for.
    """
    unknown = sorted(set(step["ready"]) - set(CHECKS))
    if unknown or not step["ready"]:
        raise HostError("bad_request", "nobody knows when it is ready: %s" % ", ".join(unknown or ["nothing is said"]))
    if check:
        return Result(False)
    domain, _element, spec = host.get_own(step_uuid(step))
    instance = _Instance(host, domain, spec, step)
    try:
        _until(instance, step["ready"], step["timeout_s"], step.get("pause_s"))
    except HostError as error:
        if error.id == "not_ready":
            _note(host, spec["uuid"], {"reason": error.message, "since": _now()})
        raise
    return set_state(host, spec["uuid"], {UNREADY: None})


def _note(host, uuid, value):
    # type: (object, str, dict) -> None
    """Keep in the mark that it was not ready, so that the next plan knows it for one that is down."""
    with contextlib.suppress(HostError):  # what went wrong before is what is told
        set_state(host, uuid, {UNREADY: value})


def _now():
    # type: () -> str
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _until(instance, ready, timeout_s, pause_s):
    # type: (_Instance, dict, float, object) -> None
    _come_up(instance, ready, timeout_s)
    if pause_s:
        time.sleep(pause_s)
        instance.held.clear()
        trouble = _trouble(instance, ready)[0]
        if trouble is not None:
            raise HostError("not_ready", "ready, and no longer so %d s later: %s" % (pause_s, trouble))


def _come_up(instance, ready, timeout_s):
    # type: (_Instance, dict, float) -> None
    begin = time.monotonic()
    while True:
        trouble, is_over = _trouble(instance, ready)
        if trouble is None:
            return
        if is_over:
            raise HostError("not_ready", "not ready: %s" % trouble)
        if time.monotonic() - begin >= timeout_s:
            raise HostError("not_ready", "not ready within %g s: %s" % (timeout_s, trouble))
        time.sleep(_TICK_S if time.monotonic() - begin < _MOMENT_S else _LONG_TICK_S)


def _trouble(instance, ready):
    # type: (_Instance, dict) -> tuple
    """Return (what is missing or None, whether waiting is in vain)."""
    power = instance.host.connection.power(instance.domain)
    if power != RUNNING:
        return "it is %s" % power, is_off(power) or power == CRASHED
    for kind, check in CHECKS.items():
        if kind not in ready or kind in instance.held:
            continue
        reason = check(instance, ready[kind])
        if reason is not None:
            return reason, instance.is_over
        instance.held.add(kind)
    return None, False
