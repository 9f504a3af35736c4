"""Goal 3: hard anti-affinity is free: all instances in groups, against none."""

from __future__ import annotations

from bench import clock, placing
from bench.figure import Figure, Goal, Settings, ratio

HOSTS, INSTANCES = 5_000, 10_000
FREE = 0.7
POLICIES = ("nova", "fast")


def measure(settings: Settings) -> list[Figure]:
    """Rates of both policies, in turns."""
    hosts, instances = settings.size(HOSTS), settings.size(INSTANCES)
    found = []
    for policy in POLICIES:
        grouped, single = clock.alternate(
            settings.heavy_reps,
            lambda policy=policy: _rate(hosts, instances, policy, 1),
            lambda policy=policy: _rate(hosts, instances, policy, 0),
        )
        parts = {"grouped_per_s": round(grouped), "single_per_s": round(single), "hosts": hosts, "instances": instances}
        found.append(Figure(f"schedule_anti_affinity.{policy}", ratio(grouped, single), FREE, "higher", parts=parts))
    return found


def _rate(hosts: int, instances: int, policy: str, groups: int) -> float:
    return float(placing.ours(hosts, instances, "--policy", policy, "--groups", str(groups))["per_s"])


GOAL = Goal(
    "schedule_anti_affinity",
    "10,000 instances on 5,000 hosts: rate with all in anti-affinity groups / rate without groups",
    measure,
    tuple((f"schedule_anti_affinity.{policy}", FREE) for policy in POLICIES),
    better="higher",
)
