# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a running guest itself: a password by its agent, its memory into a file. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.plan import problems as ids
from novalite.plan.of_one import illegal_now, plan_of_one
from novalite.problem import Problem
from novalite.shared import wishes

if TYPE_CHECKING:
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

_DUMP = re.compile(r"/dump-([0-9]+)\.(kdump|elf)$")


def plan_password(snapshot: Snapshot, item: ObservedInstance, user: str) -> Plan:
    """Return the plan that sets a user's password; the password itself is in no plan."""
    problem = illegal_now(item, "password") or _no_agent(item)
    reason = f"by its guest agent, for {user}"
    return plan_of_one(
        snapshot, item, Action.PASSWORD, {"user": user}, problem.summary if problem else reason, problem=problem
    )


def plan_dump(snapshot: Snapshot, item: ObservedInstance, *, as_elf: bool = False) -> Plan:
    """Return the plan that writes its memory to a file, numbered after those that are there."""
    numbers = [int(found[1]) for path in item.disks if (found := _DUMP.search(path))]
    name = f"dump-{max(numbers, default=0) + 1:04}.{'elf' if as_elf else 'kdump'}"
    problem = illegal_now(item, "dump")
    memory = item.spec["flavor"].get("ram_mib")
    reason = f"{name} on {item.host}, up to {memory} MiB; the guest stands still meanwhile, then goes on"
    return plan_of_one(
        snapshot,
        item,
        Action.DUMP,
        {"file": name},
        problem.summary if problem else reason,
        disruption="hot",
        problem=problem,
    )


def _no_agent(item: ObservedInstance) -> Problem | None:
    """Return the problem of an instance whose image says that its guest has no agent."""
    said = item.spec["image"]["properties"].get("hw_qemu_guest_agent")
    if wishes.is_yes(said, default=True):
        return None
    summary = f"{item.name} has no guest agent: its image has the property hw_qemu_guest_agent={said}"
    return Problem(ids.NO_AGENT, summary, help="use an image with qemu-guest-agent in it and without that property")
