# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees for tests: two GPUs in a host, a disk that two hosts share, and who asks for them."""

from __future__ import annotations

from typing import Any

from novalite.model.aggregate import Aggregate
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.request import Group, Request, Shape

STORAGE = Aggregate("storage", ("a", "b"))
NFS = SharingProvider("nfs", ("storage",), {"DISK_GB": Inventory(100)}, traits=frozenset({"STORAGE_DISK_SSD"}))
OWN = {"VCPU": Inventory(8), "DISK_GB": Inventory(1000)}
X, Y = "CUSTOM_X", "CUSTOM_Y"


def wants(name: str = "web-0", *groups: Group, **more: Any) -> Request:
    resources = more.pop("resources", {})
    return Request(name, Shape(resources=tuple(sorted(resources.items())), groups=groups, **more))


def gpu(name: str, total: int = 4, used: int = 0, *traits: str, parent: str | None = None) -> Provider:
    return Provider(name, {"VGPU": Inventory(total)}, {"VGPU": used}, frozenset(traits), parent)


def vgpu(suffix: str, amount: int = 1, **more: Any) -> Group:
    return Group(suffix, (("VGPU", amount),), **more)


def tree(inside: list[Provider]) -> Host:
    """Return a host with a trait and providers inside it."""
    return Host("a", inventories=OWN, traits=frozenset({"CUSTOM_HOST"}), providers=tuple(inside))
