# SPDX-License-Identifier: GPL-3.0-or-later
"""Absolute weights (policy ``fast``): free RAM and CPU as a share of what the largest host has.

Nova's weights compare the hosts that passed with each other; these are a matter of one host alone. Multipliers count as
in Nova.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from novalite.model.resource import MEMORY_MB, VCPU

if TYPE_CHECKING:
    from novalite.schedule.request import Shape
    from novalite.schedule.table import HostTable, Reals

Entry = int

_TOP = 1 << 63
_BYTES, _BITS = struct.Struct("=d").pack, struct.Struct("=q").unpack

RAM, CPU = "RAMWeigher", "CPUWeigher"
WEIGHERS = frozenset({RAM, CPU})
_PCPU = "PCPU"


def shares(table: HostTable, weigher: str, raw: Reals) -> Reals:
    """Return raw values of one of these weighers as shares of the largest host."""
    found: Reals = np.maximum(raw, 0.0) / table.keep("largest", lambda: _largest(table))[weigher]
    return found


def _largest(table: HostTable) -> dict[str, float]:
    memory, cpus = table.resource(MEMORY_MB), table.resource(VCPU)
    sizes = {RAM: memory.unreserved, CPU: cpus.total * cpus.ratio}
    return {name: float(max(size.max(initial=0.0), 1.0)) for name, size in sizes.items()}


class Scores:
    """The sum of both for each host, host by host: the same numbers as weighing from nothing gives.

    ``entries`` sort as hosts are preferred, of equals the first by name: one for each host, another one whenever its
    weight changes. One whole number each, as nothing compares faster: the bits of a float that is not negative count up
    as the float does. Its last ``width`` bits are the row.
    """

    def __init__(self, table: HostTable, factors: dict[str, Reals]) -> None:
        """Read the table; ``factors`` are the multipliers of those of the weighers that count, by host."""
        memory, cpus, pinned = (table.resource(name) for name in (MEMORY_MB, VCPU, _PCPU))
        largest = table.keep("largest", lambda: _largest(table))
        none = np.zeros(len(table))
        self._ram, self._cpu = largest[RAM], largest[CPU]
        ram_factors, cpu_factors = (factors.get(name, none) + 0.0 for name in (RAM, CPU))  # no zero has a sign
        cpu_size = cpus.total * cpus.ratio
        fixed = (memory.unreserved, cpu_size, ram_factors, cpu_factors)
        self._fixed = list(zip(*(column.tolist() for column in fixed), strict=True))
        self._ram_taken = memory.used.tolist()
        self._cpu_taken = (cpus.reserved + cpus.used + pinned.used).tolist()
        ram = np.maximum(memory.unreserved - memory.used, 0.0) / self._ram
        cpu = np.maximum(cpu_size - (cpus.reserved + cpus.used + pinned.used), 0.0) / self._cpu
        weights: Reals = ram_factors * ram + cpu_factors * cpu
        self.of: list[float] = weights.tolist()
        self.width = len(table).bit_length()
        bits = weights.view(np.int64).tolist()
        self.entries: list[Entry] = [(_TOP - number) << self.width | row for row, number in enumerate(bits)]

    @staticmethod
    def takes(shape: Shape) -> tuple[int, int]:
        """Return what a shape takes of what is weighed: MiB of RAM, and CPUs."""
        amounts = shape.amounts
        return amounts.get(MEMORY_MB, 0), amounts.get(VCPU, 0) + amounts.get(_PCPU, 0)

    def book(self, row: int, takes: tuple[int, int]) -> None:
        """Take in what was booked on one host."""
        ram_taken = self._ram_taken[row] = self._ram_taken[row] + takes[0]
        cpu_taken = self._cpu_taken[row] = self._cpu_taken[row] + takes[1]
        ram_size, cpu_size, ram_factor, cpu_factor = self._fixed[row]
        ram_share = (ram_size - ram_taken) / self._ram if ram_size > ram_taken else 0.0
        cpu_share = (cpu_size - cpu_taken) / self._cpu if cpu_size > cpu_taken else 0.0
        weight = self.of[row] = ram_factor * ram_share + cpu_factor * cpu_share
        self.entries[row] = (_TOP - _BITS(_BYTES(weight))[0]) << self.width | row

    def read(self, row: int, table: HostTable) -> None:
        """Read one host anew."""
        memory, cpus, pinned = (table.resource(name) for name in (MEMORY_MB, VCPU, _PCPU))
        self._ram_taken[row] = memory.used.item(row)
        self._cpu_taken[row] = cpus.reserved.item(row) + cpus.used.item(row) + pinned.used.item(row)
        self.book(row, (0, 0))
