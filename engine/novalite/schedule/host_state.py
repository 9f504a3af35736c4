# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of a host by Nova's names, as extra specs and queries ask for them: with what is booked so far.

Source: nova/scheduler/host_manager.py, HostState. Nova answers for anything that its object has, methods too; here
attributes are the names below, and what ``Host.stats`` adds. ``stats``, ``cpu_info``, ``metrics`` and ``service`` are
mappings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from novalite.schedule.table import HostTable, Integers, Mask

_MIB = 1024  # MiB in a GiB


def _total(name: str, scale: int = 1) -> Callable[[HostTable], Integers]:
    return lambda table: table.resource(name).total * scale


def _taken(name: str, scale: int = 1) -> Callable[[HostTable], Integers]:
    """Nova counts what is reserved for the host as used from the start."""
    return lambda table: (table.resource(name).used + table.resource(name).reserved) * scale


def _left(name: str, scale: int = 1) -> Callable[[HostTable], Integers]:
    """May be negative; Nova's ratios are not in it."""
    return lambda table: (
        (table.resource(name).total - table.resource(name).reserved - table.resource(name).used) * scale
    )


# Whole numbers of every row; those that booking changes among them.
COLUMNS: Mapping[str, Callable[[HostTable], Integers]] = {
    "disk_mb_used": _taken(DISK_GB, _MIB),
    "free_disk_mb": _left(DISK_GB, _MIB),
    "free_ram_mb": _left(MEMORY_MB),
    "num_instances": lambda table: table.num_instances,
    "num_io_ops": lambda table: table.io_ops,
    "total_usable_disk_gb": _total(DISK_GB),
    "total_usable_ram_mb": _total(MEMORY_MB),
    "vcpus_total": _total(VCPU),
    "vcpus_used": _taken(VCPU),
}
CHANGING = frozenset(COLUMNS) - {"total_usable_disk_gb", "total_usable_ram_mb", "vcpus_total"}


class States:
    """The attributes of every row of a table at one moment."""

    def __init__(self, table: HostTable) -> None:
        self.hosts = table.hosts
        self.columns = {name: read(table) for name, read in COLUMNS.items()}
        self.ratios = {name: table.resource(name).ratio for name in (VCPU, MEMORY_MB, DISK_GB)}

    def of(self, row: int) -> dict[str, Any]:
        """Return the attributes of one host."""
        host = self.hosts[row]
        return {
            **{name: int(column[row]) for name, column in self.columns.items()},
            "cell_uuid": host.cell,
            "cpu_allocation_ratio": float(self.ratios[VCPU][row]),
            "cpu_info": host.cpu_info,
            "disk_allocation_ratio": float(self.ratios[DISK_GB][row]),
            "failed_builds": host.failed_builds,
            "host": host.name,
            "host_ip": host.address,
            "hypervisor_hostname": host.name,
            "hypervisor_type": host.hypervisor_type,
            "hypervisor_version": host.hypervisor_version,
            "metrics": host.metrics,
            "nodename": host.name,
            "ram_allocation_ratio": float(self.ratios[MEMORY_MB][row]),
            "service": {"host": host.name, "disabled": not host.enabled},
            "stats": host.stats,
        }


class Answers:
    """Answers of one rule for one demand, kept between requests: only rows of which something changed are asked again.

    ``columns`` are the attributes that the demand depends on and booking changes.
    """

    def __init__(self, columns: Collection[str]) -> None:
        self.columns = sorted(CHANGING & set(columns))
        self.seen: list[Integers] | None = None
        self.passed: Mask = np.zeros(0, dtype=np.bool_)

    def current(self, table: HostTable, holds: Callable[[Mapping[str, Any]], bool]) -> Mask:
        """Return for which rows the demand holds now; the answer is not to be written to."""
        found = [COLUMNS[name](table) for name in self.columns]
        if self.seen is None:
            rows = np.arange(len(table))
            self.passed = np.zeros(len(table), dtype=np.bool_)
        else:
            changed = np.zeros(len(table), dtype=np.bool_)
            for before, after in zip(self.seen, found, strict=True):
                changed |= before != after
            rows = np.flatnonzero(changed)
        if self.seen is None or rows.size:
            self.passed = self.passed.copy()
            states = States(table)
            for row in rows.tolist():
                self.passed[row] = holds(states.of(row))
            self.seen = [column.copy() for column in found]
        return self.passed


def answers(table: HostTable, kind: str, key: str, columns: Collection[str]) -> Answers:
    """Return the answers that a table keeps for a rule and a demand."""
    known: Answers | None = table.memo.get((kind, key))
    if known is None:
        known = table.memo[kind, key] = Answers(columns)
    return known
