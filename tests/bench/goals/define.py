"""Goals 8 and 9: many instances on one host through plain ansible-playbook, and the same again.

novalite has no instance without a disk: what it is timed with here includes an overlay and a config drive each, which
the looped task it is compared with does not make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import clock, hand, hypervisors
from bench.figure import Figure, Goal, Settings, ratio

if TYPE_CHECKING:
    from bench.hypervisors import Hypervisors

FEW, MANY = 50, 500
FIRST, FIRST_SLOPE = 0.10, 2.0
AGAIN, AGAIN_SLOPE = 0.07, 3.0


@dataclass
class Walls:
    """Seconds of each repetition."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    changed: int = 0
    moved: int = 0  # runs after which libvirt's XML was another

    def novalite(self, hosts: Hypervisors, count: int) -> None:
        """Apply a plan of so many new instances to empty hosts; then the fleet again, which must change nothing."""
        hosts.remove_instances()
        fleet_file = hosts.write_fleet(count)
        first, _ = hosts.apply(plan=hosts.plan(fleet_file))
        before = hosts.xml()
        again, tasks = hosts.apply(fleet=fleet_file)
        self.changed += sum(counts.get("changed", 0) for counts in tasks.values())
        self.moved += hosts.xml() != before
        self.first.append(first.wall_s)
        self.again.append(again.wall_s)

    def loop(self, hosts: Hypervisors, count: int) -> None:
        """The looped task, twice."""
        hosts.remove_instances()
        for walls in (self.first, self.again):
            walls.append(hand.play(hosts.daemons[0], "define_loop", count).wall_s)


def measure(settings: Settings) -> list[Figure]:
    """Goals 8 and 9 come from the same runs."""
    few, many = settings.size(FEW), settings.size(MANY)
    with hypervisors.running(1) as hosts:
        loop, small, large = Walls(), Walls(), Walls()
        floors = []
        for rep in range(settings.heavy_reps):
            settings.say(f"define: round {rep + 1} of {settings.heavy_reps}")
            loop.loop(hosts, few)
            small.novalite(hosts, few)
            large.novalite(hosts, many)
            floors.append(hand.floor(hosts, min(100, many), 3))
        floor = {name: round(clock.median([one[name] for one in floors]), 4) for name in floors[0]}
    parts = {"reps": settings.heavy_reps, "n": [few, many], **floor}
    return [*_first(loop, small, large, parts), *_again(loop, small, large, parts)]


def _slope_ms(small: list[float], large: list[float], few: int, many: int) -> float:
    return 1000 * (clock.median(large) - clock.median(small)) / (many - few)


def _first(loop: Walls, small: Walls, large: Walls, parts: dict[str, object]) -> list[Figure]:
    few, many = parts["n"]  # type: ignore[misc]
    slope = _slope_ms(small.first, large.first, few, many)
    walls = {
        "apply_s": _s(small.first),
        "loop_s": _s(loop.first),
        "apply_many_s": _s(large.first),
        "slope_ms": round(slope, 3),
    }
    return [
        Figure("define.wall", ratio(clock.median(small.first), clock.median(loop.first)), FIRST, parts=walls | parts),
        Figure("define.slope", ratio(slope, parts["define_ms"]), FIRST_SLOPE, parts=walls | parts),  # type: ignore[arg-type]
    ]


def _again(loop: Walls, small: Walls, large: Walls, parts: dict[str, object]) -> list[Figure]:
    few, many = parts["n"]  # type: ignore[misc]
    slope = _slope_ms(small.again, large.again, few, many)
    walls = {"again_s": _s(small.again), "loop_again_s": _s(loop.again), "again_many_s": _s(large.again)}
    walls["slope_ms"] = round(slope, 3)
    floor = parts["metadata_ms"] + parts["xmldesc_ms"]  # type: ignore[operator]
    return [
        Figure(
            "second_run.wall", ratio(clock.median(small.again), clock.median(loop.again)), AGAIN, parts=walls | parts
        ),
        Figure("second_run.slope", ratio(slope, floor), AGAIN_SLOPE, parts=walls | parts),
        Figure("second_run.changed", small.changed + large.changed, 0, unit="tasks"),
        Figure("second_run.xml_differs", small.moved + large.moved, 0, unit="runs"),
    ]


def _s(values: list[float]) -> float:
    return round(clock.median(values), 3)


GOAL = Goal(
    "define",
    "50 new instances on one host, `ansible-playbook novalite.compute.apply` / community.libvirt.virt in a loop;"
    " slope 50 to 500 / libvirt's own define. And the same again.",
    measure,
    (
        ("define.wall", FIRST),
        ("define.slope", FIRST_SLOPE),
        ("second_run.wall", AGAIN),
        ("second_run.slope", AGAIN_SLOPE),
        ("second_run.changed", 0),
        ("second_run.xml_differs", 0),
    ),
    needs_root=True,
)
