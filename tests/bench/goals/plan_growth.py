"""10,000 new instances on 1,000 hosts: how time and memory grow with the number of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import clock, planning
from bench.figure import Figure, Goal, Settings, ratio

if TYPE_CHECKING:
    from bench.clock import Run

HOSTS = 1_000
SMALL, MIDDLE, LARGE = 1_000, 5_500, 10_000
GROWTH = 1.15


def measure(settings: Settings) -> list[Figure]:
    """Whole processes with an empty cache: t(10,000) / (10 t(1,000)); what start-up hides is shown beside it."""
    hosts = settings.size(HOSTS)
    runs: dict[int, list[Run]] = {}
    sizes = [settings.size(size) for size in (SMALL, MIDDLE, LARGE)]
    for _ in range(settings.heavy_reps):
        for size in sizes:
            with planning.files(size, hosts, placed=False) as files:
                runs.setdefault(size, []).append(files.plan(cold=True, peak=True))
                _check(files, size)
    seconds = [clock.median([run.cpu_s for run in runs[size]]) for size in sizes]
    walls = [clock.median([run.wall_s for run in runs[size]]) for size in sizes]
    memory = [clock.median([run.rss_mib for run in runs[size]]) for size in sizes]
    parts = {"hosts": hosts, "instances": sizes, "reps": settings.heavy_reps}
    time_parts = {"cpu_s": [round(value, 2) for value in seconds], "wall_s": [round(value, 2) for value in walls]}
    memory_parts = {"rss_mib": [round(value) for value in memory]}
    return [
        Figure("plan_growth.time", _growth(sizes, seconds), GROWTH, parts=time_parts | parts),
        Figure("plan_growth.memory", _growth(sizes, memory), GROWTH, parts=memory_parts | parts),
        # Stricter, and noisier: the second half's slope over the first half's, so that what is constant cancels out.
        Figure("plan_growth.time_slope", _bend(seconds), None, parts=parts),
        Figure("plan_growth.memory_slope", _bend(memory), None, parts=parts),
        Figure("plan_growth.wall", round(walls[-1], 2), None, unit="s", parts=parts),
    ]


def _check(files: planning.Planning, size: int) -> None:
    summary = files.summary()
    if summary.get("create") != size:
        msg = f"{size} instances were to be created: {summary}"
        raise clock.ProcessError(msg)


def _growth(sizes: list[int], values: list[float]) -> float:
    return ratio(values[-1] / values[0], sizes[-1] / sizes[0])


def _bend(values: list[float]) -> float:
    return ratio(values[2] - values[1], max(values[1] - values[0], 1e-9))


GOAL = Goal(
    "plan_growth",
    "new instances on 1,000 hosts, whole `plan` process: t(10,000) / (10 t(1,000)), memory likewise",
    measure,
    (("plan_growth.time", GROWTH), ("plan_growth.memory", GROWTH)),
)
