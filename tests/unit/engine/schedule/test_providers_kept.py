# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are kept from one request to the next are those of a fresh table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.model.placement import Placement
from novalite.model.resource import Inventory
from novalite.schedule import filters
from novalite.schedule.host import Host
from novalite.schedule.request import Request
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from tree_builders import NFS, OWN, STORAGE, gpu, vgpu, wants

if TYPE_CHECKING:
    import random

kinds = st.sampled_from(["gpu", "two", "isolated", "disk", "plain", "big"])


@settings(max_examples=60, deadline=None)
@given(st.lists(kinds, min_size=1, max_size=12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_kept_answers_are_those_of_a_fresh_table(asked: list[str], count: int, order: random.Random) -> None:
    """A batch with trees, shared storage and plain hosts: at each step every filter says what it says afresh; the order
    in which hosts, providers and requests are given changes nothing; taking all back leaves nothing."""
    shapes = {
        "gpu": wants("w", vgpu("s"), resources={"VCPU": 1}).shape,
        "two": wants("w", vgpu("s"), vgpu("t"), resources={"DISK_GB": 5}).shape,
        "isolated": wants("w", vgpu("s"), vgpu("t"), group_policy="isolate").shape,
        "disk": wants(resources={"DISK_GB": 25, "VCPU": 1}).shape,
        "plain": wants(resources={"VCPU": 2}).shape,
        "big": wants(resources={"DISK_GB": 60}).shape,
    }
    requests = [Request(f"web-{number}", shapes[kind]) for number, kind in enumerate(asked)]

    def hosts() -> list[Host]:
        made = [
            Host(name, inventories=OWN, providers=tuple(gpu(f"g{n}", 1 + n) for n in range(count)))
            for name in ("a", "b", "c")
        ]
        return [*made, Host("d", inventories={**OWN, "VGPU": Inventory(1)})]

    table = HostTable(hosts(), aggregates=[STORAGE], sharing=[NFS])
    before = state(table)
    placed = []
    for request in requests:
        fresh = HostTable(hosts(), aggregates=[STORAGE], sharing=[NFS])
        for earlier, row in placed:
            fresh.book(earlier, row)
        for rule in filters.applying(table, request):
            assert rule.mask(table, request).tolist() == rule.mask(fresh, request).tolist(), rule.NAME
        (result,) = select(table, [request])
        if isinstance(result, Placement):
            placed.append((request, table.rows[result.host]))
    shuffled = hosts()
    order.shuffle(shuffled)
    turned = list(requests)
    order.shuffle(turned)
    other = HostTable(shuffled, aggregates=[STORAGE], sharing=[NFS])
    again = HostTable(hosts(), aggregates=[STORAGE], sharing=[NFS])
    assert select(other, turned) == select(again, requests)
    assert state(other) == state(again)
    order.shuffle(placed)
    for request, row in placed:
        table.unbook(request, row)
    assert state(table) == before


def state(table: HostTable) -> Any:
    names = ("VCPU", "DISK_GB", "VGPU")
    columns = {
        name: (
            table.resource(name).used.tolist(),
            table.resource(name).free.tolist(),
            table.resource(name).total.tolist(),
        )
        for name in names
    }
    usage = [
        [{name: amount for name, amount in node.items() if amount} for node in table.providers.usage(row, names)]
        for row in range(len(table))
    ]
    return columns, usage
