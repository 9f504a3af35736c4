"""Packing problems: 1,000 instances of nine flavors on 200 hosts of three kinds; with groups or without; and rivals."""

from __future__ import annotations

import itertools
import math
import random
import time
from dataclasses import dataclass

from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape

FLAVORS = (
    (1, 2, 20),
    (2, 4, 40),
    (4, 8, 80),
    (8, 16, 160),
    (2, 16, 40),
    (8, 8, 40),
    (16, 32, 200),
    (4, 32, 60),
    (12, 6, 300),
)  # CPUs, GiB of memory, GiB of disk
KINDS = ((64, 192, 3000), (96, 256, 4000), (48, 384, 3000))
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
UNITS = (1, 1024, 1)
HOSTS, INSTANCES, GROUPS, GROUP_SIZE = 200, 1_000, 60, 5


@dataclass(frozen=True)
class Packing:
    """``wanted``: the flavor of each instance; the first GROUPS x GROUP_SIZE are in groups where it is ``grouped``."""

    seed: int
    sizes: list[tuple[int, int, int]]
    wanted: list[int]
    grouped: bool

    def hosts(self) -> list[Host]:
        """As the scheduler takes them."""
        return [Host(f"kvm-{index:03d}", inventories=_inventories(size)) for index, size in enumerate(self.sizes)]

    def requests(self) -> list[Request]:
        """As the scheduler takes them."""
        shapes = [Shape(resources=tuple(sorted(_amounts(flavor).items()))) for flavor in FLAVORS]
        return [
            Request(f"vm-{index:04d}", shapes[flavor], self._group(index)) for index, flavor in enumerate(self.wanted)
        ]

    def _group(self, index: int) -> ServerGroup | None:
        number = self.group(index)
        return None if number < 0 else ServerGroup(f"g{number}", "anti-affinity")

    def group(self, index: int) -> int:
        """The number of an instance's group, or -1."""
        return index // GROUP_SIZE if self.grouped and index < GROUPS * GROUP_SIZE else -1


def packing(seed: int, *, grouped: bool, hosts: int = HOSTS, instances: int = INSTANCES) -> Packing:
    """The problem of a seed."""
    rng = random.Random(seed)
    wanted = [rng.randrange(len(FLAVORS)) for _ in range(instances)]
    return Packing(seed, [KINDS[index % 3] for index in range(hosts)], wanted, grouped)


def _amounts(size: tuple[int, int, int]) -> dict[str, int]:
    return {name: number * unit for name, number, unit in zip(CLASSES, size, UNITS, strict=True)}


def _inventories(size: tuple[int, int, int]) -> dict[str, Inventory]:
    return {name: Inventory(total) for name, total in _amounts(size).items()}


# ---- what it is held against ---------------------------------------------------------------------------------------


def linear_bound(problem: Packing) -> int:
    """The fewest hosts by linear programming: fractions of hosts whose room adds up to all that is wanted."""
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("GLOP")
    kinds = sorted(set(problem.sizes))
    opened = [solver.NumVar(0, float(problem.sizes.count(kind)), "") for kind in kinds]
    for column in range(3):
        demand = sum(FLAVORS[flavor][column] for flavor in problem.wanted)
        solver.Add(sum(kind[column] * count for kind, count in zip(kinds, opened, strict=True)) >= demand)
    solver.Minimize(sum(opened))
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return math.ceil(solver.Objective().Value() - 1e-6)


def first_fit_decreasing(problem: Packing, *, largest_first: bool) -> int:
    """Hosts used by first fit decreasing, with the hosts as given or the largest first."""
    mean = [sum(size[column] for size in problem.sizes) / len(problem.sizes) for column in range(3)]

    def size_of(amounts: tuple[int, int, int]) -> float:
        return sum(amount / whole for amount, whole in zip(amounts, mean, strict=True))

    order = sorted(range(len(problem.wanted)), key=lambda index: -size_of(FLAVORS[problem.wanted[index]]))
    free = [list(size) for size in problem.sizes]
    rows = sorted(range(len(free)), key=lambda row: -size_of(problem.sizes[row])) if largest_first else range(len(free))
    held: list[set[int]] = [set() for _ in free]
    used = set()
    for index in order:
        amounts, group = FLAVORS[problem.wanted[index]], problem.group(index)
        row = next(
            row
            for row in rows
            if all(have >= need for have, need in zip(free[row], amounts, strict=True)) and group not in held[row]
        )
        free[row] = [have - need for have, need in zip(free[row], amounts, strict=True)]
        used.add(row)
        if group >= 0:
            held[row].add(group)
    return len(used)


def solved(problem: Packing, seconds: float) -> dict[str, object]:
    """What CP-SAT finds, with whole numbers of each flavor on each host (groups left out: it then has it easier)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    counts = [problem.wanted.count(flavor) for flavor in range(len(FLAVORS))]
    opened = [model.new_bool_var("") for _ in problem.sizes]
    placed = [
        [model.new_int_var(0, counts[flavor], "") for flavor in range(len(FLAVORS))] for _ in range(len(problem.sizes))
    ]
    for flavor, count in enumerate(counts):
        model.add(sum(row[flavor] for row in placed) == count)
    for row, size in enumerate(problem.sizes):
        for column in range(3):
            taken = sum(FLAVORS[flavor][column] * placed[row][flavor] for flavor in range(len(FLAVORS)))
            model.add(taken <= size[column] * opened[row])
    for kind in sorted(set(problem.sizes)):
        same = [row for row, size in enumerate(problem.sizes) if size == kind]
        for first, second in itertools.pairwise(same):
            model.add_implication(opened[second], opened[first])
    model.minimize(sum(opened))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    started = time.perf_counter()
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {
        "hosts": round(solver.objective_value) if found else None,
        "status": solver.status_name(status),
        "wall_s": round(time.perf_counter() - started, 2),
    }
