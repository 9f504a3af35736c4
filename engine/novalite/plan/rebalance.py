# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet x snapshot -> the moves that pay. Pure.

Nothing is carried out: this version moves no instances. By the policies ``nova`` and ``fast`` hosts are filled evenly,
as their weights do for new instances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.rebalance import Fill, PayingMove, Rebalance
from novalite.model.resource import DISK_GB, MEMORY_MB, PCPU, VCPU
from novalite.plan.ask import requests_of, standing

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.table import HostTable

EVEN = "spread"
POLICIES = (EVEN, "pack", "fewest-hosts")


def rebalance_fleet(fleet: Fleet, snapshot: Snapshot, *, max_moves: int = 100, min_gain: float = 0.01) -> Rebalance:
    """Return the moves of the fleet's instances that gain more than ``min_gain``, the best first.

    Instances of other projects stay where they are. Raises: nothing; where no host answered there are no moves.
    """
    from novalite.schedule.numa.hardware import release_spec
    from novalite.schedule.search import Living, rebalance

    now = standing(fleet, snapshot)
    policy = now.table.options.policy if now.table.options.policy in POLICIES else EVEN
    requests = requests_of(fleet, now.homes, now.uuids)
    observed = {item.name: item for item in snapshot.instances() if item.project == fleet.project}
    residents = [Living(request, now.homes[request.name], spec=observed[request.name].spec) for request in requests]
    found = rebalance(now.table, residents, policy, max_moves=max_moves, min_gain=min_gain)
    moves = tuple(
        PayingMove(move.name, observed[move.name].domain, move.source, move.target, move.gain or 0.0, move.cost)
        for move in found.moves
    )
    before = _fill(now.table)
    by_name = {request.name: request for request in requests}
    for move in moves:
        item = observed[move.name]
        now.table.release(item.usage, move.source, item.uuid)
        release_spec(now.table, move.source, item.spec)
        now.table.book(by_name[move.name], now.table.rows[move.target])
    after = _fill(now.table)
    unknown = tuple(sorted(snapshot.unknown))
    return Rebalance(policy, moves, before, after, len(now.table), unknown, len(moves) >= max_moves > 0)


def _fill(table: HostTable) -> Fill | None:
    """Return how full the hosts are; None where there is none."""
    if not len(table):
        return None
    import numpy as np

    top = np.zeros(len(table), dtype=np.float64)
    for name in (VCPU, PCPU, MEMORY_MB, DISK_GB):
        column = table.resource(name)
        top = np.maximum(top, column.used / np.maximum(column.capacity, 1))
    fullest = int(top.argmax())
    in_use = int((table.num_instances > 0).sum())
    return Fill(table.names[fullest], float(top[fullest]), float(top.min()), in_use)
