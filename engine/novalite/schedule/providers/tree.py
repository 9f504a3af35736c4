# SPDX-License-Identifier: GPL-3.0-or-later
"""Tree: a host, the providers inside it, and the sharing ones that serve it, as a list of nodes. Pure.

The host is node 0, what is inside it follows (a parent before its children), sharing providers are last: this order
decides between equals. A tree holds nothing that booking changes, and no names: hosts of one kind have one tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.provider import SharingProvider
    from novalite.model.resource import Inventory
    from novalite.schedule.host import Host

ROOT = 0
NOWHERE = -1  # the parent of a root

Usage = list[dict[str, int]]  # of each node, by resource class
Inventories = tuple[tuple[str, "Inventory"], ...]


@attrs.frozen(slots=True)
class Node:
    """One provider. ``parent`` is the number of another node."""

    parent: int
    inventories: Inventories
    traits: frozenset[str]
    shared: bool = False

    @property
    def offers(self) -> dict[str, Inventory]:
        """Return the inventories by resource class."""
        return dict(self.inventories)


@attrs.frozen(slots=True, cache_hash=True)
class Tree:
    """The nodes in order; equal trees serve equal requests from equal usage."""

    nodes: tuple[Node, ...]

    @property
    def is_plain(self) -> bool:
        """Tell whether the host is all there is."""
        return len(self.nodes) == 1

    def path(self, number: int) -> list[int]:
        """Return a node and all above it, upwards."""
        found = [number]
        while (number := self.nodes[number].parent) != NOWHERE:
            found.append(number)
        return found

    def classes(self) -> frozenset[str]:
        """Return what nodes other than the host offer."""
        return frozenset(name for node in self.nodes[1:] for name, _ in node.inventories)


def tree_of(host: Host, sharing: Iterable[SharingProvider] = ()) -> Tree:
    """Return the tree of a host that the sharing providers serve.

    A class that a sharing provider offers is not taken from the host itself: a shared file system that each host
    reports as its own would be counted once for each. What a provider inside the host says it has, it has.
    """
    sharing = tuple(sharing)
    elsewhere = {name for provider in sharing for name in provider.inventories}
    own = {name: inventory for name, inventory in host.inventories.items() if name not in elsewhere}
    nodes = [Node(NOWHERE, _sorted(own), host.traits)]
    numbers = {provider.name: number for number, provider in enumerate(host.providers, 1)}
    for provider in host.providers:
        parent = ROOT if provider.parent is None else numbers[provider.parent]
        nodes.append(Node(parent, _sorted(provider.inventories), provider.traits))
    nodes += [Node(NOWHERE, _sorted(provider.inventories), provider.traits, shared=True) for provider in sharing]
    return Tree(tuple(nodes))


def names_of(host: Host, sharing: Iterable[SharingProvider] = ()) -> list[str]:
    """Return the name of each node."""
    return [host.name, *(provider.name for provider in host.providers), *(provider.name for provider in sharing)]


def usage_of(host: Host, sharing: Iterable[SharingProvider] = ()) -> Usage:
    """Return what is used of each node."""
    return [dict(host.used), *(dict(item.used) for item in host.providers), *(dict(item.used) for item in sharing)]


def _sorted(inventories: Mapping[str, Inventory]) -> Inventories:
    return tuple(sorted(inventories.items()))
