# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/instance.py, volume.py, power.py, failpoint.py: one instance, by itself."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import arguments, failpoint, instance, power, volume
from ansible_collections.novalite.compute.plugins.module_utils.host_error import IDS, HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world


def wanted(spec, power_state="running", **more):
    return {"spec": spec, "power": power_state, "virt_type": "auto", "contents": {}, "timeout_s": 1, **more}


def path_of(host, spec, name):
    return os.path.join(host.state_dir, "instances", spec["uuid"], name)


def test_made_once_then_nothing_to_do(stocked, make_spec):
    spec = make_spec()
    first = instance.ensure(stocked, wanted(spec))
    assert (first.changed, first.before, first.power) == (True, {"spec": None, "power": None}, "running")
    seen = read_world(stocked)["instances"][0]
    assert (seen["power"], seen["fingerprint"]) == ("running", first.fingerprint)
    assert not instance.ensure(stocked, wanted(spec)).changed


def test_check_mode_makes_nothing(stocked, make_spec):
    assert instance.ensure(stocked, wanted(make_spec()), check=True).changed
    assert not os.path.exists(os.path.join(stocked.state_dir, "instances"))
    assert read_world(stocked)["instances"] == []


def test_power_goes_both_ways_and_stays_without_a_wish(stocked, make_spec):
    spec = make_spec()
    for state in ("running", "shutoff", "running"):
        assert instance.ensure(stocked, wanted(spec, state)).power == state
    assert not instance.ensure(stocked, wanted(spec, None)).changed


@pytest.mark.parametrize("state", ["crashed", "asleep", "unknown", "paused", "suspended"])
def test_a_state_that_nobody_asked_about_is_left_alone(stocked, make_spec, monkeypatch, state):
    spec = make_spec()
    instance.ensure(stocked, wanted(spec))
    monkeypatch.setattr(type(stocked.connection), "power", lambda *_: state)
    for name in ("start", "unpause", "wake", "pause", "save", "destroy"):
        monkeypatch.setattr(type(stocked.connection), name, lambda *_, name=name: pytest.fail(name))
    left = instance.ensure(stocked, wanted(spec, None))
    assert (left.changed, left.power) == (False, state)


def test_what_the_mark_alone_makes_true_is_changed_in_place(stocked, make_spec):
    instance.ensure(stocked, wanted(make_spec()))
    changed = make_spec(metadata={"role": "db"}, protect=True, flavor={"name": "other"})
    assert instance.ensure(stocked, wanted(changed)).changed
    assert read_world(stocked)["instances"][0]["spec"] == changed


def test_marking_again_ends_what_an_interrupted_apply_began(stocked, make_spec):
    spec = make_spec()
    instance.ensure(stocked, wanted(spec))
    marker = Path(stocked.state_dir, "instances", spec["uuid"] + ".building")
    marker.write_bytes(b"{}")
    assert read_world(stocked)["instances"][0]["unfinished"]
    assert instance.mark(stocked, spec, check=True).changed is False
    assert marker.exists()
    instance.mark(stocked, spec)
    assert not read_world(stocked)["instances"][0]["unfinished"]


@pytest.mark.parametrize(
    "change", [{"flavor": {"vcpus": 2}}, {"user_data_sha256": "0" * 64}, {"image": {"sha256": "0" * 64}}]
)
def test_what_cannot_change_in_place_is_refused(stocked, make_spec, change):
    instance.ensure(stocked, wanted(make_spec()))
    with pytest.raises(HostError, match=next(iter(change))) as caught:
        instance.ensure(stocked, wanted(make_spec(**change)))
    assert caught.value.id == "differs"


def test_half_made_by_another_spec_is_made_anew(stocked, make_spec):
    failpoint.arm("domain.define.before:error@1")
    with pytest.raises(HostError):
        instance.ensure(stocked, wanted(make_spec(flavor={"swap_mib": 1})))
    spec = make_spec()
    assert os.path.exists(path_of(stocked, spec, "disk.swap"))
    instance.ensure(stocked, wanted(spec))
    assert sorted(os.listdir(os.path.dirname(path_of(stocked, spec, "x")))) == ["disk", "disk.config", "metadata.json"]


@pytest.mark.parametrize(
    ("changes", "files"),
    [
        ({"config_drive": "none"}, ["disk", "metadata.json"]),
        ({"config_drive": "vfat", "flavor": {"swap_mib": 1}}, ["disk", "disk.config", "disk.swap", "metadata.json"]),
        ({"image": {"properties": {"novalite_seed": "ignition"}}}, ["disk", "metadata.json"]),
    ],
)
def test_whatever_its_seed_it_has_its_disks(stocked, make_spec, changes, files):
    spec = make_spec(**changes)
    instance.ensure(stocked, wanted(spec))
    assert sorted(os.listdir(os.path.dirname(path_of(stocked, spec, "x")))) == files
    assert read_world(stocked)["instances"][0]["drift"] == []


