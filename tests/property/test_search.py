# SPDX-License-Identifier: GPL-3.0-or-later
"""Search over whole batches: on small cases as good as trying everything, on all never worse than greedy placement."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.schedule.search import Living, minimal_moves
from novalite.schedule.search.batch import OBJECTIVES, place_batch, search
from novalite.schedule.search.faults import least_moves
from novalite.schedule.search.greedy import first_fit_decreasing, in_order, pack, spread
from novalite.schedule.search.moves import settle
from novalite.schedule.search.objectives import FewestMoves, value_of
from novalite.schedule.search.problem import GroupRule, Problem, make_problem
from novalite.schedule.search.unsat import Demand, unsat_core
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from schedule import brute
from schedule.checker import decisions_of
from schedule.worlds import World, worlds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POLICIES = st.sampled_from(["spread", "pack", "fewest-hosts"])
RULES = [
    GroupRule("apart", "anti-affinity"),
    GroupRule("pairs", "anti-affinity", 2),
    GroupRule("together", "affinity"),
    GroupRule("near", "soft-affinity"),
    GroupRule("far", "soft-anti-affinity"),
]


@st.composite
def problems(draw: st.DrawFn, items: int = 6, hosts: int = 4, *, living: bool = False) -> Problem:
    """Two columns, a few sizes, a few static rules, groups with members outside; ``living``: some items exist."""
    count, rows = draw(st.integers(1, items)), draw(st.integers(1, hosts))
    capacity = [(draw(st.sampled_from([2, 4, 6])), draw(st.sampled_from([3, 4, 8]))) for _ in range(rows)]
    few = draw(st.lists(st.sampled_from([(1, 1), (2, 1), (1, 3), (2, 2), (3, 4), (0, 2)]), min_size=1, max_size=3))
    line = st.lists(st.sampled_from([True, True, True, False]), min_size=rows, max_size=rows)
    lines = draw(st.lists(line, min_size=1, max_size=2))
    fixed = st.dictionaries(st.integers(0, rows - 1), st.integers(1, 2), max_size=2)
    rules = [
        GroupRule(rule.name, rule.policy, rule.limit, draw(fixed) if draw(st.booleans()) else {}) for rule in RULES
    ]
    home = st.integers(-1, rows - 1) if living else st.just(-1)
    return make_problem(
        capacity,
        [draw(st.sampled_from(few)) for _ in range(count)],
        free=[tuple(amount // draw(st.sampled_from([1, 1, 2])) for amount in room) for room in capacity],
        allowed=[draw(st.sampled_from(lines)) for _ in range(count)],
        groups=rules,
        group_of=[draw(st.sampled_from([-1, -1, 0, 1, 2, 2, 3, 4])) for _ in range(count)],
        current=[draw(home) for _ in range(count)],
        cost=[draw(st.sampled_from([1, 5])) if living else 0 for _ in range(count)],
    )


def holds(problem: Problem, where: tuple[int, ...] | list[int]) -> bool:
    """Tell in other words than the engine's whether an assignment breaks no rule."""
    for item, row in enumerate(where):
        if row >= 0 and not all(mask[row] for mask in problem.rules[problem.class_of[item]].values()):
            return False
    for row, column in itertools.product(range(len(problem.hosts)), range(len(problem.columns))):
        asked = [int(problem.demand[item, column]) for item, found in enumerate(where) if found == row]
        if sum(asked) > problem.free[row, column] and any(asked):
            return False
    for index, rule in enumerate(problem.groups):
        rows = [row for item, row in enumerate(where) if problem.group_of[item] == index and row >= 0]
        if rule.policy == "anti-affinity" and any(rows.count(r) + rule.fixed.get(r, 0) > rule.limit for r in rows):
            return False
        if rule.policy == "affinity" and rows and not set(rows) <= (set(rule.fixed) or {rows[0]}):
            return False
    return True


