# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of an instance: a list of networks, or of networks with an address chosen by hand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.port import Port
from novalite.model.subnet import Subnet
from novalite.spec import ids
from novalite.spec.nouns.address import AddressBook, holder_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.network import Network
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


_OCTETS = {str(number): number for number in range(256)}
_OF_ONE = ("fixed_ip", "fixed_ips", "mac")  # not for instances with a count


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
        self.book = AddressBook(context)
        self.plain: dict[tuple[str, ...], tuple[Port, ...]] = {}
        self.holders = {
            name: holder_of(
                f'network "{name}"', (one.kind, one.source), subnets_of(one), f"say cidr in networks: {name}"
            )
            for name, one in networks.items()
        }
        self.inside = {  # between these two, without them: what needs no closer look
            name: (int(subnet.network_address), int(subnet.broadcast_address))
            for name, holder in self.holders.items()
            for subnet, _ in holder.ranges
            if subnet.version == 4
        }

    def get(
        self, items: list[Any], path: Path, count: int | None, bonded: frozenset[int] = frozenset()
    ) -> tuple[Port, ...]:
        """Return the ports of an instance; of those with a problem, none. ``count`` is as written, or None.

        ``bonded`` are the numbers of those that need no address, as the guest makes a bond of them.
        """
        is_plain = not bonded and all(item.__class__ is str for item in items)
        if is_plain and (known := self.plain.get(tuple(items))) is not None:
            return known
        found = [self._port(item, (*path, index), count, index in bonded) for index, item in enumerate(items)]
        ports = tuple([port for port in found if port is not None])
        if is_plain and len(ports) == len(items):
            self.plain[tuple(items)] = ports
        if not is_plain:
            self._check_tags(items, path)
        return ports

    def _port(self, item: Any, path: Path, count: int | None, is_bonded: bool) -> Port | None:
        name = item if isinstance(item, str) else item["network"]
        network = self.networks.get(name)
        if network is None:
            self.context.check_reference("networks", name, path if isinstance(item, str) else (*path, "network"))
            return None
        if isinstance(item, str):
            return Port(network) if is_bonded else self._with_address(Port(network), path)
        own = [key for key in _OF_ONE if key in item]
        if own and count is not None and count > 1:
            for key in own:
                summary = f"{key} is for one instance, and this is {count} of them"
                self.context.add(ids.ADDRESS_WITH_COUNT, summary, (*path, key), of_key=True)
            return None
        mac = item.get("mac")
        fixed_ip, fixed_ips = self._addresses(item, network, path)
        if mac is not None:
            self.book.mac(mac, (*path, "mac"))
        security = item.get("port_security")
        port = Port(network, fixed_ip, mac, item.get("link", "up"), item.get("tag"), security, fixed_ips)
        return port if is_bonded else self._with_address(port, path)

    def _addresses(self, item: dict[str, Any], network: Network, path: Path) -> tuple[str | None, tuple[str, ...]]:
        """Return the address of a port in a network of the short form, or its addresses in one with subnets."""
        if "fixed_ip" in item and "fixed_ips" in item:
            self.context.add(ids.NOT_ONE_OF, "fixed_ip or fixed_ips, not both", (*path, "fixed_ips"), of_key=True)
            return None, ()
        if "fixed_ip" in item:
            address = self._fixed_ip(item["fixed_ip"], network, (*path, "fixed_ip"))
            return (address, ()) if network.subnets is None else (None, (address,) if address else ())
        if "fixed_ips" not in item:
            return None, ()
        found = self.book.several(item["fixed_ips"], self.holders[network.name], (*path, "fixed_ips"))
        return (next(iter(found), None), ()) if network.subnets is None else (None, found)

    def _fixed_ip(self, text: str, network: Network, path: Path) -> str | None:
        low, high = self.inside.get(network.name, (0, 0))
        if low < number_from_ipv4(text) < high and text != network.gateway and network.subnets is None:
            self.book.claim(("ip", network.kind, network.source, text), f"address {text}", path)
            return text
        address = self.book.one(text, self.holders[network.name], path)
        return None if address is None else str(address)

    def _with_address(self, port: Port, path: Path) -> Port | None:
        """Return a port that gets an address in some way; a problem, and None, where it gets none."""
        network = port.network
        self._check_filter(port, path)
        bare = [subnet for subnet in network.subnets or () if not subnet.serves(port.fixed_ips)]
        said = next((subnet for subnet in bare if subnet.dhcp is False), None)
        if said is not None:
            summary = f"network {network.name} has dhcp: false in {said.cidr}, and this port no fixed address in it"
        elif network.subnets and len(bare) == len(network.subnets):
            summary = f"no subnet of network {network.name} gives this port an address, and it has no fixed one"
        else:
            return port
        self.context.add(ids.SUBNETS, summary, path, help="say fixed_ip, or let guests ask in the network's subnets")
        return None

    def _check_filter(self, port: Port, path: Path) -> None:
        """Note a port whose IPv6 its host would drop."""
        security = port.network.port_security if port.port_security is None else port.port_security
        if not security:
            return
        ips = port.fixed_ips if port.fixed_ip is None else (port.fixed_ip,)
        served = [one for one in subnets_of(port.network) if one.version == 6 and one.serves(ips)]
        if served:
            summary = f"port_security drops IPv6, and this port has it of {served[0].cidr}"
            self.context.add(ids.FILTERED, summary, path, help="say port_security: false here, or take another network")

    def _check_tags(self, items: list[Any], path: Path) -> None:
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            tag = item.get("tag") if isinstance(item, dict) else None
            if tag is not None and first.setdefault(tag, index) != index:
                related = (("first here", self.context.declared.where((*path, first[tag], "tag"))),)
                self.context.add(ids.SAME_TAG, f"two NICs have the tag {tag}", (*path, index, "tag"), related=related)


def subnets_of(network: Network) -> tuple[Subnet, ...]:
    """Return the subnets of a network, be they said in short; none where it says nothing of addresses."""
    if network.subnets is not None:
        return network.subnets
    return () if network.cidr is None else (Subnet(network.cidr, network.gateway, network.dns),)
