# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what a step should have done there? Asked of the host's own answer after all steps. Looks at files, changes
nothing.
"""

from __future__ import annotations

from . import snapshot
from .image import has_image
from .operational_state import RESCUE, RESIZE, SHELVED, applied_power
from .shelf import WHY_SHELVED, read_record
from .states import SHUTOFF, is_shut
from .step_kinds import KINDS
from .steps_check import step_uuid
from .steps_do import applied_by

# What is no instance afterwards -> whether its files are on the shelf (None: they are not ours).
_GONE = {"delete": False, "trash": True, "offload": True, "release": None}
# Actions that leave the spec of their step in the mark.
_SAYS = ("adopt", "create", "change", "mark", "rebuild", "resize", "restarted")
# Action -> (key of the operational state, whether it is there afterwards).
_LEAVES = {"resize": (RESIZE, True), "confirm": (RESIZE, False), "revert": (RESIZE, False)}
_LEAVES.update({"shelve": (SHELVED, True), "unshelve": (SHELVED, False)})
_LEAVES.update(rescue=(RESCUE, True), unrescue=(RESCUE, False))


def untrue_reason(state_dir, step, there, steps):
    # type: (str, dict, object, list) -> object
    """Return what is not as the step left it, or None; ``there`` is the instance's facts, or None where there is none.

    ``steps`` are all steps of the slice: a later one may have powered the instance off, or on, again.
    """
    action = step["action"]
    if action == "image":
        wanted = step["image"]
        is_here = has_image(state_dir, wanted["sha256"], wanted["format"])
        return None if is_here else "the image is not in the state dir"
    if there is None or action in _GONE:
        return _untrue_without_domain(state_dir, step, there)
    reason = _mark_reason(step, there, steps)
    if reason is not None:
        return reason
    if action in _LEAVES and (_LEAVES[action][0] in (there.get("state") or {})) != _LEAVES[action][1]:
        return "the mark does not say what a %s leaves" % action
    if action == "snapshot" and step["what"] != "image":
        return snapshot.untrue_reason(step, there.get("state") or {})
    noted = applied_by(step)
    if noted is not None and applied_power(there.get("state") or {}) != noted:
        return "the mark does not say that %s was applied" % noted
    goal = KINDS[action].goal or step.get("power")
    if goal == SHELVED:  # declared for an instance that is new
        return None if SHELVED in (there.get("state") or {}) else "it is not shelved"
    if goal is None or goal == there["power"] or (goal == SHUTOFF and is_shut(there["power"])):
        return None
    if goal == SHUTOFF and any(other["action"] == "start" and other.get("uuid") == there["uuid"] for other in steps):
        return None
    return "it is %s, not %s" % (there["power"], goal)


def _mark_reason(step, there, steps):
    # type: (dict, dict, list) -> object
    """Return what the mark does not say, or where the domain is not what it says; or None."""
    action, said = step["action"], there["spec"]
    if action == "adopt":  # the host has added what each part of the domain was
        said = dict(said, adopted=dict(said.get("adopted") or {}))
        said["adopted"].pop("parts", None)
    if action in _SAYS and said != _last_spec(step, steps):
        return "the mark says something else"
    differs = [entry["path"] for entry in there["drift"] if entry["path"] not in step.get("leave", ())]
    if action in ("adopt", "create", "change", "rebuild") and differs:
        return "the domain differs from its spec: %s" % ", ".join(differs)
    return None


def _untrue_without_domain(state_dir, step, there):
    # type: (str, dict, object) -> object
    """Return what is not as it should be of an instance that has no domain, or should have none."""
    action = step["action"]
    record = read_record(state_dir, step_uuid(step)) if step_uuid(step) else None
    if action in _GONE:
        if there is not None:
            return "the domain is still there"
        is_kept = record is not None
        return (
            None if _GONE[action] in (None, is_kept) else "its files are %s the shelf" % ("on" if is_kept else "not on")
        )
    if action == "restore" and record is not None:  # it was offloaded when it was trashed
        return None if record["why"] == WHY_SHELVED else "it still is in the trash"
    return "there is no such domain"


def _last_spec(step, steps):
    # type: (dict, list) -> dict
    """Return the spec that the instance has after the slice: that of the last step that writes its mark."""
    uuid = step["spec"]["uuid"]
    marks = [other["spec"] for other in steps if other["action"] in ("mark", "restarted") and step_uuid(other) == uuid]
    return marks[-1] if marks and step["action"] != "create" else step["spec"]
