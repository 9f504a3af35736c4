# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of an extra spec as a demand: an operator and what it is held against. Parsed once. Pure.

Numbers: ``=`` (means at least), ``==``, ``!=``, ``>=``, ``<=``. Texts: ``s==``, ``s!=``, ``s<``, ``s<=``, ``s>``,
``s>=``. ``<in> part``: the part is contained; ``<all-in> a b``: every part is; ``<or> a <or> b``: equal to any. Without
an operator the whole text must be equal. Source: nova/scheduler/filters/extra_specs_ops.py.

Nova ends the whole request where it cannot compare (a word with a number, a bare ``<or>``). Here such a demand has a
``fault``, which ``validate`` shows; and what cannot be compared does not match.
"""

from __future__ import annotations

import operator
from functools import cache
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

AGGREGATE_SCOPE = "aggregate_instance_extra_specs:"
CAPABILITIES_SCOPE = "capabilities:"

# What may be asked of a host by name (schedule/host_state.py).
HOST_ATTRIBUTES = frozenset(
    (
        "cell_uuid",
        "cpu_allocation_ratio",
        "cpu_info",
        "disk_allocation_ratio",
        "disk_mb_used",
        "failed_builds",
        "free_disk_mb",
        "free_ram_mb",
        "host",
        "host_ip",
        "hypervisor_hostname",
        "hypervisor_type",
        "hypervisor_version",
        "metrics",
        "nodename",
        "num_instances",
        "num_io_ops",
        "ram_allocation_ratio",
        "service",
        "stats",
        "total_usable_disk_gb",
        "total_usable_ram_mb",
        "vcpus_total",
        "vcpus_used",
    )
)

NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
}
OPERATORS = (*NUMERIC, *_TEXTUAL, "<in>", "<all-in>", "<or>")


@attrs.frozen(slots=True)
class Demand:
    """A parsed value. ``operator`` is empty where the text is meant as it stands."""

    text: str
    operator: str = ""
    operands: tuple[str, ...] = ()
    number: float | None = None  # of a numeric operator
    fault: str = ""  # Nova would end the request
    doubt: str = ""  # Nova reads it, but hardly as it was meant

    def matches(self, value: str) -> bool:
        """Tell whether a value is as asked."""
        if not self.operator:
            return value == self.text
        if not self.operands:
            return False
        if self.operator in NUMERIC:
            return self._matches_number(value)
        if self.operator == "<or>":
            return value in self.operands
        if self.operator == "<all-in>":
            return all(part in value for part in self.operands)
        if self.operator == "<in>":
            return self.operands[0] in value
        return _TEXTUAL[self.operator](value, self.operands[0])

    def _matches_number(self, value: str) -> bool:
        found = number_from_text(value)
        return found is not None and self.number is not None and NUMERIC[self.operator](found, self.number)


@cache
def demand_from_text(text: str) -> Demand:
    """Return the demand that an extra spec's value makes."""
    name, *words = text.split() or [""]
    if name not in OPERATORS:
        return Demand(text)
    if name == "<or>":
        return _alternatives(text, words)
    if not words:
        return Demand(text, name, doubt=f'nothing stands after "{name}", so no host can match')
    doubt = ""
    if name != "<all-in>" and len(words) > 1:
        doubt = f'only the first word after "{name}" counts'
        words = words[:1]
    if name not in NUMERIC:
        return Demand(text, name, tuple(words), doubt=doubt)
    number = number_from_text(words[0])
    fault = "" if number is not None else f'"{name}" compares numbers, and "{words[0]}" is none'
    return Demand(text, name, tuple(words), number, fault, doubt)


def _alternatives(text: str, words: list[str]) -> Demand:
    """Return the demand of ``<or> a <or> b``: every second word is a value, whatever stands between (as in Nova)."""
    if not words:
        return Demand(text, "<or>", fault='nothing stands after "<or>"')
    doubt = "" if all(word == "<or>" for word in words[1::2]) else '"<or>" stands before every value, which is one word'
    if not doubt and len(words) % 2 == 0:
        doubt = 'nothing stands after the last "<or>"'
    return Demand(text, "<or>", tuple(words[0::2]), doubt=doubt)


def number_from_text(text: str) -> float | None:
    """Return the number that a text says, as Python reads it; None where it says none."""
    try:
        return float(text)
    except ValueError:
        return None
