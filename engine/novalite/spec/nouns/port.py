# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of an instance: a list of networks, or of networks with an address chosen by hand. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from novalite.model.port import Port
from novalite.spec import ids
from novalite.spec.nouns.network import address_at, why_not_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.network import Network
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


_OCTETS = {str(number): number for number in range(256)}


def number_from_ipv4(text: str) -> int:
    """Return the number of an address written the one usual way; -1 for all others, which ``ipaddress`` judges."""
    try:
        first, second, third, fourth = map(_OCTETS.__getitem__, text.split("."))
    except (KeyError, ValueError):
        return -1
    return first << 24 | second << 16 | third << 8 | fourth


class PortReader:
    """Reads lists of networks; the usual ones (names only) once each. Addresses may be given once in a fleet."""

    def __init__(self, context: Context, networks: Mapping[str, Network]) -> None:
        self.context = context
        self.networks = networks
        self.plain: dict[tuple[str, ...], tuple[Port, ...]] = {}
        self.subnets = {
            name: ipaddress.ip_network(network.cidr) for name, network in networks.items() if network.cidr is not None
        }
        self.inside = {  # between these two, without them: what needs no closer look
            name: (int(subnet.network_address), int(subnet.broadcast_address))
            for name, subnet in self.subnets.items()
            if subnet.version == 4
        }
        self.taken: dict[tuple[str, ...], Path] = {}

    def get(self, items: list[Any], path: Path, count: int | None) -> tuple[Port, ...]:
        """Return the ports of an instance; of those with a problem, none. ``count`` is as written, or None."""
        is_plain = all(item.__class__ is str for item in items)
        if is_plain and (known := self.plain.get(tuple(items))) is not None:
            return known
        found = [self._port(item, (*path, index), count) for index, item in enumerate(items)]
        ports = tuple([port for port in found if port is not None])
        if is_plain and len(ports) == len(items):
            self.plain[tuple(items)] = ports
        return ports

    def _port(self, item: Any, path: Path, count: int | None) -> Port | None:
        name = item if isinstance(item, str) else item["network"]
        network = self.networks.get(name)
        if network is None:
            self.context.check_reference("networks", name, path if isinstance(item, str) else (*path, "network"))
            return None
        if isinstance(item, str):
            return Port(network)
        own = [key for key in ("fixed_ip", "mac") if key in item]
        if own and count is not None and count > 1:
            for key in own:
                summary = f"{key} is for one instance, and this is {count} of them"
                self.context.add(ids.ADDRESS_WITH_COUNT, summary, (*path, key), of_key=True)
            return None
        fixed_ip = self._fixed_ip(item["fixed_ip"], network, (*path, "fixed_ip")) if "fixed_ip" in item else None
        mac = item.get("mac")
        if mac is not None:
            self._check_mac(mac, (*path, "mac"))
        return Port(network, fixed_ip, mac, item.get("link", "up"))

    def _fixed_ip(self, text: str, network: Network, path: Path) -> str | None:
        low, high = self.inside.get(network.name, (0, 0))
        if low < number_from_ipv4(text) < high and text != network.gateway:
            self._claim(("ip", network.kind, network.source, text), f"address {text}", path)
            return text
        address = address_at(self.context, text, path)
        if address is None:
            return None
        subnet = self.subnets.get(network.name)
        if subnet is None:
            summary = f'network "{network.name}" has no cidr, and a fixed address needs one'
            self.context.add(ids.OUTSIDE_NETWORK, summary, path, help=f"say cidr in networks: {network.name}")
            return None
        wrong = why_not_in(address, subnet)
        if str(address) == network.gateway:
            wrong = "is the gateway"
        if wrong:
            self.context.add(ids.OUTSIDE_NETWORK, f'{address} {wrong} (network "{network.name}")', path)
        self._claim(("ip", network.kind, network.source, str(address)), f"address {address}", path)
        return str(address)

    def _check_mac(self, mac: str, path: Path) -> None:
        first = int(mac[:2], 16)
        if first & 1 or mac == "00:00:00:00:00:00":
            self.context.add(ids.BAD_ADDRESS, f"{mac} cannot belong to one machine (multicast or zero)", path)
        self._claim(("mac", mac), f"MAC {mac}", path)

    def _claim(self, key: tuple[str, ...], what: str, path: Path) -> None:
        first = self.taken.setdefault(key, path)
        if first != path:
            related = (("first here", self.context.declared.where(first)),)
            self.context.add(ids.SAME_ADDRESS, f"{what} is given twice", path, related=related)
