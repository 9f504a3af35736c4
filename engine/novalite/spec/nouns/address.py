# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses chosen by hand: inside their subnets, for one machine each, given once in a fleet. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import attrs

from novalite.spec import ids
from novalite.spec.nouns.subnet import address_at, why_not_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.model.subnet import Subnet
    from novalite.spec.context import Context
    from novalite.spec.nouns.subnet import Address, Range
    from novalite.spec.sources import Path

# What two machines must not share an address in: kind and name of a network on the hosts, and a VLAN's tag.
Scope = tuple[str, ...]


@attrs.frozen(slots=True)
class Holder:
    """What addresses are chosen from: ``name`` as people call it, ranges with their gateways."""

    name: str
    scope: Scope
    ranges: tuple[tuple[Range, str | None], ...]
    help_text: str


def holder_of(name: str, scope: Scope, subnets: Iterable[Subnet], help_text: str) -> Holder:
    """Return the holder of some subnets."""
    return Holder(
        name, scope, tuple([(ipaddress.ip_network(one.cidr), one.gateway) for one in subnets if one.cidr]), help_text
    )


@attrs.define(slots=True)
class AddressBook:
    """Who has which address of a fleet; ``taken`` holds where each was first given."""

    context: Context
    taken: dict[tuple[str, ...], Path] = attrs.field(factory=dict)

    def claim(self, key: tuple[str, ...], what: str, path: Path) -> None:
        """Note where an address is given; a problem where it was given before."""
        if key not in self.taken:
            self.taken[key] = path
            return
        first = self.taken[key]  # the same path, where several instances have it from the defaults
        related = (("first here", self.context.declared.where(first)),) if first != path else ()
        self.context.add(ids.SAME_ADDRESS, f"{what} is given twice", path, related=related)

    def one(self, text: str, holder: Holder, path: Path) -> Address | None:
        """Return an address given by hand; a problem where no machine of the holder's subnets can have it."""
        address = address_at(self.context, text, path)
        if address is None:
            return None
        if not holder.ranges:
            summary = f"{holder.name} has no cidr, and a fixed address needs one"
            self.context.add(ids.OUTSIDE_NETWORK, summary, path, help=holder.help_text)
            return None
        wrong = _why_wrong(address, holder)
        if wrong:
            self.context.add(ids.OUTSIDE_NETWORK, f"{address} {wrong} ({holder.name})", path)
        self.claim(("ip", *holder.scope, str(address)), f"address {address}", path)
        return address

    def several(self, texts: Sequence[str], holder: Holder, path: Path) -> tuple[str, ...]:
        """Return addresses given by hand, at most one of each family; a problem where there are more."""
        found: dict[int, str] = {}
        for index, text in enumerate(texts):
            here = (*path, index)
            address = self.one(text, holder, here)
            if address is not None and found.setdefault(address.version, str(address)) != str(address):
                summary = f"{found[address.version]} and {address}: a guest is told of one address of each family"
                self.context.add(ids.SUBNETS, summary, here, help="give the second to another port")
        return tuple(found[version] for version in sorted(found))

    def mac(self, mac: str, path: Path) -> None:
        """Check a MAC address given by hand."""
        first = int(mac[:2], 16)
        if first & 1 or mac == "00:00:00:00:00:00":
            self.context.add(ids.BAD_ADDRESS, f"{mac} cannot belong to one machine (multicast or zero)", path)
        self.claim(("mac", mac), f"MAC {mac}", path)


def _why_wrong(address: Address, holder: Holder) -> str:
    family = [pair for pair in holder.ranges if pair[0].version == address.version] or list(holder.ranges)
    holding = next((pair for pair in family if address in pair[0]), family[0])
    return "is the gateway" if str(address) == holding[1] else why_not_in(address, holding[0])
