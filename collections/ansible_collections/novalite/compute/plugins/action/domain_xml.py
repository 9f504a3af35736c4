# SPDX-License-Identifier: GPL-3.0-or-later
"""On the controller: completes what the module ``domain_xml`` is asked by the host variables ``novalite_*``."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.novalite.compute.plugins.plugin_utils.host_variables import with_host_variables


class ActionModule(ActionBase):
    """The module does the work."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the module's result."""
        answer = super().run(tmp, task_vars)
        args = with_host_variables(self._task.args, ("uri", "state_dir"), task_vars or {}, self._templar)
        module = "novalite.compute.domain_xml"
        answer.update(self._execute_module(module_name=module, module_args=args, task_vars=task_vars))
        return answer
