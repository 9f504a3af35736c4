# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about weighers: multipliers of options and aggregates, and what guests run."""

from __future__ import annotations

from nova.case import identity
from nova.draw import Parts, Random, aggregates
from nova.filter_themes import groups

from novalite.schedule.host import Resident
from novalite.schedule.options import Options

MULTIPLIERS = (
    "ram_weight_multiplier",
    "cpu_weight_multiplier",
    "disk_weight_multiplier",
    "io_ops_weight_multiplier",
    "soft_affinity_weight_multiplier",
    "soft_anti_affinity_weight_multiplier",
    "build_failure_weight_multiplier",
    "cross_cell_move_weight_multiplier",
    "hypervisor_version_weight_multiplier",
    "num_instances_weight_multiplier",
)


def multipliers(rng: Random, hosts: list[str]) -> Parts:
    """Every weigher with multipliers of options and aggregates, negative and unreadable ones among them."""
    soft = ("soft_affinity_weight_multiplier", "soft_anti_affinity_weight_multiplier")
    values = {
        name: rng.choice((0.0, 1.0, 2.5) if name in soft else (0.0, 1.0, -1.0, 1e6))
        for name in rng.sample(MULTIPLIERS, 4)
    }
    good = ("1.0", "-3", "0", "1e2", " 4 ")
    texts = good if rng.random() < 0.8 else (*good, "heavy", "", "1,2")
    parts = groups(rng, hosts)
    return {
        **parts,
        "host": lambda _: {
            "io_ops": rng.choice((0, 0, 3)),
            "failed_builds": rng.choice((0, 0, 2)),
            "hypervisor_version": rng.choice((7002000, 9000000)),
        },
        "options": Options(**values),
        "aggregates": aggregates(rng, hosts, lambda: {rng.choice(MULTIPLIERS): rng.choice(texts) for _ in range(3)}),
    }


def guests_images(rng: Random, hosts: list[str]) -> Parts:
    asked = {"os_distro": ("debian", "windows"), "hw_disk_bus": ("virtio", "scsi")}

    def draw() -> dict[str, str]:
        return {key: rng.choice(values) for key, values in asked.items() if rng.random() < 0.8}

    def guests(name: str) -> Parts:
        made = (Resident(f"{name}/{index}", identity(f"{name}/{index}"), draw()) for index in range(rng.randint(0, 3)))
        return {"residents": tuple(made)}

    setting = rng.choice(((), (("os_distro", 2.0),), (("hw_disk_bus", -1.0), ("os_distro", 0.5))))
    return {
        "host": guests,
        "shape": {"image_properties": tuple(sorted(draw().items()))},
        "options": Options(
            image_props_weight_multiplier=rng.choice((1.0, -1.0, 0.0)), image_props_weight_setting=setting
        ),
    }
