# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for providers against all combinations, listed one by one in words of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.providers import candidates
from novalite.schedule.providers.demand import demand_of
from novalite.schedule.providers.layout import layout_of
from novalite.schedule.providers.search import solve
from novalite.schedule.providers.tree import tree_of, usage_of
from novalite.schedule.request import Group, Shape

if TYPE_CHECKING:
    from novalite.schedule.providers.assignment import Assignment

CLASSES = ("CUSTOM_A", "CUSTOM_B")
TRAITS = ("CUSTOM_X", "CUSTOM_Y")
Allocation = frozenset[tuple[str, str, str, int]]  # (suffix, provider, class or "", amount)

traits = st.frozensets(st.sampled_from(TRAITS))
inventories = st.dictionaries(
    st.sampled_from(CLASSES),
    st.builds(
        Inventory,
        total=st.integers(1, 4),
        min_unit=st.integers(1, 2),
        max_unit=st.integers(1, 4),
        step_size=st.integers(1, 2),
        allocation_ratio=st.sampled_from([1.0, 1.5, 2.0]),
    ),
)
used = st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 2))
amounts = st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 3)).map(lambda held: tuple(sorted(held.items())))


@st.composite
def hosts(draw: st.DrawFn) -> tuple[Host, list[SharingProvider]]:
    inside = []
    for number in range(draw(st.integers(0, 4))):
        parent = draw(st.sampled_from([None, *(provider.name for provider in inside)]))
        inside.append(Provider(f"p{number}", draw(inventories), draw(used), draw(traits), parent))
    host = Host("a", inventories=draw(inventories), used=draw(used), traits=draw(traits), providers=tuple(inside))
    names = [f"s{number}" for number in range(draw(st.integers(0, 2)))]
    return host, [SharingProvider(name, ("agg",), draw(inventories), draw(used), draw(traits)) for name in names]


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    any_of = st.lists(st.frozensets(st.sampled_from(TRAITS), min_size=1), max_size=1).map(tuple)
    groups = [
        Group(f"g{number}", draw(amounts), draw(traits), draw(traits), draw(any_of))
        for number in range(draw(st.integers(0, 3)))
    ]
    suffixes = [group.suffix for group in groups]
    subtrees = draw(st.lists(st.frozensets(st.sampled_from(suffixes), min_size=1), max_size=1)) if groups else []
    return Shape(
        resources=draw(amounts),
        required=draw(traits),
        forbidden=draw(traits),
        any_of=draw(any_of),
        groups=tuple(groups),
        group_policy=draw(st.sampled_from(["none", "isolate"])),
        same_subtree=tuple(subtrees),
    )


def every_allocation(host: Host, sharing: list[SharingProvider], shape: Shape) -> set[Allocation]:
    """List the combinations and strike out what breaks a rule."""
    elsewhere = {name for provider in sharing for name in provider.inventories}
    own = {name: held for name, held in host.inventories.items() if name not in elsewhere}
    nodes = [attrs.evolve(Provider("a"), inventories=own, used=host.used, traits=host.traits)]
    nodes += [attrs.evolve(provider, parent=provider.parent or "a") for provider in host.providers]
    nodes += [Provider(item.name, item.inventories, item.used, item.traits) for item in sharing]
    by_name = {node.name: node for node in nodes}
    wanted = [("", (pair,)) for pair in shape.resources] + [(group.suffix, group.resources) for group in shape.groups]
    groups = {group.suffix: group for group in shape.groups}
    found = set()
    for chosen in itertools.product(nodes, repeat=len(wanted)):
        taken: dict[tuple[str, str], int] = {}
        ok = True
        for (_, asked), node in zip(wanted, chosen, strict=True):
            for name, amount in asked:
                held = node.inventories.get(name)
                ok = ok and held is not None and held.min_unit <= amount <= held.max_unit
                ok = ok and held is not None and amount % held.step_size == 0
                taken[node.name, name] = taken.get((node.name, name), 0) + amount
        ok = ok and all(
            by_name[node].used.get(name, 0) + amount <= by_name[node].inventories[name].capacity
            for (node, name), amount in taken.items()
        )
        pairs = list(zip(wanted, chosen, strict=True))
        loose = [node for (suffix, _), node in pairs if not suffix]
        if loose:
            union = frozenset().union(*(node.traits for node in loose))
            ok = ok and union >= shape.required and not union & shape.forbidden
            ok = ok and all(union & options for options in shape.any_of)
        holders = {suffix: node for (suffix, _), node in pairs if suffix}
        for suffix, node in holders.items():
            group = groups[suffix]
            ok = ok and node.traits >= group.required and not node.traits & group.forbidden
            ok = ok and all(node.traits & options for options in group.any_of)
        if shape.group_policy == "isolate":
            takers = [holders[suffix].name for suffix in holders if groups[suffix].resources]
            ok = ok and len(set(takers)) == len(takers)
        for suffixes in shape.same_subtree:
            names = {holders[suffix].name for suffix in suffixes}
            ok = ok and any(all(top in lineage(by_name, name) for name in names) for top in names)
        if ok:
            rows = [(suffix, node.name, asked) for (suffix, asked), node in pairs]
            found.add(
                frozenset(
                    (suffix, node, name, amount) for suffix, node, asked in rows for name, amount in asked or [("", 0)]
                )
            )
    return found


