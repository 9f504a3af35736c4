# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields covers the spec, and each class behaves as it says."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from builders import (
    LAN,
    make_facts,
    make_flavor,
    make_fleet,
    make_host,
    make_instance,
    make_present,
    make_snapshot,
    make_user_data,
)
from novalite.diff.compare import compare_specs, wanted_spec
from novalite.diff.fields import FIELDS, FieldClass
from novalite.model.image import Image
from novalite.model.keypair import Keypair
from novalite.model.port import Port
from novalite.model.server_group import ServerGroup
from novalite.shared import arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FULL = make_instance(
    "web",
    metadata={"role": "web"},
    keypair=Keypair("ops", "ssh-ed25519 AAAA ops"),
    group=ServerGroup("g", "anti-affinity"),
    user_data=make_user_data(),
    flavor=make_flavor(max_vcpus=2, max_ram_mib=1024),
    ports=(Port(LAN, link="down"),),
    cdrom=Image("tools", "/tools.iso", "e" * 64, "raw"),
    restart_token="1",
    on_delete="keep",
    trash_days=30,
)
CLAIM = {"cells": [], "shared_cpus": [2, 3], "emulator_cpus": None, "pci": []}
SPEC = make_present(FULL, claim=CLAIM, adopted={"sha256": "0" * 64, "extra_sha256": None})["spec"]


def leaves(options: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, said in options.items():
        if "options" in said:
            yield from leaves(said["options"], f"{prefix}{name}.")
        else:
            yield prefix + name


def test_a_claim_never_differs_by_itself() -> None:
    (observed,) = make_host("kvm-1", make_present(FULL, claim=CLAIM)).instances
    assert compare_specs(observed.spec, wanted_spec(FULL, observed)) == ()


def test_every_field_of_the_spec_has_a_row() -> None:
    """And no row is about a field that is not there."""
    assert set(FIELDS) == set(leaves(arguments.SPEC))


@pytest.mark.parametrize("path", sorted(FIELDS))
def test_a_change_of_each_field_is_found(path: str) -> None:
    """One field differs: exactly one change, of the class in the table, with a reason."""
    before = copy.deepcopy(SPEC)
    *parents, leaf = path.split(".")
    place: Any = before
    for parent in parents:
        place = place[parent][0] if parent == "ports" else place[parent]
    place[leaf] = {"something": "else"} if isinstance(place[leaf], dict) else "something else"
    (change,) = compare_specs(before, SPEC)
    assert change.path.replace("[0]", "") == path
    assert change.kind == FIELDS[path].kind.value
    assert change.reason


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("keypair", None, FieldClass.REFUSED),
        ("group", None, FieldClass.PLACEMENT),
        ("ports", [], FieldClass.REFUSED),
        ("from_the_future", 1, FieldClass.REFUSED),
    ],
)
def test_what_comes_or_goes_as_a_whole(key: str, value: Any, kind: FieldClass) -> None:
    """A missing part is one change; a field that a newer version wrote is refused, not dropped."""
    (change,) = compare_specs({**SPEC, key: value}, SPEC)
    assert (change.path, change.kind) == (key, kind.value)


@pytest.mark.parametrize("junk", [None, 1, "text", [], {}])
def test_a_damaged_mark_is_a_difference_not_a_crash(junk: Any) -> None:
    """Whatever stands in a part of the mark, comparing works."""
    for key in ("image", "flavor", "keypair", "group", "metadata", "ports"):
        assert compare_specs({**SPEC, key: junk}, SPEC)


def test_the_whole_plan_sees_it() -> None:
    """The same through reconcile: the reason of the table is the reason of the plan."""
    from novalite.plan.build import reconcile

    present = make_present(FULL, keypair={"name": "ops", "public_key": "ssh-ed25519 BBBB ops"})
    plan = reconcile(make_fleet(FULL), make_snapshot(make_facts("kvm-1", present)))
    assert plan.changes[0].reason.startswith("keypair.public_key: the guest reads it")
