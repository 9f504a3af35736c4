# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec + seed -> the files of a NoCloud drive. Pure.

For images whose cloud-init has no ConfigDrive among its data sources. JSON is YAML, so that is how they are written.
Source: cloudinit/sources/DataSourceNoCloud.py; doc/rtd/reference/network-config-format-v2.rst.
"""

from __future__ import annotations

import ipaddress
import json

from .meta_data import hostname, random_seed
from .network_data import BOND, bonded, guest_links
from .port_subnets import family, own_address, port_subnets
from .vendor_data import all_parts

LABEL = "cidata"
_BOUNDARY = "==novalite-vendor-data=="
_MIIMON_MS = 100


def nocloud_tree(spec, seed):
    # type: (dict, object) -> dict
    """Return path -> bytes. There is always a user-data: without one the drive is no seed."""
    tree = {"meta-data": _json(meta_data(spec, seed)), "user-data": seed.user_data or b""}
    parts = all_parts(seed)
    if parts:
        tree["vendor-data"] = parts[0].encode("utf-8") if len(parts) == 1 else _multipart(parts)
    network = network_config(spec)
    if network is not None:
        tree["network-config"] = _json(network)
    return tree


def meta_data(spec, seed):
    # type: (dict, object) -> dict
    """Return what cloud-init reads of meta-data. User metadata has no place in it but its own key."""
    answer = {
        "instance-id": spec["uuid"],
        "local-hostname": hostname(spec),
        "launch-index": spec["launch_index"],
        "random_seed": random_seed(spec, seed),
    }
    if spec["availability_zone"]:
        answer["availability-zone"] = spec["availability_zone"]
    if spec["keypair"]:
        answer["public-keys"] = [spec["keypair"]["public_key"]]
    if spec["metadata"]:
        answer["meta"] = {key: str(value) for key, value in sorted(spec["metadata"].items())}
    return answer


def network_config(spec):
    # type: (dict) -> object
    """Return network-config, version 2, or None without cards: cloud-init then does what it does by itself.

    Cards are found by MAC and named ``eth0`` ...: only netplan can do with a card that has no name here.
    """
    if not spec["ports"]:
        return None
    names, macs = {}, {}
    answer = {"version": 2, "ethernets": {}}
    for index, port in enumerate(spec["ports"]):
        names[index], macs[index] = "eth%d" % index, port["mac"]
        card = {"match": {"macaddress": port["mac"]}, "set-name": names[index]}
        if port["mtu"]:
            card["mtu"] = port["mtu"]
        if index not in bonded(spec):
            card.update(_addressing(port_subnets(port), port["mac"]))
        answer["ethernets"][names[index]] = card
    for said in guest_links(spec):
        name = names[said["name"]] = said["name"]
        below = said["ports"][0] if said["kind"] == BOND else said["on"]
        mac = macs[name] = said.get("mac") or macs[below]
        link = _bond(said, names) if said["kind"] == BOND else {"id": said["vlan_id"], "link": names[below]}
        if said.get("mac"):
            link["macaddress"] = mac
        link.update(_addressing(port_subnets(said), mac))
        answer.setdefault("bonds" if said["kind"] == BOND else "vlans", {})[name] = link
    return answer


def _bond(said, names):
    # type: (dict, dict) -> dict
    parameters = {"mode": said["mode"], "mii-monitor-interval": _MIIMON_MS}
    return {"interfaces": [names[index] for index in said["ports"]], "parameters": parameters}


def _addressing(subnets, mac):
    # type: (list, str) -> dict
    """Return what is said of the addresses of one link."""
    answer = {}
    for subnet in subnets:
        version, mode = family(subnet), subnet["ipv6"]
        if mode:
            answer["accept-ra"] = True
            if mode == "dhcpv6-stateful":
                answer["dhcp6"] = True
        elif subnet["dhcp"]:
            answer["dhcp%d" % version] = True
        else:
            _add_static(answer, subnet, own_address(subnet, mac), version)
        if subnet["dns"]:
            known = answer.setdefault("nameservers", {"addresses": []})["addresses"]
            known.extend(address for address in subnet["dns"] if address not in known)
    return answer


def _add_static(answer, subnet, address, version):
    # type: (dict, dict, object, int) -> None
    if address is None:
        return
    length = ipaddress.ip_network(subnet["cidr"] or address, strict=False).prefixlen
    answer.setdefault("addresses", []).append("%s/%d" % (address, length))
    gateway = subnet["gateway"]
    if gateway and ipaddress.ip_address(gateway).version == version:
        if version == 4:
            answer.setdefault("routes", []).append({"to": "0.0.0.0/0", "via": gateway})
        else:  # up to 23.1 cloud-init itself reads a route to ::/0 as one to ::/64
            answer["gateway6"] = gateway
    for route in subnet["routes"]:
        answer.setdefault("routes", []).append({"to": route["to"], "via": route["via"]})


def _multipart(parts):
    # type: (list) -> bytes
    """Return several texts as one MIME message, which cloud-init takes apart; their kinds it knows by their first
    line.
    """
    head = 'Content-Type: multipart/mixed; boundary="%s"\nMIME-Version: 1.0\n\n' % _BOUNDARY
    body = "".join(
        '--%s\nContent-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n%s\n' % (_BOUNDARY, part)
        for part in parts
    )
    return (head + body + "--%s--\n" % _BOUNDARY).encode("utf-8")


def _json(value):
    # type: (object) -> bytes
    return json.dumps(value, indent=1).encode("ascii") + b"\n"
