# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the hosts that passed is best: one wish a file; Nova's names, raw values and multipliers.

A weigher is a module with

``NAME``                    Nova's name of it
``MULTIPLIER``              how much it counts; negative turns it round
``MINVAL``                  the fixed low bound of its values, or None for that of the hosts compared
``WORD``                    what people call it: "free RAM"
``applies(request)``        whether it has anything to say; one that has not gives every host 0
``raw(table, request)``     a number for each row; higher is better

To add one: write the module, put it in ``ALL``, add rows to its table test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from novalite.schedule.weighers import cpu, disk, ram, soft_affinity, soft_anti_affinity

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals


class Weigher(Protocol):
    """What every module of this package offers."""

    NAME: str
    MULTIPLIER: float
    MINVAL: float | None
    WORD: str

    def applies(self, request: Request) -> bool:
        """Tell whether the weigher has anything to say."""

    def raw(self, table: HostTable, request: Request) -> Reals:
        """Return the value of each row."""


ALL: tuple[Weigher, ...] = (ram, cpu, disk, soft_affinity, soft_anti_affinity)
