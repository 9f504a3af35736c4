# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of a fleet, and whether what they tell guests is consistent. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from novalite.model.network import Network
from novalite.spec import ids

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def build_networks(context: Context) -> dict[str, Network]:
    """Return the networks by name; one with a problem is left out."""
    networks = {}
    for name, entry, path in context.entries("networks"):
        before = len(context.problems)
        subnet = _subnet(context, entry, path)
        gateway = _gateway(context, entry, subnet, path)
        servers = [address_at(context, text, (*path, "dns", index)) for index, text in enumerate(entry.get("dns", ()))]
        if context.has_problem_since(before):
            continue
        kind = "libvirt" if "libvirt" in entry else "bridge"
        networks[name] = Network(
            name=name,
            kind=kind,
            source=entry[kind],
            cidr=str(subnet) if subnet else None,
            gateway=str(gateway) if gateway else None,
            dns=tuple(str(server) for server in servers),
            mtu=entry.get("mtu"),
        )
    return networks


def address_at(context: Context, text: str, path: Path) -> Address | None:
    """Return the address a text means; a problem where it means none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        context.add(ids.BAD_ADDRESS, f'"{text}" is not an IP address', path)
        return None


def _subnet(context: Context, entry: dict[str, Any], path: Path) -> Subnet | None:
    text = entry.get("cidr")
    if text is None:
        return None
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        near = ipaddress.ip_network(text, strict=False)
        context.add(ids.BAD_ADDRESS, f"{text} is an address in a subnet (did you mean {near}?)", (*path, "cidr"))
    except ValueError:
        context.add(ids.BAD_ADDRESS, f'"{text}" is not a subnet such as 10.0.0.0/24', (*path, "cidr"))
    return None


def _gateway(context: Context, entry: dict[str, Any], subnet: Subnet | None, path: Path) -> Address | None:
    text = entry.get("gateway")
    if text is None:
        return None
    gateway = address_at(context, text, (*path, "gateway"))
    if "cidr" not in entry:
        help_text = "say cidr too: guests cannot reach a gateway without it"
        context.add(ids.OUTSIDE_NETWORK, "a gateway needs the network's cidr", (*path, "gateway"), help=help_text)
    elif gateway and subnet:
        wrong = why_not_in(gateway, subnet)
        if wrong:
            context.add(ids.OUTSIDE_NETWORK, f"gateway {gateway} {wrong}", (*path, "gateway"))
    return gateway


def why_not_in(address: Address, subnet: Subnet) -> str:
    """Return why an address cannot belong to a machine of a subnet; nothing where it can."""
    if address not in subnet:
        return f"is not in {subnet}"
    if subnet.num_addresses > 2 and address == subnet.network_address:
        return f"is the address of {subnet} itself"
    if subnet.version == 4 and subnet.num_addresses > 2 and address == subnet.broadcast_address:
        return f"is the broadcast address of {subnet}"
    return ""
