# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuild.py, resize.py, rescue.py on a host of libvirt's test driver: what becomes of files, domain and mark, and that
an action which ends at any place ends well when it is done again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import failpoint, image, instance
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.paths import instance_dir

OTHER = b"another image".ljust(1024 * 1024, b"\1")
OTHER_IMAGE = {"name": "other", "sha256": hashlib.sha256(OTHER).hexdigest(), "format": "raw"}
BIG = {"ephemeral_gib": 1, "swap_mib": 1}
HUGE = {"name": "huge", "vcpus": 2, "disk_gib": 2, "ephemeral_gib": 2, "swap_mib": 2}


def on(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action": action, "name": spec["name"], "uuid": spec["uuid"], **more}


def create(spec: dict[str, Any], power: str) -> dict[str, Any]:
    step = {"action": "create", "name": spec["name"], "spec": spec, "power": power, "virt_type": "test"}
    return {**step, "contents": {}}


def rebuilt(spec: dict[str, Any]) -> dict[str, Any]:
    step = {"action": "rebuild", "name": spec["name"], "spec": spec, "virt_type": "test", "timeout_s": 0}
    return {**step, "contents": {}}


def resized(spec: dict[str, Any]) -> dict[str, Any]:
    return {"action": "resize", "name": spec["name"], "spec": spec, "virt_type": "test", "timeout_s": 0}


@pytest.fixture
def other(stocked):
    """Put a second image on the host."""
    Path(stocked.state_dir, "images", f"{OTHER_IMAGE['sha256']}.part").write_bytes(OTHER)
    image.ensure(stocked, {**OTHER_IMAGE, "size_bytes": len(OTHER), "url": None})
    return stocked


def folder_of(host, spec: dict[str, Any]) -> Path:
    return Path(instance_dir(host.state_dir, spec["uuid"]))


def content(path: Path) -> tuple[int, str]:
    """Return the size of a disk, and a digest of what a guest reads at its beginning."""
    size = json.loads(subprocess.check_output(["qemu-img", "info", "--output=json", str(path)]))["virtual-size"]
    raw = path.parent.parent / "raw"
    arguments = ["qemu-img", "dd", "-O", "raw", "bs=1M", "count=2", f"if={path}", f"of={raw}"]
    subprocess.run(arguments, check=True, capture_output=True)
    digest = hashlib.sha256(raw.read_bytes()).hexdigest()
    raw.unlink()
    return size, digest


def head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(1_000_000)


def write(path: Path, pattern: int, offset: int = 0) -> None:
    """Write 64 KiB into a disk, as a guest would."""
    command = ["qemu-io", "-c", f"write -P {pattern} {offset} 64k", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def world(host, spec: dict[str, Any]) -> dict[str, Any]:
    """Return all that must be the same however an action was interrupted."""
    (there,) = read_world(host)["instances"]
    text = host.connection.domain_xml(host.connection.find_domain(spec["uuid"]))
    kept = ("power", "spec", "drift", "disks", "unfinished")
    folder = folder_of(host, spec)
    return {
        **{key: there[key] for key in kept},
        "state": {key: {**value, "since": None} for key, value in there.get("state", {}).items()},
        "interrupted": there.get("interrupted"),
        "files": sorted(os.listdir(folder)),
        "beside": sorted(os.listdir(folder.parent)),
        "root": content(folder / "disk"),
        "xml": [line for line in text.splitlines() if "since" not in line],
    }


def outcome(result: dict[str, Any]) -> tuple[str, str | None]:
    (step,) = result["steps"]
    return result["outcome"], (step["error"] or {}).get("id")


@pytest.mark.parametrize("power", ["running", "shutoff"])
def test_a_rebuild_makes_the_root_disk_anew_and_keeps_the_rest(apply, other, make_spec, power):
    spec = make_spec(flavor=BIG)
    apply(create(spec, power))
    folder = folder_of(other, spec)
    for name in ("disk", "disk.local", "disk.swap"):
        write(folder / name, 7, 128 * 1024)
    kept = [head(folder / name) for name in ("disk.local", "disk.swap")]
    drive = (folder / "disk.config").read_bytes()
    wanted = make_spec(flavor=BIG, image=OTHER_IMAGE, metadata={"role": "db"})
    assert outcome(apply(rebuilt(wanted))) == ("done", None)
    assert (folder / "disk.config").read_bytes() != drive
    assert [head(folder / name) for name in ("disk.local", "disk.swap")] == kept
    seen = world(other, wanted)
    assert (seen["power"], seen["spec"], seen["unfinished"]) == (power, wanted, False)
    fresh = make_spec("fresh", image=OTHER_IMAGE)
    instance.make_files(other, {"spec": fresh, "contents": {}})
    assert content(folder / "disk") == content(folder_of(other, fresh) / "disk")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"protect": True}, "protected"),
        ({"domain": "shop.other"}, "differs"),
        ({"flavor": {"swap_mib": 2}}, "differs"),
        ({"user_data_sha256": "0" * 64}, "bad_request"),
        ({"image": {"sha256": "0" * 64}}, "image_missing"),
    ],
)
def test_what_a_rebuild_refuses_before_it_does_anything(apply, stocked, make_spec, change, error):
    spec = make_spec()
    apply(create(spec, "running"))
    before = world(stocked, spec)
    assert outcome(apply(rebuilt(make_spec(**change)))) == ("failed", error)
    assert world(stocked, spec) == before


