# SPDX-License-Identifier: GPL-3.0-or-later
"""plan and apply with hosts from a file: exit statuses, what is shown, what is refused, how to go on."""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING

import pytest

from builders import make_facts, make_instance, make_present
from novalite.apply.events import TaskOutcome, report_from_outcomes
from novalite.apply.history import History, history_path
from novalite.cli import carry_out
from novalite.cli.main import run
from novalite.cli.plan_files import load_plan
from novalite.observe.file import load_snapshot

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from novalite.apply.events import Report
    from novalite.model.plan import Plan


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "NOVALITE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    assert run(["init", "."]) == 0
    document = {"format": "novalite.snapshot/1", "hosts": {"kvm-1": make_facts("kvm-1")}, "unknown": {}}
    (tmp_path / "up.json").write_text(json.dumps(document))
    document["unknown"] = {"kvm-2": "unreachable: no route"}
    (tmp_path / "half.json").write_text(json.dumps(document))
    return tmp_path


@pytest.fixture
def hosts(here: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Put a file in place of the hosts, and a note of what was applied in place of Ansible."""
    world: dict[str, Any] = {"file": "up.json", "applied": [], "outcome": "done"}

    def observe(*_: object, **__: object) -> object:
        return load_snapshot(here / world["file"])

    def apply(plan: Plan, digest: str, content: bytes, inventory: list[str], **_: object) -> Report:
        world["applied"].append((digest, inventory))
        steps = [{"id": step.id, "outcome": "done"} for wave in plan.waves for step in wave]
        result = {"outcome": world["outcome"], "message": "said the host", "steps": steps}
        if world["outcome"] != "done":
            result["steps"] = []
        return report_from_outcomes(plan, digest, [TaskOutcome("kvm-1", "ok", result)])

    monkeypatch.setattr("novalite.cli.sources.observe", observe)
    monkeypatch.setattr(carry_out, "observe", observe)
    monkeypatch.setattr("novalite.apply.run.apply", apply)
    return world


def test_plan_says_what_would_change(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--snapshot", "up.json"]) == 0
    assert run(["plan", "--snapshot", "up.json", "--detailed-exitcode"]) == 2
    captured = capsys.readouterr()
    assert "Plan: 2 to create" in captured.out
    assert "\x1b" not in captured.out


def test_plan_json_is_the_plan_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["plan", "--snapshot", "up.json", "--json", "-o", "plan.json"]) == 0
    printed = capsys.readouterr().out
    assert printed == (here / "plan.json").read_text()
    assert json.loads(printed)["format"] == "novalite.plan/1"
    assert stat.S_IMODE((here / "plan.json").stat().st_mode) == 0o600
    for form in ([], ["--json"], ["--markdown"]):
        assert run(["show", "plan.json", *form]) == 0
        assert "web-0" in capsys.readouterr().out


def test_unknown_hosts_are_6_with_the_way_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--snapshot", "half.json"]) == 6
    captured = capsys.readouterr()
    assert "kvm-2" in captured.out
    assert "to proceed: novalite doctor" in captured.err
    assert run(["plan", "--snapshot", "half.json", "--assume-empty", "kvm-2"]) == 0
    assert run(["plan", "--snapshot", "half.json", "--assume-empty", "kvm-9"]) == 3


def test_an_edited_plan_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["plan", "--snapshot", "up.json", "-o", "plan.json"])
    text = (here / "plan.json").read_text()
    (here / "plan.json").write_text(text.replace("web-1", "web-7"))
    for words in (["show", "plan.json"], ["apply", "plan.json", "--yes"]):
        assert run(words) == 3
        assert "changed after it was made" in capsys.readouterr().err


def test_apply_asks_and_without_a_terminal_refuses(hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply"]) == 1
    error = capsys.readouterr().err
    assert "no terminal to ask on" in error
    assert "--yes" in error.splitlines()[-1]
    assert hosts["applied"] == []


def test_apply_does_what_was_shown(hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "--yes"]) == 0
    assert "Applied: 3 steps on 1 host" in capsys.readouterr().out
    assert len(hosts["applied"]) == 1


def test_apply_a_reviewed_plan(here: Path, hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run(["plan", "--snapshot", "up.json", "-o", "plan.json"])
    assert run(["apply", "plan.json", "--yes"]) == 0
    assert hosts["applied"][0][0] == load_plan(here / "plan.json").digest


def test_a_stale_plan_is_4_and_nothing_is_begun(
    here: Path, hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(["plan", "--snapshot", "up.json", "-o", "plan.json"])
    facts = make_facts("kvm-1", memory_mib=1024)
    document = {"format": "novalite.snapshot/1", "hosts": {"kvm-1": facts}, "unknown": {}}
    (here / "up.json").write_text(json.dumps(document))
    assert run(["apply", "plan.json", "--yes"]) == 4
    assert hosts["applied"] == []
    assert "to proceed: novalite plan -o plan.json" in capsys.readouterr().err


@pytest.mark.parametrize(("outcome", "status"), [("stale", 4), ("locked", 4), ("failed", 5)])
def test_what_hosts_refuse(
    outcome: str, status: int, hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["outcome"] = outcome
    assert run(["apply", "--yes"]) == status
    error = capsys.readouterr().err
    assert "to proceed: " in error


def test_apply_with_an_unknown_host_does_its_part_and_says_6(hosts: dict[str, Any]) -> None:
    hosts["file"] = "half.json"
    assert run(["apply", "--yes"]) == 6


def test_json_lines_begin_with_the_schema_and_end_with_the_report(
    hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["apply", "--yes", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["format"] == "novalite.events/1"
    assert lines[-1]["event"] == "report"
    assert lines[-1]["counts"]["done"] == 3


def test_a_flood_of_problems_is_cut(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = here / "fleet" / "fleet.yml"
    fleet.write_text(fleet.read_text().replace("count: 2", "count: 40").replace("64MiB", "9TiB"))
    assert run(["plan", "--snapshot", "up.json"]) == 3
    error = capsys.readouterr().err
    assert error.count("NV0301") == 10
    assert "and 30 more problems" in error


def test_no_room_for_the_history_means_no_host_call(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = history_path({"HOME": str(here)})
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    assert run(["plan", "--snapshot", "up.json", "-o", "plan.json"]) == 0
    stored = load_plan(here / "plan.json")
    with pytest.raises(Exception, match="nothing is begun"):
        History(path).begin(stored.plan, stored.digest, actor="me", now="", summary={})


# What became of the fleet folder -> what is said of it.
EMPTIED = {
    "all files lost": ("", "NV0010"),
    "an empty file": ("\n", "NV0028"),
    "the instances lost": ("novalite: 1\nproject: shop\n", "NV0304"),
    "no instance in it": ("novalite: 1\nproject: shop\ninstances: {}\n", "NV0304"),
}


@pytest.mark.parametrize("how", EMPTIED)
def test_an_emptied_folder_deletes_nothing(
    how: str, here: Path, hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused by plan and apply; destroy is how to say it."""
    text, says = EMPTIED[how]
    there = make_facts("kvm-1", make_present(make_instance("web-0")), make_present(make_instance("web-1")))
    (here / "up.json").write_text(
        json.dumps({"format": "novalite.snapshot/1", "hosts": {"kvm-1": there}, "unknown": {}})
    )
    file = here / "fleet" / "fleet.yml"
    file.unlink()
    if text:
        file.write_text(text)
    for words in (["plan"], ["apply", "--yes"], ["plan", "--max-destroy", "2", "--max-down", "2"]):
        assert run(words) == 3
        assert says in capsys.readouterr().err
    assert hosts["applied"] == []
    if says == "NV0304":
        assert run(["destroy", "--yes"]) == 0
        assert len(hosts["applied"]) == 1


def test_max_down(here: Path, hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """One more than allowed is refused, with the names, and nothing is contacted."""
    there = make_facts("kvm-1", make_present(make_instance("web-0")))
    (here / "up.json").write_text(
        json.dumps({"format": "novalite.snapshot/1", "hosts": {"kvm-1": there}, "unknown": {}})
    )
    file = here / "fleet" / "fleet.yml"
    file.write_text(re.sub("(?m)^project: .*$", "project: shop", file.read_text()).replace("  web:", "  other:"))
    assert run(["apply", "--yes", "--max-down", "0"]) == 3
    assert "NV0350" in (said := capsys.readouterr().err)
    assert "web-0" in said
    assert hosts["applied"] == []
    assert run(["apply", "--yes", "--max-down", "1"]) == 0
