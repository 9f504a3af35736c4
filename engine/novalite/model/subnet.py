# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnet: one range of addresses of a network, and what guests are told of it."""

from __future__ import annotations

import ipaddress

import attrs


@attrs.frozen(slots=True)
class Route:
    """What is reached by way of a machine of the subnet that is not its gateway."""

    to: str
    via: str


@attrs.frozen(slots=True)
class Subnet:
    """``dhcp`` is None where only ports without a fixed address ask DHCP; ``ipv6`` is how IPv6 addresses are had."""

    cidr: str
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    dhcp: bool | None = None
    ipv6: str | None = None
    routes: tuple[Route, ...] = ()

    @property
    def version(self) -> int:
        """Return 4 or 6."""
        return 6 if ":" in self.cidr else 4

    def holds(self, address: str) -> bool:
        """Return whether an address is one of the subnet's."""
        return ipaddress.ip_address(address) in ipaddress.ip_network(self.cidr)

    def to_spec(self, fixed_ips: tuple[str, ...] = ()) -> dict[str, object]:
        """Return the subnet as an instance spec carries it, with the fixed address of a port in it, if it has one.

        A fixed address is static unless a DHCP server is said to hand it out.
        """
        fixed = next((address for address in fixed_ips if self.holds(address)), None)
        is_static = fixed is not None and self.ipv6 != STATEFUL
        return {
            "cidr": self.cidr,
            "gateway": self.gateway,
            "dns": list(self.dns),
            "routes": [{"to": route.to, "via": route.via} for route in self.routes],
            "dhcp": self.version == 4 and (fixed is None if self.dhcp is None else self.dhcp),
            "ipv6": None if is_static else self.ipv6,
            "fixed_ip": fixed,
        }


SLAAC, STATEFUL, STATELESS = "slaac", "dhcpv6-stateful", "dhcpv6-stateless"  # values of ipv6
