# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's answer: facts, or unknown with a reason in words."""

from __future__ import annotations

import pytest

from novalite.observe.collect import facts_from_answer
from novalite.shared import packed


def test_facts_that_arrived() -> None:
    assert facts_from_answer("ok", {"packed": packed.pack({"a": "{{ 1 }}"})}, "") == ({"a": "{{ 1 }}"}, "")


@pytest.mark.parametrize(
    ("state", "result", "message", "reason"),
    [
        ("unreachable", {}, "no route to host", "unreachable: no route to host"),
        ("unreachable", {}, "", "unreachable: no answer"),
        ("failed", {}, "libvirt is missing", "could not be observed: libvirt is missing"),
        ("started", {}, "", "could not be observed: it gave no answer"),
        ("ok", {}, "", "its answer did not arrive (too large for ansible-runner?)"),
        ("ok", {"packed": "!"}, "", "its answer cannot be read"),
        ("ok", {"packed": packed.pack([1])}, "", "its answer is not an object"),
    ],
)
def test_everything_else_is_unknown(state: str, result: dict[str, str], message: str, reason: str) -> None:
    facts, why = facts_from_answer(state, result, message)
    assert facts is None
    assert why.startswith(reason)
