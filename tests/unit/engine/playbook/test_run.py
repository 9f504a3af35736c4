# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a playbook: what is wrong with an inventory is said, what hosts did is told, nothing is left behind."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

import pytest

from novalite import playbook
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    return scratch


def inventory(tmp_path: Path, hosts: dict[str, dict[str, object]], group: str = "novalite_hosts") -> list[str]:
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({group: {"hosts": hosts}}))
    return [str(path)]


def test_missing_inventory(tmp_path: Path) -> None:
    with pytest.raises(NovaliteError, match=r"no Ansible inventory at nowhere\.yml") as caught:
        playbook.run("observe", ["nowhere.yml"])
    assert caught.value.proceed


def test_unparsable_inventory(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("novalite_hosts: {hosts: {")
    with pytest.raises(NovaliteError, match="parse inventory source"):
        playbook.run("observe", [str(path)])


def test_group_missing(tmp_path: Path) -> None:
    with pytest.raises(NovaliteError, match="group novalite_hosts is missing or empty"):
        playbook.run("observe", inventory(tmp_path, {"a": {}}, group="others"))


def test_unreachable_host(tmp_path: Path, home: Path) -> None:
    seen: list[playbook.HostEvent] = []
    nobody = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_python_interpreter": "/usr/bin/python3"}
    ran = playbook.run("observe", inventory(tmp_path, {"gone": nobody}), on_event=seen.append)
    last = ran.last("gone")
    assert last is not None
    assert last.state == "unreachable"
    assert "refused" in last.message
    assert not last.message.startswith("Task failed")
    assert [event.state for event in seen] == ["started", "unreachable"]
    assert list(home.iterdir()) == [], "the private folder is removed"


def test_prefixes_of_ansible_are_cut() -> None:
    message = "Task failed: Failed to connect to the host via ssh: ssh: connect to host x port 22: No route to host"
    event = playbook._event_from_raw("unreachable", {"host": "a", "res": {"msg": message}})
    assert event.message == "ssh: connect to host x port 22: No route to host"
