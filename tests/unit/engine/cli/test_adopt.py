# SPDX-License-Identifier: GPL-3.0-or-later
"""cli/adopt.py: which domains are meant, whose they are, and a file that never stays where it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import make_facts, make_fleet, make_foreign, make_instance, make_present, make_snapshot
from novalite.adopt.propose import Proposal
from novalite.cli.adopt import choose_domains, owner_of, write_fleet
from novalite.errors import NovaliteError, ObserveIncomplete, SpecError

if TYPE_CHECKING:
    from pathlib import Path

CLONE = {**make_foreign("clone"), "reason": "the novalite mark is that of web: a clone?"}
SEEN = make_snapshot(
    make_facts("kvm-1", make_present(make_instance("web")), foreign=[make_foreign("a"), make_foreign("b"), CLONE]),
    unknown={"kvm-2": "unreachable"},
)


@pytest.mark.parametrize(
    ("wanted", "found", "refused"),
    [
        ([], ["a", "b"], ["clone"]),
        (["b"], ["b"], []),
        ([make_foreign("a")["uuid"], "a"], ["a"], []),
        (["clone"], [], ["clone"]),
    ],
)
def test_which_domains_are_meant(wanted: list[str], found: list[str], refused: list[str]) -> None:
    chosen, left = choose_domains(SEEN, "kvm-1", wanted)
    assert ([one.domain for one in chosen], [name for name, _ in left]) == (found, refused)


@pytest.mark.parametrize(
    ("host", "wanted", "words"),
    [
        ("kvm-1", "nobody", r"nobody on kvm-1: no such domain \(those that somebody else made: a, b, clone\)"),
        ("kvm-1", "shop.web", "it is the instance shop.web already"),
        ("kvm-9", "a", r"kvm-9 is not among the hosts \(kvm-1\)"),
    ],
)
def test_what_is_not_there_is_told(host: str, wanted: str, words: str) -> None:
    with pytest.raises(NovaliteError, match=words):
        choose_domains(SEEN, host, [wanted])


def test_a_host_that_did_not_answer_is_unknown() -> None:
    with pytest.raises(ObserveIncomplete):
        choose_domains(SEEN, "kvm-2", [])


def test_whose_they_are(tmp_path: Path) -> None:
    assert owner_of(make_fleet(), None, tmp_path) == owner_of(None, "shop", tmp_path) == "shop"
    for fleet, said, words in (
        (None, None, "whose are"),
        (None, "No", "not a name"),
        (make_fleet(), "bank", "of shop"),
    ):
        with pytest.raises(NovaliteError, match=words):
            owner_of(fleet, said, tmp_path)


def test_a_file_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    sizes = {"vcpus": 1, "ram": "64MiB", "disk": "1GiB"}
    path, fleet = write_fleet(Proposal({"flavors": {"a": sizes}}), folder, "KVM_1", "legacy")
    assert (path.name, fleet.project, set(fleet.flavors)) == ("adopted-kvm-1.yml", "legacy", {"a"})
    path, fleet = write_fleet(Proposal({"flavors": {"b": sizes}}), folder, "KVM_1", None)
    assert (path.name, set(fleet.flavors)) == ("adopted-kvm-1-2.yml", {"a", "b"})
    with pytest.raises(SpecError):
        write_fleet(Proposal({"flavors": {"b": {}}}), folder, "KVM_1", None)
    assert sorted(one.name for one in folder.iterdir()) == ["adopted-kvm-1-2.yml", "adopted-kvm-1.yml"]
