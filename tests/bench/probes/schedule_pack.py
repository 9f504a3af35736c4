"""Policy ``fewest-hosts`` on one packing problem: schedule_pack.py SEED plain|grouped [SOLVER_SECONDS]; one JSON line.

CPU time from values to decisions. The decisions are judged afterwards by a checker that shares no code with the
scheduler. Beside it: the bound by linear programming, first fit decreasing, and CP-SAT where it is given time.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "collections"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from bench import pack
from novalite.schedule.options import Options
from novalite.schedule.search import place_batch
from novalite.schedule.table import HostTable
from schedule.checker import Judge


def main():
    problem = pack.packing(int(sys.argv[1]), grouped=sys.argv[2] == "grouped")
    hosts, requests = problem.hosts(), problem.requests()
    everything = Options(policy="fewest-hosts", max_instances_per_host=1_000, max_io_ops_per_host=1_000)
    started = time.process_time()
    table = HostTable(hosts, options=everything)
    solution = place_batch(table, requests, "fewest-hosts")
    seconds = time.process_time() - started
    decisions = {name: None if row is None else table.names[row] for name, row in solution.rows.items()}
    judge = Judge(hosts, requests)
    line = {
        "hosts": len({host for host in decisions.values() if host is not None}),
        "cpu_s": seconds,
        "wrong": (judge.violations(decisions) + [name for name, host in decisions.items() if host is None])[:3],
        "method": solution.method,
        "bound": pack.linear_bound(problem),
        "first_fit_decreasing": min(pack.first_fit_decreasing(problem, largest_first=order) for order in (False, True)),
    }
    if len(sys.argv) > 3:
        line["cp_sat"] = pack.solved(problem, float(sys.argv[3]))
    print(json.dumps(line))


if __name__ == "__main__":
    main()
