# SPDX-License-Identifier: GPL-3.0-or-later
"""Every broken seed of tests/corpus/seeds gives exactly the problems that stand beside it, before any host is asked.

A seed is a fleet of one instance. Its first line says what is wrong with it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from novalite.cli.main import run
from novalite.spec.load import load_fleet
from told import compare_told

SEEDS = Path(__file__).parents[3] / "corpus" / "seeds"
CASES = sorted(SEEDS.glob("*.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_broken_seed_is_told_exactly(case: Path, update_golden: bool) -> None:
    fleet, problems = load_fleet(case)
    compare_told([problem for problem in problems if problem.where is not None], case, update_golden)
    assert (fleet is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.summary.isprintable()
        assert "hunter2" not in problem.summary + problem.help  # every password of the corpus


def test_there_are_sixty_broken_seeds_and_most_are_refused() -> None:
    refused = [case for case in CASES if "error NV" in case.with_suffix(".expect").read_text(encoding="utf-8")]
    assert len(CASES) >= 60
    assert len(refused) >= 60


PLANNED = """\
novalite: 1
project: shop
flavors:
  small: {vcpus: 1, ram: 512MiB, disk: 4GiB}
images:
  disk: {source: disk.raw}
instances:
  web: {flavor: small, image: disk, user_data: {USER_DATA}}
"""


@pytest.mark.parametrize(("user_data", "is_asked"), [("runcmds: []", False), ("runcmd: [[id]]", True)])
def test_no_host_is_asked_for_a_broken_seed(
    user_data: str, is_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    trace, ssh = tmp_path / "trace", tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\n: >'{trace}'\nexit 255\n", encoding="utf-8")
    ssh.chmod(0o700)
    (tmp_path / "disk.raw").write_bytes(b"\0" * 512)
    (tmp_path / "fleet.yml").write_text(PLANNED.replace("USER_DATA", user_data), encoding="utf-8")
    hosts = f"novalite_hosts:\n  hosts:\n    kvm-1: {{ansible_host: 192.0.2.1, ansible_ssh_executable: '{ssh}'}}\n"
    (tmp_path / "hosts.yml").write_text(hosts, encoding="utf-8")
    status = run(["plan", str(tmp_path / "fleet.yml"), "-i", str(tmp_path / "hosts.yml")])
    assert status != 0
    assert trace.exists() is is_asked
