# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests on the cells of a host: rows written from what Nova's numa_fit_instance_to_host means, one line each."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.model.claim import Claim, claim_from_spec
from novalite.model.guest_topology import guest_topology
from novalite.model.numa import GuestCell, GuestTopology, HostCell, Pages
from novalite.model.pci import PciPool, PciRequest
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.named import filter_hosts
from novalite.schedule.numa.cell import Limits, fit_cell
from novalite.schedule.numa.fit import State, Want, fit
from novalite.schedule.numa.hardware import claim_of, hardware_of
from novalite.schedule.numa.usage import given_back, taken
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable

FOUR = Pages(4, 262144)  # 1 GiB
SMT = (frozenset((0, 4)), frozenset((1, 5)), frozenset((2, 6)), frozenset((3, 7)))


def cell(number: int = 0, **rest: Any) -> HostCell:
    """A cell with four pinnable CPUs and two shared ones, 1 GiB."""
    first = number * 8
    values: dict[str, Any] = {
        "pcpus": frozenset(range(first, first + 4)),
        "cpus": frozenset((first + 4, first + 5)),
        "memory_mib": 1024,
    }
    return HostCell(number, **(values | rest))


def smt(**rest: Any) -> HostCell:
    """Four cores of two threads, all for pinned guests."""
    return HostCell(0, **({"pcpus": frozenset(range(8)), "memory_mib": 1024, "siblings": SMT} | rest))


def guest(vcpus: int = 2, ram_mib: int = 512, **specs: str) -> GuestTopology:
    """A guest by its extra specs, without ``hw:``."""
    found = guest_topology(vcpus, ram_mib, {f"hw:{key}": value for key, value in specs.items()}, {})
    assert found is not None
    return found


def pinned(vcpus: int = 2, **specs: str) -> GuestTopology:
    return guest(vcpus, cpu_policy="dedicated", **specs)


def isolated(vcpus: int = 2, **specs: str) -> GuestTopology:
    return pinned(vcpus, cpu_thread_policy="isolate", **specs)


def required(vcpus: int = 2, **specs: str) -> GuestTopology:
    return pinned(vcpus, cpu_thread_policy="require", **specs)


def sized(size: str, ram_mib: int = 512) -> GuestTopology:
    return guest(2, ram_mib, mem_page_size=size)


PAGES = (FOUR, Pages(2048, 256), Pages(1048576, 1))
LEGACY = {"cpus": frozenset(range(8))}  # hosts that give shared and pinned guests the same CPUs

