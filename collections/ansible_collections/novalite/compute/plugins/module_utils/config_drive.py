# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec + seed -> the config drive's files, as cloud-init reads them. Pure.

Only ``openstack/latest`` is written: cloud-init takes the newest version folder it knows and else ``latest``, so one
complete folder is never poorer than another.
Source: nova/api/metadata/base.py, nova/virt/netutils.py; cloudinit/sources/helpers/openstack.py.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import uuid

LATEST = "openstack/latest/"
LABEL = "config-2"
_SEED_BYTES = 512


def config_drive_tree(spec, seed):
    # type: (dict, object) -> dict
    """Return path -> bytes, in the order to write them; ``seed`` is a ``seed.Seed``.

    Without ports there is no network_data.json: an empty one keeps newer cloud-init from falling back to DHCP.
    """
    tree = {LATEST + "meta_data.json": _json(meta_data(spec))}
    if seed.user_data is not None:
        tree[LATEST + "user_data"] = seed.user_data
    if spec["ports"]:
        tree[LATEST + "network_data.json"] = _json(network_data(spec))
    return tree


def _json(value):
    # type: (object) -> bytes
    return json.dumps(value, sort_keys=True, indent=1).encode("ascii") + b"\n"


def meta_data(spec):
    # type: (dict) -> dict
    """Return meta_data.json's content."""
    answer = {
        "uuid": spec["uuid"],
        "name": spec["name"],
        "hostname": spec["name"],
        "launch_index": spec["launch_index"],
        "availability_zone": spec["availability_zone"],
        "project_id": spec["project"],
        "random_seed": _random_seed(spec["uuid"]),
        "devices": [],
        "dedicated_cpus": [],
    }
    if spec["metadata"]:
        answer["meta"] = {key: str(value) for key, value in spec["metadata"].items()}
    keypair = spec["keypair"]
    if keypair:
        answer["public_keys"] = {keypair["name"]: keypair["public_key"]}
        answer["keys"] = [{"name": keypair["name"], "type": "ssh", "data": keypair["public_key"]}]
    return answer


def _random_seed(instance_uuid):
    # type: (str) -> str
    """Return the same seed for the same instance for ever, so that a drive made again has the same bytes.

    It makes instances differ from one another; it is no secret (their secret randomness comes from the virtio RNG).
    """
    seed = hashlib.shake_256(b"novalite random_seed " + instance_uuid.encode("ascii")).digest(_SEED_BYTES)
    return base64.b64encode(seed).decode("ascii")


def network_data(spec):
    # type: (dict) -> dict
    """Return network_data.json's content; its MACs are those of the domain (cloud-init fails on a MAC it cannot
    find).
    """
    links, networks, services = [], [], []
    for index, port in enumerate(spec["ports"]):
        link = "interface%d" % index
        links.append(
            {
                "id": link,
                "vif_id": str(uuid.uuid5(uuid.UUID(spec["uuid"]), "port/%d" % index)),
                "type": "bridge",
                "mtu": port["mtu"],
                "ethernet_mac_address": port["mac"],
            }
        )
        networks.append(_network(port, index, link))
        services.extend(service for service in _services(port) if service not in services)
    return {"links": links, "networks": networks, "services": services}


def _services(port):
    # type: (dict) -> list
    return [{"type": "dns", "address": address} for address in port["dns"]]


def _network(port, index, link):
    # type: (dict, int, str) -> dict
    """Return the address part of one port: DHCP unless an address is fixed."""
    answer = {"id": "network%d" % index, "link": link, "network_id": port["network"]}
    if not port["fixed_ip"]:
        return dict(answer, type="ipv4_dhcp")
    address = ipaddress.ip_address(port["fixed_ip"])
    netmask = _netmask(port, address)
    return dict(
        answer,
        type="ipv%d" % address.version,
        ip_address=str(address),
        netmask=netmask,
        routes=_routes(port, address.version),
        services=_services(port),
    )


def _netmask(port, address):
    # type: (dict, object) -> str
    """Return the subnet's mask, written out for IPv6 too; without a subnet the address is alone."""
    if port["cidr"]:
        return str(ipaddress.ip_network(port["cidr"], strict=False).netmask)
    return str(ipaddress.ip_network(str(address)).netmask)


def _routes(port, version):
    # type: (dict, int) -> list
    """Return the default route, where the subnet has a gateway of the address's family."""
    if not port["gateway"] or ipaddress.ip_address(port["gateway"]).version != version:
        return []
    nowhere = {4: "0.0.0.0", 6: "::"}[version]
    return [{"network": nowhere, "netmask": nowhere, "gateway": port["gateway"]}]
