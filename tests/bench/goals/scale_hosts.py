"""How observing and applying grow with the number of hosts, on as many simulated ones as asked; 1,000 extrapolated.

Simulated hosts run libvirt's test driver: nothing here is compared with libvirt's speed. All of them and the controller
share this machine's cores, so the seconds are those of a controller that also does the work of its hosts.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import clock, fleet, peers, sharding, simulation
from bench.figure import Figure, Goal, Settings, ratio
from bench.fleet import Shape
from bench.hypervisors import SMALL, novalite
from bench.paths import WORK
from novalite.shared import packed

if TYPE_CHECKING:
    from bench.clock import Run
    from bench.simulation import Simulation

EACH = 10
GROWTH = 1.15
THOUSAND = 1_000
SHARDS = 2


@dataclass(frozen=True)
class Point:
    """What one number of hosts took."""

    hosts: int
    observe: Run
    plan: Run
    apply: Run


def measure(settings: Settings) -> list[Figure]:
    """Three sizes; the smallest first, on empty hosts each time."""
    largest = settings.size(settings.hosts)
    sizes = [max(2, largest // 4), max(3, largest // 2), largest]
    with simulation.running(largest) as simulated:
        shape = _shape()
        _run(simulated, 1, shape, EACH)  # everything is read from the disk once
        points = []
        for size in sizes:
            settings.say(f"scale_hosts: {size} hosts")
            points.append(_run(simulated, size, shape, EACH))
        settings.say(f"scale_hosts: {SHARDS} shards")
        sharded = _sharded(simulated, sizes[1], shape)
        daemon_mib = simulated.memory_mib()
    parts = {"cores": os.cpu_count(), "hosts": sizes, "instances_each": EACH, "daemon_mib": round(daemon_mib, 1)}
    return [
        *_figures("observe", points, [point.observe for point in points], parts),
        *_figures("apply", points, [point.apply for point in points], parts),
        Figure("scale_hosts.lost_in_shards", sharded.pop("lost"), 0, unit="hosts", parts=sharded),
        Figure(
            "scale_hosts.sharded_observe", ratio(sharded["observe_s"], points[1].observe.wall_s), None, parts=sharded
        ),
    ]


def _shape() -> Shape:
    (WORK / "fleet").mkdir(exist_ok=True)
    path = WORK / "fleet" / "image.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), "64M"], check=True)
    source = {"source": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return Shape(SMALL, source, network="default", zones=0, grouped=False, power="shutoff")


def _run(simulated: Simulation, count: int, shape: Shape, each: int) -> Point:
    """Observe, plan and apply instances of a project of their own, then delete them again."""
    project = f"bench-{count}"
    path = WORK / "fleet" / f"{project}.yml"
    path.write_text(fleet.text(count * each, shape, project))
    inventory, snapshot, plan = simulated.inventory(count), WORK / "snapshot.json", WORK / "plan.json"
    env = _environment()
    observed = clock.run(novalite("observe", "-i", inventory, "-o", snapshot), env=env)
    planned = clock.run(novalite("plan", path, "--snapshot", snapshot, "-o", plan), env=env)
    applied = clock.run(novalite("apply", plan, "-i", inventory, "--yes"), env=env)
    clock.run(novalite("destroy", path, "-i", inventory, "--yes"), env=env)
    return Point(count, observed, planned, applied)


def _environment() -> dict[str, str]:
    return clock.clean_environment(XDG_CACHE_HOME=str(WORK / "cache"), XDG_STATE_HOME=str(WORK / "state"))


def _figures(name: str, points: list[Point], runs: list[Run], parts: dict[str, object]) -> list[Figure]:
    first, last = 0, -1
    slope = (runs[last].wall_s - runs[first].wall_s) / (points[last].hosts - points[first].hosts)
    extrapolated = runs[last].wall_s + slope * (THOUSAND - points[last].hosts)
    halves = [
        (later.wall_s - earlier.wall_s) / (there.hosts - here.hosts)
        for earlier, later, here, there in zip(runs, runs[1:], points, points[1:], strict=False)
    ]
    took = {"wall_s": [round(run.wall_s, 2) for run in runs], "cpu_s": [round(run.cpu_s, 2) for run in runs]}
    took |= {
        "ms_a_host": round(1000 * slope, 1),
        "cpu_ms_a_host": round(1000 * runs[last].cpu_s / points[last].hosts, 1),
    }
    took |= {"second_half_ms_a_host": round(1000 * halves[1], 1)}
    growth = ratio(runs[last].wall_s / runs[first].wall_s, points[last].hosts / points[first].hosts)
    return [
        Figure(f"scale_hosts.{name}_growth", growth, GROWTH, parts=took | parts),
        Figure(f"scale_hosts.{name}_1000", round(extrapolated, 1), None, unit="s", parts={"extrapolated": True}),
    ]


def _sharded(simulated: Simulation, count: int, shape: Shape) -> dict[str, object]:
    """Observe and apply through ansible-runner's three parts; tell the seconds, and how many answers did not come."""
    inventory, path, env = simulated.inventory(count), WORK / "fleet" / "sharded.yml", _environment()
    path.write_text(fleet.text(count * EACH, shape, "sharded"))
    clock.run(novalite("observe", "-i", inventory, "-o", WORK / "snapshot.json"), env=env)
    plan = WORK / "plan.json"
    clock.run(novalite("plan", path, "--snapshot", WORK / "snapshot.json", "-o", plan), env=env)
    peers.python("worker")
    folders = sharding.make_shards(inventory, SHARDS)
    begin = time.perf_counter()
    answers = sharding.observe(folders)
    middle = time.perf_counter()
    results = sharding.apply(folders, plan)
    end = time.perf_counter()
    observed = sum(packed.unpack(one["packed"])["format"] == "novalite.host/1" for one in answers.values())
    applied = sum(one.get("outcome") == "done" and one["changed"] for one in results.values())
    clock.run(novalite("destroy", path, "-i", inventory, "--yes"), env=env)
    took = {"observe_s": round(middle - begin, 2), "apply_s": round(end - middle, 2)}
    return {"lost": 2 * count - observed - applied, "hosts": count, "shards": SHARDS, **took}


GOAL = Goal(
    "scale_hosts",
    "observe and apply on N/4, N/2 and N simulated hosts: seconds a host must not grow; 1,000 extrapolated; shards",
    measure,
    (("scale_hosts.observe_growth", GROWTH), ("scale_hosts.apply_growth", GROWTH), ("scale_hosts.lost_in_shards", 0)),
)
