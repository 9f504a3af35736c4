# SPDX-License-Identifier: GPL-3.0-or-later
"""The golden set of seeds: instances of all kinds, as their specs say them, and what travels beside the spec.

Nova's own code, cloud-init's own readers and the readers of file systems are asked about the same.
"""

from __future__ import annotations

import copy
from typing import Any

import attrs

from ansible_collections.novalite.compute.plugins.module_utils.config_drive import config_drive_tree
from ansible_collections.novalite.compute.plugins.module_utils.seed import Seed

Spec = dict[str, Any]
NASTY = b"#!/bin/sh\n{{ lookup('pipe', 'id') }} $(id) `id` <a b=\"c\">&amp; \\ '\x00\xff\r\n"
CLOUD_CONFIG = b"#cloud-config\nhostname: x\n"
KEY = {"name": "ops", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ops@example.org"}
HOST_KEY = {"ed25519_private": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "ed25519_public": "ssh-ed25519 AAAA"}
V4 = {
    "cidr": "10.0.0.0/20",
    "gateway": "10.0.0.1",
    "dns": ["10.0.0.2", "9.9.9.9"],
    "dhcp": False,
    "fixed_ip": "10.0.0.4",
}
V6 = {"cidr": "fd00:1::/64", "gateway": "fd00:1::1", "dns": ["fd00:1::53"], "dhcp": False, "fixed_ip": "fd00:1::4"}
DHCP = {"cidr": "192.0.2.0/24", "gateway": "192.0.2.1", "dns": ["192.0.2.53"], "dhcp": True}
_PLAIN = {"gateway": None, "dns": [], "routes": [], "dhcp": False, "ipv6": None, "fixed_ip": None}
_SPEC: Spec = {
    "uuid": "8f0e6d3c-6b1a-5c1e-9d55-0d8f6a3b2c11",
    "project": "shop",
    "name": "web-0",
    "domain": "shop.web-0",
    "launch_index": 0,
    "availability_zone": None,
    "host": None,
    "flavor": {"name": "small", "vcpus": 2, "ram_mib": 512, "disk_gib": 4, "ephemeral_gib": 0, "swap_mib": 0},
    "image": {"name": "debian-12", "sha256": "d" * 64, "format": "qcow2", "min_disk_gib": 0, "properties": {}},
    "keypair": None,
    "ports": [],
    "group": None,
    "metadata": {},
    "user_data_sha256": None,
    "protect": False,
}


@attrs.frozen
class Case:
    """One instance: its spec, its seed, and how Nova would be set up where that matters."""

    name: str
    spec: Spec
    seed: Seed = attrs.field(factory=Seed)
    nova: dict[str, Any] = attrs.field(factory=dict)

    @property
    def tree(self) -> dict[str, bytes]:
        return config_drive_tree(self.spec, self.seed)


def spec_of(**changes: Any) -> Spec:
    """Return a whole spec; a dict given for flavor or image changes only what it names."""
    spec = copy.deepcopy(_SPEC)
    for key, value in changes.items():
        spec[key] = {**spec[key], **value} if key in ("flavor", "image") else value
    return spec


def port(*subnets: dict[str, Any], number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a port with these subnets."""
    short = {"network": f"net-{number}", "kind": "libvirt", "source": "default", "mac": f"52:54:00:00:00:{number:02x}"}
    short |= {"fixed_ip": None, "cidr": None, "gateway": None, "dns": [], "mtu": None}
    return short | {"subnets": [_PLAIN | subnet for subnet in subnets]} | changes


def short_port(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a port of a network that declares no subnets."""
    whole = port(number=number, **changes)
    del whole["subnets"]
    return whole


ROUTES = {"routes": [{"to": "172.16.0.0/12", "via": "10.0.0.9"}, {"to": "203.0.113.7/32", "via": "10.0.0.8"}]}
ROUTES6 = {"routes": [{"to": "fd00:2::/48", "via": "fd00:1::9"}]}
CELLS = [{"id": 0, "host_cell": 0, "cpus": [0], "pcpus": {"1": 5}, "memory_mib": 256, "page_size_kib": None}]
BOND = {"name": "bond0", "kind": "bond", "ports": [0, 1], "mode": "active-backup", "subnets": [_PLAIN | V4]}
VLAN = {"name": "vlan7", "kind": "vlan", "on": "bond0", "vlan_id": 7, "mac": None, "subnets": [_PLAIN | V6]}
ON_A_CARD = {**VLAN, "on": 0, "mac": "52:54:00:00:00:77"}

CASES = (
    Case("bare", spec_of()),
    Case("dhcp", spec_of(ports=[short_port()])),
    Case("short and static", spec_of(ports=[short_port(fixed_ip="10.0.0.4", cidr="10.0.0.0/20", gateway="10.0.0.1")])),
    Case("short and IPv6", spec_of(ports=[short_port(fixed_ip="fd00::4", cidr="fd00::/64", gateway="fd00::1")])),
    Case("key and metadata", spec_of(keypair=KEY, metadata={"role": "web", "größe": 1, "": "no name"})),
    Case("zone, index, hostname", spec_of(availability_zone="az1", launch_index=3, hostname="web.example.org")),
    Case("cloud-config", spec_of(ports=[short_port()]), Seed(CLOUD_CONFIG)),
    Case("hostile bytes", spec_of(ports=[short_port()]), Seed(NASTY, files=[("/etc/motd", NASTY), ("/empty", b"")])),
    Case("no bytes", spec_of(), Seed(b"")),
    Case("password", spec_of(), Seed(admin_pass='s3"cr\\et ü')),
    Case("all disks", spec_of(flavor={"ephemeral_gib": 2, "swap_mib": 64})),
    Case("disks on scsi", spec_of(image={"properties": {"hw_disk_bus": "scsi"}}, flavor={"ephemeral_gib": 2})),
    Case("IPv4", spec_of(ports=[port(V4, mtu=9000)])),
    Case("IPv4 with routes", spec_of(ports=[port(V4 | ROUTES)])),
    Case("IPv6 with routes", spec_of(ports=[port(V6 | ROUTES6)])),
    Case("both families", spec_of(ports=[port(V4, V6)])),
    Case("no gateway", spec_of(ports=[port(V4 | {"gateway": None, "dns": []})])),
    Case("DHCP with an address of its own", spec_of(ports=[port(DHCP | {"fixed_ip": "192.0.2.9"})])),
    Case("DHCP for IPv6", spec_of(ports=[port(V6 | {"dhcp": True})])),
    Case("SLAAC", spec_of(ports=[port(V6 | {"ipv6": "slaac", "fixed_ip": None})])),
    Case("SLAAC beside DHCP", spec_of(ports=[port(DHCP, V6 | {"ipv6": "slaac", "fixed_ip": None, "dhcp": True})])),
    Case("stateless", spec_of(ports=[port(V6 | {"ipv6": "dhcpv6-stateless", "fixed_ip": None})])),
    Case("stateful", spec_of(ports=[port(V6 | {"ipv6": "dhcpv6-stateful"})])),
    Case("stateful, address unknown", spec_of(ports=[port(V6 | {"ipv6": "dhcpv6-stateful", "fixed_ip": None})])),
    Case("several cards", spec_of(ports=[port(V4), port(DHCP, number=2), port(number=3), port(V6, number=4)])),
    Case("a card of which nothing is said", spec_of(ports=[port()])),
    Case("tags", spec_of(ports=[port(V4, tag="lan"), port(DHCP, number=2)])),
    Case("pinned CPUs", spec_of(claim={"cells": CELLS})),
    Case("vendor data", spec_of(), Seed(vendor_data={"cloud-init": "#cloud-config\n", "ü": [1, None]})),
    Case(
        "vendor services", spec_of(), Seed(vendor_data={"a": 1}, vendor_data2={"one": {"x": {}}, "two": {}, "3": [1]})
    ),
    Case("vendor service for cloud-init", spec_of(), Seed(vendor_data2={"one": {"cloud-init": "#cloud-config\n"}})),
    Case("host key", spec_of(), Seed(vendor_data={"cloud-init": "#cloud-config\n"}, host_key=HOST_KEY)),
    Case("bond and VLAN", spec_of(ports=[port(), port(number=2)], guest_links=[BOND, VLAN])),
    Case("VLAN on a card", spec_of(ports=[port(V4)], guest_links=[ON_A_CARD])),
    Case("Nova's own domain", spec_of(), nova={"dhcp_domain": "novalocal"}),
    Case("a DHCP agent of Neutron", spec_of(ports=[port(DHCP, mtu=1450)]), nova={"dhcp_server": "192.0.2.2"}),
    Case("devices named on the host", spec_of(ports=[port(V4)]), nova={"devname": "tap"}),
    Case(
        "everything",
        spec_of(
            keypair=KEY,
            metadata={"a": "b"},
            availability_zone="az2",
            ports=[port(V4 | ROUTES, V6), port(DHCP, number=2)],
        ),
        Seed(NASTY, {"x": 1}, {"svc": {"y": 2}}, [("/a", b"1"), ("/b", b"2")], "secret"),
    ),
)
