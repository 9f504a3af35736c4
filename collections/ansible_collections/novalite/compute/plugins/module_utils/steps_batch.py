# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of one slice under way: phase by phase, each with its outcome, read back, recorded.

Talks to libvirtd, touches files, starts threads. A step that fails takes along only the steps that need it. Nothing is
said to be done before it was read back.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from . import instance, journal
from .durable_file import sync_file_system
from .host_error import HostError
from .host_info import read_world
from .seed import seed_from
from .step_kinds import KINDS, PHASES
from .steps_check import step_image, step_uuid
from .steps_do import do
from .steps_readback import untrue_reason

DONE = "done"
NOTHING = "nothing"
FAILED = "failed"
NOT_STARTED = "not_started"

# Instances whose files reach the disk together.
CREATE_PART = 32

# What a bug or a damaged slice raises inside one step; it must not take the other steps along.
_SURPRISES = (OSError, ValueError, KeyError, TypeError, AttributeError)


def new_entry(step, outcome, error=None):
    # type: (dict, str, object) -> dict
    """Return what is told of a step."""
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


def _now():
    # type: () -> str
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Batch(object):
    """The steps of one slice under way; ``entries`` hold what came of each, ``troubles`` what went wrong with all."""

    def __init__(self, host, said, deliveries, check, secrets):
        # type: (object, dict, dict, bool, dict) -> None
        self.host = host
        self.plan = said["plan"]
        self.steps = said["steps"]
        self.deliveries = deliveries
        self.check = check
        self.secrets = secrets  # token -> value; of no result, journal or message
        self.entries = {step["id"]: new_entry(step, NOT_STARTED) for step in self.steps}
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
        built = []
        for actions in PHASES:
            steps = [step for step in self.steps if step["action"] in actions]
            if "create" in actions:
                built = self._create_all(steps)
                continue
            self._announce(steps)
            if "start" in actions:
                steps = built + steps
            self._all(steps, self._do, max(KINDS[action].threads for action in actions))

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
        needs = [step_uuid(step), step_image(step)]
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

    def _do(self, step):
        # type: (dict) -> bool
        return do(self.host, step, self)

    def _create_all(self, steps):
        # type: (list) -> list
        """Make files, wait for the disk once for many, define; return the steps whose power is still to be set.

        Files are our work and defining is libvirtd's, so the files of one part are made while the part before is
        defined.
        """
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
        seed_from(step["spec"], step["contents"], self.secrets)
        work, wanted = instance.find_work(self.host, step["spec"]), dict(step, secrets=self.secrets)
        self.works[step["id"]] = (work, wanted)
        if work.kind == instance.BUILD and not self.check:
            instance.make_files(self.host, wanted)
        return work.kind != instance.KEEP

    def _define(self, step):
        # type: (dict) -> bool
        work, wanted = self.works.pop(step["id"])
        instance.finish(self.host, wanted, work)
        return work.kind != instance.KEEP

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
