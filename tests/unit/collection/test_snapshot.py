# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/snapshot.py, disk_copy.py, disk_image.py: copies of disks of a guest that is off."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import (
    deletion,
    disk_image,
    failpoint,
    instance,
    rebuild,
    snapshot,
    trash,
)
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import collect_facts, read_world
from unit.collection.conftest import SHA256, killed

CONFIG = {"virt_type": "auto", "state_dir": "/var/lib/novalite"}

DISKS = {"disk": "qcow2", "disk.swap": "raw"}


class Guest:
    """An instance with two disks, that is off."""

    def __init__(self, host, spec):
        self.host, self.spec, self.uuid = host, spec, spec["uuid"]
        self.folder = Path(host.state_dir, "instances", self.uuid)

    def write(self, text):
        """Put other bytes on all disks, where the image has its own too."""
        for name, kind in DISKS.items():
            for place in (0, 700_000):
                io = ["qemu-io", "-f", kind, "-c", f"write -P {ord(text)} {place} 64k", str(self.folder / name)]
                subprocess.run(io, check=True, capture_output=True)

    def contents(self):
        """Return the digest of what the guest would see of each disk."""
        found = {}
        for name, kind in DISKS.items():
            raw = self.folder.parent / "contents"
            subprocess.run(
                ["qemu-img", "convert", "-f", kind, "-O", "raw", str(self.folder / name), str(raw)], check=True
            )
            found[name] = hashlib.sha256(raw.read_bytes()).hexdigest()
            raw.unlink()
        return found

    def facts(self):
        return read_world(self.host)["instances"][0]

    @property
    def snapshots(self):
        said = (self.facts().get("state") or {}).get("snapshots") or {"current": None, "kept": {}}
        return said["current"], {name: entry["parent"] for name, entry in said["kept"].items()}

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def guest(stocked, make_spec):
    spec = make_spec(flavor={"disk_gib": 0, "swap_mib": 1})
    instance.ensure(stocked, {"spec": spec, "power": "shutoff", "virt_type": "auto", "contents": {}})
    return Guest(stocked, spec)


def files(*names):
    return sorted(
        ["disk", "disk.config", "disk.swap", "metadata.json"] + [f"snapshot-{n}.{d}" for n in names for d in DISKS]
    )


def test_the_tree(guest):
    """Each snapshot's parent is the one that the disks came from when it was made."""
    for name in ("a", "b"):
        assert snapshot.create(guest.host, guest.uuid, name).changed
    snapshot.revert(guest.host, guest.uuid, "a")
    snapshot.create(guest.host, guest.uuid, "c")
    assert guest.snapshots == ("c", {"a": None, "b": "a", "c": "a"})
    assert (guest.names(), guest.facts()["drift"]) == (files("a", "b", "c"), [])
    disks = [name for name in files("a", "b", "c") if name != "metadata.json"]
    assert [Path(path).name for path in guest.facts()["disks"]] == disks
    assert not snapshot.create(guest.host, guest.uuid, "a").changed
    snapshot.delete(guest.host, guest.uuid, "a")
    assert guest.snapshots == ("c", {"b": None, "c": None})
    for name in ("c", "b", "b"):
        snapshot.delete(guest.host, guest.uuid, name)
    assert (guest.names(), "snapshots" in (guest.facts().get("state") or {})) == (files(), False)


def test_disks_are_what_they_were(guest):
    before, seen = guest.contents(), {}
    for text in "ab":
        guest.write(text)
        snapshot.create(guest.host, guest.uuid, text)
        seen[text] = guest.contents()
    assert before != seen["a"] != seen["b"]
    guest.write("x")
    for text in "ab":
        snapshot.revert(guest.host, guest.uuid, text)
        assert guest.contents() == seen[text]
        guest.write("y")  # the copy is not what the guest writes to
    snapshot.delete(guest.host, guest.uuid, "a")
    snapshot.revert(guest.host, guest.uuid, "b")
    assert guest.contents() == seen["b"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("effect", "function"),
    [
        ("snapshot.write", snapshot.create),
        ("snapshot.prepare", snapshot.revert),
        ("snapshot.revert", snapshot.revert),
        ("snapshot.remove", snapshot.delete),
        ("domain.mark", snapshot.create),
        ("domain.mark", snapshot.revert),
        ("domain.mark", snapshot.delete),
    ],
)
def test_killed_anywhere_and_asked_again(guest, effect, function, when):
    guest.write("a")
    snapshot.create(guest.host, guest.uuid, "first")
    seen = guest.contents()
    guest.write("b")
    if function is snapshot.revert:
        snapshot.create(guest.host, guest.uuid, "later")
    name = "second" if function is snapshot.create else "first"
    failpoint.arm(f"{effect}.{when}:kill@1")
    assert killed(lambda: function(guest.host, guest.uuid, name))
    failpoint.arm("")
    assert not any(path.endswith((".part", ".new")) for path in guest.facts()["disks"])
    function(guest.host, guest.uuid, name)
    expected = {snapshot.create: ("first", "second"), snapshot.revert: ("first", "later"), snapshot.delete: ()}[
        function
    ]
    assert (guest.names(), tuple(guest.snapshots[1])) == (files(*expected), expected)
    if function is snapshot.revert:
        assert guest.contents() == seen
    assert not guest.facts()["unfinished"]


