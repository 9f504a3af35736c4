# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of a fleet as an Ansible inventory; it fails closed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: instances
short_description: The instances that novalite keeps, as an Ansible inventory
version_added: 0.1.0
author:
  - The novalite authors (@novalite)
description:
  - Asks all hosts which instances they hold (or reads a snapshot) and lists them with addresses, variables and groups.
  - With O(fleet), every declared instance is listed, also one that exists nowhere yet or whose host does not answer;
    the variable C(novalite_observed) of each says C(present), C(absent), C(unknown), or C(conflict) where two domains
    claim to be it.
  - The name of the configuration file must end in C(novalite.yml) or C(novalite.yaml), for example
    C(instances.novalite.yml).
  - Groups are C(novalite_instances) with everything, and C(project_*), C(host_*), C(flavor_*), C(zone_*), C(group_*)
    (server groups), C(image_*), C(power_*), C(observed_*) and C(meta_KEY_VALUE). An instance that nobody knows the host
    of is in no C(host_*) group. Metadata values that are long or hold unusual characters make no group.
  - C(novalite_pending) lists what is defined and comes true with the next power cycle; who has any is in the group
    C(pending_restart), too.
  - C(ansible_host) is the first of the addresses in C(novalite_addresses), that is, a declared fixed address, or
    what a DHCP lease says, or what the guest agent says. The last is the guest's own claim.
  - C(ansible_user) is the image's property C(os_admin_user), where it says one. With the variable C(novalite_ssh_jump)
    of a host in O(inventory), its guests are reached through it.
  - Hosts that did not answer are named in the variable C(novalite_unknown_hosts) of the group C(all), with the reason,
    and in a warning.
  - Metadata and other free texts stay data and are never evaluated as templates.
requirements:
  - The Python package novalite, in the environment that Ansible runs in.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Must be V(novalite.compute.instances).
    type: str
    required: true
    choices: [novalite.compute.instances]
  fleet:
    description:
      - A fleet file or folder. Relative paths are taken from the folder of this configuration file.
      - Without it, only what exists is listed.
    type: path
  inventory:
    description:
      - The Ansible inventory of the hosts (group C(novalite_hosts)). Relative paths are taken from the folder of this
        configuration file.
      - Required unless O(snapshot) is given.
    type: path
  snapshot:
    description:
      - A file that C(novalite observe -o) wrote. No host is contacted then.
    type: path
  project:
    description:
      - List the instances of this project only. The default is the project of O(fleet).
      - With neither, the instances of all projects are listed as C(project.name).
    type: str
  pin_host_keys:
    description:
      - Whether Ansible accepts of a guest only the SSH host key that it was given at birth (C(novalite_host_key)). It
        is said in C(ansible_ssh_common_args), so it holds for ssh, sftp and scp, whatever C(host_key_checking) says.
      - Guests whose key is not known (C(novalite_host_key) is null) are left to your own SSH settings.
    type: bool
    default: true
  fail_closed:
    description:
      - Ansible's own answer to an inventory that cannot be read is a warning, an empty inventory and exit status 0; a
        playbook would then do nothing and say that all went well. When V(true), an error of this plugin ends
        the command with an error, as E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) does for all inventories.
      - Set that environment variable too. This plugin can do nothing where it was not even found.
    type: bool
    default: true
"""

EXAMPLES = r"""
# instances.novalite.yml: what exists, and what should
plugin: novalite.compute.instances
inventory: hosts.yml
fleet: fleet

---
# from a snapshot, with one more group and another user
plugin: novalite.compute.instances
snapshot: snapshot.json
project: shop
compose:
  ansible_user: "'debian'"
groups:
  big: novalite_flavor.ram_mib >= 8192
keyed_groups:
  - key: novalite_metadata.role | default('none')
    prefix: role

