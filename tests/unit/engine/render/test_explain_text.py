# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix as text."""

from __future__ import annotations

from rich.text import Text

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.plan.build import explain_instance
from novalite.render.explain import explanation_text

WEB = make_instance("web")


def drawn(*facts: dict[str, object], colour: bool = False) -> str:
    explanation = explain_instance(make_fleet(WEB), make_snapshot(*facts), "web")
    assert explanation is not None
    return explanation_text(explanation, colour=colour)


def test_winner_margin_and_numbers() -> None:
    """Every host, every filter, the numbers asked and available, the weights."""
    facts = (make_facts("kvm-1"), make_facts("kvm-2", cpus=8), make_facts("kvm-3", config={"enabled": False}))
    text = drawn(*facts)
    assert text.startswith("web goes to kvm-2; 2 of 3 hosts pass; runner-up kvm-1, margin 0.500000\n")
    assert "asked 512 MEMORY_MB, free 8192 (total 8704, reserved 512, ratio 1, used 0)" in text
    assert "FAIL  ComputeFilter: disabled" in text
    assert ["CPUWeigher", "16", "0.500000", "1", "+0.500000"] in [line.split() for line in text.splitlines()]
    assert max(map(len, text.splitlines())) <= 100
    assert "Refused first by: 1 ComputeFilter" in text
    assert Text.from_markup(drawn(*facts, colour=True)).plain == text


def test_no_valid_host() -> None:
    """The headline says so."""
    assert drawn(make_facts("kvm-1", cpus=0)).startswith("web: no valid host, 0 of 1")


def test_one_that_exists() -> None:
    """Where it lives, and where it would go."""
    assert drawn(make_facts("kvm-1", make_present(WEB))).startswith(
        "web lives on kvm-1; placed now, it would go to kvm-1"
    )
    assert "the only host that passes" in drawn(make_facts("kvm-1", make_present(WEB)))


def test_many_hosts_in_short() -> None:
    """The winner, the runner-up, one host for each refusal; and how to see the rest."""
    facts = [make_facts(f"kvm-{number}", cpus=0 if number > 10 else 4) for number in range(30)]
    explanation = explain_instance(make_fleet(WEB), make_snapshot(*facts), "web")
    assert explanation is not None
    text = explanation_text(explanation)
    assert [line.split(":")[0] for line in text.splitlines() if line.startswith(("* ", "  kvm"))] == [
        "* kvm-0",
        "  kvm-1",
    ]
    assert "      19 CoreFilter, such as kvm-11: asked 1 VCPU, the host has none" in text
    assert "28 more hosts: --all-hosts shows them, --json too" in text
    assert explanation_text(explanation, all_hosts=True).count("refused by CoreFilter") == 19
    assert max(map(len, text.splitlines())) <= 100
