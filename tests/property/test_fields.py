# SPDX-License-Identifier: GPL-3.0-or-later
"""Zero noise: apply, and the next plan is empty; change any field in any power state, apply, and it is empty again.

And a plan does not lie: what it says is pending is pending after it was applied (by the simulation's own idea of what
a guest can be given while it runs), nothing else is, and after settling nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DEBIAN, LAN, make_facts, make_flavor, make_fleet, make_instance, make_snapshot, make_user_data
from novalite.diff.fields import FIELDS
from novalite.model.cdrom import CdromDrive
from novalite.model.content import GuestFile, VendorTargets
from novalite.model.guest_link import GuestLink
from novalite.model.image import Image
from novalite.model.keypair import Keypair
from novalite.model.network import Network
from novalite.model.port import Port
from novalite.model.server_group import ServerGroup
from novalite.model.subnet import Subnet
from novalite.plan.build import reconcile
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

ISO = Image("tools", "/tools.iso", "e" * 64, "raw", size_bytes=1000)
OTHER_ISO = attrs.evolve(ISO, name="more", sha256="f" * 64)
WAN = Network("wan", "bridge", "br0", cidr="10.0.0.0/24")
FULL = make_flavor("full", vcpus=2, ram_mib=1024, disk_gib=4, ephemeral_gib=1, swap_mib=64, max_vcpus=4,
                   max_ram_mib=2048, extra_specs={"quota:cpu_shares": "10"})  # fmt: skip
BASE = make_instance(
    "web",
    flavor=FULL,
    keypair=Keypair("ops", "ssh-ed25519 AAAA"),
    user_data=make_user_data(),
    metadata={"role": "web"},
    cdrom=CdromDrive(ISO),
    ports=(Port(LAN), Port(WAN, "10.0.0.9")),
    group=ServerGroup("g", "soft-affinity"),
    secrets={"env:DB_PASS": "1111-222222222222"},
)


def flavor(**values: Any) -> dict[str, Any]:
    return {"flavor": attrs.evolve(FULL, **values)}


def image(**values: Any) -> dict[str, Any]:
    return {"image": attrs.evolve(DEBIAN, **values)}


def ports(**values: Any) -> dict[str, Any]:
    return {"ports": (attrs.evolve(BASE.ports[0], **values), BASE.ports[1])}


def network(**values: Any) -> dict[str, Any]:
    return {"ports": (BASE.ports[0], attrs.evolve(BASE.ports[1], network=attrs.evolve(WAN, **values)))}


# Paths of the table -> changes of them. A test holds that every path of the table is here, or never changes.
CHANGES: dict[str, list[dict[str, Any]]] = {
    "name": [{"name": "front", "moved_from": "web"}],
    "launch_index": [{"launch_index": 3}],
    "availability_zone": [{"availability_zone": "az1"}],
    "host": [{"host": "kvm-1"}],
    "flavor.name": [flavor(name="other")],
    "flavor.vcpus": [flavor(vcpus=4), flavor(vcpus=1), flavor(vcpus=8, max_vcpus=8)],
    "flavor.ram_mib": [flavor(ram_mib=2048), flavor(ram_mib=512), flavor(ram_mib=4096, max_ram_mib=4096)],
    "flavor.disk_gib": [flavor(disk_gib=5)],
    "flavor.ephemeral_gib": [flavor(ephemeral_gib=2)],
    "flavor.swap_mib": [flavor(swap_mib=128), flavor(swap_mib=0)],
    "flavor.extra_specs": [
        flavor(extra_specs={"quota:cpu_shares": "20"}), flavor(extra_specs={}),
        flavor(extra_specs={"quota:cpu_shares": "10", "hw:boot_menu": "true"}),
        flavor(extra_specs={"quota:cpu_shares": "10", "trait:CUSTOM_A": "forbidden"}),
    ],
    "flavor.max_vcpus": [flavor(max_vcpus=8), flavor(max_vcpus=None)],
    "flavor.max_ram_mib": [flavor(max_ram_mib=4096), flavor(max_ram_mib=None)],
    "image.name": [image(name="bookworm")],
    "image.sha256": [image(sha256="1" * 64)],
    "image.format": [image(sha256="2" * 64, format="raw")],
    "image.min_disk_gib": [image(min_disk_gib=1)],
    "image.properties": [image(properties={"hw_disk_bus": "scsi"}), image(properties={"os_distro": "debian"}),
                         image(properties={"novalite_seed": "nocloud"})],
    "keypair.name": [{"keypair": Keypair("dev", "ssh-ed25519 AAAA")}, {"keypair": None}],
    "keypair.public_key": [{"keypair": Keypair("ops", "ssh-ed25519 BBBB")}],
    "ports.network": [network(name="backend")],
    "ports.kind": [network(kind="libvirt", source="default")],
    "ports.source": [network(source="br1")],
    "ports.fixed_ip": [{"ports": (Port(LAN), Port(WAN, "10.0.0.10"))}],
    "ports.cidr": [network(cidr="10.0.0.0/23")],
    "ports.gateway": [network(gateway="10.0.0.1")],
    "ports.dns": [network(dns=("10.0.0.2",))],
    "ports.mtu": [network(mtu=1400)],
    "ports.link": [ports(link="down")],
    "ports": [{"ports": (Port(LAN),)}, {"ports": (Port(WAN, "10.0.0.9"),)},
              {"ports": (*BASE.ports, Port(LAN), Port(LAN))}],
    "cdrom.name": [{"cdrom": CdromDrive(attrs.evolve(ISO, name="renamed"))}],
    "cdrom.sha256": [{"cdrom": CdromDrive(OTHER_ISO)}, {"cdrom": CdromDrive()}, {"cdrom": None}],
    "group.name": [{"group": ServerGroup("h", "soft-affinity")}, {"group": None}],
    "group.policy": [{"group": ServerGroup("g", "affinity")}],
    "group.max_server_per_host": [{"group": ServerGroup("g", "anti-affinity", 2)}],
    "metadata": [{"metadata": {"role": "db"}}, {"metadata": {}}],
    "user_data_sha256": [{"user_data": make_user_data(b"#!")}, {"user_data": None}],
    "protect": [{"protect": True}],
    "restart_token": [{"restart_token": "1"}],
    "on_delete": [{"on_delete": "keep"}],
    "trash_days": [{"trash_days": 1}],
    "ports.subnets": [network(subnets=(Subnet("10.0.0.0/24"), Subnet("fd00::/64", ipv6="slaac")))],
    "ports.tag": [ports(tag="front")],
    "ports.port_security": [ports(port_security=True), network(port_security=True)],
    "hostname": [{"hostname": "www"}],
    "config_drive": [{"config_drive": "vfat"}, {"config_drive": "none"}],
    "files": [{"files": (GuestFile("/etc/motd", make_user_data(b"hi")),)}],
    "secrets": [{"secrets": {"env:DB_PASS": "1111-333333333333"}}],
    "user_data_parts": [{"user_data": make_user_data(parts=("a" * 12, "b" * 12))}],
    "vendor_data_sha256": [{"vendor_data": make_user_data(b"{}")}],
    "vendor_targets": [{"vendor_targets": VendorTargets((("site", "http://10.0.0.2/"),), fatal=True)}],
    "admin_pass_sha256": [{"admin_pass": make_user_data(b"secret")}],
    "host_key": [{"host_key": "none"}],
    "guest_links": [{"guest_links": (GuestLink("vlan7", vlan=7, on=0),)}],
}  # fmt: skip
# What makes a field one that never changes; a medium's format is raw, always.
NEVER = {"uuid", "project", "domain", "ports.mac", "claim", "adopted", "cdrom.format"}
# What is refused in every state, with what to do in the reason.
REFUSALS = (
    "never shrinks",
    "would be lost",
    "keeps that disk",
    "it is protected",
    "keeps its identity",
    "keeps its size",
)
POWERS = ["running", "paused", "suspended", "shutoff"]
STEPS = [(path, number) for path, found in CHANGES.items() for number in range(len(found))]


def test_every_field_is_changed() -> None:
    assert set(CHANGES) - {"ports"} | NEVER == set(FIELDS)


def host() -> dict[str, Any]:
    return make_facts("kvm-1", bridges=["br0", "br1"], cpus=64, memory_mib=65536, config={"zone": "az1"})


def applied(fleet: Fleet, snapshot: Snapshot, **options: Any) -> tuple[Snapshot, Plan]:
    plan = reconcile(fleet, snapshot, max_disruption="rebuild", **options)
    assert not plan.is_errored, [problem.summary for problem in plan.problems]
    return simulate(snapshot, plan), plan


def waits(snapshot: Snapshot) -> bool:
    return any(item.pending for item in snapshot.instances())


def check(before: Instance, after: Instance) -> None:
    """Apply one, change it to the other, apply: the next plan is empty, and the plan said what is pending."""
    there, _ = applied(make_fleet(before), make_snapshot(host()))
    assert reconcile(make_fleet(before), there).is_empty
    fleet = make_fleet(after)
    plan = reconcile(fleet, there, max_disruption="rebuild")
    if plan.is_errored:
        is_still = before.power in ("paused", "suspended")
        whys = "; ".join(change.reason for change in plan.changes)
        assert is_still or any(why in whys for why in REFUSALS), whys
        return
    now = simulate(there, plan)
    again = reconcile(fleet, now)
    assert again.is_empty, [(change.summary, change.reason) for change in again.changes]
    assert not again.is_errored
    said = {change.disruption for change in plan.changes}
    assert waits(now) == ("pending" in said), (plan.changes, now.hosts["kvm-1"].instances)
    assert waits(now) == any(change.action == "pending" for change in again.changes)
    settled, _ = applied(fleet, now, settle_pending=True)
    assert not waits(settled) or before.power == "paused"
    assert reconcile(fleet, settled, settle_pending=True).is_empty


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[0]}-{step[1]}")
def test_a_field_in_a_power_state(step: tuple[str, int], power: str) -> None:
    """Each change of each field, in each power state."""
    path, number = step
    before = attrs.evolve(BASE, power=power)
    check(before, attrs.evolve(before, **CHANGES[path][number]))


@given(
    st.lists(st.sampled_from(STEPS), max_size=4), st.lists(st.sampled_from(STEPS), max_size=4), st.sampled_from(POWERS)
)
def test_several_at_once(first: list[tuple[str, int]], then: list[tuple[str, int]], power: str) -> None:
    """Any changes from any others: what one takes and the next gives back, too."""

    def changed(base: Instance, steps: list[tuple[str, int]]) -> Instance:
        for path, number in steps:
            if path != "name" and path != "group.max_server_per_host":
                base = attrs.evolve(base, **CHANGES[path][number])
        return base

    start = attrs.evolve(BASE, power=power)
    check(changed(start, first), changed(start, then))


def test_settling_at_once_is_the_same_as_settling_later() -> None:
    """A change with --settle leaves nothing pending."""
    there, _ = applied(make_fleet(BASE), make_snapshot(host()))
    fleet = make_fleet(attrs.evolve(BASE, **flavor(vcpus=8, max_vcpus=8)))
    now, plan = applied(fleet, there, settle_pending=True)
    assert [change.disruption for change in plan.changes] == ["restart"]
    assert not waits(now)
    assert not reconcile(fleet, now, settle_pending=True).changes


@given(
    st.sampled_from(POWERS), st.sampled_from(["flavor.vcpus", "hardware.tpm.model", "ports.0.source", "disks", "ports"])
)
def test_what_was_changed_by_hand_is_put_back(power: str, path: str) -> None:
    """Drift of any kind in any power state: put back, and the next plan is empty."""
    fleet = make_fleet(attrs.evolve(BASE, power=power))
    there, _ = applied(fleet, make_snapshot(host()))
    facts = {name: dict(one.facts) for name, one in there.hosts.items()}
    lists = {"disks": (["disk"], ["disk", "other"]), "ports": (["a"], ["a", "b"])}
    expected, actual = lists.get(path, (2, 3))
    item = {**facts["kvm-1"]["instances"][0], "drift": [{"path": path, "expected": expected, "actual": actual}]}
    drifted = make_snapshot({**facts["kvm-1"], "instances": [item]})
    plan = reconcile(fleet, drifted)
    if plan.is_errored:
        assert power == "suspended"
        assert [problem.id for problem in plan.problems] == ["NV0308"]
        return
    assert "by hand, put back" in plan.changes[0].reason
    assert reconcile(fleet, simulate(drifted, plan)).is_empty
