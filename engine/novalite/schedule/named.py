# SPDX-License-Identifier: GPL-3.0-or-later
"""Every filter, pre-filter and weigher by Nova's name, on plain values: what one rule alone says of some hosts.

    >>> from novalite.model.resource import Inventory
    >>> from novalite.schedule.host import Host
    >>> from novalite.schedule.named import filter_hosts, weigh_hosts
    >>> from novalite.schedule.request import Request, Shape
    >>> hosts = [
    ...     Host("a", inventories={"MEMORY_MB": Inventory(8192)}),
    ...     Host("b", inventories={"MEMORY_MB": Inventory(4096)}, enabled=False),
    ... ]
    >>> request = Request("web-0", Shape(resources=(("MEMORY_MB", 512),)))
    >>> filter_hosts("ComputeFilter", hosts, request)
    [True, False]
    >>> [weight.normalised for weight in weigh_hosts("RAMWeigher", hosts, request)]
    [1.0, 0.5]

Shapes: answers are lists with one entry for each host, in the order given. Hosts need different names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.placement import WeigherVerdict
from novalite.schedule import filters, prefilters, weighers
from novalite.schedule.options import DEFAULT, Options
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from novalite.model.aggregate import Aggregate
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request, Shape

FILTERS: Mapping[str, filters.Filter] = {rule.NAME: rule for rule in filters.ALL}
PREFILTERS: Mapping[str, prefilters.Prefilter] = {rule.NAME: rule for rule in prefilters.ALL}
WEIGHERS: Mapping[str, weighers.Weigher] = {weigher.NAME: weigher for weigher in weighers.ALL}


def filter_hosts(
    name: str,
    hosts: Sequence[Host],
    request: Request,
    *,
    options: Options = DEFAULT,
    aggregates: Iterable[Aggregate] = (),
    members: Mapping[str, Mapping[str, int]] | None = None,
) -> list[bool]:
    """Return which hosts one filter passes, whether the options enable it or not.

    ``members``: server group -> host -> members there. Raises: KeyError for a name that is no filter.
    """
    table = HostTable(hosts, options=options, aggregates=aggregates, members=members)
    rule = FILTERS[name]
    passed = rule.mask(table, request) if rule.applies(table, request) else np.ones(len(table), dtype=np.bool_)
    return [bool(passed[table.rows[host.name]]) for host in hosts]


def weigh_hosts(
    name: str,
    hosts: Sequence[Host],
    request: Request,
    *,
    options: Options = DEFAULT,
    aggregates: Iterable[Aggregate] = (),
    members: Mapping[str, Mapping[str, int]] | None = None,
) -> list[WeigherVerdict]:
    """Return what one weigher says of all the hosts, compared with each other.

    ``members`` as above. Raises: KeyError for a name that is no weigher.
    """
    table = HostTable(hosts, options=options, aggregates=aggregates, members=members)
    weigher = WEIGHERS[name]
    raw = weigher.raw(table, request) if weigher.applies(table, request) else np.zeros(len(table), dtype=np.float64)
    share = weighers.shares(table, weigher, raw)
    factor = weighers.multiplier(table, weigher)
    found = {
        host: WeigherVerdict(weigher.NAME, *(float(column[row]) for column in (raw, share, factor, factor * share)))
        for host, row in table.rows.items()
    }
    return [found[host.name] for host in hosts]


def prefilter_shape(
    name: str, shape: Shape, *, options: Options = DEFAULT, aggregates: Iterable[Aggregate] = ()
) -> Shape:
    """Return the shape with what one pre-filter adds. Raises: KeyError for a name that is no pre-filter."""
    context = prefilters.Context(options, tuple(aggregates))
    rule = PREFILTERS[name]
    return rule.transform(shape, context) if rule.applies(shape, context) else attrs.evolve(shape)
