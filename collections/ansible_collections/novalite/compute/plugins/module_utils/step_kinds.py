# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of steps of a plan: one row each, which planner, check, executor and read-back go by. Pure.

A new kind is a row here, a row in ``steps_do.py`` that does it, and a row in the tests' simulation.
"""

from __future__ import annotations

from collections import namedtuple

from .states import PAUSED, RUNNING, SHUTOFF, SUSPENDED

# action; what its step carries besides id, action and name; the phase of the slice in which it is done (kinds of one
# phase together); how many at a time; the power state that it leaves (None: whatever it was, or what the step says).
StepKind = namedtuple("StepKind", "action carries phase threads goal")

# Starting costs CPU, stopping costs waiting for guests and for processes to end. Measured: performance.md, section 5.
START_THREADS = 4
STOP_THREADS = 16
READY_THREADS = 32  # they only look now and then

# In the order in which one host works: room first, then names (a rename frees the one that a new instance takes), then
# what is new, then power; last what waits for guests, and what may only be written when they are up.
_ROWS = (
    StepKind("image", ("image",), 0, 1, None),
    StepKind("delete", ("uuid", "disks"), 1, STOP_THREADS, None),
    StepKind("trash", ("uuid", "disks", "why"), 1, STOP_THREADS, None),
    StepKind("shelve", ("uuid",), 1, STOP_THREADS, None),
    StepKind("stop", ("uuid",), 1, STOP_THREADS, SHUTOFF),
    StepKind("change", ("uuid", "spec", "virt_type", "destroys"), 2, START_THREADS, None),
    StepKind("mark", ("spec",), 2, 1, None),
    StepKind("lock", ("uuid", "reason"), 2, 1, None),
    StepKind("unlock", ("uuid",), 2, 1, None),
    StepKind("rebuild", ("spec", "virt_type", "contents"), 2, START_THREADS, None),
    StepKind("resize", ("spec", "virt_type"), 2, START_THREADS, None),
    StepKind("confirm", ("uuid",), 2, START_THREADS, None),
    StepKind("revert", ("uuid",), 2, START_THREADS, None),
    StepKind("adopt", ("spec",), 2, 1, None),
    StepKind("release", ("uuid",), 2, 1, None),
    StepKind("create", ("spec", "power", "virt_type", "contents"), 3, 1, None),
    StepKind("restore", ("uuid", "power"), 4, START_THREADS, None),
    StepKind("rescue", ("uuid", "image"), 4, START_THREADS, RUNNING),
    StepKind("unrescue", ("uuid",), 4, START_THREADS, None),
    StepKind("unshelve", ("uuid",), 4, START_THREADS, RUNNING),
    StepKind("start", ("uuid",), 4, START_THREADS, RUNNING),
    StepKind("unpause", ("uuid",), 4, START_THREADS, RUNNING),
    StepKind("resume", ("uuid",), 4, START_THREADS, RUNNING),
    StepKind("reboot", ("uuid", "hard"), 4, START_THREADS, RUNNING),
    StepKind("pause", ("uuid",), 4, START_THREADS, PAUSED),
    StepKind("suspend", ("uuid",), 4, START_THREADS, SUSPENDED),
    StepKind("password", ("uuid", "user"), 4, START_THREADS, None),
    StepKind("dump", ("uuid", "file"), 4, 1, None),
    StepKind("snapshot", ("uuid", "what", "snapshot"), 4, 1, None),
    StepKind("backup", ("uuid", "file", "removes"), 4, 1, None),
    StepKind("ready", ("uuid", "ready", "timeout_s"), 5, READY_THREADS, None),
    StepKind("restarted", ("spec",), 6, 1, None),
    StepKind("offload", ("uuid",), 7, 2, None),
)
KINDS = {row.action: row for row in _ROWS}
RANKS = {row.action: rank for rank, row in enumerate(_ROWS)}
PHASES = tuple(
    tuple(row.action for row in _ROWS if row.phase == phase) for phase in range(1 + max(row.phase for row in _ROWS))
)
