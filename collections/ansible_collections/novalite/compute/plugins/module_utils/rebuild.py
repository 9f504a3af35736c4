# SPDX-License-Identifier: GPL-3.0-or-later
"""Rebuilding an instance: its root disk anew from an image, its config drive anew from a spec and user data. UUID,
MACs, domain name, ephemeral disk and swap stay. Talks to libvirtd, touches files, waits for the guest to power off.

Its domain is defined anew from the spec, so whatever else the spec says differently becomes true too. It ends powered
as it began. Source: nova/compute/manager.py, rebuild_instance, and nova/compute/api.py, rebuild.
"""

from __future__ import annotations

from . import drive, host_key, instance, power, under_way, volume
from .durable_file import sync_file_system
from .host_error import HostError
from .metadata import state_from_domain
from .operational_state import ERROR, with_state
from .result import Result
from .seed import seed_from

ACTION = "rebuild"


def rebuild(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make an instance that is there anew as ``wanted`` (``{"spec", "virt_type", "contents", "timeout_s"}``).

    Raises: HostError ``illegal``, ``protected``, ``differs``, ``bad_request``, ``image_missing``.
    """
    spec = wanted["spec"]
    domain, element, there = host.get_own(spec["uuid"])
    state, is_now = state_from_domain(element), host.connection.power(domain)
    _refuse(host, there, spec, is_now, state)
    seed_from(spec, wanted["contents"], wanted.get("secrets"))
    volume.check_image(host.state_dir, spec)
    if not check:
        before = under_way.begin(host, spec, ACTION, is_now)
        power.stop(host, spec["uuid"], wanted["timeout_s"])
        volume.replace_root(host.state_dir, spec)
        drive.make(host, wanted)
        sync_file_system(host.state_dir)
        instance.define_domain(
            host, wanted, host_key.with_public(host.state_dir, spec, with_state(state, {ERROR: None}))
        )
        power.put_back(host, spec["uuid"], before)
        under_way.end(host, spec["uuid"])
    return Result(True, {"spec": there, "power": is_now}, {"spec": spec, "power": is_now})


def _refuse(host, there, spec, power_state, state):
    # type: (object, dict, dict, str, dict) -> None
    """Raise HostError where it must not be rebuilt, or not as this."""
    reason = under_way.reason_against(host, spec["uuid"], ACTION, power_state, state)
    if reason is not None:
        raise HostError("illegal", reason)
    if there.get("protect") or spec.get("protect"):
        raise HostError("protected", "%s is protected: rebuilding destroys its root disk" % there["name"])
    for key in ("project", "domain"):
        if there[key] != spec[key]:
            raise HostError("differs", "its %s is %s, not %s" % (key, there[key], spec[key]))
    for key in ("ephemeral_gib", "swap_mib"):
        if there["flavor"][key] != spec["flavor"][key]:
            raise HostError(
                "differs",
                "flavor.%s is %s, not %s: a rebuild keeps that disk" % (key, there["flavor"][key], spec["flavor"][key]),
            )
