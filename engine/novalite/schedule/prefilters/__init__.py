# SPDX-License-Identifier: GPL-3.0-or-later
"""What is added to a request before any host is looked at: one rule a file; Nova's names, in Nova's order.

A pre-filter is a module with

``NAME``                              Nova's name of it
``applies(shape, context)``           whether it has anything to add; options that switch it off are looked at here
``transform(shape, context)``         the shape with what it adds
``why(shape, context)``               what it adds, in words

To add one: write the module, put it in ``ALL``, add rows to its table test. Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from novalite.schedule.options import DEFAULT, Options

if TYPE_CHECKING:
    from novalite.model.aggregate import Aggregate
    from novalite.schedule.request import Shape


@attrs.frozen(slots=True)
class Context:
    """What pre-filters may look at besides the shape."""

    options: Options = DEFAULT
    aggregates: tuple[Aggregate, ...] = ()


class Prefilter(Protocol):
    """What every module of this package offers."""

    NAME: str

    def applies(self, shape: Shape, context: Context) -> bool:
        """Tell whether it has anything to add."""

    def transform(self, shape: Shape, context: Context) -> Shape:
        """Return the shape with what it adds."""

    def why(self, shape: Shape, context: Context) -> str:
        """Return what it adds, in words."""


ALL: tuple[Prefilter, ...] = ()


def run(shape: Shape, context: Context) -> Shape:
    """Return the shape after all pre-filters."""
    for rule in ALL:
        if rule.applies(shape, context):
            shape = rule.transform(shape, context)
    return shape
