"""Generated snapshots (novalite.snapshot/1): hosts of one kind in four zones, with or without instances."""

from __future__ import annotations

import json
from typing import Any

from novalite.shared import canonical

from . import fleet
from .fleet import Shape

CPUS = 128
MEMORY_MIB = 512 * 1024
DISK_GIB = 10_000
# What /proc/cpuinfo of a server of today says, shortened.
CPU_FEATURES = (
    "aes",
    "avx",
    "avx2",
    "bmi1",
    "bmi2",
    "erms",
    "f16c",
    "fma",
    "lahf_lm",
    "pclmulqdq",
    "rdrand",
    "sse4.2",
    "svm",
)


def host_name(index: int) -> str:
    """kvm-0001, ..."""
    return f"kvm-{index + 1:04d}"


def snapshot(hosts: int, instances: int = 0, shape: Shape | None = None) -> dict[str, Any]:
    """The snapshot as a value; instance ``i`` lives on host ``i`` modulo ``hosts``, so groups and zones are kept."""
    shape = shape or Shape()
    return {
        "format": "novalite.snapshot/1",
        "hosts": {host_name(index): _host(index, range(index, instances, hosts), shape) for index in range(hosts)},
        "unknown": {},
    }


def snapshot_text(hosts: int, instances: int = 0, shape: Shape | None = None) -> str:
    """The snapshot as a file holds it."""
    return json.dumps(snapshot(hosts, instances, shape), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _host(index: int, instances: range, shape: Shape) -> dict[str, Any]:
    zone = f"az{index % (shape.zones or fleet.ZONES)}"
    ours = [_observed(number, shape) for number in instances]
    used = {name: sum(one["usage"][name] for one in ours) for name in ("VCPU", "MEMORY_MB", "DISK_GB")}
    capacity = {"cpus": CPUS, "memory_mib": MEMORY_MIB, "disk_gib": DISK_GIB, "used": used}
    config = {"zone": zone, "traits": [], "inventories": {}, "enabled": True, "virt_type": "auto"}
    config |= {"uri": "qemu:///system", "state_dir": "/var/lib/novalite"}
    return {
        "format": "novalite.host/1",
        "hostname": host_name(index),
        "host_uuid": f"00000000-0000-4000-8000-{index:012x}",
        "config": config,
        "virt_type": "kvm",
        "virt_type_reason": "a guest started",
        "versions": {"libvirt": 9000000, "hypervisor": 7002022, "hypervisor_type": "QEMU", "python": "3.11.2"},
        "arch": "x86_64",
        **capacity,
        "disk_free_gib": DISK_GIB - used["DISK_GB"],
        "cpu_model": "EPYC",
        "cpu_features": list(CPU_FEATURES),
        "machines": ["pc", "q35"],
        "firmwares": ["bios", "efi"],
        "pools": {},
        "networks": {shape.network: {"active": True, "bridge": "virbr0"}},
        "bridges": ["br0"],
        "images": [shape.image["sha256"]],
        "instances": ours,
        "foreign": [],
        "leftovers": [],
        "fingerprint": canonical.fingerprint(capacity),
        "generation": 1,
        "applied": [],
    }


def _observed(index: int, shape: Shape) -> dict[str, Any]:
    spec = fleet.spec(index, shape)
    flavor = spec["flavor"]
    return {
        "uuid": spec["uuid"],
        "domain": spec["domain"],
        "power": shape.power,
        "persistent": True,
        "autostart": False,
        "spec": spec,
        "drift": [],
        "disks": [f"/var/lib/novalite/instances/{spec['uuid']}/{name}" for name in ("disk", "disk.config")],
        "addresses": [fleet.address(index)],
        "usage": {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram_mib"], "DISK_GB": flavor["disk_gib"]},
        "fingerprint": canonical.fingerprint({"spec": spec, "power": shape.power, "drift": []}),
    }
