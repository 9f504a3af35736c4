# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/config_drive.py, iso.py and drive.py: what the guest reads."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import stat
import time

import pycdlib
import pytest

from ansible_collections.novalite.compute.plugins.module_utils import drive
from ansible_collections.novalite.compute.plugins.module_utils.config_drive import (
    config_drive_tree,
    meta_data,
    network_data,
)
from ansible_collections.novalite.compute.plugins.module_utils.host import Host
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.iso import iso_from_tree
from ansible_collections.novalite.compute.plugins.module_utils.seed import Seed

NASTY = b"#!/bin/sh\n{{ lookup('pipe', 'id') }} $(id) `id` <a b=\"c\">&amp; \\ '\x00\xff\n"


def test_meta_data_says_who_the_instance_is(make_spec):
    said = meta_data(make_spec(metadata={"role": "web"}, keypair={"name": "ops", "public_key": "ssh-ed25519 AAAA ops"}))
    assert (said["uuid"], said["hostname"], said["project_id"]) == (make_spec()["uuid"], "web-0", "shop")
    assert said["meta"] == {"role": "web"}
    assert said["public_keys"] == {"ops": "ssh-ed25519 AAAA ops"}
    assert said["keys"] == [{"name": "ops", "type": "ssh", "data": "ssh-ed25519 AAAA ops"}]
    assert len(base64.b64decode(said["random_seed"], validate=True)) == 512


def test_what_is_not_there_is_left_out(make_spec):
    assert not {"meta", "keys", "public_keys"} & set(meta_data(make_spec()))
    assert list(config_drive_tree(make_spec(ports=[]), Seed())) == ["openstack/latest/meta_data.json"]


def test_the_seed_is_stable_for_an_instance_and_differs_between_two(make_spec):
    seeds = [meta_data(make_spec(name))["random_seed"] for name in ("a", "a", "b")]
    assert seeds[0] == seeds[1] != seeds[2]


def test_user_data_is_byte_for_byte(make_spec):
    assert config_drive_tree(make_spec(), Seed(NASTY))["openstack/latest/user_data"] == NASTY


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({}, {"type": "ipv4_dhcp"}),
        (
            {"fixed_ip": "10.0.0.4", "cidr": "10.0.0.0/20", "gateway": "10.0.0.1", "dns": ["9.9.9.9"]},
            {
                "type": "ipv4",
                "ip_address": "10.0.0.4",
                "netmask": "255.255.240.0",
                "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.0.1"}],
                "services": [{"type": "dns", "address": "9.9.9.9"}],
            },
        ),
        (
            {"fixed_ip": "fd00::4", "cidr": "fd00::/64", "gateway": "fd00::1"},
            {
                "type": "ipv6",
                "ip_address": "fd00::4",
                "netmask": "ffff:ffff:ffff:ffff::",
                "routes": [{"network": "::", "netmask": "::", "gateway": "fd00::1"}],
                "services": [],
            },
        ),
    ],
    ids=["dhcp", "fixed", "fixed_ipv6"],
)
def test_network_data(make_spec, port, expected):
    spec = make_spec()
    spec["ports"][0].update(port)
    said = network_data(spec)
    assert said["links"][0]["ethernet_mac_address"] == spec["ports"][0]["mac"]
    network = dict(said["networks"][0])
    assert [network.pop(key) for key in ("id", "link", "network_id")] == ["network0", "interface0", "lan"]
    assert network == expected


def test_name_servers_are_listed_once(make_spec):
    spec = make_spec()
    spec["ports"] = [{**spec["ports"][0], "dns": ["9.9.9.9"]}, {**spec["ports"][0], "dns": ["9.9.9.9", "1.1.1.1"]}]
    assert [service["address"] for service in network_data(spec)["services"]] == ["9.9.9.9", "1.1.1.1"]


def test_the_same_tree_gives_the_same_bytes_at_any_time(make_spec, monkeypatch):
    tree = config_drive_tree(make_spec(), Seed(NASTY))
    first = iso_from_tree(tree, "config-2")
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.5)
    assert iso_from_tree(tree, "config-2") == first


def test_the_image_holds_the_tree_under_both_kinds_of_names(make_spec):
    tree = config_drive_tree(make_spec(), Seed(NASTY))
    image = pycdlib.PyCdlib()
    image.open_fp(io.BytesIO(iso_from_tree(tree, "config-2")))
    assert image.pvd.volume_identifier.strip() == b"config-2"
    for kind in ("rr_path", "joliet_path"):
        for path, data in tree.items():
            found = io.BytesIO()
            image.get_file_from_iso_fp(found, **{kind: "/" + path})
            assert found.getvalue() == data
    image.close()


def test_the_drive_is_private_and_made_once(make_spec, tmp_path):
    digest = hashlib.sha256(NASTY).hexdigest()
    spec = make_spec(user_data_sha256=digest)
    host = Host(None, str(tmp_path / "state"))
    wanted = {"spec": spec, "contents": {digest: base64.b64encode(NASTY).decode("ascii")}}
    assert drive.ensure(host, wanted, check=True).changed
    assert not os.path.exists(host.state_dir)
    assert drive.ensure(host, wanted).changed
    path = os.path.join(host.state_dir, "instances", spec["uuid"], "disk.config")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not drive.ensure(host, wanted).changed


def test_other_user_data_than_the_spec_names_is_refused(make_spec, tmp_path):
    with pytest.raises(HostError, match="content"):
        drive.ensure(Host(None, str(tmp_path)), {"spec": make_spec(), "contents": {"0" * 64: "eA=="}})


def test_it_is_json(make_spec):
    for path, data in config_drive_tree(make_spec(), Seed()).items():
        assert json.loads(data), path
