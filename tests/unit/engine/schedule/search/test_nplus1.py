# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep N+1: what the loss of a host leaves without a place, and batches that avoid it."""

from __future__ import annotations

import pytest

from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.search import GroupRule, make_problem, place_batch
from novalite.schedule.search.nplus1 import stranded
from novalite.schedule.table import HostTable

APART = GroupRule("g", "anti-affinity")
# capacities, items, where they are -> who is lost with each host
CASES = {
    "room on others": ([(4,), (4,)], [(2,), (2,)], [0, 1], [], {}),
    "too full": ([(4,), (4,)], [(3,), (3,)], [0, 1], [], {0: (0,), 1: (1,)}),
    "one large host": ([(8,), (2,)], [(3,), (2,)], [0, 0], [], {0: (0,)}),
    "a group has no other host": ([(4,), (4,)], [(1,), (1,)], [0, 1], [0, 0], {0: (0,), 1: (1,)}),
    "who is nowhere is not lost": ([(4,), (4,)], [(4,), (4,)], [0, -1], [], {}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_who_is_stranded(case: tuple) -> None:  # type: ignore[type-arg]
    capacity, demand, where, group_of, wanted = case
    problem = make_problem(capacity, demand, groups=[APART], group_of=group_of or None)
    assert stranded(problem, where) == wanted


def test_a_batch_that_keeps_n_plus_one() -> None:
    """Packed on one host of eight, the loss of that host would strand it; on two of four it is survived."""
    hosts = [Host(name, inventories={"VCPU": Inventory(cpus)}) for name, cpus in (("a", 8), ("b", 4), ("c", 4))]
    requests = [Request(f"i{index}", Shape((("VCPU", 3),))) for index in range(2)]
    rows = place_batch(HostTable(hosts), requests, "fewest-hosts").rows
    assert list(rows.values()) == [0, 0]
    kept = place_batch(HostTable(hosts[:1] + hosts[1:2]), requests[:2], "fewest-hosts", keep=True)
    assert kept.value[:2] == (0, 1)  # one is stranded at least with a and b alone
    enough = place_batch(
        HostTable([*hosts, Host("d", inventories={"VCPU": Inventory(4)})]), requests, "pack", keep=True
    )
    assert enough.value[:2] == (0, 0)
