"""Goal 13: planning 10,000 new instances on 5,000 hosts takes no more memory than Nova's scheduler does."""

from __future__ import annotations

import json

from bench import clock, peers, planning
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import PROBES

HOSTS, INSTANCES = 5_000, 10_000
LIMIT = 1.0


def measure(settings: Settings) -> list[Figure]:
    """Peak resident memory of two whole processes."""
    hosts, instances = settings.size(HOSTS), settings.size(INSTANCES)
    # What Nova holds is there once its first fifty placements are made.
    nova = clock.run(
        [peers.python("nova"), PROBES / "nova_scheduler.py", str(hosts), "50"], env=clock.clean_environment(), peak=True
    )
    said = json.loads(nova.output.strip().splitlines()[-1])
    with planning.files(instances, hosts, placed=False) as files:
        runs = [files.plan(cold=True, peak=True) for _ in range(settings.heavy_reps)]
        summary = files.summary()
        if summary.get("create") != instances:
            msg = f"{instances} instances were to be created: {summary}"
            raise clock.ProcessError(msg)
    plan = clock.median([run.rss_mib for run in runs])
    parts = {"plan_mib": round(plan), "nova_mib": round(nova.rss_mib), "hosts": hosts, "instances": instances}
    parts |= {"plan_s": round(clock.median([run.wall_s for run in runs]), 2), "nova_placements": said["placed"]}
    return [Figure("memory", ratio(plan, nova.rss_mib), LIMIT, parts=parts)]


GOAL = Goal(
    "memory",
    "peak RSS of `plan`, 10,000 new instances on 5,000 hosts / Nova's filters and weighers on 5,000 hosts",
    measure,
    (("memory", LIMIT),),
)
