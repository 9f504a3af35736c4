# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is placed before whom."""

from __future__ import annotations

import pytest

from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.order import in_order
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable


def request(name: str, **hints: str) -> Request:
    said = tuple((hint, tuple(names.split())) for hint, names in sorted(hints.items()))
    return Request(name, Shape(resources=(("VCPU", 1),), hints=said))


# requests, names as they are placed
ROWS = [
    ((), ""),
    ((request("b-10"), request("b-9"), request("a")), "a b-9 b-10"),
    ((request("a", same_host="c"), request("b"), request("c")), "c a b"),
    ((request("a", different_host="c b"), request("b"), request("c")), "b c a"),
    ((request("a", same_host="b"), request("b", different_host="c"), request("c")), "c b a"),
    ((request("a", same_host="b"), request("b", same_host="a")), "b a"),  # each other: the first by name waits
    ((request("a", same_host="a")), "a"),
    ((request("a", same_host="elsewhere"), request("b")), "a b"),
    ((request("a", query="[]"), request("b")), "a b"),
    ((request("a", same_host="c d"), request("b"), request("c", same_host="d"), request("d")), "d c a b"),
]


@pytest.mark.parametrize(("requests", "names"), ROWS, ids=lambda value: value if isinstance(value, str) else "")
def test_order(requests: tuple[Request, ...] | Request, names: str) -> None:
    given = (requests,) if isinstance(requests, Request) else requests
    assert " ".join(one.name for one in in_order(given)) == names
    assert " ".join(one.name for one in in_order(reversed(given))) == names


def test_policy_fast_places_kinds_one_after_the_other() -> None:
    """In the order of their first names; and still after whom they name."""
    small, large = Shape(resources=(("VCPU", 1),)), Shape(resources=(("VCPU", 2),))
    given = [Request(name, shape) for name, shape in (("b", large), ("d", small), ("a", small), ("c", large))]
    assert " ".join(one.name for one in in_order(given, "fast")) == "a d b c"
    assert " ".join(one.name for one in in_order([*given, request("a-0", same_host="c")], "fast")) == "a d c a-0 b"


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = [request(f"n-{number}", same_host=f"n-{number + 1}") for number in range(3000)]
    assert [one.name for one in in_order(chain)] == [f"n-{number}" for number in reversed(range(3000))]


def test_hints_hold_within_a_batch_whatever_the_names() -> None:
    hosts = [Host(name, inventories={"VCPU": Inventory(8)}) for name in ("kvm-1", "kvm-2")]
    asked = [request("a", same_host="z"), request("b", different_host="z"), request("z")]
    homes = {one.name: getattr(one, "host", "") for one in select(HostTable(hosts), asked)}
    assert set(homes.values()) == {"kvm-1", "kvm-2"}
    assert homes["a"] == homes["z"]
    assert homes["b"] != homes["z"]
