"""./dev bench [--json] [--reps N] [NAME...]: measure and print a table, or one JSON object a line."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from .clock import ProcessError
from .figure import Figure, Goal, Settings
from .goals import ALL
from .paths import BENCH
from .peers import PeerError
from .table import print_table

if TYPE_CHECKING:
    from collections.abc import Callable


ALSO = {"second_run": "define"}  # measured in the same runs
GROUPS = ("schedule",)  # all measurements whose names begin so


def main() -> int:
    """0: all goals are met; 1: one is missed, or something could not be measured; 2: usage."""
    arguments = _parser().parse_args()
    names = [one for name in arguments.names for one in _meant(name)] or [goal.name for goal in ALL]
    if strangers := sorted(set(names) - {goal.name for goal in ALL}):
        print(f"no measurement {strangers[0]}; there are: {' '.join(goal.name for goal in ALL)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends us must not leave hundreds of daemons behind
    BENCH.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    with (BENCH / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at a time would measure each other
        for goal in (goal for goal in ALL if goal.name in names):
            figures += _measured(goal, arguments)
    if not arguments.json:
        print_table(figures)
    return 0 if all(figure.ok is not False for figure in figures) else 1


def _meant(name: str) -> list[str]:
    """The measurements that a name stands for."""
    return [goal.name for goal in ALL if goal.name.startswith(f"{name}_")] if name in GROUPS else [ALSO.get(name, name)]


def _measured(goal: Goal, arguments: argparse.Namespace) -> list[Figure]:
    say: Callable[[str], None] = lambda text: print(f"  {text}", file=sys.stderr, flush=True)  # noqa: E731
    say(f"{goal.name} ...")
    heavy = min(arguments.reps, 3) if arguments.heavy_reps is None else arguments.heavy_reps
    started = time.monotonic()
    if goal.needs_root and os.geteuid() != 0:
        figures = goal.not_measured("needs root")
    else:
        try:
            figures = goal.measure(Settings(arguments.reps, heavy, arguments.scale, arguments.hosts, say))
        except (PeerError, ProcessError, OSError, RuntimeError) as error:
            say(f"{goal.name}: {error}")
            figures = goal.not_measured(str(error).splitlines()[0][:200])
    say(f"{goal.name}: {time.monotonic() - started:.0f} s")
    if arguments.json:
        for figure in figures:
            print(json.dumps(figure.to_json()), flush=True)
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Ratios to peers, measured here and now, beside their goals."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join((*GROUPS, *(goal.name for goal in ALL))))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--reps", type=int, default=5, metavar="N", help="alternating repetitions (default 5)")
    parser.add_argument("--heavy-reps", type=int, default=None, metavar="N", help="of what takes long (default 3)")
    parser.add_argument(
        "--scale", type=int, default=1, metavar="N", help="divide all sizes: to try the measurements, not novalite"
    )
    parser.add_argument("--hosts", type=int, default=100, metavar="N", help="simulated hosts at most (default 100)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
