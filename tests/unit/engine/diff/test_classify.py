# SPDX-License-Identifier: GPL-3.0-or-later
"""One row for each rule of the table: what is declared, what is there, what becomes of it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    LAN,
    make_facts,
    make_flavor,
    make_fleet,
    make_foreign,
    make_instance,
    make_present,
    make_snapshot,
    set_aside_facts,
)
from novalite.diff.classify import classify
from novalite.diff.rules import RULES
from novalite.model.adoption import Adoption
from novalite.model.change import Action, Change
from novalite.model.ignore import Ignore
from novalite.model.image import NO_IMAGE
from novalite.model.port import Port
from novalite.model.server_group import ServerGroup
from novalite.shared import names

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot

WEB = make_instance("web")
OFF = make_instance("web", power="shutoff")
ANEW = make_instance("web", restart_token="2")
STILL = attrs.evolve(ANEW, power="paused")
HERE = make_present(WEB)
PINNED = make_instance("web", host="kvm-2")
ZONED = make_instance("web", availability_zone="az1")
LOCKED = make_present(WEB, state={"lock": {"reason": "audit"}})
OFFLOADED = set_aside_facts(HERE, "shelved", None)
SHELVED, DECLARED = {"shelved": {"declared": False}}, {"shelved": {"declared": True}}
IDLE = make_instance("web", power="shelved")
RESCUED = make_instance("web", power="rescued")
BY_VERB, BY_FLEET = {"rescue": {"declared": False}}, {"rescue": {"declared": True}}
HALF = {**make_present(WEB, power="shutoff"), "unfinished": True, "interrupted": "rescue"}
LOST = {"kvm-3": "unreachable"}
TOLD = attrs.evolve(WEB, power_policy="report")
TOLD_OFF = attrs.evolve(OFF, power_policy="report")
DRIFTED = make_present(WEB, drift=[{"path": "hardware.video.model", "expected": None, "actual": "vga"}])


def applied(item: Any, power: str, before: str, **state: Any) -> Any:
    """Return an instance in a power state, to which another one was applied last."""
    return make_present(item, power=power, state={"power": {"applied": before}, **state})


def world(*first: Any, second: tuple[Any, ...] = (), unknown: Any = None, **facts: Any) -> Snapshot:
    return make_snapshot(make_facts("kvm-1", *first, **facts), make_facts("kvm-2", *second), unknown=unknown)


def only(fleet: Fleet, snapshot: Snapshot, **options: Any) -> Change | None:
    found = classify(fleet, snapshot, **options)
    assert len(found.changes) <= 1
    return found.changes[0] if found.changes else None


def renamed(**rest: Any) -> Any:
    return make_instance("front", moved_from="web", **rest)


OLD_ID = names.uuid_from_name("shop", "old")
OLD = make_instance(
    "old",
    image=NO_IMAGE,
    adopt=Adoption("kvm-1", OLD_ID, "old_db", "8" * 64),
    ports=(Port(LAN, mac="52:54:00:00:00:09"),),
)
OLD_SPEC = {"sha256": "8" * 64, "extra_sha256": None}
FOREIGN = {**make_foreign("old_db", uuid=OLD_ID, VCPU=1, MEMORY_MB=512), "macs": ["52:54:00:00:00:09"]}
ADOPTED = make_present(OLD)
ELSEWHOSE = make_present(attrs.evolve(OLD, project="bank"), uuid=OLD_ID)

# rule, declared, snapshot, options, action (None: nothing to do), part of the reason
ROWS: list[tuple[str, list[Any], Snapshot, dict[str, Any], Action | None, str]] = [
    ("conflict", [WEB], world(HERE, second=(make_present(WEB, generation=2),)), {}, Action.CONFLICT, "more than one"),
    ("conflict", [WEB], world(HERE, second=(HERE,)), {}, Action.CONFLICT, "more than one domain"),
    ("conflict", [], world(HERE, second=(make_present(WEB, generation=2),)), {}, Action.CONFLICT, "more than one"),
    ("unknown", [WEB], world(unknown=LOST), {}, Action.UNKNOWN, "may live on kvm-3"),
    ("unknown", [renamed()], world(unknown=LOST), {}, Action.UNKNOWN, "may live on kvm-3"),
    ("create", [WEB], world(unknown=LOST), {"assume_empty": ["kvm-3"]}, Action.CREATE, "on no host"),
    ("create", [WEB], world(), {}, Action.CREATE, "on no host"),
    ("create", [WEB], world(make_present(make_instance("web", project="bank"))), {}, Action.CREATE, "on no host"),
    ("create", [WEB], world(foreign=[make_foreign("web")]), {}, Action.CREATE, "on no host"),
    ("adopt", [OLD], world(foreign=[FOREIGN]), {}, Action.ADOPT, "only our mark is written"),
    ("unknown", [OLD], world(foreign=[FOREIGN], unknown=LOST), {}, Action.UNKNOWN, "may live on kvm-3"),
    ("gone", [OLD], world(foreign=[FOREIGN]), {"destroy": True}, None, ""),
    ("not adoptable", [OLD], world(), {}, Action.REFUSED, "old_db is not on kvm-1, nor on any other host"),
    ("not adoptable", [OLD], world(foreign=[{**FOREIGN, "usage": {"VCPU": 2, "MEMORY_MB": 512}}]), {}, Action.REFUSED,
     "its domain has vCPUs: 2, not 1"),
    ("not adoptable", [OLD], world(foreign=[{**FOREIGN, "macs": []}]), {}, Action.REFUSED, "MACs: none"),
    ("not adoptable", [OLD], world(foreign=[{**FOREIGN, "reason": "a clone?"}]), {}, Action.REFUSED, "a clone?"),
    ("not adoptable", [OLD], world(ELSEWHOSE), {}, Action.REFUSED, "is the instance bank.old already"),
    ("release", [], world(ADOPTED), {}, Action.RELEASE, "domain and disks stay"),
    ("release", [], world(make_present(OLD, protect=True)), {}, Action.RELEASE, "not in the fleet: it was adopted"),
    ("release", [OLD], world(make_present(OLD)), {"destroy": True}, Action.RELEASE, "destroy: it was adopted"),
    ("orphan", [], world(make_present(OLD, state={"lock": {"reason": "audit"}})), {}, Action.ORPHAN, "locked: audit"),
    ("keep", [OLD], world(make_present(OLD, adopted={**OLD_SPEC, "parts": {"vcpu": "1"}})), {}, None, ""),
    ("refused", [attrs.evolve(OLD, flavor=make_flavor(vcpus=8))], world(make_present(OLD)), {}, Action.REFUSED,
     "stay as somebody else made them"),
    ("refused", [OLD], world(make_present(OLD, adopted={**OLD_SPEC, "sha256": "9"})), {}, Action.REFUSED, "adopt"),
    ("refused", [OLD], world(make_present(OLD, drift=[{"path": "domain.os", "expected": "here", "actual": "gone"}])),
     {}, Action.REFUSED, "or release the domain and adopt it anew"),
    ("update", [attrs.evolve(OLD, protect=True)], world(make_present(OLD)), {}, Action.UPDATE, "only our mark"),
    ("gone", [WEB], world(), {"destroy": True}, None, ""),
    ("orphan", [], world(make_present(WEB, protect=True)), {}, Action.ORPHAN, "not in the fleet"),
    ("orphan", [WEB], world(make_present(WEB, protect=True)), {"destroy": True}, Action.ORPHAN, "protected"),
    ("orphan", [attrs.evolve(WEB, protect=True)], world(HERE), {"destroy": True}, Action.ORPHAN, "protected"),
    ("orphan", [], world(LOCKED), {}, Action.ORPHAN, "locked: audit"),
    ("orphan", [WEB], world(LOCKED), {"destroy": True}, Action.ORPHAN, "locked: audit"),
    ("held", [OFF], world(make_present(WEB, state={"rescue": {}})), {}, Action.HELD, "it is RESCUE"),
    ("held", [WEB], world(make_present(WEB, state={"resize": {}})), {}, Action.HELD, "it is VERIFY_RESIZE"),
    ("locked", [OFF], world(LOCKED), {}, Action.REFUSED, "it is locked: audit"),
    ("keep", [WEB], world(LOCKED), {}, None, ""),
    ("delete", [], world(HERE), {}, Action.TRASH, "not in the fleet; can be restored for 7 days"),
    ("delete", [], world(HERE, unknown=LOST), {}, Action.TRASH, "not in the fleet"),
    ("delete", [], world(HERE), {"purge": True}, Action.DELETE, "not in the fleet"),
    ("delete", [], world(make_present(WEB, trash_days=1)), {}, Action.TRASH, "for 1 day"),
    ("delete", [], world(make_present(WEB, on_delete="delete")), {}, Action.DELETE, "not in the fleet"),
    ("delete", [], world(make_present(WEB, on_delete="keep")), {}, Action.TRASH, "its disks are kept"),
    ("delete", [], world(make_present(WEB, on_delete="keep")), {"purge": True}, Action.TRASH, "its disks are kept"),
    ("delete", [], world(make_present(WEB, power="suspended")), {}, Action.TRASH, "without its saved memory"),
    ("delete", [], world(shelf=[OFFLOADED]), {}, Action.TRASH, "not in the fleet"),
    ("delete", [], world(shelf=[OFFLOADED]), {"purge": True}, Action.DELETE, "not in the fleet"),
    ("delete", [], world(shelf=[set_aside_facts(HERE, leaving=True)]), {}, Action.TRASH, "not in the fleet"),
    ("destroy", [WEB], world(HERE), {"destroy": True}, Action.TRASH, "destroy; can be restored"),
    ("destroy", [WEB], world(HERE), {"destroy": True, "purge": True}, Action.DELETE, "destroy"),
    ("create", [WEB], world(shelf=[set_aside_facts(HERE)]), {}, Action.CREATE, "on no host"),
    ("restore", [WEB], world(shelf=[set_aside_facts(HERE, leaving=True)]), {}, Action.RESTORE, "interrupted"),
    ("restore", [WEB], world(make_present(WEB, state={"trashed": {"leaving": True}})), {}, Action.RESTORE, "finishes"),
    ("shelved", [IDLE], world(make_present(WEB, power="shutoff", state=SHELVED)), {}, None, ""),
    ("shelved", [IDLE], world(shelf=[OFFLOADED]), {}, None, ""),
    ("unshelve", [WEB], world(make_present(WEB, power="shutoff", state=DECLARED)), {}, Action.UNSHELVE, "running"),
    ("rescued", [RESCUED], world(make_present(WEB, state=BY_FLEET)), {}, None, ""),
    ("rescued", [RESCUED], world(make_present(WEB, state=BY_VERB)), {}, None, ""),
    ("rescue again", [RESCUED], world(HALF), {}, Action.RESCUE, "interrupted"),
    ("unrescue", [WEB], world(make_present(WEB, state=BY_FLEET)), {}, Action.UNRESCUE, "declared otherwise"),
    ("held", [WEB], world(make_present(WEB, state=BY_VERB)), {}, Action.HELD, "it is RESCUE"),
    ("unshelve", [WEB], world(shelf=[set_aside_facts(make_present(WEB, state=DECLARED), "shelved", None)]), {},
     Action.UNSHELVE, "declared running"),
    ("unshelve", [IDLE], world(shelf=[set_aside_facts(HERE, "shelved", None, leaving=True)]), {}, None, ""),
    ("unshelve", [WEB], world(shelf=[set_aside_facts(HERE, "shelved", None, leaving=True)]), {}, Action.UNSHELVE, ""),
    ("held", [WEB], world(make_present(WEB, power="shutoff", state=SHELVED)), {}, Action.HELD, "it is SHELVED"),
    ("held", [OFF], world(make_present(WEB, power="shutoff", state=DECLARED)), {}, Action.HELD, "it is SHELVED"),
    ("held", [WEB], world(make_present(WEB, power="shutoff", state={**DECLARED, "lock": {}})), {}, Action.HELD, ""),
    ("power", [IDLE], world(HERE), {}, Action.SHELVE, "it is running, and declared shelved"),
    ("power", [IDLE], world(make_present(WEB, power="suspended")), {}, Action.SHELVE, "it is suspended"),
    ("held", [WEB], world(shelf=[OFFLOADED]), {}, Action.HELD, "it is SHELVED_OFFLOADED"),
    ("held", [renamed()], world(shelf=[OFFLOADED]), {}, Action.HELD, "it is SHELVED_OFFLOADED"),
    ("conflict", [WEB], world(make_present(WEB, generation=2), shelf=[OFFLOADED]), {}, Action.CONFLICT, "more than"),
    ("gone", [WEB], world(shelf=[set_aside_facts(HERE)]), {"destroy": True, "purge": True}, None, ""),
    ("rebuild", [WEB], world(make_present(WEB, user_data_sha256="0" * 64)), {}, Action.REBUILD, "first boot"),
    ("rebuild", [renamed()], world(make_present(WEB, user_data_sha256="0")), {}, Action.REBUILD, "addresses stay"),
    ("refused", [WEB], world(make_present(WEB, user_data_sha256="0", power="paused")), {}, Action.REFUSED,
     "it is PAUSED; rebuild is possible in"),
    ("refused", [WEB], world(make_present(WEB, drift=[{"path": "domain", "expected": "a", "actual": "b"}])), {},
     Action.REFUSED, "virsh domrename"),
    ("update", [WEB], world(make_present(WEB, drift=[{"path": "flavor.vcpus", "expected": 1, "actual": 2}])), {},
     Action.UPDATE, "changed on the host by hand, put back; a guest may keep"),
    ("update", [OFF], world(make_present(OFF, drift=[{"path": "flavor.vcpus", "expected": 1, "actual": 2}])), {},
     Action.UPDATE, "changed on the host by hand, put back"),
    ("refused", [WEB], world(make_present(make_instance("web", flavor=make_flavor(disk_gib=9)))), {}, Action.REFUSED,
     "flavor.disk_gib: a disk never shrinks"),
    ("refused", [WEB], world(make_present(make_instance("web", flavor=make_flavor(swap_mib=64)), power="shutoff",
     state={"snapshots": {"current": "a", "kept": {"a": {}}}})), {}, Action.REFUSED,
     "flavor.swap_mib: it has snapshots (a): delete them first"),
    ("refused", [OFF], world(make_present(OFF, power="paused")), {}, Action.REFUSED, "stop is possible in ACTIVE"),
    ("refused", [OFF], world(make_present(OFF, power="suspended")), {}, Action.REFUSED, "it is SUSPENDED; stop is"),
    ("refused", [WEB], world(make_present(WEB, power="martian")), {}, Action.REFUSED, "martian"),
    ("refused", [PINNED], world(make_present(PINNED)), {}, Action.REFUSED, "pinned to kvm-2"),
    ("refused", [ZONED], world(make_present(ZONED)), {}, Action.REFUSED, "in no zone"),
    ("update", [WEB], world(make_present(WEB, ports=[])), {}, Action.UPDATE, "devices come and go"),
    ("rename", [renamed()], world(HERE), {}, Action.RENAME, "moved from web"),
    ("rename", [renamed(power="shutoff")], world(HERE), {}, Action.RENAME, "moved from web"),
    ("restart", [ANEW], world(HERE), {}, Action.REBOOT, "as the fleet asks"),
    ("restart", [ANEW], world(make_present(ANEW, restart_token="1")), {}, Action.REBOOT, "as the fleet asks"),
    ("update", [ANEW], world(make_present(WEB, power="crashed")), {}, Action.UPDATE, "it crashed, so its next start"),
    ("update", [WEB], world(make_present(ANEW)), {}, Action.UPDATE, "nothing is restarted"),
    ("update", [attrs.evolve(ANEW, power="shutoff")], world(HERE), {}, Action.UPDATE, "its next start is a new one"),
    ("update", [ANEW], world(make_present(WEB, power="paused")), {}, Action.UPDATE, "as the fleet asks; it is paused"),
    ("refused", [STILL], world(make_present(WEB, power="paused")), {}, Action.REFUSED, "a restart would lose"),
    ("keep", [ANEW], world(make_present(ANEW)), {}, None, ""),
    ("power", [OFF], world(HERE), {}, Action.STOP, "it is running"),
    ("power", [WEB], world(make_present(WEB, power="shutoff")), {}, Action.START, "it is off"),
    ("power", [WEB], world(make_present(WEB, power="crashed")), {}, Action.START, "it crashed"),
    ("power", [WEB], world(make_present(WEB, power="paused")), {}, Action.UNPAUSE, "it is paused"),
    ("power", [WEB], world(make_present(WEB, power="suspended")), {}, Action.RESUME, "goes on where it was"),
    ("power", [WEB], world(make_present(WEB, power="asleep")), {}, Action.START, "sleeps"),
    ("power", [attrs.evolve(WEB, power="paused")], world(HERE), {}, Action.PAUSE, "it is running"),
    ("power", [attrs.evolve(WEB, power="suspended")], world(HERE), {}, Action.SUSPEND, "it is running"),
    ("update", [WEB], world(make_present(WEB, metadata={"role": "old"})), {}, Action.UPDATE, "has read the old"),
    ("update", [PINNED], world(second=(HERE,)), {}, Action.UPDATE, "may stay where it is"),
    ("update", [ZONED], world(HERE, config={"zone": "az1"}), {}, Action.UPDATE, "may stay where it is"),
    ("power", [OFF], world(applied(OFF, "running", "shutoff")), {}, Action.STOP, "started by hand"),
    ("power", [WEB], world(applied(WEB, "shutoff", "running")), {}, Action.START, "stopped by hand"),
    ("power", [WEB], world(applied(WEB, "paused", "running")), {}, Action.UNPAUSE, "paused by hand"),
    ("power", [WEB], world(applied(WEB, "crashed", "running")), {}, Action.START, "it crashed"),
    ("power", [OFF], world(applied(OFF, "running", "running")), {}, Action.STOP, "it is running"),
    ("power", [TOLD_OFF], world(applied(OFF, "running", "running")), {}, Action.STOP, "it is running"),
    ("power", [TOLD], world(make_present(WEB, power="shutoff")), {}, Action.START, "it is off"),
    ("reported", [TOLD_OFF], world(applied(OFF, "running", "shutoff")), {}, Action.HELD,
     "reported (power_policy): started by hand"),
    ("reported", [TOLD], world(applied(WEB, "shutoff", "running")), {}, Action.HELD, "stopped by hand"),
    ("reported", [TOLD_OFF], world(applied(OFF, "paused", "shutoff")), {}, Action.HELD, "it is paused"),
    ("reported", [TOLD], world(applied(WEB, "shutoff", "running", lock={"reason": "audit"})), {}, Action.HELD,
     "stopped by hand"),
    ("update", [TOLD], world(HERE), {}, Action.UPDATE, "which power state was declared last"),
    ("update", [OFF], world(applied(OFF, "shutoff", "running")), {}, Action.UPDATE, "was declared last"),
    ("power", [OFF], world(applied(OFF, "crashed", "running")), {}, Action.STOP, "it crashed"),
    ("keep", [TOLD], world(applied(WEB, "running", "running")), {}, None, ""),
    ("power", [OFF], world(applied(OFF, "crashed", "shutoff")), {}, Action.STOP, "it crashed"),
    ("refused", [STILL], world(make_present(WEB, power="crashed")), {}, Action.REFUSED, "pause is possible in ACTIVE"),
    ("refused", [WEB], world(make_present(make_instance("web", flavor=make_flavor(vcpus=2)), power="crashed")), {},
     Action.REFUSED, "it is ERROR; change is possible"),
    ("keep", [TOLD], world(LOCKED), {}, None, ""),
    ("keep", [PINNED], world(second=(make_present(PINNED),)), {}, None, ""),
    ("keep", [renamed()], world(make_present(renamed())), {}, None, ""),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[5]}")
def test_rule(row: tuple[Any, ...]) -> None:
    """Each row: first match wins, with its reason."""
    _, declared, snapshot, options, action, why = row
    change = only(make_fleet(*declared), snapshot, **options)
    assert (change.action if change else None) == action
    assert change is None or why in change.reason


@pytest.mark.parametrize(
    ("ignore", "action"),
    [
        (Ignore("hardware.video.*", "a display"), None),
        (Ignore("hardware.video.*", "a display", "we?"), None),
        (Ignore("*", "all of it"), None),
        (Ignore("hardware.video", "not the whole path"), Action.UPDATE),
        (Ignore("hardware.video.*", "somebody else's", "db-*"), Action.UPDATE),
        (Ignore("hardware.?", "one character"), Action.UPDATE),
    ],
)
def test_ignored_differences_are_not_there(ignore: Ignore, action: Action | None) -> None:
    """Neither refused nor put back; what covers something else changes nothing."""
    fleet = attrs.evolve(make_fleet(WEB), drift_ignores=(ignore,))
    change = only(fleet, world(DRIFTED))
    assert (change.action if change else None) is action


def test_what_is_ignored_does_not_wait_for_a_restart_either() -> None:
    """Somebody put it into the definition: no plan tells it as pending, and nothing settles it."""
    path = "hardware.video.model"
    waiting = [{"path": path, "running": None, "defined": "vga"}, {"path": "flavor.vcpus", "running": 1, "defined": 2}]
    fleet = attrs.evolve(make_fleet(WEB), drift_ignores=(Ignore("hardware.*", "a display"),))
    (item,) = classify(fleet, world({**DRIFTED, "pending": waiting})).index.found["web"]
    assert ([entry["path"] for entry in item.pending], item.ignored, item.drift) == (["flavor.vcpus"], (path,), ())


def test_an_ignored_power_is_left_as_it_is_unless_the_fleet_declares_another() -> None:
    """What came by hand is ignored; a new declaration is not."""
    ignores = (Ignore("power", "somebody tests"),)
    by_hand = only(attrs.evolve(make_fleet(WEB), drift_ignores=ignores), world(applied(WEB, "shutoff", "running")))
    declared = only(attrs.evolve(make_fleet(WEB), drift_ignores=ignores), world(applied(WEB, "shutoff", "shutoff")))
    assert (by_hand, declared and declared.action) == (None, Action.START)


def test_what_is_reported_is_not_in_the_way_of_the_rest() -> None:
    """Metadata change, and the power is told beside them."""
    change = only(make_fleet(attrs.evolve(TOLD, metadata={"a": "b"})), world(applied(WEB, "shutoff", "running")))
    assert change is not None
    assert change.action is Action.UPDATE
    assert [(field.path, field.kind) for field in change.fields] == [("metadata", "in place"), ("power", "reported")]
    assert "reported (power_policy)" in change.reason


def test_every_rule_has_a_row() -> None:
    """A rule that is added without a row fails here."""
    assert {rule.name for rule in RULES} == {row[0] for row in ROWS}


def test_a_uuid_on_two_hosts_is_a_conflict_even_under_another_name() -> None:
    """A copied domain whose mark was edited must not be started beside the original."""
    copy = {**make_present(WEB)["spec"], "name": "copy"}
    other = {**make_present(WEB, name="copy"), "spec": copy}
    found = classify(make_fleet(WEB), world(HERE, second=(other,)))
    assert {change.action for change in found.changes} == {Action.CONFLICT}
    foreign = make_foreign("clone", uuid=HERE["uuid"])
    snapshot = make_snapshot(make_facts("kvm-1", HERE), make_facts("kvm-2", foreign=[foreign]))
    assert [change.action for change in classify(make_fleet(WEB), snapshot).changes] == [Action.CONFLICT]


def test_two_that_claim_one_old_name() -> None:
    """The first gets it, the second is told."""
    fleet = make_fleet(make_instance("a", moved_from="web"), make_instance("b", moved_from="web"))
    found = classify(fleet, world(HERE))
    assert [change.action for change in found.changes] == [Action.RENAME, Action.CONFLICT]


def test_a_chain_of_renames() -> None:
    """web-1 becomes web-2 and web-0 becomes web-1 in one plan: nobody is deleted or made anew."""
    zero, one = make_instance("web-0"), make_instance("web-1")
    fleet = make_fleet(make_instance("web-1", moved_from="web-0"), make_instance("web-2", moved_from="web-1"))
    found = classify(fleet, world(make_present(zero), make_present(one)))
    held = {change.name: change.observed.name for change in found.changes if change.observed}
    assert held == {"web-1": "web-0", "web-2": "web-1"}
    assert {change.action for change in found.changes} == {Action.RENAME}


def test_both_steps_for_fields_and_power() -> None:
    """A change of metadata and of power is one change with both."""
    change = only(make_fleet(OFF), world(make_present(WEB, metadata={"role": "old"})))
    assert change is not None
    assert [field.path for field in change.fields] == ["metadata", "power"]


@pytest.mark.parametrize(
    ("policy", "where", "action"),
    [
        ("anti-affinity", (2, 0), Action.REFUSED),
        ("anti-affinity", (1, 1), Action.UPDATE),
        ("affinity", (1, 1), Action.REFUSED),
        ("affinity", (2, 0), Action.UPDATE),
        ("soft-anti-affinity", (2, 0), Action.UPDATE),
    ],
)
def test_joining_a_group_where_one_stands(policy: str, where: tuple[int, int], action: Action) -> None:
    """A group may be joined in place if the present hosts satisfy it."""
    group = ServerGroup("g", policy)
    items = [make_instance(f"web-{index}") for index in range(2)]
    present = [make_present(item) for item in items]
    snapshot = world(*present[: where[0]], second=tuple(present[where[0] :]))
    found = classify(make_fleet(*[attrs.evolve(item, group=group) for item in items]), snapshot)
    assert {change.action for change in found.changes} == {action}
