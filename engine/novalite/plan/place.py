# SPDX-License-Identifier: GPL-3.0-or-later
"""New instances -> placements: the one place where planning meets the scheduler.

numpy is imported only when there is something to place: a plan without new instances starts faster without it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.schedule.request import request_from_instance, requests_from_instances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.diff.classify import Classified
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.placement import Explanation, Placement, Unplaced
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.table import HostTable


def place(
    fleet: Fleet, snapshot: Snapshot, classified: Classified, wanted: Iterable[Instance]
) -> Mapping[str, Placement | Unplaced]:
    """Return where each new instance goes, or why nowhere, by name."""
    requests = requests_from_instances(wanted)
    if not requests:
        return {}
    from novalite.schedule.select import select

    return {result.name: result for result in select(table_of(fleet, snapshot, classified), requests)}


def explain_new(
    fleet: Fleet, snapshot: Snapshot, classified: Classified, wanted: Iterable[Instance], name: str
) -> Explanation | None:
    """Return the whole matrix for one of the new instances, as the plan placed it."""
    from novalite.schedule.explain import explain

    table = table_of(fleet, snapshot, classified)
    return explain(table, requests_from_instances(wanted), name)


def explain_present(fleet: Fleet, snapshot: Snapshot, classified: Classified, name: str) -> Explanation | None:
    """Return the matrix for an instance that exists, as if it were placed now and took nothing yet."""
    from novalite.schedule.explain import explain_request

    desired, holders = fleet.instances[name], classified.index.found.get(name, ())
    if not holders:
        return None
    table = table_of(fleet, snapshot, classified, without=name)
    table.release(holders[0].usage, holders[0].host, holders[0].uuid)
    return explain_request(table, request_from_instance(desired), current=holders[0].host)


def table_of(fleet: Fleet, snapshot: Snapshot, classified: Classified, without: str | None = None) -> HostTable:
    """Return the hosts as they will be when what is deleted is gone: each host deletes before it creates."""
    from novalite.schedule.table import HostTable

    table = HostTable(
        snapshot.hosts.values(),
        zones=fleet.zones(),
        aggregates=fleet.aggregates,
        members=_members(fleet, classified, without),
        sharing=fleet.sharing_providers,
    )
    for change in classified.changes:
        if change.action is Action.DELETE and change.observed is not None:
            table.release(change.observed.usage, change.observed.host, change.observed.uuid)
    return table


def _members(fleet: Fleet, classified: Classified, without: str | None) -> dict[str, Counter[str]]:
    """Return where the members of each group are: of declared ones as the fleet says, of orphans as their mark says."""
    members: dict[str, Counter[str]] = {}
    for name, holders in classified.index.found.items():
        group = fleet.instances[name].group
        if group is not None and name != without:
            members.setdefault(group.name, Counter()).update(item.host for item in holders)
    for change in classified.changes:
        item = change.observed
        if change.desired is None and change.action is not Action.DELETE and item is not None and item.spec["group"]:
            members.setdefault(item.spec["group"]["name"], Counter())[item.host] += 1
    return members
