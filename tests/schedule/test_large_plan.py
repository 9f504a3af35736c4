# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite plan --snapshot``, the whole process, on a large fleet: all is placed right; time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import planning
from bench.fleet import Shape

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTS, INSTANCES, GROUPS, ZONES = 5_000, 10_000, 4, 3


def test_ten_thousand_instances_in_four_groups_and_three_zones(record_property: Callable[[str, object], None]) -> None:
    """2,500 members a group, each on a host of its own."""
    shape = Shape(zones=ZONES, group_size=INSTANCES // GROUPS)
    with planning.files(INSTANCES, HOSTS, placed=False, shape=shape) as files:
        run = files.plan(cold=True, peak=True)
        assert files.summary()["create"] == INSTANCES
        assert files.wrongs() == []
        groups: dict[str, set[str]] = {}
        for wave in files.planned()["waves"]:  # type: ignore[union-attr]
            for step in wave:
                if step["action"] == "create":
                    groups.setdefault(step["body"]["spec"]["group"]["name"], set()).add(step["host"])
    assert [len(hosts) for hosts in groups.values()] == [INSTANCES // GROUPS] * GROUPS
    record_property(
        "measured",
        f"{INSTANCES:,} new instances in {GROUPS} anti-affinity groups and {ZONES} zones on {HOSTS:,} hosts:"
        f" {run.wall_s:.1f} s, {run.cpu_s:.1f} s of CPU, {run.rss_mib or 0:.0f} MiB",
    )
