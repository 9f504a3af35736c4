# SPDX-License-Identifier: GPL-3.0-or-later
"""Pinning: which CPUs of a host cell the pinned CPUs of a guest cell get, by thread policy. Pure.

prefer (and no policy)  threads of as few cores as possible, the emptiest first; any free CPU where that fails
require                 as prefer, but every core gives two threads or more; no hyperthreading, no fit
isolate                 one thread of each wholly free core, the others of which nobody gets. With hyperthreading only
                        on hosts that give shared and pinned guests the same CPUs: else Placement has counted threads

Source: nova/virt/hardware.py, _pack_instance_onto_cores. Unlike there, a guest cell without pinned CPUs of its own
(policy mixed) fits everywhere and can hold the emulator's CPU.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import attrs

from novalite.model.guest_topology import ISOLATE, REQUIRE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.numa import GuestCell, HostCell

Cores = list[list[int]]  # free threads by core


@attrs.frozen(slots=True)
class Pinning:
    """(guest CPU, host CPU) pairs, and the host CPUs kept for the emulator."""

    pcpus: tuple[tuple[int, int], ...] = ()
    emulator: tuple[int, ...] = ()


def cores_of(host: HostCell) -> list[frozenset[int]]:
    """Return the threads of each core; CPUs that no core names are cores of their own."""
    alone = (host.pcpus | host.cpus).difference(*host.siblings)
    return [*host.siblings, *(frozenset((cpu,)) for cpu in sorted(alone))]


def has_threads(host: HostCell) -> bool:
    """Tell whether any core has more than one thread."""
    return any(len(core) > 1 for core in host.siblings)


def with_siblings(host: HostCell, cpus: Iterable[int]) -> frozenset[int]:
    """Return the CPUs and all other threads of their cores that could be pinned (what isolate takes)."""
    taken = frozenset(cpus)
    return taken.union(*(core for core in host.siblings if core & taken)) & host.pcpus


def pin(host: HostCell, guest: GuestCell, emulator: int) -> Pinning | None:
    """Return which CPUs the guest cell gets, with ``emulator`` more for its emulator; None where they do not fit."""
    free = host.pcpus - host.pinned
    every_core = cores_of(host)
    cores = [sorted(threads) for core in every_core if (threads := core & free)]
    threads_per_core = max(map(len, every_core), default=1)
    asked = sorted(guest.pcpus)
    if guest.thread_policy == ISOLATE:
        if threads_per_core > 1 and host.pcpus != host.cpus:
            return None
        return _isolated(cores, threads_per_core, asked, emulator)
    if guest.thread_policy == REQUIRE and asked and threads_per_core < 2:
        return None
    least = 2 if guest.thread_policy == REQUIRE and asked else 1
    for most in range(threads_per_core, least - 1, -1):
        usable = [core[:most] for core in cores if len(core) >= most]
        if most * len(usable) >= len(asked):
            chosen = list(chain.from_iterable(usable))[: len(asked)]
            used = set(chosen) if emulator else set()
            left = [cpu for core in cores for cpu in core if cpu not in used] if emulator else []
            if len(left) >= emulator:
                return Pinning(tuple(zip(asked, chosen, strict=True)), tuple(left[:emulator]))
    every = [cpu for core in cores for cpu in core]
    if least == 1 and len(every) >= len(asked) + emulator:
        return Pinning(tuple(zip(asked, every, strict=False)), tuple(every[len(asked) : len(asked) + emulator]))
    return None


def _isolated(cores: Cores, threads_per_core: int, asked: list[int], emulator: int) -> Pinning | None:
    whole = [core for core in cores if len(core) == threads_per_core]
    if len(whole) < len(asked):
        return None
    used = whole[: len(asked)]
    left = [cpu for core in cores if core not in used for cpu in core]
    if len(left) < emulator:
        return None
    pairs = tuple((cpu, core[0]) for cpu, core in zip(asked, used, strict=True))
    return Pinning(pairs, tuple(left[:emulator]))
