"""Goal 14, stub."""

from bench.figure import Goal

GOAL = Goal("scale_hosts", "", lambda s: [], ())
