# SPDX-License-Identifier: GPL-3.0-or-later
"""plan/rebuild.py, resize.py, rescue.py: what the plan says and carries, and what it refuses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    DEBIAN,
    SMALL,
    make_facts,
    make_fleet,
    make_instance,
    make_present,
    make_snapshot,
    make_user_data,
)
from novalite.model.content import GuestFile
from novalite.model.flavor import Flavor
from novalite.model.ignore import Ignore
from novalite.model.image import Image
from novalite.model.verb import VERBS
from novalite.plan import problems_acts as ids
from novalite.plan.build import reconcile
from novalite.plan.file import plan_from_json, plan_to_json, verify
from novalite.plan.problems import ILLEGAL
from novalite.plan.rebuild import plan_rebuild
from novalite.plan.rescue import plan_rescue
from novalite.plan.resize import flavor_note, plan_resize
from novalite.plan.verb import plan_verb
from novalite.render.text import plan_text
from novalite.spec.load import load_fleet
from simulate import simulate

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

FEDORA = Image("fedora", "/images/fedora.qcow2", "f" * 64, "qcow2", size_bytes=1000)
WEB = make_instance("web")


def around(instance: Instance = WEB, wanted: Instance | None = None, **present: Any) -> tuple[Fleet, Snapshot]:
    """Return the fleet that wants ``wanted``, and hosts on which the instance lives."""
    fleet = make_fleet(wanted or instance)
    return fleet, make_snapshot(make_facts("kvm-1", make_present(instance, **present)), make_facts("kvm-2"))


def rebuilding(fleet: Fleet, snapshot: Snapshot, image: Image | None = None) -> Plan:
    return plan_rebuild(fleet, snapshot, list(snapshot.instances()), image)


@pytest.mark.parametrize("power", ["running", "shutoff", "crashed"])
def test_a_rebuild_names_what_it_destroys_and_keeps_identity(power: str) -> None:
    wanted = attrs.evolve(WEB, user_data=make_user_data(b"#cloud-config\nx: 1\n"), metadata={"role": "db"})
    fleet, snapshot = around(WEB, wanted, power=power)
    plan = rebuilding(fleet, snapshot, FEDORA)
    (before,) = snapshot.instances()
    (line,) = plan.changes
    assert (line.action, line.disruption, line.destroys) == ("rebuild", "rebuild", before.disks)
    assert "debian-12 -> fedora" in plan_text(plan)
    assert "rebuild, 1 disk destroyed" in plan_text(plan)
    assert ("power button" in line.reason) == (power == "running")
    assert [step.action for step in plan.waves[0]] == ["image", "rebuild"]
    assert plan.contents == {wanted.user_data.sha256: base64.b64encode(wanted.user_data.content).decode()}  # type: ignore[union-attr]
    assert plan_from_json(plan_to_json(plan)).waves == plan.waves
    assert not verify(plan, snapshot)
    (after,) = simulate(snapshot, plan).instances()
    spec = after.spec
    assert (spec["image"]["name"], spec["metadata"], after.power) == ("fedora", {"role": "db"}, power)
    same = ("uuid", "domain", "ports", "flavor")
    assert {key: spec[key] for key in same} == {key: before.spec[key] for key in same}


def test_a_rebuild_takes_what_the_guest_reads_at_first_boot_and_its_contents() -> None:
    file = GuestFile("/etc/motd", make_user_data(b"hello"))
    vendor = make_user_data(b"{}")
    wanted = attrs.evolve(WEB, files=(file,), hostname="www", vendor_data=vendor, config_drive="vfat")
    fleet, snapshot = around(WEB, wanted, host_key="none", config_drive="none")
    plan = rebuilding(fleet, snapshot)
    assert set(plan.contents) == {file.content.sha256, vendor.sha256}
    (after,) = simulate(snapshot, plan).instances()
    assert (after.spec["hostname"], after.spec["config_drive"]) == ("www", "vfat")
    assert after.spec["files"] == [{"path": "/etc/motd", "sha256": file.content.sha256}]
    assert "host_key" not in after.spec


def test_a_rebuild_says_what_of_somebodys_it_undoes() -> None:
    """By the verb and by declaration, also where plans leave it alone (drift_ignores)."""
    path = "hardware.video.model"
    drift = [{"path": path, "expected": None, "actual": "vga"}]
    fleet, snapshot = around(WEB, WEB, drift=drift)
    assert f"what was changed by hand is undone: {path}" in rebuilding(fleet, snapshot).changes[0].reason
    ignores = (Ignore("hardware.*", "a display"),)
    ignoring = attrs.evolve(make_fleet(attrs.evolve(WEB, image=FEDORA)), drift_ignores=ignores)
    (line,) = reconcile(ignoring, snapshot, max_disruption="rebuild").changes
    assert (line.action, f"undone, though ignored: {path}" in line.reason) == ("rebuild", True)


def test_a_rebuild_leaves_what_else_the_fleet_wants_to_the_next_plan() -> None:
    fleet, snapshot = around(WEB, attrs.evolve(WEB, flavor=attrs.evolve(SMALL, vcpus=2)))
    (after,) = simulate(snapshot, rebuilding(fleet, snapshot)).instances()
    assert after.spec["flavor"]["vcpus"] == 1


LOCKED = {"lock": {"reason": "audit"}}


@pytest.mark.parametrize(
    ("present", "wanted", "image", "problem", "says"),
    [
        ({"power": "paused"}, {}, None, ILLEGAL, "rebuild is possible in ACTIVE, SHUTOFF, ERROR"),
        ({"power": "suspended"}, {}, None, ILLEGAL, "it is SUSPENDED"),
        ({"state": LOCKED}, {}, None, ILLEGAL, "audit"),
        ({"state": {"rescue": {}}}, {}, None, ILLEGAL, "it is RESCUE"),
        ({"protect": True}, {}, None, ids.PROTECTED, "protected"),
        ({}, {"protect": True}, None, ids.PROTECTED, "protected"),
        ({}, {"name": "other"}, None, ids.NOT_DECLARED, "--fleet"),
        ({}, {}, attrs.evolve(FEDORA, min_disk_gib=5), ids.NO_ROOM, "needs 5120 MiB of disk, and it has 4096 MiB"),
        ({}, {}, attrs.evolve(FEDORA, min_ram_mib=513), ids.NO_ROOM, "needs 513 MiB of memory"),
        ({}, {}, attrs.evolve(FEDORA, properties={"hw_architecture": "aarch64"}), ids.NO_ROOM, "it stays on kvm-1"),
    ],
)
def test_what_a_rebuild_refuses(
    present: dict[str, Any], wanted: dict[str, Any], image: Image | None, problem: str, says: str
) -> None:
    fleet, snapshot = around(WEB, attrs.evolve(WEB, **wanted), **present)
    plan = rebuilding(fleet, snapshot, image)
    (found,) = plan.problems
    assert (found.id, plan.is_empty, plan.is_errored) == (problem, True, True)
    assert says in f"{found.summary} {found.help}"


def test_several_at_once_bring_the_image_once() -> None:
    fleet = make_fleet(make_instance("a"), make_instance("b"))
    snapshot = make_snapshot(make_facts("kvm-1", *map(make_present, fleet.instances.values())))
    (wave,) = rebuilding(fleet, snapshot, FEDORA).waves
    assert [step.action for step in wave] == ["image", "rebuild", "rebuild"]


@pytest.mark.parametrize("act", ["rebuild", "resize", "rescue"])
def test_what_was_interrupted_is_left_to_whoever_began_it(act: str) -> None:
    """A plan of the fleet leaves it; the same action may be done again in a state in which it would not be legal."""
    fleet = make_fleet(WEB)
    facts = {**make_present(WEB, power="shutoff"), "unfinished": True, "interrupted": act}
    snapshot = make_snapshot(make_facts("kvm-1", facts))
    plan = reconcile(fleet, snapshot)
    (line,) = plan.changes
    assert (line.action, plan.is_empty) == ("held", True)
    assert f"novalite {act} web" in line.reason
    (item,) = snapshot.instances()
    assert item.illegal_reason(act) is None
    assert item.illegal_reason("start") == item.held_reason
    assert item.illegal_reason("lock") is None


def test_images_of_the_fleet_are_known_by_name() -> None:
    assert rebuilding(*around()).images == {
        DEBIAN.sha256: {"name": "debian-12", "source": DEBIAN.source, "format": "qcow2", "size_bytes": 1000}
    }


LARGE = Flavor("large", vcpus=2, ram_mib=1024, disk_gib=8)


def resizing(fleet: Fleet, snapshot: Snapshot, flavor: Flavor = LARGE) -> Plan:
    (item,) = snapshot.instances()
    return plan_resize(fleet, snapshot, item, flavor)


@pytest.mark.parametrize("power", ["running", "shutoff"])
@pytest.mark.parametrize("end", ["confirm", "revert"])
def test_a_resize_waits_for_its_end(power: str, end: str) -> None:
    fleet, snapshot = around(power=power)
    (before,) = snapshot.instances()
    plan = resizing(fleet, snapshot)
    (line,) = plan.changes
    assert (line.action, line.disruption, line.summary) == ("resize", "restart", "small on kvm-1, to large")
    assert "vcpus 1 -> 2" in line.reason
    assert "it stays on kvm-1" in line.reason
    assert plan.relied["kvm-1"]["host"] == snapshot.hosts["kvm-1"].fingerprint
    verifying = simulate(snapshot, plan)
    (item,) = verifying.instances()
    assert (item.status, item.spec["flavor"]["name"], item.power) == ("VERIFY_RESIZE", "large", power)
    (held,) = reconcile(fleet, verifying).changes
    assert held.action == "held"
    kept = attrs.evolve(item, disks=("/i/disk", "/i/disk.resize-old"))
    ending = plan_verb(verifying, [kept], VERBS[end], {"timeout_s": 60})
    (line,) = ending.changes
    assert line.destroys == (("/i/disk.resize-old",) if end == "confirm" else ("/i/disk",))
    assert "small" in line.reason
    assert ("is lost" in line.reason) == (end == "revert")
    (after,) = simulate(verifying, ending).instances()
    assert (after.power, "resize" in after.state) == (power, False)
    assert after.spec == (before.spec if end == "revert" else item.spec)


@pytest.mark.parametrize(
    ("present", "wanted", "flavor", "problem", "says"),
    [
        ({"power": "paused"}, {}, LARGE, ILLEGAL, "resize is possible in ACTIVE, SHUTOFF"),
        ({"state": LOCKED}, {}, LARGE, ILLEGAL, "audit"),
        ({"state": {"resize": {}}}, {}, LARGE, ILLEGAL, "it is VERIFY_RESIZE"),
        ({}, {"name": "other"}, LARGE, ids.NOT_DECLARED, "--fleet"),
        ({}, {}, SMALL, ids.CANNOT_RESIZE, "it has flavor small already"),
        ({}, {}, attrs.evolve(LARGE, disk_gib=3), ids.CANNOT_RESIZE, "disk 4 -> 3"),
        ({}, {}, attrs.evolve(LARGE, disk_gib=0), ids.CANNOT_RESIZE, "disk 4 -> 0"),
        ({}, {}, attrs.evolve(LARGE, ram_mib=8704), ids.NO_ROOM, "it stays on kvm-1"),
        ({}, {"image": attrs.evolve(DEBIAN, min_ram_mib=2048)}, LARGE, ids.NO_ROOM, "needs 2048 MiB"),
    ],
)
def test_what_a_resize_refuses(
    present: dict[str, Any], wanted: dict[str, Any], flavor: Flavor, problem: str, says: str
) -> None:
    fleet, snapshot = around(WEB, attrs.evolve(WEB, **wanted), **present)
    plan = resizing(fleet, snapshot, flavor)
    (found,) = plan.problems
    assert (found.id, plan.is_empty, plan.is_errored) == (problem, True, True)
    assert says in f"{found.summary} {found.help}"


def test_what_the_instance_has_counts_as_free_and_the_numbers_are_told() -> None:
    """8704 MiB less 512 reserved: 8192 fit only because its own 512 are given back."""
    fleet, snapshot = around()
    assert not resizing(fleet, snapshot, attrs.evolve(LARGE, ram_mib=8192)).is_errored
    (problem,) = resizing(fleet, snapshot, attrs.evolve(LARGE, ram_mib=8193)).problems
    assert "8193" in problem.summary
    assert "8192" in problem.summary


def test_an_interrupted_resize_goes_on_to_the_same_flavor_only() -> None:
    fleet, snapshot = around()
    (item,) = simulate(snapshot, resizing(fleet, snapshot)).instances()
    half = attrs.evolve(item, interrupted="resize", power="shutoff")
    again = plan_resize(fleet, snapshot, half, LARGE)
    assert [step.body["spec"] for step in again.waves[0]] == [item.spec]
    (problem,) = plan_resize(fleet, snapshot, half, attrs.evolve(LARGE, vcpus=4)).problems
    assert "novalite revert web" in problem.help


def test_the_line_of_the_fleet_that_is_to_be_changed(tmp_path: Path) -> None:
    text = """novalite: 1
