# SPDX-License-Identifier: GPL-3.0-or-later
"""On the controller: takes a host's part of a plan from a file and hands it to the module ``steps``, byte for byte.

What users wrote never becomes an Ansible variable: variables are templates, and a user_data with a lookup in it would
run here. Image files travel in the same task.
"""

from __future__ import annotations

import json
import os
import shlex

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.novalite.compute.plugins.module_utils.canonical import fingerprint
from ansible_collections.novalite.compute.plugins.module_utils.failpoint import VARIABLE as FAILPOINT
from ansible_collections.novalite.compute.plugins.module_utils.image import part_path
from ansible_collections.novalite.compute.plugins.module_utils.paths import image_path
from ansible_collections.novalite.compute.plugins.module_utils.secret_sources import resolve_all
from ansible_collections.novalite.compute.plugins.plugin_utils.host_variables import with_host_variables
from ansible_collections.novalite.compute.plugins.plugin_utils.secret_arguments import (
    Hidden,
    require_pipelining,
    vault_reader,
)

try:
    from novalite.apply.slices import slice_for
except ImportError:
    slice_for = None

_OWN = ("plan", "digest", "wave", "slices", "stop_file")
_OF_RUN = ("values",)  # said beside a slice, never in a task


class ActionModule(ActionBase):
    """One task for one host and wave, whatever the plan holds."""

    TRANSFERS_FILES = True
    _VALID_ARGS = frozenset(_OWN + ("uri", "state_dir", "wait_s"))

    def run(self, tmp=None, task_vars=None):
        """Return the module's result; without work, or when asked to stop, no module runs."""
        answer = super(ActionModule, self).run(tmp, task_vars)
        args = with_host_variables(self._task.args, ("uri", "state_dir"), task_vars, self._templar)
        host = task_vars["inventory_hostname"]
        plan, part = self._read(args, host)
        if part is None:
            answer.update(changed=False, outcome="done", message="the plan has nothing for this host", steps=[])
            return answer
        if os.environ.get(FAILPOINT):
            part = dict(part, failpoint=os.environ[FAILPOINT])
        args.update(plan.get("run") or {})
        if args.get("stop_file") and os.path.exists(args["stop_file"]):
            answer.update(changed=False, outcome="stopped", message="asked to stop", steps=_not_started(part))
            return answer
        try:
            deliveries = {} if self._task.check_mode else self._deliver(plan, part, args)
            module_args = {name: value for name, value in args.items() if name not in _OWN + _OF_RUN}
            module_args.update(slice=json.dumps(part), deliveries=deliveries)
            if not self._task.check_mode:
                self._add_private(part, module_args, args.get("values"))
            answer.update(self._execute_module("novalite.compute.steps", module_args=module_args, task_vars=task_vars))
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if answer.get("outcome") in ("failed", "stale", "locked"):
            answer.update(failed=True, msg=answer.get("message"))
        return answer

    def _read(self, args, host):
        """Return the plan (or only its images) and the host's slice, or None for one that is empty."""
        wave = int(args.get("wave") or 0)
        if args.get("slices"):
            path = os.path.join(args["slices"], str(wave), host + ".json")
            if not os.path.exists(path):
                return None, None
            said = _load(path)
            return said, said["slice"]
        if not args.get("plan"):
            raise AnsibleActionFail("novalite.compute.steps needs the path of a plan")
        if slice_for is None:
            raise AnsibleActionFail("novalite is not installed for the Python that runs Ansible: pip install novalite")
        plan = _load(args["plan"])
        digest = fingerprint({key: value for key, value in plan.items() if key != "digest"})
        if digest != plan.get("digest") or (args.get("digest") and digest != args["digest"]):
            raise AnsibleActionFail(
                "%s is not the plan that was reviewed: its digest is %s, expected %s"
                % (args["plan"], digest, args.get("digest") or plan.get("digest"))
            )
        return plan, slice_for(plan, host, wave)

    def _deliver(self, plan, part, args):
        """Bring the image files that the host lacks; return those that are not in the state dir."""
        state_dir = args.get("state_dir") or "/var/lib/novalite"
        deliveries = {}
        for step in part["steps"]:
            if step["action"] != "image" or step["image"].get("url"):
                continue
            sha256 = step["image"]["sha256"]
            source = (plan.get("images") or {}).get(sha256, {}).get("source")
            if not source or not self._lacks(image_path(state_dir, sha256, step["image"]["format"])):
                continue
            if not os.path.isfile(source):
                continue  # the host says which image is missing, and the rest of the slice is done
            target = part_path(state_dir, sha256)
            if self._connection.become is not None:
                # The user who logs in may not write to the state dir; the module, which is root, moves the file.
                if not self._connection._shell.tmpdir:
                    self._make_tmp_path()
                target = self._connection._shell.join_path(self._connection._shell.tmpdir, sha256)
                deliveries[sha256] = target
            self._transfer_file(source, target)
        return deliveries

    def _add_private(self, part, module_args, path):
        """Add what may be in no file on the host but the guest's own, if there is any.

        ``path`` is where the command has the values; without one they are asked for here, again for each host.
        """
        held = _load(path) if path else {}
        wanted = part.get("secrets") or {}
        values = {token: value for token, value in held.get("secrets", {}).items() if token in wanted}
        lacking = {token: reference for token, reference in wanted.items() if token not in values}
        found, complaints = resolve_all(lacking, vault_reader(self._loader))
        if complaints:
            raise AnsibleActionFail("; ".join(complaints))
        besides = held.get("steps", {})
        steps = [dict(step, **besides.get(step["id"], {})) for step in part["steps"]]
        if wanted or steps != part["steps"]:
            require_pipelining(self._connection)
            module_args["secrets"] = Hidden(json.dumps(dict(values, **found)))
            module_args["slice"] = Hidden(json.dumps(dict(part, steps=steps)))

    def _lacks(self, path):
        """Tell whether the host lacks a file, and make its folder where there is none; runs no module."""
        folder = shlex.quote(os.path.dirname(path))
        outer = shlex.quote(os.path.dirname(os.path.dirname(path)))
        command = "test -f %s || { umask 077; mkdir -p %s && chmod 0711 %s %s; echo lacking; }"
        said = self._low_level_execute_command(command % (shlex.quote(path), folder, outer, folder), sudoable=True)
        return "lacking" in said.get("stdout", "")


def _load(path):
    """Return what a JSON file holds."""
    try:
        with open(path, "rb") as stream:
            return json.loads(stream.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise AnsibleActionFail("%s cannot be read: %s" % (path, error)) from error


def _not_started(part):
    """Return an entry for each step of a slice of which nothing was done."""
    return [
        {
            "id": step["id"],
            "action": step["action"],
            "name": step["name"],
            "uuid": step.get("uuid") or step.get("spec", {}).get("uuid"),
            "outcome": "not_started",
            "error": None,
            "seconds": 0.0,
            "power": None,
            "fingerprint": None,
        }
        for step in part["steps"]
    ]
