# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees: what a request finds in one, who gives what, and why nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from builders import make_host
from novalite.model.placement import Placement, Unplaced
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule import filters
from novalite.schedule.figures import figures
from novalite.schedule.host import Host
from novalite.schedule.providers import candidates
from novalite.schedule.request import Group, Request
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from tree_builders import NFS, STORAGE, X, Y, gpu, tree, vgpu, wants

# inventory, used, asked, fits
ARITHMETIC: list[tuple[str, Inventory, int, int, bool]] = [
    ("all of it", Inventory(10), 0, 10, True),
    ("more than all", Inventory(10), 0, 11, False),
    ("what is left", Inventory(10), 6, 4, True),
    ("more than is left", Inventory(10), 6, 5, False),
    ("reserved is not there", Inventory(10, reserved=3), 0, 8, False),
    ("all is reserved", Inventory(10, reserved=10), 0, 1, False),
    ("reserve goes before the ratio", Inventory(10, reserved=4, allocation_ratio=2.0), 0, 12, True),
    ("half units do not count: 3 x 1.5 = 4.5", Inventory(3, allocation_ratio=1.5), 0, 4, True),
    ("nor are they rounded up", Inventory(3, allocation_ratio=1.5), 0, 5, False),
    ("a ratio below one", Inventory(10, allocation_ratio=0.55), 0, 6, False),
    ("the least that may be asked", Inventory(10, min_unit=3), 0, 3, True),
    ("less than that", Inventory(10, min_unit=3), 0, 2, False),
    ("the most that may be asked", Inventory(10, max_unit=4), 0, 4, True),
    ("more than that", Inventory(10, max_unit=4), 0, 5, False),
    ("a step", Inventory(10, step_size=3), 0, 9, True),
    ("between steps", Inventory(10, step_size=3), 0, 8, False),
    ("overfull since its ratio fell", Inventory(10, allocation_ratio=0.5), 8, 1, False),
]


@pytest.mark.parametrize("row", ARITHMETIC, ids=lambda row: row[0])
@pytest.mark.parametrize("place", ["host", "inside", "shared"])
def test_arithmetic_is_the_same_wherever_the_inventory_is(place: str, row: tuple[Any, ...]) -> None:
    _, inventory, used, asked, fits = row
    held, taken = {"CUSTOM_A": inventory}, {"CUSTOM_A": used}
    host, sharing = Host("a"), []
    if place == "host":
        host = Host("a", inventories=held, used=taken)
    elif place == "inside":
        host = Host("a", providers=(Provider("p", held, taken),))
    else:
        sharing = [SharingProvider("s", ("storage",), held, taken)]
    table = HostTable([host], aggregates=[STORAGE], sharing=sharing)
    (result,) = select(table, [wants(resources={"CUSTOM_A": asked})])
    assert isinstance(result, Placement if fits else Unplaced)
    assert bool(candidates(host, wants(resources={"CUSTOM_A": asked}).shape, sharing)) is fits


