"""Goal 14, stub."""

from bench.figure import Goal

GOAL = Goal("power_parallel", "", lambda s: [], ())
