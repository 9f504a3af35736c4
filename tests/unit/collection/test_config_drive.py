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
from ansible_collections.novalite.compute.plugins.module_utils.config_drive import config_drive_tree
from ansible_collections.novalite.compute.plugins.module_utils.host import Host
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.iso import iso_from_tree
from ansible_collections.novalite.compute.plugins.module_utils.meta_data import meta_data
from ansible_collections.novalite.compute.plugins.module_utils.network_data import network_data
from ansible_collections.novalite.compute.plugins.module_utils.seed import Seed
from ansible_collections.novalite.compute.plugins.module_utils.seed_tree import service_tree
from ansible_collections.novalite.compute.plugins.module_utils.vendor_data import vendor_data, vendor_data2

NASTY = b"#!/bin/sh\n{{ lookup('pipe', 'id') }} $(id) `id` <a b=\"c\">&amp; \\ '\x00\xff\n"

ALL_FILES = "meta_data.json user_data vendor_data.json network_data.json vendor_data2.json"
HOST_PART = '#cloud-config\n{"ssh_keys": {"k": "v"}}\n'


def test_meta_data_says_who_the_instance_is(make_spec):
    keypair = {"name": "ops", "public_key": "ssh-ed25519 AAAA ops"}
    said = meta_data(make_spec(metadata={"role": "web"}, keypair=keypair), Seed())
    assert (said["uuid"], said["hostname"], said["project_id"]) == (make_spec()["uuid"], "web-0", "shop")
    assert said["meta"] == {"role": "web"}
    assert said["public_keys"] == {"ops": "ssh-ed25519 AAAA ops"}
    assert said["keys"] == [{"name": "ops", "type": "ssh", "data": "ssh-ed25519 AAAA ops"}]
    assert len(base64.b64decode(said["random_seed"], validate=True)) == 512


def test_what_is_not_there_is_left_out(make_spec):
    assert not {"meta", "keys", "public_keys", "files", "admin_pass"} & set(meta_data(make_spec(), Seed()))
    names = {path.rpartition("/")[2] for path in config_drive_tree(make_spec(ports=[]), Seed())}
    assert names == {"meta-data.json", "meta_data.json", "vendor_data.json", "vendor_data2.json"}


@pytest.mark.parametrize(
    ("version", "files", "keys"),
    [
        ("2012-08-10", "meta_data.json user_data", ""),
        ("2013-04-04", "meta_data.json user_data", "random_seed"),
        ("2013-10-17", "meta_data.json user_data vendor_data.json", "random_seed"),
        ("2015-10-15", "meta_data.json user_data vendor_data.json network_data.json", "random_seed project_id"),
        ("2016-06-30", "meta_data.json user_data vendor_data.json network_data.json", "random_seed project_id devices"),
        ("2016-10-06", ALL_FILES, "random_seed project_id devices"),
        ("2017-02-22", ALL_FILES, "random_seed project_id devices"),
        ("2018-08-27", ALL_FILES, "random_seed project_id devices"),
        ("2020-10-14", ALL_FILES, "random_seed project_id devices dedicated_cpus"),
        ("2025-04-04", ALL_FILES, "random_seed project_id devices dedicated_cpus"),
        ("latest", ALL_FILES, "random_seed project_id devices dedicated_cpus"),
    ],
)
def test_each_version_has_what_came_with_it(make_spec, version, files, keys):
    tree = config_drive_tree(make_spec(), Seed(NASTY))
    folder = f"openstack/{version}/"
    assert {path.removeprefix(folder) for path in tree if path.startswith(folder)} == set(files.split())
    always = {"uuid", "name", "hostname", "launch_index", "availability_zone"}
    assert set(json.loads(tree[folder + "meta_data.json"])) == always | set(keys.split())


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2017-02-22", {"type": "nic", "bus": "pci", "address": "none", "tags": ["wan"]}),
        ("latest", {"vf_trusted": False, "type": "nic", "bus": "pci", "address": "none", "tags": ["wan"]}),
    ],
)
def test_a_card_with_a_tag_is_a_device(make_spec, version, expected):
    spec = make_spec()
    spec["ports"].append({**spec["ports"][0], "mac": "52:00:00:00:00:02", "tag": "wan"})
    assert meta_data(spec, Seed(), version)["devices"] == [{**expected, "mac": "52:00:00:00:00:02"}]


def test_pinned_cpus_are_told_in_order(make_spec):
    cells = [{"id": 0, "cpus": [2], "pcpus": {"10": 5, "3": 6}}, {"id": 1, "cpus": [], "pcpus": {"1": 7}}]
    assert meta_data(make_spec(claim={"cells": cells}), Seed())["dedicated_cpus"] == [1, 3, 10]