# providers, request, who gives what; None: nobody can
TREES: list[tuple[str, list[Provider], Request, str | None]] = [
    ("a class comes whole from one provider", [gpu("g0", 2), gpu("g1", 2)], wants(resources={"VGPU": 3}), None),
    ("classes of the unsuffixed group from several", [gpu("g0")], wants(resources={"VCPU": 1, "VGPU": 2}),
     "VCPU 1 of a; VGPU 2 of g0"),
    ("a group from one", [gpu("g0"), Provider("n", {"CUSTOM_N": Inventory(1)})],
     wants("w", Group("s", (("CUSTOM_N", 1), ("VGPU", 1)))), None),
    ("the tightest that has room", [gpu("g0", 8), gpu("g1", 4, 3), gpu("g2", 4, 4)], wants("w", vgpu("s")),
     "group s: VGPU 1 of g1"),
    ("traits that nobody asked for are kept", [gpu("g0", 1, 0, X), gpu("g1", 4)], wants("w", vgpu("s")),
     "group s: VGPU 1 of g1"),
    ("a required trait", [gpu("g0"), gpu("g1", 4, 0, X)], wants("w", vgpu("s", required=frozenset({X}))),
     "group s: VGPU 1 of g1"),
    ("a required trait on another provider does not help", [gpu("g0"), Provider("n", traits=frozenset({X}))],
     wants("w", vgpu("s", required=frozenset({X}))), None),
    ("a forbidden trait", [gpu("g0", 4, 0, X), gpu("g1")], wants("w", vgpu("s", forbidden=frozenset({X}))),
     "group s: VGPU 1 of g1"),
    ("any of two traits", [gpu("g0"), gpu("g1", 4, 0, Y)], wants("w", vgpu("s", any_of=(frozenset({X, Y}),))),
     "group s: VGPU 1 of g1"),
    ("traits of the unsuffixed group: from all that give", [gpu("g0", 4, 0, X)],
     wants(resources={"VCPU": 1, "VGPU": 1}, required=frozenset({X, "CUSTOM_HOST"})), "VCPU 1 of a; VGPU 1 of g0"),
    ("... not from those that give nothing", [gpu("g0"), gpu("g1", 0, 0, X)],
     wants(resources={"VGPU": 1}, required=frozenset({X})), None),
    ("... and the one with the trait is taken", [gpu("g0", 1), gpu("g1", 4, 0, X)],
     wants(resources={"VGPU": 1}, required=frozenset({X})), "VGPU 1 of g1"),
    ("forbidden on one that would give", [gpu("g0", 1, 0, X), gpu("g1")],
     wants(resources={"VGPU": 1}, forbidden=frozenset({X})), "VGPU 1 of g1"),
    ("forbidden on one that gives nothing", [Provider("n", traits=frozenset({X})), gpu("g0")],
     wants(resources={"VGPU": 1}, forbidden=frozenset({X})), "VGPU 1 of g0"),
    ("groups may meet", [gpu("g0", 2)], wants("w", vgpu("s"), vgpu("t")),
     "group s: VGPU 1 of g0; group t: VGPU 1 of g0"),
    ("... as far as there is room for both", [gpu("g0", 1)], wants("w", vgpu("s"), vgpu("t")), None),
    ("... and max_unit is for each alone", [Provider("g0", {"VGPU": Inventory(4, max_unit=1)})],
     wants("w", vgpu("s"), vgpu("t")), "group s: VGPU 1 of g0; group t: VGPU 1 of g0"),
    ("isolate keeps them apart", [gpu("g0", 2)], wants("w", vgpu("s"), vgpu("t"), group_policy="isolate"), None),
    ("isolate with a provider for each", [gpu("g0", 2), gpu("g1", 2)],
     wants("w", vgpu("s"), vgpu("t"), group_policy="isolate"), "group s: VGPU 1 of g0; group t: VGPU 1 of g1"),
    ("isolate does not count what takes nothing", [gpu("g0", 2, 0, X)],
     wants("w", vgpu("s"), Group("t", required=frozenset({X})), group_policy="isolate"),
     "group s: VGPU 1 of g0; group t: nothing of g0"),
    ("the first choice is not the last word", [gpu("g0", 1, 0, X), gpu("g1", 2)],
     wants("w", vgpu("s", 1, any_of=(frozenset({X}),)), vgpu("t", 2)), "group s: VGPU 1 of g0; group t: VGPU 2 of g1"),
    ("same_subtree: below one of them", [
        Provider("n0", traits=frozenset({"HW_NUMA_ROOT"})), gpu("g0", parent="n0"), gpu("g1"),
        Provider("n1", {"CUSTOM_N": Inventory(1)}, parent="n0")],
     wants("w", vgpu("s"), Group("n", (("CUSTOM_N", 1),)), Group("r", required=frozenset({"HW_NUMA_ROOT"})),
           same_subtree=(frozenset({"s", "n", "r"}),)),
     "group s: VGPU 1 of g0; group n: CUSTOM_N 1 of n1; group r: nothing of n0"),
    ("same_subtree: siblings alone are none", [
        Provider("n0"), gpu("g0", parent="n0"), Provider("n1", {"CUSTOM_N": Inventory(1)}, parent="n0")],
     wants("w", vgpu("s"), Group("n", (("CUSTOM_N", 1),)), same_subtree=(frozenset({"s", "n"}),)), None),
    ("nothing asked of providers: the host alone", [gpu("g0")], wants(resources={"VCPU": 1}), "VCPU 1 of a"),
]  # fmt: skip


@pytest.mark.parametrize("row", TREES, ids=lambda row: row[0])
def test_who_gives_what(row: tuple[Any, ...]) -> None:
    """By the public function, and by a table: what it books is the first of the candidates."""
    _, inside, request, wanted = row
    found = candidates(tree(inside), request.shape)
    assert (str(found[0]) if found else None) == wanted
    table = HostTable([tree(inside)])
    (result,) = select(table, [request])
    assert isinstance(result, Unplaced if wanted is None else Placement)
    booked = table.providers.assignment(request, 0)
    if table.providers.concerns(request) and wanted is not None:
        assert str(booked) == wanted
        table.unbook(request, 0)
    assert table.providers.assignment(request, 0) is None


