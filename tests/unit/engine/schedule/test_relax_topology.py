# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest change by which a guest's cells would fit a host's: what it is, and that it does what it says."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import DEBIAN, make_flavor, make_instance
from novalite.model.numa import HostCell, Pages
from novalite.model.pci import PciPool, PciRequest
from novalite.model.placement import Placement, Unplaced
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.options import DEFAULT, Options
from novalite.schedule.relax import advise
from novalite.schedule.relaxing import NOT_RELAXED, RULES, relaxed
from novalite.schedule.relaxing.topology import NOT_GIVEN_UP
from novalite.schedule.request import Request, bare_shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

ON = Options(enabled_filters=(*DEFAULT.enabled_filters, "NUMATopologyFilter", "PciPassthroughFilter"))
DEDICATED = {"hw:cpu_policy": "dedicated"}
LAN = frozenset({("libvirt", "default")})


def cell(number: int = 0, pcpus: int = 4, *, memory: int = 2048, **rest: Any) -> HostCell:
    first = number * 16
    return HostCell(
        number,
        pcpus=frozenset(range(first, first + pcpus)),
        cpus=frozenset((first + 8, first + 9)),
        memory_mib=memory,
        **rest,
    )


def threads(**rest: Any) -> HostCell:
    """Two cores of two threads."""
    return cell(siblings=(frozenset((0, 1)), frozenset((2, 3))), **rest)


def host(*cells: HostCell, shared: int = 16, **rest: Any) -> Host:
    pinned = sum(len(one.pcpus) for one in cells)
    amounts = {"VCPU": shared, "PCPU": pinned, "MEMORY_MB": 8192, "DISK_GB": 100}
    inventories = {name: Inventory(amount) for name, amount in amounts.items() if amount}
    return Host("a", inventories=inventories, numa=cells, networks=LAN, **rest)


def asks(
    vcpus: int = 2, ram: int = 512, image: dict[str, str] | None = None, pci: tuple[PciRequest, ...] = (), **specs: str
) -> Request:
    """Ask by a flavor; ``hw__x`` is hw:x."""
    said = {key.replace("__", ":"): value for key, value in specs.items()}
    flavor = make_flavor(vcpus=vcpus, ram_mib=ram, extra_specs=said, pci=pci)
    made = bare_shape(make_instance(flavor=flavor, image=attrs.evolve(DEBIAN, properties=image or {})))
    return Request("web", made)


