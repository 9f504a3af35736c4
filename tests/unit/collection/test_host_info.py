# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/host_info.py and what it is made of: facts of a host of libvirt's test driver."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import applied, boot_proof, host_info, lock
from ansible_collections.novalite.compute.plugins.module_utils.domain_build import build_domain
from ansible_collections.novalite.compute.plugins.module_utils.domain_usage import (
    read_network_mounts,
    total_usage,
    usage_from_facts,
    usage_from_spec,
)
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.instance_folder import begin_deleting
from ansible_collections.novalite.compute.plugins.module_utils.libvirt_connection import Connection
from ansible_collections.novalite.compute.plugins.module_utils.packed import pack, unpack

# ARCHITECTURE.md, Host facts.
KEYS = {
    "format",
    "hostname",
    "host_uuid",
    "config",
    "virt_type",
    "virt_type_reason",
    "versions",
    "arch",
    "supported",
    "cpus",
    "memory_mib",
    "disk_gib",
    "disk_free_gib",
    "cpu_model",
    "cpu_features",
    "machines",
    "firmwares",
    "pools",
    "networks",
    "bridges",
    "images",
    "instances",
    "foreign",
    "leftovers",
    "used",
    "fingerprint",
    "generation",
    "applied",
}


def facts_of(host, **more):
    config = {"zone": "az1", "traits": [], "inventories": {}, "enabled": True, "virt_type": "auto"}
    config.update(uri="test:///", state_dir=host.state_dir)
    return host_info.ensure(host, {"config": config, "packed": False, "wait_s": 0, **more}).facts["facts"]


def test_a_host_never_used_is_empty_and_left_as_it_is(host):
    facts = facts_of(host)
    assert set(facts) == KEYS
    assert (facts["format"], facts["virt_type"], facts["cpus"]) == ("novalite.host/1", "test", 8)
    assert (facts["instances"], facts["foreign"], facts["used"], facts["generation"]) == ([], [], {}, 0)
    assert not os.path.exists(host.state_dir)


def test_an_instance_is_decoded_from_its_mark(host, make_spec):
    spec = make_spec(flavor={"vcpus": 2, "swap_mib": 1})
    host.connection.define(build_domain(spec, "test", host.state_dir))
    facts = facts_of(host)
    (found,) = facts["instances"]
    assert (found["spec"], found["power"], found["drift"]) == (spec, "shutoff", [])
    assert [os.path.basename(path) for path in found["disks"]] == ["disk", "disk.config", "disk.swap"]
    assert facts["used"] == found["usage"] == {"VCPU": 2, "MEMORY_MB": 64, "DISK_GB": 2}


def test_what_somebody_changed_is_drift_and_changes_the_fingerprint(host, make_spec):
    xml = build_domain(make_spec(), "test", host.state_dir)
    host.connection.define(xml)
    before = facts_of(host)["instances"][0]["fingerprint"]
    host.connection.define(xml.replace(">1</vcpu>", ">3</vcpu>"))
    found = facts_of(host)["instances"][0]
    assert found["drift"] == [{"path": "flavor.vcpus", "expected": 1, "actual": 3}]
    assert found["fingerprint"] != before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda xml, uuid: xml.replace(f"<uuid>{uuid}", f"<uuid>{uuid[:-1]}0"), "clone"),
        (lambda xml, uuid: xml.replace('{"availability_zone"', '{"availability'), "cannot be read"),
        (lambda xml, uuid: xml.replace('name="web-0"', 'name="web-1"'), "contradicts"),
        (lambda xml, uuid: xml.replace("ram_mib", "ram"), "cannot be read"),
    ],
    ids=["clone", "damaged", "contradicting", "incomplete"],
)
def test_a_mark_that_cannot_be_trusted_makes_a_domain_foreign(host, make_spec, change, reason):
    spec = make_spec()
    host.connection.define(change(build_domain(spec, "test", host.state_dir), spec["uuid"]), validate=False)
    facts = facts_of(host)
    assert facts["instances"] == []
    assert reason in facts["foreign"][0]["reason"]
    assert facts["used"]["VCPU"] == 1


def test_a_foreign_domain_shows_its_macs_so_that_none_is_given_twice(host, make_spec):
    spec = make_spec()
    xml = build_domain(spec, "test", host.state_dir)
    begin, end = xml.index("<metadata>"), xml.index("</metadata>") + len("</metadata>")
    host.connection.define(xml[:begin] + xml[end:])
    (found,) = facts_of(host)["foreign"]
    assert found["macs"] == [spec["ports"][0]["mac"]]


class Machine:
    """What libvirt says of a machine whose NUMA cell lies."""

    def __init__(self, stats):
        self.stats = stats

    def getInfo(self):  # noqa: N802
        return ["x86_64", 4800, 2, 2000, 1, 1, 2, 1]

    def getMemoryStats(self, cell, _flags):  # noqa: N802
        assert cell == -1
        return self.stats


@pytest.mark.parametrize(
    ("stats", "memory_mib"),
    [({"total": 24684084, "free": 1}, 24105), ({}, 4800), ({"total": 2048000}, 2000)],
    ids=["more than the cells", "no statistics", "less than the cells"],
)
def test_the_memory_of_a_host_is_what_its_kernel_has_not_the_sum_of_its_numa_cells(stats, memory_mib):
    pytest.importorskip("libvirt")
    assert Connection(Machine(stats)).node()["memory_mib"] == memory_mib


