# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's part of a plan on disk is what slice_for says of the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novalite.apply.private_values import PrivateValues, handed_over
from novalite.apply.run import _ended
from novalite.apply.slice_files import write_slices
from novalite.apply.slices import slice_for
from novalite.playbook import HostEvent

if TYPE_CHECKING:
    import pytest


def step(number: str, host: str, action: str = "start", **body: Any) -> dict[str, Any]:
    return {"id": number, "host": host, "action": action, "name": "web", "body": {"uuid": number, **body}, "needs": []}


PLAN: dict[str, Any] = {
    "format": "novalite.plan/1",
    "digest": "sha256:1",
    "project": "shop",
    "waves": [[step("s1", "a", "image", image={"sha256": "x"}), step("s2", "b")], [step("s3", "a")]],
    "relied": {"a": {"host": "sha256:2", "generation": 1, "instances": {}}, "b": {"host": None, "instances": {}}},
    "images": {"x": {"source": "/images/x"}, "y": {"source": "/images/y"}},
    "contents": {},
}


def test_as_slice_for_says(tmp_path: Path) -> None:
    write_slices(tmp_path / "slices", json.dumps(PLAN).encode())
    top = tmp_path / "slices"
    found = {str(path.relative_to(top)): json.loads(path.read_text()) for path in top.rglob("*.json")}
    assert sorted(found) == ["0/a.json", "0/b.json", "1/a.json"]
    for name, part in found.items():
        wave, host = name.removesuffix(".json").split("/")
        assert part["slice"] == slice_for(PLAN, host, int(wave))
    assert found["0/a.json"]["images"] == {"x": {"source": "/images/x"}}
    assert found["0/b.json"]["images"] == {}


def test_private_values_are_in_no_file_with_a_name(tmp_path: Path) -> None:
    values = PrivateValues({"s2": {"password": "canary"}}, {"token": "another canary"})
    assert "canary" not in repr(values)
    with handed_over(values, tmp_path) as path:
        assert path is not None
        read = "import json, sys; print(json.load(open(sys.argv[1])))"
        done = subprocess.run([sys.executable, "-c", read, path], capture_output=True, text=True, check=True)
        assert done.stdout == "{'steps': {'s2': {'password': 'canary'}}, 'secrets': {'token': 'another canary'}}\n"
        assert list(tmp_path.iterdir()) == []
    assert not Path(path).exists()


def test_where_every_file_has_a_name_it_is_in_the_folder_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with handed_over(PrivateValues({}, {"token": "canary"}), tmp_path) as path:
        assert path == str(tmp_path / "private.json")
        assert Path(path).stat().st_mode & 0o777 == 0o600
        assert json.loads(Path(path).read_text())["secrets"] == {"token": "canary"}


def test_without_private_values_there_is_no_path(tmp_path: Path) -> None:
    with handed_over(PrivateValues(), tmp_path) as path:
        assert path is None


def test_a_failure_between_waves_is_not_a_step_that_was_begun() -> None:
    events = [
        HostEvent("a", "Wave 0", "started"),
        HostEvent("a", "Wave 0", "ok", {"outcome": "done", "steps": []}),
        HostEvent("b", "Wave 0", "started"),
        HostEvent("a", "Further waves", "failed", {}, "no such file"),
    ]
    kept = _ended(events)
    assert [(event.host, event.state) for event in kept] == [("a", "ok"), ("a", "failed"), ("b", "started")]
    assert kept[1].result == {"outcome": "not_started"}
