# SPDX-License-Identifier: GPL-3.0-or-later
"""A case of the golden set of seeds in Nova's own words: what its database and Neutron would know of that instance."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Any

from ansible_collections.novalite.compute.plugins.module_utils.network_data import vif_id

if TYPE_CHECKING:
    from guest_init.seed_cases import Case, Spec

_MODES = {"slaac": "slaac", "dhcpv6-stateful": "dhcpv6-stateful", "dhcpv6-stateless": "dhcpv6-stateless"}


def to_json(case: Case) -> dict[str, Any]:
    """Return the case as seed_driver.py reads it."""
    spec, seed, flavor = case.spec, case.seed, case.spec["flavor"]
    letter = "sd" if spec["image"]["properties"].get("hw_disk_bus") == "scsi" else "vd"
    return {
        **{key: spec[key] for key in ("uuid", "project", "name", "launch_index", "availability_zone", "keypair")},
        "hostname": spec.get("hostname", spec["name"]),
        "metadata": {key: str(value) for key, value in sorted(spec["metadata"].items())},
        "user_data": None if seed.user_data is None else base64.b64encode(seed.user_data).decode("ascii"),
        "files": [(path, base64.b64encode(data).decode("ascii")) for path, data in seed.files],
        "admin_pass": seed.admin_pass,
        "vendor_data": {} if seed.vendor_data is None else seed.vendor_data,
        "answers": seed.vendor_data2,
        "flavor": flavor["name"],
        "root": f"/dev/{letter}a",
        "ephemeral": f"/dev/{letter}b" if flavor["ephemeral_gib"] else None,
        "swap": f"/dev/{letter}c" if flavor["swap_mib"] else None,
        "cells": [
            {"cpuset": cell["cpus"], "pcpuset": [int(cpu) for cpu in cell["pcpus"]]}
            for cell in spec.get("claim", {}).get("cells", ())
        ],
        "nics": [
            {"mac": port["mac"], "tag": port["tag"], "address": f"0000:0{index + 1}:00.0"}
            for index, port in enumerate(spec["ports"])
            if port.get("tag")
        ],
        "network_info": [_vif(spec, index, case.nova) for index in range(len(spec["ports"]))],
        "dhcp_domain": case.nova.get("dhcp_domain", ""),
    }


def _vif(spec: Spec, index: int, nova: dict[str, Any]) -> dict[str, Any]:
    port = spec["ports"][index]
    if "subnets" in port:
        subnets = port["subnets"]
    else:  # the short form, in the words of the long one
        short = {key: port[key] for key in ("cidr", "gateway", "dns", "fixed_ip")}
        subnets = [short | {"routes": [], "dhcp": not port["fixed_ip"], "ipv6": None}]
    network = {
        "id": port["network"],
        "bridge": "br0",
        "label": port["network"],
        "meta": {"mtu": port["mtu"]},
        "subnets": [_subnet(subnet, port["mac"], nova.get("dhcp_server")) for subnet in subnets],
    }
    identity = vif_id(spec, index)
    vif = {"id": identity, "address": port["mac"], "type": "bridge", "network": network, "details": {}, "profile": {}}
    return vif | {"devname": "tap" + identity[:11] if nova.get("devname") else None}


def _subnet(said: dict[str, Any], mac: str, dhcp_server: str | None) -> dict[str, Any]:
    """Return a subnet of Neutron's. It knows the address of every port, where DHCP gives it too."""
    network = ipaddress.ip_network(said["cidr"] or "198.51.100.0/24")
    address = said["fixed_ip"] or str(_address(network, mac, said["ipv6"]))
    meta: dict[str, Any] = {"enable_dhcp": True} if said["dhcp"] else {}
    meta |= {"ipv6_address_mode": _MODES[said["ipv6"]]} if said["ipv6"] else {}
    meta |= {"dhcp_server": dhcp_server} if dhcp_server else {}
    return {
        "cidr": str(network),
        "version": network.version,
        "gateway": _ip(said["gateway"], "gateway") if said["gateway"] else {},
        "dns": [_ip(server, "dns") for server in said["dns"]],
        "ips": [_ip(address, "fixed") | {"floating_ips": []}],
        "routes": [{"cidr": route["to"], "gateway": _ip(route["via"], "gateway")} for route in said["routes"]],
        "meta": meta,
    }


def _address(network: Any, mac: str, mode: str | None) -> Any:
    """Return an address that Neutron would give: for SLAAC the one that the guest makes of its MAC."""
    if mode not in ("slaac", "dhcpv6-stateless"):
        return network[77]
    whole = int(mac.replace(":", ""), 16)
    return network[((whole >> 24) << 40 | 0xFFFE << 24 | whole & 0xFFFFFF) ^ (1 << 57)]


def _ip(address: str, kind: str) -> dict[str, Any]:
    return {"address": address, "type": kind, "version": ipaddress.ip_address(address).version, "meta": {}}
