# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for tests: defaults, and what the test is about.

Hosts and snapshots are built as facts (novalite.host/1) and go through observe/parse.py like those of real hosts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from novalite.model.content import Content
from novalite.model.flavor import Flavor
from novalite.model.fleet import Fleet
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.natural import natural_key
from novalite.model.network import Network
from novalite.model.observed import ObservedHost
from novalite.model.port import Port
from novalite.observe.parse import host_from_facts, snapshot_from_facts
from novalite.shared import amounts, canonical, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.aggregate import Aggregate
    from novalite.model.snapshot import Snapshot

PROJECT = "shop"
LAN = Network("lan", "libvirt", "default", cidr="192.168.122.0/24")
SMALL = Flavor("small", vcpus=1, ram_mib=512, disk_gib=4)
DEBIAN = Image("debian-12", "/images/debian-12.qcow2", "d" * 64, "qcow2", size_bytes=1000)


def make_flavor(name: str = "small", *, vcpus: int = 1, ram_mib: int = 512, disk_gib: int = 4, **rest: Any) -> Flavor:
    return Flavor(name, vcpus, ram_mib, disk_gib, **rest)


def make_instance(name: str = "web-0", *, project: str = PROJECT, **rest: Any) -> Instance:
    values: dict[str, Any] = {"flavor": SMALL, "image": DEBIAN, "ports": (Port(LAN),)}
    values.update(rest)
    return Instance(project, name, **values)


def make_user_data(content: bytes = b"#cloud-config\n", parts: tuple[str, ...] = ()) -> Content:
    return Content(content, canonical.sha256_hex(content), parts)


def make_fleet(*instances: Instance, project: str = PROJECT, aggregates: Iterable[Aggregate] = ()) -> Fleet:
    by_name = {instance.name: instance for instance in sorted(instances, key=lambda item: natural_key(item.name))}
    return Fleet(project, by_name, tuple(aggregates), fingerprint="sha256:fleet")


def make_present(
    instance: Instance,
    *,
    generation: int = 1,
    power: str | None = None,
    drift: Iterable[Mapping[str, Any]] = (),
    state: Mapping[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Return an instance as its host would report it; keywords change its mark."""
    uuid = names.uuid_from_name(instance.project, instance.name, generation)
    domain = names.domain_from_name(instance.project, instance.name, generation)
    macs = [port.mac or names.mac_from_uuid(uuid, index) for index, port in enumerate(instance.ports)]
    whole = {**instance.to_spec(uuid, domain, macs), **spec}
    return instance_facts(whole, power or instance.power, drift=[dict(item) for item in drift], state=state)


def instance_facts(
    spec: Mapping[str, Any],
    power: str,
    *,
    drift: list[dict[str, Any]] | None = None,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    relied = {"spec": spec, "power": power, "drift": drift or []}
    if state:
        relied["state"] = dict(state)
    return {
        **({"state": dict(state)} if state else {}),
        "uuid": spec["uuid"],
        "domain": spec["domain"],
        "power": power,
        "persistent": True,
        "autostart": False,
        "spec": dict(spec),
        "drift": drift or [],
        "disks": [f"/var/lib/novalite/instances/{spec['uuid']}/disk"],
        "addresses": [],
        "usage": amounts.total_resources(spec["flavor"], spec["image"]["properties"]),
        "fingerprint": canonical.fingerprint(relied),
    }


def set_aside_facts(
    item: Mapping[str, Any],
    why: str = "trashed",
    until: str | None = "2030-01-01T00:00:00Z",
    *,
    expired: bool = False,
    unfinished: bool = False,
    leaving: bool = False,
) -> dict[str, Any]:
    """Return an instance as its host reports it from the shelf; ``item`` is what it reported before."""
    spec, before = item["spec"], dict(item.get("state") or {})
    extra = {"leaving": True} if leaving else {}
    if why == "shelved":
        state = {**before, "shelved": {**(before.get("shelved") or {}), "offloaded": True, **extra}}
    else:
        state = {**before, "trashed": {"why": why, "until": until, "power": item["power"], **extra}}
    disk = item["usage"].get("DISK_GB")
    relied = {"spec": spec, "power": item["power"], "state": state, "shelf": why}
    return {
        **({"unfinished": True} if unfinished else {}),
        "uuid": spec["uuid"],
        "project": spec["project"],
        "name": spec["name"],
        "domain": spec["domain"],
        "why": why,
        "until": until,
        "expired": expired,
        "power": item["power"],
        "spec": spec,
        "state": state,
        "disks": [f"/var/lib/novalite/shelf/{spec['uuid']}/disk"],
        "usage": {"DISK_GB": disk} if disk else {},
        "fingerprint": canonical.fingerprint(relied),
    }


def make_foreign(
    domain: str = "old", *, uuid: str | None = None, power: str = "running", **usage: int
) -> dict[str, Any]:
    return {
        "uuid": uuid or names.uuid_from_name("foreign", domain),
        "domain": domain,
        "power": power,
        "usage": usage,
        "reason": "",
    }


def make_facts(
    name: str = "kvm-1",
    *present: Mapping[str, Any],
    foreign: Iterable[Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Return a host's facts; ``config`` and further keywords replace defaults, usage and fingerprint are computed."""
    made: dict[str, Any] = {
        "format": "novalite.host/1",
        "hostname": name,
        "host_uuid": names.uuid_from_name("host", name),
        "config": {
            "zone": None,
            "traits": [],
            "inventories": {},
            "enabled": True,
            "virt_type": "auto",
            "uri": "qemu:///system",
            "state_dir": "/var/lib/novalite",
            **(config or {}),
        },
        "virt_type": "qemu",
        "virt_type_reason": "no /dev/kvm",
        "versions": {"libvirt": 9000000},
        "arch": "x86_64",
        "cpus": 4,
        "memory_mib": 8704,
        "disk_gib": 100,
        "disk_free_gib": 100,
        "cpu_model": "EPYC",
        "cpu_features": ["avx"],
        "machines": ["pc", "q35"],
        "firmwares": ["bios", "efi"],
        "pools": {},
        "networks": {"default": {"active": True, "bridge": "virbr0"}},
        "bridges": ["br0"],
        "images": ["d" * 64],
        "instances": [dict(item) for item in present],
        "foreign": [dict(item) for item in foreign],
        "leftovers": [],
        "generation": 0,
        "applied": [],
        **facts,
    }
    return with_usage(made)


def with_usage(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return host facts with usage and fingerprint as the host would compute them."""
    used: Counter[str] = Counter()
    for item in (*facts["instances"], *facts["foreign"], *facts.get("shelf", ())):
        used.update(item["usage"])
    relied = {"cpus": facts["cpus"], "memory_mib": facts["memory_mib"], "disk_gib": facts["disk_gib"]}
    fingerprint = canonical.fingerprint({**relied, "used": dict(used)})
    return {**facts, "used": dict(used), "fingerprint": fingerprint}


def make_host(name: str = "kvm-1", *present: Mapping[str, Any], **rest: Any) -> ObservedHost:
    host = host_from_facts(name, make_facts(name, *present, **rest))
    assert isinstance(host, ObservedHost), host
    return host


def make_snapshot(*facts: Mapping[str, Any], unknown: Mapping[str, str] | None = None) -> Snapshot:
    snapshot = snapshot_from_facts({item["hostname"]: item for item in facts}, unknown)
    assert set(snapshot.unknown) == set(unknown or {}), snapshot.unknown
    return snapshot
