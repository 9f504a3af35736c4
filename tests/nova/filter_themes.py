# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about filters: one function a theme, each with the parts of a case that matter to its rules.

Values that show a known difference (differences.py) are drawn too.
"""

from __future__ import annotations

import json
from typing import Any

from nova.case import identity, member_uuid
from nova.draw import NUMBERS, WORDS, Parts, Random, aggregates, requirement

from novalite.model.pci import PciPool, PciRequest
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Resident
from novalite.schedule.options import Metrics, Options
from novalite.schedule.pci import addressed


def compute(rng: Random, hosts: list[str]) -> Parts:
    return {"host": lambda _: {"enabled": rng.random() < 0.6, "up": rng.random() < 0.6}}


def capabilities(rng: Random, hosts: list[str]) -> Parts:
    keys = ("rank", "disk_kind", "nested:deep", "absent")
    chosen = rng.sample(keys, rng.randint(1, 2))
    specs = {f"capabilities:{key}": requirement(rng) for key in chosen}
    if rng.random() < 0.3:
        specs["hw:cpu_policy"] = "shared"  # another scope: not looked at

    def stats(_: str) -> Parts:
        kind = {"disk_kind": rng.choice(WORDS[:5])} if rng.random() < 0.8 else {}
        return {"stats": {"rank": rng.choice(NUMBERS), **kind, "nested": {"deep": rng.choice(NUMBERS)}}}

    return {"host": stats, "shape": {"extra_specs": tuple(sorted(specs.items()))}}


def attributes(rng: Random, hosts: list[str]) -> Parts:
    """Capabilities that are attributes of Nova's host state."""
    wanted = rng.choice(
        (
            ("hypervisor_type", rng.choice(("QEMU", "s== QEMU", "<in> EM", "<or> KVM <or> QEMU", "KVM", "s!= QEMU"))),
            ("hypervisor_version", f"{rng.choice(('>=', '<=', '==', '='))} {rng.choice((7002000, 9000000))}"),
            ("num_instances", f"{rng.choice(('<=', '>=', '!='))} {rng.choice((0, 1, 5))}"),
            ("vcpus_total", f"{rng.choice(('<=', '>='))} 8"),
            ("free_ram_mb", f">= {rng.choice((0, 1024, 8192))}"),
            ("cpu_info:model", rng.choice(("EPYC", "s!= EPYC", "<in> EP"))),
            ("cpu_info:maxphysaddr:bits", rng.choice((">= 46", "== 40"))),
        )
    )
    parts = lambda _: {  # noqa: E731
        "hypervisor_type": rng.choice(("QEMU", "KVM")),
        "hypervisor_version": rng.choice((7002000, 9000000, 8002003)),
        "cpu_info": {"model": rng.choice(("EPYC", "Xeon")), "maxphysaddr": {"bits": rng.choice((40, 46, 48))}},
    }
    asked = {f"capabilities:{wanted[0]}": wanted[1]}
    if rng.random() < 0.2:
        asked["hw:maxphysaddr_bits"] = "46"
    return {"host": parts, "shape": {"extra_specs": tuple(sorted(asked.items()))}}


def unscoped(rng: Random, hosts: list[str]) -> Parts:
    """Keys without a scope: capabilities where the host knows them, aggregate metadata in any case."""
    key = rng.choice(("rank", "kind"))
    return {
        "host": lambda _: {"stats": {"rank": rng.choice(NUMBERS)} if rng.random() < 0.7 else {}},
        "shape": {"extra_specs": ((key, requirement(rng)),)},
        "aggregates": aggregates(rng, hosts, lambda: {"kind": rng.choice(WORDS[:5])}),
    }


def image_properties(rng: Random, hosts: list[str]) -> Parts:
    asked = {
        "hw_architecture": ("x86_64", "aarch64", "i686"),
        "img_hv_type": ("kvm", "qemu", "xen"),
        "hw_vm_mode": ("hvm", "xen"),
        "img_hv_requested_version": (">=7.0,<8.0", "==8.2.3", "<7.2", ">=6.0"),
    }
    chosen = {key: rng.choice(values) for key, values in asked.items() if rng.random() < 0.45}
    triples = [
        (arch, kind, mode) for arch in ("x86_64", "aarch64") for kind in ("kvm", "qemu") for mode in ("hvm", "xen")
    ]
    parts = lambda _: {  # noqa: E731
        "supported": frozenset(rng.sample(triples, rng.randint(0, 3))),
        "hypervisor_version": rng.choice((7002000, 8002003, 9000000, 6000001)),
    }
    default = rng.choice((None, None, "x86_64", "aarch64"))
    return {
        "host": parts,
        "shape": {"image_properties": tuple(sorted(chosen.items()))},
        "options": Options(image_properties_default_architecture=default),
    }


