# SPDX-License-Identifier: GPL-3.0-or-later
"""A golden case is a folder: fleet.yml + snapshot.json (+ options.json) -> plan.json + plan.txt.

It is what a user can send with a bug report: the fleet, and the file that ``novalite observe -o snapshot.json`` wrote.
``pytest tests/golden --update-golden`` writes what the code says now; the difference is then reviewed like any other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from novalite.observe.file import load_snapshot
from novalite.plan.build import reconcile
from novalite.plan.file import document_from_json, plan_from_dict, plan_to_dict, plan_to_json
from novalite.render.text import plan_text
from novalite.spec.load import load_fleet
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.plan import Plan

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/fleet.yml"))


def plan_of(case: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(HERE / case)
    fleet, problems = load_fleet("fleet.yml")
    assert fleet is not None, problems
    return reconcile(fleet, load_snapshot(Path("snapshot.json")), **options_of(case))


def options_of(case: str) -> dict[str, Any]:
    path = HERE / case / "options.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def expect(path: Path, text: str, update: bool) -> None:
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("case", CASES)
def test_plan(case: str, monkeypatch: pytest.MonkeyPatch, update_golden: bool) -> None:
    """The fleet and the snapshot give exactly the plan in the file, as JSON and as text."""
    plan = plan_of(case, monkeypatch)
    document = json.dumps(plan_to_dict(plan), indent=1, sort_keys=True) + "\n"
    expect(HERE / case / "plan.json", document, update_golden)
    expect(HERE / case / "plan.txt", plan_text(plan), update_golden)


@pytest.mark.parametrize("case", CASES)
def test_plan_file_round_trip(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that was written and read again is the same plan, with the same bytes."""
    plan = plan_of(case, monkeypatch)
    text = plan_to_json(plan)
    assert json.loads(text) == json.loads(json.dumps(plan_to_dict(plan)))
    assert plan_to_json(plan_from_dict(document_from_json(text))) == text


@pytest.mark.parametrize("case", CASES)
def test_applied_plan_leaves_nothing_to_do(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Applying the plan and planning again gives no steps; a plan with problems is not applied."""
    plan = plan_of(case, monkeypatch)
    if plan.is_errored:
        return
    fleet, _ = load_fleet("fleet.yml")
    assert fleet is not None
    after = simulate(load_snapshot(Path("snapshot.json")), plan)
    assert reconcile(fleet, after, **options_of(case)).is_empty


def test_there_are_cases() -> None:
    """The loader finds its cases: a wrong path would make every test above pass by not running."""
    assert len(CASES) >= 20
