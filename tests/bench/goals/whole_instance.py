"""Goal 10: overlay, config drive and definition of 20 instances, not started, against the by-hand recipe and kcli."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from bench import clock, hand, hypervisors, peers
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import HOST_PYTHON, PROBES, WORK

if TYPE_CHECKING:
    from pathlib import Path

    from bench.hypervisors import Hypervisors

FEW, MANY = 20, 200
BY_HAND, KCLI, SLOPE = 0.05, 1.5, 1.2


def measure(settings: Settings) -> list[Figure]:
    """The by-hand recipe takes most of a minute, so it is run once; the others in turns."""
    peers.need_system("by_hand")
    few, many = settings.size(FEW), settings.size(MANY)
    with hypervisors.running(1) as hosts:
        settings.say("whole_instance: by hand")
        by_hand = _by_hand(hosts, few)
        kcli = hand.Kcli(hosts.daemons[0])
        kcli.prepare(few)

        def novalite(count: int) -> float:
            hosts.remove_instances()
            return hosts.apply(plan=hosts.plan(hosts.write_fleet(count)))[0].wall_s

        def with_kcli() -> float:
            hosts.remove_instances()
            kcli.clean()
            return kcli.create_plan().wall_s

        settings.say("whole_instance: novalite and kcli")
        small, peer, large = clock.alternate(settings.reps, lambda: novalite(few), with_kcli, lambda: novalite(many))
        kcli.gone()
        novalite(few)
        floor = hand.floor(hosts, min(100, many), 3)
        files = _files(WORK / "fleet" / "image.qcow2")
    slope = 1000 * (large - small) / (many - few)
    least = floor["define_ms"] + files["overlay_ms"] + files["config_drive_ms"]
    parts = {"apply_s": round(small, 3), "by_hand_s": round(by_hand, 2), "kcli_s": round(peer, 3), "n": few}
    slopes = {
        "apply_many_s": round(large, 3),
        "slope_ms": round(slope, 3),
        "floor_ms": round(least, 3),
        "n": [few, many],
    }
    return [
        Figure("whole_instance.by_hand", ratio(small, by_hand), BY_HAND, parts=parts),
        Figure("whole_instance.kcli", ratio(small, peer), KCLI, parts=parts),
        Figure("whole_instance.slope", ratio(slope, least), SLOPE, parts=slopes | files | floor),
    ]


def _by_hand(hosts: Hypervisors, count: int) -> float:
    hosts.remove_instances()
    folder = WORK / "hand"
    folder.mkdir()
    base = WORK / "fleet" / "image.qcow2"
    return hand.play(hosts.daemons[0], "by_hand", count, base=base, disk_dir=folder).wall_s


def _files(base: Path) -> dict[str, float]:
    """Milliseconds of one qemu-img overlay and one config drive by pycdlib, alone."""
    argv = [HOST_PYTHON, str(PROBES / "file_floor.py"), str(base), str(WORK), "20"]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    return {"overlay_ms": float(said[0]), "config_drive_ms": float(said[1])}


GOAL = Goal(
    "whole_instance",
    "20 instances with overlay and config drive, not started: apply / by-hand playbook; / kcli create plan;"
    " slope 20 to 200 / (qemu-img + pycdlib + define)",
    measure,
    (("whole_instance.by_hand", BY_HAND), ("whole_instance.kcli", KCLI), ("whole_instance.slope", SLOPE)),
    needs_root=True,
)