NIC = (PciRequest("nic", 1, ((("vendor_id", "8086"),),), "required"),)
FAR = (PciPool("8086", "10fb", 1, numa_node=1),)
HUGE = (Pages(4, 262144), Pages(2048, 128))  # 256 MiB in pages of 2 MiB
# what is in the way: a host, a request, the advice, the same asked by a flavor (None: nothing to compare)
ROWS: dict[str, tuple[Host, Request, str, Request | None]] = {
    "a CPU for the emulator": (
        host(cell(0, 1), cell(1, 1)),
        asks(1, hw__cpu_policy="dedicated", hw__emulator_threads_policy="isolate"),
        "without the extra spec hw:emulator_threads_policy: isolate",
        asks(1, hw__cpu_policy="dedicated"),
    ),
    "whole cores": (
        host(threads(), traits=frozenset()),
        asks(hw__cpu_policy="dedicated", hw__cpu_thread_policy="isolate"),
        "without the extra spec hw:cpu_thread_policy: isolate",
        asks(hw__cpu_policy="dedicated"),
    ),
    "threads, as the image says": (
        host(cell(), traits=frozenset({"HW_CPU_HYPERTHREADING"})),
        asks(image={"hw_cpu_thread_policy": "require"}, hw__cpu_policy="dedicated"),
        "without the image property hw_cpu_thread_policy: require",
        asks(hw__cpu_policy="dedicated"),
    ),
    "pages that the host has not": (
        host(cell(pages=HUGE)),
        asks(hw__mem_page_size="1GB", ram=1024),
        "without the extra spec hw:mem_page_size: 1GB",
        asks(ram=1024),
    ),
    "fewer pages than asked": (
        host(cell(pages=HUGE)),
        asks(hw__mem_page_size="2MB", ram=300),
        "with 44 MiB less RAM (256 instead of 300)",
        asks(hw__mem_page_size="2MB", ram=256),
    ),
    "more nodes than the host": (
        host(cell(), cell(1)),
        asks(4, hw__numa_nodes="4"),
        "with hw:numa_nodes: 2",
        asks(4, hw__numa_nodes="2"),
    ),
    "one node where two would do": (
        host(cell(), cell(1)),
        asks(6, hw__cpu_policy="dedicated"),
        "with 2 fewer PCPU (4 instead of 6)",
        asks(4, hw__cpu_policy="dedicated"),
    ),
    "one node where two would do, and less is much less": (
        host(cell(0, 2), cell(1, 2)),
        asks(4, hw__cpu_policy="dedicated", hw__numa_nodes="1", hw__cpu_thread_policy="prefer"),
        "with 2 fewer PCPU (2 instead of 4)",
        None,
    ),
    "nodes given one by one": (
        host(cell(0, memory=1024), cell(1, memory=200)),
        asks(2, 1024, hw__numa_nodes="2", **{"hw__numa_cpus.0": "0", "hw__numa_cpus.1": "1",
                                             "hw__numa_mem.0": "512", "hw__numa_mem.1": "512"}),
        "without the extra spec hw:numa_nodes: 2 and the CPUs and memory of its nodes",
        asks(2, 1024),
    ),
    "a device far away": (
        host(cell(), cell(1, 1), pci=FAR),
        asks(2, pci=NIC, hw__cpu_policy="dedicated", hw__pci_numa_affinity_policy="required"),
        "with 1 fewer PCPU (1 instead of 2)",
        None,
    ),
    "a device far away from nodes that are given": (
        host(cell(), cell(1, 0, memory=1), pci=FAR),
        asks(2, pci=NIC, hw__cpu_policy="dedicated", hw__pci_numa_affinity_policy="required"),
        "with hw:pci_numa_affinity_policy: preferred",
        asks(2, pci=NIC, hw__cpu_policy="dedicated", hw__pci_numa_affinity_policy="preferred"),
    ),
    "CPUs to pin": (
        host(cell(0, 0), shared=16),
        asks(2, hw__cpu_policy="dedicated"),
        "without the extra spec hw:cpu_policy: dedicated, with shared CPUs",
        asks(2),
    ),
    "a mask that says which CPUs": (
        host(cell(0, 1)),
        asks(4, hw__cpu_policy="mixed", hw__cpu_dedicated_mask="0-1"),
        "without the extra spec hw:cpu_policy: mixed, with shared CPUs",
        asks(4),
    ),
    "no cells at all": (
        host(),
        asks(2, hw__numa_nodes="1"),
        "without the extra spec hw:numa_nodes: 1",
        asks(2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_what_is_in_the_way(name: str) -> None:
    """The advice; it does what it says; and the relaxed shape is the one that such a flavor would have had."""
    one, request, text, wanted = ROWS[name]
    (result,) = select(HostTable([one], options=ON), [request])
    assert isinstance(result, Unplaced)
    assert result.advice is not None
    assert result.advice.text == f"would fit on a {text}"
    changed, _ = relaxed(request, result.advice.changes)
    (again,) = select(HostTable([one], options=ON), [changed])
    assert isinstance(again, Placement)
    if wanted is not None:
        assert attrs.evolve(changed.shape, flavor="", extra_specs=(), image_properties=()) == attrs.evolve(
            wanted.shape, flavor="", extra_specs=(), image_properties=()
        )


def test_memory_that_other_rules_take_too_stays_in_equal_parts() -> None:
    """RamFilter alone: less for both nodes."""
    one = attrs.evolve(host(cell(), cell(1)), inventories={**host(cell()).inventories, "MEMORY_MB": Inventory(1001)})
    request = asks(2, 2048, hw__numa_nodes="2")
    found = advise(HostTable([one], options=ON), request)
    assert found is not None
    assert found.text == "would fit on a with 1048 MiB less RAM (1000 instead of 2048)"
    (again,) = select(HostTable([one], options=ON), [relaxed(request, found.changes)[0]])
    assert isinstance(again, Placement)


def test_every_rule_is_relaxed_or_told_why_not() -> None:
    assert not RULES.keys() & NOT_RELAXED.keys()
    assert all(NOT_RELAXED.values())
    assert all(NOT_GIVEN_UP.values())


def test_hosts_in_the_same_state_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that thousands of equal hosts cost as much as one."""
    from novalite.schedule.relaxing import topology

    searched = []
    honest = topology.smallest
    monkeypatch.setattr(topology, "smallest", lambda *rest: searched.append(1) or honest(*rest))
    hosts = [attrs.evolve(host(cell(0, 2), cell(1, 2)), name=f"kvm-{number}") for number in range(50)]
    assert advise(HostTable(hosts, options=ON), asks(4, hw__cpu_policy="dedicated")) is not None
    assert len(searched) == 1


CELLS = st.builds(
    lambda pcpus, memory, pages, taken: (pcpus, memory, pages, taken),
    st.integers(0, 6),
    st.sampled_from([512, 1024, 4096]),
    st.sampled_from([(), (Pages(4, 262144), Pages(2048, 200)), (Pages(4, 65536), Pages(1048576, 2))]),
    st.integers(0, 3),
)
SPECS = st.fixed_dictionaries(
    {"hw__cpu_policy": st.just("dedicated")},
    optional={
        "hw__numa_nodes": st.sampled_from(["1", "2", "3"]),
        "hw__mem_page_size": st.sampled_from(["2048", "1048576", "large"]),
        "hw__cpu_thread_policy": st.sampled_from(["prefer", "isolate", "require"]),
        "hw__emulator_threads_policy": st.just("isolate"),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, min_size=0, max_size=3), SPECS, st.sampled_from([6, 12]), st.sampled_from([600, 1536, 6144]))
def test_the_advice_applied_schedules(cells: list[Any], specs: dict[str, str], vcpus: int, ram: int) -> None:
    """On whatever host; and none of what it says can be left out."""
    made = [
        attrs.evolve(
            cell(number, pcpus, memory=memory, pages=pages), pinned=frozenset(range(number * 16, number * 16 + taken))
        )
        for number, (pcpus, memory, pages, taken) in enumerate(cells)
    ]
    one, request = host(*made, traits=frozenset({"HW_CPU_HYPERTHREADING"})), asks(vcpus, ram, **specs)
    (result,) = select(HostTable([one], options=ON), [request])
    if isinstance(result, Placement) or result.advice is None:
        return
    changed, mended = relaxed(request, result.advice.changes)
    if mended:
        return
    assert isinstance(select(HostTable([one], options=ON), [changed])[0], Placement), result.advice.text
    for change in result.advice.changes:
        lesser, _ = relaxed(request, [other for other in result.advice.changes if other is not change])
        assert isinstance(select(HostTable([one], options=ON), [lesser])[0], Unplaced), result.advice.text


@pytest.mark.parametrize("specs", [{}, {"hw__numa_nodes": "2"}, {"hw__mem_page_size": "2048"}])
def test_who_pins_always_has_a_way_out_where_there_are_shared_cpus(specs: dict[str, str]) -> None:
    """At the worst shared CPUs, ordinary memory and no nodes."""
    request = asks(6, 6144, hw__cpu_policy="dedicated", **specs)
    found = advise(HostTable([host(shared=16)], options=ON), request)
    assert found is not None
