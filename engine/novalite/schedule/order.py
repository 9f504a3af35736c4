# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a batch is placed: that of names, but whom a hint names goes first. Pure.

Policy ``fast`` places instances of a kind (one ``Shape``) one after the other, kinds in the order of their first names:
what was looked up for one of them serves them all.

The hints ``same_host`` and ``different_host`` look at where others are already: those of the same batch must be placed
by then, or the wish would be lost (``different_host``) or refused (``same_host``). Nova has no such order, as a hint
there can only name what exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.natural import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request, Shape

_HINTS = ("different_host", "same_host")


def in_order(requests: Iterable[Request], policy: str = "nova") -> list[Request]:
    """Return the requests as they are to be placed; who name each other go by their names."""
    ordered = sorted(requests, key=lambda request: natural_key(request.name))
    if policy == "fast":
        kinds: dict[Shape, int] = {}
        for request in ordered:
            kinds.setdefault(request.shape, len(kinds))
        ordered.sort(key=lambda request: kinds[request.shape])
    named = {request.name: _named(request) for request in ordered if request.shape.hints}
    if not any(named.values()):
        return ordered
    known = {request.name: request for request in ordered}
    placed: dict[str, Request] = {}  # by name, in order
    entered: set[str] = set()
    for request in ordered:
        stack = [request.name]
        while stack:
            name = stack[-1]
            before = [] if name in entered else [one for one in named.get(name, ()) if one in known]
            entered.add(name)
            waiting = [one for one in before if one not in entered]
            if waiting:
                stack += reversed(waiting)
            else:
                placed.setdefault(name, known[name])
                stack.pop()
    return list(placed.values())


def _named(request: Request) -> list[str]:
    return sorted({name for hint in _HINTS for name in request.shape.hint(hint)}, key=natural_key)
