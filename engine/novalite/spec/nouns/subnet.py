# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets, of a network or of a link that a guest makes: whether what guests are told is consistent. Pure.

Source: nova/virt/netutils.py (the first subnet of each family is told); RFC 4862 (64 bits for addresses that guests
make themselves), RFC 8200 (the least MTU).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from novalite.model.subnet import SLAAC, STATELESS, Route, Subnet
from novalite.spec import ids

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

Range = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SHORT = ("cidr", "gateway", "dns", "dhcp")
IPV6_LEAST_MTU = 1280
_NOT_ON_LINK = "network_data.json cannot say that a gateway outside of its subnet is on the link"


def build_subnets(context: Context, entry: dict[str, Any], path: Path) -> tuple[Subnet, ...]:
    """Return the subnets that a network or link says; those with a problem are left out."""
    for key in _SHORT:
        if key in entry:
            summary = f'"{key}" is the short form, for one subnet: here it is said in subnets'
            context.add(ids.SUBNETS, summary, (*path, key), of_key=True, help="move it into subnets")
    found: list[Subnet] = []
    for index, said in enumerate(entry["subnets"]):
        place = (*path, "subnets", index)
        before = len(context.problems)
        subnet = _subnet(context, said, place)
        same = next((one for one in found if subnet is not None and one.version == subnet.version), None)
        if subnet is None or context.has_problem_since(before):
            continue
        if same is not None:
            summary = f"{same.cidr} and {subnet.cidr}: a guest is told of one subnet of IPv{subnet.version}, as by Nova"
            context.add(ids.SUBNETS, summary, place, help="make another network of it")
            continue
        found.append(subnet)
    return tuple(found)


def check_mtu(context: Context, mtu: int | None, has_ipv6: bool, path: Path) -> None:
    """Note an MTU that is too small for IPv6."""
    if mtu is not None and mtu < IPV6_LEAST_MTU and has_ipv6:
        context.add(ids.SMALL_MTU, f"IPv6 needs an MTU of {IPV6_LEAST_MTU}, and this is {mtu}", (*path, "mtu"))


def _subnet(context: Context, said: dict[str, Any], path: Path) -> Subnet | None:
    cidr = range_at(context, said["cidr"], (*path, "cidr"))
    if cidr is None:
        return None
    _check_ways(context, said, cidr, path)
    servers = [address_at(context, text, (*path, "dns", index)) for index, text in enumerate(said.get("dns", ()))]
    gateway = gateway_at(context, said["gateway"], cidr, (*path, "gateway")) if "gateway" in said else None
    routes = [_route(context, one, cidr, (*path, "routes", index)) for index, one in enumerate(said.get("routes", ()))]
    _check_routes(context, routes, gateway is not None, path)
    return Subnet(
        cidr=str(cidr),
        gateway=str(gateway) if gateway else None,
        dns=tuple(str(server) for server in servers),
        dhcp=said.get("dhcp"),
        ipv6=said.get("ipv6"),
        routes=tuple(route for route in routes if route is not None),
    )


def _check_ways(context: Context, said: dict[str, Any], cidr: Range, path: Path) -> None:
    """Check how guests have their addresses."""
    if cidr.version == 6 and "dhcp" in said:
        help_text = "say ipv6: dhcpv6-stateful" if said["dhcp"] else "take it away: without ipv6 nobody asks"
        summary = f"dhcp is of IPv4, and {cidr} is of IPv6"
        context.add(ids.SUBNETS, summary, (*path, "dhcp"), of_key=True, help=help_text)
    if cidr.version == 4 and "ipv6" in said:
        context.add(ids.SUBNETS, f"{cidr} is of IPv4", (*path, "ipv6"), of_key=True)
    elif said.get("ipv6") in (SLAAC, STATELESS) and cidr.prefixlen != 64:
        summary = f"ipv6: {said['ipv6']} needs a prefix of 64 bits, and {cidr} has {cidr.prefixlen}"
        context.add(ids.SUBNETS, summary, (*path, "ipv6"))


def _route(context: Context, said: dict[str, Any], cidr: Range, path: Path) -> Route | None:
    to = range_at(context, said["to"], (*path, "to"))
    via = address_at(context, said["via"], (*path, "via"))
    if to is None or via is None:
        return None
    if to.version != cidr.version:
        context.add(ids.SUBNETS, f"a route to {to} in a subnet of IPv{cidr.version}", (*path, "to"))
        return None
    wrong = why_no_next_hop(via, cidr)
    if wrong:
        context.add(ids.SUBNETS, f"the next hop {via} {wrong}", (*path, "via"), help=_NOT_ON_LINK)
    return Route(str(to), str(via))


def _check_routes(context: Context, routes: list[Route | None], has_gateway: bool, path: Path) -> None:
    first: dict[str, int] = {}
    for index, route in enumerate(routes):
        if route is None:
            continue
        here = (*path, "routes", index, "to")
        if has_gateway and route.to.endswith("/0"):
            context.add(ids.SUBNETS, f"{route.to} is the default route, and gateway says one", here)
        if first.setdefault(route.to, index) != index:
            related = (("first here", context.declared.where((*path, "routes", first[route.to], "to"))),)
            context.add(ids.SUBNETS, f"two routes to {route.to}", here, related=related)


def address_at(context: Context, text: str, path: Path) -> Address | None:
    """Return the address a text means; a problem where it means none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        context.add(ids.BAD_ADDRESS, f'"{text}" is not an IP address', path)
        return None


def range_at(context: Context, text: str, path: Path) -> Range | None:
    """Return the range of addresses a text means; a problem where it means none."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        near = ipaddress.ip_network(text, strict=False)
        context.add(ids.BAD_ADDRESS, f"{text} is an address in a subnet (did you mean {near}?)", path)
    except ValueError:
        context.add(ids.BAD_ADDRESS, f'"{text}" is not a subnet such as 10.0.0.0/24', path)
    return None


def gateway_at(context: Context, text: str, cidr: Range, path: Path) -> Address | None:
    """Return the gateway a text means; a problem where guests of the subnet could not reach it."""
    gateway = address_at(context, text, path)
    if gateway is not None:
        wrong = why_no_next_hop(gateway, cidr)
        if wrong:
            context.add(ids.OUTSIDE_NETWORK, f"gateway {gateway} {wrong}", path, help=_NOT_ON_LINK)
    return gateway


def why_no_next_hop(address: Address, subnet: Range) -> str:
    """Return why a machine of a subnet cannot send to an address directly; routers of IPv6 have link-local ones."""
    return "" if subnet.version == address.version == 6 and address.is_link_local else why_not_in(address, subnet)


def why_not_in(address: Address, subnet: Range) -> str:
    """Return why an address cannot belong to a machine of a subnet; nothing where it can."""
    if address not in subnet:
        return f"is not in {subnet}"
    if subnet.num_addresses > 2 and address == subnet.network_address:
        return f"is the address of {subnet} itself"
    if subnet.version == 4 and subnet.num_addresses > 2 and address == subnet.broadcast_address:
        return f"is the broadcast address of {subnet}"
    return ""
