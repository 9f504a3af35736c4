# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host does of a plan in one wave: all its steps, in one process and over one libvirt connection.

Talks to libvirtd, touches files, starts threads. A step that fails takes along only the steps that need it. Nothing is
said to be done before it was read back.
"""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor

from . import applied, deletion, drive, failpoint, image, instance, journal, lock, power
from .durable_file import sync_file_system
from .host_error import HostError
from .host_info import read_world
from .result import Result
from .states import RUNNING, SHUTOFF
from .steps_check import read_slice, stale_reason, step_uuid, used_up_reason
from .steps_readback import untrue_reason

DONE = "done"
NOTHING = "nothing"
FAILED = "failed"
NOT_STARTED = "not_started"

# Starting costs CPU, stopping costs waiting for guests and for processes to end. Measured: performance.md, section 5.
START_THREADS = 4
STOP_THREADS = 16
STOP_TIMEOUT_S = 60
# Instances whose files reach the disk together.
CREATE_PART = 32

# What a bug or a damaged slice raises inside one step; it must not take the other steps along.
_SURPRISES = (OSError, ValueError, KeyError, TypeError, AttributeError)


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Apply ``wanted["slice"]`` (JSON text); the result's facts are what ARCHITECTURE.md describes.

    ``wait_s`` is how long to wait for the lock, ``deliveries`` (SHA-256 -> path) where images were put that did not go
    straight to the state dir. Raises: HostError ``bad_request`` where the text is no slice.
    """
    said = read_slice(wanted["slice"])
    failpoint.arm(said.get("failpoint"))
    what = "plan %s, wave %s" % (said["plan"][:19], said.get("wave"))
    # Looking is enough in check mode: not even the lock's file may appear.
    wait_s = wanted["wait_s"]
    hold = lock.shared(host.state_dir, wait_s) if check else lock.exclusive(host.state_dir, what, wait_s)
    try:
        with hold:
            batch = _apply(host, said, wanted.get("deliveries") or {}, check)
    except HostError as error:
        outcome = {"lock_held": "locked", "stale": "stale"}.get(error.id, FAILED)
        entries = [_entry(step, NOT_STARTED) for step in said["steps"]]
        return Result(False, facts={"outcome": outcome, "message": error.message, "steps": entries})
    entries = [batch.entries[step["id"]] for step in said["steps"]]
    bad = [entry for entry in entries if entry["outcome"] in (FAILED, NOT_STARTED)]
    messages = (["%d of %d steps not done" % (len(bad), len(entries))] if bad else []) + batch.troubles
    message = "; ".join(messages)
    facts = {"outcome": FAILED if message else DONE, "message": message, "steps": entries}
    did = {entry["id"]: "%s %s" % (entry["action"], entry["name"]) for entry in entries if entry["outcome"] == DONE}
    return Result(bool(did), {}, did, facts=facts)


def _entry(step, outcome, error=None):
    # type: (dict, str, object) -> dict
    return {
        "id": step["id"],
        "action": step["action"],
        "name": step["name"],
        "uuid": step_uuid(step),
        "outcome": outcome,
        "error": error,
        "seconds": 0.0,
        "power": None,
        "fingerprint": None,
    }


def _apply(host, said, deliveries, check):
    # type: (object, dict, dict, bool) -> Batch
    """Check, do, read back, record. The lock is held. Raises: HostError only where nothing was done."""
    state = applied.read_applied(host.state_dir)
    reason = used_up_reason(said, state)
    if reason is None and state["begun"] != said["plan"] and _relies(said):
        reason = stale_reason(said, read_world(host))
    if reason is not None:
        raise HostError("stale", reason)
    if not check and state["begun"] != said["plan"]:
        state = applied.begin(host.state_dir, state, said["plan"])
    batch = Batch(host, said, deliveries, check)
    batch.attempt(batch.run)
    if not check:
        batch.attempt(batch.read_back)
        batch.attempt(batch.record)
        if said.get("last", True):
            batch.attempt(lambda: applied.finish(host.state_dir, state, said["plan"]))
    return batch


