# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual CPUs of a guest that runs: how many, where, and with how much time. Talks to libvirtd."""

from __future__ import annotations

from .cpu_list import parse_cpus

_LIMITS = {"shares": "cpu_shares", "period": "vcpu_period", "quota": "vcpu_quota"}


def can_set_vcpus(guest, entry):
    # type: (object, dict) -> bool
    """CPUs can come, up to the most that QEMU was started with. None is taken away: a guest may keep it, and QEMU 7.2,
    emulating, lost its heap and the guest.
    """
    return entry["running"] < entry["defined"] <= int(guest.running.findtext("vcpu"))


def set_vcpus(guest, entry):
    # type: (object, dict) -> None
    """Plug CPUs in."""
    guest.connection.set_vcpus(guest.domain, entry["defined"])


def is_set(_guest, entry):
    # type: (object, dict) -> bool
    """Tell whether there is something to set: what it means to take it away differs from host to host."""
    return entry["defined"] is not None


def can_set_limit(guest, entry):
    # type: (object, dict) -> bool
    """Tell whether there is something to set, and a cgroup to set it in: without one it waits."""
    return is_set(guest, entry) and guest.connection.can_limit_cpu(guest.domain)


def set_limit(guest, entry):
    # type: (object, dict) -> None
    """Set one limit of CPU time."""
    guest.connection.limit_cpu(guest.domain, {_LIMITS[entry["path"].rpartition(".")[2]]: entry["defined"]})


def can_set_pins(_guest, entry):
    # type: (object, dict) -> bool
    """A virtual CPU that is pinned can be pinned elsewhere, not set free."""
    return not set(entry["running"] or ()) - set(entry["defined"] or ())


def set_pins(guest, entry):
    # type: (object, dict) -> None
    """Move virtual CPUs to other CPUs of the host."""
    running, defined = entry["running"] or {}, entry["defined"] or {}
    for number, cpus in defined.items():
        if running.get(number) != cpus:
            guest.connection.pin_vcpu(guest.domain, int(number), set(parse_cpus(cpus)))


def set_emulator_pins(guest, entry):
    # type: (object, dict) -> None
    """Move QEMU's own threads to other CPUs of the host."""
    guest.connection.pin_emulator(guest.domain, set(parse_cpus(entry["defined"])))
