# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps ``ready`` and ``restarted`` on libvirt's test driver: what is waited for, what is told, what comes next."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import cloud_init
from ansible_collections.novalite.compute.plugins.module_utils.host_info import read_world
from ansible_collections.novalite.compute.plugins.module_utils.paths import instance_dir


def on(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action": action, "name": spec["name"], "uuid": spec["uuid"], **more}


def wait(
    spec: dict[str, Any], timeout_s: float = 0, *, more: dict[str, Any] | None = None, **ready: Any
) -> dict[str, Any]:
    return on("ready", spec, ready=ready, timeout_s=timeout_s, **(more or {}))


def restarted(spec: dict[str, Any]) -> dict[str, Any]:
    return {"action": "restarted", "name": spec["name"], "spec": spec}


@pytest.fixture
def made(apply, make_spec):
    """An instance that runs, with an address of this machine."""
    spec = make_spec()
    spec["ports"][0]["fixed_ip"] = "127.0.0.1"
    create = {"action": "create", "name": spec["name"], "spec": spec, "virt_type": "test", "contents": {}}
    assert apply({**create, "power": "running"})["outcome"] == "done"
    return spec


@pytest.fixture
def log(apply, made) -> Path:
    return Path(instance_dir(apply.host.state_dir, made["uuid"])) / "console.log"


@pytest.fixture
def port():
    """A port of this machine to which one can connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_that_it_runs(apply, made):
    result = apply(wait(made, power="running"))
    assert (result["outcome"], result["changed"], result["steps"][0]["outcome"]) == ("done", False, "nothing")


def test_one_that_is_off_is_not_waited_for(apply, made):
    apply(on("stop", made, timeout_s=0))
    begin = time.monotonic()
    (step,) = apply(wait(made, 60, power="running"))["steps"]
    assert step["error"] == {"id": "not_ready", "message": "not ready: it is shutoff"}
    assert time.monotonic() - begin < 5


def test_nor_is_one_that_crashed(apply, made, monkeypatch):
    monkeypatch.setattr(type(apply.host.connection), "power", lambda *_: "crashed")
    (step,) = apply(wait(made, 600, power="running"))["steps"]
    assert step["error"] == {"id": "not_ready", "message": "not ready: it is crashed"}


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("loading\nbootsector: up\n", None),
        (None, "it did not say /: up$/ on its serial port, but nothing"),
        ("", "it did not say /: up$/ on its serial port, but nothing"),
        ("loading\n  no disk: \x1b[1mupset\n\n", "but 'no disk: \\x1b[1mupset' last"),
    ],
)
def test_what_it_said(apply, made, log, said, trouble):
    if said is not None:
        log.write_text(said)
    (step,) = apply(wait(made, serial=": up$"))["steps"]
    if trouble is None:
        assert step["error"] is None
    else:
        assert step["error"]["message"].startswith("not ready within 0 s: it did not say")
        assert trouble in step["error"]["message"]


def test_what_it_said_long_ago_may_be_gone(apply, made, log):
    log.write_text("heartbeat\n")
    log.with_name("console.log.0").write_text("what virtlogd put aside")
    assert apply(wait(made, serial="up"))["outcome"] == "failed"
    assert apply(wait(made, serial="up", more={"gate": True}))["outcome"] == "done"


def test_it_comes_up_while_it_is_waited_for(apply, made, log):
    timer = threading.Timer(0.7, log.write_text, ["up\n"])
    timer.start()
    result = apply(wait(made, 20, serial="up"))
    timer.join()
    assert result["outcome"] == "done"
    assert 0.5 < result["steps"][0]["seconds"] < 10


def test_a_port(apply, made, port):
    assert apply(wait(made, port=port))["outcome"] == "done"


def test_a_port_that_nobody_opened(apply, made, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        closed = other.getsockname()[1]
        (step,) = apply(wait(made, port=closed))["steps"]
    assert step["error"]["message"] == f"not ready within 0 s: port {closed} of 127.0.0.1: connection refused"


def test_an_instance_without_an_address(apply, make_spec):
    spec = make_spec("nowhere")
    create = {"action": "create", "name": spec["name"], "spec": spec, "virt_type": "test", "contents": {}}
    apply({**create, "power": "running"})
    (step,) = apply(wait(spec, port=22))["steps"]
    assert step["error"]["message"] == "not ready within 0 s: it has no address: no fixed_ip, and its MAC no lease"


def test_an_agent_that_is_not_there(apply, made):
    (step,) = apply(wait(made, agent="ping"))["steps"]
    assert step["error"]["message"].startswith("not ready within 0 s: its agent does not answer: ")


@pytest.mark.parametrize("said", ["up\n", "down\n"])
def test_all_must_hold(apply, made, log, port, said):
    log.write_text(said)
    (step,) = apply(wait(made, serial="up", port=port, power="running"))["steps"]
    assert (step["error"] is None) == (said == "up\n")


def test_what_was_there_once_is_not_asked_again(apply, made, log):
    """A connection each half second would cost an emulated guest more than its boot."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        timer = threading.Timer(1.5, log.write_text, [FINISHED])
        timer.start()
        (step,) = apply(wait(made, 20, port=server.getsockname()[1], cloud_init="done"))["steps"]
        timer.join()
        server.settimeout(0)
        assert step["error"] is None
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()


FINISHED = (
    "cloud-init[371]: Cloud-init v. 22.4.2 finished at Sat, 21 Nov 2026. Datasource DataSourceNone. Up 21 seconds\n"
)
FAILED = "[5.1] cloud-init[3]: 2026 - util.py[WARNING]: Running module locale (<module 'x'>) failed\n"


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (FINISHED, None),
        ("[1] x.py[WARNING]: a user nobody needs\n" + FINISHED, None),
        (FAILED + FINISHED, "not ready: cloud-init status: error: Running module locale (<module 'x'>) failed"),
        (FAILED * 5 + FINISHED, "failed (and 2 more)"),
        (FAILED, "has ended; it warned: Running module locale"),
        ("Cloud-init v. 22.4.2 running\n \x1b[1mkernel\tpanic\n", "last on the serial port: ?[1mkernel panic"),
        ("", "nothing on the serial port"),
    ],
)
def test_cloud_init_by_the_serial_port_where_no_agent_answers(apply, made, log, said, trouble):
    log.write_text(said)
    (step,) = apply(wait(made, cloud_init="done"))["steps"]
    if trouble is None:
        assert step["error"] is None
    else:
        assert trouble in step["error"]["message"]


