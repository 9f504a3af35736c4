# SPDX-License-Identifier: GPL-3.0-or-later
"""User data is bytes: whatever it holds reaches the guest as it is, and runs nowhere else."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import TINY, observed, said

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

HOSTILE = (
    b"#!/bin/sh\n"
    b"{{ lookup('pipe', 'touch /tmp/novalite-canary-jinja') }} {% raw %} {# comment #} {{ 7 * 7 }}\n"
    b"$(touch /tmp/novalite-canary-shell) `touch /tmp/novalite-canary-tick` ; touch /tmp/novalite-canary-semi\n"
    b"</spec></novalite:instance><disk type='file'/> <![CDATA[ ]]> &amp; &lt; \" ' \\ \\n %s %(x)s ${HOME} $HOME\n"
    b'!unsafe \'x\' !!python/object:os.system {"__ansible_unsafe": "y"}\n'
    b"tab\there, nbsp\xc2\xa0, smile \xf0\x9f\x98\x80, no newline at the end"
)


@pytest.mark.parametrize("how", ["command", "plain-ansible"])
def test_hostile_user_data_arrives_byte_for_byte(controller: Controller, lab: Any, how: str) -> None:
    (controller.fleet / "files").mkdir()
    (controller.fleet / "files" / "hostile").write_bytes(HOSTILE)
    controller.declare(
        "novalite: 1\nproject: shop\n"
        + TINY
        + "instances:\n  web:\n    flavor: tiny\n    image: tiny\n    networks: [lan]\n"
        + "    user_data: {file: files/hostile}\n"
        + "    metadata: {note: \"{{ lookup('pipe', 'touch /tmp/novalite-canary-meta') }}\"}\n"
    )
    if how == "command":
        controller.novalite("apply", "--yes")
    else:
        controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}")
    instance = observed(controller)["web"]
    text = said(lab, instance["host"], instance["uuid"], "novalite-guest: ready")
    match = re.search(r"novalite-guest: user_data sha256=[0-9a-f]+ base64=([A-Za-z0-9+/=]+)", text)
    assert match, text[-3000:]
    assert base64.b64decode(match.group(1)) == HOSTILE
    assert "lookup('pipe'" in text  # the metadata, as text
    for host in [*lab.hosts, None]:
        assert canaries(lab, host) == ""


def canaries(lab: Any, host: str | None) -> str:
    import glob

    if host is None:
        return " ".join(glob.glob("/tmp/novalite-canary-*"))
    return str(lab.run(host, ["sh", "-c", "ls /tmp/novalite-canary-* 2>/dev/null || true"])).strip()
