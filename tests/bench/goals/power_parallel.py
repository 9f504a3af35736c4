"""Goal 14: starting and destroying many domains of one host goes on at the same time."""

from __future__ import annotations

import json

from bench import clock, hypervisors
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import CHECKOUT, HOST_PYTHON, PROBES

DOMAINS = 12
START, DESTROY = 0.6, 0.3


def measure(settings: Settings) -> list[Figure]:
    """Slices of start and stop steps, as the module gets them, against libvirt's calls one after the other."""
    with hypervisors.running(1, network="") as hosts:
        count = settings.size(DOMAINS)
        hosts.remove_instances()
        hosts.apply(plan=hosts.plan(hosts.write_fleet(count)))
        daemon = hosts.daemons[0]
        env = clock.clean_environment(PYTHONPATH=str(CHECKOUT / "collections"))
        argv = [HOST_PYTHON, PROBES / "power.py", daemon.uri, str(daemon.state_dir), str(settings.heavy_reps)]
        said = json.loads(clock.run(argv, env=env).output.splitlines()[-1])
    parts = {"domains": count, "reps": settings.heavy_reps, **said}
    return [
        Figure("power_parallel.start", ratio(said["start_ms"], said["start_one_by_one_ms"]), START, parts=parts),
        Figure(
            "power_parallel.destroy", ratio(said["destroy_ms"], said["destroy_one_by_one_ms"]), DESTROY, parts=parts
        ),
    ]


GOAL = Goal(
    "power_parallel",
    "12 emulated domains, paused at their first instruction: start all / one by one; destroy all / one by one",
    measure,
    (("power_parallel.start", START), ("power_parallel.destroy", DESTROY)),
    needs_root=True,
)
