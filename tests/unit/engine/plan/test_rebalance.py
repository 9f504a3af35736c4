# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that pay: none where nothing is gained, each with its line, and never a rule broken."""

from __future__ import annotations

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.server_group import ServerGroup
from novalite.plan.rebalance import rebalance_fleet
from novalite.render.rebalance import rebalance_text

APART = ServerGroup("apart", "anti-affinity")


def test_even_hosts_have_no_moves() -> None:
    a, b = make_instance("a"), make_instance("b")
    snapshot = make_snapshot(make_facts("kvm-1", make_present(a)), make_facts("kvm-2", make_present(b)))
    found = rebalance_fleet(make_fleet(a, b), snapshot)
    assert found.moves == ()
    assert found.before == found.after
    assert "no move pays" in rebalance_text(found)


def test_moves_obey_the_rules() -> None:
    """Pinned ones stay; others' instances are left alone."""
    pinned, off = make_instance("pinned", host="kvm-1"), make_instance("off", power="shutoff")
    other = make_instance("x", project="other")
    facts = [make_facts("kvm-1", *[make_present(one) for one in (pinned, off, other)]), make_facts("kvm-2")]
    found = rebalance_fleet(make_fleet(pinned, off), make_snapshot(*facts))
    (move,) = found.moves
    assert (move.name, move.source, move.target) == ("off", "kvm-1", "kvm-2")
    assert move.domain == "shop.off"
    assert found.before is not None
    assert found.after is not None
    assert found.after.highest < found.before.highest
    assert "makes no moves" in rebalance_text(found)


def test_groups_stay_apart_and_limits_hold() -> None:
    instances = [make_instance(f"w-{number}", group=APART) for number in range(2)]
    rest = [make_instance(f"x-{number}") for number in range(4)]
    facts = [
        make_facts("kvm-1", *[make_present(one) for one in (instances[0], *rest)]),
        make_facts("kvm-2", make_present(instances[1])),
        make_facts("kvm-3"),
    ]
    fleet, snapshot = make_fleet(*instances, *rest), make_snapshot(*facts, unknown={"kvm-4": "unreachable"})
    found = rebalance_fleet(fleet, snapshot, max_moves=1)
    assert len(found.moves) == 1
    assert found.limited
    assert found.unknown == ("kvm-4",)
    assert "1 of 4 hosts unknown" in rebalance_text(found)
    whole = rebalance_fleet(fleet, snapshot)
    homes = {"w-0": "kvm-1", "w-1": "kvm-2"} | {move.name: move.target for move in whole.moves}
    assert homes["w-0"] != homes["w-1"]
