# SPDX-License-Identifier: GPL-3.0-or-later
"""How one gets into a guest by SSH: its addresses, its user, the host key that is known, the way there. Pure.

Texts that end in a command line were matched whole against a grammar: what guests and images say may be anything.
"""

from __future__ import annotations

import os
import re
import shlex

from .names import UUID
from .operational_state import HOST_KEY
from .port_subnets import own_address, port_subnets

USER_PROPERTY = "os_admin_user"
JUMP_VARIABLE = "novalite_ssh_jump"  # of a host: its guests are reached through it
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_PUBLIC_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{40,100}={0,2}")

# Host variable -> the option of ssh that says it; the second name is that of Ansible's older releases.
_OPTIONS = (
    (("ansible_port", "ansible_ssh_port"), "-p"),
    (("ansible_user", "ansible_ssh_user"), "-l"),
    (("ansible_ssh_private_key_file", "ansible_private_key_file"), "-i"),
)
_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
HOST_VARIABLES = tuple(name for names, _option in _OPTIONS for name in names) + _ARGUMENTS
HOST_VARIABLES += ("ansible_host", "ansible_connection")


def own_addresses(spec):
    # type: (dict) -> list
    """Return the addresses that a guest has by its spec: fixed ones first, then those that follow from its MACs."""
    cards = [(port, port.get("mac")) for port in spec.get("ports") or []]
    cards += [(link, link.get("mac")) for link in spec.get("guest_links") or []]
    subnets = [(subnet, mac) for card, mac in cards for subnet in port_subnets(dict(card, network=None))]
    found = [subnet["fixed_ip"] for subnet, _mac in subnets if subnet["fixed_ip"]]
    derived = [own_address(subnet, mac) for subnet, mac in subnets if mac and not subnet["fixed_ip"]]
    return list(dict.fromkeys(found + [address for address in derived if address]))


def user_of(spec):
    # type: (dict) -> object
    """Return whom the image lets in (Nova's property ``os_admin_user``), or None where it does not say."""
    said = spec["image"].get("properties", {}).get(USER_PROPERTY)
    return said if isinstance(said, str) and _USER.fullmatch(said) else None


def public_key(state):
    # type: (dict) -> object
    """Return the SSH host key that the guest was given at birth, or None where there is none."""
    said = (state.get(HOST_KEY) or {}).get("ed25519") if isinstance(state.get(HOST_KEY), dict) else None
    return said if isinstance(said, str) and _PUBLIC_KEY.fullmatch(said) else None


def pin_options(uuid, state):
    # type: (str, dict) -> list
    """Return the options of ssh that let it accept this guest's key and no other; none where its key is not known.

    No file is kept: the key is found under the instance's UUID, so two guests that had one address are never taken for
    one another. Needs OpenSSH 8.5 (KnownHostsCommand); an older one refuses to connect.
    """
    key = public_key(state)
    if key is None or not UUID.fullmatch(uuid):
        return []
    said = (
        ("StrictHostKeyChecking", "yes"),
        ("UserKnownHostsFile", "/dev/null"),
        ("GlobalKnownHostsFile", "/dev/null"),
        ("HostKeyAlias", uuid),
        ("HostKeyAlgorithms", "ssh-ed25519"),
        ("KnownHostsCommand", "/bin/echo %s %s" % (uuid, key)),
        ("CheckHostIP", "no"),
        ("UpdateHostKeys", "no"),
    )
    return [word for name, value in said for word in ("-o", "%s=%s" % (name, value))]


def is_through_host(variables):
    # type: (dict) -> bool
    """Tell whether a host's variables say that its guests are reached through it; never where it is this machine."""
    is_local = variables.get("ansible_connection") == "local"
    return not is_local and str(variables.get(JUMP_VARIABLE, "")).lower() in ("true", "yes", "1")


def jump_options(host, variables):
    # type: (str, dict) -> list
    """Return the option of ssh that goes through a host as its inventory says, with its keys and known hosts.

    Not ProxyJump: that would use the user's own settings for the host.
    """
    words = ["ssh"] + host_options(variables) + ["-W", "[%h]:%p", "--", str(variables.get("ansible_host") or host)]
    quoted = [word if word == "[%h]:%p" else word.replace("%", "%%") for word in words]
    return ["-o", "ProxyCommand=%s" % " ".join(shlex.quote(word) for word in quoted)]


def host_options(variables):
    # type: (dict) -> list
    """Return the options of ssh that the inventory's variables of a host mean."""
    found = []
    for names, option in _OPTIONS:
        value = next((variables[name] for name in names if variables.get(name) not in (None, "")), None)
        found += [] if value is None else [option, os.path.expanduser(str(value))]
    for name in _ARGUMENTS:
        found += shlex.split(str(variables.get(name) or ""))
    return found


def joined(words):
    # type: (list) -> str
    """Return words as one line that shlex.split takes apart again."""
    return " ".join(shlex.quote(word) for word in words)
