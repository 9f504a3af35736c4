# SPDX-License-Identifier: GPL-3.0-or-later
"""How each kind of step is done: a table, one row a kind. Talks to libvirtd, touches files."""

from __future__ import annotations

from . import (
    adoption,
    change,
    deletion,
    disk_image,
    dump,
    guest_agent,
    image,
    instance,
    locking,
    power,
    ready,
    rebuild,
    rescue,
    resize,
    shelving,
    snapshot,
    trash,
)
from .operational_state import SHELVED
from .result import Result  # noqa: F401 (in type comments)
from .states import RUNNING
from .steps_check import step_uuid

STOP_TIMEOUT_S = 60


def _image(host, step, batch):
    # type: (object, dict, object) -> Result
    delivered = batch.deliveries.get(step["image"]["sha256"])
    return image.ensure(host, dict(step["image"], delivered=delivered), batch.check)


def _stop(host, step, batch):
    # type: (object, dict, object) -> Result
    return power.stop(host, step_uuid(step), step.get("timeout_s", STOP_TIMEOUT_S), batch.check)


def _trash(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    return trash.trash(host, step["uuid"], step["why"], step.get("keep_s"), timeout_s, batch.check)


def _shelve(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    return shelving.shelve(host, step["uuid"], timeout_s, step.get("applied") is not None, batch.check)


def _set_power(host, step, batch):
    # type: (object, dict, object) -> Result
    """Give a new instance, whose files and domain are there, the power state it is to have."""
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    if step.get("power") == SHELVED:
        return shelving.shelve(host, step_uuid(step), timeout_s, True, batch.check)
    return power.ensure(host, step_uuid(step), step.get("power", RUNNING), timeout_s, batch.check)


def _act(host, step, batch):
    # type: (object, dict, object) -> Result
    return power.act(host, step["action"], step_uuid(step), batch.check)


def _reboot(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    return power.reboot(host, step_uuid(step), step["hard"], timeout_s, batch.check)


def applied_by(step):
    # type: (dict) -> object
    """Return the power state that a step brings about because the fleet declares it; None for a verb's step."""
    return step.get("power") if step["action"] == "create" else step.get("applied")


def do(host, step, batch):
    # type: (object, dict, object) -> bool
    """Do one step and tell whether it changed anything; what only the host knows of it goes into the step's entry."""
    if step["action"] not in ("image", "create"):
        adoption.refuse(host, step["action"], step_uuid(step))
    result = DO[step["action"]](host, step, batch)
    if result.facts:
        batch.entries[step["id"]]["told"] = result.facts
    changed = result.changed
    power_state = applied_by(step)
    if batch.check and step["action"] == "adopt":
        return changed  # it has no mark yet that could keep it
    if power_state is not None:
        changed = instance.note_applied(host, step_uuid(step), power_state, batch.check).changed or changed
    return changed


def _rebuild(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    wanted = {"spec": step["spec"], "virt_type": step["virt_type"], "contents": step["contents"]}
    wanted["secrets"] = batch.secrets
    return rebuild.rebuild(host, dict(wanted, timeout_s=timeout_s), batch.check)


def _resize(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    wanted = {"spec": step["spec"], "virt_type": step["virt_type"], "timeout_s": timeout_s}
    return resize.resize(host, wanted, batch.check)


def _rescue(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    wanted = {"uuid": step["uuid"], "image": step["image"], "declared": step.get("declared"), "timeout_s": timeout_s}
    return rescue.rescue(host, wanted, batch.check)


def _unrescue(host, step, batch):
    # type: (object, dict, object) -> Result
    timeout_s = step.get("timeout_s", STOP_TIMEOUT_S)
    return rescue.unrescue(host, step["uuid"], timeout_s, step.get("power"), batch.check)


def _revert(host, step, batch):
    # type: (object, dict, object) -> Result
    return resize.revert(host, step["uuid"], step.get("timeout_s", STOP_TIMEOUT_S), batch.check)


def _snapshot(host, step, batch):
    # type: (object, dict, object) -> Result
    if step["what"] == "image":
        return disk_image.make_image(host, step["uuid"], batch.check)
    ways = {"create": snapshot.create, "revert": snapshot.revert, "delete": snapshot.delete}
    return ways[step["what"]](host, step["uuid"], step["snapshot"], batch.check)


# (host, step, batch) -> Result; ``batch`` knows the plan, deliveries and whether only to check. Of ``create``, what is
# left when the domain is defined.
DO = {
    "image": _image,
    "delete": lambda host, step, batch: deletion.delete(host, step["uuid"], step["disks"], batch.check),
    "trash": _trash,
    "restore": lambda host, step, batch: trash.restore(host, step["uuid"], step["power"], batch.check),
    "shelve": _shelve,
    "offload": lambda host, step, batch: shelving.offload(host, step["uuid"], batch.check),
    "unshelve": lambda host, step, batch: shelving.unshelve(host, step["uuid"], batch.check),
    "stop": _stop,
    "mark": lambda host, step, batch: instance.mark(host, step["spec"], batch.check),
    "change": lambda host, step, batch: change.change(host, step, batch.check),
    "lock": lambda host, step, batch: locking.lock(host, step["uuid"], step["reason"], batch.check),
    "unlock": lambda host, step, batch: locking.unlock(host, step["uuid"], batch.check),
    "rebuild": _rebuild,
    "resize": _resize,
    "rescue": _rescue,
    "unrescue": _unrescue,
    "confirm": lambda host, step, batch: resize.confirm(host, step["uuid"], batch.check),
    "revert": _revert,
    "adopt": lambda host, step, batch: adoption.adopt(host, step["spec"], batch.check),
    "release": lambda host, step, batch: adoption.release(host, step["uuid"], batch.check),
    "create": _set_power,
    "start": lambda host, step, batch: power.start(host, step_uuid(step), batch.check),
    "unpause": _act,
    "resume": _act,
    "reboot": _reboot,
    "pause": _act,
    "suspend": _act,
    "password": lambda host, step, batch: guest_agent.set_password(
        host, step["uuid"], step["user"], step.get("password"), batch.check
    ),
    "snapshot": _snapshot,
    "backup": lambda host, step, batch: disk_image.back_up(
        host, step["uuid"], step["file"], step["removes"], batch.check
    ),
    "dump": lambda host, step, batch: dump.dump(host, step["uuid"], step["file"], batch.check),
    "ready": lambda host, step, batch: ready.wait(host, step, batch.check),
    "restarted": lambda host, step, batch: instance.mark(host, step["spec"], batch.check),
}
