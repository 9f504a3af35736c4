# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of disks: snapshots in place (a tree), a root disk as an image, rotating backups. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.change import Action
from novalite.plan import problems as ids
from novalite.plan.of_one import illegal_now, plan_of_one
from novalite.problem import Problem
from novalite.shared import operational_state, states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot


def kept(item: ObservedInstance) -> Mapping[str, Mapping[str, Any]]:
    """Return the instance's snapshots in place, by name."""
    found: Mapping[str, Mapping[str, Any]] = (item.state.get(operational_state.SNAPSHOTS) or {}).get("kept") or {}
    return found


def plan_create(seen: Snapshot, item: ObservedInstance, name: str) -> Plan:
    """Return the plan that copies the instance's disks."""
    problem = illegal_now(item, "snapshot")
    if problem is None and name in kept(item):
        problem = Problem(
            ids.SNAPSHOT_TAKEN, f"{item.name} has a snapshot {name} already", help=f"novalite snapshot list {item.name}"
        )
    parent = (item.state.get(operational_state.SNAPSHOTS) or {}).get("current")
    reason = f"{name}{f', after {parent}' if parent else ''}: {_how(item, 'its disks')}"
    return _plan(seen, item, "create", name, reason, problem)


def plan_revert(seen: Snapshot, item: ObservedInstance, name: str) -> Plan:
    """Return the plan that puts the disks back as they were; what they hold now is lost."""
    problem = illegal_now(item, "snapshot_revert") or _unknown(item, name)
    if problem is None and item.protect:
        summary = f"{item.name} is protected: reverting destroys what its disks hold now"
        problem = Problem(ids.ILLEGAL, summary, help="apply it with protect: false first")
    count = len(kept(item)[name]["disks"]) if name in kept(item) else 0
    disks = "its disk holds" if count == 1 else f"its {count} disks hold"
    on = "" if states.is_off(item.power) else "; its power is taken away at once, then it is started"
    reason = f"back to {name}: what {disks} now is lost{on}"
    return _plan(seen, item, "revert", name, reason, problem, disruption="rebuild")


def plan_delete(seen: Snapshot, item: ObservedInstance, name: str) -> Plan:
    """Return the plan that removes a snapshot's copies."""
    problem = illegal_now(item, "snapshot") or _unknown(item, name)
    files = [path for path in item.disks if f"/snapshot-{name}." in path]
    children = sorted(other for other, entry in kept(item).items() if entry.get("parent") == name)
    stay = f"; {', '.join(children)} {'stays' if len(children) == 1 else 'stay'}" if children else ""
    reason = f"delete {name}: {len(files)} {'file' if len(files) == 1 else 'files'} destroyed{stay}"
    return _plan(seen, item, "delete", name, reason, problem, destroys=tuple(files))


def plan_image(seen: Snapshot, item: ObservedInstance, name: str) -> Plan:
    """Return the plan that makes an image of the root disk."""
    problem = illegal_now(item, "snapshot")
    return _plan(seen, item, "image", name, f"image {name}: {_how(item, 'its whole root disk')}", problem)


def plan_backup(seen: Snapshot, item: ObservedInstance, keep: int) -> Plan:
    """Return the plan that makes one more backup, and removes the oldest where there are more than ``keep``."""
    problem = illegal_now(item, "backup")
    last = max((_number(path) for path in item.backups), default=0)
    name = f"{last + 1:04}.qcow2"
    many = len(item.backups) + 1 - keep
    removes = item.backups[:many] if many > 0 else ()
    gone = f"; {', '.join(path.rpartition('/')[2] for path in removes)} destroyed" if removes else ""
    reason = f"backup {name}: {_how(item, 'its whole root disk')}{gone}"
    return plan_of_one(
        seen,
        item,
        Action.SNAPSHOT,
        {"file": name, "removes": list(removes)},
        problem.summary if problem else reason,
        step="backup",
        destroys=removes,
        problem=problem,
    )


def _plan(
    seen: Snapshot,
    item: ObservedInstance,
    what: str,
    name: str,
    reason: str,
    problem: Problem | None,
    *,
    disruption: str = "none",
    destroys: tuple[str, ...] = (),
) -> Plan:
    said = problem.summary if problem else reason
    body = {"what": what, "snapshot": name}
    return plan_of_one(
        seen, item, Action.SNAPSHOT, body, said, disruption=disruption, destroys=destroys, problem=problem
    )


def _how(item: ObservedInstance, disks: str) -> str:
    """Return how consistent the copy is."""
    if states.is_off(item.power):
        return f"{disks}, while it is off"
    return f"{disks} at one moment, while it goes on (as after a power cut); no memory"


def _unknown(item: ObservedInstance, name: str) -> Problem | None:
    if name in kept(item):
        return None
    there = ", ".join(sorted(kept(item))) or "none"
    summary = f"{item.name} has no snapshot {name}; there are: {there}"
    return Problem(ids.SNAPSHOT_UNKNOWN, summary, help=f"novalite snapshot list {item.name}")


def _number(path: str) -> int:
    head = path.rpartition("/")[2].partition(".")[0]
    return int(head) if head.isdigit() else 0