@pytest.mark.parametrize(("bring", "error"), [("pause", "illegal"), ("suspend", "illegal"), ("lock", "illegal")])
def test_states_in_which_a_rebuild_is_not_legal(apply, stocked, make_spec, bring, error):
    spec = make_spec()
    apply(create(spec, "running"))
    apply(on(bring, spec, reason="audit"))
    before = world(stocked, spec)
    assert outcome(apply(rebuilt(spec))) == ("failed", error)
    assert world(stocked, spec) == before


def test_check_mode_changes_nothing(apply, other, make_spec):
    spec = make_spec()
    apply(create(spec, "running"))
    before = world(other, spec)
    assert apply(rebuilt(make_spec(image=OTHER_IMAGE)), check=True)["changed"]
    assert world(other, spec) == before


def acted(apply, make_spec, act: str) -> dict[str, Any]:
    """Bring a new instance to where an action begins, and return the step that does it."""
    spec = make_spec(flavor=BIG)
    apply(create(spec, "running"))
    write(folder_of(apply.host, spec) / "disk", 7)
    return ACTS[act](apply, make_spec)


def verifying(apply, make_spec, action: str) -> dict[str, Any]:
    """Return the step that ends a resize which was begun."""
    assert outcome(apply(resized(make_spec(flavor=HUGE)))) == ("done", None)
    write(folder_of(apply.host, make_spec()) / "disk", 9)
    return on(action, make_spec(), timeout_s=0)