project: shop
flavors:
  small: {vcpus: 1, ram: 512MiB, disk: 4GiB}
  large: {vcpus: 2, ram: 1GiB, disk: 8GiB}
images:
  cirros: {source: "https://h/c.qcow2", sha256: %s}
instances:
  web:
    count: 2
    flavor: small
    image: cirros
""" % ("c" * 64)
    (tmp_path / "fleet.yml").write_text(text)
    fleet, problems = load_fleet(tmp_path / "fleet.yml")
    assert fleet is not None, problems
    said = str(flavor_note(fleet, "web-1", fleet.flavors["large"]))
    assert "fleet.yml:11: the fleet says flavor: small of web-1; say flavor: large" in said
    assert flavor_note(fleet, "web-1", fleet.flavors["small"]) is None
    assert set(fleet.images) == {"cirros"}


def rescuing(fleet: Fleet, snapshot: Snapshot, image: Image | None = None) -> Plan:
    return plan_rescue(fleet, snapshot, list(snapshot.instances()), image)


@pytest.mark.parametrize("power", ["running", "shutoff"])
@pytest.mark.parametrize("image", [None, FEDORA])
def test_a_rescue_and_its_end(power: str, image: Image | None) -> None:
    fleet, snapshot = around(power=power)
    plan = rescuing(fleet, snapshot, image)
    (line,) = plan.changes
    assert line.summary == f"small on kvm-1, from image {image.name if image else 'debian-12'}"
    assert line.disruption == "restart"
    assert [step.action for step in plan.waves[0]] == (["image", "rescue"] if image else ["rescue"])
    assert ("power button" in line.reason) == (power == "running")
    during = simulate(snapshot, plan)
    (item,) = during.instances()
    assert (item.status, item.power, item.state["rescue"]["declared"]) == ("RESCUE", "running", False)
    assert [change.action for change in reconcile(fleet, during).changes] == ["held"]
    ending = plan_verb(during, [attrs.evolve(item, disks=("/i/disk", "/i/disk.rescue"))], VERBS["unrescue"])
    (line,) = ending.changes
    assert line.destroys == ("/i/disk.rescue",)
    assert ("stays off" in line.reason) == (power == "shutoff")
    (after,) = simulate(during, ending).instances()
    assert (after.power, after.spec, "rescue" in after.state) == (power, item.spec, False)


@pytest.mark.parametrize("present", [{"power": "paused"}, {"state": LOCKED}, {"state": {"rescue": {}}}])
def test_what_a_rescue_refuses(present: dict[str, Any]) -> None:
    (problem,) = rescuing(*around(**present)).problems
    assert problem.id == ILLEGAL


@pytest.mark.parametrize("power", ["running", "shutoff"])
@pytest.mark.parametrize("then", ["running", "shutoff"])
def test_a_declared_rescue_is_ended_by_declaration(power: str, then: str) -> None:
    rescued = make_fleet(attrs.evolve(WEB, power="rescued"))
    snapshot = make_snapshot(make_facts("kvm-1", make_present(WEB, power=power)))
    plan = reconcile(rescued, snapshot)
    (line,) = plan.changes
    assert (line.action, line.disruption, plan.is_errored) == ("rescue", "restart", False)
    assert [step.action for step in plan.waves[0]] == ["rescue"]
    during = simulate(snapshot, plan)
    (item,) = during.instances()
    assert (item.status, item.state["rescue"]["declared"]) == ("RESCUE", True)
    assert reconcile(rescued, during).changes == ()
    otherwise = make_fleet(attrs.evolve(WEB, power=then))
    ending = reconcile(otherwise, during)
    assert [change.action for change in ending.changes] == ["unrescue"]
    after = simulate(during, ending)
    assert [item.power for item in after.instances()] == [then]
    assert reconcile(otherwise, after).is_empty


@pytest.mark.parametrize(
    ("interrupted", "wanted", "action"),
    [
        ("rescue", "rescued", "rescue"),
        ("rescue", "running", "held"),
        ("unrescue", "running", "unrescue"),
        ("unrescue", "rescued", "held"),
    ],
)
def test_a_declared_rescue_that_was_interrupted(interrupted: str, wanted: str, action: str) -> None:
    state = {"rescue": {"image": "debian-12", "power": "running", "declared": True}}
    facts = {**make_present(WEB, power="shutoff", state=state), "unfinished": True, "interrupted": interrupted}
    plan = reconcile(make_fleet(attrs.evolve(WEB, power=wanted)), make_snapshot(make_facts("kvm-1", facts)))
    assert [change.action for change in plan.changes] == [action]


def test_paused_instances_are_not_rescued() -> None:
    fleet = make_fleet(attrs.evolve(WEB, power="rescued"))
    plan = reconcile(fleet, make_snapshot(make_facts("kvm-1", make_present(WEB, power="paused"))))
    assert "rescue is possible in ACTIVE, SHUTOFF, ERROR" in plan.problems[0].detail


def test_a_new_instance_is_born_running_and_rescued_next() -> None:
    fleet = make_fleet(attrs.evolve(WEB, power="rescued"))
    empty = make_snapshot(make_facts("kvm-1"))
    plan = reconcile(fleet, empty)
    assert "the plan after this one rescues it" in plan.changes[0].reason
    assert [change.action for change in reconcile(fleet, simulate(empty, plan)).changes] == ["rescue"]
