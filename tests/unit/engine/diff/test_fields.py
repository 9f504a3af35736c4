# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields covers the spec, and each class behaves as it says."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    DEBIAN,
    LAN,
    instance_facts,
    make_facts,
    make_flavor,
    make_fleet,
    make_host,
    make_instance,
    make_present,
    make_snapshot,
    make_user_data,
)
from novalite.diff.compare import compare, compare_specs, wanted_spec
from novalite.diff.fields import FIELDS, PARTS, FieldClass, field_of
from novalite.diff.fields_by_key import RULES
from novalite.diff.fields_document import fields_document
from novalite.diff.limits import LIMITS, SAID
from novalite.model.cdrom import CdromDrive
from novalite.model.content import GuestFile, VendorTargets
from novalite.model.guest_link import GuestLink
from novalite.model.image import Image
from novalite.model.keypair import Keypair
from novalite.model.network import Network
from novalite.model.port import Port
from novalite.model.server_group import ServerGroup
from novalite.model.subnet import Subnet
from novalite.shared import arguments, known_hardware

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WAN = Network("wan", "bridge", "br0")
FULL = make_instance(
    "web",
    metadata={"role": "web"},
    keypair=Keypair("ops", "ssh-ed25519 AAAA ops"),
    group=ServerGroup("g", "anti-affinity"),
    user_data=make_user_data(parts=("a" * 12,)),
    flavor=make_flavor(max_vcpus=2, max_ram_mib=1024),
    ports=(Port(attrs.evolve(LAN, subnets=(Subnet("192.168.122.0/24"),), port_security=True), link="down", tag="a"),),
    cdrom=CdromDrive(Image("tools", "/tools.iso", "e" * 64, "raw")),
    restart_token="1",
    on_delete="keep",
    trash_days=30,
    hostname="www",
    secrets={"env:DB_PASS": "1111-222222222222"},
    config_drive="vfat",
    files=(GuestFile("/etc/motd", make_user_data(b"hi")),),
    vendor_data=make_user_data(b"{}"),
    vendor_targets=VendorTargets((("site", "http://10.0.0.2/"),)),
    admin_pass=make_user_data(b"secret"),
    host_key="none",
    guest_links=(GuestLink("vlan7", vlan=7, on=0),),
)
CLAIM = {"cells": [], "shared_cpus": [2, 3], "emulator_cpus": None, "pci": []}
SPEC = make_present(FULL, claim=CLAIM, adopted={"sha256": "0" * 64, "extra_sha256": None})["spec"]


