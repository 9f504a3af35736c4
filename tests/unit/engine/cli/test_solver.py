# SPDX-License-Identifier: GPL-3.0-or-later
"""``exact: true``: what a plan says with OR-tools, and the one line that it is without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from novalite.cli.main import run

CASE = Path(__file__).parents[3] / "golden" / "policy_pack"
# Whoever imports OR-tools is told that there is none; who contacts a host, that no host may be.
BLOCKED = """\
import sys
sys.modules["ortools"] = None
import novalite.observe.collect as collect
def contact(*_, **__):
    raise SystemExit("a host was contacted")
collect.observe = contact
from novalite.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    text = (CASE / "fleet.yml").read_text()
    (tmp_path / "fleet.yml").write_text(text.replace("policy: pack}", "policy: pack, exact: true}"))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {kvm-1: {}}}\n")
    return tmp_path


def blocked(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BLOCKED, *argv], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("explain", "web-0")], ids=lambda argv: argv[0])
def test_without_the_solver_no_host_is_contacted(command: tuple[str, ...]) -> None:
    found = blocked(*command)
    assert found.returncode == 1, found.stderr
    assert "fleet.yml:4: scheduler: exact: true needs OR-tools, which is not installed" in found.stderr
    assert "pip install 'novalite[solver]'" in found.stderr
    assert "Traceback" not in found.stderr
    assert "a host was contacted" not in found.stderr


def test_what_needs_no_solver_goes_on_without(here: Path) -> None:
    """The blocker itself works: the same command contacts hosts where the fleet does not ask for the solver."""
    assert "a host was contacted" in blocked("destroy", "--yes").stderr
    text = (here / "fleet.yml").read_text()
    (here / "fleet.yml").write_text(text.replace("exact: true", "exact: false"))
    assert "a host was contacted" in blocked("plan").stderr


def test_a_small_batch_is_proved_without_asking(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--snapshot", str(CASE / "snapshot.json")]) == 0
    assert "Policy pack: 2 hosts in use (optimal, the bound is 2; exact)" in capsys.readouterr().out


def test_a_larger_batch_says_bound_and_gap(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More than what backtracking searches through: the solver's bound, and by how much the answer is above it."""
    text = (here / "fleet.yml").read_text()
    sizes = "flavors:\n" + "".join(f"  f{size}: {{vcpus: {size}, ram: 128MiB, disk: 1GiB}}\n" for size in (3, 4, 5))
    new = "".join(f"  i{size}: {{count: 10, flavor: f{size}}}\n" for size in (3, 4, 5))
    text = text.replace("flavors:\n", sizes)
    (here / "fleet.yml").write_text(text[: text.index("instances:")] + "instances:\n" + new)
    document = json.loads((CASE / "snapshot.json").read_text())
    first = json.dumps(document["hosts"]["kvm-1"])
    document["hosts"] = {name: json.loads(first.replace("kvm-1", name)) for name in (f"kvm-{n}" for n in range(1, 19))}
    for number, facts in enumerate(document["hosts"].values()):
        facts["host_uuid"] = f"00000000-0000-4000-8000-{number:012x}"
    (here / "many.json").write_text(json.dumps(document))
    assert run(["plan", "--snapshot", "many.json", "--json"]) == 0
    batch = json.loads(capsys.readouterr().out)["batch"]
    assert batch["value"][:2] == [0, batch["numbers"]["fewest hosts"]]
    assert batch["bound"] is not None
    assert batch["gap"] == (batch["value"][1] - batch["bound"]) / batch["bound"]
    assert run(["plan", "--snapshot", "many.json"]) == 0
    said = capsys.readouterr().out
    assert f"{batch['value'][1]} hosts in use ({'optimal' if not batch['gap'] else 'within'}" in said
    assert f"bound {'is ' if not batch['gap'] else ''}{batch['bound']}" in said
