# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs, told apart: one row for each thing that can be found, and what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    make_facts,
    make_flavor,
    make_fleet,
    make_foreign,
    make_instance,
    make_present,
    make_snapshot,
    set_aside_facts,
)
from novalite.diff.drift import find_drift
from novalite.model.adoption import Adoption
from novalite.model.drift import Group, What
from novalite.model.ignore import Ignore, could_match, split_ignores
from novalite.model.image import NO_IMAGE
from novalite.shared import names

if TYPE_CHECKING:
    from novalite.model.drift import Drift
    from novalite.model.snapshot import Snapshot

WEB = make_instance("web")
OFF = make_instance("web", power="shutoff")
RUNS = {"power": {"applied": "running"}}
HERE = make_present(WEB, state=RUNS)
MORE = {"path": "flavor.vcpus", "expected": 1, "actual": 2}
LOST = {"kvm-3": "unreachable"}
# What was put into the definition by hand waits too; but nobody applied it.
WAITING = [
    {"path": "flavor.vcpus", "running": 1, "defined": 2},
    {"path": "flavor.ram_mib", "running": 512, "defined": 1024},
]
WAITS = {**make_present(WEB, state=RUNS, drift=[MORE]), "pending": WAITING}
MOVED = make_instance("front", moved_from="web")
OLD_ID = names.uuid_from_name("shop", "old")
OLD = make_instance("old", image=NO_IMAGE, ports=(), adopt=Adoption("kvm-1", OLD_ID, "old", "8" * 64))


def world(*first: Any, second: tuple[Any, ...] = (), unknown: Any = None, **facts: Any) -> Snapshot:
    return make_snapshot(make_facts("kvm-1", *first, **facts), make_facts("kvm-2", *second), unknown=unknown)


def folder(uuid: str, state: str, **owner: str) -> dict[str, Any]:
    where = f"/var/lib/novalite/instances/{uuid}"
    return {
        "uuid": uuid,
        "path": where,
        "state": state,
        "project": None,
        "name": None,
        "disks": [f"{where}/disk"],
        **owner,
    }


DATA = folder(names.uuid_from_name("shop", "web"), "data")
STRANGE = folder("11111111-1111-4111-8111-111111111111", "data")


def on_host(what: str, reason: str) -> tuple[Any, ...]:
    return "host", what, None, None, None, reason


