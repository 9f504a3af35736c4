# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest change by which an instance would fit: what it is for each rule, and that it does what it says."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from novalite.model.aggregate import Aggregate
from novalite.model.provider import Provider
from novalite.model.relaxation import COSTS, Advice, Relaxation
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import filters
from novalite.schedule.host import Host, Resident
from novalite.schedule.options import DEFAULT, Options
from novalite.schedule.relax import advise
from novalite.schedule.relaxing import NOT_RELAXED, RULES
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable

LAN = frozenset({("libvirt", "lan")})
SSD = Aggregate("ssd", (), {"disk": "ssd"})
APART = ServerGroup("apart", "anti-affinity")
SHAPE = Shape(resources=(("MEMORY_MB", 4096), ("VCPU", 2)), networks=LAN)


def make_host(name: str = "kvm-1", *, ram: int = 8192, vcpus: int = 8, **rest: Any) -> Host:
    inventories = {"MEMORY_MB": Inventory(ram), "VCPU": Inventory(vcpus), **rest.pop("inventories", {})}
    return Host(name, inventories=inventories, **{"networks": LAN, "zone": "az1", **rest})


def advice_of(hosts: list[Host], request: Request, **table: Any) -> Advice | None:
    return advise(HostTable(hosts, **table), request)


def asking(**shape: Any) -> Request:
    return Request("web", attrs.evolve(SHAPE, **shape))


ONE_RULE: dict[str, tuple[Host, Request, str]] = {
    "less memory": (make_host(ram=3072), asking(), "with 1024 MiB less RAM (3072 instead of 4096)"),
    "fewer vCPUs": (make_host(vcpus=1), asking(), "with 1 fewer vCPUs (1 instead of 2)"),
    "memory in steps": (
        make_host(inventories={"MEMORY_MB": Inventory(3500, step_size=1000)}),
        asking(),
        "with 1096 MiB less RAM (3000 instead of 4096)",
    ),
    "one at a time": (
        make_host(inventories={"VCPU": Inventory(8, max_unit=1)}),
        asking(),
        "with 1 fewer vCPUs (1 instead of 2)",
    ),
    "a custom class": (
        make_host(inventories={"CUSTOM_GPU": Inventory(1)}),
        asking(resources=(("CUSTOM_GPU", 2),)),
        "with 1 fewer CUSTOM_GPU (1 instead of 2)",
    ),
    "a trait": (make_host(), asking(required=frozenset({"CUSTOM_A"})), "without the required trait CUSTOM_A"),
    "a forbidden trait": (
        make_host(traits=frozenset({"CUSTOM_A"})),
        asking(forbidden=frozenset({"CUSTOM_A"})),
        "with the forbidden trait CUSTOM_A allowed",
    ),
    "a trait of the host itself": (
        make_host(providers=(Provider("gpu", traits=frozenset({"CUSTOM_A"})),)),
        asking(root_required=frozenset({"CUSTOM_A"})),
        "without the required trait CUSTOM_A",
    ),
    "a trait that the host itself must not have": (
        make_host(traits=frozenset({"CUSTOM_A"})),
        asking(root_forbidden=frozenset({"CUSTOM_A"})),
        "with the forbidden trait CUSTOM_A allowed",
    ),
    "two traits": (
        make_host(),
        asking(required=frozenset({"CUSTOM_A", "CUSTOM_B"})),
        "without the required trait CUSTOM_A and without the required trait CUSTOM_B",
    ),
    "another zone": (make_host(), asking(zone="az2"), "in zone az1 instead of az2"),
    "no zone": (make_host(zone=None), asking(zone="az2"), "without the zone az2"),
    "the pin": (make_host(), asking(host="kvm-9"), "without the pin to kvm-9"),
    "a network": (make_host(networks=frozenset()), asking(), "if it had the network lan"),
    "a disabled host": (make_host(enabled=False), asking(), "if it were enabled (novalite_enabled: true)"),
    "a disabled host, forbidden by its trait": (
        make_host(enabled=False, traits=frozenset({"COMPUTE_STATUS_DISABLED"})),
        asking(root_forbidden=frozenset({"COMPUTE_STATUS_DISABLED"})),
        "if it were enabled (novalite_enabled: true)",
    ),
    "an aggregate": (make_host(), asking(extra_specs=(("disk", "ssd"),)), "if it were in aggregate ssd"),
    "an extra spec": (
        make_host(),
        asking(extra_specs=(("disk", "tape"),)),
        "without the extra spec disk: tape",
    ),
    "two specs of which one is refused": (
        make_host(stats={"arch": "arm"}),
        asking(extra_specs=(("capabilities:arch", "x86"), ("capabilities:vcpus_total", ">= 1"))),
        "without the extra spec capabilities:arch: x86",
    ),
    "an image property": (
        make_host(),
        asking(image_properties=(("hw_architecture", "aarch64"),)),
        "without the image property hw_architecture: aarch64",
    ),
    "an aggregate asked": (make_host(), asking(member_of=(frozenset({"ssd", "tape"}),)), "if it were in aggregate ssd"),
    "a hint": (
        make_host(residents=(Resident("other", "u-1"),)),
        asking(hints=(("different_host", ("u-1",)),)),
        "without the scheduler hint different_host",
    ),
    "the pair": (
        make_host(ram=3072),
        asking(zone="az2"),
        "in zone az1 instead of az2 and with 1024 MiB less RAM (3072 instead of 4096)",
    ),
}


