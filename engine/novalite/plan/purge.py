# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the hosts' shelves -> lines and steps: the trash at its deadline, and what was interrupted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.change import Action
from novalite.model.plan import PlannedChange
from novalite.plan import problems as ids
from novalite.plan.draft import Draft, draft_of_action
from novalite.plan.verb import illegal, plan_drafts
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from novalite.model.change import Change
    from novalite.model.observed import ObservedInstance, SetAside
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot
    from novalite.model.verb import Verb


@attrs.frozen(slots=True)
class Cleaning:
    """What a plan does on the shelves besides moving things there: ``purged`` counts deletions."""

    lines: tuple[PlannedChange, ...]
    drafts: tuple[Draft, ...]
    purged: int


def clean_shelves(project: str, snapshot: Snapshot, *, everything: bool = False) -> Cleaning:
    """Return what is deleted for good: what has been in the trash long enough, or, to purge, all of the trash; and what
    an interrupted plan began. What is kept is nobody's to delete unasked.
    """
    ours = [aside for aside in snapshot.shelf() if aside.item.project == project]
    purged = [aside for aside in ours if aside.is_trash and _goes(aside, everything=everything)]
    unfinished = [aside for aside in ours if aside.unfinished and aside not in purged]
    return Cleaning(
        (*map(_line_of_purged, purged), *map(_line_of_unfinished, unfinished)),
        (*map(_draft_of_purged, purged), *map(_draft_of_unfinished, unfinished)),
        len(purged),
    )


def plan_purge(snapshot: Snapshot, items: Sequence[ObservedInstance], verb: Verb, arguments: Mapping[str, Any]) -> Plan:
    """Return the plan that deletes instances in the trash for good. Source: nova/compute/api.py, force_delete; other
    than there only what is in the trash, and never what was declared ``on_delete: keep``.
    """
    del arguments
    kept = [item for item in items if (item.state.get("trashed") or {}).get("why") == "kept"]
    problems = [illegal(item, verb.name, _KEPT) for item in kept]

    def draft(item: ObservedInstance) -> Draft:
        return draft_of_action(Action.DELETE, item, item.name, disks=list(item.disks))

    return plan_drafts(snapshot, items, verb, draft, problems)


_KEPT = "it was declared on_delete: keep: restore it, apply on_delete: trash or delete, then take it out of the fleet"


def _goes(aside: SetAside, *, everything: bool) -> bool:
    return aside.why == "deleting" or (aside.why == "trashed" and (everything or aside.expired))


def _line_of_purged(aside: SetAside) -> PlannedChange:
    """Return the line of the plan: it names every file that goes."""
    item = aside.item
    reason = "finishes a deletion that was interrupted" if aside.why == "deleting" else f"trashed until {aside.until}"
    return PlannedChange(
        action=Action.DELETE.value,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"{item.spec['flavor'].get('name', 'instance')} in the trash of {item.host}",
        reason=reason,
        disruption="destroy",
        destroys=item.disks,
    )


def _draft_of_purged(aside: SetAside) -> Draft:
    """Return the step; the name and all else of it was free already."""
    item = aside.item
    return Draft(item.host, "delete", item.name, {"uuid": item.uuid, "disks": list(item.disks)})


def _line_of_unfinished(aside: SetAside) -> PlannedChange:
    """Return the line of the plan."""
    item = aside.item
    return PlannedChange(
        action=Action.TRASH.value,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"{item.spec['flavor'].get('name', 'instance')} on {item.host}",
        reason="finishes what was interrupted: it has no domain any more, and its files are moved",
    )


def _draft_of_unfinished(aside: SetAside) -> Draft:
    """Return the step: setting it aside again, as it was meant."""
    item = aside.item
    return Draft(item.host, "trash", item.name, {"uuid": item.uuid, "disks": list(item.disks), "why": aside.why})


def problems_of_names(created: Iterable[Change], snapshot: Snapshot) -> Iterator[Problem]:
    """Yield a warning for each new instance that has the name of one in the trash: perhaps that one is meant."""
    names = {(aside.item.project, aside.item.name): aside for aside in snapshot.shelf() if aside.is_trash}
    for change in created if names else ():
        aside = names.get((change.desired.project, change.name)) if change.desired is not None else None
        if aside is not None and aside.why != "deleting":
            limit = f" until {aside.until}" if aside.until else ""
            summary = f"{change.name}: an instance of this name is in the trash of {aside.item.host}{limit}"
            detail = "this plan makes a new one, with empty disks"
            helps = f"to have that one back instead, before applying this: novalite restore {change.name}"
            yield Problem(ids.IN_TRASH, summary, change.where, detail=detail, help=helps, severity="warning")
