# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees in a table: what a request finds, what booking takes, what all hosts see of what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import make_facts, make_flavor, make_foreign, make_host, make_instance, make_present
from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement, Unplaced
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.observe.parse import host_from_facts
from novalite.schedule import filters
from novalite.schedule.batch import Batch
from novalite.schedule.figures import figures
from novalite.schedule.host import Host, Resident
from novalite.schedule.providers import candidates
from novalite.schedule.request import Group, Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    import random

STORAGE = Aggregate("storage", ("a", "b"))
NFS = SharingProvider("nfs", ("storage",), {"DISK_GB": Inventory(100)}, traits=frozenset({"STORAGE_DISK_SSD"}))
OWN = {"VCPU": Inventory(8), "DISK_GB": Inventory(1000)}
X, Y = "CUSTOM_X", "CUSTOM_Y"


def wants(name: str = "web-0", *groups: Group, **more: Any) -> Request:
    resources = more.pop("resources", {})
    return Request(name, Shape(resources=tuple(sorted(resources.items())), groups=groups, **more))


def gpu(name: str, total: int = 4, used: int = 0, *traits: str, parent: str | None = None) -> Provider:
    return Provider(name, {"VGPU": Inventory(total)}, {"VGPU": used}, frozenset(traits), parent)


def vgpu(suffix: str, amount: int = 1, **more: Any) -> Group:
    return Group(suffix, (("VGPU", amount),), **more)


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


def tree(inside: list[Provider]) -> Host:
    return Host("a", inventories=OWN, traits=frozenset({"CUSTOM_HOST"}), providers=tuple(inside))


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


def test_what_is_shared_is_there_once() -> None:
    """100 GiB for two hosts that each report 1000 of their own: ten times 10 and no more, on whichever host."""
    table = HostTable([Host("a", inventories=OWN), Host("b", inventories=OWN)], aggregates=[STORAGE], sharing=[NFS])
    assert table.resource("DISK_GB").free.tolist() == [100, 100]
    results = select(table, [wants(f"web-{n}", resources={"VCPU": 1, "DISK_GB": 10}) for n in range(11)])
    assert [type(result) for result in results] == [Placement] * 10 + [Unplaced]
    assert table.resource("DISK_GB").free.tolist() == [0, 0]
    assert len({result.host for result in results if isinstance(result, Placement)}) == 2
    assert isinstance(results[10], Unplaced)
    assert set(results[10].refused) == {"DiskFilter"}


def test_traits_of_what_is_shared_count_where_it_gives() -> None:
    """A host outside of the aggregate has its own disk, and not the trait of the shared one."""
    hosts = [Host(name, inventories=OWN) for name in ("a", "c")]
    table = HostTable(hosts, aggregates=[STORAGE], sharing=[NFS])
    ssd = {"required": frozenset({"STORAGE_DISK_SSD"})}
    (result,) = select(table, [wants(resources={"DISK_GB": 10}, **ssd)])
    assert isinstance(result, Placement)
    assert result.host == "a"
    (result,) = select(table, [wants(resources={"VCPU": 1}, **ssd)])
    assert isinstance(result, Unplaced)


def test_a_booking_on_one_host_lowers_what_the_others_weigh_and_can_be_taken_back() -> None:
    table = HostTable([Host("a", inventories=OWN), Host("b", inventories=OWN)], aggregates=[STORAGE], sharing=[NFS])
    request = wants(resources={"DISK_GB": 30})
    before = {
        name: getattr(table.resource("DISK_GB"), name).tolist() for name in ("total", "used", "free", "unreserved")
    }
    table.book(request, 0)
    assert table.resource("DISK_GB").free.tolist() == [70, 70]
    assert table.resource("DISK_GB").used.tolist() == [30, 30]
    table.unbook(request, 0)
    after = {name: getattr(table.resource("DISK_GB"), name).tolist() for name in before}
    assert after == before


def test_residents_are_counted_once_on_what_they_share() -> None:
    """Two hosts, an instance and a foreign domain: 4 + 20 GiB of the 100, whoever reports how much disk."""
    facts = [
        make_facts("a", make_present(make_instance("web-0"))),
        make_facts("b", foreign=[make_foreign("old", VCPU=1, DISK_GB=20)]),
    ]
    hosts = [host_from_facts(item["hostname"], item) for item in facts]
    table = HostTable(hosts, aggregates=[STORAGE], sharing=[NFS])  # type: ignore[arg-type]
    assert table.resource("DISK_GB").free.tolist() == [76, 76]
    assert table.resource("VCPU").used.tolist() == [1, 1]
    table.release({"VCPU": 1, "DISK_GB": 20}, "b", facts[1]["foreign"][0]["uuid"])
    assert table.resource("DISK_GB").free.tolist() == [96, 96]
    table.release({"DISK_GB": 4}, "a")  # without its UUID
    assert table.resource("DISK_GB").free.tolist() == [100, 100]


