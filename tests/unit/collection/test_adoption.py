# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopting and releasing on libvirt's test driver: the mark and nothing else, again and after every interruption."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import domain_xml, packed
from ansible_collections.novalite.compute.plugins.module_utils.domain_listing import list_instances
from ansible_collections.novalite.compute.plugins.module_utils.domain_meaning import meaning_sha256, parts_of_domain
from ansible_collections.novalite.compute.plugins.module_utils.metadata import TAG

UUID = "6f1e0c1a-6a0e-4a52-9a55-0d5f3c6f9b1e"
DOMAIN = f"""<domain type='test'>
  <name>Old_DB</name><uuid>{UUID}</uuid><title>The old one</title>
  <metadata><a:note xmlns:a='urn:a'>keep me</a:note></metadata>
  <memory unit='MiB'>256</memory><vcpu>2</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='DISK'/>
      <target dev='sda' bus='sata'/></disk>
    <watchdog model='i6300esb' action='reset'/>
  </devices>
</domain>"""


@pytest.fixture
def old(stocked: Any, tmp_path: Path) -> Any:
    """Return the definition of a domain that somebody else made."""
    stocked.connection.define(DOMAIN.replace("DISK", str(tmp_path / "disk.qcow2")))
    return text_of(stocked)


def text_of(host: Any) -> str:
    return str(host.connection.domain_xml(host.connection.find_domain(UUID)))


def cut(text: str) -> bytes:
    """Return a definition without our mark."""
    element = ElementTree.fromstring(text)
    metadata = element.find("metadata")
    assert metadata is not None
    for mark in metadata.findall(TAG):
        metadata.remove(mark)
    return ElementTree.tostring(element).replace(b" ", b"").replace(b"\n", b"")


def spec_of(make_spec: Any, text: str, **changes: Any) -> dict[str, Any]:
    sha256 = meaning_sha256(parts_of_domain(ElementTree.fromstring(text)))
    image = {"name": "", "sha256": "", "format": "raw"}
    flavor = {"name": "adopted", "vcpus": 2, "ram_mib": 256}
    adopted = {"sha256": sha256, "extra_sha256": None}
    made = make_spec("old-db", uuid=UUID, domain="Old_DB", ports=[], image=image, flavor=flavor, adopted=adopted)
    return {**made, **changes}


def seen(host: Any) -> dict[str, Any]:
    """Return the facts of the instance; it must be one."""
    instances, foreign = list_instances(host)
    assert [one["uuid"] for one in instances] == [UUID]
    assert foreign == []
    return dict(instances[0])


def test_only_the_mark_is_written(apply: Any, old: str, make_spec: Any) -> None:
    spec = spec_of(make_spec, old)
    step = {"action": "adopt", "name": "old-db", "spec": spec, "applied": "shutoff"}
    assert apply(step, check=True)["changed"]
    assert text_of(apply.host) == old
    done = apply(step)
    assert (done["outcome"], [one["outcome"] for one in done["steps"]]) == ("done", ["done"]), done
    facts = seen(apply.host)
    assert cut(text_of(apply.host)) == cut(old)
    assert (facts["drift"], facts["disks"], facts["state"]) == ([], [], {"power": {"applied": "shutoff"}})
    assert [Path(path).name for path in facts["disks_elsewhere"]] == ["disk.qcow2"]
    assert apply(step)["steps"][0]["outcome"] == "nothing"


@pytest.mark.parametrize("when", ["domain.mark.before", "domain.mark.after"])
def test_interrupted_it_is_done_again(apply: Any, old: str, make_spec: Any, when: str) -> None:
    spec = spec_of(make_spec, old)
    step = {"action": "adopt", "name": "old-db", "spec": spec}
    assert apply(step, failpoint=f"{when}:error@1")["outcome"] == "failed"
    assert apply(step)["outcome"] == "done"
    assert seen(apply.host)["drift"] == []
    gone = {"action": "release", "name": "old-db", "uuid": UUID}
    assert apply(gone, failpoint=f"{when}:error@1")["outcome"] == "failed"
    assert apply(gone)["outcome"] == "done"
    assert cut(text_of(apply.host)) == cut(old)
    assert apply(gone)["steps"][0]["outcome"] == "nothing"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"adopted": {"sha256": "0" * 64, "extra_sha256": None}}, "stale"),
        ({"domain": "other"}, "differs"),
        ({"flavor": {"name": "s", "vcpus": 1, "ram_mib": 256}}, "differs"),
        ({"uuid": "77777777-6a0e-4a52-9a55-0d5f3c6f9b1e"}, "not_found"),
    ],
)
def test_what_is_not_as_it_was_read_is_not_marked(
    apply: Any, old: str, make_spec: Any, changes: dict[str, Any], error: str
) -> None:
    spec = spec_of(make_spec, old, **changes)
    done = apply({"action": "adopt", "name": "old-db", "spec": spec})
    assert done["steps"][0]["error"]["id"] == error
    assert text_of(apply.host) == old


