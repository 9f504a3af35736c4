# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values of extra specs and image properties: each tells what is wrong with a text. Pure.

Source: nova/api/validation/extra_specs/*.py, nova/objects/{image_meta,fields}.py.
"""

from __future__ import annotations

from collections.abc import Callable

from novalite.model.cpu_list import cpus_from_text
from novalite.model.guest_topology import page_size_from_text

Kind = Callable[[str], str]  # a text -> what would be right; nothing where it is right

_BOOLEANS = frozenset(("1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no"))


def free(text: str) -> str:  # noqa: ARG001
    """Accept any text."""
    return ""


def boolean(text: str) -> str:
    """Accept what Nova reads as a truth value."""
    return "" if text.strip().lower() in _BOOLEANS else 'wanted: "true" or "false"'


def cpus(text: str) -> str:
    """Accept a CPU list."""
    return _tried(cpus_from_text, text)


def page_size(text: str) -> str:
    """Accept a page size."""
    return _tried(page_size_from_text, text)


def _tried(read: Callable[[str], object], text: str) -> str:
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return ""


def one_of(*values: str) -> Kind:
    """Accept one of some words."""

    def wrong(text: str) -> str:
        return "" if text in values else f"wanted: {', '.join(values)}"

    return wrong


def whole(least: int | None = 0, most: int | None = None) -> Kind:
    """Accept a whole number between two limits."""

    def wrong(text: str) -> str:
        digits = text.strip().removeprefix("-")
        good = digits.isascii() and digits.isdigit() and len(digits) < 19
        if good and (least is None or int(text) >= least) and (most is None or int(text) <= most):
            return ""
        if most is not None:
            return f"wanted: a whole number from {least} to {most}"
        return "wanted: a whole number" + ("" if least is None else f", at least {least}")

    return wrong
