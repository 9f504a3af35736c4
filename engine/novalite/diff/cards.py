# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network card of an instance that exists is which port of the fleet. Pure.

As many ports as cards: each port is the card at its place. Else each port takes the first card that is left on its
network, and those that find none are new cards, with the next MACs that follow from the UUID.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from novalite.shared import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.port import Port


def is_cards(value: Any) -> bool:
    """Tell whether this is a list of network cards; a damaged mark may hold anything."""
    return isinstance(value, list) and all(isinstance(port, Mapping) and "mac" in port for port in value)


def wanted_macs(ports: Sequence[Port], uuid: str, held: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the MAC of each port of an instance with these cards."""
    if len(ports) == len(held):
        return [port.mac or str(card["mac"]) for port, card in zip(ports, held, strict=True)]
    left = list(held)
    found: list[str | None] = []
    for port in ports:
        card = next((card for card in left if _is_on(port, card)), None)
        if card is not None:
            left.remove(card)
        found.append(str(card["mac"]) if card is not None else port.mac)
    taken = {mac for mac in found if mac} | {str(card["mac"]) for card in held}
    fresh = (mac for number in count() if (mac := names.mac_from_uuid(uuid, number)) not in taken)
    return [mac or next(fresh) for mac in found]


def _is_on(port: Port, card: Mapping[str, Any]) -> bool:
    return port.mac == card["mac"] if port.mac else port.network.name == card.get("network")