def test_it_keeps_its_hardware_and_its_title(apply: Any, old: str, make_spec: Any) -> None:
    apply({"action": "adopt", "name": "old-db", "spec": spec_of(make_spec, old)})
    marked = {**seen(apply.host)["spec"], "metadata": {"role": "db"}, "name": "database", "protect": True}
    assert apply({"action": "mark", "name": "database", "spec": marked})["outcome"] == "done"
    assert seen(apply.host)["spec"]["name"] == "database"
    assert cut(text_of(apply.host)) == cut(old)
    taken = apply({"action": "adopt", "name": "other", "spec": spec_of(make_spec, old, name="other")})
    assert taken["steps"][0]["error"]["id"] == "name_taken"
    for step in (
        {"action": "delete", "uuid": UUID, "disks": []},
        {"action": "trash", "uuid": UUID, "disks": [], "why": "trash"},
        {"action": "rebuild", "spec": marked, "virt_type": "test", "contents": {}},
        {"action": "change", "uuid": UUID, "spec": marked, "virt_type": "test", "destroys": []},
    ):
        done = apply({"name": "database", **step})
        assert done["steps"][0]["error"]["id"] == "adopted", done
    for step in ({"action": "start", "uuid": UUID}, {"action": "lock", "uuid": UUID, "reason": "audit"}):
        assert apply({"name": "database", **step})["outcome"] == "done"
    locked = apply({"action": "release", "name": "database", "uuid": UUID})
    assert locked["steps"][0]["error"]["id"] == "protected"
    assert cut(text_of(apply.host)) == cut(old)


def test_what_was_made_here_is_not_released(apply: Any, make_spec: Any) -> None:
    spec = make_spec()
    apply({"action": "create", "name": "web-0", "spec": spec, "power": "shutoff", "virt_type": "test", "contents": {}})
    done = apply({"action": "release", "name": "web-0", "uuid": spec["uuid"]})
    assert done["steps"][0]["error"]["id"] == "bad_request"


def test_what_somebody_changes_is_drift(apply: Any, old: str, make_spec: Any) -> None:
    apply({"action": "adopt", "name": "old-db", "spec": spec_of(make_spec, old)})
    apply.host.connection.define(text_of(apply.host).replace("model='i6300esb'", "model='ib700'"), validate=False)
    told = [(one["path"], one["actual"]) for one in seen(apply.host)["drift"]]
    assert told == [("domain.devices.watchdog.i6300esb", "gone"), ("domain.devices.watchdog.ib700", "added")]


def read(host: Any, **images: int) -> Any:
    """Return the disks of the domain, as the module tells them."""
    answer = domain_xml.ensure(host, {"uuids": [UUID], "images": images}).facts["packed"]
    (domain,) = packed.unpack(answer)["domains"]
    assert (domain["domain"], domain["persistent"]) == ("Old_DB", True)
    assert domain["sha256"] == meaning_sha256(parts_of_domain(ElementTree.fromstring(domain["xml"])))
    return domain["disks"]


def test_lineage_of_disks(stocked: Any, old: str, tmp_path: Path) -> None:
    """The last file of the chain is hashed only where it has the size of an image that somebody knows."""
    del old
    (disk,) = read(stocked)
    assert "disk.qcow2" in disk["error"]
    base = tmp_path / "base.raw"
    base.write_bytes(b"base".ljust(65536, b"\0"))
    sha256 = hashlib.sha256(base.read_bytes()).hexdigest()
    words = [
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        str(base),
        str(tmp_path / "disk.qcow2"),
        "1G",
    ]
    subprocess.run(words, check=True)
    (disk,) = read(stocked)
    assert (disk["target"], disk["virtual_bytes"], disk["chain"], disk["image"]) == ("sda", 1024**3, [str(base)], None)
    (disk,) = read(stocked, **{sha256: 65536})
    assert disk["image"] == sha256
    (disk,) = read(stocked, **{"0" * 64: 65536})
    assert disk["image"] is None
