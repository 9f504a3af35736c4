# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/change.py: an instance that exists becomes another, on libvirt's test driver."""

from __future__ import annotations

import json
import os
import subprocess
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import failpoint, instance, live
from ansible_collections.novalite.compute.plugins.module_utils.change import change
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.metadata import (
    NAMESPACE,
    PREFIX,
    mark_xml,
    spec_from_domain,
    state_from_domain,
)
from ansible_collections.novalite.compute.plugins.module_utils.pending import pending

MIB, GIB = 1024**2, 1024**3


def wanted(spec, *destroys):
    return {"uuid": spec["uuid"], "name": spec["name"], "spec": spec, "virt_type": "test", "destroys": list(destroys)}


def born(host, spec, power="running"):
    instance.ensure(host, {"spec": spec, "power": power, "virt_type": "auto", "contents": {}, "timeout_s": 1})
    return spec


def path_of(host, spec, name):
    return os.path.join(host.state_dir, "instances", spec["uuid"], name)


def facts(host):
    (entry,) = read_world(host)["instances"]
    return entry


def virtual_size(path):
    return json.loads(subprocess.check_output(["qemu-img", "info", "--output=json", path]))["virtual-size"]


CHANGES = {
    "cpus": {"flavor": {"vcpus": 2}},
    "room": {"flavor": {"vcpus": 2, "max_vcpus": 4, "max_ram_mib": 128}},
    "memory": {"flavor": {"ram_mib": 96}},
    "less memory": {"flavor": {"ram_mib": 32}},
    "disks": {"flavor": {"ephemeral_gib": 1, "swap_mib": 1}},
    "root": {"flavor": {"disk_gib": 2}},
    "limits": {"flavor": {"extra_specs": {"quota:cpu_shares": "512", "quota:disk_read_iops_sec": "10"}}},
    "topology": {"flavor": {"vcpus": 2, "extra_specs": {"hw:cpu_cores": "2"}}},
    "drive": {"cdrom": None},
    "name": {"name": "web-1"},
    "metadata": {"metadata": {"a": "<b>"}, "protect": True},
    "properties": {"image": {"properties": {"hw_disk_bus": "scsi", "hw_vif_model": "e1000"}}},
}


# The test driver neither plugs disks, nor resizes them, nor limits what runs: test_change.py of the lab does.
_OFF = ("disks", "root", "limits")


@pytest.mark.parametrize(
    ("what", "power"),
    [(what, "shutoff") for what in CHANGES]
    + [(what, power) for what in CHANGES if what not in _OFF for power in ("running", "paused")],
)
def test_defined_and_read_back(stocked, make_spec, what, power):
    """There and back again; the second time there is nothing to do. What runs is left as it is or follows."""
    old = born(stocked, make_spec(), "running" if power == "paused" else power)
    if power == "paused":
        stocked.connection.pause(stocked.connection.find_domain(old["uuid"]))
    new = {**make_spec(), "name": "web-1"} if what == "name" else make_spec(**CHANGES[what])
    assert change(stocked, wanted(new), check=True).changed
    assert facts(stocked)["spec"] == old
    assert change(stocked, wanted(new)).changed
    seen = facts(stocked)
    assert (seen["spec"], seen["drift"], seen["power"]) == (new, [], power)
    assert power != "shutoff" or "pending" not in seen
    assert not change(stocked, wanted(new)).changed
    assert not change(stocked, wanted(new), check=True).changed
    if what == "root":
        with pytest.raises(HostError, match="never shrinks"):
            change(stocked, wanted(old))
    else:
        gone = [path_of(stocked, old, name) for name in ("disk.local", "disk.swap")] if what == "disks" else []
        change(stocked, wanted(old, *gone))
        assert (facts(stocked)["spec"], facts(stocked)["drift"]) == (old, [])
        if power == "shutoff":
            assert not any(os.path.exists(path) for path in gone)


