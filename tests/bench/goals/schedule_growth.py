"""Goal 4: twice the hosts and twice the instances cost less than four times as much."""

from __future__ import annotations

from bench import clock, placing
from bench.figure import Figure, Goal, Settings, ratio

SMALL, LARGE = (5_000, 10_000), (10_000, 20_000)
GROWTH = 3.5
POLICIES = ("nova", "fast")


def measure(settings: Settings) -> list[Figure]:
    """CPU seconds of both sizes, in turns."""
    found = []
    for policy in POLICIES:
        small, large = clock.alternate(
            settings.heavy_reps,
            lambda policy=policy: _seconds(settings, SMALL, policy),
            lambda policy=policy: _seconds(settings, LARGE, policy),
        )
        parts = {"cpu_s": [round(small, 3), round(large, 3)]}
        found.append(Figure(f"schedule_growth.{policy}", ratio(large, small), GROWTH, parts=parts))
    return found


def _seconds(settings: Settings, size: tuple[int, int], policy: str) -> float:
    hosts, instances = (settings.size(number) for number in size)
    return float(placing.ours(hosts, instances, "--policy", policy)["cpu_s"])


GOAL = Goal(
    "schedule_growth",
    "CPU seconds for 20,000 instances on 10,000 hosts / for 10,000 on 5,000",
    measure,
    tuple((f"schedule_growth.{policy}", GROWTH) for policy in POLICIES),
)
