# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH host key that a guest is given at birth: one for its life, whatever is interrupted; known from its mark."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import host_key
from ansible_collections.novalite.compute.plugins.module_utils.canonical import sha256_hex
from ansible_collections.novalite.compute.plugins.module_utils.domain_listing import instance_fingerprint
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.paths import instance_dir
from unit.collection.conftest import killed

KEYPAIR = {"name": "ops", "public_key": "ssh-ed25519 AAAA ops"}


def create(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"action": "create", "name": spec["name"], "spec": spec, "virt_type": "test", "power": "shutoff"}
    return {**body, "contents": {}, **more}


def rebuild(spec: dict[str, Any]) -> dict[str, Any]:
    body = {"action": "rebuild", "name": spec["name"], "spec": spec, "virt_type": "test", "timeout_s": 0}
    return {**body, "contents": {}}


def file_of(apply: Any, spec: dict[str, Any]) -> Path:
    return Path(instance_dir(apply.host.state_dir, spec["uuid"])) / host_key.FILE


def told(apply: Any) -> dict[str, Any]:
    """Return the operational state of the only instance."""
    (item,) = read_world(apply.host)["instances"]
    assert item["drift"] == []
    return dict(item.get("state", {}))


def public_by_ssh_keygen(path: Path) -> str:
    done = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split()[:2])


def on_drive(apply: Any, spec: dict[str, Any]) -> bytes:
    return (file_of(apply, spec).parent / "disk.config").read_bytes()


@pytest.fixture
def born(apply, make_spec):
    spec = make_spec(keypair=KEYPAIR)
    assert apply(create(spec))["outcome"] == "done"
    return spec


def test_a_key_at_birth(apply, born):
    path = file_of(apply, born)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told(apply)["host_key"] == {"ed25519": public_by_ssh_keygen(path)}
    drive = on_drive(apply, born)
    assert json.dumps(path.read_text())[1:-1].replace("\\n", "\\\\n").encode() in drive
    assert told(apply)["host_key"]["ed25519"].encode() in drive
    assert sorted(file.name for file in path.parent.iterdir() if "host_key" in file.name) == ["host_key"]


def test_a_rebuild_keeps_it_and_deletion_takes_it(apply, born):
    before, key = told(apply)["host_key"], file_of(apply, born).read_bytes()
    assert apply(rebuild(born))["outcome"] == "done"
    assert (told(apply)["host_key"], file_of(apply, born).read_bytes()) == (before, key)
    disks = [str(path) for path in file_of(apply, born).parent.iterdir() if path.name == "disk"]
    step = {"action": "delete", "name": "web-0", "uuid": born["uuid"], "disks": disks}
    assert apply(step)["outcome"] == "done"
    assert not file_of(apply, born).parent.exists()


def test_the_trash_keeps_it(apply, born):
    before, key = told(apply)["host_key"], file_of(apply, born).read_bytes()
    disks = [str(file_of(apply, born).with_name("disk"))]
    away = {"action": "trash", "name": "web-0", "uuid": born["uuid"], "disks": disks, "why": "trashed", "keep_s": 9,
            "timeout_s": 0}  # fmt: skip
    assert apply(away)["outcome"] == "done"
    back = {"action": "restore", "name": "web-0", "uuid": born["uuid"], "power": "shutoff"}
    assert apply(back)["outcome"] == "done"
    assert (told(apply)["host_key"], file_of(apply, born).read_bytes()) == (before, key)


NOBODY: list[dict[str, Any]] = [
    {},
    {"keypair": KEYPAIR, "host_key": "none"},
    {"keypair": KEYPAIR, "ports": []},
    {"keypair": KEYPAIR, "image": {"properties": {"novalite_seed": "ignition"}}},
]


@pytest.mark.parametrize("changes", NOBODY)
def test_who_gets_none(apply, make_spec, changes):
    spec = make_spec(**changes)
    assert apply(create(spec))["outcome"] == "done"
    assert "host_key" not in told(apply)
    assert not file_of(apply, spec).exists()


@pytest.mark.parametrize("key", ["user_data_sha256", "vendor_data_sha256", "admin_pass_sha256"])
def test_whoever_could_log_in_gets_one(apply, make_spec, key):
    content = b"{}"
    spec = make_spec(**{key: sha256_hex(content)})
    contents = {sha256_hex(content): base64.b64encode(content).decode()}
    assert apply(create(spec, contents=contents))["outcome"] == "done"
    assert told(apply)["host_key"]["ed25519"].startswith("ssh-ed25519 AAAA")


@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize("name", ["host_key.make.before", "host_key.make.after", "drive.write.after"])
def test_what_was_interrupted_ends_with_one_key(apply, make_spec, name, action):
    spec = make_spec(keypair=KEYPAIR)
    if action == "kill":
        assert killed(lambda: apply(create(spec), failpoint=f"{name}:kill@1"))
    else:
        assert apply(create(spec), failpoint=f"{name}:error@1")["outcome"] == "failed"
    made = file_of(apply, spec).read_bytes() if file_of(apply, spec).exists() else None
    assert (made is None) == name.endswith("make.before")
    assert apply(create(spec))["outcome"] == "done"
    assert made in (None, file_of(apply, spec).read_bytes())
    assert told(apply)["host_key"] == {"ed25519": public_by_ssh_keygen(file_of(apply, spec))}
    assert told(apply)["host_key"]["ed25519"].encode() in on_drive(apply, spec)


@pytest.mark.parametrize("rest", [b"", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", b"x" * 400])
def test_a_key_cut_short_by_a_power_cut_is_made_anew(apply, make_spec, rest):
    spec = make_spec(keypair=KEYPAIR)
    killed(lambda: apply(create(spec), failpoint="host_key.make.after:kill@1"))
    file_of(apply, spec).write_bytes(rest)
    file_of(apply, spec).with_name("host_key.part").write_bytes(b"of ssh-keygen")
    assert apply(create(spec))["outcome"] == "done"
    assert told(apply)["host_key"] == {"ed25519": public_by_ssh_keygen(file_of(apply, spec))}


def test_a_plan_does_not_rely_on_it():
    state = {"power": {"applied": "running"}}
    with_key = {**state, "host_key": {"ed25519": "ssh-ed25519 AAAA"}}
    assert instance_fingerprint({}, "running", [], with_key) == instance_fingerprint({}, "running", [], state)
    assert instance_fingerprint({}, "running", [], {"host_key": {}}) == instance_fingerprint({}, "running", [], None)
