# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves: a barrier only where a host must wait for another."""

from __future__ import annotations

from novalite.plan.draft import Draft
from novalite.plan.order import order
from novalite.shared import step_kinds

IP = ("ip", "libvirt", "default", "10.0.0.1")


def draft(host: str, action: str, name: str, *, frees: tuple = (), takes: tuple = ()) -> Draft:
    return Draft(host, action, name, {}, frozenset(frees), frozenset(takes))


def drawn(drafts: list[Draft]) -> list[list[tuple[str, str, str]]]:
    return [[(step.host, step.action, step.name) for step in wave] for wave in order(drafts)]


def test_nothing() -> None:
    """No steps, no waves."""
    assert order([]) == ()


def test_one_wave_for_hosts_that_need_not_wait() -> None:
    """Every host works through its own list, room first; names in natural order."""
    drafts = [draft("b", action, "x") for action in reversed(step_kinds.RANKS)]
    drafts += [draft("a", "create", "web-10"), draft("a", "create", "web-2")]
    assert drawn(drafts) == [
        [("a", "create", "web-2"), ("a", "create", "web-10"), *[("b", action, "x") for action in step_kinds.RANKS]]
    ]


def test_an_address_that_moves_between_hosts_makes_two_waves() -> None:
    """Free before take; the step says which one it waits for."""
    waves = order([draft("a", "create", "new", takes=(IP,)), draft("b", "delete", "old", frees=(IP,))])
    assert [[step.action for step in wave] for wave in waves] == [["delete"], ["create"]]
    assert waves[1][0].needs == (waves[0][0].id,)


def test_an_address_that_moves_on_one_host_needs_no_barrier() -> None:
    """The host works in order of ids."""
    waves = order([draft("a", "create", "new", takes=(IP,)), draft("a", "delete", "old", frees=(IP,))])
    assert [[step.action for step in wave] for wave in waves] == [["delete", "create"]]


def test_a_chain_of_renames_on_one_host() -> None:
    """web-2 makes room for web-1, which makes room for web-0."""
    two = draft("a", "mark", "web-2", frees=(("name", "web-1"),), takes=(("name", "web-2"),))
    one = draft("a", "mark", "web-1", frees=(("name", "web-0"),), takes=(("name", "web-1"),))
    new = draft("a", "create", "web-0", takes=(("name", "web-0"),))
    assert [name for _, _, name in drawn([new, one, two])[0]] == ["web-2", "web-1", "web-0"]


def test_ids_sort_as_they_run() -> None:
    """Also beyond 9,999 steps."""
    waves = order([draft("a", "create", f"i-{index}") for index in range(10_001)])
    ids = [step.id for wave in waves for step in wave]
    assert ids == sorted(ids)
    assert (ids[0], ids[-1]) == ("s00001", "s10001")
    assert order([draft("a", "start", "x")])[0][0].id == "s0001"
