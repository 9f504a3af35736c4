# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals of survival: what is proven and refuted, held against all losses and all assignments, tried in plain Python."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from novalite.model.aggregate import Aggregate
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.model.survival import NOT_PROVEN, PROVEN, REFUTED, Goal, Verdict
from novalite.schedule.domains import domains
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.survive import prove
from novalite.schedule.table import HostTable

RACKS = (
    Aggregate("a", ("kvm-1", "kvm-2"), {"rack": "a"}),
    Aggregate("b", ("kvm-3",), {"rack": "b", "feed": "x, y"}),
)
Home = tuple[Request, str]


def make_host(name: str, ram: int = 4, *, used: int = 0, **rest: Any) -> Host:
    return Host(name, inventories={"MEMORY_MB": Inventory(ram)}, used={"MEMORY_MB": used}, **rest)


def make_request(name: str, ram: int = 1, group: ServerGroup | None = None, **shape: Any) -> Request:
    return Request(name, Shape(resources=(("MEMORY_MB", ram),), **shape), group)


def make_table(hosts: list[Host], homes: list[Home]) -> HostTable:
    members: dict[str, dict[str, int]] = {}
    used: dict[str, int] = {}
    for request, host in homes:
        used[host] = used.get(host, 0) + request.shape.amounts["MEMORY_MB"]
        if request.group:
            counts = members.setdefault(request.group.name, {})
            counts[host] = counts.get(host, 0) + 1
    full = [Host(h.name, h.zone, inventories=h.inventories, used={"MEMORY_MB": used.get(h.name, 0)}) for h in hosts]
    return HostTable(full, members=members, aggregates=RACKS)


def verdict(hosts: list[Host], homes: list[Home], goal: Goal) -> Verdict:
    table = make_table(hosts, homes)
    before = table.resource("MEMORY_MB").free.tolist(), {key: dict(value) for key, value in table.members.items()}
    found = prove(table, goal, [(request, table.rows[host]) for request, host in homes])
    after = {key: {row: count for row, count in value.items() if count} for key, value in table.members.items()}
    assert (table.resource("MEMORY_MB").free.tolist(), after) == before
    return found


THREE = [make_host("kvm-1", zone="az1"), make_host("kvm-2", zone="az1"), make_host("kvm-3", zone="az2")]


def test_domains() -> None:
    """Hosts, zones, and values of metadata, of which a host may have several."""
    table = HostTable(THREE, aggregates=RACKS)
    assert domains(table, "host") == {"kvm-1": (0,), "kvm-2": (1,), "kvm-3": (2,)}
    assert domains(table, "zone") == {"az1": (0, 1), "az2": (2,)}
    assert domains(table, "rack") == {"a": (0, 1), "b": (2,)}
    assert domains(table, "feed") == {"x": (2,), "y": (2,)}
    assert domains(table, "chassis") == {}


def test_room_for_one() -> None:
    homes = [(make_request(f"web-{number}", 2), f"kvm-{number}") for number in (1, 2, 3)]
    assert verdict(THREE, homes, Goal("host")).state == PROVEN
    assert verdict(THREE, homes, Goal("host")).failures == 3
    refuted = verdict(THREE, homes, Goal("rack")).counter
    assert refuted is not None
    assert (refuted.lost, refuted.instances) == (("a",), ("web-1", "web-2"))


def test_the_smallest_counter_example() -> None:
    """The one too large alone is named before the pair; of a pair both; and the smallest loss."""
    homes = [(make_request("big", 4), "kvm-1"), (make_request("a", 1), "kvm-2"), (make_request("b", 1), "kvm-3")]
    found = verdict(THREE, homes, Goal("host", lose=2))
    assert found.counter is not None
    assert (found.counter.lost, found.counter.instances) == (("kvm-1",), ("big",))
    assert found.counter.reasons == {"big": "2 RamFilter"}
    homes = [(make_request(name, 2), "kvm-1") for name in ("c", "d")] + [(make_request("x", 3), "kvm-2")]
    homes += [(make_request("y", 2), "kvm-3")]
    found = verdict(THREE, homes, Goal("host"))
    assert found.counter is not None
    assert (found.counter.lost, found.counter.instances) == (("kvm-1",), ("c", "d"))
    assert found.counter.is_smallest


