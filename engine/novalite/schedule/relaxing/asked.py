# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked, and what every relaxation of it is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.relaxation import Relaxation

if TYPE_CHECKING:
    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable

Found = tuple[Relaxation, ...]


@attrs.frozen(slots=True)
class Asked:
    """A request, and the hosts that it was refused by; ``memo`` is for what is the same on every host."""

    table: HostTable
    request: Request
    memo: dict[Any, Any] = attrs.field(factory=dict)

    @property
    def shape(self) -> Shape:
        """Return the request's shape."""
        return self.request.shape
