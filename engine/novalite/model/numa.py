# SPDX-License-Identifier: GPL-3.0-or-later
"""NUMA: the cells of a host, and those that a guest wants. Sizes in MiB, page sizes in KiB, CPUs by number."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Pages:
    """Pages of one size in one cell; a host that tells pages tells the smallest size (4 KiB) too.

    ``used`` includes what the host keeps for itself (Nova's reserved_huge_pages).
    """

    size_kib: int
    total: int
    used: int = 0


@attrs.frozen(slots=True)
class HostCell:
    """One NUMA node of a host, and what is taken of it."""

    id: int
    cpus: frozenset[int] = frozenset()  # for guests that share (VCPU)
    pcpus: frozenset[int] = frozenset()  # for guests that pin (PCPU)
    memory_mib: int = 0
    memory_used_mib: int = 0
    cpu_usage: int = 0  # vCPUs of guests that share
    pinned: frozenset[int] = frozenset()  # of pcpus, those taken
    siblings: tuple[frozenset[int], ...] = ()  # threads of one core; empty: no hyperthreading
    pages: tuple[Pages, ...] = ()
    socket: int | None = None


@attrs.frozen(slots=True)
class GuestCell:
    """One NUMA node of a guest."""

    id: int
    cpus: frozenset[int] = frozenset()  # guest CPUs that share
    pcpus: frozenset[int] = frozenset()  # guest CPUs that are pinned
    memory_mib: int = 0
    page_size: str | None = None  # small, large, any, or KiB as digits
    thread_policy: str | None = None  # prefer, isolate, require


@attrs.frozen(slots=True, cache_hash=True)
class GuestTopology:
    """What a guest asks of its host's NUMA nodes."""

    cells: tuple[GuestCell, ...]
    emulator_threads: str | None = None  # isolate, share
    cpu_policy: str | None = None  # dedicated, mixed, shared
    realtime: frozenset[int] = frozenset()  # guest CPUs that the emulator keeps off

    @property
    def pins(self) -> bool:
        """Tell whether any guest CPU is pinned: then nothing of the guest's is overcommitted."""
        return self.cpu_policy in ("dedicated", "mixed")