@pytest.mark.parametrize(
    ("files", "told", "is_over"),
    [
        ({cloud_init.RESULT: '{"v1": {"errors": []}}'}, None, False),
        (
            {cloud_init.RESULT: '{"v1": {"errors": ["(\'runcmd\', 3)"]}}'},
            "cloud-init status: error: ('runcmd', 3)",
            True,
        ),
        ({cloud_init.RESULT: '{"v1'}, "/run/cloud-init/result.json in the guest cannot be read", False),
        ({cloud_init.RESULT: '["v1"]'}, "/run/cloud-init/result.json in the guest cannot be read", False),
        ({cloud_init.DISABLED: ""}, "cloud-init is switched off in the guest", True),
        ({}, "cloud-init has not ended; last on the serial port: cloud-init", False),
    ],
)
def test_cloud_init_by_the_agent(files, told, is_over):
    """What the agent says counts, whatever stands on the serial port."""
    reason, over = cloud_init.trouble(files.get, FINISHED)
    assert over == is_over
    assert (reason is None) if told is None else reason.startswith(told)


def test_it_must_stay_ready(apply, made, log):
    log.write_text("up\n")
    timer = threading.Timer(0.3, log.write_text, ["panic\n"])
    timer.start()
    (step,) = apply(wait(made, serial="up", more={"pause_s": 1}))["steps"]
    timer.join()
    assert step["error"]["message"].startswith("ready, and no longer so 1 s later: it did not say /up/")


@pytest.mark.parametrize("ready", [{}, {"mood": "good"}, {"power": "running", "mood": "good"}])
def test_nobody_knows_what_is_waited_for(apply, made, ready):
    (step,) = apply(wait(made, **ready))["steps"]
    assert step["error"]["id"] == "bad_request"


def test_the_mark_keeps_that_it_was_not_ready(apply, made, log):
    """Until somebody waits for it again, and not in vain; a second time in vain is the newest reason."""
    for said in ("one", "two"):
        log.write_text(said)
        assert apply(wait(made, serial="up"))["outcome"] == "failed"
        (item,) = read_world(apply.host)["instances"]
        assert repr(said) in item["state"]["unready"]["reason"]
        assert item["state"]["unready"]["since"].endswith("Z")
    log.write_text("up")
    assert apply(wait(made, serial="up"))["steps"][0]["outcome"] == "done"
    assert "unready" not in read_world(apply.host)["instances"][0].get("state", {})
    assert apply(wait(made, serial="up"))["steps"][0]["outcome"] == "nothing"


@pytest.mark.parametrize("effect", ["domain.destroy", "domain.start", "domain.mark"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_one_that_was_cut_off_is_restarted_again_or_was_restarted(apply, made, effect, when):
    """Never does the mark say that it was restarted when it was not; the same steps again end as they would have."""
    target = {**made, "restart_token": "2"}
    before = apply.host.connection.run_id(made["uuid"])
    said = [on("reboot", made, hard=True), wait(made, power="running"), restarted(target)]
    assert apply(*said, failpoint=f"{effect}.{when}:error@1")["outcome"] == "failed"
    (item,) = read_world(apply.host)["instances"]
    if item["spec"].get("restart_token") == "2":
        assert apply.host.connection.run_id(made["uuid"]) not in (None, before)
    assert apply(*said)["outcome"] == "done"
    (item,) = read_world(apply.host)["instances"]
    assert (item["power"], item["spec"]["restart_token"]) == ("running", "2")


def test_nothing_is_waited_for_in_check_mode(apply, made):
    assert apply(wait(made, 60, serial="never"), check=True)["outcome"] == "done"


def test_the_token_is_written_when_it_is_ready(apply, make_spec, made, log, port):
    """Of two that are restarted, the one that is not ready keeps its old mark, and takes nobody along."""
    other = make_spec("web-1")
    create = {"action": "create", "name": "web-1", "spec": other, "virt_type": "test", "contents": {}}
    apply({**create, "power": "running"})
    log.write_text("panic\n")
    steps = [
        on("reboot", made, hard=True),
        wait(made, serial="up"),
        {"action": "restarted", "name": "web-0", "spec": {**made, "restart_token": "2"}},
        on("reboot", other, hard=True),
        wait(other, power="running"),
        {"action": "restarted", "name": "web-1", "spec": {**other, "restart_token": "2"}},
    ]
    result = apply(*steps)
    assert result["outcome"] == "failed"
    assert [step["outcome"] for step in result["steps"]] == ["done", "failed", "not_started", "done", "nothing", "done"]
    tokens = {item["spec"]["name"]: item["spec"].get("restart_token") for item in read_world(apply.host)["instances"]}
    assert tokens == {"web-0": None, "web-1": "2"}
