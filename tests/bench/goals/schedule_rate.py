"""Goal 1: 10,000 placements on 5,000 hosts, every filter on and reasons given, against Nova's own scheduler.

Policy ``nova`` weighs every host for every instance, as Nova does; policy ``fast`` has absolute weights.
"""

from __future__ import annotations

from bench import clock, placing
from bench.figure import Figure, Goal, Settings, ratio

HOSTS, INSTANCES = 5_000, 10_000
AGAINST_NOVA, FLOOR, OF_PROTOTYPE, FAST = 10_000.0, 3_000.0, 0.2, 100_000.0
KUBERNETES = 810.0  # pods/s: what its CI demands of its scheduler at 5,000 nodes


def measure(settings: Settings) -> list[Figure]:
    """CPU time, in turns; Nova gets its twenty seconds in as many parts as there are turns."""
    hosts, instances, reps = settings.size(HOSTS), settings.size(INSTANCES), settings.heavy_reps
    ours, fast, everything, plain, nova = clock.alternate(
        reps,
        lambda: float(placing.ours(hosts, instances)["per_s"]),
        lambda: float(placing.ours(hosts, instances, "--policy", "fast", "--reps", "3")["per_s"]),
        lambda: float(placing.ours(hosts, instances, "--all")["per_s"]),
        lambda: float(placing.prototype(hosts, instances)["per_s"]),
        lambda: float(placing.nova(hosts, instances, placing.NOVA_SECONDS / reps)["per_s"]),
    )
    parts = {"hosts": hosts, "instances": instances, "reps": reps}
    against = parts | {"ours_per_s": round(ours), "nova_per_s": round(nova, 2)}
    return [
        Figure("schedule_rate.nova", ratio(ours, nova), AGAINST_NOVA, "higher", parts=against),
        Figure("schedule_rate.floor", ratio(ours, nova), FLOOR, "higher", parts=against),
        Figure(
            "schedule_rate.prototype", ratio(ours, plain), OF_PROTOTYPE, "higher", parts={"numpy_per_s": round(plain)}
        ),
        Figure("schedule_rate.fast", round(fast), FAST, "higher", "/s", parts),
        Figure("schedule_rate.all_weighers", round(everything), None, "higher", "/s", parts),
        Figure("schedule_rate.kubernetes_floor", ratio(ours, KUBERNETES), 5.0, "higher", parts={"floor": KUBERNETES}),
    ]


GOAL = Goal(
    "schedule_rate",
    "10,000 instances on 5,000 hosts, every filter on, reasons given: placements per CPU second / Nova's",
    measure,
    (
        ("schedule_rate.nova", AGAINST_NOVA),
        ("schedule_rate.floor", FLOOR),
        ("schedule_rate.prototype", OF_PROTOTYPE),
        ("schedule_rate.fast", FAST),
    ),
    better="higher",
)
