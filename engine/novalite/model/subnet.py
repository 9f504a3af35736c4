# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnet: one range of addresses of a network, and what guests are told of it."""

from __future__ import annotations

import attrs

SLAAC, STATEFUL, STATELESS = "slaac", "dhcpv6-stateful", "dhcpv6-stateless"  # values of ipv6


@attrs.frozen(slots=True)
class Route:
    """What is reached by way of a machine of the subnet that is not its gateway."""

    to: str
    via: str


@attrs.frozen(slots=True)
class Subnet:
    """``dhcp`` (of IPv4) is None where only who has no fixed address asks; ``ipv6`` is how addresses of IPv6 are had.

    ``cidr`` is None where only DHCP knows it (of links that guests make).
    """

    cidr: str | None
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    dhcp: bool | None = None
    ipv6: str | None = None
    routes: tuple[Route, ...] = ()

    @property
    def version(self) -> int:
        """Return 4 or 6."""
        return 6 if self.cidr is not None and ":" in self.cidr else 4

    def fixed(self, fixed_ips: tuple[str, ...]) -> str | None:
        """Return which of some addresses is one of the subnet's, or None."""
        if self.cidr is None or not fixed_ips:
            return None
        import ipaddress  # most fleets do not need it, and start-up is measured

        subnet = ipaddress.ip_network(self.cidr)
        return next((address for address in fixed_ips if ipaddress.ip_address(address) in subnet), None)

    def serves(self, fixed_ips: tuple[str, ...]) -> bool:
        """Tell whether somebody with some fixed addresses gets an address of this subnet."""
        said = self.to_spec(fixed_ips)
        return any(said[key] for key in ("dhcp", "ipv6", "fixed_ip"))

    def to_spec(self, fixed_ips: tuple[str, ...] = ()) -> dict[str, object]:
        """Return the subnet as an instance spec carries it, with the fixed address of a port in it, if it has one.

        Who has a fixed address asks nobody, unless the subnet says ``dhcp: true`` or stateful DHCPv6: then its server
        is to hand that address out, as in Nova.
        """
        fixed = self.fixed(fixed_ips)
        asks = fixed is None if self.dhcp is None else self.dhcp
        return {
            "cidr": self.cidr,
            "gateway": self.gateway,
            "dns": list(self.dns),
            "routes": [{"to": route.to, "via": route.via} for route in self.routes],
            "dhcp": self.version == 4 and asks,
            "ipv6": self.ipv6 if fixed is None or self.ipv6 == STATEFUL else None,
            "fixed_ip": fixed,
        }


def specs_of(subnets: tuple[Subnet, ...], fixed_ips: tuple[str, ...]) -> list[dict[str, object]]:
    """Return those of some subnets that give an address to somebody with some fixed addresses, for an instance spec."""
    return [subnet.to_spec(fixed_ips) for subnet in subnets if subnet.serves(fixed_ips)]
