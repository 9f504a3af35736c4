# SPDX-License-Identifier: GPL-3.0-or-later
"""Capacity: how many more instances of a flavor fit, now and after a loss."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Loss:
    """The worst loss of one failure domain.

    ``left``: how many more fit on the rest. ``to_place``: how many instances lived in it; ``left_after``: how many more
    fit once those are placed again on the rest, None where they do not all find a place; ``was_tried``
    False: they are too many to try.
    """

    of: str
    domain: str
    left: int
    to_place: int = 0
    left_after: int | None = None
    was_tried: bool = True


@attrs.frozen(slots=True)
class Room:
    """How many more of one flavor fit. ``is_exact`` False: at least so many, nobody counted on."""

    flavor: str
    now: int
    hosts: int  # on which at least one fits
    losses: tuple[Loss, ...] = ()
    is_exact: bool = True
    limits: str = ""  # where none fits: what refuses, counted
