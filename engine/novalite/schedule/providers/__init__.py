# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees: hosts, the NUMA nodes, PCI functions and GPUs in them, and storage that several hosts share.

    >>> from novalite.model.provider import Provider, SharingProvider
    >>> from novalite.model.resource import Inventory
    >>> from novalite.schedule.host import Host
    >>> from novalite.schedule.providers import candidates
    >>> from novalite.schedule.request import Group, Shape
    >>> gpus = tuple(Provider(f"gpu-{n}", {"VGPU": Inventory(4)}, used={"VGPU": n}) for n in range(2))
    >>> host = Host("a", inventories={"VCPU": Inventory(8)}, providers=gpus)
    >>> nfs = SharingProvider("nfs", ("storage",), {"DISK_GB": Inventory(100)})
    >>> shape = Shape((("DISK_GB", 10), ("VCPU", 2)), groups=(Group("gpu", (("VGPU", 1),)),))
    >>> for found in candidates(host, shape, [nfs]):
    ...     print(found)
    DISK_GB 10 of nfs; VCPU 2 of a; group gpu: VGPU 1 of gpu-1
    DISK_GB 10 of nfs; VCPU 2 of a; group gpu: VGPU 1 of gpu-0

What a provider gives is Placement's arithmetic (``model/resource.py``); what a request means is its semantics of
request groups (``demand.py``). Where Placement has faults they are not copied: amounts of several groups are added up
without changing each other's; ``isolate`` keeps apart groups that take something; units hold for each group alone, not
for the sum of groups that met on one provider.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from novalite.schedule.providers.demand import demand_of
from novalite.schedule.providers.grants import assignment_of
from novalite.schedule.providers.layout import layout_of
from novalite.schedule.providers.search import assignments
from novalite.schedule.providers.tree import names_of, tree_of, usage_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.provider import SharingProvider
    from novalite.schedule.host import Host
    from novalite.schedule.providers.assignment import Assignment
    from novalite.schedule.request import Shape


def candidates(
    host: Host, shape: Shape, sharing: Iterable[SharingProvider] = (), *, limit: int | None = None
) -> list[Assignment]:
    """Return every way in which a host and the sharing providers that serve it can give what a shape asks.

    Shapes: resources, traits (the root's too) and groups are looked at; zone, aggregates and whatever else filters look
    at are not. The first of the list is the one that booking takes; there may be very many, ``limit`` ends the list.
    """
    if not shape.root_required <= host.traits or shape.root_forbidden & host.traits:
        return []
    serving = tuple(sharing)
    demand = demand_of(shape)
    layout = layout_of(tree_of(host, serving), demand)
    names = names_of(host, serving)
    found = assignments(layout, layout.free(usage_of(host, serving)))
    return [assignment_of(demand, chosen, names) for chosen in islice(found, limit)]