def test_half_deleted_is_not_gone_back_to(guest):
    snapshot.create(guest.host, guest.uuid, "a")
    (guest.folder / "snapshot-a.disk.swap").unlink()
    before = guest.contents()
    with pytest.raises(HostError, match=r"lacks its copy of disk\.swap"):
        snapshot.revert(guest.host, guest.uuid, "a")
    assert guest.contents() == before


@pytest.mark.parametrize("name", ["../x", "A", "", "a.b"])
def test_names_that_are_none(guest, name):
    with pytest.raises(ValueError, match="no name"):
        snapshot.create(guest.host, guest.uuid, name)


def test_what_would_change_its_disks_is_refused(guest):
    snapshot.create(guest.host, guest.uuid, "a")
    wanted = {"spec": guest.spec, "virt_type": "test", "contents": {}, "timeout_s": 0}
    with pytest.raises(HostError, match=r"it has snapshots \(a\)"):
        rebuild.rebuild(guest.host, wanted)


def test_deleting_the_instance_names_its_snapshots(guest):
    snapshot.create(guest.host, guest.uuid, "a")
    disks = guest.facts()["disks"]
    assert str(guest.folder / "snapshot-a.disk") in disks
    deletion.delete(guest.host, guest.uuid, disks)
    assert not guest.folder.exists()


def test_snapshots_go_into_the_trash_and_come_back(guest):
    guest.write("a")
    snapshot.create(guest.host, guest.uuid, "a")
    seen = guest.contents()
    guest.write("b")
    trash.trash(guest.host, guest.uuid, "trashed", 3600, 0)
    assert not guest.folder.exists()
    trash.restore(guest.host, guest.uuid, "shutoff")
    assert (guest.names(), guest.snapshots) == (files("a"), ("a", {"a": None}))
    snapshot.revert(guest.host, guest.uuid, "a")
    assert guest.contents() == seen


def test_a_disk_that_has_grown_keeps_its_size(guest):
    snapshot.create(guest.host, guest.uuid, "a")
    subprocess.run(["qemu-img", "resize", "-q", "-f", "qcow2", str(guest.folder / "disk"), "4M"], check=True)
    snapshot.revert(guest.host, guest.uuid, "a")
    info = subprocess.check_output(["qemu-img", "info", str(guest.folder / "disk")], text=True)
    assert "virtual size: 4 MiB" in info
    assert SHA256 in info  # still on its image


def test_an_image_holds_everything(guest):
    guest.write("a")
    assert disk_image.make_image(guest.host, guest.uuid, check=True).changed
    told = disk_image.make_image(guest.host, guest.uuid).facts
    path = Path(guest.host.state_dir, "images", f"{told['sha256']}.qcow2")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == told["sha256"]
    assert (path.stat().st_mode & 0o777, told["virtual_bytes"]) == (0o444, 1024**2)
    assert "backing" not in subprocess.check_output(["qemu-img", "info", str(path)], text=True)
    copy = guest.folder.parent / "copy"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(path), str(copy)], check=True)
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == guest.contents()["disk"]
    assert not disk_image.make_image(guest.host, guest.uuid).changed  # the same content is the same image


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_image_after_a_crash(guest, when):
    failpoint.arm(f"image.publish.{when}:kill@1")
    assert killed(lambda: disk_image.make_image(guest.host, guest.uuid))
    failpoint.arm("")
    disk_image.make_image(guest.host, guest.uuid)
    assert not list(Path(guest.host.state_dir, "images").glob("*.part"))


def test_backups_rotate(guest):
    for number in range(1, 4):
        paths = [Path(path) for path in guest.facts().get("backups", ())]
        removes = [str(path) for path in paths[: max(0, len(paths) - 1)]]
        made = disk_image.back_up(guest.host, guest.uuid, f"{number:04}.qcow2", removes)
        assert made.facts["path"].endswith(f"/backups/{guest.uuid}/{number:04}.qcow2")
    assert [Path(path).name for path in guest.facts()["backups"]] == ["0002.qcow2", "0003.qcow2"]
    assert Path(made.facts["path"]).stat().st_mode & 0o777 == 0o600
    kept = guest.facts()["backups"]
    assert "gone_backups" not in collect_facts(guest.host, CONFIG)
    deletion.delete(guest.host, guest.uuid, guest.facts()["disks"])
    assert collect_facts(guest.host, CONFIG)["gone_backups"] == [{"uuid": guest.uuid, "paths": kept}]
    assert len(kept) == 2


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["backup.write", "backup.remove"])
def test_a_backup_after_a_crash(guest, effect, when):
    old = disk_image.back_up(guest.host, guest.uuid, "0001.qcow2", []).facts["path"]
    failpoint.arm(f"{effect}.{when}:kill@1")
    assert killed(lambda: disk_image.back_up(guest.host, guest.uuid, "0002.qcow2", [old]))
    failpoint.arm("")
    disk_image.back_up(guest.host, guest.uuid, "0002.qcow2", [old])
    assert sorted(path.name for path in Path(old).parent.iterdir()) == ["0002.qcow2"]


@pytest.mark.parametrize(("name", "removes"), [("x.qcow2", []), ("0001.qcow2", ["/etc/passwd"]), ("../0001.qcow2", [])])
def test_backups_touch_their_own_files_only(guest, name, removes):
    with pytest.raises(HostError) as caught:
        disk_image.back_up(guest.host, guest.uuid, name, removes)
    assert caught.value.id == "bad_request"
