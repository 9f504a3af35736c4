# SPDX-License-Identifier: GPL-3.0-or-later
"""A scheduling matrix as text: every host, every rule with its numbers, the weights and who won. It never computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.render.words import clean

if TYPE_CHECKING:
    from novalite.model.placement import Explanation, HostVerdict


def explanation_text(explanation: Explanation, *, colour: bool = False) -> str:
    """Return the matrix for people, ending in a newline; with ``colour`` as rich markup."""
    lines = [_paint(_headline(explanation), "bold", colour)]
    for row in explanation.rows:
        lines += ["", *_host_lines(row, explanation, colour)]
    if explanation.refused:
        counts = ", ".join(f"{count} {name}" for name, count in explanation.refused.items())
        lines += ["", _escape(f"Refused first by: {counts}", colour)]
    return "\n".join(lines) + "\n"


def _headline(explanation: Explanation) -> str:
    name = explanation.name
    if explanation.current is not None:
        would = explanation.winner or "no host"
        return f"{name} lives on {explanation.current}; placed now, it would go to {would}"
    if explanation.winner is None:
        return f"{name}: no valid host, 0 of {len(explanation.rows)}"
    passed = sum(row.first_refusal is None for row in explanation.rows)
    text = f"{name} goes to {explanation.winner}; {passed} of {len(explanation.rows)} hosts pass"
    if explanation.runner_up is not None and explanation.margin is not None:
        text += f"; runner-up {explanation.runner_up}, margin {explanation.margin:.6f}"
    return text


def _host_lines(row: HostVerdict, explanation: Explanation, colour: bool) -> list[str]:
    refusal = row.first_refusal
    mark = "*" if row.host == explanation.winner else " "
    if refusal is not None:
        tail = f"refused by {refusal.filter}"
    else:
        tail = f"total {row.total or 0.0:.6f}" if row.weights else "the only host that passes: not weighed"
    style = "green" if row.host == explanation.winner else "dim" if refusal else ""
    lines = [_paint(f"{mark} {clean(row.host)}: {tail}", style, colour)]
    for verdict in row.filters:
        text = f"    {'pass' if verdict.passed else 'FAIL'}  {verdict.filter}: {clean(verdict.why)}"
        lines.append(_paint(text, "" if verdict.passed else "red", colour))
    for weight in row.weights:
        numbers = f"raw {weight.raw:g}, normalised {weight.normalised:.6f}"
        product = f"x {weight.multiplier:g} = {weight.product:.6f}"
        lines.append(_escape(f"    {weight.product:+.6f}  {weight.weigher}: {numbers} {product}", colour))
    return lines


def _paint(text: str, style: str, colour: bool) -> str:
    safe = _escape(text, colour)
    return f"[{style}]{safe}[/{style}]" if colour and style else safe


def _escape(text: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    return escape(text)
