# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts can hold an instance: one rule a file, in the order in which refusals are counted.

A filter is a module with

``NAME``                       Nova's name of it where Nova has one
``applies(table, request)``    whether it has anything to say; one that has not passes every host
``mask(table, request)``       a bool for each row: True passes
``why(table, request, row)``   the numbers asked and available on one host, whether it passes or not

To add one: write the module, put it in ``BY_SHAPE`` if its answer depends on the request's shape and on nothing that
booking changes (it is then asked once for all instances of that shape), else in ``BY_USAGE``; add rows to its test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from novalite.schedule.filters import (
    affinity,
    aggregate,
    anti_affinity,
    compute,
    core,
    disk,
    member_of,
    network,
    numa_topology,
    pci_passthrough,
    pin,
    providers,
    ram,
    resources,
    traits,
    units,
    zone,
)

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask


class Filter(Protocol):
    """What every module of this package offers."""

    NAME: str

    def applies(self, table: HostTable, request: Request) -> bool:
        """Tell whether the filter has anything to say."""

    def mask(self, table: HostTable, request: Request) -> Mask:
        """Return which rows pass."""

    def why(self, table: HostTable, request: Request, row: int) -> str:
        """Return the numbers."""


BY_SHAPE: tuple[Filter, ...] = (compute, pin, zone, member_of, aggregate, traits, network, units)
BY_USAGE: tuple[Filter, ...] = (
    core,
    ram,
    disk,
    resources,
    providers,
    anti_affinity,
    affinity,
    pci_passthrough,
    numa_topology,
)
# The order of counting: what is too big for every host, however empty, is told as too big, not as a wrong unit.
ALL: tuple[Filter, ...] = (
    *(rule for rule in BY_SHAPE if rule is not units),
    core,
    ram,
    disk,
    resources,
    units,
    providers,
    anti_affinity,
    affinity,
    pci_passthrough,
    numa_topology,
)

# Nova's filters are on where the options enable them; what Placement checks cannot be turned off.
PLACEMENT = frozenset(
    rule.NAME for rule in (pin, zone, member_of, traits, network, units, core, ram, disk, resources, providers)
)


def applying(table: HostTable, request: Request, rules: tuple[Filter, ...] = ALL) -> list[Filter]:
    """Return those of the rules that are on and have something to say of a request."""
    enabled = table.options.enabled_filters
    return [rule for rule in rules if (rule.NAME in PLACEMENT or rule.NAME in enabled) and rule.applies(table, request)]
