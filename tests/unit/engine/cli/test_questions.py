# SPDX-License-Identifier: GPL-3.0-or-later
"""capacity, survive, what-if and rebalance: exit statuses, and words that are no host, flavor or wish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from novalite.cli.main import run
from novalite.cli.plan_files import load_plan

CASE = Path(__file__).parents[3] / "golden" / "survive_racks"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yml").write_text((CASE / "fleet.yml").read_text())
    document = json.loads((CASE / "snapshot.json").read_text())
    (tmp_path / "up.json").write_text(json.dumps(document))
    document["unknown"] = {"kvm-9": "unreachable: no route"}
    (tmp_path / "half.json").write_text(json.dumps(document))
    return tmp_path


STATUSES: dict[str, tuple[int, str]] = {
    "capacity --snapshot up.json": (0, "small"),
    "capacity --snapshot half.json": (6, "1 host unknown"),
    "capacity --snapshot half.json --without kvm-9": (0, "What if: without kvm-9."),
    "capacity --snapshot up.json --flavor smal": (1, "novalite capacity --flavor small"),
    "capacity --snapshot up.json --without-zone az9": (1, "no host or zone is called 'az9'"),
    "capacity --snapshot up.json --without kvm-1 --without kvm-2 --without kvm-3": (0, "no place for"),
    "survive --snapshot up.json": (3, "without b there is no place for web-2, web-3 together"),
    "survive --snapshot half.json": (6, "1 host is unknown"),
    "plan --snapshot up.json --like kvm-1": (1, "--add N and --like HOST go together"),
    "plan --snapshot up.json --without kvm-1": (0, "This is shown, never applied."),
    "plan --snapshot up.json --without kvm-1 --detailed-exitcode": (2, "lived on kvm-1"),
    "plan --snapshot up.json --without kvm-1 --without kvm-2 --without kvm-3": (3, "NV0301"),
    "plan --snapshot up.json --rebalance": (0, "Rebalance (spread)"),
    "plan --snapshot half.json --rebalance": (6, "hosts unknown"),
    "plan --snapshot up.json --rebalance -o x.json": (1, "--rebalance and --output do not go together"),
    "explain db --snapshot up.json --all-hosts": (0, "db lives on kvm-1"),
}


@pytest.mark.parametrize("line", STATUSES)
def test_status_and_words(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, words = STATUSES[line]
    assert run(line.split()) == status
    captured = capsys.readouterr()
    assert words in captured.out + captured.err


@pytest.mark.parametrize("line", ["capacity", "survive", "plan --rebalance", "explain db", "plan --without kvm-1"])
def test_json_names_its_format(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([*line.split(), "--snapshot", "half.json", "--json"])
    assert json.loads(capsys.readouterr().out)["format"].startswith("novalite.")


def test_a_fleet_without_goals(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (here / "fleet.yml").read_text()
    (here / "fleet.yml").write_text(text[: text.index("# Proven or")] + text[text.index("defaults:") :])
    assert run(["survive", "--snapshot", "up.json"]) == 1
    assert "survive: [{of: host}]" in capsys.readouterr().err


def test_a_what_if_in_a_file_is_never_applied(capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused before any host is contacted; it can be shown."""
    assert run(["plan", "--snapshot", "up.json", "--without", "kvm-1", "-o", "plan.json"]) == 0
    assert load_plan(Path("plan.json")).plan.is_errored
    assert run(["show", "plan.json"]) == 0
    assert run(["apply", "plan.json", "--yes"]) == 3
    captured = capsys.readouterr()
    assert "this plan is a what-if (without kvm-1)" in captured.err
    assert "to apply exactly this" not in captured.err


def test_a_host_that_holds_too_much_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Warnings are printed beside the plan, which can be applied."""
    monkeypatch.chdir(CASE.parent / "moves_ratio_lowered")
    assert run(["plan", "--snapshot", "snapshot.json"]) == 0
    captured = capsys.readouterr()
    assert "warning[NV0309]: b should move from kvm-1 to kvm-2" in captured.err
    assert "2 to move by hand" in captured.out
    assert "can be shown, not applied" not in captured.out
