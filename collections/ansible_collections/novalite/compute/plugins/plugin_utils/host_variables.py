# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments that a task does not give, from the host variables ``novalite_*``.

In Python and not as ``"{{ novalite_uri | default(omit) }}"`` in each playbook: Ansible compiles such a template anew in
the process of each host, and eight of them cost a third of what a module task costs.
"""

from __future__ import annotations


def with_host_variables(args, names, task_vars, templar):
    """Return a task's arguments, completed by the host's variables; a variable may be a template, as everywhere."""
    answer = dict(args)
    for name in names:
        value = task_vars.get("novalite_" + name)
        if value is not None and answer.get(name) is None:
            answer[name] = templar.template(value)
    return answer
