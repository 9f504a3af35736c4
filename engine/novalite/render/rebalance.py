# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that pay, as lines: what, where, and the gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.render.words import clean

if TYPE_CHECKING:
    from novalite.model.rebalance import Fill, Rebalance


def rebalance_text(found: Rebalance, *, colour: bool = False) -> str:
    """Return the moves for people, ending in a newline; with ``colour`` as rich markup."""
    lines: list[tuple[str, str]] = []
    width = max((len(move.name) for move in found.moves), default=0)
    for move in found.moves:
        way = f"{clean(move.source)} -> {clean(move.target)}"
        gain = f"gain {move.gain:.6f}, {move.copied_mib} MiB to copy"
        lines.append((f"  > {clean(move.name):<{width}}  {way}  {gain}", "cyan"))
    lines += _totals(found)
    return "\n".join(_paint(text, style, colour) for text, style in lines) + "\n"


def _totals(found: Rebalance) -> list[tuple[str, str]]:
    count = len(found.moves)
    if not count:
        lines = [(f"Rebalance ({found.policy}): no move pays.", "bold green")]
    else:
        copied = sum(move.copied_mib for move in found.moves)
        more = "; there may be more, see --max-moves" if found.limited else ""
        text = f"Rebalance ({found.policy}): {count} move{'' if count == 1 else 's'}, {copied} MiB to copy{more}."
        lines = [(text, "bold")]
    if found.before is not None and found.after is not None:
        now, then = _fill_text(found.before), _fill_text(found.after)
        lines.append((f"Hosts: {now}" + (f" -> {then}" if count else "") + ".", ""))
    if found.unknown:
        lines.append((f"{len(found.unknown)} of {found.hosts + len(found.unknown)} hosts unknown.", "yellow"))
    if count:
        lines.append(("This version makes no moves: by hand, in this order (novalite explain NV0309).", "yellow"))
    return lines


def _fill_text(fill: Fill) -> str:
    return f"{fill.in_use} in use, filled {fill.lowest:.0%} to {fill.highest:.0%} ({clean(fill.fullest)})"


def _paint(text: str, style: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    return f"[{style}]{escape(text)}[/{style}]" if style else escape(text)
