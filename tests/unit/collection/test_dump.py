# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/dump.py, guest_agent.py, diagnostics.py: what is asked of one guest."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import (
    diagnostics,
    dump,
    failpoint,
    guest_agent,
    instance,
    power,
)
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.instance_folder import describe_leftover
from ansible_collections.novalite.compute.plugins.module_utils.packed import unpack
from unit.collection.conftest import killed

NAME = "dump-0001.kdump"


@pytest.fixture
def guest(stocked, make_spec):
    spec = make_spec()
    instance.ensure(stocked, {"spec": spec, "power": "running", "virt_type": "auto", "contents": {}})
    return stocked, spec["uuid"], Path(stocked.state_dir, "instances", spec["uuid"])


def test_a_dump_is_a_file_of_the_instance(guest):
    host, uuid, folder = guest
    assert dump.dump(host, uuid, NAME, check=True).changed
    assert not (folder / NAME).exists()
    made = dump.dump(host, uuid, NAME)
    assert (made.changed, made.facts["path"]) == (True, str(folder / NAME))
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    (seen,) = read_world(host)["instances"]
    assert (str(folder / NAME) in seen["disks"], seen["power"]) == (True, "running")
    assert not dump.dump(host, uuid, NAME).changed


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_and_asked_again(guest, when):
    host, uuid, folder = guest
    failpoint.arm(f"dump.write.{when}:kill@1")
    assert killed(lambda: dump.dump(host, uuid, NAME))
    failpoint.arm("")
    (folder / (NAME + ".part")).write_bytes(b"half")  # what a kill in the middle leaves
    assert NAME + ".part" not in str(read_world(host)["instances"][0]["disks"])
    assert dump.dump(host, uuid, NAME).changed == (when == "before")
    assert (folder / NAME).read_bytes() != b"half"
    assert describe_leftover(str(folder))["disks"] == [str(folder / name) for name in ("disk", NAME)]


@pytest.mark.parametrize("name", ["dump-1.kdump", "../dump-0001.elf", "disk", "dump-0001.elf\n"])
def test_only_its_own_names(guest, name):
    host, uuid, _folder = guest
    with pytest.raises(HostError) as caught:
        dump.dump(host, uuid, name)
    assert caught.value.id == "bad_request"


def test_a_guest_that_is_off_has_no_memory(guest):
    host, uuid, folder = guest
    power.stop(host, uuid, 0)
    with pytest.raises(HostError, match="it is SHUTOFF"):
        dump.dump(host, uuid, NAME)
    assert sorted(os.listdir(folder)) == ["disk", "disk.config", "metadata.json"]
    wanted = {"name": uuid, "project": None}
    assert unpack(diagnostics.ensure(host, wanted).facts["packed"])[0]["agent"] == "it is off"


class Agent:
    """A libvirt whose guest has an agent, or none; it stands for host, connection and domain."""

    state_dir = "/nowhere"

    def __init__(self, has_agent):
        self.has_agent, self.heard, self.connection = has_agent, [], self

    def get_own(self, _uuid):
        from xml.etree import ElementTree

        return self, ElementTree.Element("domain"), {}

    def power(self, _domain):
        return "running"

    def set_password(self, _domain, user, password):
        self.heard.append((user, password))
        return self.has_agent


@pytest.mark.parametrize(
    ("has_agent", "password", "error"), [(1, "x", None), (0, "x", "no_agent"), (1, None, "bad_request")]
)
def test_passwords(has_agent, password, error):
    agent = Agent(has_agent)
    if error is None:
        assert guest_agent.set_password(agent, "u", "root", password).changed
        assert agent.heard == [("root", "x")]
        return
    with pytest.raises(HostError) as caught:
        guest_agent.set_password(agent, "u", "root", password)
    assert caught.value.id == error
    assert "x" not in agent.heard[1:]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_password_is_set_again_after_a_crash(when):
    agent = Agent(True)
    failpoint.arm(f"guest.password.{when}:kill@1")
    assert killed(lambda: guest_agent.set_password(agent, "u", "root", "x"))
    failpoint.arm("")
    assert guest_agent.set_password(agent, "u", "root", "x").changed


def test_counters_by_novas_names():
    stats = {
        "cpu.time": 5, "vcpu.current": 1, "vcpu.maximum": 2, "vcpu.0.time": 4, "net.count": 1, "net.0.rx.bytes": 7,
        "net.0.tx.drop": 1, "block.count": 1, "block.0.name": "vda", "block.0.rd.reqs": 3, "balloon.maximum": 65536,
        "balloon.current": 32768,
    }  # fmt: skip
    said = diagnostics.counters(stats, ["52:54:00:00:00:01"])
    assert said["cpu_details"] == [{"id": 0, "time": 4}]
    assert said["nic_details"] == [{"mac_address": "52:54:00:00:00:01", "rx_octets": 7, "tx_drop": 1}]
    assert said["disk_details"] == [{"device": "vda", "read_requests": 3}]
    assert said["memory_details"] == {"maximum": 64, "used": 32, "resident": 0}
    assert (said["num_cpus"], said["num_nics"], said["num_disks"]) == (1, 1, 1)


def test_what_an_agent_tells():
    info = {
        "hostname": "web", "os.pretty-name": "Tiny", "user.count": 1, "user.0.name": "root", "fs.count": 1,
        "fs.0.mountpoint": "/", "fs.0.total-bytes": 9, "if.count": 1, "if.0.name": "eth0", "if.0.addr.count": 1,
        "if.0.addr.0.addr": "10.0.0.1",
    }  # fmt: skip
    said = diagnostics.guest(info)
    assert (said["hostname"], said["os"], said["users"]) == ("web", {"pretty-name": "Tiny"}, [{"name": "root"}])
    assert said["file_systems"] == [{"mountpoint": "/", "total_bytes": 9}]
    assert said["interfaces"] == [{"name": "eth0", "mac": None, "addresses": ["10.0.0.1"]}]
