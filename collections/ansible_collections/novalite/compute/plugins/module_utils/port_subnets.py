# SPDX-License-Identifier: GPL-3.0-or-later
"""The subnets of a port, in whichever form its spec says them. Pure.

``{"cidr", "gateway", "dns", "routes": [{"to", "via"}], "dhcp", "ipv6", "fixed_ip"}``: ``ipv6`` is None or ``slaac``,
``dhcpv6-stateful``, ``dhcpv6-stateless``.
"""

from __future__ import annotations

import ipaddress

_UNSAID = {"cidr": None, "gateway": None, "dns": [], "routes": [], "dhcp": False, "ipv6": None, "fixed_ip": None}


def port_subnets(port):
    # type: (dict) -> list
    """Return the subnets of a port or of a guest's link, each with all its keys.

    A port of the short form has one: DHCP unless an address is fixed.
    """
    if port.get("subnets") is not None:
        return [dict(_UNSAID, **subnet) for subnet in port["subnets"]]
    if "network" not in port:  # a link of the guest that has no addresses
        return []
    short = {key: port.get(key) or _UNSAID[key] for key in ("cidr", "gateway", "dns", "fixed_ip")}
    return [dict(_UNSAID, dhcp=not port.get("fixed_ip"), **short)]


def family(subnet):
    # type: (dict) -> int
    """Return 4 or 6; a subnet of which nothing is said is 4."""
    if subnet["ipv6"]:
        return 6
    known = subnet["fixed_ip"] or (subnet["cidr"] or "").partition("/")[0]
    return ipaddress.ip_address(known).version if known else 4


def own_address(subnet, mac):
    # type: (dict, str) -> object
    """Return the address that a card has in a subnet, or None where nobody knows it before the guest does.

    With SLAAC, and with DHCPv6 that gives no addresses, it is the network's and the MAC's (RFC 4291, appendix A).
    """
    if subnet["fixed_ip"]:
        return str(ipaddress.ip_address(subnet["fixed_ip"]))
    if subnet["ipv6"] not in ("slaac", "dhcpv6-stateless") or not subnet["cidr"]:
        return None
    network = ipaddress.ip_network(subnet["cidr"], strict=False)
    if network.prefixlen != 64:
        return None
    parts = bytearray(int(part, 16) for part in mac.split(":"))
    parts[0] ^= 2
    return str(network.network_address + int.from_bytes(parts[:3] + b"\xff\xfe" + parts[3:], "big"))
