# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan a fleet on the controller from what ``host_info`` registered; facts are read as data, never as templates."""

from __future__ import annotations

import datetime
import os
import tempfile
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.novalite.compute.plugins.plugin_utils.secret_arguments import vault_reader

try:
    from novalite.apply.slice_files import write_slices
    from novalite.cli.plan_files import dump_plan, load_plan, stored
    from novalite.cli.secret_values import check_secrets, watched, with_problems
    from novalite.errors import NovaliteError
    from novalite.observe.collect import facts_from_answer
    from novalite.observe.parse import snapshot_from_facts
    from novalite.plan.build import reconcile
    from novalite.render.problems import problems_text
    from novalite.render.text import plan_text
    from novalite.spec.load import load_fleet

    MISSING = None
except ImportError as error:  # the collection alone is not enough for planning
    MISSING = str(error)

GROUP = "novalite_hosts"
OBSERVED = "novalite_observed"
SPEC = {
    "fleet": {"type": "path"},
    "plan": {"type": "path"},
    "plan_out": {"type": "path"},
    "max_destroy": {"type": "int"},
    "max_down": {"type": "int"},
    "max_disruption": {"type": "str", "choices": ["none", "hot", "restart", "rebuild"], "default": "restart"},
    "settle": {"type": "bool", "default": False},
    "purge": {"type": "bool", "default": False},
    "assume_empty": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Controller only: no connection is made."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        """Return where the plan is, its digest, its waves and the hosts that have something to do."""
        result = super().run(tmp, task_vars)
        _validated, wanted = self.validate_argument_spec(
            argument_spec=SPEC, mutually_exclusive=[["fleet", "plan"]], required_one_of=[["fleet", "plan"]]
        )
        if MISSING is not None:
            raise AnsibleActionFail(
                "the Python package novalite is not installed beside ansible-playbook (%s); "
                "to proceed: pip install novalite" % MISSING
            )
        try:
            if wanted["plan"]:
                path = Path(wanted["plan"]).absolute()
                made = load_plan(path)
            else:
                made = stored(self._plan(wanted, task_vars or {}))
                path = self._store(made, wanted["plan_out"])
        except NovaliteError as error:
            raise AnsibleActionFail(_text(error)) from error
        plan = made.plan
        if plan.is_errored:
            raise AnsibleActionFail(plan_text(plan, colour=False))
        try:
            if not self._task.check_mode:
                check_secrets(plan, vault_reader(self._loader))
        except NovaliteError as error:
            raise AnsibleActionFail(_text(error)) from error
        if self._task.diff:
            result["diff"] = {"prepared": plan_text(plan, colour=False)}
        unknown = {host: reason for host, reason in plan.unknown.items() if host not in plan.assumed_empty}
        if unknown:
            result["warnings"] = ["unknown: %s: %s" % item for item in sorted(unknown.items())]
        result.update(
            changed=False,
            plan=str(path),
            digest=made.digest,
            waves=len(plan.waves),
            slices=_sliced(made.content),
            hosts=sorted({step.host for wave in plan.waves for step in wave}),
            summary=made.summary,
            unknown=unknown,
        )
        return result

    def _plan(self, wanted, task_vars):
        fleet, problems = load_fleet(Path(wanted["fleet"]).absolute())
        if fleet is None or any(problem.severity == "error" for problem in problems):
            raise AnsibleActionFail("the fleet is not valid\n" + problems_text(problems, colour=False))
        fleet = fleet.on_day(datetime.datetime.now(datetime.timezone.utc).date().isoformat())
        fleet, unwatched = watched(fleet, vault_reader(self._loader))
        snapshot = _snapshot(task_vars)
        how = {name: wanted[name] for name in ("max_destroy", "max_down", "max_disruption", "purge")}
        empty = tuple(wanted["assume_empty"])
        plan = reconcile(fleet, snapshot, assume_empty=empty, settle_pending=wanted["settle"], **how)
        return with_problems(plan, unwatched)

    @staticmethod
    def _store(made, given):
        if given:
            path = Path(given).absolute()
        else:
            # Ansible removes this folder when the playbook ends: user data is in the plan.
            handle, name = tempfile.mkstemp(prefix="novalite-plan-", suffix=".json", dir=constants.DEFAULT_LOCAL_TMP)
            os.close(handle)
            path = Path(name)
        dump_plan(made.content, path)
        return path


def _sliced(content):
    """Write each host's part of the plan, so that it is not read and checked once for each host; return the folder."""
    folder = tempfile.mkdtemp(prefix="novalite-slices-", dir=constants.DEFAULT_LOCAL_TMP)
    write_slices(Path(folder), content)
    return folder


def _snapshot(task_vars):
    """Return the snapshot of all hosts of the group; those that --limit left out are unknown too."""
    hostvars = task_vars["hostvars"]
    answers, unknown = {}, {}
    for host in task_vars["groups"].get(GROUP, ()):
        host = str(host)
        # raw_get: a variable manager's look-up without templating, which takes a millisecond for each host.
        answer = hostvars.raw_get(host).get(OBSERVED)
        if answer is None:
            unknown[host] = "not asked (left out by --limit?)"
            continue
        facts, reason = facts_from_answer(_state(answer), answer, str(answer.get("msg") or ""))
        if facts is None:
            unknown[host] = reason
        else:
            answers[host] = facts
    return snapshot_from_facts(answers, unknown)


def _state(answer):
    if answer.get("unreachable"):
        return "unreachable"
    return "failed" if answer.get("failed") or answer.get("skipped") else "ok"


def _text(error):
    return error.message + ("; to proceed: " + error.proceed if error.proceed else "")