def test_rules_count() -> None:
    """Anti-affinity, affinity with members that are lost too, and a pin to what is lost."""
    apart = ServerGroup("apart", "anti-affinity")
    homes = [(make_request(f"web-{number}", 1, apart), f"kvm-{number}") for number in (1, 2, 3)]
    assert verdict(THREE, homes, Goal("host", groups=("apart",))).state == REFUTED
    together = ServerGroup("near", "affinity")
    homes = [(make_request(f"web-{number}", 2, together), "kvm-1") for number in (1, 2)]
    assert verdict(THREE, homes, Goal("host")).state == PROVEN
    pinned = [(make_request("web", 1, host="kvm-1"), "kvm-1")]
    found = verdict(THREE, pinned, Goal("host"))
    assert found.counter is not None
    assert found.counter.reasons == {"web": "2 HostFilter"}


def test_what_is_not_proven() -> None:
    """No domain, more losses than are tried, and a search that was given up."""
    assert verdict(THREE, [], Goal("chassis")).state == NOT_PROVEN
    many = [make_host(f"kvm-{number}") for number in range(200)]
    found = verdict(many, [], Goal("host", lose=3))
    assert found.state == NOT_PROVEN
    assert "are the most that are tried" in found.reason
    # 4 + 3 on the one of 7 and 3 + 2 on the one of 5 is the only way; packing on the fullest puts 4 on the one of 5.
    hosts = [make_host("kvm-1", 12), make_host("kvm-2", 7), make_host("kvm-3", 5)]
    homes = [(make_request(name, ram), "kvm-1") for name, ram in (("a", 4), ("b", 3), ("c", 3), ("d", 2))]
    table = make_table(hosts, homes)
    living = [(request, table.rows[host]) for request, host in homes]
    assert prove(table, Goal("host"), living).state == PROVEN
    found = prove(table, Goal("host"), living, tries=1)
    assert (found.state, found.unsure) == (NOT_PROVEN, (("kvm-1",),))


# ---- against all assignments ---------------------------------------------------------------------------------------

GROUPS = st.sampled_from([None, None, ServerGroup("apart", "anti-affinity"), ServerGroup("near", "affinity")])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Host], list[Home], Goal]:
    hosts = [
        make_host(f"kvm-{n}", draw(st.integers(1, 4)), zone=draw(st.sampled_from(["az1", "az2"]))) for n in (1, 2, 3)
    ]
    homes: list[Home] = []
    for number in range(draw(st.integers(1, 5))):
        request = make_request(f"web-{number}", draw(st.integers(1, 3)), draw(GROUPS))
        free = [host.name for host in hosts if _holds(hosts, [*homes, (request, host.name)])]
        if free:
            homes.append((request, draw(st.sampled_from(free))))
    return hosts, homes, Goal(draw(st.sampled_from(["host", "zone", "rack"])), draw(st.integers(1, 2)))


def _holds(hosts: list[Host], homes: list[Home]) -> bool:
    """Tell whether instances may live so; in words of our own."""
    for host in hosts:
        here = [request for request, home in homes if home == host.name]
        if sum(request.shape.amounts["MEMORY_MB"] for request in here) > host.inventories["MEMORY_MB"].total:
            return False
        if sum(request.group is not None and request.group.name == "apart" for request in here) > 1:
            return False
    return len({home for request, home in homes if request.group is not None and request.group.name == "near"}) <= 1


def _survives(hosts: list[Host], homes: list[Home], lost: set[str], concerned: list[Request]) -> bool:
    left = [host for host in hosts if host.name not in lost]
    stay = [(request, home) for request, home in homes if home not in lost]
    places = product([host.name for host in left], repeat=len(concerned))
    return any(_holds(left, [*stay, *zip(concerned, place, strict=True)]) for place in places)


@given(worlds())
def test_verdict_equals_exhaustive_enumeration(world: tuple[list[Host], list[Home], Goal]) -> None:
    """Every loss x every assignment gives the same verdict; a counter-example is one, and is minimal."""
    hosts, homes, goal = world
    found = verdict(hosts, homes, goal)
    table = HostTable(hosts, aggregates=RACKS)
    known = {name: {table.names[row] for row in rows} for name, rows in domains(table, goal.of).items()}
    survived = True
    for lost in combinations(known, min(goal.lose, len(known))):
        gone = set().union(*(known[name] for name in lost))
        survived &= _survives(hosts, homes, gone, [request for request, home in homes if home in gone])
    assert found.state == (PROVEN if survived else REFUTED)
    if found.counter is not None:
        gone = set().union(*(known[name] for name in found.counter.lost))
        stuck = [request for request, _ in homes if request.name in found.counter.instances]
        assert all(home in gone for request, home in homes if request in stuck)
        assert not _survives(hosts, homes, gone, stuck)
        affected = [request for request, home in homes if home in gone]
        assert found.counter.is_smallest
        for fewer in combinations(affected, len(stuck) - 1):
            assert _survives(hosts, homes, gone, list(fewer))
