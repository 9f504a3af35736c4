# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller without Ansible and SSH: plans in this process, runs the hosts' code on the hosts as the modules do.

For tests that need very many applies: what a host does is the same code in a process of its own, and an apply takes a
tenth of the time. That Ansible carries it is for other tests to show.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novalite.apply.slices import slice_for
from novalite.observe.parse import snapshot_from_facts
from novalite.plan.build import reconcile
from novalite.plan.file import plan_to_dict
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

_UTILS = Path("ansible_collections/novalite/compute/plugins/module_utils")
_COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
_ON_HOST = "/var/cache/libvirt/novalite-direct"
_CONFIG = {"uri": "qemu:///system", "state_dir": "/var/lib/novalite", "virt_type": "qemu", "enabled": True,
           "inventories": {"VCPU": {"allocation_ratio": 16.0}}}  # fmt: skip
_PROGRAM = f"""
import json, sys
sys.path.insert(0, {_ON_HOST!r})
from ansible_collections.novalite.compute.plugins.module_utils import host_info, steps
from ansible_collections.novalite.compute.plugins.module_utils.host import open_host
with open(sys.argv[1]) as stream:
    asked = json.load(stream)
host = open_host("qemu:///system", "/var/lib/novalite")
done = (steps if "slice" in asked else host_info).ensure(host, asked)
host.close()
print(json.dumps(done.facts))
"""


class Direct:
    """An operator of the lab's hosts."""

    def __init__(self, lab: Any, fleet: Path) -> None:
        self.lab = lab
        self.fleet = fleet
        for host in lab.hosts:
            to = self._folder(host) / _UTILS
            shutil.rmtree(to, ignore_errors=True)
            shutil.copytree(_COLLECTIONS / _UTILS, to, ignore=shutil.ignore_patterns("__pycache__"))

    def _folder(self, host: str) -> Path:
        found: Path = self.lab.state_dir(host).parent / "cache-libvirt" / "novalite-direct"
        return found

    def _ask(self, host: str, **asked: Any) -> dict[str, Any] | None:
        """Return what the host's process answered, or None where it died."""
        (self._folder(host) / "asked.json").write_text(json.dumps(asked))
        done = self.lab.attempt(host, ["python3", "-c", _PROGRAM, f"{_ON_HOST}/asked.json"])
        if done.returncode in (137, -9):
            return None
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def observe(self) -> Snapshot:
        """Return what the hosts hold."""

        def one(host: str) -> Any:
            answer = self._ask(host, config=_CONFIG, wait_s=30, packed=False)
            assert answer is not None
            return answer["facts"]

        with ThreadPoolExecutor() as pool:
            return snapshot_from_facts(dict(zip(self.lab.hosts, pool.map(one, self.lab.hosts), strict=True)))

    def plan(self, **options: Any) -> Plan:
        """Return the plan for what is declared and what is there."""
        fleet, problems = load_fleet(self.fleet)
        assert fleet is not None, problems
        return reconcile(fleet, self.observe(), **options)

    def apply(self, *, failpoint: str | None = None, **options: Any) -> list[str]:
        """Plan and apply; return the hosts whose process died on the way (later waves are not begun then)."""
        return self.carry_out(self.plan(**options), failpoint=failpoint)

    def carry_out(self, plan: Plan, *, failpoint: str | None = None) -> list[str]:
        """Apply a plan; return the hosts whose process died. Where nobody dies, every step must be done."""
        assert not plan.is_errored, plan.problems
        document = plan_to_dict(plan)
        for wave in range(len(document["waves"])):
            pieces = {host: slice_for(document, host, wave) for host in self.lab.hosts}
            asked = {host: {**piece, "failpoint": failpoint} for host, piece in pieces.items() if piece}
            for host in asked:
                self._deliver(host, document, asked[host])

            def one(host: str, asked: dict[str, dict[str, Any]] = asked) -> Any:
                return self._ask(host, slice=json.dumps(asked[host]), wait_s=30, deliveries={})

            with ThreadPoolExecutor() as pool:
                answers = dict(zip(asked, pool.map(one, asked), strict=True))
            dead = [host for host, answer in answers.items() if answer is None]
            if dead:
                return dead
            assert all(answer["outcome"] == "done" for answer in answers.values()), answers
        return []

    def _deliver(self, host: str, document: dict[str, Any], piece: dict[str, Any]) -> None:
        for step in piece["steps"]:
            if step["action"] == "image":
                image = step["image"]
                folder = self.lab.state_dir(host) / "images"
                folder.mkdir(mode=0o711, exist_ok=True)
                if not (folder / f"{image['sha256']}.{image['format']}").exists():
                    source = document["images"][image["sha256"]]["source"]
                    shutil.copyfile(source, folder / f"{image['sha256']}.part")
