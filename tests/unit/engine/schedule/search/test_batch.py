# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches that one by one placement fails at, and what stays as it is."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from novalite.model.aggregate import Aggregate
from novalite.model.pci import PciRequest
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import filters
from novalite.schedule.host import Host
from novalite.schedule.options import ENABLED_FILTERS, Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.search import place_batch
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from schedule.checker import Judge, decisions_of

TOGETHER = ServerGroup("together", "affinity")
APART = ServerGroup("apart", "anti-affinity")
POLICIES = ("nova", "fast", "spread", "pack", "fewest-hosts")


def host(name: str, cpus: int, *, licenses: int = 0, **rest: Any) -> Host:
    return Host(name, inventories={"VCPU": Inventory(cpus), "CUSTOM_LICENSE": Inventory(licenses)}, **rest)


def ask(name: str, cpus: int, group: ServerGroup | None = None, *, licenses: int = 0, **rest: Any) -> Request:
    amounts = {"CUSTOM_LICENSE": licenses, "VCPU": cpus}
    resources = tuple((resource, amount) for resource, amount in amounts.items() if amount)
    return Request(name, Shape(resources=resources, **rest), group)


def decide(hosts: list[Host], requests: list[Request], policy: str, **more: Any) -> dict[str, str | None]:
    table = HostTable(hosts, **more)
    solution = place_batch(table, requests, policy)
    return {name: None if row is None else table.names[row] for name, row in solution.rows.items()}


