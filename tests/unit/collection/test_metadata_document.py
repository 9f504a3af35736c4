# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/metadata_document.py: what the metadata service is given."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import failpoint, instance, metadata_document
from ansible_collections.novalite.compute.plugins.module_utils.host import Host
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.instance_folder import is_housekeeping

TREE = {
    "openstack/2018-08-27/meta_data.json": b'{"uuid": "u", "name": "web-0", "meta": {"tier": "1"}}',
    "openstack/latest/meta_data.json": b'{"uuid": "u", "name": "web-0"}',
    "openstack/latest/user_data": b"\x00\xff binary",
    "ec2/latest/user-data": b"\x00\xff binary",
}


def path_of(host, spec):
    return Path(host.state_dir, "instances", spec["uuid"], "metadata.json")


def tree_of(host, spec):
    said = json.loads(path_of(host, spec).read_text())
    return {path: base64.b64decode(said["contents"][digest]) for path, digest in said["tree"].items()}


def test_it_is_private_whole_and_written_once(make_spec, tmp_path):
    host, spec = Host(None, str(tmp_path)), make_spec()
    assert metadata_document.write(host, spec, TREE, check=True)
    assert not path_of(host, spec).exists()
    assert metadata_document.write(host, spec, TREE)
    assert stat.S_IMODE(path_of(host, spec).stat().st_mode) == 0o600
    assert tree_of(host, spec) == TREE
    assert len(json.loads(path_of(host, spec).read_text())["contents"]) == 3  # the user data once
    assert not metadata_document.write(host, spec, TREE)


@pytest.mark.parametrize(
    ("port", "links", "expected"),
    [
        ({}, [], []),
        ({"fixed_ip": "10.0.0.5"}, [], ["10.0.0.5"]),
        (
            {"subnets": [{"fixed_ip": "10.0.0.5"}, {"fixed_ip": None}, {"fixed_ip": "fd00::5"}]},
            [],
            ["10.0.0.5", "fd00::5"],
        ),
        (
            {},
            [
                {"name": "bond0", "kind": "bond", "ports": [0, 1], "subnets": [{"fixed_ip": "10.0.0.6"}]},
                {"name": "vlan7", "kind": "vlan", "on": "bond0", "subnets": [{"fixed_ip": "10.7.0.6"}]},
                {"name": "vlan8", "kind": "vlan", "on": 1, "subnets": [{"fixed_ip": "10.8.0.6"}]},
            ],
            ["10.0.0.6", "10.7.0.6"],
        ),
    ],
)
def test_the_addresses_of_a_port_are_those_a_guest_may_use_on_it(make_spec, port, links, expected):
    spec = make_spec()
    spec["ports"][0].update(port)
    spec["guest_links"] = links
    [said] = metadata_document.document(spec, TREE)["ports"]
    assert said == {"mac": spec["ports"][0]["mac"], "addresses": expected}


def test_a_new_name_and_metadata_are_told_at_once(make_spec, tmp_path):
    host, spec = Host(None, str(tmp_path)), make_spec()
    metadata_document.write(host, spec, TREE)
    renamed = dict(spec, name="www", metadata={"tier": 2})
    assert metadata_document.refresh(host, renamed)
    assert not metadata_document.refresh(host, renamed)
    for folder in ("2018-08-27", "latest"):
        said = json.loads(tree_of(host, spec)[f"openstack/{folder}/meta_data.json"])
        assert said == {"uuid": "u", "name": "www", "meta": {"tier": "2"}}
    assert tree_of(host, spec)["openstack/latest/user_data"] == TREE["openstack/latest/user_data"]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"format": "novalite.metadata/2"}', "{"])
def test_where_there_is_no_document_none_is_made(make_spec, tmp_path, text):
    host, spec = Host(None, str(tmp_path)), make_spec()
    if text is not None:
        path_of(host, spec).parent.mkdir(parents=True)
        path_of(host, spec).write_text(text)
    assert not metadata_document.refresh(host, spec)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_mark_step_tells_it_and_may_be_repeated(host, make_spec, when):
    spec = make_spec()
    host.connection.define(instance.build_domain(spec, "test", host.state_dir), validate=False)
    metadata_document.write(host, spec, TREE)
    changed = dict(spec, metadata={"tier": "3"})
    failpoint.arm(f"metadata.write.{when}:error@1")
    with pytest.raises(HostError, match="failpoint"):
        instance.mark(host, changed)
    failpoint.arm("")
    assert instance.mark(host, changed).changed
    assert b'"tier": "3"' in tree_of(host, spec)["openstack/latest/meta_data.json"]


def test_deleting_needs_no_plan_that_names_it():
    for name in ("metadata.json", "metadata.json.new", "metadata.password", "metadata.password.new"):
        assert is_housekeeping(name)
