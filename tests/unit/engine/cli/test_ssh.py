# SPDX-License-Identifier: GPL-3.0-or-later
"""cli/host_ssh.py, ssh.py, console_text.py: how a person gets to a host or a guest, and what guests cannot do."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from novalite.cli.console_text import inert
from novalite.cli.host_ssh import command_on, host_variables
from novalite.cli.ssh import _goal
from novalite.errors import NovaliteError
from novalite.model.observed import ObservedInstance


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "ssh -t -- kvm-1 'virsh console u'"),
        ({"ansible_host": "10.0.0.1", "ansible_user": "root"}, "ssh -t -l root -- 10.0.0.1 'virsh console u'"),
        ({"ansible_port": 2222, "ansible_become": True}, "ssh -t -p 2222 -- kvm-1 'sudo virsh console u'"),
        ({"ansible_ssh_private_key_file": "/k e"}, "ssh -t -i '/k e' -- kvm-1 'virsh console u'"),
        ({"ansible_ssh_common_args": "-o A=b -J jump"}, "ssh -t -o A=b -J jump -- kvm-1 'virsh console u'"),
        ({"ansible_connection": "local"}, "virsh console u"),
    ],
)
def test_as_the_inventory_says(variables: dict[str, Any], line: str) -> None:
    assert shlex.join(command_on("kvm-1", variables, ["virsh", "console", "u"])) == line


def test_the_inventory_is_asked(tmp_path: Any) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("novalite_hosts: {hosts: {kvm-1: {ansible_host: 10.0.0.1}}, vars: {ansible_user: root}}\n")
    assert host_variables([str(path)], "kvm-1") == {"ansible_host": "10.0.0.1", "ansible_user": "root"}


@pytest.mark.parametrize(
    ("said", "shown"), [("a\r\nb\n", "a\nb\n"), ("\x1b[31mred", "\ufffd[31mred"), ("a\rb\tc", "a\ufffdb\tc")]
)
def test_escape_codes_do_nothing(said: str, shown: str) -> None:
    assert inert(said) == shown


def seen(fixed: str | None, addresses: tuple[str, ...], power: str = "running") -> ObservedInstance:
    spec = {"name": "web-0", "ports": [{"network": "lan", "fixed_ip": fixed, "mac": "52:54:00:00:00:01"}]}
    return ObservedInstance("kvm-1", "u", "shop.web-0", power, spec, "", addresses=addresses)


@pytest.mark.parametrize(
    ("fixed", "told", "said", "goal"),
    [
        ("10.0.0.9", ("10.0.0.8",), None, "10.0.0.9"),
        (None, ("10.0.0.8",), None, "10.0.0.8"),
        ("10.0.0.9", (), "other.example", "other.example"),
        (None, ("-oProxyCommand=id", "127.0.0.1", "fe80::1%eth0", "fd00::8"), None, "fd00::8"),
    ],
)
def test_where_a_guest_is(fixed: str | None, told: tuple[str, ...], said: str | None, goal: str) -> None:
    assert _goal(seen(fixed, told), said) == goal


@pytest.mark.parametrize(
    ("power", "message"), [("shutoff", "web-0 is shutoff: nobody answers"), ("running", "web-0 has no address: ")]
)
def test_nobody_is_there(power: str, message: str) -> None:
    with pytest.raises(NovaliteError, match=message):
        _goal(seen(None, ("127.0.0.1",), power), None)
