"""One file a goal; ``ALL`` in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    ansible_tasks,
    define,
    fan_out,
    guest_init,
    memory,
    no_change_plan,
    plan_growth,
    power_parallel,
    scale_hosts,
    schedule_anti_affinity,
    schedule_equality,
    schedule_ganeti,
    schedule_growth,
    schedule_memory,
    schedule_packing,
    schedule_placement,
    schedule_rate,
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
    guest_init.GOAL,
    schedule_equality.GOAL,
    schedule_rate.GOAL,
    schedule_placement.GOAL,
    schedule_anti_affinity.GOAL,
    schedule_growth.GOAL,
    schedule_packing.GOAL,
    schedule_memory.GOAL,
    schedule_ganeti.GOAL,
)
