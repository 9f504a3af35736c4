"""Our scheduler on a generated batch: schedule_place.py HOSTS INSTANCES [--policy P] [--groups G] [--reps N] [--all].

From values as validated files become to decisions, reasons included; process CPU time; every filter enabled; without
garbage collection, as the command runs. One JSON line. The decisions are judged afterwards by a checker that shares no
code with the scheduler; the line says what it found.
"""

import argparse
import gc
import json
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "collections"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from bench import place
from novalite.model.placement import Placement
from novalite.schedule import filters, weighers
from novalite.schedule.options import Options
from novalite.schedule.request import requests_from_instances
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from schedule.checker import Judge, decisions_of


def options(policy, *, everything):
    """All filters that can be enabled; ``everything``: also weights for the weighers that Nova multiplies by 0."""
    enabled = tuple(rule.NAME for rule in filters.ALL if rule.NAME not in filters.PLACEMENT)
    more = {"num_instances_weight_multiplier": -0.5, "image_props_weight_multiplier": 0.5} if everything else {}
    return Options(policy=policy, enabled_filters=enabled, max_io_ops_per_host=1_000, **more)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hosts", type=int)
    parser.add_argument("instances", type=int)
    parser.add_argument("--policy", default="nova")
    parser.add_argument("--groups", type=float, default=place.GROUPS)
    parser.add_argument("--reps", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="weigh by every weigher, with multipliers other than 0")
    asked = parser.parse_args()
    gc.disable()
    found = place.problem(asked.hosts, asked.instances, asked.groups)
    hosts, instances = place.hosts_of(found), place.instances_of(found)
    aggregates, zones = place.aggregates_of(found), place.zones_of(found)
    how = options(asked.policy, everything=asked.all)
    seconds = []
    for _ in range(asked.reps):
        started = time.process_time()
        requests = requests_from_instances(instances)
        results = select(HostTable(hosts, options=how, zones=zones, aggregates=aggregates), requests)
        seconds.append(time.process_time() - started)
    judge = Judge(hosts, requests, zones=zones, aggregates=aggregates)
    decisions = decisions_of(results)
    wrong = judge.violations(decisions) + judge.wrongly_refused(decisions)
    placed = [result for result in results if isinstance(result, Placement)]
    line = {
        "placed": len(placed),
        "asked": asked.instances,
        "cpu_s": statistics.median(seconds),
        "per_s": len(placed) / statistics.median(seconds),
        "hosts_used": len({result.host for result in placed}),
        "wrong": wrong[:3],
        "without_reason": sum(not result.reason for result in placed),
        "filters": len(how.enabled_filters) + len(filters.PLACEMENT),
        "weighers": len(weighers.ALL),
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
