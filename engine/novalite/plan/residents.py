# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of other projects as requests: what they ask where their host is lost. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from novalite.model.claim import claim_from_spec
from novalite.model.guest_topology import guest_topology
from novalite.model.pci import PciRequest
from novalite.schedule.request import Request, Shape, shape_from_spec

if TYPE_CHECKING:
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


def request_of_resident(item: ObservedInstance, snapshot: Snapshot) -> Request:
    """Return what an instance of another project asks to be placed again: by its spec, with its cells and devices.

    Its image, group, zone and hints are that project's business. Of a spec that cannot be read, only what it uses.
    """
    try:
        shape = shape_from_spec(item.spec)
        flavor, image = item.spec["flavor"], item.spec["image"]
        properties = image.get("properties") or {}
        shape = attrs.evolve(
            shape,
            topology=guest_topology(flavor["vcpus"], flavor["ram_mib"], flavor["extra_specs"], properties),
            pci=_devices(item, snapshot),
        )
    except (KeyError, TypeError, ValueError):
        shape = Shape(resources=tuple(sorted(item.usage.items())))
    return Request(f"{item.project}.{item.name}", shape, uuid=item.uuid)


def _devices(item: ObservedInstance, snapshot: Snapshot) -> tuple[PciRequest, ...]:
    """Return requests for devices such as an instance has."""
    claim = claim_from_spec(item.spec.get("claim"))
    pools = snapshot.hosts[item.host].pci
    kinds = [
        (device.alias, (("product_id", pool.product_id), ("vendor_id", pool.vendor_id), ("dev_type", pool.device_type)))
        for device in (claim.pci if claim is not None else ())
        for pool in pools
        if device.address in pool.used
    ]
    return tuple(PciRequest(alias, count, (spec,)) for (alias, spec), count in Counter(kinds).items())