def test_a_disk_that_a_guest_may_have_written_is_never_taken_over(stocked, make_spec):
    spec = make_spec()
    instance.ensure(stocked, wanted(spec, "shutoff"))
    stocked.connection.undefine(stocked.connection.find_domain(spec["uuid"]))
    stocked.note_undefined(spec["domain"], spec["uuid"])
    with pytest.raises(HostError) as caught:
        instance.ensure(stocked, wanted(spec))
    assert caught.value.id == "files_in_the_way"
    assert os.path.exists(path_of(stocked, spec, "disk"))


@pytest.mark.parametrize(("disk_gib", "expected"), [(0, 1024 * 1024), (2, 2 * 1024**3)])
def test_root_disks_are_private_overlays_of_the_image(stocked, make_spec, disk_gib, expected):
    for name in ("first-by-qemu-img", "then-by-template"):
        spec = make_spec(name, flavor={"disk_gib": disk_gib})
        volume.ensure(stocked, {"spec": spec})
        path = path_of(stocked, spec, "disk")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        info = json.loads(subprocess.check_output(["qemu-img", "info", "--output=json", path]))
        assert (info["virtual-size"], info["backing-filename-format"]) == (expected, "raw")
        assert info["backing-filename"].endswith(f"{spec['image']['sha256']}.raw")
        assert subprocess.run(["qemu-img", "check", "-q", path], check=False).returncode == 0
    assert not volume.ensure(stocked, {"spec": spec}).changed


def test_swap_is_what_mkswap_writes():
    header = volume.swap_header("8f0e6d3c-6b1a-5c1e-9d55-0d8f6a3b2c11", 1024 * 1024)
    assert (len(header), header[-10:], header[1024:1032]) == (4096, b"SWAPSPACE2", b"\x01\0\0\0\xff\0\0\0")


class _Deaf:
    """A host whose guest does not hear the power button, or hears it the second time."""

    def __init__(self, hears):
        self.connection = self
        self.pressed, self.hears, self.destroyed = 0, hears, False

    def get_own(self, _uuid):
        return self, None, None

    def power(self, _domain):
        return "shutoff" if self.destroyed or (self.hears and self.pressed) else "running"

    def press_power_button(self, _domain):
        self.pressed += 1

    def destroy(self, _domain):
        self.destroyed = True


@pytest.mark.parametrize(
    ("hears", "timeout_s", "pressed", "destroyed"), [(True, 5, 1, False), (False, 0.1, 1, True), (True, 0, 0, True)]
)
def test_a_guest_is_asked_before_its_power_is_taken(hears, timeout_s, pressed, destroyed):
    guest = _Deaf(hears)
    assert power.stop(guest, "u", timeout_s).power == "shutoff"
    assert (guest.pressed, guest.destroyed) == (pressed, destroyed)


@pytest.mark.parametrize("text", ["nowhere:kill@1", "domain.start.before:smile", "x"])
def test_an_unknown_failpoint_is_an_error_of_the_test(text):
    with pytest.raises(ValueError, match="no such failpoint"):
        failpoint.arm(text)


def test_a_failpoint_waits_for_its_turn():
    failpoint.arm("domain.start.before:error@2")
    failpoint.hit("domain.start.before")
    with pytest.raises(HostError):
        failpoint.hit("domain.start.before")
    failpoint.hit("domain.start.before")
    failpoint.arm("")


def test_every_error_id_used_is_declared():
    import re
    from pathlib import Path

    folder = Path(instance.__file__).parent
    used = {name for path in folder.glob("*.py") for name in re.findall(r'HostError\(\s*"(\w+)"', path.read_text())}
    assert used <= IDS
    assert IDS - used == set()


@pytest.mark.parametrize("damage", [b"", b"\0" * 196624, b"QFI"])
def test_a_damaged_template_of_overlays_is_made_again(stocked, make_spec, damage):
    spec = make_spec()
    volume.ensure(stocked, {"spec": spec})
    good = Path(path_of(stocked, spec, "disk")).read_bytes()
    (template,) = [entry for entry in os.scandir(os.path.join(stocked.state_dir, "images")) if "overlay" in entry.name]
    assert stat.S_IMODE(template.stat().st_mode) == 0o444
    os.unlink(template.path)
    with open(template.path, "wb") as stream:
        stream.write(damage)
    volume._templates.clear()
    os.unlink(path_of(stocked, spec, "disk"))
    volume.ensure(stocked, {"spec": spec})
    assert Path(path_of(stocked, spec, "disk")).read_bytes() == good
    assert [
        name for name in os.listdir(os.path.join(stocked.state_dir, "images")) if name.endswith((".part", ".new"))
    ] == []


def test_what_nobody_said_to_ansible_is_not_in_the_spec(make_spec):
    spec = make_spec()
    nulls = {**spec, "cdrom": None, "flavor": {**spec["flavor"], "max_vcpus": None, "max_ram_mib": None}}
    nulls["ports"] = [{**port, "link": None} for port in spec["ports"]]
    assert arguments.without_unsaid(nulls) == spec
    said = make_spec(flavor={"max_vcpus": 4}, cdrom={"name": "tools", "sha256": "0" * 64, "format": "raw"})
    assert arguments.without_unsaid(said) == said