# what the row is about, host cells, guest, ratios (cpu, ram), {guest cell: (host cell, pins, page size)} or text
ROWS: list[tuple[str, tuple[HostCell, ...], GuestTopology, tuple[float, float], Any]] = [
    ("shared fits", (cell(),), guest(numa_nodes="1"), (1, 1), {0: (0, [], None)}),
    ("no cells told", (), guest(numa_nodes="1"), (1, 1), "1 NUMA cell asked, the host tells of none"),
    ("two cells on one", (cell(),), guest(numa_nodes="2"), (1, 1), "2 NUMA cells asked, the host has 1"),
    ("never over itself", (cell(),), guest(3, numa_nodes="1"), (9, 9), "shared CPUs: 3 asked, the cell has 2"),
    ("over others by ratio", (cell(cpu_usage=2),), guest(numa_nodes="1"), (2, 1), {0: (0, [], None)}),
    ("ratio exhausted", (cell(cpu_usage=3),), guest(numa_nodes="1"), (2, 1), "shared CPUs: 2 asked, 1 of 4 free"),
    ("memory over others", (cell(memory_used_mib=800),), guest(numa_nodes="1"), (1, 1.5), {0: (0, [], None)}),
    ("memory ratio exhausted", (cell(memory_used_mib=800),), guest(numa_nodes="1"), (1, 1), "224 of 1024 free"),
    ("memory never over itself", (cell(),), guest(2, 2048, numa_nodes="1"), (9, 9), "memory: 2048MiB asked"),
    ("pins, first free", (cell(pinned=frozenset((0, 2))),), pinned(), (1, 1), {0: (0, [1, 3], None)}),
    ("pins exhausted", (cell(pinned=frozenset((0, 2, 3))),), pinned(), (9, 9), "pinned CPUs: 2 asked, 1 of 4 free"),
    ("pins, no memory ratio", (cell(memory_used_mib=800),), pinned(), (9, 9), "memory: 512MiB asked, 224 free"),
    ("prefer packs threads", (smt(),), pinned(), (1, 1), {0: (0, [0, 4], None)}),
    ("prefer, emptier cores", (smt(pinned=frozenset((0,))),), pinned(), (1, 1), {0: (0, [1, 5], None)}),
    ("prefer, odd threads", (smt(pinned=frozenset((0, 1, 2, 3))),), pinned(3), (1, 1), {0: (0, [4, 5, 6], None)}),
    ("prefer, anything free", (smt(pinned=frozenset((0, 1, 2))),), pinned(5), (1, 1), {0: (0, [4, 5, 6, 3, 7], None)}),
    ("require takes siblings", (smt(pinned=frozenset((0,))),), required(4), (1, 1), {0: (0, [1, 5, 2, 6], None)}),
    ("require, odd number", (smt(),), required(3), (1, 1), {0: (0, [0, 4, 1], None)}),
    ("require, no siblings left", (smt(pinned=frozenset((0, 1, 2, 3))),), required(), (1, 1), "thread policy require"),
    ("require without threads", (cell(),), required(), (1, 1), "thread policy require"),
    ("isolate without threads", (cell(),), isolated(), (1, 1), {0: (0, [0, 1], None)}),
    ("isolate on counted threads", (smt(),), isolated(), (1, 1), "thread policy isolate"),
    ("isolate on a legacy host", (smt(**LEGACY),), isolated(), (1, 1), {0: (0, [0, 1], None)}),
    (
        "isolate, whole cores only",
        (smt(**LEGACY, pinned=frozenset((0, 5))),),
        isolated(3),
        (1, 1),
        "pinned CPUs: 3 asked with thread policy isolate",
    ),
    ("emulator apart", (cell(),), pinned(3, emulator_threads_policy="isolate"), (1, 1), {0: (0, [0, 1, 2], None)}),
    (
        "emulator apart, no CPU left",
        (cell(),),
        pinned(4, emulator_threads_policy="isolate"),
        (1, 1),
        "pinned CPUs: 5 asked, 4 of 4 free",
    ),
    ("mixed", (cell(),), guest(cpu_policy="mixed", cpu_dedicated_mask="1"), (1, 1), {0: (0, [0], None)}),
    (
        "mixed, shared part too",
        (cell(cpu_usage=2),),
        guest(cpu_policy="mixed", cpu_dedicated_mask="1"),
        (1, 1),
        "shared CPUs: 1 asked, 0 of 2 free",
    ),
    ("small pages", (cell(pages=PAGES),), sized("small"), (1, 1), {0: (0, [], 4)}),
    ("large: the largest that hold", (cell(pages=PAGES),), sized("large"), (1, 1), {0: (0, [], 2048)}),
    ("large: whole pages", (cell(pages=PAGES),), sized("large", 1024), (1, 1), {0: (0, [], 1048576)}),
    (
        "any: small where large are gone",
        (cell(pages=(FOUR, Pages(2048, 256, 255))),),
        sized("any"),
        (1, 1),
        {0: (0, [], 4)},
    ),
    ("large: never small", (cell(pages=(FOUR,)),), sized("large"), (1, 1), "pages: large asked, the cell has 4KiB"),
    ("a size", (cell(pages=PAGES),), sized("2MB"), (1, 1), {0: (0, [], 2048)}),
    ("a size that is not there", (cell(pages=(FOUR,)),), sized("2048"), (1, 1), "2048 asked, the cell has 4KiB"),
    ("pages exhausted", (cell(pages=(FOUR, Pages(2048, 256, 1))),), sized("2MB"), (9, 9), "256 asked, 255 free"),
    ("not whole pages", (cell(pages=PAGES),), sized("2MB", 511), (1, 1), "is not a whole number of them"),
    ("pages, none told", (cell(),), sized("small"), (1, 1), "none that are told"),
    ("ordinary memory, pages told", (cell(pages=(FOUR,)),), guest(numa_nodes="1"), (1, 1), {0: (0, [], None)}),
    (
        "pinned and small pages gone",
        (cell(pages=(Pages(4, 262144, 200000),)),),
        pinned(),
        (9, 9),
        "131072 asked, 62144",
    ),
    ("least used memory first", (cell(memory_used_mib=1), cell(1)), guest(numa_nodes="1"), (1, 1), {0: (1, [], None)}),
    (
        "then least used CPUs",
        (cell(cpu_usage=1), cell(1, memory_used_mib=9)),
        guest(numa_nodes="1"),
        (9, 1),
        {0: (1, [], None)},
    ),
    ("then most free pins", (cell(pinned=frozenset((0,))), cell(1)), pinned(), (1, 1), {0: (1, [8, 9], None)}),
    (
        "both cells in order",
        (cell(), cell(1)),
        pinned(4, numa_nodes="2"),
        (1, 1),
        {0: (0, [0, 1], None), 1: (1, [8, 9], None)},
    ),
    (
        "both cells crossed",
        (cell(pinned=frozenset((0, 1, 2))), cell(1)),
        pinned(
            4, **{"numa_nodes": "2", "numa_cpus.0": "0-2", "numa_cpus.1": "3", "numa_mem.0": "256", "numa_mem.1": "256"}
        ),
        (1, 1),
        {0: (1, [8, 9, 10], None), 1: (0, [3], None)},
    ),
    (
        "both would take the same",
        (cell(pinned=frozenset((0, 1, 2))), cell(1)),
        pinned(4, numa_nodes="2"),
        (1, 1),
        "fits somewhere, but not all at once",
    ),
    (
        "pages differ by cell",
        (cell(pages=PAGES), cell(1, pages=(FOUR, Pages(2048, 256, 256)))),
        guest(2, 1024, numa_nodes="2", mem_page_size="any"),
        (1, 1),
        {0: (0, [], 2048), 1: (1, [], 4)},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_fit(row: tuple[Any, ...]) -> None:
    """Each row: which host cell, CPUs and pages each guest cell gets, or part of why it does not fit."""
    _, cells, topology, (cpu, ram), expected = row
    found = fit(State(cells, (), Limits(cpu, ram)), Want(topology))
    if isinstance(found, str):
        assert isinstance(expected, str), found
        assert expected in found
    else:
        got = {c.id: (c.host_cell, [pcpu for _, pcpu in c.pcpus], c.page_size_kib) for c in found.cells}
        assert got == expected


# emulator policy, realtime CPUs, where emulator threads run
EMULATOR = [
    ({}, (0, 1)),
    ({"emulator_threads_policy": "isolate"}, (2,)),
    ({"emulator_threads_policy": "share"}, (4, 5)),
    ({"cpu_realtime": "yes", "cpu_realtime_mask": "^0"}, (0,)),
]


@pytest.mark.parametrize(("specs", "expected"), EMULATOR, ids=str)
def test_emulator_threads(specs: dict[str, str], expected: tuple[int, ...]) -> None:
    claim = fit(State((cell(),)), Want(pinned(**specs)))
    assert isinstance(claim, Claim)
    assert claim.emulator_cpus == expected


def test_a_claim_travels_in_a_spec() -> None:
    topology = guest(cpu_policy="mixed", cpu_dedicated_mask="1", mem_page_size="2MB", emulator_threads_policy="isolate")
    claim = fit(State((cell(pages=PAGES),)), Want(topology))
    assert isinstance(claim, Claim)
    assert claim.to_spec() == {
        "cells": [
            {
                "id": 0,
                "host_cell": 0,
                "cpus": [0],
                "pcpus": {"1": 0},
                "memory_mib": 512,
                "page_size_kib": 2048,
                "shared_cpus": [4, 5],
            }
        ],
        "shared_cpus": [4, 5],
        "emulator_cpus": [1],
        "pci": [],
    }
    assert claim_from_spec(claim.to_spec()) == claim
    assert claim_from_spec(None) is None


def test_the_page_size_of_one_is_not_that_of_the_next() -> None:
    """Nova writes the size it chose into the request; here the next instance asks for any again."""
    state, topology, sizes = State((cell(pages=(FOUR, Pages(2048, 256))),), (), Limits(2, 2)), sized("any"), []
    for _ in range(2):
        claim = fit(state, Want(topology))
        assert isinstance(claim, Claim)
        sizes.append(claim.cells[0].page_size_kib)
        state = taken(state, claim, topology)
    assert sizes == [2048, 4]


BOOKED = [
    guest(numa_nodes="1"),
    guest(numa_nodes="2"),
    pinned(),
    pinned(emulator_threads_policy="isolate"),
    sized("large"),
    sized("small"),
    guest(cpu_policy="mixed", cpu_dedicated_mask="0"),
]


@pytest.mark.parametrize("topology", BOOKED, ids=str)
def test_what_is_taken_can_be_given_back(topology: GuestTopology) -> None:
    state = State((cell(pages=PAGES), cell(1, pages=PAGES)), (), Limits(2, 2))
    claim = fit(state, Want(topology))
    assert isinstance(claim, Claim)
    after = taken(state, claim, topology)
    assert after != state
    assert given_back(after, claim, topology) == state


def test_isolate_takes_the_other_threads_and_gives_them_back() -> None:
    state, topology = State((smt(**LEGACY),)), isolated(2, emulator_threads_policy="isolate")
    claim = fit(state, Want(topology))
    assert isinstance(claim, Claim)
    after = taken(state, claim, topology)
    assert after.cells[0].pinned == {0, 4, 1, 5, 2, 6}
    assert given_back(after, claim, topology) == state


def host(name: str = "a", **rest: Any) -> Host:
    values: dict[str, Any] = {
        "numa": (cell(), cell(1)),
        "inventories": {"VCPU": Inventory(16), "MEMORY_MB": Inventory(2048)},
    }
    return Host(name, **(values | rest))


def test_the_filter_passes_hosts_without_cells_only_for_guests_without() -> None:
    hosts = [host("a"), host("b", numa=())]
    assert filter_hosts("NUMATopologyFilter", hosts, Request("x", Shape(topology=pinned()))) == [True, False]
    assert filter_hosts("NUMATopologyFilter", hosts, Request("x", Shape())) == [True, True]


def test_booking_changes_the_mask_and_unbooking_changes_it_back() -> None:
    table = HostTable([host("a"), host("b")])
    asked = [Request(f"x-{number}", Shape(topology=pinned(4))) for number in range(3)]
    hardware, want = hardware_of(table), Want(pinned(4))
    assert hardware.mask(want).tolist() == [True, True]
    claims = []
    for request in asked[:2]:
        table.book(request, 0)
        claims.append(claim_of(table, request, 0))
    assert [claim.cells[0].host_cell for claim in claims if claim] == [0, 1]
    assert hardware.mask(want).tolist() == [False, True]
    table.unbook(asked[0], 0)
    assert hardware.mask(want).tolist() == [True, True]
    assert claim_of(table, asked[0], 0) is None
    table.book(asked[2], 0)
    assert claim_of(table, asked[2], 0) == claims[0]


def test_what_was_booked_before_anybody_asked_counts() -> None:
    table = HostTable([host("a", numa=(cell(),))])
    first = Request("x-0", Shape(topology=pinned(3)))
    table.book(first, 0)
    assert hardware_of(table).mask(Want(pinned(2))).tolist() == [False]
    assert claim_of(table, first, 0) is not None


def test_devices_draw_guests_to_their_cell_and_keep_others_off() -> None:
    pools = (PciPool("10de", "20b0", 1, numa_node=0, addresses=("0000:01:00.0",)),)
    gpu = (PciRequest("gpu", 1, ((("vendor_id", "10de"),),)),)
    cells = (cell(memory_used_mib=500), cell(1))
    with_gpu, without = (fit(State(cells, pools), Want(pinned(), asked)) for asked in (gpu, ()))
    assert isinstance(with_gpu, Claim)
    assert isinstance(without, Claim)
    assert (with_gpu.cells[0].host_cell, without.cells[0].host_cell) == (0, 1)
    assert [device.address for device in with_gpu.pci] == ["0000:01:00.0"]


def cells_strategy(count: int) -> st.SearchStrategy[tuple[HostCell, ...]]:
    def one(number: int) -> st.SearchStrategy[HostCell]:
        cpus = list(range(number * 8, number * 8 + 4))
        subset = st.frozensets(st.sampled_from(cpus), max_size=4)
        threads = ((frozenset(cpus[:2]), frozenset(cpus[2:])), tuple(frozenset((cpu,)) for cpu in cpus))
        return st.builds(
            HostCell,
            id=st.just(number),
            cpus=st.frozensets(st.sampled_from([number * 8 + 4, number * 8 + 5])),
            pcpus=subset,
            memory_mib=st.sampled_from((256, 512)),
            memory_used_mib=st.sampled_from((0, 128)),
            cpu_usage=st.integers(0, 2),
            siblings=st.sampled_from(threads),
            pages=st.sampled_from(((), (Pages(4, 65536, 0), Pages(2048, 64, 32)))),
        )

    return st.tuples(*(one(number) for number in range(count)))


TOPOLOGIES = st.one_of(
    st.builds(lambda nodes: guest(4, 512, numa_nodes=nodes), st.sampled_from("124")),
    st.builds(
        lambda nodes, policy, apart: guest(
            4, 512, numa_nodes=nodes, cpu_policy="dedicated", cpu_thread_policy=policy, emulator_threads_policy=apart
        ),
        st.sampled_from("124"),
        st.sampled_from(("prefer", "require", "isolate")),
        st.sampled_from(("share", "isolate")),
    ),
    st.builds(
        lambda nodes, size: guest(2, 256, numa_nodes=nodes, mem_page_size=size),
        st.sampled_from("12"),
        st.sampled_from(("small", "large", "any")),
    ),
)


@given(cells=st.integers(1, 4).flatmap(cells_strategy), topology=TOPOLOGIES)
@settings(max_examples=300, deadline=None)
def test_an_assignment_is_found_where_there_is_one(cells: tuple[HostCell, ...], topology: GuestTopology) -> None:
    """Against brute force over all assignments of guest cells to host cells; and what is found holds."""
    limits = Limits(1.5, 1.5)

    def holds(host: HostCell, guest_cell: GuestCell) -> bool:
        emulator = int(guest_cell.id == 0 and topology.emulator_threads == "isolate")
        return not isinstance(fit_cell(host, guest_cell, topology, emulator, limits), str)

    possible = any(
        all(holds(host, part) for host, part in zip(chosen, topology.cells, strict=True))
        for chosen in permutations(cells, len(topology.cells))
    )
    state = State(cells, (), limits)
    found = fit(state, Want(topology))
    assert isinstance(found, Claim) == possible
    if isinstance(found, Claim):
        after = {host.id: host for host in taken(state, found, topology).cells}
        assert len({part.host_cell for part in found.cells}) == len(topology.cells)
        for host in after.values():
            before = next(item for item in cells if item.id == host.id)
            assert host.pinned <= host.pcpus
            assert all(new.used <= max(new.total, old.used) for new, old in zip(host.pages, before.pages, strict=True))
        pins = [pcpu for part in found.cells for _, pcpu in part.pcpus]
        assert len(pins) == len(set(pins)) == sum(len(part.pcpus) for part in topology.cells)
        assert given_back(attrs.evolve(state, cells=tuple(after.values())), found, topology) == state
