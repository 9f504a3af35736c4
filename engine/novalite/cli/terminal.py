# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches the terminal: text, JSON, tables, errors, questions. Colours only where a terminal is and wants them."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from novalite.errors import NovaliteError, ObserveIncomplete, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table


UNKNOWN_HELP = "  to proceed: novalite doctor   (or --assume-empty HOST, if you know that it holds none of this fleet)"


def is_terminal(stream: IO[str]) -> bool:
    """Tell whether a person looks at this stream."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def wants_colour(stream: IO[str]) -> bool:
    """Tell whether to colour what goes to a stream. Source: https://no-color.org."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def rich_console(stream: IO[str]) -> Console:
    """Return a rich console; without a terminal it never cuts a line."""
    from rich.console import Console

    width = None if is_terminal(stream) else 1000
    return Console(file=stream, width=width, no_color=not wants_colour(stream), highlight=False, emoji=False)


def show_table(table: Table) -> None:
    """Print a table to stdout."""
    from io import StringIO

    if is_terminal(sys.stdout):
        rich_console(sys.stdout).print(table)
        return
    buffer = StringIO()
    rich_console(buffer).print(table)
    for line in buffer.getvalue().splitlines():
        click.echo(line.rstrip())


def show_json(document: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def show_written(paths: Sequence[str], *, as_json: bool) -> None:
    """Say which files were written."""
    if as_json:
        show_json({"format": "novalite.files/1", "written": list(paths)})
        return
    for path in paths:
        click.echo(f"wrote {path}")


def note(text: str) -> None:
    """Print a remark beside the result: to stderr, so that stdout stays the result."""
    click.echo(text, err=True)


def show_error(error: NovaliteError) -> None:
    """Print an error: what, where, and the command that would proceed."""
    colour = wants_colour(sys.stderr)
    if isinstance(error, SpecError):
        from novalite.render.problems import problems_text

        click.echo(problems_text(error.problems, colour=colour), err=True)
        return
    label = click.style(f"error[{error.error_id}]:", fg="red", bold=True) if colour else f"error[{error.error_id}]:"
    click.echo(f"{label} {error.message}", err=True)
    if isinstance(error, ObserveIncomplete):
        for host, reason in error.unknown.items():
            click.echo(f"  {host}: {reason}", err=True)
        click.echo(UNKNOWN_HELP, err=True)
    if error.proceed:
        click.echo(f"  to proceed: {error.proceed}", err=True)


def confirm(question: str, proceed: str) -> None:
    """Ask on a terminal; without one, refuse and say how to go on. Raises: NovaliteError, click.Abort."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NovaliteError("not confirmed: there is no terminal to ask on", proceed=proceed)
    _forget_typed_ahead()
    if not click.confirm(question, default=False, err=True):
        raise NovaliteError("not confirmed; nothing was changed", proceed=proceed)


def _forget_typed_ahead() -> None:
    """Drop what was typed before the question was there: it cannot be its answer."""
    import termios

    with contextlib.suppress(termios.error, OSError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def apply_line(path: str | None, inventory: Sequence[str] = ()) -> str | None:
    """Return the command that applies the plan in a file; None where it is in none."""
    return None if path is None else shlex.join(["novalite", "apply", path, *_options(inventory)])


def _options(inventory: Sequence[str]) -> list[str]:
    return [word for source in inventory for word in ("-i", source)]


def replan_line(path: Path, inventory: Sequence[str]) -> str:
    """Return the command that makes a plan file again: it does what is left, for a plan is used up once begun."""
    fleet = [] if any(Path(name).exists() for name in ("fleet", "fleet.yml")) else ["FLEET"]
    return shlex.join(["novalite", "plan", *fleet, *_options(inventory), "-o", str(path)])


def command_line(*, add: Sequence[str] = (), drop: Sequence[str] = ()) -> str:
    """Return the command line as it was typed, with words added and dropped: what to say after "to proceed"."""
    words = [word for word in sys.argv[1:] if word not in drop]
    return shlex.join(["novalite", *words, *(word for word in add if word not in words)])
