# SPDX-License-Identifier: GPL-3.0-or-later
"""Does an instance that is to become another one still fit on its host? Every rule of the scheduler, on that host
alone, as if it took nothing there yet. Pure; numpy is imported only when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.classify import classify
from novalite.model.change import GOING
from novalite.plan.place import context_of, release, table_of
from novalite.schedule.request import request_from_instance

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.placement import Placement, Unplaced
    from novalite.model.snapshot import Snapshot


def place_again(fleet: Fleet, snapshot: Snapshot, item: ObservedInstance, becomes: Instance) -> Placement | Unplaced:
    """Return what its host gives an instance that becomes ``becomes``, or which rule refuses it, with numbers."""
    from novalite.schedule.select import select

    classified = classify(fleet, snapshot)
    # Nothing of what a plan of the fleet would delete is gone.
    staying = attrs.evolve(classified, changes=tuple(one for one in classified.changes if one.action not in GOING))
    alone = attrs.evolve(snapshot, hosts={item.host: snapshot.hosts[item.host]})
    table = table_of(fleet, alone, staying, without=becomes.name)
    release(table, item)
    (result,) = select(table, [request_from_instance(becomes, context_of(fleet))])
    return result
