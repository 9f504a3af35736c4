# SPDX-License-Identifier: GPL-3.0-or-later
"""The explanation made again is the choice that was made: over generated worlds, whoever was placed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import make_facts, make_flavor, make_fleet, make_instance, make_snapshot
from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.plan.build import explain_instance, reconcile
from novalite.plan.file import document_from_json, plan_from_dict, plan_to_json
from novalite.render.explain import explanation_text
from novalite.schedule.explain import explain, explain_all
from novalite.schedule.host import Host
from novalite.schedule.options import Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from novalite.model.placement import Explanation

GROUPS = [
    None,
    ServerGroup("apart", "anti-affinity"),
    ServerGroup("near", "affinity"),
    ServerGroup("soft", "soft-anti-affinity"),
    ServerGroup("close", "soft-affinity"),
]
AGGREGATES = [Aggregate("a", ("kvm-1", "kvm-2"), {"ram_weight_multiplier": "-2", "cpu_weight_multiplier": "0.5"})]


def hosts_named(name: str) -> st.SearchStrategy[Host]:
    return st.builds(
        lambda ram, vcpus, used, enabled, zone, version: Host(
            name,
            inventories={"MEMORY_MB": Inventory(ram, reserved=64), "VCPU": Inventory(vcpus, allocation_ratio=4.0)},
            used={"MEMORY_MB": used},
            enabled=enabled,
            zone=zone,
            hypervisor_version=version,
        ),
        st.sampled_from([1024, 3000, 8192]),
        st.integers(1, 8),
        st.sampled_from([0, 0, 300]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from(["az1", "az2"]),
        st.sampled_from([7002022, 8000000]),
    )


def requests_named(name: str) -> st.SearchStrategy[Request]:
    return st.builds(
        lambda ram, vcpus, zone, group: Request(
            name, Shape(resources=(("MEMORY_MB", ram), ("VCPU", vcpus)), zone=zone), group
        ),
        st.sampled_from([256, 512, 1000]),
        st.integers(1, 3),
        st.sampled_from([None, None, "az1"]),
        st.sampled_from(GROUPS),
    )


HOSTS = st.tuples(*[hosts_named(f"kvm-{number}") for number in range(5)])
REQUESTS = st.tuples(*[requests_named(f"web-{number}") for number in range(12)])
POLICIES = st.sampled_from(["nova", "fast"])


def check(explanation: Explanation, placed: Placement | None) -> None:
    """The winner is the choice; products add up to totals, of which the winner's is the largest, by the margin."""
    assert explanation.winner == (placed.host if placed else None)
    totals = {row.host: row.total for row in explanation.rows if row.first_refusal is None}
    for row in explanation.rows:
        if row.weights:
            assert row.total == pytest.approx(sum(weight.product for weight in row.weights), abs=1e-9)
            for weight in row.weights:
                assert weight.product == pytest.approx(weight.multiplier * weight.normalised, abs=1e-9)
    if placed is None:
        assert not totals
        return
    assert placed.considered == len(totals)
    assert explanation.runner_up == placed.runner_up
    if explanation.runner_up is not None:
        best, second = totals[placed.host], totals[explanation.runner_up]
        assert best == pytest.approx(placed.weight, abs=1e-9)
        assert best == pytest.approx(max(total for total in totals.values() if total is not None), abs=1e-9)
        assert explanation.margin == pytest.approx((best or 0.0) - (second or 0.0), abs=1e-9)


@given(HOSTS, REQUESTS, POLICIES)
def test_replayed_the_winner_is_the_choice(hosts: tuple[Host, ...], requests: tuple[Request, ...], policy: str) -> None:
    """Every instance of a batch, explained alone on fresh tables, and all of them in one go."""

    def table() -> HostTable:
        return HostTable(hosts, aggregates=AGGREGATES, options=Options(policy=policy))

    results = select(table(), requests)
    placed = {result.name: result if isinstance(result, Placement) else None for result in results}
    for request in requests:
        explanation = explain(table(), requests, request.name)
        assert explanation is not None
        check(explanation, placed[request.name])
    chosen = {name: result.host for name, result in placed.items() if result is not None}
    for name, explanation in explain_all(table(), requests, chosen).items():
        check(explanation, placed[name])
        assert explanation.chosen is None
        assert (explanation.advice is None) == (explanation.winner is not None)


