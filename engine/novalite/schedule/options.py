# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the scheduler: Nova's names, Nova's defaults. Source: nova/conf/scheduler.py.

Where a default differs from Nova's it is said beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model import rule_names

if TYPE_CHECKING:
    from collections.abc import Mapping

ENABLED_FILTERS = rule_names.ENABLED_FILTERS

# What places: ``nova`` as Nova's scheduler does it, one after the other, by normalised weights; ``fast`` likewise by
# absolute weights (free CPU and RAM against the largest host), which need not be made anew for each instance; the
# others look for the best of the whole batch.
POLICIES = ("nova", "fast", "spread", "pack", "fewest-hosts")


@attrs.frozen(slots=True)
class Metrics:
    """Nova's section [metrics]. ``weight_setting``: metric -> ratio."""

    weight_multiplier: float = 1.0
    weight_setting: tuple[tuple[str, float], ...] = ()
    required: bool = True
    weight_of_unavailable: float = -10000.0


@attrs.frozen(slots=True)
class Options:
    """What an operator may say; ``scheduler:`` in the fleet."""

    policy: str = "nova"
    keep_n_plus_one: bool = False  # ours: prefer that the loss of any one host leaves room for what was on it
    exact: bool = False  # ours: ask CP-SAT too (extra "solver") where a batch is searched
    enabled_filters: tuple[str, ...] = ENABLED_FILTERS
    enabled_weighers: tuple[str, ...] | None = None  # None: all
    ram_weight_multiplier: float = 1.0
    cpu_weight_multiplier: float = 1.0
    disk_weight_multiplier: float = 1.0
    io_ops_weight_multiplier: float = -1.0
    pci_weight_multiplier: float = 1.0
    soft_affinity_weight_multiplier: float = 1.0
    soft_anti_affinity_weight_multiplier: float = 1.0
    build_failure_weight_multiplier: float = 1000000.0
    cross_cell_move_weight_multiplier: float = 1000000.0
    hypervisor_version_weight_multiplier: float = 1.0
    num_instances_weight_multiplier: float = 0.0
    image_props_weight_multiplier: float = 0.0
    image_props_weight_setting: tuple[tuple[str, float], ...] = ()  # property -> ratio
    metrics: Metrics = Metrics()
    max_instances_per_host: int = 50
    max_io_ops_per_host: int = 8
    isolated_images: frozenset[str] = frozenset()  # image names or digests
    isolated_hosts: frozenset[str] = frozenset()
    restrict_isolated_hosts_to_isolated_images: bool = True
    aggregate_image_properties_isolation_namespace: str | None = None
    aggregate_image_properties_isolation_separator: str = "."
    image_properties_default_architecture: str | None = None
    # Pre-filters that Nova has off by default.
    limit_tenants_to_placement_aggregate: bool = False
    placement_aggregate_required_for_tenants: bool = False
    query_placement_for_image_type_support: bool = False
    enable_isolated_aggregate_filtering: bool = False
    image_metadata_prefilter: bool = True  # Nova: false. A bus that the host cannot do is no use to anybody
    query_placement_for_routed_network_aggregates: bool = False

    def multiplier(self, option: str) -> float:
        """Return a weigher's multiplier by the name of its option."""
        metrics = option == "metrics_weight_multiplier"  # Nova's name of it in aggregate metadata
        return float(self.metrics.weight_multiplier if metrics else getattr(self, option))


DEFAULT = Options()


def options_from_mapping(said: Mapping[str, object]) -> Options:
    """Return the options that a checked mapping says (``scheduler:`` of a fleet); lists and mappings become tuples."""
    values: dict[str, object] = {}
    for name, value in said.items():
        if name == "metrics" and isinstance(value, dict):
            values[name] = Metrics(**{key: _frozen(key, item) for key, item in value.items()})  # type: ignore[arg-type]
        else:
            values[name] = _frozen(name, value)
    return Options(**values)  # type: ignore[arg-type]


def _frozen(name: str, value: object) -> object:
    if isinstance(value, dict):
        return tuple(sorted((str(key), float(ratio)) for key, ratio in value.items()))
    if isinstance(value, list | tuple):
        return frozenset(value) if name in ("isolated_images", "isolated_hosts") else tuple(value)
    return value
