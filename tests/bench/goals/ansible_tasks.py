"""Ansible's tasks for one host do not grow with the number of its instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import hypervisors
from bench.figure import Figure, Goal, Settings

if TYPE_CHECKING:
    from bench.hypervisors import Hypervisors

SIZES = (1, 10, 50)


def measure(settings: Settings) -> list[Figure]:
    """Counted by a callback, every result that was not skipped."""
    sizes = sorted({settings.size(size) for size in SIZES})
    with hypervisors.running(1) as hosts:
        seen = {str(size): _tasks(hosts, size) for size in sizes}
    grown = max(sum(counts.values()) for counts in seen.values()) - min(
        sum(counts.values()) for counts in seen.values()
    )
    return [Figure("ansible_tasks.growth", grown, 0, unit="tasks", parts={"tasks_by_instances": seen})]


def _tasks(hosts: Hypervisors, count: int) -> dict[str, int]:
    hosts.remove_instances()
    fleet_file = hosts.write_fleet(count)
    plan = hosts.plan(fleet_file)
    first, again = hosts.apply(plan=plan)[1], hosts.apply(fleet=fleet_file)[1]
    return {"first": _most(first), "again": _most(again)}


def _most(tasks: dict[str, dict[str, int]]) -> int:
    return max((counts.get("module", 0) + counts.get("controller", 0) for counts in tasks.values()), default=0)


GOAL = Goal(
    "ansible_tasks",
    "tasks a host and apply, with 50 instances minus with 1",
    measure,
    (("ansible_tasks.growth", 0),),
    needs_root=True,
)
