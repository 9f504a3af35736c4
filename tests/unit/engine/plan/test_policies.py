# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in plans, beside the golden cases: what one by one placement would do without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moved import plan_of
from novalite.render.text import plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.model.plan import Plan

NO_RATIO = {"inventories": {"VCPU": {"allocation_ratio": 1.0}}}
HOSTS = {f"kvm-{number}": {"cpus": cpus, "config": NO_RATIO} for number, cpus in ((1, 8), (2, 4), (3, 4))}
WANTED = "instances:\n  a: {flavor: large}\n  b: {count: 4}\n"


def placed(folder: Path, scheduler: str, wanted: str = WANTED) -> Plan:
    return plan_of(folder, "instances: {}\n", f"scheduler: {{{scheduler}}}\n{wanted}", {}, HOSTS)


def on(plan: Plan, host: str) -> int:
    return sum(change.host == host for change in plan.changes)


@pytest.mark.parametrize("policy", ["nova", "fast"])
def test_n_plus_one_goes_before_one_by_one(policy: str, tmp_path: Path) -> None:
    """One by one, the small ones take the room on which the large one would depend if its host were lost."""
    plain = placed(tmp_path, f"policy: {policy}")
    assert not plain.batch
    plan = placed(tmp_path, f"policy: {policy}, keep_n_plus_one: true")
    assert plan.batch["numbers"]["N+1"] == 0
    assert "any one host may be lost" in plan_text(plan)
    left = {host: facts["cpus"] - sum(4 if c.name == "a" else 1 for c in plan.changes if c.host == host)
            for host, facts in HOSTS.items()}  # fmt: skip
    home = next(change.host for change in plan.changes if change.name == "a")
    assert max(free for host, free in left.items() if host != home) >= 4


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    """All of it is placed; that a loss would hurt is told, with how much."""
    plan = placed(tmp_path, "keep_n_plus_one: true", "instances:\n  a: {count: 12}\n")
    assert all(change.host for change in plan.changes)
    assert plan.batch["numbers"]["N+1"] > 0
    assert "N+1 is not kept, " in plan_text(plan)


def test_repair_says_how_much_it_changed(tmp_path: Path) -> None:
    """A policy that places one by one has nothing to say of itself unless something was left over."""
    plan = placed(tmp_path, "policy: nova", "instances:\n  a: {count: 4}\n  b: {count: 3, flavor: large}\n")
    assert on(plan, "kvm-1") + on(plan, "kvm-2") + on(plan, "kvm-3") == 7
    assert plan.batch["numbers"]["fewest moves"] > 0
    assert any(change.reason == "so that all find a place" for change in plan.changes)
