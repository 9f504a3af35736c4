# SPDX-License-Identifier: GPL-3.0-or-later
"""Rescuing an instance: it boots a disk made from a rescue image, with all its own disks attached where they were.
Talks to libvirtd, touches files, waits for the guest to power off.

The state's key ``rescue`` is ``{"image", "power", "since", "declared"}``: the image's name, how the instance was
powered before, when, and whether the fleet asked for it (else a verb did). The definition from before is kept and put
back as it was. Source: nova/compute/manager.py and nova/virt/libvirt/driver.py, rescue with stable devices.
"""

from __future__ import annotations

import time

from . import failpoint, kept_definition, power, under_way, volume
from .durable_file import remove_file, sync_file_system
from .host_error import HostError
from .metadata import state_from_domain
from .operational_state import RESCUE, with_state
from .rescue_disk import rescue_path, with_rescue
from .result import Result
from .states import RUNNING, SHUTOFF


def rescue(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Boot ``wanted["image"]`` on an instance (``{"uuid", "image", "declared", "timeout_s"}``).

    Raises: HostError ``illegal``, ``image_missing``.
    """
    uuid = wanted["uuid"]
    domain, element, spec = host.get_own(uuid)
    state, is_now = state_from_domain(element), host.connection.power(domain)
    if RESCUE in state and under_way.interrupted(host.state_dir, uuid) is None:
        return Result(False, {"power": is_now}, {"power": is_now})
    reason = under_way.reason_against(host, uuid, "rescue", is_now, state)
    if reason is not None:
        raise HostError("illegal", reason)
    volume.check_image(host.state_dir, wanted)
    if not check:
        before = under_way.begin(host, spec, "rescue", is_now)
        if RESCUE not in state:
            try:
                _enter(host, wanted, before)
            except HostError:
                _take_back(host, uuid, before)
                raise
        power.put_back(host, uuid, RUNNING)
        under_way.end(host, uuid)
    return Result(True, {"power": is_now}, {"power": RUNNING}, RUNNING)


def unrescue(host, uuid, timeout_s, goal=None, check=False):
    # type: (object, str, float, object, bool) -> Result
    """Boot its own disk again, or leave it off as it was before; or powered as ``goal`` says (running or shutoff).

    Raises: HostError ``illegal``.
    """
    domain, element, spec = host.get_own(uuid)
    state, is_now = state_from_domain(element), host.connection.power(domain)
    if RESCUE not in state and under_way.interrupted(host.state_dir, uuid) != "unrescue":
        return Result(False, {"power": is_now}, {"power": is_now})
    reason = under_way.reason_against(host, uuid, "unrescue", is_now, state)
    if reason is not None:
        raise HostError("illegal", reason)
    said = state.get(RESCUE)
    if not check:
        before = under_way.begin(host, spec, "unrescue", is_now if said is None else said["power"])
        if said is not None:
            power.stop(host, uuid, timeout_s)
            kept_definition.put_back(host, uuid)
        power.put_back(host, uuid, goal or before)
        _clear(host, uuid)
        under_way.end(host, uuid)
    return Result(True, {"power": is_now}, {"power": goal or (said or {}).get("power", SHUTOFF)})


def _enter(host, wanted, before):
    # type: (object, dict, str) -> None
    """Make the rescue disk, and define the domain with it: from then on it is in rescue."""
    uuid, image = wanted["uuid"], wanted["image"]
    power.stop(host, uuid, wanted["timeout_s"])
    domain, element, spec = host.get_own(uuid)
    with failpoint.around("disk.create"):
        volume.make_overlay(host.state_dir, image, rescue_path(host.state_dir, uuid))
    existing = kept_definition.keep(host, domain, uuid)
    sync_file_system(host.state_dir)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    left = {"image": image["name"], "power": before, "since": since, "declared": bool(wanted.get("declared"))}
    state = with_state(state_from_domain(element), {RESCUE: left})
    with failpoint.around("domain.define"):
        host.connection.define(with_rescue(existing, spec, state, image, host.state_dir), validate=False)


def _take_back(host, uuid, before):
    # type: (object, str, str) -> None
    """Undo what a rescue did that failed before it was in the mark."""
    if RESCUE in state_from_domain(host.get_own(uuid)[1]):
        return
    _clear(host, uuid)
    power.put_back(host, uuid, before)
    under_way.end(host, uuid)


def _clear(host, uuid):
    # type: (object, str) -> None
    with failpoint.around("files.remove"):
        remove_file(rescue_path(host.state_dir, uuid))
        kept_definition.forget(host, uuid)
