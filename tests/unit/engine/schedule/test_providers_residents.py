# SPDX-License-Identifier: GPL-3.0-or-later
"""What lives on hosts is counted on their providers, the same on every run."""

from __future__ import annotations

from builders import make_facts, make_flavor, make_foreign, make_host, make_instance, make_present
from novalite.observe.parse import host_from_facts
from novalite.schedule.host import Host, Resident
from novalite.schedule.request import Shape
from novalite.schedule.table import HostTable
from tree_builders import NFS, OWN, STORAGE, X, gpu, vgpu


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
