# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields: how each field of an instance's spec can change, and why not otherwise. Pure.

Every leaf of the spec has exactly one row; a test fails for a field without one. Later work turns rows from REFUSED
into something better, and nothing else needs to know.
"""

from __future__ import annotations

from enum import Enum

import attrs


class FieldClass(Enum):
    """What it takes to make a change of one field true; the value is how the plan file says it."""

    IN_PLACE = "in place"  # only the mark changes: nobody notices
    RESTART = "restart"  # made true by a new QEMU process, with the disks as they are
    PLACEMENT = "placement"  # as in place, provided that the instance may stay on its host
    REFUSED = "refused"  # this version cannot
    REPORTED = "reported"  # told and left as it is; not a class of a field either: the power, by power_policy
    DRIFT = "drift"  # the domain was changed by hand; not a class of a field but of a difference


@attrs.frozen(slots=True)
class Field:
    """One row: the path in the spec (``ports.mac`` stands for that of every port), its class and the reason."""

    path: str
    kind: FieldClass
    reason: str


_SEEN_AT_BIRTH = "the guest reads it from its config drive at first boot; this version does not write a new one"
_HARDWARE = "changing guest hardware after creation is not possible yet"
_DISK = "changing disks after creation is not possible yet"
_IDENTITY = "an instance keeps its identity for life"
_ADOPTED = "what was adopted stays as it was; to adopt it anew take its lines out, apply, and run novalite adopt again"
_MARK = "only our mark on the domain changes"
_STAY = "the instance may stay where it is"

_ROWS = (
    Field("uuid", FieldClass.REFUSED, _IDENTITY),
    Field("project", FieldClass.REFUSED, _IDENTITY),
    Field("domain", FieldClass.REFUSED, _IDENTITY),
    Field("name", FieldClass.IN_PLACE, "renamed with moved.from; UUID, MACs and domain name stay"),
    Field("launch_index", FieldClass.IN_PLACE, "the guest keeps the index it was born with"),
    Field("availability_zone", FieldClass.PLACEMENT, _STAY),
    Field("host", FieldClass.PLACEMENT, _STAY),
    Field("flavor.name", FieldClass.IN_PLACE, "the flavor has another name and the same sizes"),
    Field("flavor.vcpus", FieldClass.REFUSED, _HARDWARE),
    Field("flavor.ram_mib", FieldClass.REFUSED, _HARDWARE),
    Field("flavor.disk_gib", FieldClass.REFUSED, _DISK),
    Field("flavor.ephemeral_gib", FieldClass.REFUSED, _DISK),
    Field("flavor.swap_mib", FieldClass.REFUSED, _DISK),
    Field("flavor.extra_specs", FieldClass.REFUSED, "extra specs decide guest hardware and placement: " + _HARDWARE),
    Field("flavor.max_vcpus", FieldClass.REFUSED, _HARDWARE),
    Field("flavor.max_ram_mib", FieldClass.REFUSED, _HARDWARE),
    Field("image.name", FieldClass.IN_PLACE, "the image has another name and the same content"),
    Field("image.sha256", FieldClass.REFUSED, "the root disk was made from the image; rebuilding is not possible yet"),
    Field("image.format", FieldClass.REFUSED, "the root disk was made from the image; rebuilding is not possible yet"),
    Field("image.min_disk_gib", FieldClass.IN_PLACE, "matters only when a disk is made"),
    Field("image.properties", FieldClass.REFUSED, "image properties decide guest hardware: " + _HARDWARE),
    Field("keypair.name", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("keypair.public_key", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.network", FieldClass.REFUSED, _HARDWARE),
    Field("ports.kind", FieldClass.REFUSED, _HARDWARE),
    Field("ports.source", FieldClass.REFUSED, _HARDWARE),
    Field("ports.mac", FieldClass.REFUSED, _IDENTITY),
    Field("ports.fixed_ip", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.cidr", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.gateway", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.dns", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.mtu", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("ports.link", FieldClass.REFUSED, _HARDWARE),
    Field("restart_token", FieldClass.RESTART, "it is restarted, as the fleet asks"),
    Field("cdrom.name", FieldClass.IN_PLACE, "the image has another name and the same content"),
    Field("cdrom.sha256", FieldClass.REFUSED, _HARDWARE),
    Field("cdrom.format", FieldClass.REFUSED, _HARDWARE),
    Field("group.name", FieldClass.PLACEMENT, _STAY),
    Field("group.policy", FieldClass.PLACEMENT, _STAY),
    Field("group.max_server_per_host", FieldClass.PLACEMENT, _STAY),
    Field("metadata", FieldClass.IN_PLACE, _MARK),
    Field("adopted", FieldClass.REFUSED, _ADOPTED),
    Field("claim", FieldClass.REFUSED, "an instance keeps the CPUs, cells and devices it was given: " + _HARDWARE),
    Field("user_data_sha256", FieldClass.REFUSED, _SEEN_AT_BIRTH),
    Field("protect", FieldClass.IN_PLACE, _MARK),
    Field("on_delete", FieldClass.IN_PLACE, _MARK),
    Field("trash_days", FieldClass.IN_PLACE, _MARK),
)

FIELDS = {row.path: row for row in _ROWS}

# What is added or taken away as a whole, and a field that a newer version wrote.
PORTS = Field("ports", FieldClass.REFUSED, "adding or removing ports is not possible yet")
KEYPAIR = Field("keypair", FieldClass.REFUSED, _SEEN_AT_BIRTH)
GROUP = Field("group", FieldClass.PLACEMENT, _STAY)
BY_HAND = "changed on the host by hand"
UNFINISHED = "an apply was interrupted here; its traces are removed"


def get_field(path: str) -> Field:
    """Return the row of a path; a field that this version does not know (a newer one wrote it) is refused."""
    return FIELDS.get(path) or Field(path, FieldClass.REFUSED, "this version does not know the field")
