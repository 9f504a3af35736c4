# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet says of first boots -> what an instance spec says. What is refused is in tests/corpus."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.novalite.compute.plugins.module_utils.network_data import network_data
from ansible_collections.novalite.compute.plugins.module_utils.port_subnets import port_subnets
from novalite.shared import arguments, seed
from unit.engine.spec.test_build import Memory, build

if TYPE_CHECKING:
    from novalite.model.instance import Instance

BASE = """\
novalite: 1
project: shop
flavors: {small: {vcpus: 1, ram: 512MiB, disk: 4GiB}}
images: {disk: {source: disk.raw}}
defaults: {flavor: small, image: disk}
"""
UUID = "00000000-0000-4000-8000-000000000000"
FILES = Memory({"disk.raw": b"\0" * 512, "app": b"\xff\0", "vendor.json": b'{"b": 1, "a": [true, null]}'})


def built(networks: str, instance: str, defaults: str = "{}") -> Instance:
    """Return the instance a; nothing is wrong."""
    text = BASE.replace("image: disk}", "image: disk, " + defaults.lstrip("{")) if defaults != "{}" else BASE
    fleet, problems = build(f"{text}networks: {networks}\ninstances: {{a: {instance}}}\n", FILES)
    assert problems == []
    return fleet.instances["a"]


def spec_of(networks: str, instance: str, defaults: str = "{}") -> dict[str, Any]:
    found = built(networks, instance, defaults)
    macs = [f"52:54:00:00:00:{index:02x}" for index in range(len(found.ports))]
    return found.to_spec(UUID, "shop.a", macs)


def subnet(**said: Any) -> dict[str, Any]:
    usual = {"cidr": None, "gateway": None, "dns": [], "routes": [], "dhcp": False, "ipv6": None, "fixed_ip": None}
    return {**usual, **said}


V4, V6 = "cidr: 10.0.0.0/24", 'cidr: "2001:db8::/64"'
# network, port, subnets of the port in the spec
PORTS: list[tuple[str, str, list[dict[str, Any]] | None]] = [
    ("cidr: 10.0.0.0/24", "x", None),  # the short form has none
    ("subnets: []", "x", []),
    (f"subnets: [{{{V4}}}]", "x", [subnet(cidr="10.0.0.0/24", dhcp=True)]),
    (f"subnets: [{{{V4}}}]", "{network: x, fixed_ip: 10.0.0.5}", [subnet(cidr="10.0.0.0/24", fixed_ip="10.0.0.5")]),
    (f"subnets: [{{{V4}, dhcp: true}}]", "{network: x, fixed_ip: 10.0.0.5}",
     [subnet(cidr="10.0.0.0/24", fixed_ip="10.0.0.5", dhcp=True)]),
    (f"subnets: [{{{V4}, dhcp: false}}]", "{network: x, fixed_ips: [10.0.0.5]}",
     [subnet(cidr="10.0.0.0/24", fixed_ip="10.0.0.5")]),
    (f"subnets: [{{{V6}, ipv6: slaac}}]", "x", [subnet(cidr="2001:db8::/64", ipv6="slaac")]),
    (f"subnets: [{{{V6}, ipv6: slaac}}]", '{network: x, fixed_ip: "2001:db8::5"}',
     [subnet(cidr="2001:db8::/64", fixed_ip="2001:db8::5")]),
    (f"subnets: [{{{V6}, ipv6: dhcpv6-stateful}}]", '{network: x, fixed_ip: "2001:DB8:0::5"}',
     [subnet(cidr="2001:db8::/64", fixed_ip="2001:db8::5", ipv6="dhcpv6-stateful")]),
    # IPv6 is for those only that have an address of it
    (f"subnets: [{{{V4}}}, {{{V6}}}]", "x", [subnet(cidr="10.0.0.0/24", dhcp=True)]),
    (f"subnets: [{{{V4}, gateway: 10.0.0.1, dns: [1.1.1.1]}}, {{{V6}, gateway: \"fe80::1\"}}]",
     '{network: x, fixed_ips: ["2001:db8::5", 10.0.0.5]}',
     [subnet(cidr="10.0.0.0/24", gateway="10.0.0.1", dns=["1.1.1.1"], fixed_ip="10.0.0.5"),
      subnet(cidr="2001:db8::/64", gateway="fe80::1", fixed_ip="2001:db8::5")]),
    (f"subnets: [{{{V4}, routes: [{{to: 10.9.0.0/16, via: 10.0.0.9}}]}}]", "x",
     [subnet(cidr="10.0.0.0/24", dhcp=True, routes=[{"to": "10.9.0.0/16", "via": "10.0.0.9"}])]),
]  # fmt: skip


