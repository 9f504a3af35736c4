# SPDX-License-Identifier: GPL-3.0-or-later
"""Port: one NIC's attachment to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.model.network import Network


@attrs.frozen(slots=True)
class Port:
    """``mac`` is None until the planner has chosen it (or the user did)."""

    network: Network
    fixed_ip: str | None = None
    mac: str | None = None
    link: str = "up"

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
        return spec
