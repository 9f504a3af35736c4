# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets on a host: filled into the drive, told by nothing; and on the way there, in no file."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import become_loader, connection_loader

from ansible_collections.novalite.compute.plugins.module_utils.paths import instance_dir
from ansible_collections.novalite.compute.plugins.plugin_utils.secret_arguments import Hidden, require_pipelining

TOKEN = "@novalite-secret-0123456789ab@"
USER_DATA = f'#cloud-config\npassword: "{TOKEN}"\n'.encode()
DIGEST = hashlib.sha256(USER_DATA).hexdigest()
REFERENCES = {TOKEN: {"env": "DB_PASS"}}


def carrying(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    contents = {DIGEST: base64.b64encode(USER_DATA).decode()}
    return {"action": action, "name": spec["name"], "spec": spec, "virt_type": "test", "contents": contents, **more}


def drive(host: Any, spec: dict[str, Any]) -> bytes:
    return Path(instance_dir(host.state_dir, spec["uuid"]), "disk.config").read_bytes()


def test_a_value_is_in_the_drive_and_in_no_answer(apply, make_spec):
    spec = make_spec(user_data_sha256=DIGEST)
    for step, value in (
        (carrying("create", spec, power="running"), "one-canary"),
        (carrying("rebuild", spec), 'two-"canary'),
    ):
        said = apply.slice(step, secrets=REFERENCES)
        answer = apply.apply(said, secrets=json.dumps({TOKEN: value}))
        assert answer["outcome"] == "done"
        assert value.replace('"', '\\"').encode() in drive(apply.host, spec)
        assert TOKEN.encode() not in drive(apply.host, spec)
        assert "canary" not in json.dumps(answer)
        journals = [path for path in Path(apply.host.state_dir).iterdir() if path.is_file()]
        assert journals
        assert not [path for path in journals if b"canary" in path.read_bytes()]


@pytest.mark.parametrize("secrets", [{}, {"secrets": "{}"}, {"secrets": '{"@novalite-secret-ffffffffffff@": "x"}'}])
def test_without_its_values_nothing_of_a_slice_is_done(apply, make_spec, secrets):
    said = apply.slice(carrying("create", make_spec(user_data_sha256=DIGEST), power="running"), secrets=REFERENCES)
    answer = apply.apply(said, **secrets)
    assert (answer["outcome"], answer["steps"][0]["outcome"]) == ("failed", "not_started")
    assert answer["message"] == "1 secrets did not come with the slice"
    assert apply.apply(said, check=True)["steps"][0]["outcome"] == "done"  # looking needs none


def connection(name: str) -> Any:
    return connection_loader.get(name, PlayContext(), None)


@pytest.mark.parametrize("name", ["ssh", "local"])
def test_pipelining_is_switched_on(name):
    found = connection(name)
    found.set_options(direct={"pipelining": False})
    require_pipelining(found)
    assert found.is_pipelining_enabled()


def test_what_cannot_do_without_a_file_is_refused(monkeypatch):
    by_su = connection("ssh")
    by_su.set_become_plugin(become_loader.get("su"))
    with pytest.raises(AnsibleActionFail, match="by pipelining only"):
        require_pipelining(by_su)
    monkeypatch.setattr(constants, "DEFAULT_KEEP_REMOTE_FILES", True)
    with pytest.raises(AnsibleActionFail, match="by pipelining only"):
        require_pipelining(connection("ssh"))


def test_a_hidden_argument_is_not_shown_and_still_is_its_text():
    hidden = Hidden("value")
    assert json.dumps({"a": hidden}) == '{"a": "value"}'
    assert "value" not in f"{ {'a': hidden} }"
