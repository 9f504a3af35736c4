# SPDX-License-Identifier: GPL-3.0-or-later
"""JsonFilter: the expression in the hint ``query`` is true of the host (language and differences: model/query.py).

Attributes are Nova's (schedule/host_state.py) with what is booked so far. What is no query matches no host;
``validate`` says why. Source: nova/scheduler/filters/json_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.query import QueryError, attribute, attributes_of, holds, query_from_text
from novalite.schedule.host_state import States, answers

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "JsonFilter"
HINT = "query"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the hint is given."""
    return bool(request.shape.hints) and any(request.shape.hint(HINT))


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts of which the query is true."""
    text = _text(request)
    try:
        query = query_from_text(text)
    except QueryError:
        return np.zeros(len(table), dtype=np.bool_)
    known = answers(table, NAME, text, tuple(attributes_of(query)))
    return known.current(table, lambda host: holds(query, host))


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the query, and the attributes it asks for."""
    text = _text(request)
    try:
        query = query_from_text(text)
    except QueryError as error:
        return f"asked {text}, which is no query: {error}"
    host = States(table).of(row)
    said = [f"{name} is {_shown(attribute(host, name))}" for name in sorted(set(attributes_of(query)))]
    return f"asked {text}; {', '.join(said) or 'it asks no attribute'}"


def _text(request: Request) -> str:
    said = request.shape.hint(HINT)
    return said[0] if len(said) == 1 else ""


def _shown(value: object) -> str:
    return "unknown" if value is None else str(value)
