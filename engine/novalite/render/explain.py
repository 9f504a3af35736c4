# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheduling matrix of one instance as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.model.placement import Explanation, HostVerdict, WeigherVerdict

FORMAT = "novalite.placement/1"
_SHOWN_HOSTS = 12  # more are counted, unless all are asked for

Line = tuple[str, str]  # text, style


def explanation_text(explanation: Explanation, *, colour: bool = False, all_hosts: bool = False) -> str:
    """Return the matrix for people, ending in a newline; with ``colour`` as rich markup.

    Where there are many hosts, only the winner, the runner-up and one host for each refusal, unless ``all_hosts``.
    """
    lines = [(_headline(explanation), "bold"), *_remarks(explanation)]
    if all_hosts or len(explanation.rows) <= _SHOWN_HOSTS:
        rows = list(explanation.rows)
    else:
        leaders = (explanation.winner, explanation.runner_up, explanation.chosen, explanation.current)
        rows = [row for row in explanation.rows if row.host in leaders]
    for row in rows:
        lines += [("", ""), *_host_lines(row, explanation)]
    lines += _refusals(explanation, with_examples=len(rows) < len(explanation.rows))
    if len(rows) < len(explanation.rows):
        lines += [("", ""), (f"{len(explanation.rows) - len(rows)} more hosts: --all-hosts shows them, --json too", "")]
    if explanation.advice is not None:
        lines += [("", ""), (f"{explanation.name} {clean(explanation.advice.text)}", "bold")]
    return "\n".join(_paint(text, style, colour) for text, style in lines) + "\n"


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the whole matrix as JSON values."""
    return {"format": FORMAT, **explanation.to_document()}


def _headline(explanation: Explanation) -> str:
    name = explanation.name
    if explanation.current is not None:
        would = explanation.winner or "no host"
        return f"{name} lives on {explanation.current}; placed now, it would go to {would}"
    if explanation.winner is None:
        return f"{name}: no valid host, 0 of {len(explanation.rows)}"
    passed = len(explanation.rows) + explanation.left_out - sum(explanation.refused.values())
    text = f"{name} goes to {explanation.chosen or explanation.winner}; {passed} of {len(explanation.rows)} hosts pass"
    if explanation.chosen is not None:
        return f"{text}; chosen for the whole batch, alone it would go to {explanation.winner}"
    if explanation.runner_up is not None and explanation.margin is not None:
        text += f"; runner-up {explanation.runner_up}, margin {explanation.margin:.6f}"
    return text


def _remarks(explanation: Explanation) -> Iterator[Line]:
    if explanation.policy != "nova":
        yield f"policy {explanation.policy}", ""
    for addition in explanation.added:
        yield f"added before looking at hosts: {addition.prefilter}: {clean(addition.why)}", ""


def _host_lines(row: HostVerdict, explanation: Explanation) -> Iterator[Line]:
    refusal = row.first_refusal
    is_winner = row.host == (explanation.chosen or explanation.winner)
    if refusal is not None:
        tail = f"refused by {refusal.filter}"
    else:
        tail = f"total {row.total or 0.0:.6f}" if row.weights else "the only host that passes: not weighed"
        tail += ", runner-up" if row.host == explanation.runner_up else ""
    style = "green" if is_winner else "dim" if refusal else ""
    yield f"{'*' if is_winner else ' '} {clean(row.host)}: {tail}", style
    for verdict in row.filters:
        text = f"    {'pass' if verdict.passed else 'FAIL'}  {verdict.filter}: {clean(verdict.why)}"
        yield text, "" if verdict.passed else "red"
    yield from _weights(row.weights)


def _weights(weights: tuple[WeigherVerdict, ...]) -> Iterator[Line]:
    if not weights:
        return
    width = max(len(weight.weigher) for weight in weights)
    yield f"    {'weigher':<{width}}  {'raw':>14}  {'normalised':>10}  {'multiplier':>10}  {'product':>12}", "dim"
    for weight in weights:
        numbers = f"{weight.raw:>14.8g}  {weight.normalised:>10.6f}  {weight.multiplier:>10g}  {weight.product:>+12.6f}"
        yield f"    {weight.weigher:<{width}}  {numbers}", ""


def _refusals(explanation: Explanation, *, with_examples: bool) -> Iterator[Line]:
    if not explanation.refused:
        return
    yield "", ""
    if not with_examples:
        counts = ", ".join(f"{count} {name}" for name, count in explanation.refused.items())
        yield f"Refused first by: {counts}", ""
        return
    examples: dict[str, str] = {}
    for row in explanation.rows:
        if row.first_refusal is not None:
            examples.setdefault(row.first_refusal.filter, f"{clean(row.host)}: {clean(row.first_refusal.why)}")
    yield "Refused first by:", ""
    for name, count in explanation.refused.items():
        yield f"  {count:>6} {name}, such as {examples.get(name, '')}", ""


def _paint(text: str, style: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    safe = escape(text)
    return f"[{style}]{safe}[/{style}]" if style else safe
