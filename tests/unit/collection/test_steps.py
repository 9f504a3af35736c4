# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/steps.py: a slice of a plan, applied to a host of libvirt's test driver."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import applied, failpoint, journal, lock, steps_batch
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.libvirt_connection import Connection
from ansible_collections.novalite.compute.plugins.module_utils.paths import instance_dir


def create(spec: dict[str, Any], power: str = "running", **contents: str) -> dict[str, Any]:
    step = {"action": "create", "name": spec["name"], "spec": spec, "power": power, "virt_type": "test"}
    return {**step, "contents": contents}


def on(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action": action, "name": spec["name"], "uuid": spec["uuid"], **more}


def delete(host, spec: dict[str, Any]) -> dict[str, Any]:
    return on("delete", spec, disks=[os.path.join(instance_dir(host.state_dir, spec["uuid"]), "disk")])


def outcomes(result: dict[str, Any]) -> list[str]:
    return [step["outcome"] for step in result["steps"]]


def world(host) -> tuple[Any, ...]:
    """Return all that should be the same whatever happened on the way."""
    seen, folder = read_world(host), Path(host.state_dir, "instances")
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return [(entry["uuid"], entry["power"], entry["fingerprint"]) for entry in seen["instances"]], files, seen["used"]


def test_created_instances_run_and_are_read_back(apply, make_spec):
    result = apply(create(make_spec("web-0")), create(make_spec("web-1"), "shutoff"))
    assert result["outcome"] == "done"
    assert [step["power"] for step in result["steps"]] == ["running", "shutoff"]
    assert all(step["fingerprint"].startswith("sha256:") for step in result["steps"])


def test_the_same_again_is_nothing_to_do(apply, make_spec):
    step = create(make_spec())
    apply(step)
    result = apply(step)
    assert (result["outcome"], result["changed"], outcomes(result)) == ("done", False, ["nothing"])


def test_a_plan_is_applied_once(apply, make_spec):
    said = apply.slice(create(make_spec()))
    apply.apply(said)
    result = apply.apply(said)
    assert (result["outcome"], outcomes(result)) == ("stale", ["not_started"])


def test_a_plan_goes_on_in_its_next_wave(apply, make_spec):
    first = apply.slice(create(make_spec("web-0")), last=False)
    apply.apply(first)
    second = apply.slice(create(make_spec("web-1")))
    assert apply.apply({**second, "plan": first["plan"], "wave": 1})["outcome"] == "done"
    assert applied.read_applied(apply.host.state_dir)["applied"] == [first["plan"]]


def test_a_plan_that_another_one_overtook_is_over(apply, make_spec):
    first = apply.slice(create(make_spec("web-0")), last=False)
    apply.apply(first)
    apply(create(make_spec("web-1")))
    assert apply.apply({**first, "wave": 1})["outcome"] == "stale"


@pytest.mark.parametrize("what", ["host", "instance", "gone"])
def test_a_host_that_changed_since_the_plan_is_left_alone(apply, make_spec, what):
    spec = make_spec()
    apply(create(spec))
    seen = read_world(apply.host)
    relied = {"host": seen["fingerprint"], "instances": {spec["uuid"]: seen["instances"][0]["fingerprint"]}}
    assert apply(on("stop", spec, timeout_s=0), relied=relied)["outcome"] == "done"
    broken = {
        "host": {"host": "sha256:0", "instances": {}},
        "instance": {**relied, "host": None},
        "gone": {"host": None, "instances": {make_spec("web-9")["uuid"]: "sha256:0"}},
    }
    before = world(apply.host)
    result = apply(on("start", spec), relied=broken[what])
    assert (result["outcome"], outcomes(result), world(apply.host)) == ("stale", ["not_started"], before)


def test_who_does_not_get_the_lock_changes_nothing(apply, make_spec):
    with lock.exclusive(apply.host.state_dir, "another"):
        result = apply(create(make_spec()))
    assert (result["outcome"], outcomes(result)) == ("locked", ["not_started"])
    assert "another" in result["message"]


def test_stop_start_and_mark(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    assert apply(on("stop", spec, timeout_s=5))["steps"][0]["power"] == "shutoff"
    renamed = make_spec(metadata={"role": "<&{{ 7 * 7 }}"}, protect=True)
    result = apply({"action": "mark", "name": "web-0", "spec": renamed}, on("start", spec))
    assert (result["outcome"], result["steps"][1]["power"]) == ("done", "running")
    assert read_world(apply.host)["instances"][0]["spec"] == renamed


def test_deleting_leaves_nothing_behind(apply, make_spec):
    specs = [make_spec(f"web-{index}", flavor={"swap_mib": 1}) for index in range(3)]
    apply(*map(create, specs))
    swap = [os.path.join(instance_dir(apply.host.state_dir, spec["uuid"]), "disk.swap") for spec in specs]
    steps = [delete(apply.host, spec) for spec in specs]
    for step, path in zip(steps, swap, strict=True):
        step["disks"].append(path)
    assert apply(*steps)["outcome"] == "done"
    assert world(apply.host) == ([], [], {})


def test_suspended_and_paused_instances_are_deleted_too(apply, make_spec):
    saved, still = make_spec("saved"), make_spec("still")
    apply(create(saved, "suspended"), create(still, "paused"))
    assert sorted(power for _, power, _ in world(apply.host)[0]) == ["paused", "suspended"]
    assert apply(delete(apply.host, saved), delete(apply.host, still))["outcome"] == "done"
    assert world(apply.host) == ([], [], {})


def test_a_file_that_the_plan_does_not_name_survives(apply, make_spec):
    spec = make_spec(flavor={"ephemeral_gib": 1})
    apply(create(spec))
    result = apply(delete(apply.host, spec))
    assert result["steps"][0]["error"]["id"] == "files_left"
    assert world(apply.host)[1] == [spec["uuid"], f"{spec['uuid']}/disk.local"]
    again = apply(create(spec))
    assert again["steps"][0]["error"]["id"] == "files_in_the_way"


@pytest.mark.parametrize("path", ["/etc/passwd", "{folder}/../x", "{folder}", "{folder}/a/b"])
def test_only_the_instances_own_files_are_ever_removed(apply, make_spec, path):
    spec = make_spec()
    apply(create(spec))
    folder = instance_dir(apply.host.state_dir, spec["uuid"])
    result = apply(on("delete", spec, disks=[path.format(folder=folder)]))
    assert result["steps"][0]["error"]["id"] == "bad_request"
    assert result["steps"][0]["power"] == "running"


def test_a_protected_instance_is_not_deleted(apply, make_spec):
    spec = make_spec(protect=True)
    apply(create(spec))
    assert apply(delete(apply.host, spec))["steps"][0]["error"]["id"] == "protected"


def test_one_failure_does_not_take_the_others_along(apply, make_spec):
    lost = {"sha256": "0" * 64, "format": "raw", "size_bytes": 1, "url": None}
    bad = make_spec("web-1", image={"sha256": "0" * 64})
    result = apply({"action": "image", "name": "x", "image": lost}, create(make_spec("web-0")), create(bad))
    assert (result["outcome"], outcomes(result)) == ("failed", ["failed", "done", "not_started"])
    assert [step["error"] and step["error"]["id"] for step in result["steps"]] == ["image_missing", None, "not_started"]


@pytest.mark.parametrize("thief", ["name", "uuid"])
def test_foreign_domains_are_never_touched(apply, make_spec, thief):
    spec = make_spec()
    uuid = spec["uuid"] if thief == "uuid" else "11111111-1111-1111-1111-111111111111"
    name = spec["domain"] if thief == "name" else "mine"
    xml = f"<name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os>"
    apply.host.connection.define(f"<domain type='test'>{xml}</domain>", validate=False)
    apply.host._names = None
    for step in (create(spec), delete(apply.host, spec), on("start", spec), on("stop", spec)):
        error = apply(step)["steps"][0]["error"]
        expected = (
            "foreign_domain"
            if thief == "uuid"
            else {"create": "name_taken", "delete": None}.get(step["action"], "not_found")
        )
        assert (error and error["id"]) == expected
    assert [entry["domain"] for entry in read_world(apply.host)["foreign"]] == [name]


def test_check_mode_says_what_apply_does_and_changes_nothing(apply, make_spec):
    there, new = make_spec("web-0"), make_spec("web-1")
    apply(create(there))
    steps = [create(there), create(new), on("stop", there, timeout_s=0)]
    before, said = world(apply.host), os.stat(journal.journal_path(apply.host.state_dir)).st_size
    predicted = apply(*steps[:2], check=True)
    assert outcomes(predicted) == ["nothing", "done"]
    assert world(apply.host) == before
    assert os.stat(journal.journal_path(apply.host.state_dir)).st_size == said
    assert outcomes(apply(*steps[:2])) == outcomes(predicted)


# Those of rebuild, resize and rescue are tried in test_acts.py, those of changes in test_change.py, of what is asked of
# guests in test_dump.py, of snapshots in test_snapshot.py, of the trash in test_shelf.py.
ELSEWHERE = ("image.", "action.", "disk.replace", "disk.grow", "domain.live", "dump.", "guest.", "snapshot.", "backup.")
ELSEWHERE += ("shelf.",)
ELSEWHERE += ("disk.copy", "disk.keep", "host_key.")


@pytest.mark.parametrize("name", [name for name in failpoint.NAMES if not name.startswith(ELSEWHERE)])
def test_failing_anywhere_and_applying_again_ends_in_the_same_world(apply, make_spec, name):
    """Every effect fails once, before it and after it; what a new plan then does must not depend on where."""
    kept, old, new = make_spec("kept"), make_spec("old"), make_spec("new", flavor={"swap_mib": 1})
    marked = make_spec("kept", metadata={"a": "b"})
    still, saved = make_spec("still"), make_spec("saved")
    steps = [
        delete(apply.host, old),
        on("stop", kept, timeout_s=0 if name.startswith("domain.destroy") else 5),
        {"action": "mark", "name": "kept", "spec": marked},
        create(new),
        on("pause", still),
        on("suspend", saved),
    ]
    apply(*[create(spec) for spec in (kept, old, still, saved)])
    first = apply(*steps, failpoint=f"{name}:error@1")
    assert first["outcome"] == "failed"
    second = apply(*steps)
    assert second["outcome"] == "done", second
    instances, files, _used = world(apply.host)
    assert sorted((uuid, power) for uuid, power, _print in instances) == sorted(
        [(kept["uuid"], "shutoff"), (new["uuid"], "running"), (still["uuid"], "paused"), (saved["uuid"], "suspended")]
    )
    assert files == sorted(
        [spec["uuid"] for spec in (kept, new, still, saved)]
        + [
            f"{spec['uuid']}/{file}"
            for spec in (kept, still, saved)
            for file in ("disk", "disk.config", "metadata.json")
        ]
        + [f"{new['uuid']}/{file}" for file in ("disk", "disk.config", "disk.swap", "metadata.json")]
    )


def test_nothing_is_touched_without_an_intent(apply, make_spec):
    result = apply(create(make_spec()), failpoint="journal.intent.before:error@1")
    assert (result["outcome"], world(apply.host)[0]) == ("failed", [])


def test_the_journal_holds_intent_and_result(apply, make_spec):
    apply(create(make_spec()))
    assert [record["kind"] for record in journal.read_journal(apply.host.state_dir)] == ["intent", "result"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "novalite.slice/9"}', "\x00"])
def test_what_is_no_slice_is_refused(apply, text):
    from ansible_collections.novalite.compute.plugins.module_utils.steps import ensure

    with pytest.raises(HostError, match="not a slice"):
        ensure(apply.host, {"slice": text, "wait_s": 0})


def fails(error_id: str):
    def function(*_arguments: Any, **_more: Any) -> None:
        raise HostError(error_id, "no space left")

    return function


@pytest.mark.parametrize(("kind", "outcome"), [("write_intents", "not_started"), ("write_results", "done")])
def test_a_journal_that_cannot_be_written_hides_nothing_that_was_done(apply, make_spec, monkeypatch, kind, outcome):
    image_step = {"action": "image", "name": "tiny", "image": {**make_spec()["image"], "size_bytes": 1, "url": None}}
    good = getattr(journal, kind)
    calls = []

    def second_fails(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > 1 or kind == "write_results":
            fails("io_failed")()
        good(*arguments)

    monkeypatch.setattr(journal, kind, second_fails)
    result = apply(image_step, create(make_spec()))
    assert (result["outcome"], outcomes(result)) == ("failed", ["nothing", outcome])
    assert "no space left" in result["message"]


def test_what_cannot_be_read_back_is_not_called_done(apply, make_spec, monkeypatch):
    monkeypatch.setattr(steps_batch, "read_world", fails("deadline"))
    result = apply(create(make_spec()))
    assert (result["outcome"], outcomes(result)) == ("failed", ["failed"])
    assert "not read back" in result["steps"][0]["error"]["message"]


def test_a_disk_that_another_domain_uses_too_is_not_destroyed(apply, make_spec):
    spec = make_spec()
    apply(create(spec))
    disk = delete(apply.host, spec)["disks"][0]
    xml = "<domain type='test'><name>other</name><memory>1024</memory><os><type>hvm</type></os><devices>"
    xml += "<disk type='file'>"
    xml += f"<source file='{disk}'/><target dev='vda'/></disk></devices></domain>"
    other = apply.host.connection.define(xml)
    result = apply(delete(apply.host, spec))
    assert (result["steps"][0]["error"]["id"], os.path.exists(disk)) == ("in_use", True)
    assert other.UUIDString() in result["steps"][0]["error"]["message"]


@pytest.mark.parametrize("place", ["domain.destroy.before", "domain.undefine.before"])
def test_a_deletion_that_fails_leaves_no_mark_that_dooms_the_files(apply, make_spec, place):
    spec = make_spec()
    apply(create(spec))
    result = apply(delete(apply.host, spec), failpoint=f"{place}:error@1")
    assert outcomes(result) == ["failed"]
    assert not any(name.endswith(".deleting") for name in os.listdir(Path(apply.host.state_dir, "instances")))


def test_a_guest_that_somebody_starts_again_keeps_its_disk(apply, make_spec, monkeypatch):
    spec = make_spec()
    apply(create(spec))
    monkeypatch.setattr(Connection, "undefine", lambda *_: None)
    monkeypatch.setattr(Connection, "destroy", lambda *_: None)
    result = apply(delete(apply.host, spec))
    assert result["steps"][0]["error"]["id"] == "in_use"
    assert os.path.exists(delete(apply.host, spec)["disks"][0])


def test_protection_says_how_it_is_lifted(apply, make_spec):
    spec = make_spec(protect=True)
    apply(create(spec))
    result = apply(delete(apply.host, spec))
    assert "in a plan made after that" in result["steps"][0]["error"]["message"]
