# SPDX-License-Identifier: GPL-3.0-or-later
"""Resizing an instance to another flavor on its host, to be confirmed or reverted. Talks to libvirtd, touches files,
waits for the guest to power off.

The state's key ``resize`` is ``{"spec", "power", "since", "kept"}``: what was applied before, how it was powered, when,
and which disks are kept (kept_disks.py); the definition from before is kept too. Disks never shrink. Ends powered as it
began. Source: nova/compute/manager.py, resize_instance, confirm_resize, revert_resize, on the same host.
"""

from __future__ import annotations

import os
import time
from xml.etree import ElementTree

from . import failpoint, instance, kept_definition, kept_disks, power, under_way, volume
from .domain_disk import disk_names
from .durable_file import remove_file
from .host_error import HostError
from .metadata import state_from_domain
from .operational_state import RESIZE, with_state
from .paths import instance_dir
from .redefine import redefine
from .result import Result


def resize(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make an instance what ``wanted`` (``{"spec", "virt_type", "timeout_s"}``) says, and keep what it was.

    Raises: HostError ``illegal``, ``differs`` where a disk would shrink, ``image_missing``.
    """
    spec = wanted["spec"]
    domain, element, there = host.get_own(spec["uuid"])
    state, is_now = state_from_domain(element), host.connection.power(domain)
    half = under_way.interrupted(host.state_dir, spec["uuid"])
    if RESIZE in state and there == spec and half is None:
        return Result(False, {"spec": there, "power": is_now}, {"spec": there, "power": is_now})
    _refuse(host, there, spec, is_now, state)
    if not check:
        before = under_way.begin(host, spec, "resize", is_now)
        try:
            _enter(host, wanted, there, state, before)
        except HostError:
            _take_back(host, spec["uuid"], before)
            raise
        folder = instance_dir(host.state_dir, spec["uuid"])
        kept_disks.take_over(folder, kept_disks.names_of(_state_of(host, spec["uuid"])[RESIZE]["spec"]))
        _fit_others(host, spec)
        power.put_back(host, spec["uuid"], before)
        under_way.end(host, spec["uuid"])
    return Result(True, {"spec": there, "power": is_now}, {"spec": spec, "power": is_now})


def confirm(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """End a resize, if one is to be confirmed: what was before is removed. Raises: HostError ``illegal``."""
    domain, element, _spec = host.get_own(uuid)
    state = state_from_domain(element)
    half = under_way.interrupted(host.state_dir, uuid)
    if RESIZE not in state and half is None:
        return Result(False, {"state": state}, {"state": state})
    reason = under_way.reason_against(host, uuid, "confirm", host.connection.power(domain), state)
    if half is not None:
        reason = "its %s was interrupted: do that again first" % half
    if reason is not None:
        raise HostError("illegal", reason)
    if not check:
        kept_disks.drop(instance_dir(host.state_dir, uuid), state[RESIZE]["kept"])
        kept_definition.forget(host, uuid)
        instance.set_state(host, uuid, {RESIZE: None})
    return Result(True, {"state": state}, {"state": with_state(state, {RESIZE: None})})


def revert(host, uuid, timeout_s, check=False):
    # type: (object, str, float, bool) -> Result
    """End a resize, if one is to be confirmed, by putting back what was before: what was written since is lost.

    Raises: HostError ``illegal``, ``differs`` where a kept disk is gone.
    """
    domain, element, spec = host.get_own(uuid)
    state, is_now = state_from_domain(element), host.connection.power(domain)
    if RESIZE not in state and under_way.interrupted(host.state_dir, uuid) is None:
        return Result(False, {"state": state}, {"state": state})
    reason = under_way.reason_against(host, uuid, "revert", is_now, state)
    if reason is not None:
        raise HostError("illegal", reason)
    said = state.get(RESIZE)
    if said is not None:
        _check_kept(host, uuid, said["kept"])
    if not check:
        before = under_way.begin(host, spec, "revert", is_now if said is None else said["power"])
        if said is not None:
            _leave(host, uuid, said, timeout_s)
        kept_definition.forget(host, uuid)
        power.put_back(host, uuid, before)
        under_way.end(host, uuid)
    return Result(True, {"state": state}, {"state": with_state(state, {RESIZE: None})})


def _refuse(host, there, spec, power_state, state):
    # type: (object, dict, dict, str, dict) -> None
    """Raise HostError where it must not be resized, or not to this."""
    reason = under_way.reason_against(host, spec["uuid"], "resize", power_state, state)
    if reason is None and RESIZE in state and there != spec:
        reason = "its resize to %s was interrupted: end that one, or revert it" % there["flavor"]["name"]
    if reason is not None:
        raise HostError("illegal", reason)
    if RESIZE in state:  # what follows was asked when it began
        return
    for key in ("project", "domain", "image"):
        if there[key] != spec[key]:
            raise HostError("differs", "its %s is %s, not %s" % (key, there[key], spec[key]))
    for key in ("ephemeral_gib", "swap_mib"):
        if spec["flavor"][key] < there["flavor"][key]:
            raise HostError("differs", "its %s would be %d: disks never shrink" % (key, spec["flavor"][key]))
    volume.find_growing(host.state_dir, there, spec, False)


def _enter(host, wanted, there, state, before):
    # type: (object, dict, dict, dict, str) -> None
    """Make copies, and define the domain as it is to be with what it was in its mark: from then on it is being
    verified.
    """
    spec = wanted["spec"]
    uuid, folder = spec["uuid"], instance_dir(host.state_dir, spec["uuid"])
    power.stop(host, uuid, wanted["timeout_s"])
    said = state.get(RESIZE)
    was = there if said is None else said["spec"]
    names = kept_disks.names_of(was)
    kept_disks.copy(folder, names, volume.find_growing(host.state_dir, was, spec, False))
    if said is None:
        existing = kept_definition.keep(host, host.get_own(uuid)[0], uuid)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        left = {RESIZE: {"spec": there, "power": before, "since": since, "kept": names}}
        made = redefine(ElementTree.fromstring(existing), there, spec, host.state_dir, [], with_state(state, left))
        with failpoint.around("domain.define"):
            host.connection.define(ElementTree.tostring(made, encoding="unicode"), validate=False)


def _take_back(host, uuid, before):
    # type: (object, str, str) -> None
    """Undo what a resize did that failed before it was in the mark; later on, only the same resize or a revert can."""
    state = _state_of(host, uuid)
    if RESIZE in state:
        return
    _domain, _element, spec = host.get_own(uuid)
    kept_disks.drop(instance_dir(host.state_dir, uuid), kept_disks.names_of(spec))
    kept_definition.forget(host, uuid)
    power.put_back(host, uuid, before)
    under_way.end(host, uuid)


def _leave(host, uuid, said, timeout_s):
    # type: (object, str, dict, float) -> None
    """Put back disks and definition, in this order: a definition from before never meets a disk from after."""
    folder = instance_dir(host.state_dir, uuid)
    power.stop(host, uuid, timeout_s)
    kept_disks.bring_back(folder, said["kept"])
    with failpoint.around("files.remove"):
        _domain, _element, spec = host.get_own(uuid)
        for name in set(disk_names(spec)) - set(disk_names(said["spec"])):
            remove_file(os.path.join(folder, name))
    volume.fit_swap(host.state_dir, said["spec"])
    kept_definition.put_back(host, uuid)


def _check_kept(host, uuid, names):
    # type: (object, str, list) -> None
    """Raise HostError unless every kept disk is there, or an interrupted action accounts for it."""
    if under_way.interrupted(host.state_dir, uuid) is not None:
        return
    folder = instance_dir(host.state_dir, uuid)
    gone = [name for name in names if not kept_disks.is_kept(folder, name)]
    if gone:
        raise HostError("differs", "what was kept of %s is gone: it can only be confirmed" % ", ".join(gone))


def _fit_others(host, spec):
    # type: (object, dict) -> None
    """Make the disks that the flavor adds, and the swap disk of the new size."""
    volume.ensure(host, {"spec": spec})
    volume.fit_swap(host.state_dir, spec)


def _state_of(host, uuid):
    # type: (object, str) -> dict
    return state_from_domain(host.get_own(uuid)[1])
