# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest change by which a host's providers would do: what it is, and that no less would do."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement, Unplaced
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.relax import advise
from novalite.schedule.relaxing import relaxed, smallest, trees
from novalite.schedule.request import Group, Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

X, Y = frozenset({"CUSTOM_X"}), frozenset({"CUSTOM_Y"})


def gpu(name: str, total: int, *traits: str, parent: str | None = None, **units: int) -> Provider:
    return Provider(name, {"VGPU": Inventory(total, **units)}, {}, frozenset(traits), parent)


def host(*inside: Provider, name: str = "a", **rest: Any) -> Host:
    return Host(name, **{"inventories": {"VCPU": Inventory(8), "MEMORY_MB": Inventory(4096)}, **rest}, providers=inside)


def asks(*groups: Group, **rest: Any) -> Request:
    return Request("web", Shape(**{"resources": (("MEMORY_MB", 512), ("VCPU", 1)), **rest}, groups=groups))


def vgpu(suffix: str, amount: int, **rest: Any) -> Group:
    return Group(suffix, (("VGPU", amount),), **rest)


ISOLATE = {"group_policy": "isolate", "extra_specs": (("group_policy", "isolate"),)}
# what is in the way: a host, a request, the advice
ROWS: dict[str, tuple[Host, Request, str]] = {
    "an amount that no provider has whole": (
        host(gpu("g0", 2), gpu("g1", 3)),
        asks(resources=(("VCPU", 1), ("VGPU", 4))),
        "with 1 fewer VGPU (3 instead of 4)",
    ),
    "an amount of a group": (
        host(gpu("g0", 2), gpu("g1", 3)),
        asks(vgpu("_A", 4)),
        "with 1 fewer VGPU in request group _A (3 instead of 4)",
    ),
    "in the provider's steps": (
        host(gpu("g0", 8, step_size=4)),
        asks(vgpu("_A", 7)),
        "with 3 fewer VGPU in request group _A (4 instead of 7)",
    ),
    "a trait of a group": (
        host(gpu("g0", 4)),
        asks(vgpu("_A", 1, required=X)),
        "without the required trait CUSTOM_X of request group _A",
    ),
    "a forbidden trait of a group": (
        host(gpu("g0", 4, "CUSTOM_X")),
        asks(vgpu("_A", 1, forbidden=X)),
        "with the forbidden trait CUSTOM_X allowed of request group _A",
    ),
    "one of some traits": (
        host(gpu("g0", 4)),
        asks(vgpu("_A", 1, any_of=(X | Y,))),
        "without any of the traits CUSTOM_X, CUSTOM_Y of request group _A",
    ),
    "a trait of what gives nothing": (
        host(gpu("g0", 4), Provider("n", traits=X)),
        asks(resources=(("VGPU", 1),), required=X),
        "without the required trait CUSTOM_X",
    ),
    "groups kept apart": (
        host(gpu("g0", 4)),
        asks(vgpu("_A", 1), vgpu("_B", 1), **ISOLATE),
        "without the extra spec group_policy: isolate",
    ),
    "what is to be close together": (
        host(Provider("n0"), gpu("g0", 1, parent="n0"), Provider("n1", {"CUSTOM_N": Inventory(1)}, parent="n0")),
        asks(vgpu("_A", 1), Group("_N", (("CUSTOM_N", 1),)), same_subtree=(frozenset({"_A", "_N"}),)),
        "without the extra spec same_subtree",
    ),
    "a group that nobody can serve": (
        host(),
        asks(Group("_N", (("CUSTOM_N", 1),))),
        "without request group _N (1 CUSTOM_N)",
    ),
    "two groups, each too large": (
        host(gpu("g0", 2), gpu("g1", 3)),
        asks(vgpu("_A", 4), vgpu("_B", 4)),
        (
            "with 1 fewer VGPU in request group _A (3 instead of 4)"
            " and with 2 fewer VGPU in request group _B (2 instead of 4)"
        ),
    ),
    "two things": (
        host(gpu("g0", 2, "CUSTOM_Y")),
        asks(vgpu("_A", 3, required=X)),
        (
            "with 1 fewer VGPU in request group _A (2 instead of 3) and "
            "without the required trait CUSTOM_X of request group _A"
        ),
    ),
    "four things": (
        host(gpu("g0", 1)),
        asks(*(Group(f"_{name}", ((f"CUSTOM_{name}", 1),)) for name in "ABCD"), vgpu("_E", 1)),
        (
            "without request group _A (1 CUSTOM_A) and without request group _B (1 CUSTOM_B) and "
            "without request group _C (1 CUSTOM_C) and without request group _D (1 CUSTOM_D)"
        ),
    ),
    "six groups, each short of a trait and of an amount": (
        host(*(gpu(f"g{number}", 2) for number in range(6))),
        asks(*(vgpu(f"_{number}", 3, required=X) for number in range(6)), **ISOLATE),
        " and ".join(
            f"with 1 fewer VGPU in request group _{number} (2 instead of 3)"
            f" and without the required trait CUSTOM_X of request group _{number}"
            for number in range(6)
        ),
    ),
    "less than the sum, and less than that for one provider": (
        host(gpu("g0", 2), gpu("g1", 1)),
        asks(resources=(("VGPU", 4),)),
        "with 2 fewer VGPU (2 instead of 4)",
    ),
    "another rule too": (
        host(gpu("g0", 2), zone="az1"),
        asks(vgpu("_A", 3), zone="az2"),
        "in zone az1 instead of az2 and with 1 fewer VGPU in request group _A (2 instead of 3)",
    ),
}