def test_what_waits_is_told_and_is_in_the_fingerprint(stocked, make_spec):
    born(stocked, make_spec())
    before = facts(stocked)
    assert "pending" not in before
    change(stocked, wanted(make_spec(flavor={"vcpus": 2})))
    seen = facts(stocked)
    assert seen["pending"] == [{"path": "flavor.vcpus", "running": 1, "defined": 2}]
    domain = stocked.connection.find_domain(seen["uuid"])
    stocked.connection.destroy(domain)
    stocked.connection.start(domain)
    after = facts(stocked)
    assert "pending" not in after
    assert len({before["fingerprint"], seen["fingerprint"], after["fingerprint"]}) == 3


@pytest.mark.parametrize(("ram", "is_hot"), [(64, False), (48, True)])
def test_a_maximum_that_goes_asks_nothing_of_a_balloon(stocked, make_spec, ram, is_hot):
    """A guest without one has all of the maximum: what is declared as before waits, another amount is asked for."""
    spec = born(stocked, make_spec(flavor={"max_ram_mib": 128}))
    domain = stocked.connection.find_domain(spec["uuid"])
    running = ElementTree.fromstring(stocked.connection.running_xml(domain))
    running.find("currentMemory").text = running.findtext("memory")
    change(stocked, wanted(make_spec(flavor={"ram_mib": ram})))
    defined = ElementTree.fromstring(stocked.connection.domain_xml(domain))
    assert "flavor.ram_mib" in [entry["path"] for entry in pending(running, defined)]
    hot = [entry["path"] for _row, entry in live.hot_changes(live.Guest(None, None, running, defined, True))]
    assert hot == (["flavor.ram_mib"] if is_hot else [])


def test_a_lock_does_not_hide_what_waits(stocked, make_spec):
    """The mark of what runs goes on telling what a guest's balloon was asked in vain: it is known by nothing else."""
    spec, reached = born(stocked, make_spec()), make_spec(flavor={"ram_mib": 48})
    domain = stocked.connection.find_domain(spec["uuid"])
    stocked.connection.set_running_mark(domain, mark_xml(reached, {}), PREFIX, NAMESPACE, "shop/web-0")
    waiting = pending_of(stocked, domain)
    instance.set_state(stocked, spec["uuid"], {"lock": {"reason": "audit"}})
    running = ElementTree.fromstring(stocked.connection.running_xml(domain))
    assert (spec_from_domain(running), state_from_domain(running)["lock"]) == (reached, {"reason": "audit"})
    assert facts(stocked)["spec"] == spec
    assert pending_of(stocked, domain) == waiting


def pending_of(host, domain):
    running, defined = host.connection.running_xml(domain), host.connection.domain_xml(domain)
    return pending(ElementTree.fromstring(running), ElementTree.fromstring(defined))


def test_disks_grow_and_keep_what_is_in_them(stocked, make_spec):
    old = born(stocked, make_spec(flavor={"ephemeral_gib": 1, "swap_mib": 1}), "shutoff")
    with open(path_of(stocked, old, "disk.local"), "r+b") as stream:
        stream.write(b"data")
    new = make_spec(flavor={"disk_gib": 3, "ephemeral_gib": 2, "swap_mib": 2})
    change(stocked, wanted(new))
    assert virtual_size(path_of(stocked, old, "disk")) == 3 * GIB
    assert [os.path.getsize(path_of(stocked, old, name)) for name in ("disk.local", "disk.swap")] == [2 * GIB, 2 * MIB]
    with open(path_of(stocked, old, "disk.swap"), "rb") as stream:
        assert stream.read(4096)[1028:1032] == (2 * MIB // 4096 - 1).to_bytes(4, "little")
    with open(path_of(stocked, old, "disk.local"), "rb") as stream:
        assert stream.read(4) == b"data"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"image": {"sha256": "0" * 64}}, "differs"),
        ({"user_data_sha256": "0" * 64}, "differs"),
        ({"cdrom": {"name": "tools", "sha256": "0" * 64, "format": "raw"}}, "image_missing"),
        ({"flavor": {"disk_gib": 0}}, "differs"),
    ],
)
def test_what_cannot_change_is_refused_and_changes_nothing(stocked, make_spec, more, error):
    born(stocked, make_spec(flavor={"disk_gib": 2}), "shutoff")
    before = read_world(stocked)
    more = {**more, "flavor": {"disk_gib": 2, **more.get("flavor", {})}}
    with pytest.raises(HostError) as caught:
        change(stocked, wanted(make_spec(**more)))
    assert caught.value.id == error
    assert read_world(stocked) == before


