# SPDX-License-Identifier: GPL-3.0-or-later
"""Multipliers of options and aggregates, what booking changes, and what follows for the choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from builders import make_foreign, make_host
from novalite.model.aggregate import Aggregate
from novalite.model.pci import PciPool, PciRequest
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import weighers
from novalite.schedule.host import Host, Resident
from novalite.schedule.named import WEIGHERS, weigh_hosts
from novalite.schedule.options import Metrics, Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable
from novalite.schedule.weigh import best_of, weigh

PLAIN = Request("web-0", Shape(()))


def inventories(name: str, **fields: Any) -> dict[str, Any]:
    return {"inventories": {name: Inventory(**fields)}}


def pool(free: int) -> PciPool:
    return PciPool("10de", "1db4", free)


def resident(**properties: str) -> Resident:
    return Resident("old", image_properties=properties)


def two_of(*first: dict[str, Any]) -> list[Host]:
    return [Host(f"kvm-{index}", **fields) for index, fields in enumerate(first, start=1)]


Q35 = Request("web-0", Shape(image_properties=(("hw_disk_bus", "scsi"), ("hw_machine_type", "q35"))))


def metrics(required: bool = False, unavailable: float = -10000.0, **setting: float) -> Options:
    return Options(metrics=Metrics(1.0, tuple(sorted(setting.items())), required, unavailable))


# weigher, option, aggregates of kvm-1, multipliers of kvm-1 and kvm-2
MULTIPLIERS: list[tuple[str, dict[str, Any], list[dict[str, str]], list[float]]] = [
    ("RAMWeigher", {}, [], [1.0, 1.0]),
    ("RAMWeigher", {"ram_weight_multiplier": -2.0}, [], [-2.0, -2.0]),
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "3"}], [3.0, 1.0]),
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "3"}, {"ram_weight_multiplier": "2.5"}], [2.5, 1.0]),  # the smallest
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "-1"}, {"ram_weight_multiplier": "0"}], [-1.0, 1.0]),
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "much"}], [1.0, 1.0]),
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "nan"}, {"ram_weight_multiplier": "inf"}], [1.0, 1.0]),
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "2,3"}], [1.0, 1.0]),  # Nova does not split these
    # one that cannot be read does not cancel the others, as it does in Nova
    ("RAMWeigher", {}, [{"ram_weight_multiplier": "much"}, {"ram_weight_multiplier": "2"}], [2.0, 1.0]),
    ("CPUWeigher", {}, [{"ram_weight_multiplier": "3"}], [1.0, 1.0]),
    ("BuildFailureWeigher", {}, [], [-1000000.0, -1000000.0]),
    ("BuildFailureWeigher", {}, [{"build_failure_weight_multiplier": "5"}], [-5.0, -1000000.0]),  # negated all the same
    ("IoOpsWeigher", {}, [], [-1.0, -1.0]),
    ("NumInstancesWeigher", {}, [{"num_instances_weight_multiplier": "-1"}], [-1.0, 0.0]),
    # an aggregate may switch on what the option leaves off; Nova's weigher of image properties cannot
    ("ImagePropertiesWeigher", {}, [{"image_props_weight_multiplier": "1"}], [1.0, 0.0]),
    ("MetricsWeigher", {"metrics": Metrics(weight_multiplier=2.0)}, [], [2.0, 2.0]),
    ("MetricsWeigher", {}, [{"metrics_weight_multiplier": "4"}], [4.0, 1.0]),
    ("MetricsWeigher", {}, [{"weight_multiplier": "4"}], [1.0, 1.0]),
]


@pytest.mark.parametrize("row", MULTIPLIERS, ids=lambda row: row[0])
def test_multiplier(row: tuple[Any, ...]) -> None:
    """Each row: the option's, or the smallest of the host's aggregates; and the product follows it."""
    name, options, said, expected = row
    aggregates = [Aggregate(f"a{index}", ("kvm-1", "kvm-9"), metadata) for index, metadata in enumerate(said)]
    found = weigh_hosts(name, two_of({}, {}), PLAIN, options=Options(**options), aggregates=aggregates)
    assert [verdict.multiplier for verdict in found] == expected
    assert [verdict.product for verdict in found] == [verdict.multiplier * verdict.normalised for verdict in found]


def test_a_negative_multiplier_packs() -> None:
    """Both from the option, and on one host alone from its aggregate."""
    hosts = two_of(inventories("MEMORY_MB", total=100), inventories("MEMORY_MB", total=50))
    rows = np.array([0, 1])
    assert best_of(HostTable(hosts), PLAIN, rows).row == 0
    assert best_of(HostTable(hosts, options=Options(ram_weight_multiplier=-1.0)), PLAIN, rows).row == 1
    dear = Aggregate("dear", ("kvm-1",), {"ram_weight_multiplier": "-1"})
    assert best_of(HostTable(hosts, aggregates=[dear]), PLAIN, rows).row == 1


def test_failed_builds_outweigh_all_else() -> None:
    """With Nova's default of a million, applied negated."""
    hosts = two_of(inventories("MEMORY_MB", total=10**6) | {"failed_builds": 1}, inventories("MEMORY_MB", total=10))
    assert best_of(HostTable(hosts), PLAIN, np.array([0, 1])).row == 1


