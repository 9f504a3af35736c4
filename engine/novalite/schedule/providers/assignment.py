# SPDX-License-Identifier: GPL-3.0-or-later
"""Assignment: which provider gives what of a request. Placement calls it an allocation request with its mappings."""

from __future__ import annotations

import attrs

UNSUFFIXED = ""


@attrs.frozen(slots=True)
class Grant:
    """What one provider gives to one request group; nothing, where the group only asks for a provider with a trait."""

    suffix: str
    provider: str
    resources: tuple[tuple[str, int], ...] = ()


@attrs.frozen(slots=True)
class Assignment:
    """The grants: the unsuffixed group first, then the others in the order of the request."""

    grants: tuple[Grant, ...] = ()

    @property
    def allocations(self) -> dict[str, dict[str, int]]:
        """Return provider -> resource class -> amount, summed over the groups."""
        found: dict[str, dict[str, int]] = {}
        for grant in self.grants:
            for name, amount in grant.resources:
                amounts = found.setdefault(grant.provider, {})
                amounts[name] = amounts.get(name, 0) + amount
        return found

    @property
    def mappings(self) -> dict[str, tuple[str, ...]]:
        """Return suffix -> the providers that serve it, in the order of the tree."""
        found: dict[str, tuple[str, ...]] = {}
        for grant in self.grants:
            found[grant.suffix] = (*found.get(grant.suffix, ()), grant.provider)
        return found

    def __str__(self) -> str:
        """Return it as people read it: ``VCPU 2 of kvm-1; group gpu: VGPU 1 of gpu-0``."""
        return "; ".join(
            (f"group {grant.suffix}: " if grant.suffix else "")
            + f"{', '.join(f'{name} {amount}' for name, amount in grant.resources) or 'nothing'} of {grant.provider}"
            for grant in self.grants
        )
