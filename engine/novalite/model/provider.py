# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource providers other than hosts: those inside one (NUMA nodes, PCI functions, GPUs), and those hosts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.resource import Inventory, Usage


@attrs.frozen(slots=True)
class Provider:
    """A provider inside one host. ``parent`` is another provider of the same host; None: the host itself."""

    name: str
    inventories: Mapping[str, Inventory] = attrs.field(factory=dict)
    used: Usage = attrs.field(factory=dict)
    traits: frozenset[str] = frozenset()
    parent: str | None = None


@attrs.frozen(slots=True)
class SharingProvider:
    """Something that all hosts of the named aggregates use together, such as storage: counted once.

    Placement's MISC_SHARES_VIA_AGGREGATE. A class that it offers is not taken from the hosts' own inventories.
    """

    name: str
    aggregates: tuple[str, ...]
    inventories: Mapping[str, Inventory] = attrs.field(factory=dict)
    used: Usage = attrs.field(factory=dict)
    traits: frozenset[str] = frozenset()
