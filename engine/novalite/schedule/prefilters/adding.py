# SPDX-License-Identifier: GPL-3.0-or-later
"""What several pre-filters do: add required traits of the root, and read guest hardware from a shape. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Shape


def require(shape: Shape, traits: Iterable[str]) -> Shape:
    """Return the shape that also requires the traits, of the host itself: nothing inside it can stand in for it."""
    return attrs.evolve(shape, root_required=shape.root_required.union(traits))


def requires(traits: Iterable[str]) -> str:
    """Return the same in words."""
    return f"requires {', '.join(traits)}"


def as_spec(shape: Shape) -> dict[str, Any]:
    """Return as much of the flavor's spec as guest hardware is read from."""
    return {"extra_specs": shape.specs}