def test_files_lie_in_content_and_are_named_in_meta_data(make_spec):
    tree = config_drive_tree(make_spec(), Seed(files=[("/etc/motd", NASTY), ("/etc/empty", b"")]))
    said = json.loads(tree["openstack/2012-08-10/meta_data.json"])["files"]
    assert [(entry["path"], tree["openstack" + entry["content_path"]]) for entry in said] == [
        ("/etc/motd", NASTY),
        ("/etc/empty", b""),
    ]


def test_the_host_key_makes_the_random_seed_unknown_to_others(make_spec):
    keys = [None, {"ed25519_private": "a"}, {"ed25519_private": "b"}]
    seeds = {meta_data(make_spec(), Seed(host_key=key))["random_seed"] for key in keys}
    assert len(seeds) == 3


@pytest.mark.parametrize(
    ("seed", "first", "second"),
    [
        (Seed(), {}, {"static": {}}),
        (Seed(vendor_data={"a": 1}), {"a": 1}, {"static": {"a": 1}}),
        (Seed(vendor_data=[1]), [1], {"static": [1]}),
        (Seed(vendor_data2={"x": {"b": 2}}), {}, {"static": {}, "x": {"b": 2}}),
        (
            Seed(vendor_data2={"x": {"cloud-init": "X"}, "y": {"cloud-init": ["Y", "Z"]}}),
            {},
            {"static": {}, "x": {"cloud-init": "X"}, "y": {"cloud-init": ["Y", "Z"]}, "cloud-init": ["X", "Y", "Z"]},
        ),
        (Seed(vendor_data2={"cloud-init": "X"}), {}, {"static": {}, "cloud-init": "X"}),
        (Seed(vendor_data2={"static": {"evil": 1}}), {}, {"static": {}}),
        (Seed(host_key={"k": "v"}), {"cloud-init": HOST_PART}, {"static": {}}),
        (
            Seed(vendor_data={"cloud-init": "#cloud-config\na: 1"}, host_key={"k": "v"}),
            {"cloud-init": [HOST_PART, "#cloud-config\na: 1"]},
            {"static": {"cloud-init": "#cloud-config\na: 1"}},
        ),
    ],
)
def test_vendor_data(seed, first, second):
    assert (vendor_data(seed), vendor_data2(seed)) == (first, second)


@pytest.mark.parametrize(
    ("properties", "changes", "names"),
    [
        ({}, {}, ["disk.config"]),
        ({}, {"config_drive": "vfat"}, ["disk.config"]),
        ({}, {"config_drive": "none"}, []),
        ({"novalite_seed": "nocloud"}, {}, ["disk.config"]),
        ({"novalite_seed": "ignition"}, {}, ["ignition.json"]),
    ],
)
def test_which_file_a_guest_reads(make_spec, tmp_path, properties, changes, names):
    digest = hashlib.sha256(NASTY).hexdigest()
    spec = make_spec(user_data_sha256=digest, image={"properties": properties}, host_key="none", **changes)
    host = Host(None, str(tmp_path / "state"))
    wanted = {"spec": make_spec(), "contents": {}}
    assert drive.ensure(host, wanted).changed  # one that was there before, as in a rebuild
    wanted = {"spec": spec, "contents": {digest: base64.b64encode(NASTY).decode("ascii")}}
    assert drive.ensure(host, wanted).changed
    folder = tmp_path / "state" / "instances" / spec["uuid"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "metadata.json"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert not drive.ensure(host, wanted).changed


def test_a_guest_that_would_be_told_nothing_is_refused(make_spec):
    spec = make_spec(image={"properties": {"novalite_seed": "nocloud"}}, config_drive="none")
    with pytest.raises(HostError, match="asks no metadata service"):
        drive.drive_files(spec, Seed())


def test_the_service_tells_no_password_and_no_key_that_the_drive_tells(make_spec):
    seed = Seed(admin_pass="canary", host_key={"ed25519_private": "canary"})
    assert b"canary" not in b"".join(service_tree(make_spec(), seed).values())
    told = b"".join(service_tree(make_spec(config_drive="none"), seed).values())
    assert told.count(b"canary") == 9  # the key, in each vendor_data.json
    trees = service_tree(make_spec(), seed), config_drive_tree(make_spec(), seed)
    assert len({json.loads(tree["openstack/latest/meta_data.json"])["random_seed"] for tree in trees}) == 1


def test_the_seed_is_stable_for_an_instance_and_differs_between_two(make_spec):
    seeds = [meta_data(make_spec(name), Seed())["random_seed"] for name in ("a", "a", "b")]
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
    tree = config_drive_tree(make_spec(), Seed(NASTY, files=[(f"/{number}", b"%d" % number) for number in range(60)]))
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


def test_what_a_version_writes_is_json_in_ascii(make_spec):
    for path, data in config_drive_tree(make_spec(metadata={"a": "\u00e4"}), Seed()).items():
        assert json.loads(data.decode("ascii")) is not None, path
