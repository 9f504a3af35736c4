# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains that somebody else made: the line and the step that take one under our care, and what is refused. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.plan import PlannedChange
from novalite.plan import problems as ids
from novalite.plan.draft import Draft
from novalite.problem import Problem

if TYPE_CHECKING:
    from novalite.model.change import Change
    from novalite.model.snapshot import Snapshot


def describe_adopt(change: Change) -> PlannedChange:
    """Return the line of a domain that becomes an instance."""
    desired = change.desired
    assert desired is not None  # noqa: S101 (only what is declared is adopted)
    assert desired.adopt is not None  # noqa: S101 (as above)
    return PlannedChange(
        action=change.action.value,
        name=change.name,
        host=desired.adopt.host,
        uuid=desired.adopt.uuid,
        summary=f"{desired.flavor.name} on {desired.adopt.host}, domain {desired.adopt.domain}",
        reason=change.reason,
    )


def draft_of_adopt(change: Change, snapshot: Snapshot) -> Draft:
    """Return the step that writes our mark into the domain; it says that the power it has is the declared one."""
    desired = change.desired
    assert desired is not None  # noqa: S101 (only what is declared is adopted)
    assert desired.adopt is not None  # noqa: S101 (as above)
    spec = desired.to_spec(desired.adopt.uuid, desired.adopt.domain, [port.mac or "" for port in desired.ports])
    foreign = snapshot.hosts[desired.adopt.host].foreign
    power = next((domain.power for domain in foreign if domain.uuid == desired.adopt.uuid), "")
    body: dict[str, object] = {"spec": spec}
    if power == desired.power:
        body["applied"] = desired.power
    return Draft(desired.adopt.host, "adopt", desired.name, body, takes=frozenset({("name", desired.name)}))


def problem_of_adopted(change: Change) -> Problem | None:
    """Return the problem of a refused change to what was adopted, or is to be; None where it is neither."""
    if change.observed is None and change.desired is not None and change.desired.adopt is not None:
        host = change.desired.adopt.host
        summary = f"{change.name} cannot be adopted: {change.reason}"
        return Problem(ids.NOT_ADOPTABLE, summary, change.where, help=f"take its lines out, and: novalite adopt {host}")
    return None
