# SPDX-License-Identifier: GPL-3.0-or-later
"""May this slice of a plan be applied to this host now? Pure.

A slice is checked whole before anything is done. Whether it is stale is asked under the lock, before the host's first
step.
"""

from __future__ import annotations

import json

from .host_error import HostError
from .step_kinds import KINDS

FORMAT = "novalite.slice/1"


def read_slice(text):
    # type: (str) -> dict
    """Return a slice from its JSON. Raises: HostError ``bad_request`` where it is none, with what is wrong."""
    try:
        said = json.loads(text)
        problem = _problem(said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = "%s: %s" % (type(error).__name__, error)
    if problem is not None:
        raise HostError("bad_request", "not a slice of a plan: %s" % problem)
    return said


def _problem(said):
    # type: (dict) -> object
    """Return what is wrong with a slice, or None."""
    if said["format"] != FORMAT:
        return "its format is %r, this host reads %s" % (said["format"], FORMAT)
    if not said["plan"].startswith("sha256:"):
        return "it names no plan"
    ids = [step["id"] for step in said["steps"]]
    if len(ids) != len(set(ids)):
        return "two steps have the same id"
    for step in said["steps"]:
        kind = KINDS.get(step["action"])
        missing = [key for key in (kind.carries if kind else ()) if key not in step]
        if kind is None or missing:
            return "step %s (%s) lacks %s" % (step["id"], step["action"], ", ".join(missing) or "a known action")
    return None


_FROM_IMAGE = ("create", "rebuild", "resize", "rescue")


def step_image(step):
    # type: (dict) -> object
    """Return the SHA-256 of the image that a step needs on its host, or None."""
    holder = step if step["action"] == "rescue" else step.get("spec", {})
    return holder["image"]["sha256"] if step["action"] in _FROM_IMAGE else None


def step_uuid(step):
    # type: (dict) -> object
    """Return the UUID of the instance that a step is about, or None for an image."""
    return step["spec"]["uuid"] if "spec" in step else step.get("uuid")


def used_up_reason(said, state):
    # type: (dict, dict) -> object
    """Return why a plan may not be applied (again), or None; ``state`` is what ``applied.read_applied`` returns."""
    if said["plan"] in state["applied"]:
        return "this plan was applied here already: make a new one"
    return None


def stale_reason(said, world):
    # type: (dict, dict) -> object
    """Return in which way the host is no longer what the plan relied on, or None; ``world`` is
    ``host_info.read_world``'s.
    """
    relied = said.get("relied") or {}
    actual = {entry["uuid"]: entry for entry in world["instances"] + world.get("shelf", [])}
    foreign = {entry["uuid"] for entry in world["foreign"]}
    for uuid, expected in sorted((relied.get("instances") or {}).items()):
        entry = actual.get(uuid)
        if entry is not None and entry["fingerprint"] != expected:
            return "instance %s changed since the plan was made (it is %s)" % (entry["spec"]["name"], entry["power"])
        if entry is None and uuid in foreign:
            return "domain %s is no longer ours" % uuid
        if entry is None and expected is not None:
            return "instance %s is gone" % uuid
    if relied.get("host") not in (None, world["fingerprint"]):
        return "the host's capacity or what is used of it changed since the plan was made"
    return None
