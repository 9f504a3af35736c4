# SPDX-License-Identifier: GPL-3.0-or-later
"""plugin_utils/instance_rows.py: what the Ansible inventory says of each instance, and how sure it is."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ansible_collections.novalite.compute.plugins.plugin_utils.instance_rows import Closed, addresses, rows
from novalite.model.flavor import Flavor
from novalite.model.fleet import Fleet
from novalite.model.guest_link import GuestLink
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.network import Network
from novalite.model.observed import ObservedHost, ObservedInstance, Unknown
from novalite.model.port import Port
from novalite.model.snapshot import Snapshot
from novalite.model.subnet import Subnet

LAN = Network(name="lan", kind="libvirt", source="default")


def wanted(name: str, **changes: Any) -> Instance:
    flavor = Flavor(name="small", vcpus=1, ram_mib=512, disk_gib=4)
    image = Image(name="tiny", source="/images/tiny", sha256="0" * 64, format="qcow2")
    return Instance(project="shop", name=name, flavor=flavor, image=image, **changes)


def seen(instance: Instance, host: str = "kvm-1", uuid: str = "0" * 8, **changes: Any) -> ObservedInstance:
    macs = ["52:00:00:00:00:01"] * len(instance.ports)
    spec = instance.to_spec(uuid, f"shop.{instance.name}", macs)
    facts = {
        "uuid": uuid,
        "domain": str(spec["domain"]),
        "power": "running",
        "spec": spec,
        "fingerprint": "",
        **changes,
    }
    return ObservedInstance(host=host, **facts)


def snapshot(*instances: ObservedInstance, unknown: tuple[str, ...] = ()) -> Snapshot:
    hosts = {}
    for name in sorted({"kvm-1", "kvm-2"} - set(unknown)):
        hosts[name] = ObservedHost(
            name=name, zone="az1", enabled=True, traits=frozenset(), inventories={}, used={}, virt_type="qemu",
            state_dir="/var/lib/novalite", fingerprint="", instances=tuple(i for i in instances if i.host == name),
        )  # fmt: skip
    return Snapshot(hosts=hosts, unknown={name: Unknown(name, "unreachable") for name in unknown})


def fleet(*instances: Instance) -> Fleet:
    return Fleet(project="shop", instances={instance.name: instance for instance in instances})


def states(found: list[Any]) -> dict[str, str]:
    return {row.name: row.variables["novalite_observed"] for row in found}


def test_present_with_groups() -> None:
    web = wanted("web-0", metadata={"role": "web"}, ports=(Port(network=LAN),))
    (row,) = rows(snapshot(seen(web, addresses=("192.168.122.5",))), fleet(web))
    assert row.groups == [
        "project_shop", "host_kvm-1", "flavor_small", "zone_az1", "image_tiny", "power_running", "observed_present",
        "meta_role_web",
    ]  # fmt: skip
    assert row.variables["ansible_host"] == "192.168.122.5"
    assert row.variables["novalite_flavor"]["ram_mib"] == 512
    assert row.variables["novalite_declared"] is True


def test_absent_needs_every_host() -> None:
    web = wanted("web-0")
    assert states(rows(snapshot(), fleet(web))) == {"web-0": "absent"}
    (row,) = rows(snapshot(unknown=("kvm-2",)), fleet(web))
    assert row.variables["novalite_observed"] == "unknown"
    assert row.variables["novalite_host"] is None
    assert row.variables["novalite_power"] is None
    assert not [group for group in row.groups if group.startswith(("host_", "power_"))]


def test_instance_that_exists_nowhere_yet_keeps_its_declared_address() -> None:
    (row,) = rows(snapshot(), fleet(wanted("db", ports=(Port(network=LAN, fixed_ip="10.0.0.10"),))))
    assert row.variables["ansible_host"] == "10.0.0.10"
    assert row.variables["novalite_uuid"] is None


def test_its_addresses_are_those_of_its_subnets_and_links_too() -> None:
    network = attrs.evolve(LAN, cidr=None, subnets=(Subnet("10.1.0.0/24"), Subnet("2001:db8::/64", ipv6="slaac")))
    port = Port(network, mac="52:54:00:00:00:01", fixed_ips=("10.1.0.9",))
    link = GuestLink("vlan7", vlan=7, on=0, subnets=(Subnet("10.7.0.0/24"),), fixed_ips=("10.7.0.1",))
    (row,) = rows(snapshot(), fleet(wanted("web", ports=(port,), guest_links=(link,))))
    told = ["10.1.0.9", "10.7.0.1", "2001:db8::5054:ff:fe00:1"]
    assert row.variables["novalite_addresses"] == told


def test_orphan_is_listed_and_not_declared() -> None:
    (row,) = rows(snapshot(seen(wanted("old"))), fleet())
    assert row.name == "old"
    assert row.variables["novalite_declared"] is False


def test_two_domains_that_claim_one_name_get_no_address() -> None:
    web = wanted("web-0", ports=(Port(network=LAN, fixed_ip="10.0.0.10"),))
    (row,) = rows(snapshot(seen(web), seen(web, host="kvm-2")), fleet(web))
    assert row.variables["novalite_observed"] == "conflict"
    assert "ansible_host" not in row.variables
    assert row.variables["novalite_host"] is None


def test_renamed_instance_is_one_row_under_the_name_its_domain_carries() -> None:
    www = wanted("www", moved_from="web-0")
    assert states(rows(snapshot(seen(wanted("web-0"))), fleet(www))) == {"web-0": "present"}
    assert states(rows(snapshot(seen(wanted("www"))), fleet(www))) == {"www": "present"}


def test_without_a_project_names_carry_it() -> None:
    assert [row.name for row in rows(snapshot(seen(wanted("web-0"))))] == ["shop.web-0"]
    assert rows(snapshot(seen(wanted("web-0"))), project="other") == []


def test_a_mark_with_an_impossible_name_is_refused() -> None:
    with pytest.raises(ValueError, match="kvm-1"):
        rows(snapshot(seen(wanted("{{ 1 }}"))))


def test_only_closed_grammars_are_marked() -> None:
    hostile = "{{ lookup('pipe', 'id') }}"
    web = wanted("web-0", metadata={"role": hostile})
    (row,) = rows(snapshot(seen(web)), fleet(web))
    assert type(row.variables["novalite_metadata"]["role"]) is str
    for name in ("novalite_name", "novalite_project", "novalite_host", "novalite_zone", "novalite_power"):
        assert isinstance(row.variables[name], Closed), name


@pytest.mark.parametrize(
    ("seen_by_host", "kept"),
    [
        (["192.168.122.5", "192.168.122.5"], ["192.168.122.5"]),
        (["127.0.0.1", "::1", "fe80::1", "169.254.3.4", "0.0.0.0"], []),
        (["2001:DB8::0:1"], ["2001:db8::1"]),
        (["2001:db8::1%{{ lookup('pipe','id') }}", "-oProxyCommand=id", "", "10.0.0.1\n", "web.example"], []),
    ],
)
def test_addresses_of_guests_are_claims(seen_by_host: list[str], kept: list[str]) -> None:
    assert addresses({}, seen_by_host) == kept


def test_declared_address_comes_first() -> None:
    spec = {"ports": [{"fixed_ip": None}, {"fixed_ip": "10.0.0.10"}]}
    assert addresses(spec, ["192.168.122.5", "10.0.0.10"]) == ["10.0.0.10", "192.168.122.5"]


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDHXdUrCjtAx+ch4jIIlB50u2UYFDGK5oZnlJwgI/6TM"
UUID = "0b9d2ffb-95b3-5b1c-9f3b-6d2a7c3f0c11"
JUMP = {"kvm-1": {"novalite_ssh_jump": True, "ansible_host": "10.1.0.1"}}
DEBIAN = Image("tiny", "/images/tiny", "0" * 64, "qcow2", properties={"os_admin_user": "debian"})


@pytest.mark.parametrize(
    ("state", "options", "parts"),
    [
        ({"host_key": {"ed25519": KEY}}, {}, [f"HostKeyAlias={UUID}", f"'KnownHostsCommand=/bin/echo {UUID} {KEY}'"]),
        ({"host_key": {"ed25519": KEY}}, {"pins": False}, None),
        ({"host_key": {"ed25519": KEY}}, {"hosts": JUMP}, ["HostKeyAlias", "'ProxyCommand=ssh -W '", "10.1.0.1"]),
        ({}, {"hosts": JUMP}, ["'ProxyCommand=ssh -W '"]),
        ({}, {}, None),
        ({"host_key": {"ed25519": "{{ lookup('pipe', 'id') }}"}}, {}, None),
    ],
)
def test_how_one_gets_in_by_ssh(state: dict[str, Any], options: dict[str, Any], parts: list[str] | None) -> None:
    """What is known is pinned; of what is not, nothing is said, and the user's own settings hold."""
    instance = attrs.evolve(wanted("web-0"), image=DEBIAN)
    (row,) = rows(snapshot(seen(instance, uuid=UUID, state=state)), **options)
    assert (row.variables["ansible_user"], type(row.variables["ansible_user"])) == ("debian", Closed)
    assert row.variables["novalite_host_key"] == (KEY if KEY in str(state) else None)
    line = row.variables.get("ansible_ssh_common_args")
    assert (line is None) == (parts is None)
    assert all(part in str(line) for part in parts or [])
