# SPDX-License-Identifier: GPL-3.0-or-later
"""MACs of network cards that instances get later: nobody else may have them. Pure.

Those of new instances are chosen, and checked, with their identity (identity.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.cards import wanted_macs
from novalite.model.change import Action
from novalite.plan import problems as ids
from novalite.plan.identity import macs_of
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from novalite.model.change import Change
    from novalite.model.snapshot import Snapshot
    from novalite.plan.draft import Draft

_CHANGED = (Action.UPDATE, Action.RENAME, Action.REBUILD)


def problems_of_macs(changes: Iterable[Change], snapshot: Snapshot, drafts: Iterable[Draft]) -> Iterator[Problem]:
    """Yield a problem for each MAC of a card that comes, where another domain has it, or gets it in the same plan."""
    gaining = [(change, macs) for change in changes if (macs := new_macs(change))]
    if not gaining:
        return
    gone = {draft.body["uuid"] for draft in drafts if draft.action == "delete"}
    ours = [*snapshot.instances(), *(aside.item for aside in snapshot.shelf())]
    taken = {mac: item.name for item in ours if item.uuid not in gone for mac in macs_of(item)}
    taken |= {mac: one.domain for host in snapshot.hosts.values() for one in host.foreign for mac in one.macs}
    made = [draft for draft in drafts if draft.action == "create"]
    taken |= {str(port["mac"]): draft.name for draft in made for port in draft.body["spec"]["ports"]}
    for change, macs in gaining:
        for mac in macs:
            holder = taken.setdefault(mac, change.name)
            if holder != change.name:
                yield Problem(ids.MAC_TAKEN, f"{change.name}: {holder} has the MAC {mac}", change.where)


def new_macs(change: Change) -> tuple[str, ...]:
    """Return the MACs of the cards that a change adds."""
    item, desired = change.observed, change.desired
    if item is None or desired is None or change.action not in _CHANGED:
        return ()
    if not any(field.path == "ports" for field in change.fields):
        return ()
    held = set(macs_of(item))
    return tuple(mac for mac in wanted_macs(desired.ports, item.uuid, item.spec["ports"]) if mac not in held)
