# SPDX-License-Identifier: GPL-3.0-or-later
"""On the controller: completes what the module ``host_info`` is asked by the host variables ``novalite_*``."""

from __future__ import annotations

from ipaddress import ip_address

from ansible.plugins.action import ActionBase

from ansible_collections.novalite.compute.plugins.plugin_utils.host_variables import with_host_variables

VARIABLES = ("uri", "state_dir", "zone", "traits", "inventories", "providers", "enabled", "virt_type")
HARDWARE = ("cpu_shared_set", "cpu_dedicated_set", "pci_devices", "metrics", "stats", "address", "cell")


def _address(name):
    """Return where Ansible reaches the host, if that is an address and not a name or this machine."""
    try:
        address = ip_address(str(name))
    except ValueError:
        return None
    return None if address.is_loopback else str(address)


class ActionModule(ActionBase):
    """The module does the work."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the module's result."""
        answer = super().run(tmp, task_vars)
        args = with_host_variables(self._task.args, VARIABLES + HARDWARE, task_vars or {}, self._templar)
        if not args.get("address"):
            args["address"] = _address(getattr(self._connection, "host", None) or self._play_context.remote_addr)
        module = "novalite.compute.host_info"
        answer.update(self._execute_module(module_name=module, module_args=args, task_vars=task_vars))
        return answer
