# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of a fleet, and whether what they tell guests is consistent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.network import Network
from novalite.spec import ids
from novalite.spec.nouns.subnet import address_at, build_subnets, check_mtu, gateway_at, range_at

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def build_networks(context: Context) -> dict[str, Network]:
    """Return the networks by name; one with a problem is left out."""
    networks = {}
    for name, entry, path in context.entries("networks"):
        before = len(context.problems)
        kind = "libvirt" if "libvirt" in entry else "bridge"
        plain = {
            "name": name,
            "kind": kind,
            "source": entry[kind],
            "mtu": entry.get("mtu"),
            "port_security": entry.get("port_security", False),
        }
        if "subnets" in entry:
            subnets = build_subnets(context, entry, path)
            check_mtu(context, entry.get("mtu"), any(subnet.version == 6 for subnet in subnets), path)
            network = Network(**plain, subnets=subnets)
        else:
            network = Network(**plain, **_short(context, entry, path))
        if not context.has_problem_since(before):
            networks[name] = network
    return networks


def _short(context: Context, entry: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return what a network with one subnet at most says of it."""
    subnet = range_at(context, entry["cidr"], (*path, "cidr")) if "cidr" in entry else None
    gateway = None
    if "gateway" in entry and "cidr" not in entry:
        help_text = "say cidr too: guests cannot reach a gateway without it"
        context.add(ids.OUTSIDE_NETWORK, "a gateway needs the network's cidr", (*path, "gateway"), help=help_text)
    elif "gateway" in entry and subnet:
        gateway = gateway_at(context, entry["gateway"], subnet, (*path, "gateway"))
    elif "gateway" in entry:
        gateway = address_at(context, entry["gateway"], (*path, "gateway"))
    servers = [address_at(context, text, (*path, "dns", index)) for index, text in enumerate(entry.get("dns", ()))]
    check_mtu(context, entry.get("mtu"), subnet is not None and subnet.version == 6, path)
    return {
        "cidr": str(subnet) if subnet else None,
        "gateway": str(gateway) if gateway else None,
        "dns": tuple(str(server) for server in servers),
    }
