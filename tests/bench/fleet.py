"""Generated fleets: instances written out one by one, as in the peers' measurements; the same for the same size.

``text`` is what a user would write, ``spec`` what a host would hold of instance ``i``: two ways of saying the same, so
that a snapshot full of specs and the fleet's text make an empty plan.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from novalite.shared import names

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "bench"
ZONES = 4
GROUP_SIZE = 10
PER_FILE = 25_000  # instances
USER_DATA = "#cloud-config\npackages: [nginx]\n"
FLAVORS = (("small", 1, 2048, 20), ("medium", 2, 4096, 40), ("large", 4, 8192, 80))
IMAGE_NAME = "debian-12"
REMOTE_IMAGE = {
    "source": "https://images.example/debian-12.qcow2",
    "sha256": hashlib.sha256(b"bench").hexdigest(),
    "format": "qcow2",
}


@dataclass(frozen=True)
class Shape:
    """What all instances of a fleet have in common. ``zones`` 0: none is asked for; no ``network``: no ports."""

    flavors: tuple[tuple[str, int, int, int], ...] = FLAVORS  # name, vCPUs, MiB, GiB
    image: Mapping[str, str] = None  # type: ignore[assignment]
    network: str = "net0"
    network_kind: str = "libvirt"
    zones: int = ZONES
    group_size: int = GROUP_SIZE
    grouped: bool = True
    power: str = "running"
    user_data: str = USER_DATA

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", dict(self.image or REMOTE_IMAGE))


def instance_name(index: int) -> str:
    """vm-00000, vm-00001, ..."""
    return f"vm-{index:05d}"


def address(index: int) -> str:
    """A fixed address of its own for each."""
    return f"10.{1 + index // 65536}.{index // 256 % 256}.{index % 256}"


def text(count: int, shape: Shape, project: str = PROJECT) -> str:
    """The fleet as YAML."""
    return "\n".join([*_head(count, shape, project), *_instances(range(count), shape)]) + "\n"


def texts(count: int, shape: Shape, project: str = PROJECT) -> list[str]:
    """The fleet as several files of a folder, none of which is larger than novalite reads."""
    parts = [range(first, min(first + PER_FILE, count)) for first in range(0, count, PER_FILE)]
    head = "\n".join(_head(count, shape, project)) + "\n"
    return [(head if not index else "") + "\n".join(_instances(part, shape)) + "\n" for index, part in enumerate(parts)]


def _head(count: int, shape: Shape, project: str) -> list[str]:
    lines = ["novalite: 1", f"project: {project}", "flavors:"]
    for name, vcpus, ram, disk in shape.flavors:
        lines.append(f"  {name}: {{vcpus: {vcpus}, ram: {ram}MiB, disk: {disk}GiB}}")
    lines += ["images:", f"  {IMAGE_NAME}:", *(f"    {key}: {value}" for key, value in shape.image.items())]
    if shape.network:
        lines += ["networks:", f"  net0: {{{shape.network_kind}: {shape.network}, cidr: 10.0.0.0/8}}"]
    if shape.grouped:
        lines.append("server_groups:")
        groups = range((count + shape.group_size - 1) // shape.group_size)
        lines += [f"  g{index}: {{policy: anti-affinity}}" for index in groups]
    return lines


def _instances(numbers: range, shape: Shape) -> list[str]:
    return ["instances:", *(line for index in numbers for line in _instance(index, shape))]


def _instance(index: int, shape: Shape) -> list[str]:
    flavor = shape.flavors[index % len(shape.flavors)][0]
    lines = [f"  {instance_name(index)}:", f"    flavor: {flavor}", f"    image: {IMAGE_NAME}"]
    if shape.zones:
        lines.append(f"    availability_zone: az{index % shape.zones}")
    if shape.grouped:
        lines.append(f"    group: g{index // shape.group_size}")
    if shape.network:
        lines += ["    networks:", "    - network: net0", f"      fixed_ip: {address(index)}"]
    lines += ["    metadata:", f"      team: t{index % 20}", "      tier: prod"]
    if shape.power != "running":
        lines.append(f"    power: {shape.power}")
    return [*lines, "    user_data: |", *(f"      {line}" for line in shape.user_data.splitlines())]


def spec(index: int, shape: Shape, project: str = PROJECT) -> dict[str, Any]:
    """The instance spec (module_utils/arguments.py) a host holds once this instance was applied."""
    name = instance_name(index)
    uuid = names.uuid_from_name(project, name)
    flavor_name, vcpus, ram, disk = shape.flavors[index % len(shape.flavors)]
    flavor = {"name": flavor_name, "vcpus": vcpus, "ram_mib": ram, "disk_gib": disk}
    flavor |= {"ephemeral_gib": 0, "swap_mib": 0, "extra_specs": {}}
    image = {"name": IMAGE_NAME, "sha256": shape.image["sha256"], "format": shape.image.get("format", "qcow2")}
    image |= {"min_disk_gib": 0, "properties": {}}
    port = {"network": "net0", "kind": shape.network_kind, "source": shape.network}
    port |= {"mac": names.mac_from_uuid(uuid, 0), "fixed_ip": address(index), "cidr": "10.0.0.0/8"}
    port |= {"gateway": None, "dns": [], "mtu": None}
    group = {"name": f"g{index // shape.group_size}", "policy": "anti-affinity", "max_server_per_host": 1}
    return {
        "uuid": uuid,
        "project": project,
        "name": name,
        "domain": names.domain_from_name(project, name),
        "launch_index": 0,
        "availability_zone": f"az{index % shape.zones}" if shape.zones else None,
        "host": None,
        "flavor": flavor,
        "image": image,
        "keypair": None,
        "ports": [port] if shape.network else [],
        "group": group if shape.grouped else None,
        "metadata": {"team": f"t{index % 20}", "tier": "prod"},
        "user_data_sha256": _sha256(shape.user_data),
        "protect": False,
    }


@functools.cache
def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
