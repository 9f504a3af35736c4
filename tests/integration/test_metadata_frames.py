# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service against frames that no honest driver sends: everything that reaches a hostile card is looked at.

Runs in a network namespace of its own; taps and bridges are real, the guests' drivers are raw_guests.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.libvirt

TESTS = Path(__file__).resolve().parents[1]
PROGRAM = TESTS.parent / "collections/ansible_collections/novalite/compute/plugins/module_utils"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("frames")
    story = f"{sys.executable} -m integration.frames_story {folder}"
    inside = f"mount -t sysfs sysfs /sys && ip link set lo up && exec {story}"
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", inside],
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{PROGRAM}"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_the_same_address_on_two_networks(told: dict[str, Any]) -> None:
    assert told["own"] == {"a": "SECRET-OF-A", "b": "SECRET-OF-B", "c": "SECRET-OF-C"}


@pytest.mark.parametrize("attack", ["mac", "arp", "both", "flood"])
def test_an_answer_reaches_nobody_else(told: dict[str, Any], attack: str) -> None:
    """Whoever takes the MAC or the address of another meanwhile gets none of its answers, nor a sign of them."""
    assert told["leaks"][attack] == 0


@pytest.mark.parametrize("pretence", ["address", "mac", "both"])
def test_who_pretends_to_be_another_is_told_nothing_of_it(told: dict[str, Any], pretence: str) -> None:
    assert "SECRET-OF-A" not in told["pretends"][pretence]
    assert ("SECRET-OF-C" in told["pretends"][pretence]) == (pretence == "mac")


def test_nobody_else_is_the_service(told: dict[str, Any]) -> None:
    assert told["forged"] == []


def test_nothing_of_it_is_seen_or_heard_outside(told: dict[str, Any]) -> None:
    assert told["outside"] == {"answered": 0, "seen": 0}


def test_who_is_told_nothing_gets_404(told: dict[str, Any]) -> None:
    assert told["stranger"].startswith("HTTP/1.1 404 ")


def test_a_new_guest_is_followed_and_one_that_went_is_nobody(told: dict[str, Any]) -> None:
    assert told["later"] == "SECRET-OF-D"
    assert told["gone"].startswith("HTTP/1.1 404 ")


def test_rules_that_were_flushed_come_back_and_nothing_is_told_meanwhile(told: dict[str, Any]) -> None:
    assert "SECRET" not in told["flushed"]
    assert told["again"] == "SECRET-OF-A"


def test_it_takes_away_what_it_added(told: dict[str, Any]) -> None:
    assert told["left"] == ""