def rescued(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    image = {**OTHER_IMAGE, "properties": {}}
    return on("rescue", spec, image=image, timeout_s=0, **more)


def in_rescue(apply, make_spec) -> dict[str, Any]:
    """Return the step that ends a rescue which was begun."""
    assert outcome(apply(rescued(make_spec()))) == ("done", None)
    return on("unrescue", make_spec(), timeout_s=0)


ACTS = {
    "rescue": lambda _apply, make_spec: rescued(make_spec()),
    "unrescue": in_rescue,
    "rebuild": lambda _apply, make_spec: rebuilt(make_spec(flavor=BIG, image=OTHER_IMAGE, metadata={"role": "db"})),
    "resize": lambda _apply, make_spec: resized(make_spec(flavor=HUGE)),
    "confirm": lambda apply, make_spec: verifying(apply, make_spec, "confirm"),
    "revert": lambda apply, make_spec: verifying(apply, make_spec, "revert"),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_action_that_fails_anywhere_ends_well_when_done_again(apply, other, make_spec, monkeypatch, act):
    """Every effect that it has, before and after."""
    step, places = acted(apply, make_spec, act), []
    with monkeypatch.context() as watched:
        watched.setattr(failpoint, "hit", places.append)
        assert outcome(apply(step)) == ("done", None)
    spec = make_spec(flavor=BIG)
    reference = world(other, spec)
    places = [place for place in dict.fromkeys(places) if not place.startswith(("journal.", "applied."))]
    for place in places:
        apply(on("delete", spec, disks=world(other, spec)["disks"]))
        step = acted(apply, make_spec, act)
        assert outcome(apply(step, failpoint=f"{place}:error@1"))[0] == "failed", place
        failpoint.arm("")
        assert outcome(apply(step)) == ("done", None), place
        assert world(other, spec) == reference, place
    effects = {place.rpartition(".")[0] for place in places}
    assert effects >= TRIED[act]
    assert all(f"{effect}.{when}" in places for effect in effects for when in ("before", "after"))


_OFF_AND_ON = {"action.begin", "domain.destroy", "domain.define", "domain.start", "action.end"}
TRIED = {
    "rebuild": {*_OFF_AND_ON, "disk.replace", "drive.write"},
    "resize": {*_OFF_AND_ON, "disk.copy", "disk.keep", "disk.replace"},
    "rescue": {*_OFF_AND_ON, "disk.create"},
    "unrescue": {*_OFF_AND_ON, "files.remove"},
    "confirm": {"files.remove", "domain.mark"},
    "revert": {*_OFF_AND_ON, "disk.replace", "files.remove", "disk.create"},
}


def sized(folder: Path) -> dict[str, int]:
    return {name: (content(folder / name)[0]) for name in ("disk", "disk.local", "disk.swap")}


GIB = 1024**3


@pytest.mark.parametrize("power", ["running", "shutoff"])
def test_a_resize_that_is_reverted_puts_back_every_byte(apply, stocked, make_spec, power):
    spec = make_spec(flavor=BIG)
    apply(create(spec, power))
    folder = folder_of(stocked, spec)
    for name in ("disk", "disk.local"):
        write(folder / name, 7)
    before, ephemeral = world(stocked, spec), content(folder / "disk.local")
    bigger = make_spec(flavor=HUGE)
    assert outcome(apply(resized(bigger))) == ("done", None)
    during = world(stocked, bigger)
    kept = [str(folder / name) for name in ("disk.local.resize-old", "disk.resize-old")]
    assert (during["power"], during["spec"], during["drift"]) == (power, bigger, [])
    assert set(kept) <= set(during["disks"])
    assert during["state"]["resize"]["spec"] == spec
    assert sized(folder) == {"disk": 2 * GIB, "disk.local": 2 * GIB, "disk.swap": 2 * 1024**2}
    for name in ("disk", "disk.local"):
        write(folder / name, 9)
    assert outcome(apply(on("revert", spec, timeout_s=0))) == ("done", None)
    assert world(stocked, spec) == before
    assert content(folder / "disk.local") == ephemeral


def test_a_resize_that_is_confirmed_keeps_what_was_written(apply, stocked, make_spec):
    spec, bigger = make_spec(), make_spec(flavor=HUGE)
    apply(create(spec, "running"))
    folder = folder_of(stocked, spec)
    write(folder / "disk", 7)
    apply(resized(bigger))
    write(folder / "disk", 9, 64 * 1024)
    written = content(folder / "disk")
    assert outcome(apply(on("confirm", spec))) == ("done", None)
    seen = world(stocked, bigger)
    assert (seen["root"], seen["files"]) == (
        written,
        ["disk", "disk.config", "disk.local", "disk.swap", "metadata.json"],
    )
    assert "resize" not in seen["state"]
    for again in (on("confirm", spec), on("revert", spec, timeout_s=0)):  # there is none to end any more
        assert apply(again)["changed"] is False
    assert world(stocked, bigger) == seen


def test_a_disk_that_a_resize_added_goes_with_its_revert(apply, stocked, make_spec):
    spec = make_spec()
    apply(create(spec, "shutoff"))
    before = world(stocked, spec)
    apply(resized(make_spec(flavor=HUGE)))
    apply(on("revert", spec, timeout_s=0))
    assert world(stocked, spec) == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"flavor": {**BIG, "disk_gib": 0}}, "differs"),
        ({"flavor": {**BIG, "ephemeral_gib": 0}}, "differs"),
        ({"flavor": {**BIG, "swap_mib": 0}}, "differs"),
        ({"flavor": BIG, "domain": "shop.other"}, "differs"),
        ({"flavor": BIG, "image": {"sha256": "0" * 64}}, "differs"),
    ],
)
def test_what_a_resize_refuses_before_it_does_anything(apply, stocked, make_spec, change, error):
    spec = make_spec(flavor=BIG)
    apply(create(spec, "running"))
    before = world(stocked, spec)
    assert outcome(apply(resized(make_spec(**change)))) == ("failed", error)
    assert world(stocked, spec) == before


def test_a_resize_that_libvirt_refuses_is_taken_back(apply, stocked, make_spec, monkeypatch):
    spec = make_spec()
    apply(create(spec, "running"))
    before = world(stocked, spec)

    def refuse(*_args, **_more):
        raise HostError("libvirt_failed", "no such machine")

    monkeypatch.setattr(type(stocked.connection), "define", refuse)
    assert outcome(apply(resized(make_spec(flavor=HUGE)))) == ("failed", "libvirt_failed")
    assert world(stocked, spec) == before


def test_an_interrupted_resize_can_be_reverted_and_not_become_another(apply, stocked, make_spec):
    spec = make_spec(flavor=BIG)
    apply(create(spec, "running"))
    before = world(stocked, spec)
    for place in ("disk.keep.before", "disk.replace.before", "disk.replace.after", "domain.start.before"):
        assert outcome(apply(resized(make_spec(flavor=HUGE)), failpoint=f"{place}:error@1"))[0] == "failed"
        failpoint.arm("")
        half = world(stocked, spec)
        assert (half["interrupted"], half["unfinished"]) == ("resize", True)
        assert outcome(apply(on("confirm", spec))) == ("failed", "illegal")
        assert outcome(apply(resized(make_spec(flavor={**HUGE, "vcpus": 4})))) == ("failed", "illegal")
        assert outcome(apply(on("revert", spec, timeout_s=0))) == ("done", None)
        assert world(stocked, spec) == before


