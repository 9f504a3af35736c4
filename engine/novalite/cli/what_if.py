# SPDX-License-Identifier: GPL-3.0-or-later
"""``--without``, ``--without-zone``, ``--add N --like HOST``: what several commands can be asked to think of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.what_if import Change, Imagined

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--without", multiple=True, metavar="HOST", help="As if this host were gone. Repeatable."),
    click.option("--without-zone", multiple=True, metavar="ZONE", help="As if this zone were gone. Repeatable."),
    click.option("--add", type=click.IntRange(1, 10_000), metavar="N", help="As if there were N more hosts ..."),
    click.option("--like", metavar="HOST", help="... like this one, empty."),
)


def what_if_options(function: F) -> F:
    """Add the options to a command: ``without``, ``without_zone``, ``add``, ``like``."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def change_said(without: tuple[str, ...], without_zone: tuple[str, ...], add: int | None, like: str | None) -> Change:
    """Return what the options say. Raises: click.UsageError where one of ``--add`` and ``--like`` is missing."""
    from novalite.schedule.what_if import Change

    if (add is None) != (like is None):
        raise click.UsageError("--add N and --like HOST go together")
    return Change(tuple(dict.fromkeys(without)), tuple(dict.fromkeys(without_zone)), add or 0, like)


def imagined(fleet: Fleet, snapshot: Snapshot, change: Change) -> Imagined:
    """Return what would be. Raises: NovaliteError for a name that is no host or zone."""
    import difflib

    from novalite.errors import NovaliteError
    from novalite.schedule.what_if import imagine, unknown_words, zones_of

    wrong = unknown_words(fleet, snapshot, change)
    if wrong:
        known = [*snapshot.hosts, *snapshot.unknown, *(zone for zone in zones_of(fleet, snapshot).values() if zone)]
        near = difflib.get_close_matches(wrong[0], known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise NovaliteError(f"no host or zone is called {wrong[0]!r}{hint}", proceed="novalite host list")
    return imagine(fleet, snapshot, change)
