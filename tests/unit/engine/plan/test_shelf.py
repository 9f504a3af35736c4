# SPDX-License-Identifier: GPL-3.0-or-later
"""The trash in plans: what goes into it, what its deadline does, what comes back, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    PROJECT,
    make_facts,
    make_fleet,
    make_foreign,
    make_instance,
    make_present,
    make_snapshot,
    set_aside_facts,
)
from novalite.model.verb import VERBS
from novalite.plan import problems as ids
from novalite.plan.build import reconcile
from novalite.plan.purge import plan_purge
from novalite.plan.restore import plan_restore, plan_unshelve
from novalite.plan.verb import plan_verb
from novalite.shared import names
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

WEB = make_instance("web")
HERE = make_present(WEB)
TRASHED = set_aside_facts(HERE)
EXPIRED = set_aside_facts(HERE, until="2020-01-01T00:00:00Z", expired=True)
KEPT = set_aside_facts(HERE, "kept", None)
DELETING = set_aside_facts(HERE, "deleting", None)
NOBODY = make_fleet(make_instance("other", power="shutoff"))
OTHER = make_present(make_instance("other", power="shutoff"))


def world(*present: Any, **facts: Any) -> Snapshot:
    return make_snapshot(make_facts("kvm-1", *present, **facts))


def steps(plan: Plan) -> list[tuple[str, dict[str, Any]]]:
    return [(step.action, dict(step.body)) for wave in plan.waves for step in wave]


def restore(snapshot: Snapshot, **arguments: Any) -> Plan:
    items = [aside.item for aside in snapshot.shelf()]
    return plan_restore(snapshot, items, VERBS["restore"], arguments)


@pytest.mark.parametrize(
    ("mark", "why", "keep_s"),
    [({}, "trashed", 7 * 86_400), ({"trash_days": 1}, "trashed", 86_400), ({"on_delete": "keep"}, "kept", None)],
)
def test_what_goes_into_the_trash(mark: dict[str, Any], why: str, keep_s: int | None) -> None:
    present = make_present(WEB, **mark)
    plan = reconcile(NOBODY, world(present, OTHER))
    ((action, body),) = steps(plan)
    assert (action, body["why"], body["keep_s"], body["timeout_s"]) == ("trash", why, keep_s, 0)
    (line,) = plan.changes
    assert (line.action, line.destroys, line.disruption) == ("trash", (), "destroy")
    after = simulate(world(present, OTHER), plan)
    (aside,) = after.shelf()
    assert (aside.item.status, aside.item.uuid, aside.why) == ("SOFT_DELETED", HERE["uuid"], why)
    assert reconcile(NOBODY, after).is_empty, "what is in the trash asks for nothing"


def test_restored_it_is_what_the_fleet_declares() -> None:
    seen = world(HERE, OTHER)
    trashed = simulate(seen, reconcile(NOBODY, seen))
    plan = restore(trashed)
    assert not plan.is_errored
    assert steps(plan) == [("restore", {"uuid": HERE["uuid"], "power": "running"})]
    assert plan.relied["kvm-1"]["instances"] == {HERE["uuid"]: trashed.hosts["kvm-1"].shelf[0].item.fingerprint}
    after = simulate(trashed, plan)
    assert after.hosts["kvm-1"].instances[-1].fingerprint == HERE["fingerprint"]
    assert reconcile(make_fleet(WEB, *NOBODY.instances.values()), after).is_empty


@pytest.mark.parametrize(
    ("entry", "refused"),
    [(TRASHED, None), (EXPIRED, None), (DELETING, None), (KEPT, "on_delete: keep"),
     (set_aside_facts(HERE, "shelved", None), "it is SHELVED_OFFLOADED; purge is possible in SOFT_DELETED"),
     (set_aside_facts(make_present(WEB, state={"lock": {"reason": "audit"}})), "it is locked (audit)")],
)  # fmt: skip
def test_purging_one(entry: dict[str, Any], refused: str | None) -> None:
    """Its files are named, the other one in the trash stays, and what is kept or locked is left."""
    seen = world(shelf=[entry, set_aside_facts(OTHER)])
    (item,) = [aside.item for aside in seen.shelf() if aside.item.name == "web"]
    plan = plan_purge(seen, [item], VERBS["purge"], {})
    assert [refused in problem.summary for problem in plan.problems if refused] == ([True] if refused else [])
    assert plan.is_errored == (refused is not None)
    if refused is None:
        assert steps(plan) == [("delete", {"uuid": item.uuid, "disks": list(item.disks)})]
        (line,) = plan.changes
        assert (line.destroys, line.disruption) == (item.disks, "destroy")
        assert [aside.item.name for aside in simulate(seen, plan).shelf()] == ["other"]


@pytest.mark.parametrize(("before", "after"), [("paused", "paused"), ("suspended", "shutoff"), ("crashed", "shutoff")])
def test_the_power_that_it_had(before: str, after: str) -> None:
    (_, body), = steps(restore(world(shelf=[set_aside_facts(make_present(WEB, power=before))])))  # fmt: skip
    assert body["power"] == after


def test_the_name_is_free_and_the_identity_is_not() -> None:
    """A new instance of the name gets the next generation, other MACs, and a warning."""
    plan = reconcile(make_fleet(WEB), world(shelf=[TRASHED]))
    assert not plan.is_errored
    assert [problem.id for problem in plan.problems] == [ids.IN_TRASH]
    ((_, body),) = steps(plan)
    spec = body["spec"]
    assert (spec["uuid"], spec["domain"]) == (names.uuid_from_name(PROJECT, "web", 2), "shop.web.2")
    assert spec["ports"][0]["mac"] != HERE["spec"]["ports"][0]["mac"]


def test_a_declared_mac_is_not_free_while_its_owner_may_come_back() -> None:
    mac = HERE["spec"]["ports"][0]["mac"]
    port = attrs.evolve(WEB.ports[0], mac=mac)
    plan = reconcile(make_fleet(make_instance("new", ports=(port,))), world(shelf=[TRASHED]))
    assert [problem.id for problem in plan.problems] == [ids.MAC_TAKEN]


def test_the_trash_takes_disk_of_its_host() -> None:
    present = make_present(make_instance("old", power="shutoff"))
    tight = {"disk_gib": 7, "memory_mib": 8704}
    seen = world(present, **tight)
    new = make_fleet(make_instance("new"))
    assert reconcile(new, seen).is_errored, "4 GiB stay where they are"
    assert not reconcile(new, seen, purge=True).is_errored
    assert not reconcile(new, world(present, foreign=[make_foreign(VCPU=15)])).is_errored, "its CPU is free at once"


@pytest.mark.parametrize(
    ("entry", "options", "reason"),
    [
        (TRASHED, {}, None),
        (KEPT, {}, None),
        (EXPIRED, {}, "trashed until 2020-01-01T00:00:00Z"),
        (DELETING, {}, "finishes a deletion"),
        (TRASHED, {"purge": True}, None),
        (TRASHED, {"destroy": True}, None),
        (TRASHED, {"destroy": True, "purge": True}, "trashed until 2030"),
        (KEPT, {"destroy": True, "purge": True}, None),
        (set_aside_facts(make_present(make_instance("web", project="bank")), expired=True), {}, None),
    ],
)
def test_what_is_deleted_from_the_trash(entry: dict[str, Any], options: dict[str, Any], reason: str | None) -> None:
    seen = world(shelf=[entry])
    plan = reconcile(make_fleet(), seen, **options)
    if reason is None:
        assert plan.is_empty
        assert plan.changes == ()
        return
    (line,) = plan.changes
    assert (line.action, line.destroys) == ("delete", tuple(entry["disks"]))
    assert line.reason.startswith(reason)
    assert [action for action, _ in steps(plan)] == ["delete"]
    assert list(simulate(seen, plan).shelf()) == []


def test_a_move_that_was_interrupted_is_a_line() -> None:
    plan = reconcile(make_fleet(), world(shelf=[set_aside_facts(HERE, unfinished=True)]))
    (line,) = plan.changes
    assert (line.action, "finishes what was interrupted" in line.reason) == ("trash", True)
    ((action, body),) = steps(plan)
    assert (action, body["why"]) == ("trash", "trashed")


@pytest.mark.parametrize(
    ("present", "shelf", "limit", "says"),
    [
        ([HERE], [], 0, "1 instance would be moved into the trash"),
        ([make_present(WEB, on_delete="delete")], [], 0, "1 instance would be deleted"),
        (
            [HERE],
            [set_aside_facts(OTHER, expired=True)],
            1,
            "would be deleted and 1 instance would be moved",
        ),
        ([HERE], [], 1, None),
    ],
)
def test_max_destroy_counts_both(present: list[Any], shelf: list[Any], limit: int, says: str | None) -> None:
    plan = reconcile(make_fleet(), world(*present, shelf=shelf), destroy=True, max_destroy=limit)
    found = [problem.summary for problem in plan.problems if problem.id == ids.TOO_MANY_DELETES]
    assert [says in text for text in found if says] == ([True] if says else [])
    assert bool(found) == (says is not None)


PINNED = {"cells": [{"id": 0, "host_cell": 0, "cpus": [0], "pcpus": {"0": 5}, "memory_mib": 512}], "pci": []}


@pytest.mark.parametrize(
    ("snapshot", "arguments", "problem"),
    [
        (world(make_present(WEB, generation=2), shelf=[TRASHED]), {}, ids.NAME_TAKEN),
        (make_snapshot(make_facts("kvm-1", shelf=[TRASHED]), make_facts("kvm-2", HERE)), {}, ids.NAME_TAKEN),
        (world(shelf=[TRASHED, set_aside_facts(make_present(WEB, generation=2))]), {}, ids.NAME_TAKEN),
        (world(shelf=[DELETING]), {}, ids.ILLEGAL),
        (make_snapshot(make_facts("kvm-1", shelf=[TRASHED]), unknown={"kvm-2": "off"}), {}, ids.NAME_TAKEN),
        (make_snapshot(make_facts("kvm-1", shelf=[TRASHED]), unknown={"kvm-2": "off"}), {"assume_empty": ("kvm-2",)},
         None),
        (world(make_present(make_instance("new"), claim=PINNED),
               shelf=[set_aside_facts(make_present(WEB, claim=PINNED))]), {}, ids.CLAIM_TAKEN),
        (world(OTHER, shelf=[TRASHED]), {}, None),
        (world(OTHER, shelf=[TRASHED], memory_mib=2048), {}, None),  # 512 reserved, 512 of the other one
        (world(OTHER, shelf=[TRASHED], memory_mib=1535), {}, ids.NO_ROOM_TO_RETURN),
        (world(OTHER, shelf=[TRASHED, set_aside_facts(make_present(make_instance("second")))], memory_mib=2047), {},
         ids.NO_ROOM_TO_RETURN),
    ],
)  # fmt: skip
def test_what_may_come_back(snapshot: Snapshot, arguments: dict[str, Any], problem: str | None) -> None:
    plan = restore(snapshot, **arguments)
    assert {found.id for found in plan.problems} == ({problem} if problem else set())
    assert plan.is_errored == (problem is not None)


def test_a_plan_that_relied_on_the_trash_is_stale_when_it_changed() -> None:
    from novalite.plan.file import verify

    plan = restore(world(shelf=[TRASHED]))
    assert verify(plan, world(shelf=[TRASHED])) == []
    assert verify(plan, world(shelf=[KEPT])) == ["web on kvm-1 has changed"]
    assert verify(plan, world()) == ["web is no longer on kvm-1"]


IDLE = attrs.evolve(WEB, power="shelved")
SHELVED = make_present(WEB, power="shutoff", state={"shelved": {"declared": False}})


def verb(snapshot: Snapshot, name: str) -> Plan:
    items = [*snapshot.instances(), *(aside.item for aside in snapshot.shelf())]
    if name == "unshelve":
        return plan_unshelve(snapshot, items, VERBS[name], {})
    return plan_verb(snapshot, items, VERBS[name], {})


def test_shelved_offloaded_and_back_by_verbs() -> None:
    """The fleet that declares it running leaves it alone meanwhile, and never makes a second one."""
    seen = world(HERE)
    for name, status in (("shelve", "SHELVED"), ("offload", "SHELVED_OFFLOADED"), ("unshelve", "ACTIVE")):
        plan = verb(seen, name)
        assert not plan.is_errored, plan.problems
        seen = simulate(seen, plan)
        (item,) = [*seen.instances(), *(aside.item for aside in seen.shelf())]
        assert (item.uuid, item.status) == (HERE["uuid"], status)
        fleets = reconcile(make_fleet(WEB), seen)
        assert fleets.is_empty
        assert not fleets.is_errored
        assert [line.action for line in fleets.changes] == (["held"] if status != "ACTIVE" else [])
    assert seen.hosts["kvm-1"].used["MEMORY_MB"] == 512


@pytest.mark.parametrize("is_offloaded", [False, True])
def test_shelved_by_declaration(is_offloaded: bool) -> None:
    """Declared, applied, nothing to do; declared running again, it runs, offloaded meanwhile or not."""
    seen = world(HERE)
    plan = reconcile(make_fleet(IDLE), seen)
    assert [(line.action, line.disruption) for line in plan.changes] == [("shelve", "restart")]
    assert "by its power button" in plan.changes[0].reason
    seen = simulate(seen, plan)
    if is_offloaded:
        seen = simulate(seen, verb(seen, "offload"))
        assert seen.hosts["kvm-1"].used == {"DISK_GB": 4}
    assert reconcile(make_fleet(IDLE), seen).is_empty
    back = reconcile(make_fleet(WEB), seen)
    assert [action for action, _ in steps(back)] == ["unshelve"]
    seen = simulate(seen, back)
    assert reconcile(make_fleet(WEB), seen).is_empty
    assert [item.status for item in seen.instances()] == ["ACTIVE"]


def test_shelved_from_birth() -> None:
    seen = simulate(world(), reconcile(make_fleet(IDLE), world()))
    assert [item.status for item in seen.instances()] == ["SHELVED"]
    assert reconcile(make_fleet(IDLE), seen).is_empty


def test_what_an_offloaded_instance_was_given_may_be_taken() -> None:
    mine = set_aside_facts({**SHELVED, "spec": {**SHELVED["spec"], "claim": PINNED}}, "shelved", None)
    plan = verb(world(shelf=[mine]), "unshelve")
    assert not plan.is_errored
    other = make_present(make_instance("new"), claim=PINNED)
    (item,) = [aside.item for aside in world(other, shelf=[mine]).shelf()]
    plan = plan_unshelve(world(other, shelf=[mine]), [item], VERBS["unshelve"], {})
    assert [(problem.id, "CPU 5" in problem.summary) for problem in plan.problems] == [(ids.CLAIM_TAKEN, True)]


def test_an_offloaded_instance_needs_room_again() -> None:
    mine = set_aside_facts(SHELVED, "shelved", None)
    snapshot = world(OTHER, shelf=[mine], memory_mib=1300)
    (item,) = [aside.item for aside in snapshot.shelf()]
    (problem,) = plan_unshelve(snapshot, [item], VERBS["unshelve"], {}).problems
    assert (problem.id, "asked 512 MEMORY_MB, free 276" in problem.summary) == (ids.NO_ROOM_TO_RETURN, True)


def test_what_is_offloaded_goes_away_without_power() -> None:
    """It is moved within the shelf, or deleted with the files that lie there."""
    entry = set_aside_facts(SHELVED, "shelved", None)
    for purge, action in ((False, "trash"), (True, "delete")):
        plan = reconcile(NOBODY, world(OTHER, shelf=[entry]), purge=purge)
        ((found, body),) = steps(plan)
        assert (found, body["disks"]) == (action, entry["disks"])
        after = simulate(world(OTHER, shelf=[entry]), plan)
        assert [aside.why for aside in after.shelf()] == ([] if purge else ["trashed"])