def leaves(options: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, said in options.items():
        if "options" in said:
            yield from leaves(said["options"], f"{prefix}{name}.")
        else:
            yield prefix + name


def test_a_claim_never_differs_by_itself() -> None:
    (observed,) = make_host("kvm-1", make_present(FULL, claim=CLAIM)).instances
    assert compare_specs(observed.spec, wanted_spec(FULL, observed)) == ()


def test_every_field_of_the_spec_has_a_row() -> None:
    """And no row is about a field that is not there."""
    assert set(FIELDS) == set(leaves(arguments.SPEC))


def of(spec: Mapping[str, Any], power: str = "running", **facts: Any) -> Any:
    """Return an observed instance with a mark."""
    present = instance_facts(spec, power) | facts
    return make_snapshot(make_facts("kvm-1", present)).hosts["kvm-1"].instances[0]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the full spec with another value at a path."""
    found = copy.deepcopy(SPEC)
    *parents, leaf = path.split(".")
    place: Any = found
    for parent in parents:
        place = place[parent][0] if parent == "ports" else place[parent]
    place[leaf] = value
    return found


@pytest.mark.parametrize("path", sorted(FIELDS.keys() - {"flavor.extra_specs", "image.properties"}))
@pytest.mark.parametrize("power", ["running", "paused", "suspended", "shutoff"])
def test_a_change_of_each_field_is_found(path: str, power: str) -> None:
    """One field differs: exactly one change, of the class in the table, with a reason."""
    was = leaf_of(path)
    other = was + 1 if isinstance(was, int) and not isinstance(was, bool) else "something else"
    before, wanted = SPEC, changed(path, other)
    if path != "claim":
        before, wanted = ({key: value for key, value in spec.items() if key != "claim"} for spec in (before, wanted))
    (change,) = compare(of(before, power), wanted)
    assert change.path.replace("[0]", "") == path
    kind = FIELDS[path].class_at(power).value
    assert change.kind == kind or (kind == "hot within limits" and change.kind in ("hot", "cold", "refused"))
    assert change.reason


@pytest.mark.parametrize("path", ["flavor.vcpus", "flavor.ram_mib"])
def test_what_was_given_at_birth_stays(path: str) -> None:
    """Who has CPUs and cells of its own is not resized in place."""
    (change,) = compare(of(SPEC), changed(path, leaf_of(path) + 1))
    assert (change.kind, "at birth" in change.reason) == ("replace", True)


def leaf_of(path: str) -> Any:
    place: Any = SPEC
    for part in path.split("."):
        place = place[part][0] if part == "ports" else place[part]
    return place


PLAIN = make_present(
    make_instance("web", flavor=make_flavor(vcpus=2, ram_mib=1024, ephemeral_gib=2, swap_mib=64, max_vcpus=4,
                                            max_ram_mib=4096, extra_specs={"hw:tpm_version": "2.0"}))
)["spec"]  # fmt: skip
BARE = make_present(make_instance("web", flavor=make_flavor(vcpus=2, ram_mib=1024)))["spec"]
IDE_IMAGE = attrs.evolve(DEBIAN, properties={"hw_disk_bus": "ide"})
IDE = make_present(make_instance("web", flavor=make_flavor(swap_mib=64), image=IDE_IMAGE))["spec"]
LIMITS_SAID = {"quota:cpu_shares": "9", "quota:disk_read_iops_sec": "5"}
METERED = make_present(make_instance("web", flavor=make_flavor(extra_specs=LIMITS_SAID)))["spec"]
HELD = [{"path": "flavor.max_vcpus", "running": 2, "defined": 4}]

# spec, power, pending, path, value, class, part of the reason
LIMITED: list[tuple[dict[str, Any], str, list[Any], str, Any, str, str]] = [
    (PLAIN, "running", [], "flavor.vcpus", 4, "hot", "within the maximum defined at boot, 4"),
    (PLAIN, "paused", [], "flavor.vcpus", 4, "hot", "within"),
    (PLAIN, "running", [], "flavor.vcpus", 5, "cold", "above the maximum defined at boot, 4"),
    (PLAIN, "running", [], "flavor.vcpus", 1, "cold", "may keep its processors"),
    (PLAIN, "running", HELD, "flavor.vcpus", 3, "cold", "above the maximum defined at boot, 2"),
    (PLAIN, "shutoff", [], "flavor.vcpus", 9, "cold", "it is off"),
    (BARE, "running", [], "flavor.vcpus", 3, "cold", "above the maximum defined at boot, 2"),
    (PLAIN, "running", [], "flavor.ram_mib", 4096, "hot", "within the maximum defined at boot, 4GiB"),
    (PLAIN, "running", [], "flavor.ram_mib", 512, "hot", "within"),
    (PLAIN, "paused", [], "flavor.ram_mib", 2048, "cold", "does not move its balloon"),
    (PLAIN, "running", [], "flavor.ram_mib", 8192, "cold", "above the maximum defined at boot, 4GiB"),
    (BARE, "running", [], "flavor.ram_mib", 512, "cold", "without max_ram"),
    (BARE, "running", [], "flavor.ram_mib", 2048, "cold", "above the maximum defined at boot, 1GiB"),
    (PLAIN, "running", [], "flavor.disk_gib", 5, "hot", "grows"),
    (PLAIN, "shutoff", [], "flavor.disk_gib", 5, "cold", "grows"),
    (PLAIN, "shutoff", [], "flavor.disk_gib", 3, "replace", "never shrinks"),
    (PLAIN, "running", [], "flavor.ephemeral_gib", 0, "replace", "lost"),
    (BARE, "running", [], "flavor.ephemeral_gib", 1, "hot", "a new disk"),
    (BARE, "suspended", [], "flavor.ephemeral_gib", 1, "refused", "it is SUSPENDED; change is possible in"),
    (PLAIN, "running", [], "flavor.swap_mib", 32, "replace", "take the swap away first"),
    (PLAIN, "running", [], "flavor.swap_mib", 0, "hot", "its file with it"),
    (PLAIN, "paused", [], "flavor.swap_mib", 0, "cold", "let go"),
    (PLAIN, "running", [], "flavor.swap_mib", 128, "refused", "power it off first"),
    (PLAIN, "shutoff", [], "flavor.swap_mib", 128, "cold", "grows"),
    (IDE, "running", [], "flavor.swap_mib", 0, "cold", "disks on ide"),
    (IDE, "running", [], "flavor.disk_gib", 9, "hot", "grows"),
    (METERED, "running", [], "flavor.extra_specs", {"quota:disk_read_iops_sec": "5"}, "cold", "no limit is"),
    (PLAIN, "running", [], "flavor.extra_specs", {}, "replace", "TPM"),
    (BARE, "running", [], "flavor.extra_specs", {"hw:tpm_version": "2.0"}, "cold", "a new TPM"),
    (BARE, "running", [], "flavor.extra_specs", {"quota:cpu_shares": "9"}, "hot", "at any time"),
    (BARE, "suspended", [], "flavor.extra_specs", {"quota:cpu_shares": "9"}, "refused", "SUSPENDED"),
    (BARE, "running", [], "flavor.extra_specs", {"hw:boot_menu": "true"}, "cold", "QEMU starts"),
    (BARE, "running", [], "flavor.extra_specs", {"hw:cpu_policy": "dedicated"}, "replace", "at birth"),
    (BARE, "running", [], "flavor.extra_specs", {"trait:CUSTOM_A": "required"}, "placement", "hosts"),
    (BARE, "running", [], "image.properties", {"hw_disk_bus": "scsi"}, "cold", "QEMU starts"),
    (BARE, "running", [], "image.properties", {"os_distro": "debian"}, "in place", "nothing goes by it"),
]  # fmt: skip


@pytest.mark.parametrize("row", LIMITED, ids=lambda row: f"{row[1]}-{row[3]}-{row[4]}-{row[5]}")
def test_limits(row: tuple[Any, ...]) -> None:
    """Each limit on both sides of it, as a function of before, after and the instance."""
    spec, power, pending, path, value, kind, why = row
    wanted = copy.deepcopy(spec)
    section, leaf = path.split(".")
    wanted[section][leaf] = value
    more = {"pending": pending} if pending else {}
    (change,) = compare(of(spec, power, **more), wanted)
    assert (change.kind, why in change.reason) == (kind, True), change


@pytest.mark.parametrize(("power", "kind"), [("running", "cold"), ("paused", "cold"), ("shutoff", "cold")])
def test_cpu_time_where_nothing_limits_it(power: str, kind: str) -> None:
    """A host whose guests are in no cgroup: what cannot be done while it runs is not said to be hot."""
    wanted = copy.deepcopy(BARE)
    wanted["flavor"]["extra_specs"] = {"quota:cpu_shares": "9", "quota:disk_read_iops_sec": "5"}
    item = attrs.evolve(of(BARE, power), has_cpu_limits=False)
    found = {change.path.rpartition(":")[2]: change.kind for change in compare(item, wanted)}
    assert found == {"cpu_shares": kind, "disk_read_iops_sec": "cold" if power == "shutoff" else "hot"}


@pytest.mark.parametrize(
    ("before", "after", "power", "kind"),
    [
        (None, None, "running", "cold"), (None, "a", "running", "cold"), ("a", None, "running", "hot"),
        (False, "a", "running", "hot"), ("a", "b", "paused", "hot"), ("a", "b", "shutoff", "cold"),
    ],
)  # fmt: skip
def test_media(before: Any, after: Any, power: str, kind: str) -> None:
    """A medium comes and goes at any time, the drive with a power cycle; None, None: a drive where there was none."""

    def image(text: Any) -> Any:
        return {"name": text, "sha256": text * 64, "format": "raw"} if text else None

    old = {**BARE, **({} if before is None else {"cdrom": image(before)})}
    changes = compare(of(old, power), {**BARE, "cdrom": image(after)})
    assert {change.kind for change in changes} - {"in place"} == {kind}


def test_network_cards_come_and_go() -> None:
    """Cards are found by their networks where their number changes; MACs of those that stay are kept."""
    two = make_instance("web", ports=(Port(LAN), Port(WAN)))
    item = of(make_present(two)["spec"])
    macs = [port["mac"] for port in item.spec["ports"]]
    for ports, kinds in (
        ((Port(WAN),), {"ports": "hot"}),
        ((Port(WAN), Port(WAN), Port(LAN)), {"ports": "hot"}),
        ((Port(LAN), Port(WAN), Port(LAN, "192.168.122.9")), {"ports": "hot", "ports[2].fixed_ip": "rebuild"}),
    ):
        wanted = wanted_spec(make_instance("web", ports=ports), item)
        assert {change.path: change.kind for change in compare(item, wanted)} == kinds
        kept = {port["mac"] for port in wanted["ports"]} & set(macs)  # type: ignore[attr-defined]
        assert len(kept) == min(len(ports), 2)
        assert len({port["mac"] for port in wanted["ports"]}) == len(ports)  # type: ignore[attr-defined]


DRIFTED: list[tuple[str, Any, Any, str, str]] = [
    ("flavor.vcpus", 2, 4, "running", "cold"),
    ("flavor.vcpus", 2, 4, "shutoff", "cold"),
    ("hardware.cputune.shares", 10, None, "running", "hot"),
    ("hardware.cputune.shares", None, 10, "running", "cold"),
    ("ports", ["a"], ["a", "b"], "paused", "cold"),
    ("hardware.tpm.model", None, "tpm-tis", "suspended", "refused"),
    ("hardware.tpm.model", None, "tpm-tis", "running", "cold"),
    ("ports.0.source", "default", "other", "running", "hot"),
    ("ports.0.mac", "a", "b", "running", "cold"),
    ("ports", ["a"], ["a", "b"], "running", "hot"),
    ("disks", ["disk"], ["disk", "/dev/sdb"], "running", "hot"),
    ("domain", "shop.web", "old", "shutoff", "refused"),
    ("from.the.future", 1, 2, "running", "cold"),
]


@pytest.mark.parametrize("row", DRIFTED, ids=lambda row: f"{row[0]}-{row[3]}")
def test_what_was_changed_by_hand_is_put_back(row: tuple[Any, ...]) -> None:
    """At the cost that the path has; what cannot be put back is refused."""
    path, expected, actual, power, kind = row
    entry = {"path": path, "expected": expected, "actual": actual}
    (change,) = compare(of(BARE, power, drift=[entry]), BARE)
    assert (change.before, change.after, change.kind, change.by_hand) == (actual, expected, kind, True)
    assert "by hand" in change.reason
    assert "[0]" in change.path or "ports.0" not in path


def test_both_by_hand_and_by_the_fleet_is_one_change() -> None:
    """From what is there to what the fleet says."""
    drift = [{"path": "flavor.vcpus", "expected": 2, "actual": 3}]
    (change,) = compare(of(PLAIN, drift=drift), {**PLAIN, "flavor": {**PLAIN["flavor"], "vcpus": 4}})
    assert (change.before, change.after, change.kind) == (3, 4, "hot")


def test_what_runs_already_costs_nothing() -> None:
    """A change that waits is taken back: nothing waits any more, and nobody notices."""
    pending = [{"path": "flavor.vcpus", "running": 2, "defined": 8}]
    defined = {**PLAIN, "flavor": {**PLAIN["flavor"], "vcpus": 8}}
    (change,) = compare(of(defined, pending=pending), PLAIN)
    assert change.kind == "as it runs"


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("keypair", None, FieldClass.REBUILD),
        ("group", None, FieldClass.PLACEMENT),
        ("ports", [], FieldClass.LIMITED),
        ("from_the_future", 1, FieldClass.REFUSED),
    ],
)
def test_what_comes_or_goes_as_a_whole(key: str, value: Any, kind: FieldClass) -> None:
    """A missing part is one change; a field that a newer version wrote is refused, not dropped."""
    changes = compare_specs({**SPEC, key: value}, SPEC)
    assert (changes[0].path, changes[0].kind) == (key, kind.value)


@pytest.mark.parametrize("junk", [None, 1, "text", [], {}])
def test_a_damaged_mark_is_a_difference_not_a_crash(junk: Any) -> None:
    """Whatever stands in a part of the mark, comparing works."""
    for key in ("image", "flavor", "keypair", "group", "metadata", "ports", "cdrom"):
        assert compare_specs({**SPEC, key: junk}, SPEC)


def test_every_key_of_hardware_has_a_rule_of_its_own() -> None:
    """Keys that decide what a domain looks like are never taken for those that nobody goes by."""
    known = [f"flavor.extra_specs.{key}" for key in known_hardware.EXTRA_SPECS]
    known += [f"image.properties.{key}" for key in known_hardware.PROPERTIES]
    for path in known:
        assert field_of(path).classes[0] not in (FieldClass.IN_PLACE, FieldClass.PLACEMENT), path


def test_limits_are_where_classes_ask_for_them() -> None:
    every = [*FIELDS.values(), *PARTS.values(), *RULES]
    for row in every:
        assert (FieldClass.LIMITED in row.classes) == bool(row.limit), row
    assert {row.limit for row in every if row.limit} == set(LIMITS) == set(SAID)


def test_the_documentation_is_the_table(update_golden: bool) -> None:
    """docs/fields.md is made of the table: ``pytest --update-golden`` writes it."""
    path = Path(__file__).parents[4] / "docs" / "fields.md"
    if update_golden:
        path.write_text(fields_document(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == fields_document()


def test_the_whole_plan_sees_it() -> None:
    """The same through reconcile: the reason of the table is the reason of the plan."""
    from novalite.plan.build import reconcile

    present = make_present(FULL, keypair={"name": "ops", "public_key": "ssh-ed25519 BBBB ops"})
    plan = reconcile(make_fleet(FULL), make_snapshot(make_facts("kvm-1", present)))
    assert plan.changes[0].reason.startswith("the guest has read it")