def assignments(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Yield every assignment that breaks no rule, with items left out too."""
    rows = range(-1, len(problem.hosts))
    choices = [[r for r in rows if r < 0 or problem.allowed[problem.class_of[i], r]] for i in range(len(problem.items))]
    return (where for where in itertools.product(*choices) if holds(problem, where))


@settings(max_examples=150, deadline=None)
@given(problems(), POLICIES)
def test_small_batches_are_placed_as_well_as_possible(problem: Problem, policy: str) -> None:
    """The number placed, and the objective, equal the best of all assignments."""
    objective = OBJECTIVES[policy]
    found = search(problem, objective, policy)
    assert holds(problem, found.where)
    assert found.proved
    best = min(value_of(objective, problem, list(where)) for where in assignments(problem))
    assert value_of(objective, problem, found.where) == best


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["spread", "pack", "fewest-hosts", "nova", "fast"]))
def test_a_batch_places_as_many_as_can_be_placed(world: World, policy: str) -> None:
    """Judged by the checker, and counted by brute force, up to six instances on four hosts."""
    table = world.table()
    solution = place_batch(table, world.requests, policy)
    decisions = {name: None if row is None else table.names[row] for name, row in solution.rows.items()}
    judge = world.judge()
    assert judge.violations(decisions) == []
    assert sum(host is not None for host in decisions.values()) == brute.most_placed(judge)
    assert solution.proved
    assert not table.newcomers
    if (
        policy in ("nova", "fast")
        and None not in (usual := decisions_of(select(world.table(), world.requests))).values()
    ):
        assert decisions == usual


@settings(max_examples=30, deadline=None)
@given(problems(items=30, hosts=10), POLICIES)
def test_never_worse_than_greedy(problem: Problem, policy: str) -> None:
    objective = OBJECTIVES[policy]
    found = search(problem, objective, policy)
    assert holds(problem, found.where)
    value = value_of(objective, problem, found.where)
    greedy = (
        [in_order(problem, spread)] if policy == "spread" else [in_order(problem, pack), first_fit_decreasing(problem)]
    )
    assert value <= min(value_of(objective, problem, state.where) for state in greedy)


@settings(max_examples=50, deadline=None)
@given(worlds(instances=12, size=6), st.sampled_from(sorted(OBJECTIVES)), st.randoms(use_true_random=False))
def test_order_of_hosts_and_requests_changes_nothing(world: World, policy: str, turn: object) -> None:
    solution = place_batch(world.table(), world.requests, policy)
    hosts, requests = list(world.hosts), list(world.requests)
    turn.shuffle(hosts)  # type: ignore[attr-defined]
    turn.shuffle(requests)  # type: ignore[attr-defined]
    other = World(tuple(hosts), tuple(requests), world.aggregates, world.members)
    assert place_batch(other.table(), other.requests, policy) == solution


@settings(max_examples=150, deadline=None)
@given(problems(living=True))
def test_the_fewest_moves(problem: Problem) -> None:
    """The number of moves, and what they copy, equal the best of all assignments; none where everything holds."""
    found = settle(problem)
    assert found.proved
    whole = [list(where) for where in assignments(problem) if -1 not in where]
    if not whole:
        assert found.where is None
        return
    assert found.where is not None
    assert holds(problem, found.where)
    assert found.value == min(value_of(FewestMoves(), problem, where) for where in whole)
    home = list(problem.current)
    if -1 not in home and holds(problem, home):
        assert found.where == home
    assert found.value[1] >= least_moves(problem, home)


def lived_in(world: World, placed: dict[str, str]) -> HostTable:
    """Return the hosts as they are when a batch has been placed."""
    hosts = []
    members = {group: dict(counts) for group, counts in world.members.items()}
    for host in world.hosts:
        there = [request for request in world.requests if placed.get(request.name) == host.name]
        used = dict(host.used)
        for request in there:
            for name, amount in request.shape.resources:
                used[name] = used.get(name, 0) + amount
            if request.group is not None:
                counts = members.setdefault(request.group.name, {})
                counts[host.name] = counts.get(host.name, 0) + 1
        hosts.append(attrs.evolve(host, used=used, num_instances=host.num_instances + len(there)))
    return HostTable(hosts, aggregates=world.aggregates, members=members)


@settings(max_examples=150, deadline=None)
@given(worlds(instances=5), st.data())
def test_one_new_rule_moves_as_few_as_brute_force(world: World, data: st.DataObject) -> None:
    """On the real table: no change, no moves; a new pin or zone for one instance, the fewest moves or a refusal."""
    world = attrs.evolve(world, hosts=tuple(attrs.evolve(host, enabled=True) for host in world.hosts))
    placed = {
        name: host for name, host in decisions_of(select(world.table(), world.requests)).items() if host is not None
    }
    world = attrs.evolve(world, requests=tuple(request for request in world.requests if request.name in placed))
    table = lived_in(world, placed)
    still = minimal_moves(table, [Living(request, placed[request.name]) for request in world.requests])
    assert (still.moves, still.count, still.fewest) == ((), 0, True)
    if not placed:
        return
    name = data.draw(st.sampled_from(sorted(placed)))
    change = data.draw(st.sampled_from([{"host": host.name} for host in world.hosts] + [{"zone": "az1"}]))
    requests = tuple(
        request._replace(shape=attrs.evolve(request.shape, **change)) if request.name == name else request
        for request in world.requests
    )
    changed = attrs.evolve(world, requests=requests)
    found = minimal_moves(lived_in(changed, placed), [Living(request, placed[request.name]) for request in requests])
    fewest = brute.fewest_moves(changed.judge(), placed)
    if fewest is None:
        assert found.rows is None
        assert found.core is not None
    else:
        assert found.rows is not None
        assert (found.count, found.fewest) == (fewest, True)
        ends = {one: table.names[row] for one, row in found.rows.items()}
        assert changed.judge().violations(ends) == []


@settings(max_examples=80, deadline=None)
@given(problems(items=5, hosts=3))
def test_cores_are_minimal(problem: Problem) -> None:
    """Nothing is said where all can be placed; without any one demand of a core the others can hold."""
    core = unsat_core(problem)
    if any(-1 not in where for where in assignments(problem)):
        assert core is None
        return
    assert core is not None
    assert core.proved
    assert not can_hold(problem, core.demands)
    for demand in core.demands:
        assert can_hold(problem, [other for other in core.demands if other != demand])


def can_hold(problem: Problem, demands: Iterable[Demand]) -> bool:
    """Tell by trying all whether some demands can be met."""
    asked = {(demand.kind, demand.subject) for demand in demands}
    items = [item for item, name in enumerate(problem.items) if ("item", name) in asked]
    limits = [problem.free[:, k] if ("column", name) in asked else None for k, name in enumerate(problem.columns)]
    masks = [
        problem.allowed[problem.class_of[item]]
        if ("rule", problem.items[item]) in asked
        else [True] * len(problem.hosts)
        for item in items
    ]
    for rows in itertools.product(range(len(problem.hosts)), repeat=len(items)):
        if not all(mask[row] for mask, row in zip(masks, rows, strict=True)):
            continue
        if any(
            limit is not None
            and (asked_there := [problem.demand[i, k] for i, found in zip(items, rows, strict=True) if found == row])
            and any(asked_there)
            and sum(asked_there) > limit[row]
            for k, limit in enumerate(limits)
            for row in set(rows)
        ):
            continue
        if all(
            _group_holds(problem, index, items, rows)
            for index, g in enumerate(problem.groups)
            if ("group", g.name) in asked
        ):
            return True
    return False


def _group_holds(problem: Problem, index: int, items: list[int], rows: tuple[int, ...]) -> bool:
    rule = problem.groups[index]
    there = [row for item, row in zip(items, rows, strict=True) if problem.group_of[item] == index]
    if rule.policy == "anti-affinity":
        return all(there.count(row) + rule.fixed.get(row, 0) <= rule.limit for row in there)
    return not there or set(there) <= (set(rule.fixed) or {there[0]})
