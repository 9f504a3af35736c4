# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregate: hosts that share metadata, as in Nova."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(slots=True)
class Aggregate:
    """Metadata key ``availability_zone`` puts its hosts in that zone; key ``trait:X`` is free for filters."""

    name: str
    hosts: tuple[str, ...]
    metadata: Mapping[str, str] = attrs.field(factory=dict)
