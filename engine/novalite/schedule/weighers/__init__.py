# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the hosts that passed is best: one wish a file; Nova's names, raw values and multipliers.

A weigher is a module with

``NAME``                    Nova's name of it
``OPTION``                  Nova's option that says how much it counts (options.py); negative turns it round
``SIGN``                    -1.0 where Nova applies the multiplier negated
``MINVAL``, ``MAXVAL``      the fixed bounds of its values, or None for those of the hosts compared
``WORD``                    what people call it, so that "most WORD" reads well: "free RAM"
``applies(table, request)`` whether it has anything to say; one that has not gives every host 0
``flat(table)``             whether every host is sure to get the same, whatever is asked or booked: then no host gains
                            by it, and it need not be asked
``raw(table, request)``     a number for each row; higher is better

and, so that a batch need not ask for all hosts again (batch.py),

``at(table)``               where booking changes the values: what tells that of one row, the same number as in ``raw``
``BY_REQUEST = True``       where the values are not the same for all requests of a batch

To add one: write the module, put it in ``ALL``, add rows to its table test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from novalite.schedule import absolute
from novalite.schedule.weighers import (
    build_failure,
    cpu,
    cross_cell,
    disk,
    hypervisor_version,
    image_props,
    io_ops,
    metrics,
    num_instances,
    pci,
    ram,
    soft_affinity,
    soft_anti_affinity,
)
from novalite.schedule.weighers.normalise import normalise

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals


class Weigher(Protocol):
    """What every module of this package offers."""

    NAME: str
    OPTION: str
    SIGN: float
    MINVAL: float | None
    MAXVAL: float | None
    WORD: str

    def applies(self, table: HostTable, request: Request) -> bool:
        """Tell whether the weigher has anything to say."""

    def flat(self, table: HostTable) -> bool:
        """Tell whether every host gets the same, whatever is asked or booked."""

    def raw(self, table: HostTable, request: Request) -> Reals:
        """Return the value of each row."""


ALL: tuple[Weigher, ...] = (
    ram,
    cpu,
    disk,
    metrics,
    io_ops,
    pci,
    soft_affinity,
    soft_anti_affinity,
    build_failure,
    cross_cell,
    hypervisor_version,
    num_instances,
    image_props,
)


def active(table: HostTable, request: Request) -> list[Weigher]:
    """Return the weighers that count for a request: enabled, something to say, somewhere a multiplier other than 0, and
    not the same for every host.
    """
    return [weigher for weigher in table.keep("weighers", lambda: counting(table)) if weigher.applies(table, request)]


def counting(table: HostTable) -> list[Weigher]:
    """Return those that may count for some request; policy ``fast`` knows absolute ones, and those of soft groups."""
    enabled = table.options.enabled_weighers
    if table.options.policy == "fast":
        own = {each.NAME for each in ALL if getattr(each, "BY_REQUEST", False)} | absolute.WEIGHERS
        enabled = tuple(sorted(own if enabled is None else own.intersection(enabled)))
    return [
        weigher
        for weigher in ALL
        if (enabled is None or weigher.NAME in enabled) and table.multiplies(weigher.OPTION) and not weigher.flat(table)
    ]


def shares(table: HostTable, weigher: Weigher, raw: Reals) -> Reals:
    """Return raw values, of the hosts that passed, as what is multiplied: between 0 and 1."""
    if table.options.policy == "fast" and weigher.NAME in absolute.WEIGHERS:
        return absolute.shares(table, weigher.NAME, raw)
    return normalise(raw, weigher.MINVAL, weigher.MAXVAL)


def multiplier(table: HostTable, weigher: Weigher) -> Reals:
    """Return a weigher's multiplier on each row: that of the options, or of the host's aggregates."""
    return table.keep(f"multiplier {weigher.NAME}", lambda: weigher.SIGN * table.multiplier(weigher.OPTION))