def test_who_is_seen_on_two_hosts_is_counted_once_on_what_they_share() -> None:
    """As while it is moved; on the hosts themselves it is there twice."""
    moving = Resident("web-0", "1", usage={"VCPU": 1, "DISK_GB": 30})
    hosts = [Host(name, inventories=OWN, used=moving.usage, residents=(moving,)) for name in ("a", "b")]
    table = HostTable(hosts, aggregates=[STORAGE], sharing=[NFS])
    assert table.resource("DISK_GB").free.tolist() == [70, 70]
    assert table.resource("VCPU").used.tolist() == [1, 1]


def test_views_of_a_batch_see_what_is_shared() -> None:
    """Requests that take of the shared disk between others that are only weighed by it: as without views."""
    shapes = [wants(resources={"VCPU": 1}).shape, wants(resources={"VCPU": 1, "DISK_GB": 9}).shape]
    requests = [Request(f"web-{n}", shapes[n % 2]) for n in range(20)]
    hosts = [
        Host("a", inventories=OWN),
        Host("b", inventories=OWN),
        Host("c", inventories={**OWN, "DISK_GB": Inventory(60)}),
    ]
    found = []
    for use_views in (True, False):
        batch = Batch(HostTable(hosts, aggregates=[STORAGE], sharing=[NFS]), use_views=use_views)
        found.append(batch.place_all(requests))
    assert found[0] == found[1]
    assert len({result.host for result in found[0] if isinstance(result, Placement)}) > 1


def test_residents_with_groups_take_of_the_same_providers_on_every_run() -> None:
    """In the order of UUIDs, each as if booked then; deleting one frees the provider that it holds."""
    one = Shape(groups=(vgpu("s", 2),))
    held = {"VGPU": 2}
    residents = [Resident(f"web-{n}", uuid=str(9 - n), usage=held, asks=one) for n in range(3)]
    host = Host("a", used={"VGPU": 6}, providers=(gpu("g0", 2), gpu("g1", 4)), residents=tuple(residents))
    table = HostTable([host])
    assert table.providers.usage(0, ["VGPU"])[1:] == [{"VGPU": 2}, {"VGPU": 4}]
    assert not table.answers.fits(0, one)
    table.release(held, "a", uuid="7")  # the first in order: it holds g0, the tightest
    assert table.providers.usage(0, ["VGPU"])[1:] == [{"VGPU": 0}, {"VGPU": 4}]
    assert table.resource("VGPU").used.tolist() == [4]
    assert table.answers.fits(0, one)


def test_an_observed_instance_is_counted_as_its_flavor_asked() -> None:
    """Its group on the provider with the trait; its unsuffixed rest on the host; both given back by its UUID."""
    said = [{"name": name, "inventories": {"VGPU": {"total": 2}}, "traits": traits} for name, traits in
            (("g0", []), ("g1", [X]))]  # fmt: skip
    flavor = make_flavor("gpu", extra_specs={"resources_s:VGPU": "1", "trait_s:CUSTOM_X": "required"})
    present = make_present(make_instance("web-0", flavor=flavor))
    present["usage"] = {**present["usage"], "VGPU": 1}
    table = HostTable([make_host("kvm-1", present, config={"providers": said})])
    assert table.providers.usage(0, ["VGPU"])[1:] == [{}, {"VGPU": 1}]
    assert table.resource("VGPU").free.tolist() == [3]
    assert table.resource("VCPU").used.tolist() == [1]
    table.release(present["usage"], "kvm-1", present["uuid"])
    assert table.resource("VGPU").free.tolist() == [4]
    assert table.resource("VCPU").used.tolist() == [0]


def test_figures_are_those_of_groups_and_providers() -> None:
    table = HostTable([tree([gpu("g0", 4, 1)])], aggregates=[STORAGE], sharing=[NFS])
    request = wants("w", vgpu("s", 2), resources={"DISK_GB": 5}, member_of=(frozenset({"storage"}),))
    assert figures("ProvidersFilter", table, request, 0) == (
        {"": {"DISK_GB": 5}, "s": {"VGPU": 2}},
        {"g0": {"VGPU": 3}, "nfs": {"DISK_GB": 100}},
    )
    assert figures("MemberOfFilter", table, request, 0) == ({"member_of": [["storage"]], "not": []}, ["storage"])


def test_what_lives_there_and_does_not_fit_is_counted_all_the_same() -> None:
    host = Host(
        "a",
        used={"VGPU": 3},
        providers=(gpu("g0", 1), gpu("g1", 2)),
        residents=(Resident("big", "1", usage={"VGPU": 3}, asks=Shape(groups=(vgpu("s", 3),))),),
    )
    table = HostTable([host])
    assert table.providers.usage(0, ["VGPU"])[1:] == [{"VGPU": 0}, {"VGPU": 3}]
    assert table.resource("VGPU").free.tolist() == [1]


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
