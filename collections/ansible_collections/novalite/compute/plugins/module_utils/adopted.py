# SPDX-License-Identifier: GPL-3.0-or-later
"""What may become of a domain that somebody else made, and where it is no longer what was adopted. Pure."""

from __future__ import annotations

from .domain_meaning import changed_parts, parts_of_domain

# The kinds of steps that an adopted instance may have: all others make hardware or disks that are not ours.
MAY = frozenset(
    ("adopt", "release", "mark", "lock", "unlock")
    + ("start", "stop", "reboot", "pause", "unpause", "suspend", "resume", "ready", "restarted")
)


def refused_reason(spec, action):
    # type: (dict, str) -> object
    """Return why an action is not possible for an adopted instance, or None where it is (or it was not adopted)."""
    if action in MAY or not spec.get("adopted"):
        return None
    return "it was adopted: its hardware and disks are as somebody else made them, and %s would change them" % action


def plain_differences(spec, facts):
    # type: (dict, dict) -> list
    """Return ``{"path", "expected", "actual"}`` where a domain is not what the words of the fleet say of it: the flavor
    is what it can have at most, as it is counted (domain_usage.py).
    """
    flavor = spec["flavor"]
    rows = (
        ("domain", spec["domain"], facts["domain"]),
        ("flavor.vcpus", flavor["vcpus"], facts.get("max_vcpus", facts["vcpus"])),
        ("flavor.ram_mib", flavor["ram_mib"], facts.get("max_ram_mib", facts["ram_mib"])),
    )
    return [{"path": path, "expected": wish, "actual": fact} for path, wish, fact in rows if wish != fact]


# What the words of the fleet say too: told once.
_SAID = {"domain.vcpu": "flavor.vcpus", "domain.memory": "flavor.ram_mib", "domain.currentMemory": "flavor.ram_mib"}


def adopted_drift(spec, element, facts):
    # type: (dict, object, dict) -> list
    """Return ``{"path", "expected", "actual"}`` for what is no longer as it was adopted."""
    found = plain_differences(spec, facts)
    told = {one["path"] for one in found}
    parts = changed_parts(spec["adopted"].get("parts") or {}, parts_of_domain(element))
    return found + [one for one in parts if _SAID.get(one["path"]) not in told]
