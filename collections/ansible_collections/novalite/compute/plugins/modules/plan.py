# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action ``plan``, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Plan a fleet from observed hosts, or read a reviewed plan
description:
  - Runs on the controller, and needs the Python package C(novalite) there. Changes nothing on any host.
  - With O(fleet), reads what M(novalite.compute.host_info) said on all hosts of the group C(novalite_hosts), registered
    as C(novalite_observed), and plans what makes the fleet true. A host that did not answer is unknown.
  - With O(plan), reads a plan file and verifies its digest.
  - Fails with everything that is wrong with the fleet or the plan.
options:
  fleet:
    description: A fleet, a file or a folder.
    type: path
  plan:
    description: A plan file, as C(novalite plan -o) writes it.
    type: path
  plan_out:
    description: Where to write the plan of a fleet; a private file that is removed with the playbook where not given.
    type: path
  max_destroy:
    description: How many instances may be deleted or moved into the trash.
    type: int
  purge:
    description: Delete for good what would go into the trash.
    type: bool
    default: false
  max_down:
    description: How many instances that run may be powered off, paused, restarted, rebuilt or deleted in all.
    type: int
  max_disruption:
    description: The most that a change may cost an instance.
    type: str
    choices: [none, hot, restart, rebuild]
    default: restart
  settle:
    description: Whether instances that are pending a restart are rebooted.
    type: bool
    default: false
  assume_empty:
    description: Unknown hosts that hold nothing of this fleet, as you assert.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Returns the plan as text in diff mode.
    support: full
author:
  - The novalite authors (@novalite)
"""

EXAMPLES = r"""
- name: Plan
  novalite.compute.plan:
    fleet: fleet.yml
    plan_out: plan.json
  register: novalite_plan
  run_once: true
"""

RETURN = r"""
plan:
  description: The plan file.
  returned: success
  type: str
digest:
  description: The plan's digest.
  returned: success
  type: str
slices:
  description: Folder with each host's part of the plan; it is gone when the playbook ends.
  returned: success
  type: str
waves:
  description: How many waves the plan has; 0 where there is nothing to do.
  returned: success
  type: int
hosts:
  description: The hosts that have something to do.
  returned: success
  type: list
  elements: str
summary:
  description: Counts by action.
  returned: success
  type: dict
unknown:
  description: Hosts that did not answer, with the reasons.
  returned: success
  type: dict
"""