def test_what_was_kept_and_is_gone_cannot_come_back(apply, stocked, make_spec):
    spec = make_spec()
    apply(create(spec, "running"))
    apply(resized(make_spec(flavor=HUGE)))
    (folder_of(stocked, spec) / "disk.resize-old").unlink()
    before = world(stocked, spec)
    assert outcome(apply(on("revert", spec, timeout_s=0))) == ("failed", "differs")
    assert world(stocked, spec) == before


def test_deleting_an_instance_that_is_being_verified_leaves_nothing(apply, stocked, make_spec):
    spec = make_spec(flavor=BIG)
    apply(create(spec, "running"))
    apply(resized(make_spec(flavor=HUGE)))
    assert outcome(apply(on("delete", spec, disks=world(stocked, spec)["disks"]))) == ("done", None)
    assert list(folder_of(stocked, spec).parent.iterdir()) == []


def devices_of(host, spec: dict[str, Any]) -> list[str]:
    text = host.connection.domain_xml(host.connection.find_domain(spec["uuid"]))
    return [
        ElementTree.tostring(device, encoding="unicode").strip()
        for device in ElementTree.fromstring(text).find("devices")
    ]


@pytest.mark.parametrize("power", ["running", "shutoff"])
@pytest.mark.parametrize("goal", [None, "running", "shutoff"])
def test_a_rescue_adds_a_disk_and_its_end_puts_back_every_byte(apply, other, make_spec, power, goal):
    spec = make_spec(flavor=BIG)
    apply(create(spec, power))
    folder = folder_of(other, spec)
    write(folder / "disk", 7)
    before, devices = world(other, spec), devices_of(other, spec)
    assert outcome(apply(rescued(spec, declared=True))) == ("done", None)
    during = world(other, spec)
    assert (during["power"], during["drift"], during["spec"]) == ("running", [], spec)
    rescue = {"image": "other", "power": power, "since": None, "declared": True}
    assert during["state"]["rescue"] == rescue
    assert str(folder / "disk.rescue") in during["disks"]
    assert content(folder / "disk.rescue") == (len(OTHER), hashlib.sha256(OTHER).hexdigest())
    there = devices_of(other, spec)
    (added,) = [device for device in there if device not in devices]
    assert [device for device in there if device != added] == devices
    disk = ElementTree.fromstring(added)
    assert (disk.find("target").attrib, disk.find("boot").get("order")) == ({"dev": "vdd", "bus": "virtio"}, "1")
    assert apply(rescued(spec))["changed"] is False
    assert outcome(apply(on("unrescue", spec, timeout_s=0, power=goal))) == ("done", None)
    assert world(other, spec) == {**before, "power": goal or power}


@pytest.mark.parametrize(("bring", "error"), [("pause", "illegal"), ("suspend", "illegal"), ("lock", "illegal")])
def test_states_in_which_a_rescue_is_not_legal(apply, other, make_spec, bring, error):
    spec = make_spec()
    apply(create(spec, "running"))
    apply(on(bring, spec, reason="audit"))
    before = world(other, spec)
    assert outcome(apply(rescued(spec))) == ("failed", error)
    assert world(other, spec) == before


def test_a_rescue_disk_that_somebody_took_away_is_drift(apply, other, make_spec):
    spec = make_spec()
    apply(create(spec, "running"))
    apply(rescued(spec))
    domain = other.connection.find_domain(spec["uuid"])
    definition = ElementTree.fromstring(other.connection.definition(domain))
    devices = definition.find("devices")
    devices.remove(next(disk for disk in devices.findall("disk") if disk.find("boot") is not None))
    other.connection.define(ElementTree.tostring(definition, encoding="unicode"), validate=False)
    assert [entry["path"] for entry in world(other, spec)["drift"]] == ["rescue"]


def test_deleting_an_instance_in_rescue_leaves_nothing(apply, other, make_spec):
    spec = make_spec(flavor=BIG)
    apply(create(spec, "running"))
    apply(rescued(spec))
    assert outcome(apply(on("delete", spec, disks=world(other, spec)["disks"]))) == ("done", None)
    assert list(folder_of(other, spec).parent.iterdir()) == []


def test_a_rescue_without_its_image_does_nothing(apply, stocked, make_spec):
    spec = make_spec()
    apply(create(spec, "running"))
    before = world(stocked, spec)
    assert outcome(apply(rescued(spec))) == ("failed", "image_missing")
    assert world(stocked, spec) == before
