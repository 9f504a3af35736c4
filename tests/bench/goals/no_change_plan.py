"""Goal 6: a plan that finds nothing to do costs a fraction of reading its YAML."""

from __future__ import annotations

import subprocess

from bench import clock, peers, planning
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import PROBES

INSTANCES, HOSTS = 10_000, 500
WARM, COLD = 0.2, 1.6


def measure(settings: Settings) -> list[Figure]:
    """Whole processes against one ``yaml.load`` in a process that has all imported already."""
    count, hosts = settings.size(INSTANCES), settings.size(HOSTS)
    python = peers.python("text")
    with planning.files(count, hosts, placed=True) as files:

        def yaml_load() -> float:
            argv = [str(python), str(PROBES / "yaml_load.py"), str(files.fleet)]
            return float(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)

        files.plan()  # the cache is warm from here on
        found = files.planned()
        if any(found["waves"]) or found.get("problems"):
            msg = f"the plan was to be empty: {found['summary']}, {str(found.get('problems'))[:500]}"
            raise clock.ProcessError(msg)
        warm, cold, load = clock.alternate(
            settings.reps, lambda: files.plan().wall_s, lambda: files.plan(cold=True).wall_s, yaml_load
        )
        parts = {"instances": count, "hosts": hosts, "yaml_load_s": round(load, 3), "reps": settings.reps}
        parts["fleet_bytes"] = files.fleet.stat().st_size
    return [
        Figure("no_change_plan.warm", ratio(warm, load), WARM, parts={"plan_s": round(warm, 3), **parts}),
        Figure("no_change_plan.cold", ratio(cold, load), COLD, parts={"plan_s": round(cold, 3), **parts}),
    ]


GOAL = Goal(
    "no_change_plan",
    "10,000 instances on 500 hosts, nothing to do: wall of `novalite plan` / yaml.load(CSafeLoader) of the text",
    measure,
    (("no_change_plan.warm", WARM), ("no_change_plan.cold", COLD)),
)