REASONS: list[tuple[str, list[Provider], Request, str]] = [
    ("numbers of each", [gpu("g0", 4, 3), gpu("g1", 4, 4)], wants("w", vgpu("s", 2)),
     "group s: asked 2 VGPU: g0 has 1 VGPU free; g1 has 0 VGPU free"),
    ("traits of each", [gpu("g0", 4, 0, X), gpu("g1")],
     wants("w", vgpu("s", required=frozenset({Y}), forbidden=frozenset({X}))),
     "g0 has 4 VGPU free, lacks CUSTOM_Y, has CUSTOM_X, which is forbidden; g1 has 4 VGPU free, lacks CUSTOM_Y"),
    ("the first group that fails", [gpu("g0", 1)], wants("w", vgpu("s"), vgpu("t"), vgpu("u")),
     "group t, beside the groups before it: asked 1 VGPU: g0 has 0 VGPU free"),
    ("the rule that keeps it out", [gpu("g0", 4)], wants("w", vgpu("s"), vgpu("t"), group_policy="isolate"),
     "(isolate: a provider for each group)"),
    ("a class nobody has", [gpu("g0")], wants("w", Group("s", (("FPGA", 1),))),
     "group s: asked 1 FPGA, no provider offers it"),
    ("units", [Provider("g0", {"VGPU": Inventory(8, max_unit=2)})], wants("w", vgpu("s", 3)),
     "g0 has 8 VGPU free, gives 1 to 2 at once, in steps of 1"),
    ("the unsuffixed group whole from one", [gpu("g0", 2), gpu("g1", 2)], wants(resources={"VGPU": 3}),
     "asked 3 VGPU: g0 has 2 VGPU free; g1 has 2 VGPU free"),
    ("a trait of the unsuffixed group", [gpu("g0"), Provider("n", traits=frozenset({X}))],
     wants(resources={"VGPU": 1}, required=frozenset({X})), "no provider that could give a part of it has CUSTOM_X"),
    ("who would give", [gpu("g0")], wants("w", vgpu("s")), "group s: VGPU 1 of g0"),
]  # fmt: skip


@pytest.mark.parametrize("row", REASONS, ids=lambda row: row[0])
def test_the_reason_names_group_and_providers(row: tuple[Any, ...]) -> None:
    _, inside, request, wanted = row
    rule = {item.NAME: item for item in filters.ALL}["ProvidersFilter"]
    assert wanted in rule.why(HostTable([tree(inside)]), request, 0)


def test_figures_are_those_of_groups_and_providers() -> None:
    table = HostTable([tree([gpu("g0", 4, 1)])], aggregates=[STORAGE], sharing=[NFS])
    request = wants("w", vgpu("s", 2), resources={"DISK_GB": 5}, member_of=(frozenset({"storage"}),))
    assert figures("ProvidersFilter", table, request, 0) == (
        {"": {"DISK_GB": 5}, "s": {"VGPU": 2}},
        {"g0": {"VGPU": 3}, "nfs": {"DISK_GB": 100}},
    )
    assert figures("MemberOfFilter", table, request, 0) == ({"member_of": [["storage"]], "not": []}, ["storage"])


def test_a_plain_table_asks_nothing_of_providers() -> None:
    """The quick path: neither the filter nor the booking comes near a tree."""
    table = HostTable([make_host("kvm-1"), make_host("kvm-2")])
    request = wants(resources={"VCPU": 1, "MEMORY_MB": 512}, required=frozenset({"HW_CPU_X86_AVX"}))
    assert not table.providers.concerns(request)
    assert "ProvidersFilter" not in [rule.NAME for rule in filters.applying(table, request)]
    select(table, [request])
    assert table.providers.assignment(request, 0) is None


def test_groups_on_plain_hosts_are_given_by_the_host() -> None:
    """And a plain request between them is seen by the next with groups."""
    table = HostTable([Host("a", inventories={"VCPU": Inventory(4)})])
    grouped = [wants(f"web-{n}", Group("s", (("VCPU", 1),)), Group("t", (("VCPU", 1),))) for n in range(2)]
    results = select(table, [grouped[0], wants("web-00", resources={"VCPU": 1}), grouped[1]])
    assert [type(result) for result in results] == [Placement, Placement, Unplaced]
    assert table.resource("VCPU").used.tolist() == [3]