def applied(table: HostTable, request: Request) -> Placement | Unplaced:
    """Schedule again what the advice makes of a request, on the host that it names."""
    found = advise(table, request)
    assert found is not None
    changed, mended = relaxed(request, found.changes)
    assert not mended
    pinned = changed._replace(shape=attrs.evolve(changed.shape, host=found.host))
    (result,) = select(table, [pinned])
    return result


@pytest.mark.parametrize("name", ROWS)
def test_what_is_in_the_way(name: str) -> None:
    one, request, text = ROWS[name]
    (result,) = select(HostTable([one]), [request])
    assert isinstance(result, Unplaced)
    assert result.advice is not None
    assert set(result.advice.text.removeprefix("would fit on a ").split(" and ")) == set(text.split(" and "))
    assert isinstance(applied(HostTable([one]), request), Placement)


def test_what_is_shared_and_what_another_host_would_cost() -> None:
    """The cheapest of three hosts: 10 of 12 GiB of what two share, not the trait that the third lacks."""
    pool = SharingProvider("nfs", ("storage",), {"DISK_GB": Inventory(10)}, traits=X)
    hosts = [
        host(name="a"),
        host(name="b"),
        host(name="c", inventories={"VCPU": Inventory(8), "DISK_GB": Inventory(99)}),
    ]
    table = HostTable(hosts, aggregates=[Aggregate("storage", ("a", "b"))], sharing=[pool])
    request = asks(resources=(("DISK_GB", 12), ("VCPU", 1)), required=X)
    found = advise(table, request)
    assert found is not None
    assert found.text == "would fit on a with 2 GiB less disk (10 instead of 12)"
    assert isinstance(applied(table, request), Placement)


# ---- generated -----------------------------------------------------------------------------------------------------

traits = st.sampled_from([frozenset(), frozenset(), X, Y])
providers = st.lists(st.builds(lambda total, has: (total, has), st.integers(0, 4), traits), min_size=1, max_size=3).map(
    lambda held: [gpu(f"g{number}", total, *has) for number, (total, has) in enumerate(held)]
)
groups = st.lists(
    st.builds(vgpu, st.just("_A"), st.integers(1, 5), required=traits, forbidden=traits), min_size=1, max_size=3
).map(lambda held: [attrs.evolve(group, suffix=f"_{number}") for number, group in enumerate(held)])


@settings(max_examples=150, deadline=None)
@given(st.lists(providers, min_size=1, max_size=2), groups, st.booleans())
def test_the_advice_applied_schedules_and_none_of_it_can_be_left_out(
    inside: list[list[Provider]], wanted: list[Group], isolate: bool
) -> None:
    hosts = [host(*some, name=f"kvm-{number}") for number, some in enumerate(inside)]
    request = asks(*wanted, **(ISOLATE if isolate else {}))
    table = HostTable(hosts)
    (result,) = select(table, [request])
    if isinstance(result, Placement):
        return
    assert result.advice is not None  # in the end every group can be given up
    assert isinstance(applied(HostTable(hosts), request), Placement)
    for fewer in combinations(result.advice.changes, len(result.advice.changes) - 1):
        lesser, _ = relaxed(request, fewer)
        pinned = lesser._replace(shape=attrs.evolve(lesser.shape, host=result.advice.host))
        assert isinstance(select(HostTable(hosts), [pinned])[0], Unplaced)
    for change in result.advice.changes:  # of an amount, one less given up is too little
        if change.kind == "amount":
            more = tuple(
                attrs.evolve(one, fits=one.fits + 1) if one is change else one for one in result.advice.changes
            )
            lesser, _ = relaxed(request, more)
            pinned = lesser._replace(shape=attrs.evolve(lesser.shape, host=result.advice.host))
            assert isinstance(select(HostTable(hosts), [pinned])[0], Unplaced)


def test_so_many_hosts_are_searched_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a state of its own; hosts in one state count once, and what was found is remembered."""
    searched = []
    honest = trees.smallest
    monkeypatch.setattr(trees, "smallest", lambda *rest: searched.append(1) or honest(*rest))
    hosts = [host(gpu("g0", 2 + number // 2), name=f"kvm-{number}") for number in range(100)]
    table = HostTable(hosts)
    found = advise(table, asks(vgpu("_A", 99)))
    assert found is not None
    assert len(searched) == smallest.STATES
    assert advise(table, asks(vgpu("_A", 99))) == found
    assert len(searched) == smallest.STATES
