# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule: what a flavor and an image may not say together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.guest_topology import Guest


@attrs.frozen(slots=True)
class Rule:
    """``wrong`` says what is wrong with a guest, or nothing.

    ``specs`` and ``properties``: the keys it looks at, the most telling first; one that ends with a dot or a colon
    stands for all that begin so. ``alone``: no image can put it right, so that it is asked of flavors nobody uses too.
    """

    id: str
    name: str
    wrong: Callable[[Guest], str]
    specs: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    help: str = ""
    alone: bool = False
