"""The figures as a table for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .figure import Figure

_WORD = {True: "[green]ok[/]", False: "[red]missed[/]", None: ""}


def print_table(figures: Sequence[Figure]) -> None:
    """One line a figure; what could not be measured says so."""
    table = Table("measurement", "figure", "goal", "", "made of")
    table.columns[1].justify = table.columns[2].justify = "right"
    for figure in figures:
        if figure.value is None:
            table.add_row(figure.name, "-", _goal(figure), "[red]not measured[/]", figure.why)
            continue
        value = f"{figure.value:g}" if figure.unit == "ratio" else f"{figure.value:g} {figure.unit}"
        made_of = ", ".join(f"{name} {json.dumps(value)}" for name, value in figure.parts.items())
        table.add_row(figure.name, value, _goal(figure), _WORD[figure.ok], made_of)
    missed = sum(figure.ok is False for figure in figures)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    console.print(f"{len(figures)} figures, {missed} missed or not measured")


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'<=' if figure.better == 'lower' else '>='} {figure.goal:g}"
