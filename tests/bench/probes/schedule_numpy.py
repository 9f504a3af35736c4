"""What plain numpy can reach on the same batch: schedule_numpy.py HOSTS INSTANCES [REPS]; one JSON line.

Three weights, minimum to maximum over the hosts that pass, and six filters; no reasons, no objects: a floor to be held
against, not a scheduler. The result is verified.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "collections"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from bench import place


def run(found, free, traits, zones):
    fixed, members, chosen = {}, {}, []
    mask, room = np.empty(len(traits), bool), np.empty(len(traits), bool)
    for flavor, bits, zone, group in found.asked:
        amounts = place.FLAVORS[flavor]
        suits = fixed.get((bits, zone))
        if suits is None:
            suits = fixed[bits, zone] = ((traits & bits) == bits) & ((zones == zone) if zone >= 0 else True)
        np.greater_equal(free[0], amounts[0], out=mask)
        mask &= suits
        for column, amount in zip(free[1:], amounts[1:], strict=True):
            np.greater_equal(column, amount, out=room)
            mask &= room
        held = members.setdefault(group, []) if group >= 0 else None
        if held:
            mask[held] = False
        rows = np.flatnonzero(mask)
        if not rows.size:
            chosen.append(-1)
            continue
        first, second, third = (column[rows] for column in free)
        first *= scale(first)  # the minimum is the same for all: the order is that of Nova's sum
        second *= scale(second)
        third *= scale(third)
        first += second
        first += third
        row = int(rows[first.argmax()])
        for column, amount in zip(free, amounts, strict=True):
            column[row] -= amount
        if held is not None:
            held.append(row)
        chosen.append(row)
    return chosen


def scale(values):
    spread = values.max() - values.min()
    return 1 / spread if spread else 0.0


def verify(found, chosen):
    free = [[cpus * place.RATIO, memory, disk] for cpus, memory, disk in found.hosts]
    seen = set()
    for (flavor, bits, zone, group), row in zip(found.asked, chosen, strict=True):
        if row < 0:
            continue
        for index, amount in enumerate(place.FLAVORS[flavor]):
            free[row][index] -= amount
        assert min(free[row]) >= 0
        assert found.traits[row] & bits == bits
        assert zone in (-1, found.zones[row])
        assert group < 0 or (group, row) not in seen
        seen.add((group, row))


def main():
    hosts, instances = int(sys.argv[1]), int(sys.argv[2])
    found = place.problem(hosts, instances)
    sizes = np.array(found.hosts, dtype=np.float64) * (place.RATIO, 1, 1)
    traits, zones = np.array(found.traits), np.array(found.zones)
    seconds = []
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        free = [sizes[:, index].copy() for index in range(3)]
        started = time.process_time()
        chosen = run(found, free, traits, zones)
        seconds.append(time.process_time() - started)
    verify(found, chosen)
    print(json.dumps({"placed": len(chosen) - chosen.count(-1), "per_s": len(chosen) / statistics.median(seconds)}))


if __name__ == "__main__":
    main()