def test_a_driver_without_memory_statistics_is_believed_as_it_is(host):
    assert host.connection.node()["memory_mib"] == 16384


def test_folders_without_a_domain_are_leftovers(host, make_spec):
    folder = Path(host.state_dir, "instances", make_spec()["uuid"])
    folder.mkdir(parents=True)
    (folder.parent / "not-ours").mkdir()
    spec = make_spec()
    said = {"uuid": spec["uuid"], "path": str(folder), "project": None, "name": None, "disks": []}
    assert facts_of(host)["leftovers"] == [{**said, "state": "data"}]
    (folder / "disk").write_bytes(b"a guest's")
    said["disks"] = [str(folder / "disk")]
    assert facts_of(host)["leftovers"] == [{**said, "state": "data"}]
    begin_deleting(str(folder), spec)
    said.update(project=spec["project"], name=spec["name"])
    assert facts_of(host)["leftovers"] == [{**said, "state": "deleting"}]


def test_a_marker_cut_short_leaves_the_folder_alone(host, make_spec):
    folder = Path(host.state_dir, "instances", make_spec()["uuid"])
    folder.mkdir(parents=True)
    Path(f"{folder}.deleting").write_bytes(b'{"project": "sh')
    assert [entry["state"] for entry in facts_of(host)["leftovers"]] == ["data"]


def test_nobody_looks_at_a_host_that_is_being_changed(host):
    with lock.exclusive(host.state_dir, "plan x"), pytest.raises(HostError, match="plan x") as caught:
        facts_of(host)
    assert caught.value.id == "lock_held"


def test_who_looks_does_not_disturb_who_looks(host):
    applied.begin(_made(host), applied.read_applied(host.state_dir), "sha256:1")
    with lock.exclusive(host.state_dir, "once"):
        pass
    with lock.shared(host.state_dir, 0):
        assert facts_of(host)["generation"] == 0


def _made(host):
    os.makedirs(host.state_dir)
    return host.state_dir


def test_packed_facts_are_the_same_facts(host):
    facts = facts_of(host)
    assert unpack(pack(facts)) == facts
    for text in ("", "x", "AAAA"):
        with pytest.raises(ValueError):
            unpack(text)


def test_a_damaged_record_of_plans_is_not_taken_for_an_empty_one(tmp_path):
    Path(applied.applied_path(str(tmp_path))).write_text("{")
    with pytest.raises(HostError) as caught:
        applied.read_applied(str(tmp_path))
    assert caught.value.id == "state_unreadable"


def test_usage(make_spec, tmp_path):
    assert usage_from_spec(make_spec(flavor={"disk_gib": 0})) == {"VCPU": 1, "MEMORY_MB": 64}
    assert usage_from_spec(make_spec(flavor={"ephemeral_gib": 3, "swap_mib": 1025}))["DISK_GB"] == 6
    disk = tmp_path / "disk"
    disk.write_bytes(b"x" * 4096)
    facts = {"vcpus": 1, "ram_mib": 2, "disks": [{"path": str(disk)}, {"path": str(tmp_path / "none")}]}
    assert usage_from_facts(facts, os.stat(disk).st_dev)["DISK_GB"] == 1
    assert "DISK_GB" not in usage_from_facts(facts, -1)
    assert total_usage([{"VCPU": 1}, {"VCPU": 2, "DISK_GB": 1}]) == {"VCPU": 3, "DISK_GB": 1}


def test_a_disk_on_a_server_elsewhere_is_not_even_looked_at(tmp_path, monkeypatch):
    table = tmp_path / "mounts"
    table.write_text("/dev/vda / ext4 rw 0 0\nfiler:/x /mnt/two\\040words nfs4 rw,hard 0 0\nfiler:/y /y nfs rw 0 0\n")
    mounts = read_network_mounts(str(table))
    assert mounts == ("/mnt/two words/", "/y/")
    assert read_network_mounts(str(tmp_path / "none")) == ()
    looked = []
    monkeypatch.setattr(os, "stat", lambda path: looked.append(path) or os.lstat(path))
    facts = {"vcpus": 1, "ram_mib": 2, "disks": [{"path": "/y/disk"}, {"path": str(table)}]}
    usage_from_facts(facts, 1, mounts)
    assert looked == [str(table)]


def test_kvm_is_believed_only_after_a_guest_ran_and_asked_once(tmp_path, monkeypatch):
    asked = []

    def guest(arguments, _timeout_s):
        asked.append(arguments[0])
        raise HostError("tool_failed", "qemu ended with 33: ")

    monkeypatch.setattr(boot_proof, "run_program", guest)
    monkeypatch.setattr(boot_proof.os.path, "exists", lambda path: True)
    for _ in range(2):
        assert boot_proof.prove_kvm(str(tmp_path), "qemu", 1)[0]
    assert boot_proof.prove_kvm(str(tmp_path), "qemu", 2)[0]
    assert asked == ["qemu", "qemu"]


@pytest.mark.parametrize("message", ["qemu ended with 1: no kvm", "qemu ended with -6: failed to set MSR"])
def test_a_qemu_that_ends_otherwise_proves_nothing(tmp_path, monkeypatch, message):
    def guest(_arguments, _timeout_s):
        raise HostError("tool_failed", message)

    monkeypatch.setattr(boot_proof, "run_program", guest)
    monkeypatch.setattr(boot_proof.os.path, "exists", lambda path: True)
    works, reason = boot_proof.prove_kvm(str(tmp_path), "qemu", 1)
    assert not works
    assert message in reason
