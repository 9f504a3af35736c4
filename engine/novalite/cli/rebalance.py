# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite plan --rebalance``: the moves that pay. They are printed, not carried out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from novalite.cli.sources import Planning

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--rebalance", is_flag=True, help="Show the moves that pay."),
    click.option("--max-moves", type=click.IntRange(1), default=100, metavar="N", help="... at most so many. [100]"),
    click.option(
        "--min-gain", type=click.FloatRange(0), default=0.01, metavar="X", help="... each better than X. [0.01]"
    ),
)


def rebalance_options(function: F) -> F:
    """Add the options to a command: ``rebalance``, ``max_moves``, ``min_gain``."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def show_rebalance(given: str | None, planning: Planning, *, max_moves: int, min_gain: float, detailed: bool) -> int:
    """Print the moves that pay; return the exit status. Raises: what reading the fleet and the hosts raises."""
    from novalite.cli.drawing import show_text
    from novalite.cli.look import load_fleet, observe
    from novalite.cli.terminal import show_json, wants_colour
    from novalite.plan.rebalance import rebalance_fleet
    from novalite.render.rebalance import rebalance_text

    fleet = load_fleet(given, allow_outside=planning.allow_outside)
    found = rebalance_fleet(fleet, observe(planning), max_moves=max_moves, min_gain=min_gain)
    if planning.quiet:
        show_json(found.to_document())
    else:
        show_text(rebalance_text(found, colour=wants_colour(sys.stdout)))
    if found.unknown:
        return 6
    return 2 if detailed and found.moves else 0


def refuse_beside(**others: object) -> None:
    """Raise click.UsageError where an option was given that has no meaning beside ``--rebalance``."""
    for name, value in others.items():
        if value:
            raise click.UsageError(f"--rebalance and --{name.replace('_', '-')} do not go together")
