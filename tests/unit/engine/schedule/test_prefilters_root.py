# SPDX-License-Identifier: GPL-3.0-or-later
"""Traits that pre-filters ask are those of the host itself, not of what is inside it or of what it shares."""

from __future__ import annotations

import pytest

from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement, Unplaced
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule import prefilters
from novalite.schedule.figures import figures
from novalite.schedule.host import Host
from novalite.schedule.options import Options
from novalite.schedule.prefilters import Context
from novalite.schedule.providers import candidates
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from schedule.checker import Judge

SCSI = "COMPUTE_STORAGE_BUS_SCSI"
OFF = "COMPUTE_STATUS_DISABLED"
# own traits of the host, those of its NUMA node (which has the CPUs), those of the disk that it shares; does it pass
TREES: dict[str, tuple[set[str], set[str], set[str], bool]] = {
    "the host has it": ({SCSI}, set(), set(), True),
    "its node does not stand in": (set(), {SCSI}, set(), False),
    "nor does what it shares": (set(), set(), {SCSI}, False),
    "the host is off": ({SCSI, OFF}, set(), set(), False),
    "a node that says so does not switch the host off": ({SCSI}, {OFF}, set(), True),
    "nor does what it shares say so": ({SCSI}, set(), {OFF}, True),
}


@pytest.mark.parametrize("name", TREES)
def test_they_ask_of_the_host_itself(name: str) -> None:
    """As Nova's root_required and root_forbidden: whatever gives the resources."""
    own, node, disk, passes = TREES[name]
    inside = Provider("numa-0", {"VCPU": Inventory(8)}, traits=frozenset(node))
    host = Host("a", traits=frozenset(own), providers=(inside,))
    options = Options(enabled_filters=())
    shape = Shape((("DISK_GB", 1), ("VCPU", 1)), image_properties=(("hw_disk_bus", "scsi"),))
    request = Request("web", prefilters.run(shape, Context(options)))
    pool = SharingProvider("nfs", ("all",), {"DISK_GB": Inventory(100)}, traits=frozenset(disk))
    world = {"aggregates": [Aggregate("all", ("a",))], "sharing": [pool]}
    table = HostTable([host], options=options, **world)
    (result,) = select(table, [request])
    assert isinstance(result, Placement) is passes
    assert bool(candidates(host, request.shape, [pool])) is passes
    assert (Judge([host], [request], **world).violations({"web": "a"}) == []) is passes
    if isinstance(result, Unplaced):
        assert dict(result.refused) == {"TraitsFilter": 1}
        assert result.advice is not None
        (change,) = result.advice.changes
        assert change.subject == (OFF if OFF in own else SCSI)
    asked, has = figures("TraitsFilter", table, request, 0)
    assert (asked["root_required"], asked["root_forbidden"]) == ([SCSI], [OFF])
    assert has == sorted(own)
