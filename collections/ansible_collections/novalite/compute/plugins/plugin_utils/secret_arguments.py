# SPDX-License-Identifier: GPL-3.0-or-later
"""What action plugins do so that the values of secrets stay in memory: on the controller, on the way, on the host."""

from __future__ import annotations

import contextlib

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.novalite.compute.plugins.module_utils.secret_sources import VAULT_UNREADABLE, SecretUnreadable


class Hidden(str):
    """An argument that Ansible's own debug output (ANSIBLE_DEBUG) does not show."""

    def __repr__(self):
        """Return nothing of it."""
        return "'(hidden)'"


def require_pipelining(connection):
    """See to it that the module and its arguments go to the host's Python by its standard input, into no file.

    Without pipelining Ansible writes them into a file of the user who logs in. Source: ansible/plugins/action,
    _execute_module; ansible/plugins/connection, is_pipelining_enabled.
    """
    with contextlib.suppress(KeyError):  # a connection without the option says below what it can do
        connection.set_option("pipelining", True)
    if not connection.is_pipelining_enabled():
        raise AnsibleActionFail(
            "secrets go to a host by pipelining only, so that they are in no file there, and this connection cannot: "
            "use ssh with sudo, and unset ANSIBLE_KEEP_REMOTE_FILES"
        )


def vault_reader(loader):
    """Return a function: path of a file of ansible-vault -> the mapping in it, decrypted in memory.

    ``loader`` is Ansible's, which knows the passwords (--vault-password-file, ANSIBLE_VAULT_PASSWORD_FILE).
    """

    def read(path):
        try:
            text = loader.get_text_file_contents(path)
            return loader.load(text, file_name=path, show_content=False)
        except AnsibleError:
            # Ansible's own words may show the lines around a mistake.
            raise SecretUnreadable(VAULT_UNREADABLE) from None

    return read
