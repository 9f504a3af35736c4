# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift on real libvirt: made by hand with virsh, seen, ignored, reported and corrected; looking changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct
from integration.guest import domains, leftovers

if TYPE_CHECKING:
    from integration.command import Controller, Done
    from novalite.model.snapshot import Snapshot

pytestmark = pytest.mark.libvirt

FLEET = """novalite: 1
project: shop
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
images:
  bootsector: {source: images/bootsector.qcow2}
defaults: {flavor: speck, image: bootsector, stop_timeout: 0s}
instances:
  web: {}
  off: {power: shutoff}
  told: {power_policy: report}
  seen: {power: shutoff, power_policy: report}
"""
IGNORED = (
    FLEET
    + """drift_ignores:
  - {path: "flavor.*vcpus", instance: "we*", reason: somebody measures, until: "2099-12-31"}
"""
)


def world(lab: Any) -> tuple[Any, ...]:
    """Return all that a command which changes nothing leaves as it is: every byte of XML, files, and the journal."""
    names = domains(lab)
    kept = "cat /var/lib/novalite/*.json* | sha256sum"
    return (
        [lab.virsh(host, "dumpxml", name) for host, found in names.items() for name in found],
        [lab.virsh(host, "domstate", name) for host, found in names.items() for name in found],
        leftovers(lab),
        [lab.run(host, ["sh", "-c", kept]) for host in lab.hosts],
    )


def found(done: Done) -> set[tuple[Any, ...]]:
    """Return what ``drift --json`` found and does not ignore."""
    return {
        (one["name"], one["what"], one["before"], one["after"])
        for one in done.json["findings"]
        if one["ignored"] is None
    }


def power(snapshot: Snapshot) -> dict[str, str]:
    return {item.name: item.power for item in snapshot.instances()}


def test_what_virsh_did_is_seen_ignored_reported_and_corrected(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    direct = Direct(lab, controller.fleet)
    assert direct.apply() == []
    assert "0 host changes, 0 fleet changes" in controller.novalite("drift", "--detailed-exitcode").out
    where = {item.name: item for item in direct.observe().instances()}

    def virsh(name: str, *words: str) -> None:
        lab.virsh(where[name].host, words[0], where[name].uuid, *words[1:])

    virsh("web", "setvcpus", "2", "--config", "--maximum")
    virsh("web", "setvcpus", "2", "--config")
    virsh("off", "start")
    virsh("told", "destroy")
    virsh("seen", "start")
    before = world(lab)
    by_hand = {("off", "power", "shutoff", "running"), ("told", "power", "running", "shutoff")}
    by_hand |= {("seen", "power", "shutoff", "running")}
    assert found(controller.novalite("drift", "--detailed-exitcode", "--json", expect=2)) >= {
        *by_hand, ("web", "domain", 1, 2),
    }  # fmt: skip
    some = ("drift", "-i", str(controller.inventory), "--ignore", "power", "--ignore", "flavor.*:web")
    without = controller.run(*some, "--detailed-exitcode")
    assert (without.status, "0 host changes" in without.out) == (0, True), without.out + without.err
    assert world(lab) == before

    controller.declare(IGNORED)
    plan = controller.novalite("plan").out
    assert "started by hand; its power is taken away at once" in plan
    assert "is shutoff, declared running" in plan
    assert "1 to stop" in plan
    assert "2 left as it is" in plan
    assert "web " not in plan
    assert direct.apply() == []
    seen = direct.observe()
    assert power(seen) == {"web": "running", "off": "shutoff", "told": "shutoff", "seen": "running"}
    assert "<vcpu placement='static'>2<" in lab.virsh(where["web"].host, "dumpxml", "--inactive", where["web"].uuid)
    assert direct.plan().is_empty
    left = controller.novalite("drift", "--detailed-exitcode", "--json", expect=2)
    assert found(left) == by_hand - {("off", "power", "shutoff", "running")}
    assert left.json["counts"]["ignored"] >= 1

    # Nobody's hand: the fleet says something new, and that is applied whatever the policy.
    controller.declare(IGNORED.replace("told: {power_policy", "told: {power: shutoff, power_policy"))
    assert [change.action for change in direct.plan().changes if change.name == "told"] == ["update"]
    assert direct.apply() == []
    controller.declare(IGNORED.replace("seen: {power: shutoff,", "seen: {power: paused,"))
    assert direct.apply() == []
    assert power(direct.observe()) == {"web": "running", "off": "shutoff", "told": "running", "seen": "paused"}
    assert controller.novalite("drift", "--detailed-exitcode").status == 0