X = frozenset({"X"})
# what one by one placement does not manage: hosts, requests in the order of names
FAILS = {
    "a small one takes the only host of a big one": (
        [host("a", 4), host("b", 2)],
        [ask("i1", 2), ask("i2", 4)],
    ),
    "one that may go anywhere takes the host with the trait": (
        [host("a", 4, traits=X), host("b", 2)],
        [ask("i1", 2), ask("i2", 4, required=X)],
    ),
    "a group that belongs together begins on a host without room for all": (
        [host("a", 8, licenses=1), host("b", 4, licenses=2)],
        [ask("i1", 1, TOGETHER, licenses=1), ask("i2", 1, TOGETHER, licenses=1)],
    ),
    "a chain: each must make room for the next": (
        [host("a", 8, traits=frozenset({"X", "Y"})), host("b", 5, traits=frozenset({"Y"})), host("c", 3)],
        [ask("i1", 3), ask("i2", 5, required=frozenset({"Y"})), ask("i3", 8, required=X)],
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", FAILS.values(), ids=list(FAILS))
def test_search_places_what_greedy_leaves_over(case: tuple[list[Host], list[Request]], policy: str) -> None:
    hosts, requests = case
    assert None in decisions_of(select(HostTable(hosts), requests)).values()
    found = decide(hosts, requests, policy)
    assert None not in found.values()
    assert Judge(hosts, requests).violations(found) == []


@pytest.mark.parametrize("policy", ["nova", "fast"])
def test_what_greedy_manages_stays_as_it_is(policy: str) -> None:
    hosts = [host("a", 4), host("b", 8)]
    requests = [ask(f"i{index}", 2) for index in range(4)]
    table = HostTable(hosts, options=Options(policy=policy))
    assert decide(hosts, requests, policy, options=Options(policy=policy)) == decisions_of(select(table, requests))


def test_repair_changes_little_of_what_greedy_did() -> None:
    hosts = [host("a", 8), host("b", 4), host("c", 4)]
    requests = [*(ask(f"i{index}", 2) for index in range(3)), ask("i3", 8)]
    before = decisions_of(select(HostTable(hosts), requests))
    after = decide(hosts, requests, "nova")
    assert before["i3"] is None
    assert after["i3"] == "a"
    assert [name for name in before if before[name] not in (None, after[name])] == [
        name for name, found in before.items() if found == "a"
    ]


def test_policies_want_what_they_say() -> None:
    hosts = [host("a", 8), host("b", 4), host("c", 16)]
    requests = [ask(f"i{index}", 2) for index in range(4)]
    assert set(decide(hosts, requests, "pack").values()) == {"a"}  # one host, and the smallest that will do
    assert set(decide(hosts, requests, "fewest-hosts").values()) == {"c"}  # one host, and the emptiest afterwards
    spread = list(decide(hosts, requests, "spread").values())
    assert [spread.count(name) for name in "abc"] == [1, 0, 3]  # 2/8 and 6/16; 2/4 would be fuller


def test_hosts_in_use_cost_nothing_more() -> None:
    hosts = [host("a", 8), host("b", 8, used={"VCPU": 2}, num_instances=1)]
    assert decide(hosts, [ask("i1", 2)], "pack") == {"i1": "b"}


def test_a_maximum_of_instances_is_a_column() -> None:
    options = Options(enabled_filters=(*ENABLED_FILTERS, "NumInstancesFilter"), max_instances_per_host=2)
    table = HostTable([host("a", 8), host("b", 8)], options=options)
    solution = place_batch(table, [ask(f"i{index}", 1) for index in range(4)], "pack")
    enabled = any(rule.NAME == "NumInstancesFilter" for rule in filters.ALL)
    counts = sorted(list(solution.rows.values()).count(row) for row in (0, 1))
    assert counts == ([2, 2] if enabled else [0, 4])


def test_a_request_that_numbers_cannot_say_is_placed_first_by_the_scheduler() -> None:
    plain = ask("i1", 2)
    opaque = Request("i2", attrs.evolve(plain.shape, same_subtree=(frozenset({"_a"}),)))
    hosts = [host("a", 2), host("b", 4)]
    alone = decisions_of(select(HostTable(hosts), [opaque]))
    found = decide(hosts, [plain, opaque], "pack")
    assert found["i2"] == alone["i2"]
    assert None not in found.values()


def pooled(gib: int) -> HostTable:
    pool = SharingProvider("pool", ("nfs",), {"DISK_GB": Inventory(gib)})
    return HostTable([host("a", 2), host("b", 4)], aggregates=[Aggregate("nfs", ("a", "b"))], sharing=[pool])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("gib", "placed"), [(12, 2), (10, 1)], ids=["enough", "only for one"])
def test_shared_storage_is_counted_once(policy: str, gib: int, placed: int) -> None:
    """The pool is full for both hosts at once; where there is enough, the search still mends what greedy leaves."""
    shapes = [Shape((("DISK_GB", 6), ("VCPU", cpus))) for cpus in (2, 4)]
    table = pooled(gib)
    solution = place_batch(table, [Request(f"i{index}", shape) for index, shape in enumerate(shapes)], policy)
    assert sum(row is not None for row in solution.rows.values()) == placed
    assert table.resource("DISK_GB").free.tolist() == [gib, gib]
    assert not table.newcomers


def test_guests_with_devices_are_placed_first_and_given_back() -> None:
    hosts = [host("a", 8), host("b", 8)]
    shape = attrs.evolve(ask("x", 2).shape, pci=(PciRequest("gpu", 1, ((("vendor_id", "10de"),),)),))
    table = HostTable(hosts)
    solution = place_batch(table, [Request("i1", shape), ask("i2", 2)], "pack")
    assert solution.rows["i1"] is None  # nobody has such a device
    assert solution.rows["i2"] is not None
    assert not table.newcomers


def test_bound_and_gap_are_told() -> None:
    table = HostTable([host(name, 4) for name in "abcd"])
    solution = place_batch(table, [ask(f"i{index}", 3) for index in range(3)], "pack")
    assert (solution.value[:2], solution.bound, solution.gap, solution.proved) == ((0, 3), 3, 0.0, True)
    assert solution.unplaced == ()
    full = place_batch(table, [ask(f"i{index}", 3) for index in range(5)], "pack")
    assert len(full.unplaced) == 1


def test_nothing_to_place() -> None:
    for policy in POLICIES:
        assert place_batch(HostTable([host("a", 1)]), [], policy).rows == {}
        assert place_batch(HostTable([]), [ask("i1", 1)], policy).rows == {"i1": None}


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(KeyError):
        place_batch(HostTable([]), [], "luck")
