# SPDX-License-Identifier: GPL-3.0-or-later
"""plan/macs.py: the MACs of cards that instances get later."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.port import Port
from novalite.plan.build import reconcile
from novalite.plan.problems import MAC_TAKEN

MAC = "52:54:00:00:00:07"
WEB = make_instance("web")
(LAN,) = WEB.ports


def with_card(name: str, mac: str | None = MAC) -> Any:
    return attrs.evolve(make_instance(name), ports=(LAN, Port(LAN.network, mac=mac)))


GROWN = with_card("web")
# what is declared, what is there -> who has the MAC
ROWS: dict[str, tuple[list[Any], list[Any], dict[str, Any], str | None]] = {
    "nobody": ([GROWN], [make_present(WEB)], {}, None),
    "one of its own": ([with_card("web", None)], [make_present(WEB)], {}, None),
    "another instance": ([GROWN, with_card("db")], [make_present(WEB), make_present(with_card("db"))], {}, "db"),
    "one in another project": ([GROWN], [make_present(WEB), make_present(attrs.evolve(with_card("x"), project="b"))],
     {}, "x"),
    "a foreign domain": ([GROWN], [make_present(WEB)], {"foreign": [{"uuid": "f", "domain": "old", "power": "running",
     "usage": {}, "macs": [MAC], "reason": ""}]}, "old"),
    "one that is new": ([GROWN, with_card("db")], [make_present(WEB)], {}, "db"),
    "one that gets it as well": ([GROWN, with_card("a")], [make_present(WEB), make_present(make_instance("a"))], {},
     "a"),
    "one that goes": ([GROWN], [make_present(WEB), make_present(attrs.evolve(with_card("db"), on_delete="delete"))],
     {}, None),
    "it has it already": ([GROWN], [make_present(GROWN)], {}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_who_has_the_mac(name: str) -> None:
    declared, present, more, holder = ROWS[name]
    plan = reconcile(make_fleet(*declared), make_snapshot(make_facts("kvm-1", *present, **more)))
    found = [problem.summary for problem in plan.problems]
    assert found == ([] if holder is None else [f"web: {holder} has the MAC {MAC}"])
    assert {problem.id for problem in plan.problems} <= {MAC_TAKEN}


def test_it_comes_after_who_had_it_is_gone() -> None:
    """Two domains with one MAC on a network, be it for a moment, are what nobody finds."""
    gone = make_present(attrs.evolve(with_card("db"), on_delete="delete"))
    plan = reconcile(make_fleet(GROWN), make_snapshot(make_facts("kvm-1", make_present(WEB), gone)))
    steps = {step.action: (number, step) for number, wave in enumerate(plan.waves) for step in wave}
    assert steps["delete"][1].id in steps["change"][1].needs
