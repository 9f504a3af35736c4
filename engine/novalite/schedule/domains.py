# SPDX-License-Identifier: GPL-3.0-or-later
"""Failure domains: which hosts are lost together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.natural import natural_key
from novalite.model.survival import HOST, ZONE

if TYPE_CHECKING:
    from novalite.schedule.table import HostTable


def domains(table: HostTable, of: str) -> dict[str, tuple[int, ...]]:
    """Return domain -> rows, in the natural order of names: hosts, zones, or the values of an aggregate metadata key.

    A host that is in no zone, or whose aggregates do not say the key, is in no domain.
    """
    found: dict[str, list[int]] = {}
    for row, name in enumerate(table.names):
        if of == HOST:
            inside = {name}
        elif of == ZONE:
            zone = table.zones[row]
            inside = set() if zone is None else {zone}
        else:
            inside = {value for value in table.metadata(row, of) if value}
        for domain in inside:
            found.setdefault(domain, []).append(row)
    return {domain: tuple(found[domain]) for domain in sorted(found, key=natural_key)}
