# SPDX-License-Identifier: GPL-3.0-or-later
"""Port: one NIC's attachment to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.subnet import specs_of

if TYPE_CHECKING:
    from novalite.model.network import Network


@attrs.frozen(slots=True)
class Port:
    """``mac`` is None until the planner has chosen it (or the user did)."""

    network: Network
    fixed_ip: str | None = None
    mac: str | None = None
    link: str = "up"
    tag: str | None = None
    port_security: bool | None = None  # None: as the network says
    fixed_ips: tuple[str, ...] = ()  # in a network that has subnets

    def to_spec(self, mac: str) -> dict[str, object]:
        """Return the port as an instance spec carries it."""
        network = self.network
        spec: dict[str, object] = {
            "network": network.name,
            "kind": network.kind,
            "source": network.source,
            "mac": mac,
            "fixed_ip": self.fixed_ip,
            "cidr": network.cidr,
            "gateway": network.gateway,
            "dns": list(network.dns),
            "mtu": network.mtu,
        }
        if self.link != "up":
            spec["link"] = self.link
        if network.subnets is not None:
            spec["subnets"] = specs_of(network.subnets, self.fixed_ips)
        if self.tag is not None:
            spec["tag"] = self.tag
        if network.port_security if self.port_security is None else self.port_security:
            spec["port_security"] = True
        return spec