def groups(rng: Random, hosts: list[str]) -> Parts:
    policy = rng.choice(("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"))
    limit = rng.choice((1, 1, 2, 3)) if policy == "anti-affinity" else 1
    counts = {name: rng.randint(1, 3) for name in hosts if rng.random() < 0.5}
    group = rng.choice((None, ServerGroup("g", policy, limit), ServerGroup("g", policy, limit)))
    there = [member_uuid("g", name, 0) for name in counts]
    itself = rng.choice(there) if there and group and rng.random() < 0.2 else ""
    return {"members": {"g": counts}, "request": {"group": group, "uuid": itself}}


def hosts_of_others(rng: Random, hosts: list[str]) -> Parts:
    guests = [Resident(f"vm-{index}", identity(f"vm-{index}")) for index in range(6)]
    listed = [guest.uuid for guest in rng.sample(guests, rng.randint(1, 3))] + ["00000000-dead-4000-8000-000000000000"]
    hint = (rng.choice(("different_host", "same_host")), tuple(listed[: rng.randint(1, 4)]))
    place = {guest.uuid: rng.choice(hosts) for guest in guests}
    return {
        "host": lambda name: {"residents": tuple(guest for guest in guests if place[guest.uuid] == name)},
        "shape": {"hints": (hint,)},
    }


def cidr(rng: Random, hosts: list[str]) -> Parts:
    hints = {"build_near_host_ip": (rng.choice(("192.0.2.10", "192.0.3.1", "10.0.0.1")),)}
    if rng.random() < 0.8:
        hints["cidr"] = (rng.choice(("/24", "/16", "/31", "/0", "/32")),)
    if rng.random() < 0.1:
        del hints["build_near_host_ip"]
    return {
        "host": lambda _: {"address": rng.choice(("192.0.2.11", "192.0.2.200", "192.0.3.1", "10.9.9.9"))},
        "shape": {"hints": tuple(sorted(hints.items()))},
    }


def limits(rng: Random, hosts: list[str]) -> Parts:
    texts = ("0", "1", "3", "10", " 5 ", "", "many", "2.5")
    good = texts[:5]
    said = good if rng.random() < 0.8 else texts
    keys = ("max_instances_per_host", "max_io_ops_per_host")
    return {
        "host": lambda _: {"num_instances": rng.choice((0, 1, 3, 9)), "io_ops": rng.choice((0, 1, 3, 9))},
        "aggregates": aggregates(rng, hosts, lambda: {key: rng.choice(said) for key in keys if rng.random() < 0.6}),
        "options": Options(max_instances_per_host=rng.choice((1, 4, 50)), max_io_ops_per_host=rng.choice((1, 4, 8))),
    }


def isolated(rng: Random, hosts: list[str]) -> Parts:
    images = frozenset(rng.sample(("i1", "i2", "i3"), rng.randint(0, 2)))
    return {
        "shape": {"image": rng.choice(("i1", "i2", "other"))},
        "options": Options(
            isolated_images=images,
            isolated_hosts=frozenset(rng.sample(hosts, rng.randint(0, len(hosts)))),
            restrict_isolated_hosts_to_isolated_images=rng.random() < 0.5,
        ),
    }


def aggregate_extra_specs(rng: Random, hosts: list[str]) -> Parts:
    scope = rng.choice(("aggregate_instance_extra_specs:", "aggregate_instance_extra_specs:", "", "hw:"))
    keys = rng.sample(("disk", "rank", "deep:er"), rng.randint(1, 2))
    specs = {f"{scope}{key}": requirement(rng) for key in keys}
    values = (*NUMBERS, "1,2,10", "2, 9")
    texts = lambda: {  # noqa: E731
        "disk": rng.choice(WORDS), **({"rank": rng.choice(values)} if rng.random() < 0.7 else {})
    }  # fmt: skip
    return {"shape": {"extra_specs": tuple(sorted(specs.items()))}, "aggregates": aggregates(rng, hosts, texts)}


def aggregate_images(rng: Random, hosts: list[str]) -> Parts:
    asked = {"os_distro": ("debian", "windows"), "hw_disk_bus": ("virtio", "scsi"), "os_version": ("12", "11")}
    chosen = {key: rng.choice(values) for key, values in asked.items() if rng.random() < 0.6}
    texts = lambda: {  # noqa: E731
        "os_distro": rng.choice(("debian", "windows,debian", "Debian", "windows", "")),
        **({"hw_disk_bus": rng.choice(("virtio", "virtio, scsi"))} if rng.random() < 0.4 else {}),
        **({"os_version": rng.choice(("12", "12,13"))} if rng.random() < 0.3 else {}),
        "colour": "blue",
    }
    namespace = rng.choice((None, None, None, "os", "hw"))
    return {
        "shape": {"image_properties": tuple(sorted(chosen.items()))},
        "aggregates": aggregates(rng, hosts, texts),
        "options": Options(
            aggregate_image_properties_isolation_namespace=namespace,
            aggregate_image_properties_isolation_separator=rng.choice((".", "_")),
        ),
    }


