# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/guest_ssh.py: where a guest is, who is let in, which key is accepted; texts of guests do nothing."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import guest_ssh

UUID = "0b9d2ffb-95b3-5b1c-9f3b-6d2a7c3f0c11"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDHXdUrCjtAx+ch4jIIlB50u2UYFDGK5oZnlJwgI/6TM"
MAC = "52:54:00:00:00:01"
SUBNET = {"cidr": "fd00::/64", "ipv6": "slaac"}


@pytest.mark.parametrize(
    ("spec", "addresses"),
    [
        ({}, []),
        ({"ports": [{"network": "lan", "fixed_ip": None, "mac": MAC}]}, []),
        ({"ports": [{"fixed_ip": "10.0.0.9"}, {"fixed_ip": "10.0.0.8", "network": "lan"}]}, ["10.0.0.9", "10.0.0.8"]),
        ({"ports": [{"network": "lan", "mac": MAC, "subnets": [SUBNET, {"fixed_ip": "10.0.0.7"}]}]},
         ["10.0.0.7", "fd00::5054:ff:fe00:1"]),
        ({"ports": [], "guest_links": [{"name": "bond0", "subnets": [{"fixed_ip": "10.0.0.6"}]}, {"name": "b"}]},
         ["10.0.0.6"]),
    ],
)  # fmt: skip
def test_addresses(spec: dict[str, Any], addresses: list[str]) -> None:
    assert guest_ssh.own_addresses(spec) == addresses


@pytest.mark.parametrize(
    ("said", "user"),
    [("debian", "debian"), ("core-1", "core-1"), ("-oProxyCommand=x", None), ("a b", None), ("{{ x }}", None),
     ("", None), (7, None), (None, None)],
)  # fmt: skip
def test_users(said: object, user: str | None) -> None:
    properties = {} if said is None else {"os_admin_user": said}
    assert guest_ssh.user_of({"image": {"properties": properties}}) == user


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"host_key": None},
        {"host_key": "ssh-ed25519"},
        {"host_key": {"rsa": KEY}},
        {"host_key": {"ed25519": KEY + "\n* ssh-rsa B"}},
        {"host_key": {"ed25519": KEY + " $(id)"}},
        {"host_key": {"ed25519": ["ssh-ed25519"]}},
    ],
)
def test_a_key_that_is_none_pins_nothing(state: dict[str, Any]) -> None:
    assert guest_ssh.pin_options(UUID, state) == []


def asked_of_ssh(options: list[str], what: str) -> str:
    """Return what ssh itself makes of options."""
    done = subprocess.run(["ssh", "-G", *options, "--", "10.0.0.9"], capture_output=True, text=True, check=True)
    return next(line.partition(" ")[2] for line in done.stdout.splitlines() if line.startswith(what + " "))


def test_ssh_understands_the_pin() -> None:
    options = guest_ssh.pin_options(UUID, {"host_key": {"ed25519": KEY}})
    assert asked_of_ssh(options, "stricthostkeychecking") == "true"
    assert asked_of_ssh(options, "hostkeyalias") == UUID
    assert asked_of_ssh(options, "knownhostscommand") == f"/bin/echo {UUID} {KEY}"
    assert shlex.split(guest_ssh.joined(options)) == options


@pytest.mark.parametrize(
    ("variables", "through"),
    [
        ({}, False),
        ({"novalite_ssh_jump": True}, True),
        ({"novalite_ssh_jump": "yes"}, True),
        ({"novalite_ssh_jump": False}, False),
        ({"novalite_ssh_jump": True, "ansible_connection": "local"}, False),
    ],
)
def test_who_goes_through_the_host(variables: dict[str, Any], through: bool) -> None:
    assert guest_ssh.is_through_host(variables) == through


def test_the_way_through_a_host_is_as_its_inventory_says() -> None:
    variables = {
        "ansible_host": "10.1.0.1",
        "ansible_port": 2222,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": "/k e y",
        "ansible_ssh_common_args": "-o ControlPath=/run/%h -o 'UserKnownHostsFile=\"/a b\"'",
    }
    options = guest_ssh.jump_options("kvm-1", variables)
    expected = (
        "ssh -p 2222 -l root -i '/k e y' -o ControlPath=/run/%%h -o 'UserKnownHostsFile=\"/a b\"'"
        " -W '[%h]:%p' -- 10.1.0.1"
    )
    assert options == ["-o", f"ProxyCommand={expected}"]
    assert asked_of_ssh(options, "proxycommand") == expected
