# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite console`` (serial_console.py); terminal.py, what reaches our own terminal, had this name before."""

from __future__ import annotations

from novalite.cli.serial_console import command
from novalite.cli.terminal import (
    UNKNOWN_HELP,
    apply_line,
    command_line,
    confirm,
    is_terminal,
    note,
    replan_line,
    rich_console,
    show_error,
    show_json,
    show_table,
    show_written,
    wants_colour,
)

__all__ = [
    "UNKNOWN_HELP",
    "apply_line",
    "command",
    "command_line",
    "confirm",
    "is_terminal",
    "note",
    "replan_line",
    "rich_console",
    "show_error",
    "show_json",
    "show_table",
    "show_written",
    "wants_colour",
]
