# SPDX-License-Identifier: GPL-3.0-or-later
"""What is added to a request before any host is looked at: one rule a file; Nova's names, in Nova's order.

A pre-filter is a module with

``NAME``                              Nova's name of it
``applies(shape, context)``           whether it has anything to add; options that switch it off are looked at here
``transform(shape, context)``         the shape with what it adds
``why(shape, context)``               what it adds, in words
``COVERED_BY`` (optional)             the filter that says the same: where it is enabled ``run`` leaves the rule out, so
                                      that a host is not refused twice for one reason

Traits that they add are asked of the root provider, which is the host (``root_required``, ``root_forbidden``): what is
inside a host, and what hosts share, neither stands in for it nor spoils it. isolate_aggregates compares what flavor and
image ask, not what pre-filters add. Source: nova/scheduler/request_filter.py.

To add one: write the module, put it in ``ALL``, add rows to its table test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from novalite.schedule.options import DEFAULT, Options
from novalite.schedule.prefilters import (
    accelerators,
    compute_status,
    ephemeral_encryption,
    image_metadata,
    image_type,
    isolate_aggregates,
    packed_virtqueue,
    tenant_aggregate,
    tpm_secret_security,
    virtio_sound,
    zone,
)

if TYPE_CHECKING:
    from novalite.model.aggregate import Aggregate
    from novalite.schedule.request import Shape


@attrs.frozen(slots=True)
class Context:
    """What pre-filters may look at besides the shape."""

    options: Options = DEFAULT
    aggregates: tuple[Aggregate, ...] = ()


class Prefilter(Protocol):
    """What every module of this package offers."""

    NAME: str

    def applies(self, shape: Shape, context: Context) -> bool:
        """Tell whether it has anything to add."""

    def transform(self, shape: Shape, context: Context) -> Shape:
        """Return the shape with what it adds."""

    def why(self, shape: Shape, context: Context) -> str:
        """Return what it adds, in words."""


ALL: tuple[Prefilter, ...] = (
    tenant_aggregate,
    zone,
    image_type,
    compute_status,
    isolate_aggregates,
    image_metadata,
    accelerators,
    packed_virtqueue,
    ephemeral_encryption,
    virtio_sound,
    tpm_secret_security,
)

# Nova's other three, and why they have no meaning without a cloud.
LEFT_OUT = {
    "routed_networks_filter": "it asks Neutron for segments of networks; here hosts have a network or have it not, and "
    "NetworksFilter looks",
    "remote_managed_ports_filter": "it asks Neutron for ports on SmartNICs; ours are on libvirt networks and bridges",
    "owner_nova_filter": "it keeps off providers that other services made in the same Placement; here all are ours",
}


def run(shape: Shape, context: Context) -> Shape:
    """Return the shape after all pre-filters."""
    for rule in ALL:
        if rule.applies(shape, context) and not _covered(rule, context):
            shape = rule.transform(shape, context)
    return shape


def reasons(shape: Shape, context: Context) -> list[tuple[str, str]]:
    """Return what each pre-filter added to a shape, for explanations: (its name, in words)."""
    found = []
    for rule in ALL:
        if rule.applies(shape, context):
            if covered := _covered(rule, context):
                found.append((rule.NAME, f"leaves it to {covered}"))
            else:
                found.append((rule.NAME, rule.why(shape, context)))
                shape = rule.transform(shape, context)
    return found


def _covered(rule: Prefilter, context: Context) -> str:
    """Return the enabled filter that says the same; empty where there is none."""
    name: str = getattr(rule, "COVERED_BY", "")
    return name if name in context.options.enabled_filters else ""
