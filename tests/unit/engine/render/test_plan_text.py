# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as text and Markdown: columns, counts, and text of hosts made harmless."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from rich.text import Text

from novalite.model.plan import Plan, PlannedChange
from novalite.problem import Problem
from novalite.render.first_boots import first_boots_of
from novalite.render.markdown import LIMIT_BYTES, plan_markdown
from novalite.render.text import plan_text


def a_change(action: str = "create", name: str = "web-2", **rest: Any) -> PlannedChange:
    values = {"host": "kvm-3", "uuid": "u", "summary": "small on kvm-3", "reason": "most free RAM of 3 hosts", **rest}
    return PlannedChange(action=action, name=name, **values)


def a_plan(*changes: PlannedChange, **rest: Any) -> Plan:
    return Plan(project="shop", fleet="f", changes=changes, waves=(), relied={}, hosts=3, **rest)


def test_one_line_a_change_counts_last() -> None:
    """As design/ux.md draws it."""
    text = plan_text(a_plan(a_change(), unknown={"kvm-9": "no route"}))
    assert text.splitlines() == [
        "  + web-2         small on kvm-3    create    most free RAM of 3 hosts",
        "  ? kvm-9         host              unknown   no route",
        "Plan: 1 to create, 0 to change, 0 to delete. 1 of 3 hosts unknown.",
        "First boot: seeds are read in 1 new guest.",
    ]


@pytest.mark.parametrize(
    ("action", "symbol", "effect", "count"),
    [
        ("create", "+", "create", "1 to create"),
        ("update", "~", "in place", "1 to change"),
        ("rename", "~", "rename, in place", "1 to change"),
        ("start", "^", "start", "1 to start"),
        ("stop", "v", "shut down", "1 to stop"),
        ("delete", "-", "delete, 2 disks destroyed", "1 to delete"),
        ("orphan", "!", "kept (protect)", "1 kept"),
        ("refused", "x", "refused", "1 refused"),
        ("conflict", "x", "refused", "1 in conflict"),
        ("unknown", "?", "wait", "1 unknown"),
        ("teleport", "x", "refused", "1 refused"),  # a newer version's
    ],
)
def test_each_action(action: str, symbol: str, effect: str, count: str) -> None:
    """Symbol, cost and count of every action."""
    first, last = plan_text(a_plan(a_change(action, destroys=("a", "b")))).splitlines()[:2]
    assert first.startswith(f"  {symbol} web-2 ")
    assert f" {effect} " in first
    assert count in last


def test_a_create_without_a_host_is_refused() -> None:
    """It is counted apart."""
    text = plan_text(a_plan(a_change(host=None)))
    assert "refused" in text
    assert "0 to create" in text
    assert "1 without a host" in text


def test_verdicts() -> None:
    """Nothing to do, and cannot be applied."""
    assert "Nothing to do" in plan_text(a_plan(kept=3))
    assert "3 unchanged" in plan_text(a_plan(kept=3))
    assert "1 problem: this plan can be shown" in plan_text(a_plan(problems=(Problem("NV0301", "no"),)))


def test_what_hosts_say_cannot_drive_the_terminal() -> None:
    """Escape codes, line breaks and markup arrive as harmless text."""
    plan = a_plan(a_change(reason="\x1b[31m[red]boo[/red]\nPlan: fine"))
    plain = plan_text(plan)
    assert "\x1b" not in plain
    assert len(plain.splitlines()) == 3
    assert Text.from_markup(plan_text(plan, colour=True)).plain == plain


REBUILT = a_change(action="rebuild", name="db", summary="", reason="", disruption="rebuild")
FIRST_BOOTS = [
    ([a_change()], "in 1 new guest."),
    ([a_change(), a_change(name="web-3")], "in 2 new guests."),
    ([REBUILT], "anew in db."),
    ([a_change(), REBUILT], "in 1 new guest, and anew in db."),
    (
        [attrs.evolve(REBUILT, name=f"db-{number}") for number in range(8)],
        "anew in db-0, db-1, db-2, db-3, db-4, db-5 and 2 more.",
    ),
    ([attrs.evolve(REBUILT, action="update")], None),
    ([a_change(host=None)], None),
]


@pytest.mark.parametrize(("changes", "wanted"), FIRST_BOOTS)
def test_who_acts_on_its_seed(changes: list[PlannedChange], wanted: str | None) -> None:
    plan = a_plan(*changes)
    line = None if wanted is None else f"First boot: seeds are read {wanted}"
    assert first_boots_of(plan) == line
    assert line is None or line in plan_text(plan)
    assert line is None or "First boot" in plan_markdown(plan)


def test_markdown_orders_by_cost_and_escapes() -> None:
    """The worst first; nothing becomes HTML or breaks the table."""
    text = plan_markdown(
        a_plan(
            a_change(),
            a_change("delete", "old", disruption="destroy", reason="<script>|pipe*"),
            problems=(Problem("NV0301", "no [link](x)", detail="one\ntwo"),),
            unknown={"kvm-9": "<b>"},
        )
    )
    assert text.index("old") < text.index("web-2")
    assert "<script>" not in text
    assert "&lt;script&gt;\\|pipe\\*" in text
    assert "<b>" not in text
    assert "no \\[link\\]" in text


def test_markdown_stays_small() -> None:
    """A card for a pull request, whatever the size of the plan."""
    changes = [a_change(name=f"web-{index}", reason="ä" * 50) for index in range(5000)]
    text = plan_markdown(
        attrs.evolve(a_plan(*changes), problems=tuple(Problem("NV0301", "x" * 99) for _ in range(999)))
    )
    assert len(text.encode()) < LIMIT_BYTES
    assert text.count("more lines") == 2
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ((1, 1, 1, True, 4608), "Moves: 1, no fewer will do; 4.5 GiB to copy. This version shows moves and makes none"),
        ((12, 13, 9, False, 0), "Moves: 12 (13 with detours), fewer may do, but not fewer than 9; 0.0 GiB to copy."),
        ((2, 2, 2, True, 0), "they are made by hand one after the other, in the order of their numbers."),
    ],
)
def test_moves_say_whether_fewer_would_do(moves: tuple[int, ...], said: str) -> None:
    """What is not proved is not claimed."""
    told = dict(zip(("count", "steps", "least", "fewest", "copies_mib"), moves, strict=True))
    assert said in plan_text(a_plan(a_change("move"), moves=told))


BOTH = {"N+1": 1, "hosts in use": 4}
SEARCHES = {
    "(one by one: too many for pack)": {"method": "one by one: too many for pack"},
    ": 3 hosts in use (optimal, the bound is 3; exact)": {
        "method": "exact",
        "gap": 0.0,
        "bound": 3,
        "value": [0, 3, 7],
        "numbers": {"fewest hosts": 3},
    },
    ": 21 hosts in use (within 5.0% of the bound 20; CP-SAT)": {
        "method": "CP-SAT",
        "gap": 0.05,
        "bound": 20,
        "value": [0, 21, 7],
        "numbers": {"fewest hosts": 21},
    },
    "each host added up), 4 hosts in use, 2 without a host (no bound known; x)": {
        "method": "x",
        "value": [2],
        "numbers": BOTH,
    },
}


@pytest.mark.parametrize("said", SEARCHES)
def test_what_a_search_says_of_itself(said: str) -> None:
    """Numbers by their meaning, whatever stands first."""
    text = plan_text(a_plan(a_change(), batch={"policy": "pack", **SEARCHES[said]}))
    assert "\nPolicy pack" in text
    assert said in text
