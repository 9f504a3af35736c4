# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet -> plan -> apply -> running guests -> empty plan -> power change -> destroy, on two real hypervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import TINY, domains, leftovers, observed, said

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

WEB = (
    "novalite: 1\nproject: shop\n"
    + TINY
    + """
server_groups:
  web: {policy: anti-affinity, max_server_per_host: 2}
instances:
  web:
    count: 3
    flavor: tiny
    image: tiny
    networks: [lan]
    group: web
    metadata: {role: web}
"""
)


def test_three_guests_on_two_hosts(controller: Controller, lab: Any) -> None:
    """Each guest read its own config drive; the second plan is empty; a power change is applied; destroy cleans."""
    controller.declare(WEB)
    plan = controller.novalite("plan", "--detailed-exitcode", expect=2)
    assert "3 to create" in plan.out

    controller.novalite("apply", "--yes")
    instances = observed(controller)
    assert sorted(instances) == ["web-0", "web-1", "web-2"]
    assert sorted(instance["host"] for instance in instances.values()) in (
        ["kvm-1", "kvm-1", "kvm-2"],
        ["kvm-1", "kvm-2", "kvm-2"],
    )
    for name, instance in instances.items():
        text = said(lab, instance["host"], instance["uuid"], "novalite-guest: ready")
        assert f"hostname={name}" in text
        assert instance["uuid"] in text
        assert "role" in text

    again = controller.novalite("plan", "--detailed-exitcode", expect=0)
    assert "0 to create" in again.out or "Nothing to do" in again.out

    controller.declare(WEB.replace("metadata: {role: web}", "metadata: {role: web}\n    power: shutoff"))
    controller.novalite("apply", "--yes")
    assert {instance["power"] for instance in observed(controller).values()} == {"shutoff"}
    controller.novalite("plan", "--detailed-exitcode", expect=0)

    controller.novalite("destroy", "--yes")
    assert domains(lab) == {host: [] for host in lab.hosts}
    assert leftovers(lab) == {host: [] for host in lab.hosts}


def test_foreign_domains_are_never_touched(controller: Controller, lab: Any) -> None:
    """A domain without our mark is byte for byte the same after apply and destroy."""
    xml = (
        "<domain type='qemu'><name>by-hand</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64'>hvm</type></os></domain>"
    )
    lab.run("kvm-1", ["sh", "-c", f'echo "{xml}" > /tmp/by-hand.xml && virsh define /tmp/by-hand.xml'])
    before = lab.run("kvm-1", ["virsh", "dumpxml", "by-hand"])
    controller.declare(WEB.replace("count: 3", "count: 1"))
    controller.novalite("apply", "--yes")
    controller.novalite("destroy", "--yes")
    assert lab.run("kvm-1", ["virsh", "dumpxml", "by-hand"]) == before
