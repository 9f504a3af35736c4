# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands print: ``questions.json`` in a golden case names files, and the command line that prints each.

``--snapshot snapshot.json`` is added. ``pytest tests/golden --update-golden`` writes what the code says now.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from golden.test_golden import HERE, expect
from novalite.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

CASES = sorted(
    (path.parent.name, name) for path in HERE.glob("*/questions.json") for name in json.loads(path.read_text())
)


@pytest.mark.parametrize(("case", "name"), CASES)
def test_answer(
    case: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    update_golden: bool,
) -> None:
    """The command prints exactly what is in the file, and ends as it should."""
    monkeypatch.chdir(HERE / case)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    question = json.loads((HERE / case / "questions.json").read_text())[name]
    status = run([*question["command"], "--snapshot", "snapshot.json"])
    captured = capsys.readouterr()
    expect(HERE / case / name, captured.out + captured.err, update_golden)
    assert status == question["status"]
    if name.endswith(".json"):
        assert json.loads(captured.out)["format"]
    else:
        assert max(map(len, captured.out.splitlines())) <= 150


def test_there_are_questions() -> None:
    assert len(CASES) >= 3


def test_the_suggested_relaxation_applied_schedules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five hosts refuse for five reasons: each is named with both numbers, and the way out is one."""
    case = HERE / "five_hosts_five_refusals"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = json.loads((case / "explain.json").read_text())
    refusals = {
        (row["host"], verdict["filter"]): (verdict["asked"], verdict["available"])
        for row in said["rows"]
        for verdict in row["filters"]
        if not verdict["passed"] and verdict["filter"] != "UnitsFilter"
    }
    assert refusals[("kvm-1", "RamFilter")] == (6144, 5120)
    assert refusals[("kvm-2", "AvailabilityZoneFilter")] == ("az1", "az2")
    assert refusals[("kvm-3", "TraitsFilter")][0]["required"] == ["CUSTOM_SSD"]
    assert refusals[("kvm-4", "DiskFilter")] == (20, 10)
    assert refusals[("kvm-5", "ComputeFilter")] == (True, False)
    assert len(refusals) == 5
    assert all(f"FAIL  {name}: " in (case / "explain.txt").read_text() for _, name in refusals)
    (change,) = said["advice"]["changes"]
    smaller = (case / "fleet.yml").read_text().replace("ram: 6GiB", f"ram: {change['fits']}MiB")
    (tmp_path / "fleet.yml").write_text(smaller)
    assert run(["plan", str(tmp_path / "fleet.yml"), "--snapshot", str(case / "snapshot.json")]) == 0
    assert f"db on {said['advice']['host']}" in capsys.readouterr().out
