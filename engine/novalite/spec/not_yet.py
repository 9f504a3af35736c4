# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of the language that this version does not do: said clearly, never ignored. Pure."""

from __future__ import annotations

_TRAITS = "put trait:NAME: required into the flavor's extra_specs"

# (kind of mapping as in the schema, key) -> what to do instead
KEYS: dict[tuple[str, str], str] = {
    ("fleet", "volumes"): "take the section away, and the volumes of instances",
    ("fleet", "secrets"): "keep secrets out of the fleet; a file named in user_data can be made before",
    ("fleet", "hosts"): "hosts come from the Ansible inventory, group novalite_hosts",
    ("fleet", "security_groups"): "filter on the hosts",
    ("fleet", "routers"): "use networks that the hosts have",
    ("instance", "volumes"): "give the flavor a larger disk or ephemeral",
    ("instance", "traits"): _TRAITS,
    ("instance", "security_groups"): "filter on the hosts",
    ("network", "vlan"): "make a bridge for it on the hosts, and say {bridge: NAME}",
    ("network", "vxlan"): "make a bridge for it on the hosts, and say {bridge: NAME}",
    ("network", "ovn"): "use networks that the hosts have",
    ("network", "nat"): "use a libvirt network of the hosts: {libvirt: NAME}",
    ("network", "dhcp"): "use a libvirt network of the hosts: {libvirt: NAME}",
    ("scheduler", "host_subset_size"): "take it away; the best host is taken, the first by name of equal ones",
    ("scheduler", "shuffle_best_same_weighed_hosts"): "take it away; of equal hosts the first by name is taken",
    ("scheduler", "max_attempts"): "take it away; a failed step is planned again",
    ("scheduler", "max_placement_results"): "take it away; all candidates are looked at",
    ("scheduler", "track_instance_changes"): "take it away; a plan looks at what hosts have now",
    ("scheduler", "available_filters"): "name filters in enabled_filters",
    ("scheduler", "weight_classes"): "name weighers in enabled_weighers",
}
KEYS |= {("defaults", key): hint for (kind, key), hint in KEYS.items() if kind == "instance"}

POWER: frozenset[str] = frozenset()  # power states; all of Nova's can be declared
