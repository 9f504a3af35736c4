# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts can hold an instance: one rule a file, in the order in which refusals are counted.

A filter is a module with

``NAME``                       Nova's name of it where Nova has one
``applies(table, request)``    whether it has anything to say; one that has not passes every host
``mask(table, request)``       a bool for each row: True passes
``why(table, request, row)``   the numbers asked and available on one host, whether it passes or not

and, so that a batch need not ask the same twice (batch.py),

``about(request)``             for BY_SHAPE: all that ``mask`` looks at, as something hashable
``passes(table, request, row)`` optional: the answer for one row, where a mask costs a search on each
``COUNTER``, ``limits(table)`` for a rule "fewer than so many": the table's column that counts, and each row's limit

To add one: write the module, put it in ``BY_SHAPE`` if its answer depends on the request's shape and on nothing that
booking changes (it is then asked once for all instances of that shape), else in ``BY_USAGE``; add rows to its test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from novalite.schedule.filters import (
    affinity,
    aggregate_image_properties,
    aggregate_instance_extra_specs,
    aggregate_io_ops,
    aggregate_multi_tenancy,
    aggregate_num_instances,
    aggregate_type_affinity,
    all_hosts,
    anti_affinity,
    cidr_affinity,
    compute,
    compute_capabilities,
    core,
    different_host,
    disk,
    image_properties,
    io_ops,
    isolated_hosts,
    json_query,
    member_of,
    metrics,
    network,
    num_instances,
    numa_topology,
    pci_passthrough,
    pin,
    providers,
    ram,
    resources,
    same_host,
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


BY_SHAPE: tuple[Filter, ...] = (
    all_hosts,
    compute,
    pin,
    zone,
    member_of,
    isolated_hosts,
    aggregate_multi_tenancy,
    aggregate_type_affinity,
    aggregate_instance_extra_specs,
    aggregate_image_properties,
    image_properties,
    traits,
    network,
    metrics,
    cidr_affinity,
    units,
)
BY_USAGE: tuple[Filter, ...] = (
    core,
    ram,
    disk,
    resources,
    providers,
    compute_capabilities,
    num_instances,
    aggregate_num_instances,
    io_ops,
    aggregate_io_ops,
    anti_affinity,
    affinity,
    different_host,
    same_host,
    json_query,
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
    *BY_USAGE[4:],
)

# Nova's filters are on where the options enable them; what Placement checks cannot be turned off.
PLACEMENT = frozenset(
    rule.NAME for rule in (pin, zone, member_of, traits, network, units, core, ram, disk, resources, providers)
)


def applying(table: HostTable, request: Request, rules: tuple[Filter, ...] = ALL) -> list[Filter]:
    """Return those of the rules that are on and have something to say of a request."""
    return [
        rule for rule in table.keep(f"rules {id(rules)}", lambda: _on(table, rules)) if rule.applies(table, request)
    ]


def _on(table: HostTable, rules: tuple[Filter, ...]) -> list[Filter]:
    on = PLACEMENT.union(table.options.enabled_filters)
    return [rule for rule in rules if rule.NAME in on]
