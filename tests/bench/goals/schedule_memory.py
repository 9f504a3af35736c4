"""100,000 new instances on 10,000 hosts: peak memory and time of the whole ``plan`` process; placements are checked."""

from __future__ import annotations

from bench import clock, planning
from bench.figure import Figure, Goal, Settings

HOSTS, INSTANCES = 10_000, 100_000
LIMIT_MIB = 2_048.0


def measure(settings: Settings) -> list[Figure]:
    """One process with an empty cache, in anti-affinity groups of ten and four zones."""
    hosts, instances = settings.size(HOSTS), settings.size(INSTANCES)
    with planning.files(instances, hosts, placed=False) as files:
        run = files.plan(cold=True, peak=True)
        summary, wrong = files.summary(), files.wrongs()
    if summary["create"] != instances or wrong:
        raise clock.ProcessError(f"{summary['create']} of {instances} created, {wrong[:3]}")
    parts = {"hosts": hosts, "instances": instances, "wall_s": round(run.wall_s, 1), "cpu_s": round(run.cpu_s, 1)}
    return [
        Figure("schedule_memory", round(run.rss_mib or 0), LIMIT_MIB, unit="MiB", parts=parts),
        Figure("schedule_memory.wall", round(run.wall_s, 1), None, unit="s", parts=parts),
    ]


GOAL = Goal(
    "schedule_memory",
    "peak RSS of `plan --snapshot`, 100,000 new instances on 10,000 hosts",
    measure,
    (("schedule_memory", LIMIT_MIB),),
)