---
# asked at most every five minutes; an answer with unknown hosts is not kept
plugin: novalite.compute.instances
inventory: hosts.yml
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache
cache_timeout: 300
"""

import os
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.template import Templar, trust_as_template
from ansible.vars.manager import VariableManager

from ansible_collections.novalite.compute.plugins.module_utils import guest_ssh
from ansible_collections.novalite.compute.plugins.plugin_utils.instance_rows import CONFLICT, Closed, rows

try:
    from novalite.observe.collect import observe
    from novalite.observe.file import load_snapshot, snapshot_from_json, snapshot_to_json
    from novalite.spec.load import load_fleet
except ImportError as error:
    NOVALITE_IMPORT_ERROR = error  # type: ImportError | None
else:
    NOVALITE_IMPORT_ERROR = None

ALL = "novalite_instances"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads the configuration, asks the hosts, and hands rows to Ansible."""

    NAME = "novalite.compute.instances"

    def verify_file(self, path):
        """Tell whether a file is meant for this plugin."""
        return super().verify_file(path) and str(path).endswith(("novalite.yml", "novalite.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        """Fill the inventory, or raise AnsibleParserError; whatever else goes wrong becomes one."""
        super().parse(inventory, loader, path, cache)
        self._base = os.path.dirname(os.path.abspath(path))
        closed = True
        try:
            config = self._read_config_data(path)
            closed = self.get_option("fail_closed")
            unknown = sorted(set(config) - set(self.get_options()))
            if unknown:
                raise AnsibleParserError("%s: unknown options: %s" % (path, ", ".join(unknown)))
            self._fill(path, cache)
        except Exception as problem:
            if closed:
                constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
            if isinstance(problem, AnsibleParserError):
                raise
            raise AnsibleParserError(_words(problem)) from None

    def _fill(self, path, cache):
        if NOVALITE_IMPORT_ERROR is not None:
            message = "novalite cannot be imported by the Python that runs Ansible (%s): pip install novalite there"
            raise AnsibleParserError(message % NOVALITE_IMPORT_ERROR)
        fleet = self._fleet()
        project = self.get_option("project")
        if fleet is not None and project not in (None, fleet.project):
            raise AnsibleParserError("the fleet declares project %r, not %r" % (fleet.project, str(project)))
        snapshot = self._snapshot(path, cache)
        self._tell_unknown(snapshot)
        self.inventory.add_group(ALL)
        for row in rows(snapshot, fleet, project, self._host_variables(), self.get_option("pin_host_keys")):
            self._add(row)

    def _host_variables(self):
        """Return the variables of each host whose guests are reached through it, as its own inventory says."""
        path = self._path("inventory")
        if path is None:
            return {}
        manager = InventoryManager(self.loader, sources=[path])
        variables = VariableManager(loader=self.loader, inventory=manager)
        answer = {}
        for host in manager.get_hosts():
            found = variables.get_vars(host=host, include_hostvars=False)
            if guest_ssh.JUMP_VARIABLE in found:
                templar = Templar(loader=self.loader, variables=found)
                names = (guest_ssh.JUMP_VARIABLE, *guest_ssh.HOST_VARIABLES)
                answer[host.name] = {name: templar.template(found[name]) for name in names if name in found}
        return answer

    def _path(self, option):
        value = self.get_option(option)
        return None if value is None else os.path.join(self._base, str(value))

    def _fleet(self):
        path = self._path("fleet")
        if path is None:
            return None
        fleet, problems = load_fleet(path)
        errors = [problem for problem in problems if problem.severity == "error"]
        if fleet is None or errors:
            lines = ["%s%s: %s" % (_place(problem), problem.id, problem.summary) for problem in errors]
            raise AnsibleParserError("the fleet %s is not valid\n%s" % (path, "\n".join(lines)))
        return fleet

    def _snapshot(self, path, cache):
        stored = self._path("snapshot")
        if stored is not None:
            return load_snapshot(Path(stored))
        hosts = self._path("inventory")
        if hosts is None:
            raise AnsibleParserError("one of the options inventory and snapshot must be given")
        if not os.path.exists(hosts):
            raise AnsibleParserError("the inventory of the hosts does not exist: %s" % hosts)
        use_cache = self.get_option("cache")
        key = self.get_cache_key(path)
        if use_cache and cache and key in self._cache:
            return snapshot_from_json(str(self._cache[key]))
        snapshot = observe([hosts]).snapshot
        if use_cache and not snapshot.unknown:
            self._cache[key] = snapshot_to_json(snapshot)
        return snapshot

    def _tell_unknown(self, snapshot):
        unknown = {name: host.reason for name, host in snapshot.unknown.items()}
        told = dict(self.inventory.groups["all"].vars.get("novalite_unknown_hosts") or {})
        self.inventory.set_variable("all", "novalite_unknown_hosts", dict(told, **unknown))
        for name, reason in unknown.items():
            self.display.warning("novalite: host %s is unknown: %s" % (name, reason))

    def _add(self, row):
        self.inventory.add_host(row.name, group=ALL)
        if row.variables["novalite_observed"] == CONFLICT:
            self.display.warning("novalite: several domains claim to be %s; it gets no address" % row.name)
        for name, value in row.variables.items():
            self.inventory.set_variable(row.name, name, _for_ansible(value))
        for group in row.groups:
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), row.name)
        strict = self.get_option("strict")
        variables = self.inventory.get_host(row.name).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, row.name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, row.name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, row.name, strict=strict)


def _for_ansible(value):
    """Return a value as a variable: closed texts plain, all others as data that is never evaluated."""
    if isinstance(value, dict):
        return {str(key): _for_ansible(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_ansible(item) for item in value]
    if isinstance(value, Closed):
        return trust_as_template(str(value))
    return value


def _words(problem):
    """Return what went wrong, and the command that would proceed; the kind of error only where nobody foresaw it."""
    message = getattr(problem, "message", None) or "%s: %s" % (type(problem).__name__, problem)
    proceed = getattr(problem, "proceed", None)
    return "%s; to proceed: %s" % (message, proceed) if proceed else message


def _place(problem):
    where = problem.where
    return "" if where is None else "%s:%d:%d: " % (where.file, where.line, where.column)