@pytest.mark.parametrize(("network", "port", "expected"), PORTS)
def test_subnets_of_a_port(network: str, port: str, expected: list[dict[str, Any]] | None) -> None:
    (found,) = spec_of(f"{{x: {{bridge: br0, {network}}}}}", f"{{networks: [{port}]}}")["ports"]
    assert found.get("subnets") == expected
    if expected is not None:
        assert (found["cidr"], found["gateway"], found["dns"], found["fixed_ip"]) == (None, None, [], None)


def test_one_fixed_ip_of_several_is_that_of_the_short_form() -> None:
    (port,) = spec_of("{x: {bridge: br0, cidr: 10.0.0.0/24}}", "{networks: [{network: x, fixed_ips: [10.0.0.5]}]}")[
        "ports"
    ]
    assert (port["fixed_ip"], "subnets" in port) == ("10.0.0.5", False)


@pytest.mark.parametrize(
    ("network", "port", "expected"),
    [
        ("", "x", None),
        ("port_security: true", "x", True),
        ("port_security: true", "{network: x, port_security: false}", None),
        ("", "{network: x, port_security: true}", True),
    ],
)
def test_port_security_of_a_network_and_of_a_port(network: str, port: str, expected: bool | None) -> None:
    (found,) = spec_of(f"{{x: {{bridge: br0, {network}}}}}", f"{{networks: [{port}]}}")["ports"]
    assert found.get("port_security") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("config_drive: true", None), ("config_drive: iso9660", None), ("config_drive: vfat", "vfat"),
        ("config_drive: none", "none"), ("config_drive: false", "none"), ("hostname: www", None),
    ],
)  # fmt: skip
def test_drives(said: str, expected: str | None) -> None:
    assert spec_of("{}", f"{{{said}}}").get("config_drive") == expected


def test_null_takes_a_default_back() -> None:
    defaults = "{vendor_data: {a: b}, host_key: none, files: {/a: b}, admin_pass: {secret: {env: A}}}"
    taken = "{vendor_data: null, host_key: null, files: null, admin_pass: null}"
    assert set(spec_of("{}", "{}", defaults)) >= {"vendor_data_sha256", "host_key", "files", "admin_pass_sha256"}
    assert not set(spec_of("{}", taken, defaults)) & set(arguments._SELDOM)


def test_contents_in_their_forms() -> None:
    found = built(
        "{}",
        '{files: {/text: "{{ x }}", /file: {file: app}, /coded: {base64: "AP8 =\\n"}, /secret: {secret: {env: KEY}}}, '
        "vendor_data: {file: vendor.json}, admin_pass: {secret: {env: PASS}}, user_data: {text: hello, type: other}}",
    )
    contents = {one.sha256: one.content for one in found.contents()}
    by_path = {file.path: file.content.content for file in found.files}
    token = by_path.pop("/secret")
    assert by_path == {"/text": b"{{ x }}", "/file": b"\xff\0", "/coded": b"\0\xff"}
    assert token.startswith(b"@novalite-secret-")
    assert found.vendor_data is not None
    assert found.vendor_data.content == b'{"a":[true,null],"b":1}'
    assert all(hashlib.sha256(content).hexdigest() == digest for digest, content in contents.items())
    spec = found.to_spec(UUID, "shop.a", [])
    assert set(seed.digests(spec)) == set(contents)
    read = seed.seed_from(spec, {key: base64.b64encode(value).decode() for key, value in contents.items()})
    assert (read.user_data, read.vendor_data) == (b"hello", {"a": [True, None], "b": 1})
    assert "hello" not in json.dumps(spec)


