# SPDX-License-Identifier: GPL-3.0-or-later
"""New instances -> placements: the one place where planning meets the scheduler.

numpy is imported only when there is something to place: a plan without new instances starts faster without it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from novalite.model.change import GOING, Action
from novalite.model.resource import DISK_GB
from novalite.plan.grow import book_growth
from novalite.plan.usage import growth_of
from novalite.schedule.request import bare_shape, request_from_instance, requests_from_instances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.diff.classify import Classified
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.placement import Explanation
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.prefilters import Context
    from novalite.schedule.table import HostTable
    from novalite.schedule.whole import Whole


def place(fleet: Fleet, snapshot: Snapshot, classified: Classified, wanted: Iterable[Instance]) -> Whole:
    """Return where each new instance goes, or why nowhere; there is at least one."""
    requests = requests_from_instances(wanted, context_of(fleet))
    from novalite.schedule.whole import place_whole

    return place_whole(lambda: table_of(fleet, snapshot, classified), requests)


def explain_new(
    fleet: Fleet, snapshot: Snapshot, classified: Classified, wanted: Iterable[Instance], name: str
) -> Explanation | None:
    """Return the whole matrix for one of the new instances, as the plan placed it."""
    from novalite.schedule.explain import explain

    held, context = list(wanted), context_of(fleet)
    whole = place(fleet, snapshot, classified, held)
    chosen = {result.name: host for result in whole.results if (host := getattr(result, "host", None)) is not None}
    table = table_of(fleet, snapshot, classified)
    return _with_additions(fleet, explain(table, requests_from_instances(held, context), name, chosen), context)


def explain_placed(
    fleet: Fleet, snapshot: Snapshot, classified: Classified, wanted: Iterable[Instance], chosen: Mapping[str, str]
) -> dict[str, Explanation]:
    """Return the matrices for all new instances, by name; ``chosen`` is the host that the plan gives each."""
    from novalite.schedule.explain import explain_all

    table, context = table_of(fleet, snapshot, classified), context_of(fleet)
    found = explain_all(table, requests_from_instances(wanted, context), chosen)
    return {name: made for name, one in found.items() if (made := _with_additions(fleet, one, context)) is not None}


def context_of(fleet: Fleet) -> Context:
    """Return what pre-filters look at."""
    from novalite.schedule.options import options_from_mapping
    from novalite.schedule.prefilters import Context

    return Context(options_from_mapping(fleet.scheduler), fleet.aggregates)


def _with_additions(fleet: Fleet, explanation: Explanation | None, context: Context) -> Explanation | None:
    """Return the explanation with what the pre-filters added before any host was looked at."""
    if explanation is None:
        return None
    from novalite.schedule.explain import additions

    return attrs.evolve(explanation, added=additions(bare_shape(fleet.instances[explanation.name]), context))


def explain_present(fleet: Fleet, snapshot: Snapshot, classified: Classified, name: str) -> Explanation | None:
    """Return the matrix for an instance that exists, as if it were placed now and took nothing yet."""
    from novalite.schedule.explain import explain_request

    desired, holders = fleet.instances[name], classified.index.found.get(name, ())
    if not holders:
        return None
    table = table_of(fleet, snapshot, classified, without=name)
    release(table, holders[0])
    context = context_of(fleet)
    made = explain_request(table, request_from_instance(desired, context), current=holders[0].host)
    return _with_additions(fleet, made, context)


def table_of(fleet: Fleet, snapshot: Snapshot, classified: Classified, without: str | None = None) -> HostTable:
    """Return the hosts as they will be when what is deleted is gone and what is resized has grown: each host does both
    before it creates.
    """
    from novalite.schedule.options import options_from_mapping
    from novalite.schedule.table import HostTable

    table = HostTable(
        snapshot.hosts.values(),
        options=options_from_mapping(fleet.scheduler),
        zones=fleet.zones(),
        aggregates=fleet.aggregates,
        members=_members(fleet, classified, without),
        sharing=fleet.sharing_providers,
    )
    for change in classified.changes:
        if change.action in GOING and change.observed is not None:
            release(table, change.observed, keeps_disk=change.action is Action.TRASH)
        elif growth_of(change):
            book_growth(table, change)
    return table


def release(table: HostTable, item: ObservedInstance, *, keeps_disk: bool = False) -> None:
    """Give back what an instance takes of its host: resources, and the CPUs, pages and devices it was given."""
    if item.is_offloaded:  # it takes disk only, and does not count
        table.release({} if keeps_disk else item.usage, item.host)
        return
    table.release(item.usage, item.host, item.uuid)
    if keeps_disk:
        table.release({name: -amount for name, amount in item.usage.items() if name == DISK_GB}, item.host)
    if item.spec.get("claim"):
        from novalite.schedule.numa.hardware import release_spec

        release_spec(table, item.host, item.spec)


def _members(fleet: Fleet, classified: Classified, without: str | None) -> dict[str, Counter[str]]:
    """Return where the members of each group are: of declared ones as the fleet says, of orphans as their mark says."""
    members: dict[str, Counter[str]] = {}
    for name, holders in classified.index.found.items():
        group = fleet.instances[name].group
        if group is not None and name != without:
            members.setdefault(group.name, Counter()).update(item.host for item in holders)
    for change in classified.changes:
        item = change.observed
        if change.desired is None and change.action not in GOING and item is not None and item.spec["group"]:
            members.setdefault(item.spec["group"]["name"], Counter())[item.host] += 1
    return members
