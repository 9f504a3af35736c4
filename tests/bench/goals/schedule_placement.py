"""Goal 2: 1,000 placements on 1,000 hosts against Nova with the real Placement: candidates and claims included."""

from __future__ import annotations

from bench import clock, placing
from bench.figure import Figure, Goal, Settings, ratio

HOSTS, INSTANCES = 1_000, 1_000
AGAINST_NOVA = 2_500.0
SECONDS = 15.0


def measure(settings: Settings) -> list[Figure]:
    """CPU time, in turns; loading Placement's database is not counted."""
    hosts, instances, reps = settings.size(HOSTS), settings.size(INSTANCES), settings.heavy_reps
    ours, nova = clock.alternate(
        reps,
        lambda: float(placing.ours(hosts, instances, "--reps", "3")["per_s"]),
        lambda: float(placing.nova_with_placement(hosts, instances, SECONDS / reps)["per_s"]),
    )
    parts = {"hosts": hosts, "instances": instances, "ours_per_s": round(ours), "nova_per_s": round(nova, 2)}
    return [Figure("schedule_placement", ratio(ours, nova), AGAINST_NOVA, "higher", parts=parts)]


GOAL = Goal(
    "schedule_placement",
    "1,000 instances on 1,000 hosts: placements per CPU second / Nova's with Placement",
    measure,
    (("schedule_placement", AGAINST_NOVA),),
    better="higher",
)
