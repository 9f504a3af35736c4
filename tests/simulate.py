# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshot x Plan -> Snapshot: what the hosts would report after the plan was applied. Pure; it shares no code with
what hosts do, and works on the plan's JSON through the same slices that hosts get."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import simulate_fields as fields
from builders import instance_facts, set_aside_facts, with_usage
from novalite.apply.slices import slice_for
from novalite.observe.parse import snapshot_from_facts
from novalite.plan.file import plan_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

Facts = dict[str, Any]


def simulate(snapshot: Snapshot, plan: Plan, *, after_step: Callable[[str, Facts], None] | None = None) -> Snapshot:
    """Return the snapshot after all waves; ``after_step`` sees the host's facts after each of its steps."""
    document = plan_to_dict(plan)
    hosts: dict[str, Facts] = {name: copy.deepcopy(dict(host.facts)) for name, host in snapshot.hosts.items()}
    for wave in range(len(document["waves"])):
        for name in hosts:
            piece = slice_for(document, name, wave)
            if piece is None:
                continue
            for step in piece["steps"]:
                hosts[name] = with_usage(_STEPS[step["action"]](hosts[name], step))
                if after_step is not None:
                    after_step(name, hosts[name])
            if piece["last"]:
                hosts[name]["generation"] += 1
                hosts[name]["applied"] = [*hosts[name]["applied"], piece["plan"]]
    unknown = {name: lost.reason for name, lost in snapshot.unknown.items()}
    return snapshot_from_facts(hosts, unknown)


def _image(host: Facts, step: Facts) -> Facts:
    return {**host, "images": sorted({*host["images"], step["image"]["sha256"]})}


def _create(host: Facts, step: Facts) -> Facts:
    spec = step["spec"]
    assert step["spec"]["image"]["sha256"] in host["images"], "the image was not delivered before"
    taken = {item["uuid"] for item in host["instances"] + host["foreign"]}
    taken |= {item["domain"] for item in host["instances"] + host["foreign"]}
    assert not taken & {spec["uuid"], spec["domain"]}, "the identity is taken"
    power, state = step["power"], _applied(step["power"])
    if power == "shelved":
        power, state = "shutoff", {**state, "shelved": {"declared": True}}
    return {**host, "instances": [*host["instances"], instance_facts(spec, power, state=state)]}


def _delete(host: Facts, step: Facts) -> Facts:
    left = [item for item in host.get("leftovers", ()) if item["uuid"] != step["uuid"]]
    if len(left) < len(host.get("leftovers", ())):
        return {**host, "leftovers": left}
    shelf = [entry for entry in host.get("shelf", ()) if entry["uuid"] == step["uuid"]]
    item = shelf[0] if shelf else _find(host, step["uuid"])
    assert item["disks"] == step["disks"], "a disk is destroyed that the plan does not name"
    if shelf:
        return {**host, "shelf": [entry for entry in host["shelf"] if entry is not item]}
    return {**host, "instances": [other for other in host["instances"] if other is not item]}


def _trash(host: Facts, step: Facts) -> Facts:
    there = [item for item in host["instances"] if item["uuid"] == step["uuid"]]
    if there:
        entry = set_aside_facts(there[0], step["why"], "2030-01-01T00:00:00Z" if step["keep_s"] else None)
    else:
        old = next(entry for entry in host["shelf"] if entry["uuid"] == step["uuid"])
        entry = set_aside_facts(old, step["why"], old["until"])
    shelf = [other for other in host.get("shelf", ()) if other["uuid"] != step["uuid"]]
    left = [item for item in host["instances"] if item["uuid"] != step["uuid"]]
    return {**host, "instances": left, "shelf": [*shelf, entry]}


def _restore(host: Facts, step: Facts) -> Facts:
    entry = next(entry for entry in host["shelf"] if entry["uuid"] == step["uuid"])
    state = {key: value for key, value in entry["state"].items() if key != "trashed"}
    made = instance_facts(entry["spec"], step["power"], state=state)
    shelf = [other for other in host["shelf"] if other is not entry]
    return {**host, "instances": [*host["instances"], made], "shelf": shelf}


def _shelve(host: Facts, step: Facts) -> Facts:
    item = _find(host, step["uuid"])
    state = {**_noted(host, step["uuid"], step), "shelved": {"declared": "applied" in step}}
    return _replace(host, step["uuid"], power="suspended" if item["power"] == "suspended" else "shutoff", state=state)


def _offload(host: Facts, step: Facts) -> Facts:
    item = _find(host, step["uuid"])
    assert item["power"] == "shutoff", "its memory would be lost"
    left = [other for other in host["instances"] if other is not item]
    return {**host, "instances": left, "shelf": [*host.get("shelf", ()), set_aside_facts(item, "shelved", None)]}


