# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host does of a plan in one wave: all its steps, in one process and over one libvirt connection.

Talks to libvirtd, touches files. Whether the slice may be applied at all is asked here; ``steps_batch.py`` does it.
"""

from __future__ import annotations

import json

from . import applied, failpoint, lock
from .host_error import HostError
from .host_info import read_world
from .result import Result
from .steps_batch import DONE, FAILED, NOT_STARTED, Batch, new_entry
from .steps_check import read_slice, stale_reason, used_up_reason


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Apply ``wanted["slice"]`` (JSON text); the result's facts are what ARCHITECTURE.md describes.

    ``wait_s`` is how long to wait for the lock, ``deliveries`` (SHA-256 -> path) where images were put that did not go
    straight to the state dir, ``secrets`` (JSON text: token -> value) what contents lack. Raises: HostError
    ``bad_request`` where the text is no slice.
    """
    said = read_slice(wanted["slice"])
    failpoint.arm(said.get("failpoint"))
    what = "plan %s, wave %s" % (said["plan"][:19], said.get("wave"))
    # Looking is enough in check mode: not even the lock's file may appear.
    wait_s = wanted["wait_s"]
    hold = lock.shared(host.state_dir, wait_s) if check else lock.exclusive(host.state_dir, what, wait_s)
    try:
        with hold:
            batch = _apply(host, said, wanted, check)
    except HostError as error:
        outcome = {"lock_held": "locked", "stale": "stale"}.get(error.id, FAILED)
        entries = [new_entry(step, NOT_STARTED) for step in said["steps"]]
        return Result(False, facts={"outcome": outcome, "message": error.message, "steps": entries})
    entries = [batch.entries[step["id"]] for step in said["steps"]]
    bad = [entry for entry in entries if entry["outcome"] in (FAILED, NOT_STARTED)]
    messages = (["%d of %d steps not done" % (len(bad), len(entries))] if bad else []) + batch.troubles
    message = "; ".join(messages)
    facts = {"outcome": FAILED if message else DONE, "message": message, "steps": entries}
    did = {entry["id"]: "%s %s" % (entry["action"], entry["name"]) for entry in entries if entry["outcome"] == DONE}
    return Result(bool(did), {}, did, facts=facts)


def _apply(host, said, wanted, check):
    # type: (object, dict, dict, bool) -> Batch
    """Check, do, read back, record. The lock is held. Raises: HostError only where nothing was done."""
    secrets = _secrets(said, wanted, check)
    state = applied.read_applied(host.state_dir)
    reason = used_up_reason(said, state)
    if reason is None and state["begun"] != said["plan"] and _relies(said):
        reason = stale_reason(said, read_world(host))
    if reason is not None:
        raise HostError("stale", reason)
    if not check and state["begun"] != said["plan"]:
        state = applied.begin(host.state_dir, state, said["plan"])
    batch = Batch(host, said, wanted.get("deliveries") or {}, check, secrets)
    batch.attempt(batch.run)
    if not check:
        batch.attempt(batch.read_back)
        batch.attempt(batch.record)
        if said.get("last", True):
            batch.attempt(lambda: applied.finish(host.state_dir, state, said["plan"]))
    return batch


def _secrets(said, wanted, check):
    # type: (dict, dict, bool) -> dict
    """Return token -> value. Raises: HostError ``bad_request`` where a value did not come along that is needed."""
    secrets = json.loads(wanted.get("secrets") or "{}")
    lacking = sorted(set(said.get("secrets") or ()) - set(secrets))
    if lacking and not check:
        raise HostError("bad_request", "%d secrets did not come with the slice" % len(lacking))
    return secrets


def _relies(said):
    # type: (dict) -> bool
    relied = said.get("relied") or {}
    return bool(relied.get("host") or relied.get("instances"))
