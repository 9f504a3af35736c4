# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance spec, and a host of libvirt's test driver with a state dir and an image."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import failpoint, image, names
from ansible_collections.novalite.compute.plugins.module_utils.canonical import fingerprint
from ansible_collections.novalite.compute.plugins.module_utils.host import Host, open_host
from ansible_collections.novalite.compute.plugins.module_utils.steps import ensure
from unit.collection.power_cut import PowerCutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IMAGE = b"novalite".ljust(1024 * 1024, b"\0")
SHA256 = hashlib.sha256(IMAGE).hexdigest()
NODE = """<node><cpu><mhz>2000</mhz><model>x86_64</model><active>8</active><nodes>1</nodes><sockets>1</sockets>
<cores>8</cores><threads>1</threads></cpu><memory>16777216</memory></node>"""

Spec = dict[str, Any]
_SPEC: Spec = {
    "project": "shop",
    "launch_index": 0,
    "availability_zone": None,
    "host": None,
    "flavor": {
        "name": "small",
        "vcpus": 1,
        "ram_mib": 64,
        "disk_gib": 1,
        "ephemeral_gib": 0,
        "swap_mib": 0,
        "extra_specs": {},
    },
    "image": {"name": "tiny", "sha256": SHA256, "format": "raw", "min_disk_gib": 0, "properties": {}},
    "keypair": None,
    "group": None,
    "metadata": {},
    "user_data_sha256": None,
    "protect": False,
}


def spec_of(name: str = "web-0", **changes: Any) -> Spec:
    """Return a whole spec; a dict given for flavor or image changes only what it names."""
    spec = copy.deepcopy(_SPEC)
    uuid = names.uuid_from_name("shop", name)
    port = {"network": "lan", "kind": "libvirt", "source": "default", "mac": names.mac_from_uuid(uuid, 0)}
    port.update({"fixed_ip": None, "cidr": None, "gateway": None, "dns": [], "mtu": None})
    spec.update(uuid=uuid, name=name, domain=f"shop.{name}", ports=[port])
    for key, value in changes.items():
        spec[key] = {**spec[key], **value} if key in ("flavor", "image") else value
    return spec


@pytest.fixture
def make_spec() -> Callable[..., Spec]:
    return spec_of


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host of its own: no other test sees its domains."""
    pytest.importorskip("libvirt")
    node = tmp_path / "node.xml"
    node.write_text(NODE)
    opened = open_host(f"test://{node}", str(tmp_path / "state"))
    yield opened
    failpoint.arm("")
    opened.close()


@pytest.fixture
def stocked(host: Host) -> Host:
    """The host, holding the image."""
    images = Path(host.state_dir) / "images"
    images.mkdir(parents=True)
    (images / f"{SHA256}.part").write_bytes(IMAGE)
    image.ensure(host, {"sha256": SHA256, "format": "raw", "size_bytes": len(IMAGE), "url": None})
    return host


def killed(function: Callable[[], object]) -> bool:
    """Do something in a process of its own; tell whether a failpoint killed it. What it did to files stays."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


class Applier:
    """Applies steps as a plan of their own, numbered."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.number = 0

    def slice(self, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.number += 1
        plan = fingerprint(["plan", self.number])
        numbered = [{"id": f"s{index:04}", **step} for index, step in enumerate(steps)]
        said = {"format": "novalite.slice/1", "plan": plan, "project": "shop", "host": "h", "wave": 0, "last": True}
        return {**said, "relied": {}, "steps": numbered, **more}

    def __call__(self, *steps: dict[str, Any], check: bool = False, **more: Any) -> dict[str, Any]:
        return self.apply(self.slice(*steps, **more), check=check)

    def apply(self, said: dict[str, Any], *, check: bool = False, **more: str) -> dict[str, Any]:
        return ensure(self.host, {"slice": json.dumps(said), "wait_s": 0, **more}, check).as_module_result()


@pytest.fixture
def apply(stocked: Host) -> Applier:
    return Applier(stocked)


@pytest.fixture
def power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a kill at a failpoint end the step, and not the test."""

    def cut(*_arguments: object) -> None:
        raise PowerCutError

    monkeypatch.setattr(failpoint.os, "kill", cut)