def test_the_meaning_of_a_fleet_changes_with_the_files_it_names() -> None:
    text = BASE + "instances: {a: {files: {/a: {file: app}}}}\n"
    prints = {build(text, Memory({"disk.raw": b"\0" * 512, "app": data}))[0].fingerprint for data in (b"1", b"2")}
    assert len(prints) == 2


def test_links_of_a_guest_bonds_first() -> None:
    spec = spec_of(
        "{x: {bridge: br0, mtu: 1400, subnets: []}}",
        "{networks: [x, x, x], guest_links: {a-vlan: {vlan: 7, on: z-bond, dhcp: true}, b-vlan: {vlan: 8, on: 2, "
        'subnets: [{cidr: "2001:db8::/64", ipv6: slaac}]}, z-bond: {bond: [1, 0]}}}',
    )
    assert [link["name"] for link in spec["guest_links"]] == ["z-bond", "a-vlan", "b-vlan"]
    bond, vlan, _ = spec["guest_links"]
    assert bond == {"name": "z-bond", "kind": "bond", "ports": [1, 0], "mode": "active-backup", "subnets": []}
    assert vlan["subnets"] == [subnet(dhcp=True)]
    told = network_data(spec)
    assert [link["type"] for link in told["links"]] == ["bridge", "bridge", "bridge", "bond", "vlan", "vlan"]
    assert [network["type"] for network in told["networks"]] == ["ipv4_dhcp", "ipv6_slaac"]


def test_a_port_of_a_bond_needs_no_address() -> None:
    networks = "{x: {bridge: br0, subnets: [{cidr: 10.0.0.0/24, dhcp: false}]}}"
    link = "{bond: [0, 1], cidr: 10.0.0.0/24, fixed_ip: 10.0.0.5}"
    told = network_data(spec_of(networks, f"{{networks: [x, {{network: x}}], guest_links: {{bond0: {link}}}}}"))
    assert [(network["link"], network["ip_address"]) for network in told["networks"]] == [("bond0", "10.0.0.5")]


@given(st.data())
def test_every_address_that_is_accepted_is_told(data: st.DataObject) -> None:
    """Any network with subnets, any addresses in them: the guest is told of exactly these, with their masks."""
    v4 = ipaddress.ip_network(
        (data.draw(st.integers(0x0A000000, 0x0AFFFFFF)), data.draw(st.integers(8, 29))), strict=False
    )
    v6 = ipaddress.ip_network((data.draw(st.integers(0x20010DB8 << 96, (0x20010DB9 << 96) - 1)), 64), strict=False)
    addresses = [
        str(network[data.draw(st.integers(2, min(network.num_addresses, 2**40) - 2))])
        for network in data.draw(st.sampled_from([(v4,), (v6,), (v4, v6)]))
    ]
    mode = data.draw(st.sampled_from(["", ", ipv6: slaac", ", ipv6: dhcpv6-stateless"]))
    subnets = f'[{{cidr: {v4}, gateway: {v4[1]}}}, {{cidr: "{v6}", gateway: "{v6[1]}"{mode}}}]'
    said = ", ".join(f'"{one}"' for one in addresses)
    spec = spec_of(
        f"{{x: {{bridge: br0, subnets: {subnets}}}}}", f"{{networks: [{{network: x, fixed_ips: [{said}]}}]}}"
    )
    told = network_data(spec)["networks"]
    assert {one["ip_address"] for one in told if one["type"] in ("ipv4", "ipv6")} == set(addresses)
    for network in told:
        holder = v4 if network["type"].startswith("ipv4") else v6
        assert network["type"] == "ipv4_dhcp" or network["netmask"] == str(holder.netmask)
    assert len(told) == len(port_subnets(spec["ports"][0])) >= len(addresses)
