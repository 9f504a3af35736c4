# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/console_log.py and find_own.py: what a guest said, for who only looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import (
    console_log,
    diagnostics,
    instance,
    lock,
    power,
    trash,
)
from ansible_collections.novalite.compute.plugins.module_utils.packed import unpack


def ask(host, name="web-0", **more):
    wanted = {"name": name, "project": None, "lines": 0, "previous": False, "run": None, "end": 0, **more}
    return unpack(console_log.ensure(host, wanted).facts["packed"])


@pytest.fixture
def talking(stocked, make_spec):
    """A host with an instance that said something."""
    spec = make_spec()
    wanted = {"spec": spec, "power": "running", "virt_type": "auto", "contents": {}}
    instance.ensure(stocked, wanted)
    log = Path(stocked.state_dir, "instances", spec["uuid"], "console.log")
    log.write_bytes(b"one\r\ntwo\xff\nthree\n")
    return stocked, spec, log


@pytest.mark.parametrize(
    ("lines", "text"), [(0, "one\r\ntwo\ufffd\nthree\n"), (2, "two\ufffd\nthree\n"), (9, "one\r\ntwo\ufffd\nthree\n")]
)
def test_the_last_lines(talking, lines, text):
    host, spec, _log = talking
    (said,) = ask(host, lines=lines)
    assert (said["text"], said["uuid"], said["power"], said["is_cut"]) == (text, spec["uuid"], "running", False)


@pytest.mark.parametrize(
    ("name", "project", "found"),
    [("web-0", None, 1), ("shop.web-0", "shop", 1), ("web-0", "other", 0), ("web-1", None, 0), ("UUID", None, 1)],
)
def test_found_by_what_people_call_it(talking, name, project, found):
    host, spec, _log = talking
    assert len(ask(host, spec["uuid"] if name == "UUID" else name, project=project)) == found


def test_what_is_set_aside_says_so(talking):
    """No text, but why it is there and until when; by whatever it is called."""
    host, spec, _log = talking
    trash.trash(host, spec["uuid"], "trashed", 60, 0)
    for name in ("web-0", "shop.web-0", spec["uuid"]):
        (said,) = ask(host, name)
        assert (said["shelf"], said["until"][-1], said["name"], "text" in said) == ("trashed", "Z", "web-0", False)
        wanted = {"name": name, "project": None}
        assert unpack(diagnostics.ensure(host, wanted).facts["packed"]) == [said]
    assert ask(host, "web-1") == ask(host, project="other") == []
    trash.restore(host, spec["uuid"], "running")
    assert "shelf" not in ask(host)[0]


def test_nothing_is_waited_for_and_nothing_changes(talking):
    host, _spec, _log = talking
    with lock.exclusive(host.state_dir, "an apply", 0):
        before = sorted(os.walk(host.state_dir))
        assert ask(host)[0]["text"]
        assert sorted(os.walk(host.state_dir)) == before


def test_reading_on(talking):
    host, _spec, log = talking
    (first,) = ask(host)
    with log.open("ab") as stream:
        stream.write(b"four\n")
    (more,) = ask(host, run=first["run"], end=first["end"])
    assert more["text"] == "four\n"
    log.write_bytes(b"new\n")  # begun anew in place, as virsh start does
    assert ask(host, run=more["run"], end=more["end"])[0]["text"] == "new\n"


def test_an_answer_has_a_limit(talking):
    host, _spec, log = talking
    log.write_bytes(b"x" * 100 + b"\n" + b"y" * console_log.MOST_BYTES)
    (said,) = ask(host)
    assert (len(said["text"]), said["is_cut"]) == (console_log.MOST_BYTES, True)


def test_the_run_before_is_kept(talking):
    host, spec, log = talking
    power.stop(host, spec["uuid"], 0)
    power.start(host, spec["uuid"])
    assert not log.exists()
    assert ask(host)[0]["text"] == ""
    assert ask(host, previous=True)[0]["text"].startswith("one")
    power.stop(host, spec["uuid"], 0)
    power.start(host, spec["uuid"])  # it said nothing: the older one stays
    assert ask(host, previous=True)[0]["text"].startswith("one")


def test_a_link_of_somebody_is_not_followed(talking):
    host, _spec, log = talking
    log.unlink()
    log.symlink_to("/etc/passwd")
    with pytest.raises(console_log.io_failed("x", OSError()).__class__):
        ask(host)
