"""Ansible callback: how many tasks each host ran, and how many of them started a module. Written to $BENCH_TASKS."""

from __future__ import annotations

import collections
import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: count_tasks
    type: notification
    short_description: counts tasks
    description: Counts results that were not skipped, by host; actions of the controller alone are counted apart.
"""

# What runs on the controller and starts nothing on the host.
ON_CONTROLLER = frozenset({"novalite.compute.plan", "ansible.builtin.include_tasks", "include_tasks", "meta", "debug"})


class CallbackModule(CallbackBase):
    """One JSON object: host -> {"module": n, "controller": n, "changed": n, "failed": n}."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "count_tasks"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.counts = collections.defaultdict(collections.Counter)

    def v2_runner_on_ok(self, result):
        self._count(result, "changed" if result._result.get("changed") else None)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._count(result, "failed")

    def v2_runner_on_unreachable(self, result):
        self._count(result, "failed")

    def _count(self, result, also):
        counts = self.counts[result._host.get_name()]
        action = result._task.resolved_action or result._task.action
        counts["controller" if action in ON_CONTROLLER else "module"] += 1
        if also:
            counts[also] += 1

    def v2_playbook_on_stats(self, stats):
        path = os.environ.get("BENCH_TASKS")
        if path:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self.counts, file)
