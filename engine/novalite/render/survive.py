# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be lost, and what may not: lines for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.survival import PROVEN, REFUTED
from novalite.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from novalite.model.survival import Verdict

FORMAT = "novalite.survival/1"
_SHOWN = 10
_STYLES = {PROVEN: "green", REFUTED: "bold red"}


def survival_text(verdicts: Sequence[Verdict], said: Sequence[str] = (), *, colour: bool = False) -> str:
    """Return the verdicts for people, ending in a newline; with ``colour`` as rich markup."""
    lines = [(f"What if: {'; '.join(clean(part) for part in said)}.", "")] if said else []
    for verdict in verdicts:
        lines += _lines(verdict)
    return "\n".join(_paint(text, style, colour) for text, style in lines) + "\n"


def survival_document(verdicts: Sequence[Verdict], said: Sequence[str] = ()) -> dict[str, Any]:
    """Return the same as JSON values."""
    goals = [{**attrs.asdict(verdict), "text": verdict.goal.text} for verdict in verdicts]
    return {"format": FORMAT, "what_if": list(said), "goals": goals}


def _lines(verdict: Verdict) -> Iterator[tuple[str, str]]:
    tried = f"{verdict.failures} loss{'' if verdict.failures == 1 else 'es'} tried"
    about = f"{verdict.instances} instance{'' if verdict.instances == 1 else 's'}"
    yield f"{verdict.state:<10}  {verdict.goal.text} ({about}, {tried})", _STYLES.get(verdict.state, "yellow")
    counter = verdict.counter
    if counter is not None:
        names = ", ".join(counter.instances[:_SHOWN])
        names += f" and {len(counter.instances) - _SHOWN} more" if len(counter.instances) > _SHOWN else ""
        together = " together" if len(counter.instances) > 1 else ""
        yield f"            without {clean(' and '.join(counter.lost))} there is no place for {names}{together}", ""
        for name, why in counter.reasons.items():
            yield f"            {name}: {clean(why)}", ""
        if len(counter.instances) > 1:
            size = "no smaller set will do" if counter.is_smallest else "without any one of them the rest has place"
            yield f"            {size}", "dim"
    if verdict.reason:
        yield f"            {clean(verdict.reason)}", ""
    for lost in verdict.unsure:
        yield f"            not decided: without {clean(' and '.join(lost))}", ""


def _paint(text: str, style: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    return f"[{style}]{escape(text)}[/{style}]" if style else escape(text)