def _unshelve(host: Facts, step: Facts) -> Facts:
    there = [*host["instances"], *host.get("shelf", ())]
    item = next(item for item in there if item["uuid"] == step["uuid"])
    state = {key: value for key, value in item["state"].items() if key != "shelved"}
    made = instance_facts(item["spec"], "running", state={**state, **_applied(step.get("applied"))})
    left = [other for other in host["instances"] if other is not item]
    shelf = [other for other in host.get("shelf", ()) if other is not item]
    return {**host, "instances": [*left, made], "shelf": shelf}


def _start(host: Facts, step: Facts) -> Facts:
    return _powered(host, step, "running")


def _stop(host: Facts, step: Facts) -> Facts:
    return _powered(host, step, "shutoff")


def _mark(host: Facts, step: Facts) -> Facts:
    uuid = step["spec"]["uuid"]
    return _replace(host, uuid, spec=step["spec"], state=_noted(host, uuid, step))


def _powered(host: Facts, step: Facts, power: str) -> Facts:
    starts_anew = step["action"] in ("start", "stop", "reboot")
    anew = {"runs_with": None} if starts_anew else {}
    return _replace(host, step["uuid"], power=power, state=_noted(host, step["uuid"], step), **anew)


def _noted(host: Facts, uuid: str, step: Facts) -> Facts:
    """Return an instance's state, with the power that the fleet declares where the step says it."""
    return {**(_find(host, uuid).get("state") or {}), **_applied(step.get("applied"))}


def _applied(power: str | None) -> Facts:
    return {"power": {"applied": power}} if power else {}


def _resize(host: Facts, step: Facts) -> Facts:
    old = _find(host, step["spec"]["uuid"])
    kept = {"spec": old["spec"], "power": old["power"], "since": "2026-01-01T00:00:00Z", "kept": ["disk"]}
    return _replace(host, old["uuid"], spec=step["spec"], state={**(old.get("state") or {}), "resize": kept})


def _rescue(host: Facts, step: Facts) -> Facts:
    assert step["image"]["sha256"] in host["images"], "the image was not delivered before"
    old = _find(host, step["uuid"])
    left = {"image": step["image"]["name"], "power": old["power"], "declared": step.get("declared", False)}
    state = {**_noted(host, step["uuid"], step), "rescue": left}
    return _replace(host, old["uuid"], power="running", state=state)


def _unrescue(host: Facts, step: Facts) -> Facts:
    state = dict(_noted(host, step["uuid"], step))
    before = state.pop("rescue")
    return _replace(host, step["uuid"], power=step.get("power") or before["power"], state=state)


def _revert(host: Facts, step: Facts) -> Facts:
    state = dict(_find(host, step["uuid"])["state"])
    before = state.pop("resize")
    return _replace(host, step["uuid"], spec=before["spec"], power=before["power"], state=state)


def _replace(host: Facts, uuid: str, **values: Any) -> Facts:
    old = _find(host, uuid)
    new = {**old, **values}
    made = instance_facts(new["spec"], new["power"], drift=new["drift"], state=new.get("state"))
    made.update({key: new[key] for key in ("disks", "backups") if key in new})
    made |= fields.pending_facts(new)
    return {**host, "instances": [made if item is old else item for item in host["instances"]]}


def _change(host: Facts, step: Facts) -> Facts:
    spec, old = step["spec"], _find(host, step["uuid"])
    medium = spec.get("cdrom")
    assert not medium or medium["sha256"] in host["images"], "the medium was not delivered before"
    assert set(step["destroys"]) <= set(old["disks"])
    runs_with = fields.change_running(old, spec)
    state = _noted(host, step["uuid"], step)
    left = [entry for entry in old["drift"] if entry["path"] in step.get("leave", ())]
    return _replace(host, step["uuid"], spec=spec, drift=left, runs_with=runs_with, state=state)


def _rebuild(host: Facts, step: Facts) -> Facts:
    assert step["spec"]["image"]["sha256"] in host["images"], "the image was not delivered before"
    assert "contents" in step
    uuid = step["spec"]["uuid"]
    return _replace(host, uuid, spec=step["spec"], drift=[], runs_with=None, state=_noted(host, uuid, step))


def _find(host: Facts, uuid: str) -> Facts:
    return next(item for item in host["instances"] if item["uuid"] == uuid)


def _set_state(key: str, value: Callable[[Facts], Facts | None]) -> Callable[[Facts, Facts], Facts]:
    """Return what a step does that sets one key of an instance's state, or (None) takes it away."""

    def done(host: Facts, step: Facts) -> Facts:
        state = {**(_find(host, step["uuid"]).get("state") or {}), key: value(step)}
        return _replace(host, step["uuid"], state={name: said for name, said in state.items() if said is not None})

    return done