def test_a_suspended_instance_is_refused(stocked, make_spec):
    spec = born(stocked, make_spec())
    stocked.connection.save(stocked.connection.find_domain(spec["uuid"]))
    with pytest.raises(HostError, match=r"SUSPENDED.*memory that was saved"):
        change(stocked, wanted(make_spec(flavor={"vcpus": 2})))


@pytest.mark.parametrize("path", ["/etc/passwd", "{folder}/../x"])
def test_only_the_instances_own_files_are_destroyed(stocked, make_spec, path):
    spec = born(stocked, make_spec(), "shutoff")
    folder = os.path.dirname(path_of(stocked, spec, "x"))
    with pytest.raises(HostError) as caught:
        change(stocked, wanted(spec, path.format(folder=folder)))
    assert caught.value.id == "bad_request"


def test_no_disk_of_a_snapshot_goes(stocked, make_spec):
    """As a rebuild: a snapshot is of all disks, and could not be put back."""
    spec = born(stocked, make_spec(flavor={"swap_mib": 1}), "shutoff")
    instance.set_state(stocked, spec["uuid"], {"snapshots": {"current": "a", "kept": {"a": {}}}})
    less, swap = make_spec(), path_of(stocked, spec, "disk.swap")
    with pytest.raises(HostError, match=r"it has snapshots \(a\)"):
        change(stocked, wanted(less, swap))
    assert (os.path.exists(swap), facts(stocked)["spec"]) == (True, spec)


def test_a_file_in_use_is_not_destroyed(stocked, make_spec):
    spec = born(stocked, make_spec(), "shutoff")
    change(stocked, wanted(spec, path_of(stocked, spec, "disk")))
    assert os.path.exists(path_of(stocked, spec, "disk"))


def test_what_somebody_did_to_the_definition_is_undone(stocked, make_spec):
    spec = born(stocked, make_spec(flavor={"extra_specs": {"quota:cpu_shares": "512"}}), "shutoff")
    domain = stocked.connection.find_domain(spec["uuid"])
    element = ElementTree.fromstring(stocked.connection.definition(domain))
    element.find("vcpu").text = "4"
    element.find("cputune/shares").text = "7"
    devices = element.find("devices")
    devices.find("interface/source").set("network", "other")
    extra = ElementTree.SubElement(devices, "disk", {"type": "file", "device": "disk"})
    ElementTree.SubElement(extra, "source", {"file": "/elsewhere"})
    ElementTree.SubElement(extra, "target", {"dev": "vdx", "bus": "virtio"})
    stocked.connection.define(ElementTree.tostring(element, encoding="unicode"))
    assert [entry["path"] for entry in facts(stocked)["drift"]] == [
        "flavor.vcpus",
        "disks",
        "hardware.cputune.shares",
        "ports.0.source",
    ]
    change(stocked, wanted(spec))
    assert facts(stocked)["drift"] == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("power", "effect"),
    [("shutoff", effect) for effect in ("disk.create", "disk.grow", "domain.define", "files.remove")]
    + [("running", effect) for effect in ("domain.define", "domain.live", "domain.mark")],
)
def test_failing_anywhere_and_changing_again_ends_in_the_same_world(stocked, make_spec, effect, when, power):
    room = {"max_vcpus": 4, "swap_mib": 1}
    old = born(stocked, make_spec(flavor=room), power)
    goes = path_of(stocked, old, "disk.swap")
    new = make_spec(flavor={**room, "vcpus": 2})
    if power == "shutoff":
        new = make_spec(flavor={"vcpus": 2, "disk_gib": 2, "ephemeral_gib": 1})
    failpoint.arm(f"{effect}.{when}:error@1")
    with pytest.raises(HostError) as caught:
        change(stocked, wanted(new, goes))
    assert caught.value.id == "failpoint"
    failpoint.arm("")
    assert change(stocked, wanted(new, goes)).changed or (effect, when) == ("files.remove", "after")
    seen = facts(stocked)
    assert (seen["spec"], seen["drift"], seen.get("pending")) == (new, [], None)
    assert os.path.exists(goes) == (power == "running")
    assert not change(stocked, wanted(new)).changed


