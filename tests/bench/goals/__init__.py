"""One file a goal; ``ALL`` in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    ansible_tasks,
    define,
    fan_out,
    memory,
    no_change_plan,
    plan_growth,
    power_parallel,
    scale_hosts,
    start_up,
    validation,
    whole_instance,
)

if TYPE_CHECKING:
    from bench.figure import Goal

ALL: tuple[Goal, ...] = (
    no_change_plan.GOAL,
    validation.GOAL,
    start_up.GOAL,
    plan_growth.GOAL,
    memory.GOAL,
    define.GOAL,
    whole_instance.GOAL,
    fan_out.GOAL,
    ansible_tasks.GOAL,
    power_parallel.GOAL,
    scale_hosts.GOAL,
)
