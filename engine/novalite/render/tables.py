# SPDX-License-Identifier: GPL-3.0-or-later
"""The one look of tables."""

from __future__ import annotations

from rich.table import Table


def new_table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return an empty table; ``numbers`` names the columns that align to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
