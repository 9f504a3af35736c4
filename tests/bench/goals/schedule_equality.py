"""The proof that "compatible" is true: Nova's own filters, weighers and choices on the questions of tests/nova."""

from __future__ import annotations

import sys

from bench import clock
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import CHECKOUT

REQUESTS = 2_000.0


def measure(_settings: Settings) -> list[Figure]:
    """Run tests/nova: how many questions were asked, and the share of tests that passed."""
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:randomly", CHECKOUT / "tests" / "nova"]
    done = clock.run(argv, env=clock.clean_environment(), cwd=CHECKOUT)
    asked = [line for line in done.output.splitlines() if line.startswith("asked Nova")]
    number = sum(int(line.split()[2]) for line in asked)
    parts = {"said": done.output.strip().splitlines()[-1], "known_differences": "tests/nova/differences.py"}
    return [Figure("schedule_equality", ratio(number, 1), REQUESTS, "higher", "requests", parts)]


GOAL = Goal(
    "schedule_equality",
    "generated requests on which our filters, weighers and choices are those of Nova's own code, or a known difference",
    measure,
    (("schedule_equality", REQUESTS),),
    better="higher",
)
