# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec -> network_data.json: cards, what the guest makes of them, addresses. Pure.

Other than Nova: a link has all its subnets, not the first of each family; the MTU is told with DHCP too, as libvirt's
dnsmasq does not tell it; bonds and VLANs are in it, which Nova never has and cloud-init reads.
Source: nova/virt/netutils.py; cloudinit/sources/helpers/openstack.py, convert_net_json.
"""

from __future__ import annotations

import ipaddress
import uuid

from .port_subnets import family, own_address, port_subnets

BOND, VLAN = "bond", "vlan"
_MIIMON_MS = 100  # without it Linux never looks whether a card of a bond has a link
_NOWHERE = {4: "0.0.0.0", 6: "::"}


class _Link(object):
    """One link: ``name`` is a port's index or a guest's link's name, ``said`` the port or link, ``entry`` what is
    written.
    """

    __slots__ = ("entry", "mac", "mtu", "name", "network_id", "subnets")

    def __init__(self, name, mac, mtu, network_id, subnets):
        # type: (object, str, object, str, list) -> None
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.network_id = network_id
        self.subnets = subnets
        self.entry = {}


def network_data(spec):
    # type: (dict) -> object
    """Return network_data.json's content, or None without cards: an empty one keeps newer cloud-init from falling back
    to DHCP. MACs are those of the domain.
    """
    links = _shown_links(spec)
    if not links and spec["ports"]:  # cards that nothing is said of: named, so that the guest does not ask DHCP
        links = _shown_links(spec, shows_all=True)
    networks, services = [], []
    for link in links:
        for subnet in link.subnets:
            network = _network(link, subnet)
            if network is not None:
                networks.append(dict({"id": "network%d" % len(networks)}, **network))
                services.extend(service for service in _services(subnet) if service not in services)
    if not links:
        return None
    return {"links": [link.entry for link in links], "networks": networks, "services": services}


def guest_links(spec):
    # type: (dict) -> list
    """Return what the guest makes of its cards: bonds and VLANs, each after what it is made of."""
    return spec.get("guest_links") or []


def bonded(spec):
    # type: (dict) -> set
    """Return the indexes of the ports that are parts of a bond: they have no addresses of their own."""
    return {index for link in guest_links(spec) if link["kind"] == BOND for index in link["ports"]}


def _shown_links(spec, shows_all=False):
    # type: (dict, bool) -> list
    """Return the links in their order: cards that have a subnet or carry a guest's link (or all), then those."""
    used = bonded(spec)
    carrying = used | {link["on"] for link in guest_links(spec) if link["kind"] == VLAN}
    links = []
    for index, port in enumerate(spec["ports"]):
        subnets = [] if index in used else port_subnets(port)
        if subnets or shows_all or index in carrying:
            link = _Link(index, port["mac"], port["mtu"], port["network"], subnets)
            link.entry = {
                "id": "interface%d" % len(links),
                "vif_id": vif_id(spec, index),
                "type": "bridge",
                "mtu": port["mtu"],
                "ethernet_mac_address": port["mac"],
            }
            links.append(link)
    for said in guest_links(spec):
        links.append({BOND: _bond, VLAN: _vlan}[said["kind"]](said, {link.name: link for link in links}))
    return links


def vif_id(spec, index):
    # type: (dict, int) -> str
    """Return the UUID of a port."""
    return str(uuid.uuid5(uuid.UUID(spec["uuid"]), "port/%d" % index))


def _bond(said, links):
    # type: (dict, dict) -> _Link
    parts = [links[index] for index in said["ports"]]
    mtu = min((part.mtu for part in parts if part.mtu), default=None)
    link = _Link(said["name"], parts[0].mac, mtu, said["name"], port_subnets(said))
    link.entry = {
        "id": said["name"],
        "type": BOND,
        "bond_links": [part.entry["id"] for part in parts],
        "bond_mode": said["mode"],
        "bond_miimon": _MIIMON_MS,
        "mtu": mtu,
        "ethernet_mac_address": link.mac,
    }
    return link


def _vlan(said, links):
    # type: (dict, dict) -> _Link
    below = links[said["on"]]
    link = _Link(said["name"], said.get("mac") or below.mac, below.mtu, said["name"], port_subnets(said))
    link.entry = {
        "id": said["name"],
        "type": VLAN,
        "vlan_link": below.entry["id"],
        "vlan_id": said["vlan_id"],
        "vlan_mac_address": link.mac,
        "mtu": below.mtu,
    }
    return link


def _network(link, subnet):
    # type: (_Link, dict) -> object
    """Return what is said of one subnet, or None where the port has no address in it; keys in Nova's order."""
    version, mode = family(subnet), subnet["ipv6"]
    if subnet["dhcp"] and not mode:
        kind = "ipv%d_dhcp" % version
        return {"type": kind, "link": link.entry["id"], "network_id": link.network_id}
    address = own_address(subnet, link.mac)
    if address is None and not mode:
        return None
    answer = {"type": "ipv%d%s" % (version, "_" + mode if mode else ""), "link": link.entry["id"]}
    if address is not None:
        answer["ip_address"] = address
    if address is not None or subnet["cidr"]:
        answer["netmask"] = str(ipaddress.ip_network(subnet["cidr"] or address, strict=False).netmask)
    return dict(answer, routes=_routes(subnet, version), network_id=link.network_id, services=_services(subnet))


def _routes(subnet, version):
    # type: (dict, int) -> list
    """Return the default route, where the subnet has a gateway of its own family, and then the others."""
    routes = []
    gateway = subnet["gateway"]
    if gateway and ipaddress.ip_address(gateway).version == version:
        routes.append({"network": _NOWHERE[version], "netmask": _NOWHERE[version], "gateway": gateway})
    for route in subnet["routes"]:
        network = ipaddress.ip_network(route["to"], strict=False)
        said = {"network": str(network.network_address), "netmask": str(network.netmask), "gateway": route["via"]}
        routes.append(said)
    return routes


def _services(subnet):
    # type: (dict) -> list
    return [{"type": "dns", "address": address} for address in subnet["dns"]]
