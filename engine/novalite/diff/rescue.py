# SPDX-License-Identifier: GPL-3.0-or-later
"""What declaring a rescue, or another state than it, makes of one that is there: conditions of rules.py. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.power import RESCUED

if TYPE_CHECKING:
    from novalite.diff.rules import Case


def is_rescued_as_declared(case: Case) -> bool:
    """Tell whether nothing is to be done because it is in rescue, whoever began that."""
    is_there = any("rescue" in item.state and item.interrupted is None for item in case.holders)
    return _wants_rescue(case) and is_there and not case.fields


def is_rescued_again(case: Case) -> bool:
    """Tell whether an apply died while it brought it into rescue, as is declared."""
    return _wants_rescue(case) and not _is_locked(case) and any(item.interrupted == "rescue" for item in case.holders)


def is_unrescued(case: Case) -> bool:
    """Tell whether the fleet rescued it and declares another state now; what a verb rescued is held."""
    if case.desired is None or _wants_rescue(case) or _is_locked(case):
        return False
    said = [(item.state.get("rescue") or {}, item.interrupted) for item in case.holders]
    return any(half == "unrescue" or (half is None and bool(rescue.get("declared"))) for rescue, half in said)


def _wants_rescue(case: Case) -> bool:
    return case.desired is not None and case.desired.power == RESCUED


def _is_locked(case: Case) -> bool:
    return any(item.lock_reason is not None for item in case.holders)
