"""What the measurements generate is what they say it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench import fleet, snapshot
from bench.figure import Figure
from bench.fleet import Shape
from novalite.observe.file import load_snapshot
from novalite.plan.build import reconcile
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from pathlib import Path

INSTANCES, HOSTS = 24, 12


def plan(folder: Path, placed: int):
    (folder / "fleet.yml").write_text(fleet.text(INSTANCES, Shape()))
    (folder / "snapshot.json").write_text(snapshot.snapshot_text(HOSTS, placed))
    declared, problems = load_fleet(folder / "fleet.yml")
    assert not problems
    return reconcile(declared, load_snapshot(folder / "snapshot.json"))


def test_fleet_and_snapshot_of_the_same_size_need_no_change(tmp_path: Path):
    found = plan(tmp_path, INSTANCES)
    assert (found.is_empty, found.kept, found.problems) == (True, INSTANCES, ())


def test_empty_hosts_get_every_instance(tmp_path: Path):
    found = plan(tmp_path, 0)
    assert {change.action for change in found.changes} == {"create"}
    assert len(found.changes) == INSTANCES


def test_generated_files_are_the_same_each_time():
    assert snapshot.snapshot_text(HOSTS, INSTANCES) == snapshot.snapshot_text(HOSTS, INSTANCES)


def test_what_was_not_measured_is_not_met_and_says_why():
    line = Figure("define.wall", None, 0.1, why="needs root").to_json()
    assert (line["figure"], line["ok"], line["why"]) == (None, False, "needs root")


def test_a_figure_is_one_json_object():
    line = json.loads(json.dumps(Figure("x", 0.5, 1.0, parts={"n": 3}).to_json()))
    assert {"name", "figure", "goal", "better", "ok"} <= line.keys()
    assert line["ok"] is True
