# SPDX-License-Identifier: GPL-3.0-or-later
"""A reviewed plan does exactly what was reviewed, once, or nothing: what it relied on is asked again, on every host.

One world for the whole file: ``keep-0`` and ``keep-1`` run on a host each. Each test plans, changes one thing by hand,
applies the plan, and puts the thing back.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import PAIR, domains

if TYPE_CHECKING:
    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

FLEET = PAIR.replace("db:", "keep:")
STARTED = FLEET.replace("power: shutoff", "power: running")
MORE = FLEET + "  new: {flavor: speck, image: bootsector, power: shutoff, host: kvm-1}\n"
FOREIGN = (
    "<domain type='qemu'><name>by-hand</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
    "<os><type arch='x86_64'>hvm</type></os></domain>"
)


def planned(controller: Controller, fleet: str) -> str:
    """Write a plan for a fleet; return its file."""
    controller.declare(fleet)
    controller.novalite("plan", "-o", "plan.json")
    return "plan.json"


def apply(controller: Controller, path: str, *, expect: int, **environment: str) -> Done:
    done = controller.run("apply", path, "-i", str(controller.inventory), "--yes", **environment)
    assert done.status == expect, f"{done.status}\n{done.out}\n{done.err}"
    return done


def define_foreign(lab: Any, host: str) -> None:
    lab.run(host, ["sh", "-c", f'echo "{FOREIGN}" > /tmp/by-hand.xml && virsh -q define /tmp/by-hand.xml'])


def world(lab: Any) -> dict[str, str]:
    """Return every domain's XML and power, as virsh says."""
    say = "for name in $(virsh -q list --all --name); do virsh dumpxml --inactive $name; virsh domstate $name; done"
    return {host: lab.run(host, ["sh", "-c", say]) for host in lab.hosts}


def test_stale_plans(controller: Controller, lab: Any) -> None:
    """Exit 4 before any change on any host, naming the fact; a fact that it did not rely on does not block."""
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")

    # An instance that it touches changed its power; the other host's would have been started.
    path = planned(controller, STARTED)
    lab.virsh("kvm-1", "start", "shop.keep-0")
    before = world(lab)
    refused = apply(controller, path, expect=4)
    assert "keep-0 on kvm-1 has changed" in refused.err
    assert "nothing was changed" in refused.err
    assert "to proceed: novalite plan -i" in refused.err
    assert world(lab) == before
    lab.virsh("kvm-1", "destroy", "shop.keep-0")

    # An instance that it touches is gone.
    xml = lab.virsh("kvm-2", "dumpxml", "--inactive", "shop.keep-1")
    lab.virsh("kvm-2", "undefine", "shop.keep-1")
    assert "keep-1 is no longer on kvm-2" in apply(controller, path, expect=4).err
    define(lab, "kvm-2", xml)

    # Room was taken on the host where it creates; then, on another host, where it does not.
    path = planned(controller, MORE)
    define_foreign(lab, "kvm-1")
    assert "what is used of it, has changed" in apply(controller, path, expect=4).err
    lab.virsh("kvm-1", "undefine", "by-hand")
    define_foreign(lab, "kvm-2")
    # ... and what it merely keeps: kvm-2's instance runs now.
    lab.virsh("kvm-2", "start", "shop.keep-1")
    apply(controller, path, expect=0)
    assert domains(lab)["kvm-1"] == ["shop.keep-0", "shop.new"]

    # Once is all that it can be applied.
    assert "was applied to kvm-1 already" in apply(controller, path, expect=4).err


def define(lab: Any, host: str, xml: str) -> None:
    (lab.state_dir(host) / "back.xml").write_text(xml)
    lab.run(host, ["sh", "-c", "virsh -q define /var/lib/novalite/back.xml; rm /var/lib/novalite/back.xml"])


def test_damaged_plan(controller: Controller, lab: Any) -> None:
    """One byte is enough: refused before any contact, by the command and by plain ansible-playbook."""
    path = planned(controller, FLEET)
    file = controller.folder / path
    file.write_bytes(re.sub(rb'"shutoff"', b'"running"', file.read_bytes(), count=1))
    refused = controller.run("apply", path, "-i", "nowhere.yml", "--yes")
    assert refused.status == 3, refused.err
    assert "error[NV0311]" in refused.err
    assert "changed after it was made" in refused.err
    played = subprocess.run(
        ["ansible-playbook", "-i", str(controller.inventory), "novalite.compute.apply", "-e", f"plan={file}"],
        cwd=controller.folder, env=controller.environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert played.returncode != 0
    assert "changed after it was made" in played.stdout + played.stderr
    assert domains(lab) == {"kvm-1": [], "kvm-2": []}


def test_host_asks_again(controller: Controller, lab: Any) -> None:
    """What changes after the controller looked is found by the host, under its lock: nothing is done there."""
    path = planned(controller, FLEET)
    document = json.loads((controller.folder / path).read_text())
    assert set(document["relied"]) == {"kvm-1", "kvm-2"}
    from novalite.shared import canonical

    document["relied"]["kvm-1"]["host"] = "sha256:" + "0" * 64  # as if it had been different when the plan was made
    document.pop("digest")
    document["digest"] = canonical.fingerprint(document)
    file = controller.folder / path
    file.write_bytes(canonical.canonical_json(document) + b"\n")
    played = subprocess.run(  # the playbook looks at no host before
        ["ansible-playbook", "-i", str(controller.inventory), "novalite.compute.apply", "-e", f"plan={file}"],
        cwd=controller.folder, env=controller.environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert played.returncode != 0
    assert "changed since the plan was made" in " ".join((played.stdout + played.stderr).split())
    assert domains(lab)["kvm-1"] == []
