# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's part of a plan on disk is what slice_for says of the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from novalite.apply.run import _ended
from novalite.apply.slice_files import write_slices
from novalite.apply.slices import slice_for
from novalite.playbook import HostEvent

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_secret_is_in_the_slice_of_its_step_alone(tmp_path: Path) -> None:
    write_slices(tmp_path / "slices", json.dumps(PLAN).encode(), {"s2": {"password": "canary"}})
    holding = [path.name for path in (tmp_path / "slices").rglob("*.json") if "canary" in path.read_text()]
    assert holding == ["b.json"]
    assert json.loads((tmp_path / "slices/0/b.json").read_text())["slice"]["steps"][0]["password"] == "canary"


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
