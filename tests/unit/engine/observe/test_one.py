# SPDX-License-Identifier: GPL-3.0-or-later
"""observe/one.py: which of the hosts' answers is the one, and what is said where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.errors import NovaliteError, ObserveIncomplete
from novalite.observe.one import Answer, choose

WHO = {"uuid": "u-1", "name": "web-0", "project": "shop", "power": "shutoff"}
UNTIL = "2026-11-28T12:00:00Z"


def answer(host: str = "kvm-1", **more: Any) -> Answer:
    return Answer(host, {**WHO, **more})


HERE = answer(power="running")
TRASHED = answer(shelf="trashed", until=UNTIL)
KEPT = answer("kvm-2", shelf="kept", until=None)
SHELVED = answer(shelf="shelved", until=None)
SILENT = {"kvm-9": "unreachable"}


@pytest.mark.parametrize("more", [[], [TRASHED], [SHELVED]])
def test_what_has_a_domain_is_meant(more: list[Answer]) -> None:
    assert choose("web-0", [*more, HERE], SILENT) == HERE


@pytest.mark.parametrize(
    ("answers", "unknown", "says", "proceed"),
    [
        ([], {}, "no host holds an instance 'web-0'", "novalite list"),
        ([TRASHED], {}, f"shop.web-0 is in the trash of kvm-1 until {UNTIL}: no guest", "novalite restore web-0"),
        ([TRASHED], SILENT, "in the trash of kvm-1", "novalite restore web-0"),
        ([SHELVED], {}, "shop.web-0 is shelved and offloaded on kvm-1: no guest", "novalite unshelve web-0"),
        ([TRASHED, KEPT], {}, "; shop.web-0 is in the trash of kvm-2: no guest", "novalite restore u-1"),
        ([HERE, answer("kvm-2")], {}, "more than one", "novalite get web-0"),
    ],
)
def test_what_is_said(answers: list[Answer], unknown: dict[str, str], says: str, proceed: str) -> None:
    with pytest.raises(NovaliteError) as error:
        choose("web-0", answers, unknown)
    assert says in str(error.value)
    assert error.value.proceed == proceed


def test_it_may_be_on_a_host_that_is_silent() -> None:
    with pytest.raises(ObserveIncomplete):
        choose("web-0", [], SILENT)