BOOKED = Request(
    "web-0",
    Shape(
        resources=(("DISK_GB", 4), ("MEMORY_MB", 512), ("PCPU", 1), ("VCPU", 2)),
        image_properties=(("hw_machine_type", "q35"),),
        pci=(PciRequest("gpu", 2, ()),),
    ),
    ServerGroup("g", "soft-affinity"),
)
# weigher, raw value before, and after two bookings
BOOKINGS = [
    ("RAMWeigher", 2048.0, 1024.0),
    ("CPUWeigher", 16.0, 10.0),
    ("DiskWeigher", 102400.0, 94208.0),
    ("IoOpsWeigher", 1.0, 3.0),
    ("NumInstancesWeigher", 3.0, 5.0),
    ("PCIWeigher", 90.0, 94.0),
    ("ImagePropertiesWeigher", 2.0, 4.0),
    ("ServerGroupSoftAffinityWeigher", 0.0, 2.0),
]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(("name", "before", "after"), BOOKINGS)
def test_booking_is_seen(name: str, before: float, after: float, early: bool) -> None:
    """Whether the weigher was asked before the first booking or not; and what is given back is seen too."""
    sizes = {"VCPU": Inventory(4, allocation_ratio=4.0), "MEMORY_MB": Inventory(2048), "DISK_GB": Inventory(100)}
    guests = (resident(hw_machine_type="q35"), resident(hw_machine_type="q35"), resident(hw_machine_type="pc"))
    table = HostTable([Host("a", inventories=sizes, pci=(pool(10),), residents=guests, io_ops=1, num_instances=3)])
    weigher = WEIGHERS[name]
    if early:
        assert weigher.raw(table, BOOKED).tolist() == [before]
    table.book(BOOKED, 0)
    table.book(BOOKED, 0)
    assert weigher.raw(table, BOOKED).tolist() == [after]
    assert not hasattr(weigher, "at") or weigher.at(table)(0) == after
    table.unbook(BOOKED, 0)
    table.unbook(BOOKED, 0)
    assert weigher.raw(table, BOOKED).tolist() == [before]


@pytest.mark.parametrize("name", sorted(WEIGHERS))
def test_one_row_or_all_is_the_same(name: str) -> None:
    """What booking changes can be asked for one host, to the last bit; what a request changes is marked."""
    weigher = WEIGHERS[name]
    sizes = {"VCPU": Inventory(7, reserved=2, allocation_ratio=1.1), "MEMORY_MB": Inventory(2048, reserved=512)}
    used = {"VCPU": 3, "PCPU": 2, "MEMORY_MB": 1000, "DISK_GB": 1}
    table = HostTable([Host("a", inventories=sizes, used=used, pci=(pool(3),), io_ops=2, num_instances=3), Host("b")])
    before = weigher.raw(table, BOOKED).copy()
    table.book(BOOKED, 0)
    raw = weigher.raw(table, BOOKED)
    if hasattr(weigher, "at"):
        assert [weigher.at(table)(row) for row in (0, 1)] == raw.tolist()
    else:
        assert hasattr(weigher, "BY_REQUEST") or raw.tolist() == before.tolist()