def _relies(said):
    # type: (dict) -> bool
    relied = said.get("relied") or {}
    return bool(relied.get("host") or relied.get("instances"))


def _now():
    # type: () -> str
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Batch(object):
    """The steps of one slice under way; ``entries`` hold what came of each, ``troubles`` what went wrong with all."""

    def __init__(self, host, said, deliveries, check):
        # type: (object, dict, dict, bool) -> None
        self.host = host
        self.plan = said["plan"]
        self.steps = said["steps"]
        self.deliveries = deliveries
        self.check = check
        self.entries = {step["id"]: _entry(step, NOT_STARTED) for step in self.steps}
        self.works = {}  # id of a create step -> what was found, what is wanted
        self.troubles = []
        self.broken = {}  # UUID of an instance or SHA-256 of an image -> the step that failed for it

    def attempt(self, function):
        # type: (object) -> None
        """Do one part of the whole; what goes wrong in it must not hide what was done before."""
        try:
            function()
        except HostError as error:
            self.troubles.append(error.message)
            for entry in self.entries.values():
                if entry["error"] is None and entry["outcome"] == NOT_STARTED:
                    entry["error"] = error.as_dict()

    def run(self):
        # type: () -> None
        """Do everything: what frees room comes before what takes it, what is needed before what needs it."""
        self._phase(("image",), self._image)
        self._phase(("delete", "stop"), self._remove, STOP_THREADS)
        self._phase(("mark",), self._mark)
        built = self._create_all()
        starts = built + self._of(("start",))
        self._announce([step for step in starts if step["action"] == "start"])
        self._all(starts, self._power, START_THREADS)

    def _of(self, actions):
        # type: (tuple) -> list
        return [step for step in self.steps if step["action"] in actions]

    def _phase(self, actions, function, threads=1):
        # type: (tuple, object, int) -> None
        steps = self._of(actions)
        self._announce(steps)
        self._all(steps, function, threads)

    def _announce(self, steps):
        # type: (list) -> None
        """Write the intents of some steps, in one go."""
        if not self.check:
            intents = [(step["id"], step["action"], step_uuid(step) or step["name"]) for step in steps]
            journal.write_intents(self.host.state_dir, self.plan, intents, _now())

    def _all(self, steps, function, threads):
        # type: (list, object, int) -> None
        if threads == 1 or len(steps) < 2:
            for step in steps:
                self._one(step, function)
            return
        with ThreadPoolExecutor(min(threads, len(steps))) as pool:
            list(pool.map(lambda step: self._one(step, function), steps))

    def _one(self, step, function):
        # type: (dict, object) -> bool
        """Do one step, or a part of it; tell whether it went well. ``function`` returns whether it changed anything."""
        entry = self.entries[step["id"]]
        needs = [step_uuid(step), step["spec"]["image"]["sha256"] if step["action"] == "create" else None]
        broken = next((self.broken[key] for key in needs if key in self.broken), None)
        if entry["outcome"] == FAILED:
            return False
        if broken is not None:
            entry["error"] = {"id": "not_started", "message": "step %s, which it needs, failed" % broken}
            return False
        begin = time.monotonic()
        try:
            changed = function(step)
            # A step in several parts has changed something if one part has.
            entry["outcome"] = DONE if changed or entry["outcome"] == DONE else NOTHING
            return True
        except HostError as error:
            self._fail(step, error)
        except _SURPRISES as error:
            self._fail(step, HostError("io_failed", "%s: %s" % (type(error).__name__, error)))
        finally:
            entry["seconds"] = round(entry["seconds"] + time.monotonic() - begin, 4)
        return False

    def _fail(self, step, error):
        # type: (dict, HostError) -> None
        self.entries[step["id"]].update(outcome=FAILED, error=error.as_dict())
        self.broken[step["image"]["sha256"] if step["action"] == "image" else step_uuid(step)] = step["id"]

    def _image(self, step):
        # type: (dict) -> bool
        delivered = self.deliveries.get(step["image"]["sha256"])
        return image.ensure(self.host, dict(step["image"], delivered=delivered), self.check).changed

    def _remove(self, step):
        # type: (dict) -> bool
        if step["action"] == "delete":
            return deletion.delete(self.host, step["uuid"], step["disks"], self.check).changed
        return power.stop(self.host, step["uuid"], step.get("timeout_s", STOP_TIMEOUT_S), self.check).changed

    def _mark(self, step):
        # type: (dict) -> bool
        return instance.mark(self.host, step["spec"], self.check).changed

    def _create_all(self):
        # type: () -> list
        """Make files, wait for the disk once for many, define; return the steps whose power is still to be set.

        Files are our work and defining is libvirtd's, so the files of one part are made while the part before is
        defined.
        """
        steps = self._of(("create",))
        self._announce(steps)
        if self.check:
            return [step for step in steps if self._one(step, self._look) and self.host.has_uuid(step_uuid(step))]
        made, defining = [], []
        with ThreadPoolExecutor(1) as pool:
            for begin in range(0, len(steps), CREATE_PART):
                part = [step for step in steps[begin : begin + CREATE_PART] if self._one(step, self._look)]
                if any(self.works[step["id"]][0].kind == instance.BUILD for step in part):
                    sync_file_system(self.host.state_dir)
                made.extend(part)
                defining.extend(pool.submit(self._one, step, self._define) for step in part)
            return [step for step, done in zip(made, defining) if done.result()]  # noqa: B905

    def _look(self, step):
        # type: (dict) -> bool
        """Find out what there is to do for an instance, and make its files if that is all of it."""
        data = step.get("user_data")
        content = None if data is None else base64.b64decode(data, validate=True)
        drive.check_user_data(step["spec"], content)
        work, wanted = instance.find_work(self.host, step["spec"]), dict(step, user_data=content)
        self.works[step["id"]] = (work, wanted)
        if work.kind == instance.BUILD and not self.check:
            instance.make_files(self.host, wanted)
        return work.kind != instance.KEEP

    def _define(self, step):
        # type: (dict) -> bool
        work, wanted = self.works.pop(step["id"])
        instance.finish(self.host, wanted, work)
        return work.kind != instance.KEEP

    def _power(self, step):
        # type: (dict) -> bool
        uuid = step_uuid(step)
        goal = step.get("power", RUNNING)
        if goal == SHUTOFF:
            return power.stop(self.host, uuid, step.get("timeout_s", STOP_TIMEOUT_S), self.check).changed
        return power.start(self.host, uuid, self.check).changed

    def read_back(self):
        # type: () -> None
        """Compare what was done with what is there, and note power and fingerprints."""
        try:
            world = read_world(self.host)
        except HostError as error:
            for step in self.steps:
                if self.entries[step["id"]]["outcome"] in (DONE, NOTHING):
                    self._fail(step, HostError(error.id, "done, but not read back: %s" % error.message))
            raise
        actual = {entry["uuid"]: entry for entry in world["instances"]}
        for step in self.steps:
            entry = self.entries[step["id"]]
            there = actual.get(entry["uuid"])
            if there is not None:
                entry.update(power=there["power"], fingerprint=there["fingerprint"])
            if entry["outcome"] in (DONE, NOTHING):
                reason = untrue_reason(self.host.state_dir, step, there, self.steps)
                if reason is not None:
                    self._fail(step, HostError("not_true", reason))

    def record(self):
        # type: () -> None
        """Write the results to the journal."""
        records = []
        for step in self.steps:
            entry = self.entries[step["id"]]
            error_id = (entry["error"] or {}).get("id")
            records.append((step["id"], step["action"], entry["uuid"] or step["name"], entry["outcome"], error_id))
        journal.write_results(self.host.state_dir, self.plan, records, _now())
