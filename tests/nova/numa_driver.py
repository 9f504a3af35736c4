# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: what nova/virt/hardware.py says of guests and hosts, in JSON.

In: ``{"fits": [...], "guests": [...]}``; out: the same keys, answers in the same order. A guest's answer names those of
its checks that raise, with the exception; a fit's is the host cells and pins that the guest's cells got, or null.
"""

import json
import logging
import os
import sys

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.CRITICAL)

from nova import objects  # noqa: E402
from nova.pci import stats  # noqa: E402
from nova.virt import hardware  # noqa: E402

CHECKS = {
    "topology": hardware.numa_get_constraints,
    "cpu_shape": hardware.get_best_cpu_topology,
    "vtpm": hardware.get_vtpm_constraint,
    "pmu": hardware.get_pmu_constraint,
    "multiqueue": hardware.get_vif_multiqueue_constraint,
    "packed_ring": hardware.get_packed_virtqueue_constraint,
    "secure_boot": hardware.get_secure_boot_constraint,
    "sound": hardware.get_sound_model,
    "usb": hardware.get_usb_model,
    "serial_ports": hardware.get_number_of_serial_ports,
    "ephemeral": hardware.get_ephemeral_encryption_constraint,
    "pci_policy": hardware.get_pci_numa_policy_constraint,
}


def flavor_and_image(said):
    flavor = objects.Flavor(name="f", vcpus=said["vcpus"], memory_mb=said["ram_mib"], extra_specs=said["specs"])
    properties = objects.ImageMetaProps.from_dict(said["properties"])
    return flavor, objects.ImageMeta(id="00000000-0000-4000-8000-000000000000", name="i", properties=properties)


def guest(said):
    flavor, image = flavor_and_image(said)
    errors = {}
    for name, check in CHECKS.items():
        try:
            check(flavor, image)
        except Exception as error:  # whatever it raises is its answer
            errors[name] = type(error).__name__
    return errors


def host_cell(said):
    pages = [objects.NUMAPagesTopology(size_kb=size, total=total, used=used) for size, total, used in said["pages"]]
    return objects.NUMACell(
        id=said["id"], cpuset=set(said["cpus"]), pcpuset=set(said["pcpus"]), memory=said["memory"],
        socket=said["socket"], cpu_usage=said["cpu_usage"], memory_usage=said["memory_used"],
        pinned_cpus=set(said["pinned"]), siblings=[set(core) for core in said["siblings"]], mempages=pages,
    )  # fmt: skip


def fit(said):
    topology = hardware.numa_get_constraints(*flavor_and_image(said["guest"]))
    host = objects.NUMATopology(cells=[host_cell(cell) for cell in said["cells"]])
    pools = objects.PciDevicePoolList(objects=[objects.PciDevicePool.from_dict(dict(pool)) for pool in said["pools"]])
    requests = [
        objects.InstancePCIRequest(
            count=one["count"], spec=one["spec"], numa_policy=one["policy"], request_id=str(number)
        )
        for number, one in enumerate(said["requests"])
    ]
    have = stats.PciDeviceStats(host, stats=pools)
    limits = objects.NUMATopologyLimits(cpu_allocation_ratio=said["cpu_ratio"], ram_allocation_ratio=said["ram_ratio"])
    if topology is None:
        return {"cells": []} if have.support_requests(requests, {}) else None
    found = hardware.numa_fit_instance_to_host(host, topology, {}, limits, requests, have)
    if found is None:
        return None
    cells = []
    for cell in found.cells:
        pins = sorted((cell.cpu_pinning or {}).items())
        apart = sorted(cell.cpuset_reserved or ()) if "cpuset_reserved" in cell else []
        cells.append({"host": cell.id, "pins": pins, "apart": apart, "page_size": cell.pagesize})
    return {"cells": cells}


def main():
    objects.register_all()
    asked = json.load(sys.stdin)
    answers = {"fits": [fit(said) for said in asked["fits"]], "guests": [guest(said) for said in asked["guests"]]}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
