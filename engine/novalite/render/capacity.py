# SPDX-License-Identifier: GPL-3.0-or-later
"""How many more instances fit: a table for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from rich.text import Text

from novalite.render.tables import new_table
from novalite.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from novalite.model.capacity import Loss, Room

FORMAT = "novalite.capacity/1"


def capacity_table(rooms: Sequence[Room], of: Sequence[str]) -> Table:
    """Return one line a flavor: now, and for each kind of domain what is left after the worst loss."""
    table = new_table("flavor", "now", "hosts", numbers=("now", "hosts"))
    for kind in of:
        table.add_column(f"{kind} lost", overflow="fold")
        table.add_column("left", justify="right")
        table.add_column("settled", justify="right")
    table.add_column("")
    for room in rooms:
        losses = {loss.of: loss for loss in room.losses}
        table.add_row(
            Text(clean(room.flavor), style="bold"),
            Text(_count(room.now, room.is_exact), style="green" if room.now else "red"),
            str(room.hosts),
            *[Text(cell) for kind in of for cell in _loss_cells(losses.get(kind))],
            Text(f"refused by: {room.limits}" if room.limits else "", style="red"),
        )
    return table


def capacity_lines(of: Sequence[str], unknown: int, said: Sequence[str], stranded: Sequence[str] = ()) -> list[str]:
    """Return what must be said beside the table."""
    kinds = ", ".join(clean(kind) for kind in of)
    lines = [f"lost: the worst loss of one {kinds}; left: fits on the rest; settled: after what lived there"]
    lines += [f"What if: {'; '.join(clean(part) for part in said)}."] if said else []
    if stranded:
        lines.append(f"no place for {', '.join(stranded[:5])}{' and more' if len(stranded) > 5 else ''}")
    if unknown:
        lines.append(f"{unknown} host{'' if unknown == 1 else 's'} unknown: nothing is counted on them")
    return lines


def capacity_document(
    rooms: Sequence[Room], hosts: int, unknown: Sequence[str], said: Sequence[str], stranded: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {
        "format": FORMAT,
        "hosts": hosts,
        "unknown": list(unknown),
        "what_if": list(said),
        "stranded": list(stranded),
        "flavors": [attrs.asdict(room) for room in rooms],
    }


def _loss_cells(loss: Loss | None) -> tuple[str, str, str]:
    if loss is None:
        return "none", "", ""
    if not loss.was_tried:
        settled = "?"
    elif not loss.to_place:
        settled = str(loss.left)
    else:
        settled = "no" if loss.left_after is None else str(loss.left_after)
    return clean(loss.domain), str(loss.left), settled


def _count(number: int, is_exact: bool) -> str:
    return str(number) if is_exact else f"{number} or more"
