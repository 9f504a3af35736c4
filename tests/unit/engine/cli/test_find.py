# SPDX-License-Identifier: GPL-3.0-or-later
"""cli/find.py: instances by what a person calls them."""

from __future__ import annotations

import pytest

from builders import make_facts, make_instance, make_present, make_snapshot
from novalite.cli.find import find_each
from novalite.errors import NovaliteError, ObserveIncomplete

WEB, DB = make_present(make_instance("web")), make_present(make_instance("db"))
OTHER = make_present(make_instance("web", project="bank"))
SEEN = make_snapshot(make_facts("kvm-1", WEB), make_facts("kvm-2", DB))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["web"], ["web"]),
        (["web", "db"], ["web", "db"]),
        (["web", WEB["uuid"], "shop.web"], ["web"]),  # however often one is named
    ],
)
def test_each_name_is_one_instance(names: list[str], found: list[str]) -> None:
    assert [item.name for item in find_each(SEEN, names, None)] == found


def test_what_cannot_be_told_apart_is_refused() -> None:
    """Two domains that claim to be one instance; instances of two projects; a name that two projects have."""
    twice = make_snapshot(make_facts("kvm-1", WEB), make_facts("kvm-2", WEB))
    with pytest.raises(NovaliteError, match=r"more than one domain claims to be web: .*kvm-1, .*kvm-2"):
        find_each(twice, ["web"], None)
    both = make_snapshot(make_facts("kvm-1", WEB, DB), make_facts("kvm-2", OTHER))
    with pytest.raises(NovaliteError, match="several are called so"):
        find_each(both, ["web"], None)
    with pytest.raises(NovaliteError, match="of several projects: bank, shop"):
        find_each(both, ["bank.web", "db"], None)
    assert [item.project for item in find_each(both, ["web"], "bank")] == ["bank"]


def test_nobody_of_that_name() -> None:
    with pytest.raises(NovaliteError, match="no host holds an instance 'x'"):
        find_each(SEEN, ["x"], None)
    with pytest.raises(ObserveIncomplete):
        find_each(make_snapshot(make_facts("kvm-1", WEB), unknown={"kvm-2": "unreachable"}), ["x"], None)
