# SPDX-License-Identifier: GPL-3.0-or-later
"""What reconcile composes, where golden cases do not look: guards, laziness, images, catalogue."""

from __future__ import annotations

import subprocess
import sys

import pytest

from builders import DEBIAN, LAN, make_facts, make_fleet, make_foreign, make_instance, make_present, make_snapshot
from novalite.diff.classify import classify
from novalite.model.port import Port
from novalite.plan import problems, problems_acts
from novalite.plan.build import explain_instance, reconcile

A, B = make_instance("a"), make_instance("b")


def test_numpy_is_not_imported_where_nothing_is_placed() -> None:
    """A plan without new instances, and everything that draws or stores it, starts without numpy."""
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from builders import *; from novalite.plan.build import reconcile; import novalite.plan.file\n"
        "import novalite.render.text, novalite.render.markdown, novalite.render.explain, novalite.observe.file\n"
        "from novalite.model.aggregate import Aggregate\n"
        "asks = make_flavor(extra_specs={'trait:CUSTOM_A': 'required', 'ssd': 'true'})\n"
        "item = make_instance('a', flavor=asks, availability_zone='az1')\n"
        "rack = Aggregate('rack', ('kvm-1',), {'availability_zone': 'az1', 'ssd': 'true', 'instance_type': 'small'})\n"
        "host = make_facts('kvm-1', make_present(item), config={'traits': ['CUSTOM_A']})\n"
        "plan = reconcile(make_fleet(item, aggregates=[rack]), make_snapshot(host))\n"
        "assert plan.kept == 1\n"
        "assert 'numpy' not in sys.modules, 'numpy was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code, *sys.path], check=True)


def test_an_empty_fleet_deletes_nothing_unless_told() -> None:
    """The plan shows it and cannot be applied; destroy can."""
    snapshot = make_snapshot(make_facts("kvm-1", make_present(A), make_present(B)))
    plan = reconcile(make_fleet(), snapshot)
    assert [problem.id for problem in plan.problems] == [problems.DELETES_EVERYTHING]
    assert not reconcile(make_fleet(), snapshot, destroy=True).is_errored


@pytest.mark.parametrize(("limit", "errored"), [(None, False), (1, False), (0, True)])
def test_max_destroy(limit: int | None, errored: bool) -> None:
    """The limit is inclusive."""
    snapshot = make_snapshot(make_facts("kvm-1", make_present(A), make_present(B)))
    assert reconcile(make_fleet(A), snapshot, max_destroy=limit).is_errored is errored


def test_an_image_goes_once_to_each_host_that_lacks_it() -> None:
    """However many instances start from it there."""
    snapshot = make_snapshot(make_facts("kvm-1", images=[]))
    plan = reconcile(make_fleet(A, B), snapshot)
    assert [step.action for step in plan.waves[0]] == ["image", "create", "create"]
    assert plan.waves[0][0].body["image"]["url"] is None
    assert set(plan.images) == {DEBIAN.sha256}


def test_what_is_deleted_makes_room_on_its_host() -> None:
    """The host deletes before it creates."""
    foreign = make_foreign(VCPU=15)
    snapshot = make_snapshot(make_facts("kvm-1", make_present(B), foreign=[foreign]))
    plan = reconcile(make_fleet(A), snapshot)
    assert [step.action for wave in plan.waves for step in wave] == ["trash", "create"]
    assert not plan.is_errored


def test_a_fixed_address_that_moves_between_hosts_makes_two_waves() -> None:
    """Deleted on one host before it is taken on the other."""
    old = make_instance("old", ports=(Port(LAN, fixed_ip="192.168.122.10"),))
    new = make_instance("new", ports=(Port(LAN, fixed_ip="192.168.122.10"),), host="kvm-2")
    plan = reconcile(make_fleet(new), make_snapshot(make_facts("kvm-1", make_present(old)), make_facts("kvm-2")))
    assert [[step.action for step in wave] for wave in plan.waves] == [["trash"], ["create"]]


def test_user_data_is_in_contents_and_nowhere_else() -> None:
    """The plan holds it once; the spec has only its digest."""
    from builders import make_user_data

    item = make_instance("a", user_data=make_user_data(b"secret-ish"))
    plan = reconcile(make_fleet(item), make_snapshot(make_facts("kvm-1")))
    assert list(plan.contents) == [item.user_data.sha256] if item.user_data else None
    assert "secret" not in repr(plan.waves)


def test_a_taken_mac_is_a_problem() -> None:
    """With the instance that asks for it."""
    ports = (Port(LAN, mac="52:54:00:00:00:01"),)
    other = make_present(make_instance("x", project="bank", ports=ports))
    plan = reconcile(make_fleet(make_instance("a", ports=ports)), make_snapshot(make_facts("kvm-1", other)))
    assert [problem.id for problem in plan.problems] == [problems.MAC_TAKEN]


def test_a_pin_to_a_host_that_did_not_answer_says_so() -> None:
    """The reason is the host's own."""
    item = make_instance("a", host="kvm-2")
    snapshot = make_snapshot(make_facts("kvm-1"), unknown={"kvm-2": "no route"})
    plan = reconcile(make_fleet(item), snapshot, assume_empty=["kvm-2"])
    assert "the pinned host kvm-2 is unknown: no route" in plan.problems[0].detail


def test_no_host_at_all() -> None:
    """Nothing answered: nowhere to go, and no crash."""
    plan = reconcile(make_fleet(A), make_snapshot(unknown={"k": "off"}), assume_empty=["k"])
    assert plan.changes[0].reason == "no host answered"


def test_explain_says_what_the_plan_did_and_nothing_about_strangers() -> None:
    """The winner is the planned host; for what exists it says where it lives."""
    snapshot = make_snapshot(make_facts("kvm-1", make_present(A)), make_facts("kvm-2"))
    fleet = make_fleet(A, B)
    planned = reconcile(fleet, snapshot).changes[0]
    explained = explain_instance(fleet, snapshot, "b")
    assert explained is not None
    assert explained.winner == planned.host
    present = explain_instance(fleet, snapshot, "a")
    assert present is not None
    assert present.current == "kvm-1"
    assert explain_instance(fleet, snapshot, "nobody") is None


def test_every_problem_is_in_the_catalogue() -> None:
    """Each id of the module has a title and an explanation."""
    known = {**vars(problems), **vars(problems_acts)}
    ids = {value for name, value in known.items() if name.isupper() and isinstance(value, str)}
    assert ids == set(problems.CATALOGUE)
    assert all(title and text for title, text in problems.CATALOGUE.values())


def test_kept_counts_what_is_as_declared() -> None:
    """They are counted, not listed."""
    found = classify(make_fleet(A, B), make_snapshot(make_facts("kvm-1", make_present(A), make_present(B))))
    assert (found.kept, found.changes) == (2, ())
