# SPDX-License-Identifier: GPL-3.0-or-later
"""Which power state was applied, in the mark: who writes it, and when; that no interruption looks like a hand."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.operational_state import applied_power


def create(spec: dict[str, Any], power: str = "running") -> dict[str, Any]:
    step = {"action": "create", "name": spec["name"], "spec": spec, "power": power, "virt_type": "test"}
    return {**step, "contents": {}}


def on(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action": action, "name": spec["name"], "uuid": spec["uuid"], "timeout_s": 0, **more}


def seen(host: Any) -> tuple[str, object]:
    """Return (power, the applied one) of the only instance."""
    (entry,) = read_world(host)["instances"]
    return entry["power"], applied_power(entry.get("state") or {})


@pytest.mark.parametrize("power", ["running", "shutoff", "paused", "suspended"])
def test_a_new_instance_keeps_what_was_declared(apply, make_spec, power):
    spec = make_spec()
    assert apply(create(spec, power))["outcome"] == "done"
    assert seen(apply.host) == (power, power)
    assert not apply(create(spec, power))["changed"]


def test_what_the_fleet_declares_is_written_and_what_verbs_do_is_not(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    apply(on("stop", spec))
    assert seen(apply.host) == ("shutoff", "running")
    apply(on("start", spec))
    apply(on("pause", spec, applied="paused"))
    assert seen(apply.host) == ("paused", "paused")
    apply(on("unpause", spec, applied="running"))
    apply(on("stop", spec, applied="shutoff"))
    assert seen(apply.host) == ("shutoff", "shutoff")
    apply({"action": "mark", "name": spec["name"], "spec": spec, "applied": "running"})
    assert seen(apply.host) == ("shutoff", "running")


def test_it_stays_beside_other_states(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    apply(on("lock", spec, reason="audit"))
    apply(on("stop", spec, applied="shutoff"))
    apply(on("unlock", spec))
    assert seen(apply.host) == ("shutoff", "shutoff")


def test_check_mode_says_so_and_writes_nothing(apply, make_spec):
    spec = make_spec()
    apply(create(spec, "shutoff"))
    predicted = apply({"action": "mark", "name": spec["name"], "spec": spec, "applied": "running"}, check=True)
    assert (predicted["changed"], seen(apply.host)) == (True, ("shutoff", "shutoff"))


CUTS = [f"{effect}.{when}" for effect in ("domain.start", "domain.mark") for when in ("before", "after")]


@pytest.mark.parametrize("place", CUTS)
def test_a_creation_that_dies_never_looks_as_if_somebody_had_stopped_it(apply, make_spec, place):
    """Off and applied running would be somebody's hand, and ``power_policy: report`` would leave it off for ever."""
    spec = make_spec()
    assert apply(create(spec), failpoint=f"{place}:error@1")["outcome"] == "failed"
    assert seen(apply.host) in (("shutoff", "shutoff"), ("running", "shutoff"), ("running", "running"))
    assert apply(create(spec))["outcome"] == "done"
    assert seen(apply.host) == ("running", "running")


@pytest.mark.parametrize("place", ["domain.destroy.before", "domain.destroy.after", *CUTS[2:]])
def test_a_declared_stop_that_dies_is_declared_again(apply, make_spec, place):
    spec = make_spec()
    apply(create(spec))
    step = on("stop", spec, applied="shutoff")
    assert apply(step, failpoint=f"{place}:error@1")["outcome"] == "failed"
    assert seen(apply.host) in (("running", "running"), ("shutoff", "running"), ("shutoff", "shutoff"))
    # Off already, the plan notes what is declared by a mark; still on, it stops it.
    again = (
        step
        if seen(apply.host)[0] == "running"
        else {"action": "mark", "name": spec["name"], "spec": spec, "applied": "shutoff"}
    )
    assert apply(again)["outcome"] == "done"
    assert seen(apply.host) == ("shutoff", "shutoff")
