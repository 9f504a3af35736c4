# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that are resized where they live: has their host room for what they take more? Pure.

It is the resource check that placing goes by, on the hosts as they are when what is deleted is gone; those that grow
are looked at one after the other, before anything new is placed. What somebody gives back is not counted before the
next plan: a guest that runs may keep it until its next power cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.fields import FieldClass
from novalite.model.change import Action
from novalite.plan.usage import NO_FIT, growth_of

if TYPE_CHECKING:
    from novalite.diff.classify import Classified
    from novalite.model.change import Change
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable

FLAVOR = "flavor"


def check_growth(fleet: Fleet, snapshot: Snapshot, classified: Classified) -> Classified:
    """Return what becomes of every instance, with those refused that do not fit on their hosts any more."""
    growing = [change for change in classified.changes if growth_of(change)]
    if not growing:
        return classified
    from novalite.plan.place import table_of

    unresized = attrs.evolve(
        classified, changes=tuple(change for change in classified.changes if not growth_of(change))
    )
    table = table_of(fleet, snapshot, unresized)
    refused: dict[str, Change] = {}
    for change in growing:
        said = _grow(table, change)
        if said is not None:
            refused[change.name] = _refusal(change, said)
    changes = tuple(refused.get(change.name, change) for change in classified.changes)
    return attrs.evolve(classified, changes=changes)


def book_growth(table: HostTable, change: Change) -> None:
    """Take what an instance grows by on its host."""
    item, request = change.observed, _request(change)
    if item is not None and request is not None and item.host in table.rows:
        table.release(item.usage, item.host, item.uuid)
        table.book(request, table.rows[item.host])


def _grow(table: HostTable, change: Change) -> str | None:
    """Book an instance as it will be; return why its host has no room, in numbers, if it has none."""
    from novalite.schedule import filters

    item, request = change.observed, _request(change)
    if item is None or request is None or item.host not in table.rows:
        return None
    row = table.rows[item.host]
    table.release(item.usage, item.host, item.uuid)
    rules = [rule for rule in filters.applying(table, request) if rule.NAME in _OF_ROOM]
    broken = next((rule for rule in rules if not rule.mask(table, request)[row]), None)
    if broken is None:
        table.book(request, row)
        return None
    said = broken.why(table, request, row)
    table.book(_as_it_is(change, request), row)
    return f"{said} on {item.host}"


_OF_ROOM = frozenset({"CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter", "UnitsFilter", "ProvidersFilter"})


def _request(change: Change) -> Request | None:
    """Return what the instance asks of its host from now on: of each class what it has, or what it will have if more.

    Its group counts it already, and its topology is what it was given at birth.
    """
    from novalite.schedule.request import Request, bare_shape

    if change.desired is None or change.observed is None:
        return None
    shape = bare_shape(change.desired)
    if not shape.groups:
        usage = change.observed.usage
        more = {name: max(amount, usage.get(name, 0)) for name, amount in shape.resources}
        amounts = {**{name: amount for name, amount in usage.items() if amount}, **more}
        shape = attrs.evolve(shape, resources=tuple(sorted(amounts.items())))
    return Request(change.name, attrs.evolve(shape, topology=None, pci=()), None, uuid=change.observed.uuid)


def _as_it_is(change: Change, request: Request) -> Request:
    usage = change.observed.usage if change.observed is not None else {}
    amounts = tuple(sorted((name, amount) for name, amount in usage.items() if amount))
    return request._replace(shape=attrs.evolve(request.shape, resources=amounts, groups=()))


def _refusal(change: Change, said: str) -> Change:
    fields = tuple(
        attrs.evolve(field, kind=FieldClass.REFUSED.value, reason=said) if field.path.startswith(FLAVOR) else field
        for field in change.fields
    )
    return attrs.evolve(change, action=Action.REFUSED, reason=f"{NO_FIT}: {said}", fields=fields)