def lineage(by_name: dict[str, Provider], name: str) -> set[str]:
    found = {name}
    while (parent := by_name[name].parent) is not None:
        name = parent
        found.add(name)
    return found


def plain(assignment: Assignment) -> Allocation:
    return frozenset(
        (grant.suffix, grant.provider, name, amount)
        for grant in assignment.grants
        for name, amount in grant.resources or [("", 0)]
    )


@settings(max_examples=400, deadline=None)
@given(hosts(), shapes())
def test_the_search_finds_all_combinations_and_no_other(
    world: tuple[Host, list[SharingProvider]], shape: Shape
) -> None:
    """All by name; and the quick search, which skips twins and dead ends, finds one where there is one."""
    host, sharing = world
    found = candidates(host, shape, sharing)
    assert len({plain(item) for item in found}) == len(found)
    assert {plain(item) for item in found} == every_allocation(host, sharing, shape)
    layout = layout_of(tree_of(host, sharing), demand_of(shape))
    answer = solve(layout, layout.free(usage_of(host, sharing)))
    assert (answer.chosen is not None) == bool(found)
    if found:
        assert candidates(host, shape, sharing, limit=1) == found[:1]


def pigeons(count: int, *, different: bool) -> tuple[Host, Shape]:
    """Return as many groups as providers, each of which has room for one; each with a trait of its own, or alike."""
    own = [frozenset({f"CUSTOM_{number}"}) if different else frozenset() for number in range(count)]
    inside = tuple(Provider(f"pf-{number}", {"SRIOV_NET_VF": Inventory(1)}, {}, own[number]) for number in range(count))
    groups = tuple(Group(f"port{number}", (("SRIOV_NET_VF", 1),)) for number in range(count))
    return Host("a", providers=inside), Shape(groups=groups)


@pytest.mark.parametrize(("count", "different"), [(8, False), (8, True), (24, False), (24, True)])
def test_eight_groups_on_eight_providers_take_a_few_steps(count: int, different: bool) -> None:
    """Placement once listed 8^8 combinations for it. One provider too few is known without any search."""
    host, shape = pigeons(count, different=different)
    layout = layout_of(tree_of(host), demand_of(shape))
    assert solve(layout, layout.free(usage_of(host)), limit=4 * count).chosen is not None
    fewer = attrs.evolve(host, providers=host.providers[1:])
    layout = layout_of(tree_of(fewer), demand_of(shape))
    answer = solve(layout, layout.free(usage_of(fewer)), limit=1)
    assert answer.chosen is None
    assert not answer.exhausted


def test_a_search_that_gives_up_says_so() -> None:
    """Bins of 10 and parts of 4 and 3 that fill them by the sum, not one by one: what is not found is not promised."""
    inside = tuple(Provider(f"p{number}", {"CUSTOM_A": Inventory(10 + number % 2)}) for number in range(10))
    groups = tuple(Group(f"g{number}", (("CUSTOM_A", 4 + number % 3),)) for number in range(20))
    host, shape = Host("a", providers=inside), Shape(groups=groups)
    layout = layout_of(tree_of(host), demand_of(shape))
    answer = solve(layout, layout.free(usage_of(host)), limit=5)
    assert answer.exhausted
    assert answer.chosen is None


@settings(max_examples=100, deadline=None)
@given(hosts(), shapes())
def test_the_order_of_mappings_decides_nothing(world: tuple[Host, list[SharingProvider]], shape: Shape) -> None:
    """Inventories in another order give the same list."""
    host, sharing = world
    turned = attrs.evolve(
        host,
        inventories=dict(reversed(host.inventories.items())),
        providers=tuple(
            attrs.evolve(item, inventories=dict(reversed(item.inventories.items()))) for item in host.providers
        ),
    )
    assert candidates(turned, shape, sharing) == candidates(host, shape, sharing)


@st.composite
def tight(draw: st.DrawFn) -> tuple[Host, Shape]:
    """Providers that are nearly alike, and groups that just fit: where twins and dead ends are met most."""
    inside: list[Provider] = []
    for number in range(draw(st.integers(2, 4))):
        parent = draw(st.sampled_from([None, "p0"])) if number else None
        inside.append(
            Provider(f"p{number}", {"CUSTOM_A": Inventory(draw(st.integers(1, 2)))}, {}, draw(traits), parent)
        )
    names = [f"g{number}" for number in range(draw(st.integers(2, 4)))]
    asked = st.sampled_from([(("CUSTOM_A", 1),), (("CUSTOM_A", 1),), ()])
    groups = tuple(Group(name, draw(asked), frozenset(), draw(traits)) for name in names)
    return Host("a", providers=tuple(inside)), Shape(
        resources=(("CUSTOM_A", 1),),
        groups=groups,
        group_policy=draw(st.sampled_from(["none", "isolate"])),
        same_subtree=tuple(draw(st.lists(st.frozensets(st.sampled_from(names), min_size=2), max_size=2))),
    )


@settings(max_examples=300, deadline=None)
@given(tight())
def test_twins_and_dead_ends_hide_nothing(world: tuple[Host, Shape]) -> None:
    host, shape = world
    wanted = every_allocation(host, [], shape)
    assert {plain(item) for item in candidates(host, shape)} == wanted
    layout = layout_of(tree_of(host), demand_of(shape))
    assert (solve(layout, layout.free(usage_of(host))).chosen is not None) == bool(wanted)
