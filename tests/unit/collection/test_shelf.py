# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/shelf.py and trash.py: instances set aside on a host of libvirt's test driver, and brought back."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import failpoint, shelf
from ansible_collections.novalite.compute.plugins.module_utils.domain_listing import find_leftovers
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from unit.collection.power_cut import PowerCutError, create, on

DAY_S = 86400


def trash(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return on("trash", spec, **{"disks": [], "why": "trashed", "keep_s": DAY_S, "timeout_s": 0, **more})


def delete(host, spec: dict[str, Any]) -> dict[str, Any]:
    entries = read_world(host).get("shelf", [])
    return on("delete", spec, disks=next(entry["disks"] for entry in entries if entry["uuid"] == spec["uuid"]))


def files(host) -> list[str]:
    return sorted(
        str(path.relative_to(host.state_dir))
        for folder in ("instances", "shelf")
        for path in Path(host.state_dir, folder).rglob("*")
        if path.is_file()
    )


def domain_xml(host, uuid: str) -> str:
    return host.connection.secure_xml(host.connection.find_domain(uuid))


@pytest.mark.parametrize("power", ["running", "shutoff", "paused"])
def test_trashed_and_restored_it_is_as_before(apply, make_spec, power):
    spec, host = make_spec(flavor={"swap_mib": 1}), apply.host
    apply(create(spec, power))
    before, disks, xml = read_world(host), files(host), domain_xml(host, spec["uuid"])
    assert apply(trash(spec))["outcome"] == "done"
    seen = read_world(host)
    assert seen["instances"] == []
    assert find_leftovers(host.state_dir, []) == []
    (entry,) = seen["shelf"]
    assert (entry["name"], entry["why"], entry["power"], entry["expired"]) == ("web-0", "trashed", power, False)
    assert entry["usage"] == seen["used"] == {"DISK_GB": 2}
    folder = os.path.join(host.state_dir, "shelf", spec["uuid"])
    assert entry["disks"] == [os.path.join(folder, name) for name in ("disk", "disk.config", "disk.swap")]
    record = Path(folder + ".json")
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert apply(on("restore", spec, power=entry["power"]))["outcome"] == "done"
    assert (read_world(host), files(host), domain_xml(host, spec["uuid"])) == (before, disks, xml)


def test_a_suspended_instance_comes_back_without_its_memory(apply, make_spec):
    spec = make_spec()
    apply(create(spec, "suspended"))
    apply(trash(spec))
    assert apply(on("restore", spec, power="shutoff"))["steps"][0]["power"] == "shutoff"


@pytest.mark.parametrize(("keep_s", "until", "expired"), [(None, False, False), (DAY_S, True, False), (0, True, True)])
def test_the_deadline_is_by_the_hosts_clock(apply, make_spec, keep_s, until, expired):
    spec = make_spec()
    apply(create(spec))
    apply(trash(spec, keep_s=keep_s, why="kept" if keep_s is None else "trashed"))
    (entry,) = read_world(apply.host)["shelf"]
    assert (entry["until"] is not None, entry["expired"]) == (until, expired)


def test_deleted_from_the_trash_nothing_is_left(apply, make_spec):
    spec, host = make_spec(), apply.host
    apply(create(spec))
    apply(trash(spec))
    assert apply(delete(host, spec))["outcome"] == "done"
    assert (files(host), read_world(host).get("shelf"), read_world(host)["used"]) == ([], None, {})


def test_a_file_that_the_plan_does_not_name_survives_on_the_shelf(apply, make_spec):
    spec, host = make_spec(flavor={"swap_mib": 1}), apply.host
    apply(create(spec))
    apply(trash(spec))
    step = delete(host, spec)
    result = apply({**step, "disks": [path for path in step["disks"] if not path.endswith("swap")]})
    assert result["steps"][0]["error"]["id"] == "files_left"
    (entry,) = read_world(host)["shelf"]
    assert (entry["why"], [os.path.basename(path) for path in entry["disks"]]) == ("deleting", ["disk.swap"])
    assert apply(on("restore", spec, power="running"))["steps"][0]["error"]["id"] == "illegal"
    assert apply(delete(host, spec))["outcome"] == "done"
    assert files(host) == []


def test_only_its_own_files_are_ever_removed_from_the_shelf(apply, make_spec):
    spec, other = make_spec(), make_spec("web-1")
    apply(create(spec), create(other))
    apply(trash(spec), trash(other))
    path = delete(apply.host, other)["disks"][0]
    result = apply(on("delete", spec, disks=[path]))
    assert result["steps"][0]["error"]["id"] == "bad_request"
    assert os.path.exists(path)


def test_what_is_on_the_shelf_keeps_its_identity(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    apply(trash(spec))
    assert apply(create(spec))["steps"][0]["error"]["id"] == "name_taken"


@pytest.mark.parametrize(("change", "step"), [({"protect": True}, None), ({}, "lock")])
def test_protected_and_locked_instances_are_not_trashed(apply, make_spec, change, step):
    spec = make_spec(**change)
    apply(create(spec))
    if step:
        apply(on(step, spec, reason="audit"))
    assert apply(trash(spec))["steps"][0]["error"]["id"] == "protected"
    assert read_world(apply.host)["instances"][0]["power"] == "running"
    assert not shelf.is_on_shelf(apply.host.state_dir, spec["uuid"])


def test_a_domain_that_cannot_be_taken_away_leaves_no_record(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    apply(trash(spec), failpoint="domain.undefine.before:error@1")
    seen = read_world(apply.host)
    assert (seen.get("shelf"), seen["instances"][0]["unfinished"], files(apply.host)) == (
        None, False, [f"instances/{spec['uuid']}/{name}" for name in ("disk", "disk.config", "metadata.json")],
    )  # fmt: skip


def test_a_damaged_record_is_said_and_never_taken_for_nothing(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    apply(trash(spec))
    Path(apply.host.state_dir, "shelf", spec["uuid"] + ".json").write_text("{")
    with pytest.raises(Exception, match="cannot be read"):
        read_world(apply.host)


TRASHING = ("domain.destroy", "domain.undefine", "shelf.record", "shelf.move")
RESTORING = ("shelf.record", "shelf.return", "domain.define", "domain.start", "shelf.forget")
PURGING = ("shelf.record", "files.remove", "shelf.forget")


def places(effects: tuple[str, ...]) -> list[str]:
    return [f"{effect}.{when}" for effect in effects for when in ("before", "after")]


@pytest.mark.parametrize("name", places(TRASHING))
def test_killed_while_trashing(apply, make_spec, power_cuts, name):
    """Wherever the power went: the same step again ends the same, and so does giving it up where the domain is left."""
    spec, host = make_spec(), apply.host
    apply(create(spec))
    xml = domain_xml(host, spec["uuid"])
    with pytest.raises(PowerCutError):
        apply(trash(spec), failpoint=f"{name}:kill@1")
    seen = read_world(host)
    assert len(seen["instances"]) + len(seen.get("shelf", [])) == 1
    assert find_leftovers(host.state_dir, seen["instances"]) == []
    if seen["instances"] and name != "shelf.record.before":
        assert seen["instances"][0]["unfinished"]
    host._names = None  # another process takes over
    assert apply(trash(spec))["outcome"] == "done"
    (entry,) = read_world(host)["shelf"]
    assert (entry["power"], entry.get("unfinished")) == ("running", None)
    assert apply(on("restore", spec, power="running"))["outcome"] == "done"
    assert domain_xml(host, spec["uuid"]) == xml


@pytest.mark.parametrize("name", places(TRASHING[:3]))
def test_killed_while_trashing_and_wanted_again(apply, make_spec, power_cuts, name):
    """A fleet that has the instance again keeps it: a mark takes the traces away."""
    spec, host = make_spec(), apply.host
    apply(create(spec))
    with pytest.raises(PowerCutError):
        apply(trash(spec), failpoint=f"{name}:kill@1")
    host._names = None
    if not read_world(host)["instances"]:
        return  # it is in the trash
    assert apply({"action": "mark", "name": spec["name"], "spec": spec}, on("start", spec))["outcome"] == "done"
    (item,) = read_world(host)["instances"]
    assert (item["power"], item["unfinished"], "trashed" in item.get("state", {})) == ("running", False, False)
    assert all(path.startswith("instances/") for path in files(host))


@pytest.mark.parametrize("name", places(RESTORING))
def test_killed_while_restoring(apply, make_spec, power_cuts, name):
    spec, host = make_spec(), apply.host
    apply(create(spec))
    before, disks, xml = read_world(host), files(host), domain_xml(host, spec["uuid"])
    apply(trash(spec))
    with pytest.raises(PowerCutError):
        apply(on("restore", spec, power="running"), failpoint=f"{name}:kill@1")
    host._names = None
    seen = read_world(host)
    states = [item.get("state") for item in seen["instances"] + seen.get("shelf", [])]
    assert len(states) == 1
    if name != "shelf.forget.after":
        assert "trashed" in states[0], "it is back only when all of it is"
    assert apply(on("restore", spec, power="running"))["outcome"] == "done"
    assert (read_world(host), files(host), domain_xml(host, spec["uuid"])) == (before, disks, xml)


@pytest.mark.parametrize("name", places(PURGING))
def test_killed_while_purging(apply, make_spec, power_cuts, name):
    spec, host = make_spec(flavor={"swap_mib": 1}), apply.host
    apply(create(spec))
    apply(trash(spec))
    step = delete(host, spec)
    with pytest.raises(PowerCutError):
        apply(step, failpoint=f"{name}:kill@1")
    if shelf.is_on_shelf(host.state_dir, spec["uuid"]):
        step = delete(host, spec)
    assert apply(step)["outcome"] == "done"
    assert (files(host), read_world(host).get("shelf")) == ([], None)


def test_every_effect_of_the_shelf_is_tried() -> None:
    effects = {effect for effect in failpoint.EFFECTS if effect.startswith("shelf.")}
    assert effects - {"shelf.flatten", "shelf.cover"} <= {*TRASHING, *RESTORING, *PURGING}  # those: test_shelving.py


def test_trashing_what_is_offloaded_and_restoring_it(apply, make_spec):
    """An instance that lies on the shelf as shelved changes the reason for which it lies there, and back."""
    spec, host = make_spec(), apply.host
    apply(create(spec))
    apply(trash(spec))
    path = Path(host.state_dir, "shelf", spec["uuid"] + ".json")
    record = {
        **json.loads(path.read_text()),
        "why": "shelved",
        "until": None,
        "state": {"shelved": {"offloaded": True}},
    }
    path.write_text(json.dumps(record))
    for step, why in ((trash(spec), "trashed"), (on("restore", spec, power="shutoff"), "shelved")):
        assert apply(step)["outcome"] == "done"
        assert read_world(host)["shelf"][0]["why"] == why


OS = "<domain><name>shop.db</name>%s</domain>"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<os firmware='efi'/>", "shop.db_VARS.fd"),
        ("<os><loader type='pflash'>/code</loader></os>", "shop.db_VARS.fd"),
        ("<os><loader type='pflash'>/code</loader><nvram template='/t'>%s/else</nvram></os>", "else"),
        ("<os firmware='efi'><nvram type='file'><source file='%s/else'/></nvram></os>", "else"),
        ("<os><type>hvm</type></os>", None),
    ],
)
def test_variables_of_firmware_are_named_by_the_plan_that_deletes_them(tmp_path, monkeypatch, text, path):
    monkeypatch.setattr(shelf, "NVRAM_DIR", str(tmp_path))
    for name in ("shop.db_VARS.fd", "else"):
        (tmp_path / name).touch()
    record = {"uuid": "u", "xml": OS % (text % tmp_path if "%s" in text else text)}
    assert shelf.kept_by_libvirt(record) == ([] if path is None else [str(tmp_path / path)])