@pytest.mark.parametrize("name", ONE_RULE)
def test_what_one_host_needs(name: str) -> None:
    host, request, text = ONE_RULE[name]
    found = advice_of([host], request, aggregates=[SSD])
    assert found is not None
    assert found.text == f"would fit on kvm-1 {text}"


def test_room_in_a_group() -> None:
    """One more than live there already; and a group that keeps together is left."""
    members = {"apart": {"kvm-1": 2}}
    found = advice_of([make_host()], Request("web", SHAPE, attrs.evolve(APART, max_server_per_host=2)), members=members)
    assert found is not None
    assert found.text == "would fit on kvm-1 if 3 of group apart may share a host (max_server_per_host: 3)"
    hosts = [make_host(), make_host("kvm-2", ram=16)]
    together = Request("web", SHAPE, ServerGroup("near", "affinity"))
    found = advice_of(hosts, together, members={"near": {"kvm-2": 1}})
    assert found is not None
    assert found.text == "would fit on kvm-1 outside of group near (policy affinity)"


LIMITED = Options(
    enabled_filters=(*DEFAULT.enabled_filters, "NumInstancesFilter", "IoOpsFilter"), max_instances_per_host=5
)
BY_AGGREGATE: dict[str, tuple[dict[str, str], Options, dict[str, Any], str]] = {
    "instances": ({}, LIMITED, {"num_instances": 7}, "with max_instances_per_host: 8 for it"),
    "operations": ({}, LIMITED, {"io_ops": 8}, "with max_io_ops_per_host: 9 for it"),
    "project": ({"filter_tenant_id": "p"}, DEFAULT, {}, "if its aggregates listed project shop (filter_tenant_id)"),
    "flavor": ({"instance_type": "big"}, DEFAULT, {}, "if its aggregates listed flavor small (instance_type)"),
    "isolation": ({}, Options(isolated_hosts=frozenset({"kvm-1"})), {}, "if it were not in isolated_hosts"),
}


@pytest.mark.parametrize("name", BY_AGGREGATE)
def test_what_is_said_of_the_host(name: str) -> None:
    metadata, options, host, text = BY_AGGREGATE[name]
    aggregates = [Aggregate("a", ("kvm-1",), metadata)]
    request = asking(project="shop", flavor="small")
    found = advice_of([make_host(**host)], request, aggregates=aggregates, options=options)
    assert found is not None
    assert found.text == f"would fit on kvm-1 {text}"


def test_nothing_helps() -> None:
    """A host that has none of a resource cannot give less of it; a table without hosts has no advice."""
    assert advice_of([make_host()], asking(resources=(("CUSTOM_GPU", 1),))) is None
    assert advice_of([], asking()) is None


def test_order_of_costs() -> None:
    """Fewest changes first, then the cheapest, then the first by name."""
    little = make_host("kvm-9", ram=4000)
    half = make_host("kvm-1", ram=512)
    trait = make_host("kvm-2", traits=frozenset({"CUSTOM_A"}))
    both = make_host("kvm-0", ram=4095, traits=frozenset({"CUSTOM_A"}))
    request = asking(forbidden=frozenset({"CUSTOM_A"}))
    rows = [
        ([half, trait, both, little], "kvm-9"),
        ([half, trait, both], "kvm-2"),
        ([half, both], "kvm-1"),
        ([both], "kvm-0"),
        ([make_host("kvm-2", enabled=False), make_host("kvm-10", enabled=False)], "kvm-2"),
    ]
    for hosts, expected in rows:
        found = advice_of(hosts, request)
        assert found is not None
        assert found.host == expected


def test_every_relaxation_has_a_cost_and_a_filter() -> None:
    """A rule that is not among the filters would never be asked."""
    known = {rule.NAME for rule in filters.ALL}
    assert {rule.kind for rule in RULES.values()} <= COSTS.keys()
    assert RULES.keys() <= known
    assert known - RULES.keys() == NOT_RELAXED.keys()


def test_cost_of_an_amount_is_its_share() -> None:
    change = Relaxation("amount", "RamFilter", "MEMORY_MB", "", 4096, 3072, 0.25)
    assert Advice("kvm-1", (change, change)).cost == 0.5
