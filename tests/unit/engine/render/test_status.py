# SPDX-License-Identifier: GPL-3.0-or-later
"""render/status.py: what nobody would find otherwise is named with its path."""

from __future__ import annotations

from builders import make_facts, make_instance, make_present, make_snapshot
from novalite.render.status import status_document, status_lines

PATH = "/var/lib/novalite/backups/8f0e6d3c-6b1a-5c1e-9d55-0d8f6a3b2c11/0001.qcow2"


def test_backups_of_instances_that_are_gone() -> None:
    here = make_present(make_instance("web"))
    gone = {"gone_backups": [{"uuid": "8f0e6d3c-6b1a-5c1e-9d55-0d8f6a3b2c11", "paths": [PATH]}]}
    seen = make_snapshot(make_facts("kvm-1", here, **gone), make_facts("kvm-2"))
    assert f"backup of an instance that is gone: kvm-1: {PATH}" in status_lines(seen)
    assert status_document(seen)["gone_backups"] == {"kvm-1": [PATH]}
    assert not any("backup" in line for line in status_lines(make_snapshot(make_facts("kvm-1", here))))