RESCUED = make_present(WEB, power="shutoff", state={**RUNS, "rescue": {}})
# what is declared (None: no fleet), what hosts hold -> (group, what, path, before, after, part of the reason)
ROWS: list[tuple[str, list[Any] | None, Snapshot, list[tuple[Any, ...]]]] = [
    ("nothing", [WEB], world(HERE), []),
    ("another project", [WEB], world(HERE, make_present(make_instance("x", project="bank"), drift=[MORE])), []),
    ("domain", [WEB], world(make_present(WEB, state=RUNS, drift=[MORE])),
     [("host", "domain", "flavor.vcpus", 1, 2, "")]),
    ("domain that waits for a restart", [WEB], world(WAITS), [("host", "domain", "flavor.vcpus", 1, 2, ""),
     ("pending", "pending", "flavor.ram_mib", 512, 1024, "")]),
    ("domain, no fleet", None, world(make_present(WEB, state=RUNS, drift=[MORE])),
     [("host", "domain", "flavor.vcpus", 1, 2, "")]),
    ("stopped", [WEB], world(make_present(WEB, power="shutoff", state=RUNS)),
     [("host", "power", "power", "running", "shutoff", "stopped by hand")]),
    ("crashed is not off", [OFF], world(make_present(OFF, power="crashed", state={"power": {"applied": "shutoff"}})),
     [("host", "power", "power", "shutoff", "crashed", "it crashed")]),
    ("in rescue its power is no news", [WEB], world(RESCUED), []),
    ("declared", [OFF], world(HERE), [("fleet", "power", "power", "running", "shutoff", "")]),
    ("declared and stopped by hand", [OFF], world(make_present(WEB, power="paused", state=RUNS)),
     [("host", "power", "power", "running", "paused", "paused by hand"),
      ("fleet", "power", "power", "running", "shutoff", "")]),
    ("nobody wrote it down", [OFF], world(make_present(WEB)),
     [("fleet", "power", "power", "running", "shutoff", "nobody wrote down")]),
    ("transient", [WEB], world({**HERE, "persistent": False}), [on_host("transient", "when it stops")]),
    ("unfinished", [WEB], world({**HERE, "unfinished": True}), [on_host("unfinished", "interrupted")]),
    ("leftover", [], world(leftovers=[folder("u", "deleting", project="shop", name="old")]),
     [on_host("leftover", "a deletion was interrupted")]),
    ("leftover of others", [], world(leftovers=[folder("u", "building", project="bank", name="old")]), []),
    ("gone", [WEB], world(leftovers=[DATA]), [on_host("gone", "its folder holds disk")]),
    ("a folder of nobody", [WEB], world(HERE, leftovers=[STRANGE]), [on_host("orphaned", "holds disk")]),
    ("a folder, no fleet", None, world(leftovers=[DATA]), [on_host("orphaned", "holds disk")]),
    ("on two hosts", [WEB], world(HERE, second=(HERE,)),
     [on_host("doubled", "shop.web on kvm-1, shop.web on kvm-2")]),
    ("two of a name", None, world(HERE, second=(make_present(WEB, generation=2, state=RUNS),)),
     [on_host("doubled", "kvm-1")]),
    ("a foreign one with its UUID", [WEB], make_snapshot(
        make_facts("kvm-1", HERE), make_facts("kvm-2", foreign=[make_foreign("clone", uuid=HERE["uuid"])])),
     [on_host("doubled", "clone on kvm-2")]),
    ("unreadable", [WEB], world(HERE, foreign=[{**make_foreign("clone"), "reason": "the mark is that of another"}]),
     [on_host("unreadable", "that of another")]),
    ("foreign", [WEB], world(HERE, foreign=[make_foreign("old")]), []),
    ("new", [WEB], world(), [("fleet", "new", None, None, None, "on no host")]),
    ("to be adopted", [OLD], world(foreign=[make_foreign("old", uuid=OLD_ID, VCPU=1, MEMORY_MB=512)]),
     [("fleet", "new", None, None, None, "old on kvm-1, to be adopted")]),
    ("to be released", [], world(make_present(OLD, state=RUNS)),
     [("fleet", "removed", None, None, None, "only our mark goes")]),
    ("removed", [], world(HERE), [("fleet", "removed", None, None, None, "")]),
    ("removed, kept", [], world(make_present(WEB, state=RUNS, protect=True)),
     [("fleet", "removed", None, None, None, "protect")]),
    ("in the trash", [], world(make_present(WEB, power="shutoff", state={**RUNS, "trashed": {}})), []),
    ("set aside in the trash", [], world(shelf=[set_aside_facts(HERE)]), []),
    ("offloaded", [WEB], world(shelf=[set_aside_facts(HERE, "shelved", None)]), []),
    ("offloaded, no longer declared", [], world(shelf=[set_aside_facts(HERE, "shelved", None)]),
     [("fleet", "removed", None, None, None, "")]),
    ("changed", [attrs.evolve(WEB, flavor=make_flavor(vcpus=2))], world(HERE),
     [("fleet", "changed", "flavor.vcpus", 1, 2, "")]),
    ("both", [attrs.evolve(WEB, flavor=make_flavor(vcpus=4))], world(make_present(WEB, state=RUNS, drift=[MORE])),
     [("host", "domain", "flavor.vcpus", 1, 2, ""), ("fleet", "changed", "flavor.vcpus", 1, 4, "")]),
    ("renamed", [MOVED], world(HERE), [("fleet", "renamed", "name", "web", "front", "")]),
    ("host unknown", [WEB], world(HERE, unknown=LOST), [("unknown", "host", None, None, None, "unreachable")]),
    ("may live there", [WEB], world(unknown=LOST),
     [("unknown", "host", None, None, None, "unreachable"), ("unknown", "maybe", None, None, None, "kvm-3")]),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_found(row: tuple[Any, ...]) -> None:
    _, declared, snapshot, expected = row
    found = find_drift(snapshot, None if declared is None else make_fleet(*declared)).findings
    said = [(finding.group.value, finding.what.value, finding.path, finding.before, finding.after) for finding in found]
    assert said == [one[:5] for one in expected]
    assert all(one[5] in finding.reason for one, finding in zip(expected, found, strict=True))


def test_everything_that_can_be_found_has_a_row() -> None:
    said = {(group, what) for _, _, _, expected in ROWS for group, what, *_ in expected}
    assert {what for _, what in said} == {what.value for what in What}
    assert {group for group, _ in said} == {group.value for group in Group}


def drifted(*ignores: Ignore, more: tuple[Ignore, ...] = ()) -> Drift:
    fleet = attrs.evolve(make_fleet(WEB), drift_ignores=ignores)
    return find_drift(world(make_present(WEB, power="shutoff", state=RUNS, drift=[MORE])), fleet, ignores=more)


@pytest.mark.parametrize(
    ("ignores", "more", "left"),
    [
        ((), (), ["flavor.vcpus", "power"]),
        ((Ignore("flavor.*", "why"),), (), ["power"]),
        ((Ignore("*", "why", "db-*"),), (), ["flavor.vcpus", "power"]),
        ((Ignore("power", "why"),), (Ignore("flavor.vcpus", "--ignore", "w*"),), []),
    ],
)
def test_what_is_ignored_does_not_count(ignores: Any, more: Any, left: list[str]) -> None:
    found = drifted(*ignores, more=more)
    assert [finding.path for finding in found.counted(Group.HOST)] == left
    assert (len(found.findings), found.differs) == (2, bool(left))


def test_an_ignore_holds_through_its_last_day() -> None:
    ignore, endless = Ignore("power", "why", until="2026-12-31"), Ignore("power", "why")
    assert split_ignores((ignore, endless), "2026-12-31") == ((ignore, endless), ())
    assert split_ignores((ignore, endless), "2027-01-01") == ((endless,), (ignore,))
    fleet = attrs.evolve(make_fleet(WEB), drift_ignores=(ignore, endless))
    assert [len(fleet.on_day(day).drift_ignores) for day in ("2026-12-31", "2027-01-01")] == [2, 1]


@pytest.mark.parametrize(
    ("pattern", "can"),
    [("power", True), ("p*", True), ("*", True), ("ports.0.mac", True), ("hardware.?.x", True), ("po", False),
     ("powers", False), ("power.x", True), ("?orts.*", True), ("vcpus", False), ("", False), ("hard.*", False)],
)  # fmt: skip
def test_patterns_that_can_match_nothing_are_known(pattern: str, can: bool) -> None:
    assert could_match(pattern) is can