def tenants(rng: Random, hosts: list[str]) -> Parts:
    keys = ("filter_tenant_id", "filter_tenant_id2", "filter_tenant", "colour")
    texts = ("shop", "bank", "shop,bank", " shop , x", "")
    return {
        "shape": {"project": rng.choice(("shop", "bank", "other"))},
        "aggregates": aggregates(rng, hosts, lambda: {rng.choice(keys): rng.choice(texts)}),
    }


def flavors(rng: Random, hosts: list[str]) -> Parts:
    keys = ("instance_type", "instance_type", "colour")
    texts = ("small", "large", "small,large", "large , small", "")
    return {
        "shape": {"flavor": rng.choice(("small", "large", "tiny"))},
        "aggregates": aggregates(rng, hosts, lambda: {rng.choice(keys): rng.choice(texts)}),
    }


def devices(rng: Random, hosts: list[str]) -> Parts:
    """PCI devices of a few kinds; guests without NUMA topology, so that nodes do not matter."""
    kinds = (("8086", "1520"), ("8086", "10ca"), ("10de", "2204"))

    def pools(_: str) -> Parts:
        made = (
            PciPool(*kind, free=rng.choice((0, 1, 2, 4, 120)), numa_node=rng.choice((None, 0, 1)))
            for kind in rng.sample(kinds, rng.randint(0, 3))
        )
        return {"pci": addressed(made)}

    def asked(number: int) -> PciRequest:
        specs = (
            (("vendor_id", vendor), ("product_id", product))
            for vendor, product in rng.sample(kinds, rng.choice((1, 1, 2)))
        )
        return PciRequest(f"alias{number}", rng.choice((1, 1, 2, 3)), tuple(specs))

    return {"host": pools, "shape": {"pci": tuple(asked(number) for number in range(rng.choice((0, 1, 1, 2))))}}


def query(rng: Random, depth: int = 0) -> Any:
    """An expression of JsonFilter."""
    kind = rng.randrange(7 if depth < 2 else 4)
    attribute = rng.choice(("$free_ram_mb", "$num_instances", "$vcpus_total", "$hypervisor_version", "$free_disk_mb"))
    number = rng.choice((0, 1, 8, 1024, 4096, 10240, 7002000))
    if kind == 0:
        return [rng.choice((">=", "<=", ">", "<", "=")), attribute, number]
    if kind == 1:
        return ["in", attribute, *rng.sample((0, 1, 7, 8, 64, 1024, 7002000), 3)]
    if kind == 2:
        asked = [rng.choice(("=", "in")), rng.choice(("$host", "$hypervisor_type")), "kvm-1", "QEMU"]
        return asked[: rng.choice((2, 3, 4))]
    if kind == 3:
        attribute = rng.choice(("$nope", "$stats.rank", "$stats.nope.x"))
        return [rng.choice((">=", "=", "<")), attribute, *rng.choices((3, "3"), k=rng.choice((1, 1, 2)))]
    if kind == 4:
        return ["not", *(query(rng, depth + 1) for _ in range(rng.choice((1, 1, 2))))]
    return [rng.choice(("and", "or")), *(query(rng, depth + 1) for _ in range(rng.randint(1, 3)))]


def json_query(rng: Random, hosts: list[str]) -> Parts:
    hints = (("query", (json.dumps(query(rng)),)),) if rng.random() < 0.95 else ()
    parts = lambda _: {  # noqa: E731
        "stats": {"rank": rng.choice(("3", "4"))},
        "hypervisor_type": rng.choice(("QEMU", "KVM")),
        "hypervisor_version": rng.choice((7002000, 9000000)),
    }
    return {"host": parts, "shape": {"hints": hints}}


def metrics(rng: Random, hosts: list[str]) -> Parts:
    known = ("cpu.frequency", "cpu.user.time", "cpu.idle.time")
    setting = tuple(sorted((name, rng.choice((1.0, -1.0, 0.5, 0.0))) for name in rng.sample(known, rng.randint(0, 2))))
    complete = rng.random() < 0.6
    said = lambda _: {  # noqa: E731
        "metrics": {name: rng.choice((0, 1, 50, 2400)) for name in known if complete or rng.random() < 0.6}
    }
    return {
        "host": said,
        "options": Options(
            metrics=Metrics(
                weight_multiplier=rng.choice((1.0, -2.0, 0.0)),
                weight_setting=setting,
                required=rng.random() < 0.4,
                weight_of_unavailable=rng.choice((-10000.0, 5.0)),
            )
        ),
    }
