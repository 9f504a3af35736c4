# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshots of an instance as a tree, and the lines of a fleet that declare an image made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.render.tables import new_table
from novalite.shared import operational_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.table import Table

    from novalite.model.observed import ObservedInstance

_GIB = 1024**3


def snapshots_table(item: ObservedInstance) -> Table:
    """Return one line a snapshot, below its parent and further to the right."""
    current, kept = _said(item)
    table = new_table("", "snapshot", "parent", "made", "of a guest that was", "disks")
    for name, depth in _tree(kept, None, 0):
        entry = kept[name]
        cells = ("*" if name == current else "", "  " * depth + name, entry.get("parent") or "", entry.get("since", ""))
        table.add_row(*(Text(str(cell)) for cell in (*cells, entry.get("power", ""), ", ".join(entry["disks"]))))
    return table


def snapshots_document(item: ObservedInstance) -> dict[str, Any]:
    """Return the same as JSON values."""
    current, kept = _said(item)
    rows = [{"name": name, "depth": depth, **kept[name]} for name, depth in _tree(kept, None, 0)]
    return {"format": "novalite.snapshots/1", "instance": item.name, "current": current, "snapshots": rows}


def _said(item: ObservedInstance) -> tuple[str | None, Mapping[str, Mapping[str, Any]]]:
    said = item.state.get(operational_state.SNAPSHOTS) or {}
    return said.get("current"), said.get("kept") or {}


def _tree(kept: Mapping[str, Mapping[str, Any]], parent: str | None, depth: int) -> Iterator[tuple[str, int]]:
    """Yield names with their depth, oldest first, children after their parent."""
    below = [name for name, entry in kept.items() if entry.get("parent") == parent]
    for name in sorted(below, key=lambda name: (str(kept[name].get("since")), name)):
        yield name, depth
        yield from _tree(kept, name, depth + 1)


def image_lines(
    item: ObservedInstance, name: str, source: str, told: Mapping[str, Any], *, is_here: bool
) -> Iterator[str]:
    """Yield the YAML that declares an image of an instance's root disk; properties are those of its own image."""
    if not is_here:
        yield f"# on {item.host} only; novalite snapshot image {item.name} {name} -o FOLDER brings it to this machine"
    yield "images:"
    yield f"  {name}:"
    yield f"    source: {json.dumps(source)}"
    yield f"    sha256: {told['sha256']}"
    yield f"    min_disk: {-(-int(told['virtual_bytes']) // _GIB)}GiB"
    properties = item.spec["image"].get("properties") or {}
    if properties:
        yield "    properties:"
        yield from (f"      {key}: {json.dumps(value)}" for key, value in sorted(properties.items()))
