# SPDX-License-Identifier: GPL-3.0-or-later
"""Bonds and VLANs that a guest makes itself of its NICs. Pure.

Source: OpenStack's network_data.json (bond_links, vlan_link); Documentation/networking/bonding.rst of Linux (modes).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.guest_link import GuestLink
from novalite.model.subnet import Subnet
from novalite.spec import ids
from novalite.spec.nouns.address import holder_of
from novalite.spec.nouns.subnet import address_at, build_subnets, check_mtu, gateway_at, range_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.model.network import Network
    from novalite.spec.context import Context
    from novalite.spec.nouns.address import AddressBook
    from novalite.spec.sources import Path

_TAKEN = re.compile(r"lo|interface[0-9]+")  # the kernel's, and the ids of NICs in network_data.json
_DEFAULT_MODE = "active-backup"
_OF_BOND, _OF_VLAN = ("mode",), ("on", "mac")
_OF_ONE = ("fixed_ip", "fixed_ips", "mac")


def bonded_ports(said: Mapping[str, Any] | None) -> frozenset[int]:
    """Return the numbers of the ports that are parts of bonds, as written."""
    return frozenset(number for entry in (said or {}).values() for number in entry.get("bond", ()))


@attrs.frozen
class GuestLinkReader:
    """Reads the links of one instance; ``items`` are its ports as written."""

    context: Context
    book: AddressBook
    networks: Mapping[str, Network]
    items: Sequence[Any]
    path: Path
    count: int | None

    def get(self, said: Mapping[str, Any]) -> tuple[GuestLink, ...]:
        """Return the links, bonds first; of those with a problem, none."""
        bonds = {name: entry for name, entry in sorted(said.items()) if "bond" in entry}
        bonded = self._check_bonds(bonds)
        vlans = {name: entry for name, entry in sorted(said.items()) if "vlan" in entry}
        self._check_vlans(vlans, bonds, bonded)
        found = []
        for name, entry in (*bonds.items(), *vlans.items()):
            before = len(self.context.problems)
            if _TAKEN.fullmatch(name):
                self._add(f"{name} is the name of another interface", (name,), of_key=True)
            self._check_keys(name, entry)
            link = self._link(name, entry, bonds)
            if not self.context.has_problem_since(before):
                found.append(link)
        return tuple(found)

    def _add(self, summary: str, below: Path, **more: Any) -> None:
        self.context.add(ids.GUEST_LINK, summary, (*self.path, *below), **more)

    def _check_bonds(self, bonds: Mapping[str, dict[str, Any]]) -> dict[int, str]:
        """Return which port is in which bond."""
        bonded: dict[int, str] = {}
        for name, entry in bonds.items():
            for index, number in enumerate(entry["bond"]):
                here = (name, "bond", index)
                if not self._has_port(number, here):
                    continue
                item = self.items[number]
                if bonded.setdefault(number, name) != name:
                    self._add(f"port {number} is in {bonded[number]} already", here)
                if isinstance(item, dict) and ("fixed_ip" in item or "fixed_ips" in item):
                    summary = f"port {number} has an address of its own: in a bond, the bond has it"
                    self._add(summary, here, help=f"say fixed_ip in {name}")
                self._check_security(number, here)
        return bonded

    def _check_vlans(
        self, vlans: Mapping[str, dict[str, Any]], bonds: Mapping[str, Any], bonded: Mapping[int, str]
    ) -> None:
        first: dict[tuple[object, int], str] = {}
        for name, entry in vlans.items():
            on = entry.get("on")
            if on is None:
                self._add('"on" is missing: what is the VLAN on?', (name,), of_key=True, help="say on: 0, or a bond")
                continue
            if isinstance(on, str) and on not in bonds:
                declared = ", ".join(bonds) or "none"
                self._add(f'no bond is called "{on}"', (name, "on"), help=f"declared: {declared}")
            elif isinstance(on, int) and self._has_port(on, (name, "on")):
                if on in bonded:
                    help_text = f"say on: {bonded[on]}"
                    self._add(f"port {on} is in {bonded[on]}: a VLAN is on the bond", (name, "on"), help=help_text)
                self._check_security(on, (name, "on"))
            if first.setdefault((on, entry["vlan"]), name) != name:
                self._add(f"{first[on, entry['vlan']]} is VLAN {entry['vlan']} on {on} already", (name, "vlan"))

    def _has_port(self, number: int, below: Path) -> bool:
        if number < len(self.items):
            return True
        has = f"{len(self.items)} ports, from 0" if self.items else "no ports"
        self._add(f"there is no port {number}: the instance has {has}", below)
        return False

    def _check_security(self, number: int, below: Path) -> None:
        item = self.items[number]
        own = item.get("port_security") if isinstance(item, dict) else None
        network = self.networks.get(item if isinstance(item, str) else item["network"])
        if own or (own is None and network is not None and network.port_security):
            summary = f"port {number} has port_security: its host would drop what is sent through this link"
            self._add(summary, below, help="say port_security: false at the port")

    def _check_keys(self, name: str, entry: dict[str, Any]) -> None:
        kind, others = ("bond", _OF_VLAN) if "bond" in entry else ("VLAN", _OF_BOND)
        for key in others:
            if key in entry:
                self._add(f'"{key}" is not for a {kind}', (name, key), of_key=True)
        if self.count is not None and self.count > 1:
            for key in _OF_ONE:
                if key in entry:
                    summary = f"{key} is for one instance, and this is {self.count} of them"
                    self.context.add(ids.ADDRESS_WITH_COUNT, summary, (*self.path, name, key), of_key=True)

    def _link(self, name: str, entry: dict[str, Any], bonds: Mapping[str, Any]) -> GuestLink:
        path = (*self.path, name)
        subnets = build_subnets(self.context, entry, path) if "subnets" in entry else self._short(entry, path)
        network = self._network(entry, bonds)
        below = (network.kind, network.source) if network else ("guest", name)
        scope = below if "bond" in entry else (*below, f"vlan {entry['vlan']}")
        holder = holder_of(name, scope, subnets, f"say cidr in {name}")
        fixed: tuple[str, ...] = ()
        if "fixed_ip" in entry and "fixed_ips" in entry:
            self.context.add(ids.NOT_ONE_OF, "fixed_ip or fixed_ips, not both", (*path, "fixed_ips"), of_key=True)
        elif "fixed_ip" in entry:
            address = self.book.one(entry["fixed_ip"], holder, (*path, "fixed_ip"))
            fixed = (str(address),) if address else ()
        elif "fixed_ips" in entry:
            fixed = self.book.several(entry["fixed_ips"], holder, (*path, "fixed_ips"))
        if "mac" in entry and "vlan" in entry:
            self.book.mac(entry["mac"], (*path, "mac"))
        if network is not None and network.mtu is not None and any(one.version == 6 for one in subnets):
            check_mtu(self.context, network.mtu, True, ("networks", network.name))
        if "bond" in entry:
            mode = entry.get("mode", _DEFAULT_MODE)
            return GuestLink(name, bond=tuple(entry["bond"]), mode=mode, subnets=subnets, fixed_ips=fixed)
        return GuestLink(
            name, vlan=entry["vlan"], on=entry.get("on"), mac=entry.get("mac"), subnets=subnets, fixed_ips=fixed
        )

    def _network(self, entry: dict[str, Any], bonds: Mapping[str, Any]) -> Network | None:
        """Return the network that what is sent through a link ends in: that of the first card below it."""
        on = entry["bond"][0] if "bond" in entry else entry.get("on")
        number = bonds[on]["bond"][0] if isinstance(on, str) and on in bonds else on
        if not isinstance(number, int) or number >= len(self.items):
            return None
        item = self.items[number]
        return self.networks.get(item if isinstance(item, str) else item["network"])

    def _short(self, entry: dict[str, Any], path: Path) -> tuple[Subnet, ...]:
        """Return the one subnet of a link that says it in short; none where it says nothing of addresses."""
        if "cidr" not in entry:
            if "gateway" in entry:
                self.context.add(ids.OUTSIDE_NETWORK, "a gateway needs a cidr", (*path, "gateway"), of_key=True)
            return (Subnet(None, dhcp=True),) if entry.get("dhcp") else ()
        cidr = range_at(self.context, entry["cidr"], (*path, "cidr"))
        if cidr is None:
            return ()
        gateway = gateway_at(self.context, entry["gateway"], cidr, (*path, "gateway")) if "gateway" in entry else None
        servers = [address_at(self.context, text, (*path, "dns", at)) for at, text in enumerate(entry.get("dns", ()))]
        names = tuple(str(server) for server in servers)
        return (Subnet(str(cidr), str(gateway) if gateway else None, names, entry.get("dhcp")),)
