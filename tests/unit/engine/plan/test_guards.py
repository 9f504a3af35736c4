# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not known of shared storage is said, where something new takes of it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import make_facts, make_flavor, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.aggregate import Aggregate
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.plan.build import reconcile
from novalite.plan.problems import SHARED_UNKNOWN

STORAGE = Aggregate("storage", ("kvm-1", "kvm-9"))
NFS = SharingProvider("nfs-1", ("storage",), {"DISK_GB": Inventory(100)})
SILENT = {"kvm-9": "unreachable"}
DISKLESS = make_flavor("diskless", disk_gib=0)


def plan_of(*, unknown: dict[str, str], there: bool = False, nfs: SharingProvider = NFS, **rest: Any) -> Any:
    web = make_instance(**rest)
    fleet = attrs.evolve(make_fleet(web, aggregates=[STORAGE]), sharing_providers=(nfs,))
    hosts = [make_facts("kvm-1", *([make_present(web)] if there else [])), make_facts("kvm-2", disk_gib=90)]
    return reconcile(fleet, make_snapshot(*hosts, unknown=unknown), assume_empty=unknown)


# what a plan is made of, and whether it warns
ROWS: dict[str, tuple[dict[str, Any], bool]] = {
    "a new instance on it, a host silent": ({"unknown": SILENT, "host": "kvm-1"}, True),
    "every host answers": ({"unknown": {}, "host": "kvm-1"}, False),
    "the silent host has no part in it": ({"unknown": {"kvm-8": "unreachable"}, "host": "kvm-1"}, False),
    "placed elsewhere": ({"unknown": SILENT, "host": "kvm-2"}, False),
    "no disk asked": ({"unknown": SILENT, "host": "kvm-1", "flavor": DISKLESS}, False),
    "nothing new": ({"unknown": SILENT, "host": "kvm-1", "there": True}, False),
    "of another class": (
        {"unknown": SILENT, "host": "kvm-1", "nfs": attrs.evolve(NFS, inventories={"FPGA": Inventory(1)})},
        False,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_shared_storage_of_a_silent_host(name: str) -> None:
    """A warning, so that the plan can still be applied: it names storage, host and why it is unknown."""
    made, warns = ROWS[name]
    plan = plan_of(**made)
    found = [problem for problem in plan.problems if problem.id == SHARED_UNKNOWN]
    assert bool(found) is warns
    assert not plan.is_errored
    for problem in found:
        assert problem.severity == "warning"
        assert problem.summary == ("web-0 on nfs-1: how much of it kvm-9 holds is unknown, and counted as nothing")
        assert problem.detail == "kvm-9: unreachable"


def test_many_are_named_a_few_at_a_time() -> None:
    aggregate = attrs.evolve(STORAGE, hosts=("kvm-1", *(f"kvm-{number}" for number in range(5, 10))))
    webs = [make_instance(f"web-{number}") for number in range(5)]
    fleet = attrs.evolve(make_fleet(*webs, aggregates=[aggregate]), sharing_providers=(NFS,))
    unknown = {f"kvm-{number}": "unreachable" for number in range(5, 10)}
    plan = reconcile(fleet, make_snapshot(make_facts("kvm-1"), unknown=unknown), assume_empty=unknown)
    (found,) = plan.problems
    assert found.summary == (
        "web-0, web-1, web-2 and 2 more on nfs-1: how much of it kvm-5, kvm-6, kvm-7 and 2 more hold is unknown, "
        "and counted as nothing"
    )
