# SPDX-License-Identifier: GPL-3.0-or-later
"""What interrupted applies left on hosts -> lines and steps that remove it. Pure.

Only what a marker of ours accounts for: a deletion that a reviewed plan began, or files of an instance that never ran.
A folder without a marker may hold a guest's data and is nobody's to remove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.model.plan import PlannedChange
from novalite.plan.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from novalite.model.observed import Leftover
    from novalite.model.snapshot import Snapshot

_REASONS = {
    "deleting": "finishes a deletion that was interrupted",
    "building": "files of a creation that was interrupted; it never ran",
}


def find_leftovers(project: str, snapshot: Snapshot, drafts: Iterable[Draft]) -> Iterator[Leftover]:
    """Yield what is to be removed: the project's, unless this plan creates the same instance there (it finishes it)."""
    created = {(draft.host, draft.body["spec"]["uuid"]) for draft in drafts if draft.action == "create"}
    for host in snapshot.hosts.values():
        for item in host.leftovers:
            if item.project == project and item.state in _REASONS and (host.name, item.uuid) not in created:
                yield item


def describe_leftover(item: Leftover) -> PlannedChange:
    """Return the line of the plan: it names every file that goes."""
    return PlannedChange(
        action=Action.DELETE.value,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"leftover on {item.host}",
        reason=_REASONS[item.state],
        disruption="destroy" if item.state == "deleting" else "none",
        destroys=item.disks,
    )


def draft_of_leftover(item: Leftover) -> Draft:
    """Return the step: deleting again what is half deleted."""
    return Draft(item.host, "delete", item.name, {"uuid": item.uuid, "disks": list(item.disks)})
