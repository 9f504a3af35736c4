# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance that exists takes more of its host after a plan than before. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.change import Action

if TYPE_CHECKING:
    from novalite.model.change import Change

NO_FIT = "it does not fit on its host"
_RESIZED = (Action.UPDATE, Action.RENAME, Action.REBUILD)
_SIZES = ("flavor.", "image.properties.")


def growth_of(change: Change) -> dict[str, int]:
    """Return resource class -> how much more a change takes; empty where it takes no more."""
    item, desired = change.observed, change.desired
    if item is None or desired is None or change.action not in _RESIZED:
        return {}
    if not any(field.path.startswith(_SIZES) for field in change.fields):
        return {}
    wanted = desired.flavor.resources(desired.image.properties)
    more = {name: amount - item.usage.get(name, 0) for name, amount in wanted.items()}
    return {name: amount for name, amount in more.items() if amount > 0}
