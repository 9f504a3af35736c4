# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/shelving.py on a host of libvirt's test driver, with disks that qemu-img reads: what the guest sees."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.shelf import is_overlay
from unit.collection.power_cut import PowerCutError, create, on


@pytest.fixture
def spec(make_spec) -> dict[str, Any]:
    """Its root disk is as large as the image, 1 MiB: quick to read."""
    made: dict[str, Any] = make_spec(flavor={"disk_gib": 0, "swap_mib": 1})
    return made


def root(host, spec: dict[str, Any]) -> Path:
    return next(Path(host.state_dir).glob(f"*/{spec['uuid']}/disk"))


def write(host, spec: dict[str, Any]) -> None:
    """Write as a guest does: data, and zeros where the image has none."""
    commands = ["write -q -P 171 512k 64k", "write -q -z 0 64k"]
    options = [part for command in commands for part in ("-c", command)]
    subprocess.run(["qemu-io", *options, str(root(host, spec))], check=True, capture_output=True)


def seen_by_guest(host, spec: dict[str, Any]) -> str:
    raw = Path(host.state_dir, "raw")
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(root(host, spec)), str(raw)], check=True)
    return hashlib.sha256(raw.read_bytes()).hexdigest()


def only(host) -> dict[str, Any]:
    """Return the one instance that there is, with or without a domain."""
    world = read_world(host)
    (item,) = world["instances"] + world.get("shelf", [])
    found: dict[str, Any] = item
    return found


@pytest.mark.parametrize("power", ["running", "shutoff", "paused"])
def test_shelved_it_is_off_and_still_defined(apply, spec, power):
    apply(create(spec, power))
    assert apply(on("shelve", spec, timeout_s=5))["outcome"] == "done"
    item = only(apply.host)
    assert (item["power"], item["state"]["shelved"]) == ("shutoff", {"declared": False})
    assert apply(on("shelve", spec, timeout_s=5))["steps"][0]["outcome"] == "nothing"
    assert apply(on("unshelve", spec))["outcome"] == "done"
    item = only(apply.host)
    assert (item["power"], "shelved" in item["state"]) == ("running", False)


def test_shelved_by_declaration_from_birth_and_later(apply, make_spec):
    born, later = make_spec("born"), make_spec("later")
    apply(create(born, "shelved"), create(later))
    assert apply(on("shelve", later, timeout_s=0, applied="shelved"))["outcome"] == "done"
    for item in read_world(apply.host)["instances"]:
        assert (item["power"], item["state"]) == (
            "shutoff", {"shelved": {"declared": True}, "power": {"applied": "shelved"}},
        )  # fmt: skip


def test_a_suspended_instance_keeps_its_memory_while_shelved(apply, spec):
    apply(create(spec, "suspended"))
    assert apply(on("shelve", spec))["outcome"] == "done"
    assert only(apply.host)["power"] == "suspended"
    assert apply(on("offload", spec))["steps"][0]["error"]["id"] == "illegal"
    assert apply(on("unshelve", spec))["outcome"] == "done"


def test_only_what_is_shelved_is_offloaded(apply, spec):
    apply(create(spec, "shutoff"))
    result = apply(on("offload", spec))
    assert (result["steps"][0]["error"]["id"], only(apply.host)["power"]) == ("illegal", "shutoff")


@pytest.mark.parametrize("has_image", [True, False])
def test_offloaded_and_unshelved_the_guest_sees_the_same(apply, spec, has_image):
    """The image may be gone from the host meanwhile: the disk holds all of it."""
    host = apply.host
    apply(create(spec))
    write(host, spec)
    before, mark = seen_by_guest(host, spec), only(host)
    apply(on("shelve", spec, timeout_s=0))
    assert apply(on("offload", spec))["outcome"] == "done"
    entry = only(host)
    assert (entry["why"], entry["usage"], entry.get("unfinished")) == ("shelved", {"DISK_GB": 1}, None)
    assert not is_overlay(str(root(host, spec)))
    assert seen_by_guest(host, spec) == before
    if not has_image:
        next(Path(host.state_dir, "images").glob("*.raw")).unlink()
    assert apply(on("unshelve", spec))["outcome"] == "done"
    xml = host.connection.secure_xml(host.connection.find_domain(spec["uuid"]))
    assert is_overlay(str(root(host, spec))) == ("<backingStore type='file'" in xml) == has_image
    assert seen_by_guest(host, spec) == before
    item = only(host)
    assert (item["power"], item["spec"], item["drift"], item["unfinished"]) == ("running", spec, [], False)
    assert item.get("state") == mark.get("state")


def test_snapshots_in_the_disk_are_not_lost(apply, spec):
    apply(create(spec))
    apply(on("shelve", spec, timeout_s=0))
    subprocess.run(["qemu-img", "snapshot", "-c", "one", str(root(apply.host, spec))], check=True)
    result = apply(on("offload", spec))
    assert (result["steps"][0]["error"]["id"], only(apply.host)["power"]) == ("illegal", "shutoff")


def places(*effects: str) -> list[str]:
    return [f"{effect}.{when}" for effect in effects for when in ("before", "after")]


SHELVING = places("domain.shutdown", "domain.mark")
OFFLOADING = places("shelf.record", "domain.undefine", "shelf.move", "shelf.flatten")
UNSHELVING = places("shelf.record", "shelf.return", "shelf.cover", "domain.define", "domain.start", "shelf.forget")


@pytest.mark.parametrize(
    ("action", "name"),
    [
        *[("shelve", name) for name in SHELVING],
        *[("offload", name) for name in OFFLOADING],
        *[("unshelve", name) for name in UNSHELVING],
    ],
)
def test_killed_on_the_way(apply, spec, power_cuts, action, name):
    """Wherever the power went, the same step again ends the same, and the guest's disk is what it was."""
    host = apply.host
    apply(create(spec))
    write(host, spec)
    before = seen_by_guest(host, spec)
    for step in ("shelve", "offload", "unshelve"):
        if step != action:
            assert apply(on(step, spec, timeout_s=5))["outcome"] == "done"
            continue
        with pytest.raises(PowerCutError):
            apply(on(step, spec, timeout_s=5), failpoint=f"{name}:kill@1")
        host._names = None
        only(host)
        assert seen_by_guest(host, spec) == before
        assert apply(on(step, spec, timeout_s=5))["outcome"] == "done"
    item = only(host)
    assert (item["power"], item["drift"], item["unfinished"]) == ("running", [], False)
    assert "shelved" not in item["state"]
    assert seen_by_guest(host, spec) == before
    assert list(Path(host.state_dir, "shelf").iterdir()) == []


@pytest.mark.parametrize("name", OFFLOADING)
def test_killed_while_offloading_and_wanted_back(apply, spec, power_cuts, name):
    """It may be unshelved at once, whatever was done of it."""
    host = apply.host
    apply(create(spec))
    write(host, spec)
    before = seen_by_guest(host, spec)
    apply(on("shelve", spec, timeout_s=0))
    with pytest.raises(PowerCutError):
        apply(on("offload", spec), failpoint=f"{name}:kill@1")
    host._names = None
    assert apply(on("unshelve", spec))["outcome"] == "done"
    assert only(host)["power"] == "running"
    assert seen_by_guest(host, spec) == before
