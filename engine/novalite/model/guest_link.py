# SPDX-License-Identifier: GPL-3.0-or-later
"""GuestLink: a bond or a VLAN that the guest makes itself, of its NICs or of another such link."""

from __future__ import annotations

import attrs

from novalite.model.subnet import Subnet, specs_of


@attrs.frozen(slots=True)
class GuestLink:
    """A bond has ``bond`` (numbers of ports) and ``mode``, a VLAN ``vlan`` (its tag) and ``on`` (a port or a bond)."""

    name: str
    bond: tuple[int, ...] = ()
    mode: str | None = None
    vlan: int | None = None
    on: str | int | None = None
    mac: str | None = None
    subnets: tuple[Subnet, ...] = ()
    fixed_ips: tuple[str, ...] = ()

    def to_spec(self) -> dict[str, object]:
        """Return the link as an instance spec carries it."""
        subnets = specs_of(self.subnets, self.fixed_ips)
        if self.vlan is None:
            return {"name": self.name, "kind": "bond", "ports": list(self.bond), "mode": self.mode, "subnets": subnets}
        vlan = {"name": self.name, "kind": "vlan", "on": self.on, "vlan_id": self.vlan, "mac": self.mac}
        return {**vlan, "subnets": subnets}