@given(HOSTS, REQUESTS, POLICIES)
def test_the_same_twice(hosts: tuple[Host, ...], requests: tuple[Request, ...], policy: str) -> None:
    """Nothing depends on what was asked before."""
    options = Options(policy=policy)
    first = explain(HostTable(hosts, options=options), requests, "web-7")
    assert first == explain(HostTable(reversed(hosts), options=options), reversed(requests), "web-7")
    assert first is not None
    assert first.policy == policy


def test_in_the_plan_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under each new instance's placement; of very many the rows that tell most."""
    facts = [make_facts(f"kvm-{number}", config={"enabled": number != 3}) for number in range(6)]
    fleet, snapshot = (
        make_fleet(*[make_instance(f"web-{number}", group=GROUPS[1]) for number in range(6)]),
        make_snapshot(*facts),
    )
    assert all("explanation" not in change.placement for change in reconcile(fleet, snapshot).changes)
    for most, rows in ((10, 3), (1000, 6)):
        monkeypatch.setattr("novalite.schedule.explain.MOST_ROWS", most)
        plan = reconcile(fleet, snapshot, explain=True)
        text = plan_to_json(plan)
        assert plan_to_json(plan_from_dict(document_from_json(text))) == text
        told = [change.placement["explanation"] for change in plan.changes]
        assert [each["winner"] for each in told] == [change.host for change in plan.changes]
        assert {len(told[0]["rows"]), told[0]["left_out"]} == {rows, 6 - rows}
        assert [row["host"] for row in told[0]["rows"] if not row["weights"]] == ["kvm-3"]
        assert told[-1]["winner"] is None
        assert (
            told[-1]["advice"]["text"]
            == "would fit on kvm-0 if 2 of group apart may share a host (max_server_per_host: 2)"
        )


def test_what_a_search_chose_is_told() -> None:
    """Where the plan's host is not that of the best weights, both are named; what was before is as the plan says."""
    hosts = [Host(f"kvm-{number}", inventories={"MEMORY_MB": Inventory(1000 * number)}) for number in (1, 2, 3)]
    requests = [Request(f"web-{number}", Shape(resources=(("MEMORY_MB", 600),))) for number in (0, 1)]
    chosen = {"web-0": "kvm-1", "web-1": "kvm-2"}
    explanation = explain(HostTable(hosts), requests, "web-1", chosen)
    assert explanation is not None
    assert (explanation.winner, explanation.chosen) == ("kvm-3", "kvm-2")
    assert [row.host for row in explanation.rows if row.first_refusal] == ["kvm-1"]
    assert (
        "goes to kvm-2; 2 of 3 hosts pass; chosen for the whole batch, alone it would go to kvm-3"
        in explanation_text(explanation)
    )


def test_many_before_it_in_the_batch() -> None:
    """The last of 300 on 40 hosts, by way of the plan."""
    facts = [make_facts(f"kvm-{number}", memory_mib=8704 + 64 * number, cpus=16 + number) for number in range(40)]
    flavors = [make_flavor(f"f{number}", ram_mib=256 + 32 * number, vcpus=1 + number % 3) for number in range(5)]
    instances = [
        make_instance(f"web-{number}", flavor=flavors[number % 5], group=GROUPS[3] if number % 4 == 0 else None)
        for number in range(300)
    ]
    fleet, snapshot = make_fleet(*instances), make_snapshot(*facts)
    lines = {change.name: change for change in reconcile(fleet, snapshot).changes}
    for name in ("web-0", "web-1", "web-150", "web-299"):
        explanation = explain_instance(fleet, snapshot, name)
        assert explanation is not None
        assert explanation.winner == lines[name].host
        assert explanation.runner_up == lines[name].placement["runner_up"]
