# SPDX-License-Identifier: GPL-3.0-or-later
"""Booking and taking it back."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable

HOSTS = [Host(f"kvm-{n}", inventories={"VCPU": Inventory(8), "CUSTOM_X": Inventory(3)}) for n in (1, 2)]
APART = ServerGroup("apart", "anti-affinity")
PLAIN = Request("plain", Shape(resources=(("VCPU", 2),)))
GROUPED = Request("grouped", Shape(resources=(("CUSTOM_X", 1), ("VCPU", 1))), APART)


def contents(table: HostTable) -> dict[str, Any]:
    return {
        "used": {name: table.resource(name).used.tolist() for name in ("VCPU", "CUSTOM_X")},
        "free": {name: table.resource(name).free.tolist() for name in ("VCPU", "CUSTOM_X")},
        "members": {group: dict(counts) for group, counts in table.members.items() if counts},
        "instances": table.num_instances.tolist(),
        "io_ops": table.io_ops.tolist(),
        "newcomers": {row: list(held) for row, held in table.newcomers.items()},
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_unbook_is_the_inverse_of_book_in_any_order(order: tuple[int, ...]) -> None:
    table = HostTable(HOSTS, members={"apart": {"kvm-1": 1}})
    before = contents(table)
    booked = [(PLAIN, 0), (GROUPED, 0), (GROUPED, 1)]
    for request, row in booked:
        table.book(request, row)
    assert contents(table) != before
    for index in order:
        table.unbook(*booked[index])
    assert contents(table) == before


def test_what_was_not_booked_cannot_be_taken_back() -> None:
    table = HostTable(HOSTS)
    table.book(PLAIN, 0)
    before = contents(table)
    with pytest.raises(ValueError, match="plain is not booked on kvm-2"):
        table.unbook(PLAIN, 1)
    assert contents(table) == before