def _add_file(host: Facts, step: Facts, name: str) -> Facts:
    folder = f"/var/lib/novalite/instances/{step['uuid']}"
    return _replace(host, step["uuid"], disks=[*_find(host, step["uuid"])["disks"], f"{folder}/{name}"])


def _adopt(host: Facts, step: Facts) -> Facts:
    spec = step["spec"]
    domain = next(item for item in host["foreign"] if item["uuid"] == spec["uuid"])
    assert domain["domain"] == spec["domain"], "another domain is adopted"
    spec = {**spec, "adopted": {**spec["adopted"], "parts": {}}}
    made = instance_facts(spec, domain["power"], state=_applied(step.get("applied")))
    left = [item for item in host["foreign"] if item is not domain]
    return {**host, "foreign": left, "instances": [*host["instances"], made]}


def _release(host: Facts, step: Facts) -> Facts:
    item = _find(host, step["uuid"])
    assert item["spec"].get("adopted"), "an instance of ours is let go"
    kept = {"VCPU": item["spec"]["flavor"]["vcpus"], "MEMORY_MB": item["spec"]["flavor"]["ram_mib"]}
    domain = {"uuid": item["uuid"], "domain": item["domain"], "power": item["power"], "usage": kept, "reason": ""}
    domain["macs"] = sorted(port["mac"] for port in item["spec"]["ports"])
    left = [other for other in host["instances"] if other is not item]
    return {**host, "instances": left, "foreign": [*host["foreign"], domain]}


def _create_snapshot(host: Facts, step: Facts) -> Facts:
    item, name = _find(host, step["uuid"]), step["snapshot"]
    state = item.get("state") or {}
    said = state.get("snapshots") or {"current": None, "kept": {}}
    entry = {"parent": said["current"], "since": "2026-01-01T00:00:00Z", "power": item["power"], "disks": ["disk"]}
    after = {"current": name, "kept": {**said["kept"], name: entry}}
    host = _replace(host, step["uuid"], state={**state, "snapshots": after})
    return _add_file(host, step, f"snapshot-{name}.disk")


def _revert_snapshot(host: Facts, step: Facts) -> Facts:
    state = _find(host, step["uuid"])["state"]
    said = {**state["snapshots"], "current": step["snapshot"]}
    return _replace(host, step["uuid"], state={**state, "snapshots": said})


def _delete_snapshot(host: Facts, step: Facts) -> Facts:
    item, name = _find(host, step["uuid"]), step["snapshot"]
    said = item["state"]["snapshots"]
    parent = said["kept"][name]["parent"]
    kept = {
        other: {**entry, "parent": parent if entry["parent"] == name else entry["parent"]}
        for other, entry in said["kept"].items()
        if other != name
    }
    state = {key: value for key, value in item["state"].items() if key != "snapshots"}
    if kept:
        state["snapshots"] = {"current": parent if said["current"] == name else said["current"], "kept": kept}
    disks = [path for path in item["disks"] if not path.endswith(f"/snapshot-{name}.disk")]
    return _replace(host, step["uuid"], state=state, disks=disks)


_SNAPSHOTS = {
    "create": _create_snapshot,
    "revert": _revert_snapshot,
    "delete": _delete_snapshot,
    "image": lambda host, _: host,
}


def _back_up(host: Facts, step: Facts) -> Facts:
    item = _find(host, step["uuid"])
    made = f"/var/lib/novalite/backups/{step['uuid']}/{step['file']}"
    there = [path for path in item.get("backups", ()) if path not in step["removes"]]
    return _replace(host, step["uuid"], backups=[*there, made])


def _act(host: Facts, step: Facts) -> Facts:
    return _powered(host, step, _GOALS[step["action"]])


_GOALS = {"unpause": "running", "resume": "running", "reboot": "running", "pause": "paused", "suspend": "suspended"}
_STEPS = {"image": _image, "create": _create, "delete": _delete, "start": _start, "stop": _stop, "mark": _mark}
_STEPS |= dict.fromkeys(_GOALS, _act)
_STEPS |= {"change": _change, "rebuild": _rebuild, "restarted": _mark}
_STEPS |= {"ready": _set_state("unready", lambda _: None)}
_STEPS |= {
    "trash": _trash,
    "restore": _restore,
    "shelve": _shelve,
    "offload": _offload,
    "unshelve": _unshelve,
    "lock": _set_state("lock", lambda step: {"reason": step["reason"]}),
    "resize": _resize,
    "confirm": _set_state("resize", lambda _: None),
    "revert": _revert,
    "rescue": _rescue,
    "unrescue": _unrescue,
    "unlock": _set_state("lock", lambda _: None),
    "password": lambda host, _: host,
    "dump": lambda host, step: _add_file(host, step, step["file"]),
    "adopt": _adopt,
    "release": _release,
    "snapshot": lambda host, step: _SNAPSHOTS[step["what"]](host, step),
    "backup": lambda host, step: _back_up(host, step),
}
