"""Goal 11: 50 hosts with 20 new instances each against an empty task on the same hosts; one module task a host.

Each host is local, with a private libvirtd of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import clock, hypervisors
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import PLAYS

if TYPE_CHECKING:
    from pathlib import Path

    from bench.hypervisors import Hypervisors

HOSTS, EACH = 50, 20
APPLY, NO_CHANGE = 1.6, 1.25
APPLY_TASKS, NO_CHANGE_TASKS = 2, 1


def measure(settings: Settings) -> list[Figure]:
    """Forks are 5 for all (Ansible's default)."""
    count, each = settings.size(HOSTS), settings.size(EACH)
    tasks: dict[str, int] = {}
    with hypervisors.running(count) as hosts:
        fleet_file = hosts.write_fleet(count * each)

        def ping() -> float:
            argv = [clock.tool("ansible-playbook"), "-i", hosts.inventory, PLAYS / "ping.yml"]
            return clock.run(argv, env=hypervisors.environment()).wall_s

        def apply() -> float:
            hosts.remove_instances()
            return _apply(hosts, tasks, "apply", plan=hosts.plan(fleet_file))

        def no_change() -> float:
            return _apply(hosts, tasks, "no_change", fleet=fleet_file)

        ping()
        pinged, applied, unchanged = clock.alternate(settings.heavy_reps, ping, apply, no_change)
    parts = {"hosts": count, "each": each, "ping_s": round(pinged, 2), "reps": settings.heavy_reps}
    if tasks["no_change_changed"]:
        msg = f"the second run changed {tasks['no_change_changed']} hosts"
        raise clock.ProcessError(msg)
    return [
        Figure("fan_out.apply", ratio(applied, pinged), APPLY, parts={"apply_s": round(applied, 2), **parts}),
        Figure(
            "fan_out.no_change",
            ratio(unchanged, pinged),
            NO_CHANGE,
            parts={"no_change_s": round(unchanged, 2), **parts},
        ),
        Figure("fan_out.apply_tasks", tasks["apply"], APPLY_TASKS, unit="module tasks a host"),
        Figure("fan_out.no_change_tasks", tasks["no_change"], NO_CHANGE_TASKS, unit="module tasks a host"),
    ]


def _apply(hosts: Hypervisors, tasks: dict[str, int], name: str, **variables: Path) -> float:
    done, counts = hosts.apply(**variables)
    tasks[name] = max((one.get("module", 0) for one in counts.values()), default=0)
    tasks[f"{name}_changed"] = sum(one.get("changed", 0) for one in counts.values())
    return done.wall_s


GOAL = Goal(
    "fan_out",
    "50 local hosts with 20 new instances each: apply / ping on the same hosts; no change; module tasks a host",
    measure,
    (
        ("fan_out.apply", APPLY),
        ("fan_out.no_change", NO_CHANGE),
        ("fan_out.apply_tasks", APPLY_TASKS),
        ("fan_out.no_change_tasks", NO_CHANGE_TASKS),
    ),
    needs_root=True,
)