def test_only_those_are_asked_who_can_tell_hosts_apart() -> None:
    """Hard policies are filters; equal versions, failures, cells and no devices tell nothing; 0 switches off."""
    same = [Host("a", hypervisor_version=1, cell="x"), Host("b", hypervisor_version=1, cell="x")]
    for policy in ("affinity", "anti-affinity"):
        asked = Request("web-0", Shape(()), ServerGroup("g", policy), cell="x")
        names = [weigher.NAME for weigher in weighers.active(HostTable(same), asked)]
        assert names == ["RAMWeigher", "CPUWeigher", "DiskWeigher", "IoOpsWeigher"]


def test_all_thirteen_can_be_asked_at_once() -> None:
    """Switched on, and with hosts that differ in everything: all but that of the other policy."""
    options = Options(
        num_instances_weight_multiplier=-1.0, image_props_weight_multiplier=1.0, metrics=metrics(a=1.0).metrics
    )
    odd = Host("a", hypervisor_version=1, failed_builds=1, cell="x", pci=(pool(1),), metrics={"a": 1.0})
    table = HostTable([odd, Host("b", metrics={"a": 2.0})], options=options)
    asked = Request("web-0", Q35.shape, ServerGroup("g", "soft-affinity"), cell="x")
    names = {weigher.NAME for weigher in weighers.active(table, asked)}
    assert names == set(WEIGHERS) - {"ServerGroupSoftAntiAffinityWeigher"}
    only = HostTable([odd, Host("b")], options=Options(enabled_weighers=("CPUWeigher",)))
    assert [weigher.NAME for weigher in weighers.active(only, asked)] == ["CPUWeigher"]


def test_of_what_is_not_wanted_most_is_no_reason() -> None:
    """The words of a reason are those of weighers whose most is best."""
    table = HostTable([Host("a", io_ops=3), Host("b")], options=Options(cpu_weight_multiplier=-1.0))
    _, parts = weigh(table, PLAIN, np.array([0, 1]))
    assert [word for word, _ in parts] == ["free RAM", "free disk"]


def test_reported_hosts_are_weighed_like_hosts_by_hand() -> None:
    """The whole way from facts, with a foreign domain."""
    foreign = make_foreign(VCPU=2, MEMORY_MB=1000, DISK_GB=10)
    table = HostTable([make_host("kvm-1", foreign=[foreign]), make_host("kvm-2")])
    assert WEIGHERS["RAMWeigher"].raw(table, PLAIN).tolist() == [8704 - 512 - 1000, 8704 - 512]
    assert WEIGHERS["CPUWeigher"].raw(table, PLAIN).tolist() == [14.0, 16.0]
    assert WEIGHERS["DiskWeigher"].raw(table, PLAIN).tolist() == [90 * 1024.0, 100 * 1024.0]
    assert WEIGHERS["NumInstancesWeigher"].raw(table, PLAIN).tolist() == [1.0, 0.0]


def test_low_and_high_are_those_of_the_hosts_that_passed() -> None:
    """A huge host that was filtered out does not flatten the others."""
    sizes = (100, 200, 10**6)
    table = HostTable(two_of(*(inventories("MEMORY_MB", total=size) for size in sizes)))
    _, parts = weigh(table, PLAIN, np.array([0, 1]))
    assert parts[0][1].tolist() == [0.5, 1.0]


def test_a_single_host_is_not_weighed() -> None:
    """As in Nova: its weight is 0, and a required metric that it lacks troubles nobody."""
    choice = best_of(HostTable([Host("a")], options=metrics(required=True, a=1.0)), PLAIN, np.array([0]))
    assert (choice.row, choice.weight, choice.runner_up) == (0, 0.0, None)


def test_ties_go_to_the_first_name_in_natural_order() -> None:
    """kvm-2 comes before kvm-10, in whatever order the hosts are given."""
    hosts = HostTable([make_host("kvm-10"), make_host("kvm-2")])
    choice = best_of(hosts, PLAIN, np.array([0, 1]))
    assert hosts.names[choice.row] == "kvm-2"