def test_what_is_ignored_is_left_when_something_else_changes(stocked, make_spec):
    """The fleet ignores the network that somebody gave it; its CPUs change all the same, by hand and by the spec."""
    spec = born(stocked, make_spec(), "shutoff")
    xml = stocked.connection.definition(stocked.connection.find_domain(spec["uuid"]))
    stocked.connection.define(xml.replace("network='default'", "network='other'").replace(">1</vcpu>", ">3</vcpu>"))
    assert {entry["path"] for entry in facts(stocked)["drift"]} == {"flavor.vcpus", "ports.0.source"}
    changed = make_spec(flavor={"vcpus": 2}, metadata={"a": "b"})
    leaving = {**wanted(changed), "leave": ["ports.0.source"]}
    change(stocked, leaving)
    assert [entry["path"] for entry in facts(stocked)["drift"]] == ["ports.0.source"]
    assert facts(stocked)["spec"] == changed
    assert not change(stocked, leaving).changed
    assert change(stocked, wanted(changed)).changed
    assert facts(stocked)["drift"] == []


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("flavor.vcpus", "flavor.vcpus"),
        ("flavor.max_vcpus", None),
        ("ports", "ports"),
        ("ports.12.link", "ports.link"),
        ("ports.0.port_security", "ports.port_security"),
        ("ports.0.mtu", None),
        ("ports.0.model", None),
        ("disks", "disks"),
        ("disks.disk.bus", None),
        ("hardware.cputune.quota", "hardware.cputune.quota"),
        ("hardware.cputune.vcpusched", None),
        ("hardware.cpu.topology", None),
    ],
)
def test_what_changes_live_has_a_row_and_the_rest_waits(path, row):
    found = live.row_of(path)
    assert (found and found.path) == row


RUNNING = """<domain type="kvm"><memory unit="MiB">192</memory><currentMemory unit="MiB">128</currentMemory>
<vcpu current="2">4</vcpu><devices/></domain>"""


@pytest.mark.parametrize(
    ("path", "running", "defined", "can"),
    [
        ("flavor.vcpus", 2, 4, True),
        ("flavor.vcpus", 2, 5, False),
        ("flavor.vcpus", 2, 1, False),
        ("flavor.ram_mib", 128, 64, False),
        ("hardware.cputune.shares", None, 9, True),
        ("hardware.cputune.shares", 9, None, False),
        ("hardware.cputune.vcpupin", {"0": "1"}, {"0": "2", "1": "3"}, True),
        ("hardware.cputune.vcpupin", {"0": "1"}, None, False),
        ("disks", ["disk"], ["disk"], False),
        ("ports", [], [], False),
    ],
)
def test_limits_of_what_changes_live(stocked, make_spec, path, running, defined, can):
    born(stocked, make_spec())
    domain = ElementTree.fromstring(RUNNING)
    guest = live.Guest(stocked.connection, stocked.connection.list_domains()[0].domain, domain, domain, True)
    entry = {"path": path, "running": running, "defined": defined}
    assert live.row_of(path).can(guest, entry) == can
